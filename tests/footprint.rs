//! What rinit costs: system calls, instructions, memory, page faults and wake-ups, each within its budget.

use crate::budget;
use crate::harness;
use crate::harness::trace::{self, Stop};
use crate::harness::{Launch, Position, everywhere, proc};
use nix::libc::{self, c_long};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};
use std::fs;
use std::time::Duration;

#[cfg(target_arch = "x86_64")]
#[path = "../benches/floor.rs"]
#[expect(dead_code, reason = "the benchmarks use the others")]
mod floor;

/// The system calls from rinit's exec to the child's, and rinit's after that until it sleeps.
fn system_calls(launch: Launch) -> (Vec<c_long>, Vec<c_long>) {
    let (_running, init) = trace::start(launch, |running| running.pid);
    let before = init.calls_before_the_childs_exec();
    let mut after = vec![];
    while after.last() != Some(&libc::SYS_rt_sigtimedwait) {
        match init.go_on() {
            Stop::Call(call) => after.push(call),
            stop => panic!("{stop:?} after {after:?}"),
        }
    }
    init.detach();
    (before, after)
}

/// Those that let go of the descriptors, the working directory and the capabilities, and leave the child a place in
/// the queue of signals, in any order, and then it sleeps.
fn lets_go_and_sleeps(mut after: Vec<c_long>) {
    after.dedup(); // one that has not the capability to signal asks twice; a limit is read and set
    assert_eq!(after.len(), 7, "{after:?}");
    after[..5].sort_unstable();
    let mut expected = [
        libc::SYS_ioctl, // is standard error a terminal, which may not be read?
        libc::SYS_close_range,
        libc::SYS_chdir,
        libc::SYS_capset,
        libc::SYS_prlimit64,
        libc::SYS_wait4, // has a child ended already?
        libc::SYS_rt_sigtimedwait,
    ];
    expected[..5].sort_unstable();
    assert_eq!(after, expected);
}

#[test]
fn the_system_calls_of_rinit_as_pid_1_are_these() {
    let (before, after) = system_calls(Launch::init(Position::Pid1).command(["/bin/sleep", "1000"]));
    let expected = [
        libc::SYS_rt_sigprocmask, // block all signals
        libc::SYS_getpid,         // PID 1?
        libc::SYS_ioctl,          // is standard input a terminal?
        libc::SYS_ioctl,          // standard output?
        libc::SYS_ioctl,          // standard error?
        libc::SYS_rt_sigaction,   // SIGCHLD, which may have been inherited as ignored
        libc::SYS_clone,
        libc::SYS_setpgid,        // in the child: a process group of its own
        libc::SYS_rt_sigprocmask, // the caller's mask
        libc::SYS_execve,
    ];
    assert_eq!(before, expected);
    assert!(before.len() <= budget::SYSTEM_CALLS);
    lets_go_and_sleeps(after);
}

/// No name in /dev is looked at, which an empty root has not.
#[test]
fn without_a_dev_they_are_the_same() {
    use nix::mount::{MsFlags, mount};
    let no_dev = || harness::must(mount(Some("none"), "/dev", Some("tmpfs"), MsFlags::empty(), None::<&str>));
    let launch = || Launch::init(Position::Pid1).command(["/bin/sleep", "1000"]);
    assert_eq!(system_calls(launch().caller(no_dev)), system_calls(launch()));
}

#[test]
fn the_system_calls_of_rinit_outside_pid_1_are_these() {
    let (mut before, after) = system_calls(Launch::init(Position::Outside).command(["/bin/sleep", "1000"]));
    assert!(before.len() <= budget::SYSTEM_CALLS, "{before:?}");
    let mut expected = [
        libc::SYS_rt_sigprocmask, // block all signals
        libc::SYS_getpid,         // PID 1?
        libc::SYS_prctl,          // become a subreaper
        libc::SYS_prctl,          // the parent-death signal, which is meant for the child
        libc::SYS_openat,         // a terminal?
        libc::SYS_rt_sigaction,   // SIGCHLD, which may have been inherited as ignored
        libc::SYS_clone,
        libc::SYS_setpgid,        // in the child: a process group of its own
        libc::SYS_rt_sigprocmask, // the caller's mask
        libc::SYS_execve,
    ];
    // In which order rinit looks around is nobody's concern; all signals are blocked first.
    assert_eq!(before.first(), expected.first());
    before.sort_unstable();
    expected.sort_unstable();
    assert_eq!(before, expected);
    lets_go_and_sleeps(after);
}

/// What the benchmarks compare rinit with has no call more or less, up to where it sleeps.
#[test]
#[cfg(target_arch = "x86_64")]
fn the_floor_of_the_benchmarks_makes_rinits_calls() {
    let folder = harness::folder::Folder::new();
    let floor = folder.file("floor", 0o755, floor::with_rinits_calls());
    everywhere(|position| {
        let calls = |program: &std::path::Path| {
            system_calls(Launch::program(position, program).args(["/bin/sleep", "1000"]))
        };
        assert_eq!(calls(&floor), calls(&harness::release_binary()), "{position:?}");
    });
}

#[test]
fn the_instructions_before_the_childs_exec_are_within_their_budget() {
    let launch = small(Position::Pid1).command(["/bin/sleep", "1000"]);
    let (_running, init) = trace::start(launch, |running| running.pid);
    let instructions = init.instructions_before_the_childs_exec();
    init.detach();
    let budget =
        if harness::target().name == "i686" { budget::INSTRUCTIONS_I686 } else { budget::INSTRUCTIONS };
    assert!(instructions <= budget, "{instructions} instructions");
}

/// An init with a short name and a small environment, since these lie on the stack and are read.
fn small(position: Position) -> Launch {
    Launch::init(position).called("/rinit").no_environment().env("PATH", "/usr/bin:/bin")
}

/// What the init takes, once the child is ready, is within the budget and `more`, in KiB.
fn takes_at_most(more: u64, launch: impl Fn(Launch) -> Launch) {
    // Pages of a file that was just built count as dirty until they are on the disk.
    fs::File::open(harness::subject()).unwrap().sync_all().unwrap();
    everywhere(|position| {
        let running = launch(small(position)).start().ready();
        let [resident, dirty] = ["Rss", "Private_Dirty"].map(|field| proc::memory(running.pid, field));
        let is_within =
            resident <= budget::resident(harness::target().name) + more && dirty <= budget::DIRTY + more;
        assert!(is_within, "resident {resident} KiB, dirty {dirty} KiB");
    });
}

#[test]
fn the_memory_is_within_its_budget() {
    takes_at_most(0, |launch| launch.probe(&["wait"]));
}

#[test]
fn a_search_in_path_takes_one_page_more_at_most() {
    takes_at_most(budget::SEARCH, |launch| launch.shell("echo ready; exec sleep 1000"));
}

/// This test waits for a length of time: that nothing happens is no event.
#[test]
fn rinit_does_not_wake_up_in_ten_seconds_of_idleness() {
    let running = [Position::Pid1, Position::Outside]
        .map(|position| Launch::init(position).probe(&["wait"]).start().ready());
    harness::eventually_eq([Some('S'); 2], || running.each_ref().map(|running| proc::state(running.pid)));
    let switches = || {
        running.each_ref().map(|running| {
            ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
                .map(|field| proc::status_number(running.pid, field))
        })
    };
    let before = switches();
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!(switches(), before);
}

/// The page faults of a process up to now.
fn page_faults(pid: Pid) -> u64 {
    let [minor, major] = proc::stat(pid, [10, 12]).expect("it runs");
    minor + major
}

#[test]
fn the_page_faults_up_to_the_sleep_are_within_their_budget() {
    everywhere(|position| {
        let (running, init) = trace::start(small(position).probe(&["wait"]), |running| running.pid);
        let before = page_faults(running.pid);
        init.detach();
        let running = running.ready();
        harness::eventually_eq(Some('S'), || proc::state(running.pid));
        let faults = page_faults(running.pid) - before;
        assert!(faults <= budget::PAGE_FAULTS, "{faults} page faults");
    });
}

/// The orphans that an init has beside its child.
fn orphans(init: Pid) -> Vec<Pid> {
    proc::children(init).split_off(1)
}

/// Kills a group of orphans; returns which processes they were.
fn kill_orphans(init: Pid) -> Vec<Pid> {
    let orphans = orphans(init);
    killpg(getpgid(Some(orphans[0])).unwrap(), Signal::SIGKILL).unwrap();
    orphans
}

#[test]
fn n_zombies_at_once_take_n_system_calls_and_one_to_see_that_none_is_left() {
    everywhere(|position| {
        for count in [1, 10, 1000] {
            let running = small(position).probe(&["brood", &count.to_string()]).start().ready();
            harness::eventually_eq(Some('S'), || proc::state(running.pid));
            let init = trace::Tracee::seize(running.pid);
            init.about_to_sleep();
            for pid in kill_orphans(running.pid) {
                harness::eventually_eq(Some('Z'), || proc::state(pid));
            }
            let mut expected = vec![libc::SYS_wait4; count + 1];
            expected.push(libc::SYS_rt_sigtimedwait);
            assert_eq!(init.calls_until_it_sleeps(), expected, "{count} zombies");
            init.interrupt();
            init.detach();
        }
    });
}

#[test]
fn a_forwarded_signal_takes_one_system_call() {
    everywhere(|position| {
        let running = small(position).probe(&["wait"]).start().ready();
        harness::eventually_eq(Some('S'), || proc::state(running.pid));
        let init = trace::Tracee::seize(running.pid);
        init.about_to_sleep();
        running.signal(libc::SIGWINCH);
        assert_eq!(init.calls_until_it_sleeps(), [libc::SYS_kill, libc::SYS_rt_sigtimedwait]);
        init.interrupt();
        init.detach();
    });
}

#[test]
fn twenty_thousand_reaped_orphans_leave_no_memory_behind() {
    let running = small(Position::Pid1).probe(&["wait"]).start().ready();
    harness::eventually_eq(Some('S'), || proc::state(running.pid));
    let reap = |count: &str| {
        let brood = Launch::probe_inside(running.pid, &["brood", count]).start().ready();
        kill_orphans(running.pid);
        harness::eventually_eq(0, || orphans(running.pid).len());
        drop(brood);
        ["Rss", "Private_Dirty"].map(|field| proc::memory(running.pid, field))
    };
    let first = reap("1"); // what reaping itself takes
    for _ in 0..10 {
        assert_eq!(reap("2000"), first);
    }
}
