//! However survivors have to be looked for, the wait for them ends in time and hears signals.

use super::refused::cpu_time;
use super::{CODE, Init, Inside, is_within};
use crate::harness::{self, Launch, Position, eventually, everywhere, must, proc, send};
use nix::libc;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// What makes it hard to find survivors.
struct Hardship {
    name: &'static str,
    /// What PID 1 of the namespace does about it before the init is started.
    before: &'static str,
    /// What the test does to the init when the child is ready.
    to_the_init: fn(Pid),
}

fn nothing(_init: Pid) {}

const HARDSHIPS: [Hardship; 4] = [
    Hardship { name: "no /proc", before: "mount -t tmpfs none /proc", to_the_init: nothing },
    Hardship { name: "the /proc of the namespace above", before: "umount -l /proc", to_the_init: nothing },
    Hardship {
        name: "the /proc of a namespace in which rinit is not",
        before: "unshare --fork --pid mount -t proc proc /proc",
        to_the_init: nothing,
    },
    Hardship { name: "no descriptor left", before: "", to_the_init: leave_no_descriptor },
];

fn leave_no_descriptor(init: Pid) {
    limit(init, libc::RLIMIT_NOFILE, 3);
}

/// prlimit(2), which nix has not got.
fn limit(init: Pid, resource: libc::__rlimit_resource_t, to: u64) {
    let limit = libc::rlimit { rlim_cur: to, rlim_max: to };
    // SAFETY: integers, a limit, and no place for the old one.
    let set = unsafe { libc::prlimit(init.as_raw(), resource, &raw const limit, std::ptr::null_mut()) };
    assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
}

/// Runs a test in both positions under each hardship, in namespaces that only root may change so.
fn under_each_hardship(test: impl Fn(Position, &Hardship)) {
    if harness::is_root_or_skip("a /proc that is mounted over") {
        everywhere(|position| {
            for hardship in &HARDSHIPS {
                eprintln!("{}", hardship.name);
                test(position, hardship);
            }
        });
    }
}

impl Hardship {
    fn start(&self, position: Position, options: &[&str], survivors: &str, count: usize) -> Init {
        let inside = Inside { position, before: self.before, options, survivors };
        let init = inside.start(count);
        (self.to_the_init)(init.pid);
        init
    }
}

/// Asked in vain, one as a child of the child's and one below that.
const STUBBORN: &str = "$PROBE signals & sh -c 'trap : TERM; $PROBE signals & while :; do wait; done' &";

#[test]
fn a_grace_ends_within_half_a_second_of_its_time_however_survivors_are_found() {
    under_each_hardship(|position, hardship| {
        is_within(Duration::from_millis(2500), || {
            let mut init = hardship.start(position, &["--grace", "2"], STUBBORN, 2);
            let took = init.takes();
            assert!(took >= Duration::from_secs(2), "{took:?}");
            if position == Position::Outside {
                init.nobody_is_left();
            }
            took
        });
    });
}

/// Whom it cannot note it cannot ask to end, and so the stay would have no end.
#[test]
fn where_the_memory_to_note_survivors_is_refused_rinit_does_not_stay() {
    everywhere(|position| {
        let inside = Inside { position, before: "", options: &["--stay"], survivors: "$PROBE signals &" };
        let mut init = inside.start(1);
        limit(init.pid, libc::RLIMIT_AS, 512 << 10);
        init.takes();
    });
}

/// A part takes less than a millisecond, so that a second of the CPU has thousands of them.
#[test]
fn rinit_does_not_rest_between_the_parts_of_a_search() {
    const SECOND: Duration = Duration::from_secs(1);
    if !harness::is_root_or_skip("a /proc that is mounted over") {
        return;
    }
    everywhere(|position| {
        let mut init = HARDSHIPS[0].start(position, &["--grace", "1000"], "$PROBE signals &", 1);
        init.child_exits();
        init.running.stdout.expect(&libc::SIGTERM.to_string());
        let rests = || proc::status_number(init.pid, "voluntary_ctxt_switches");
        let before = (cpu_time(init.pid), rests());
        eventually("a second of the CPU", || (cpu_time(init.pid) >= before.0 + SECOND).then_some(()));
        let rests = rests() - before.1;
        assert!(rests < 25, "{rests} rests");
    });
}

/// Here the survivors themselves keep the only CPU busy that rinit may use.
#[test]
fn a_grace_ends_in_time_on_a_busy_cpu_too() {
    const BUSY: &str = "for i in 1 2 3 4; do sh -c 'trap : TERM; echo ready; while :; do :; done' & done";
    if !harness::is_root_or_skip("a /proc that is mounted over") {
        return;
    }
    everywhere(|position| {
        is_within(Duration::from_millis(2500), || {
            let before = HARDSHIPS[0].before;
            let inside = Inside { position, before, options: &["--grace", "2"], survivors: BUSY };
            let mut only_the_first = CpuSet::new();
            only_the_first.set(0).expect("there is one");
            let on_one_cpu = move || must(sched_setaffinity(Pid::from_raw(0), &only_the_first));
            let mut init = Init::of(position, inside.launch().caller(on_one_cpu), 4);
            let took = init.takes();
            assert!(took >= Duration::from_secs(2), "{took:?}");
            took
        });
    });
}

/// They end as soon as they are asked, which they are at once.
#[test]
fn survivors_that_end_when_asked_end_the_wait_and_none_is_said_to_be_killed() {
    under_each_hardship(|position, hardship| {
        is_within(Duration::from_secs(1), || {
            let survivors = "$PROBE trap 15 0 & $PROBE trap 15 0 &";
            let mut init = hardship.start(position, &["--grace", "2"], survivors, 2);
            let took = init.takes();
            send_if_alive(&init);
            assert_eq!(init.running.stderr.rest(), "");
            took
        });
    });
}

/// The PID 1 that stays below a subreaper has its stderr open.
fn send_if_alive(init: &Init) {
    if init.position == Position::Outside {
        send(init.running.pid, libc::SIGKILL);
    }
}

#[test]
fn a_stop_signal_ends_the_wait_at_once_however_survivors_are_found() {
    under_each_hardship(|position, hardship| {
        is_within(Duration::from_secs(1), || {
            let mut init = hardship.start(position, &["--grace", "1000"], "$PROBE signals &", 1);
            init.child_exits();
            init.running.stdout.expect(&libc::SIGTERM.to_string());
            let start = Instant::now();
            send(init.pid, libc::SIGTERM);
            assert_eq!(init.code(), CODE);
            start.elapsed()
        });
    });
}

/// A look that ends at a process ID just made does not find it.
#[test]
fn a_survivor_is_found_when_process_ids_have_begun_anew() {
    if !harness::is_root_or_skip("setting the last process ID of a namespace") {
        return;
    }
    everywhere(|position| {
        for hide in ["mount -t tmpfs none /proc", "umount -l /proc", ""] {
            let survivors = format!(
                "echo 30001 >/proc/sys/kernel/ns_last_pid # pid_namespaces(7)
                $PROBE trap 15 0 & echo survivor $!
                echo 299 >/proc/sys/kernel/ns_last_pid
                {hide}
                echo ready"
            );
            let inside =
                Inside { position, before: "", options: &["--grace", "1000"], survivors: &survivors };
            let mut init = Init::of(position, inside.launch(), 0);
            let mut lines =
                [init.running.stdout.next(), init.running.stdout.next(), init.running.stdout.next()];
            lines.sort();
            assert_eq!(lines, ["ready", "ready", "survivor 30002"]);
            init.child_exits();
            init.running.stdout.expect("got 15");
            assert_eq!(init.code(), CODE);
        }
    });
}

/// A /proc of another PID namespace has other numbers. By them a process outside, which has the number of a survivor,
/// has a child whose number is that of a process inside that is none of the init's.
#[test]
fn a_process_that_is_a_descendant_by_the_numbers_of_another_namespace_stays_untouched() {
    if !harness::is_root_or_skip("setting the last process ID of a namespace") {
        return;
    }
    let outside = Launch::program(Position::Outside, "/bin/sh").args(["-c", "$PROBE wait & wait"]);
    let outside = outside.env("PROBE", harness::probe()).start().ready();
    let childs = harness::below(outside.pid, "probe");
    let next = |pid: Pid| format!("echo {} >/proc/sys/kernel/ns_last_pid", pid.as_raw() - 1); // pid_namespaces(7)
    let before = format!("umount -l /proc; {}; $PROBE signals &", next(childs));
    let survivors = format!("{}; sh -c \"trap '' TERM; exec $PROBE wait\" &", next(outside.pid));
    let inside = Inside { position: Position::Outside, before: &before, options: &[], survivors: &survivors };
    let mut running = inside.launch().start().ready().ready();
    let with_number = |number: Pid| {
        let number = format!("\t{number}");
        let has_it =
            |pid: &Pid| proc::status(*pid, "NSpid").is_some_and(|numbers| numbers.ends_with(&number));
        eventually("it", || proc::descendants(running.pid).into_iter().find(has_it))
    };
    let [bystander, survivor] = [childs, outside.pid].map(with_number);
    let init = proc::parent(proc::parent(survivor).expect("the child")).expect("it runs");
    send(init, libc::SIGUSR1);
    running.stdout.expect(&format!("ended {CODE}"));
    send(bystander, libc::SIGUSR2);
    assert_eq!(running.stdout.next(), libc::SIGUSR2.to_string()); // and nothing came before
}
