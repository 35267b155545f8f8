//! What SIGKILL does not end is named and left.

use super::refused::refuse;
use super::{CODE, is_within};
use crate::harness::cgroup::Cgroup;
use crate::harness::folder::Folder;
use crate::harness::trace::{Stop, Tracee};
use crate::harness::{self, Launch, Position, Running, below, eventually_eq, proc, send};
use nix::libc::{self, c_long};
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// A grace of 100 ms, 2 s for what SIGKILL does not end, and some time to do it in.
const BOUND: Duration = Duration::from_millis(4000);

/// A subreaper whose child leaves the probe, which is not to be asked in vain for long.
fn leaving_a_probe() -> (Running, Pid) {
    leaving("$PROBE wait", "probe", |launch| launch)
}

/// One whose child leaves this command, which becomes a program of this name.
fn leaving(command: &str, name: &str, caller: impl FnOnce(Launch) -> Launch) -> (Running, Pid) {
    let script = format!("trap 'exit {CODE}' USR1; {command} & while :; do wait; done");
    let launch = Launch::init(Position::Outside).args(["--grace", "100ms"]).env("PROBE", harness::probe());
    let running = caller(launch).shell(&script).start().ready();
    let survivor = below(running.child(), name);
    (running, survivor)
}

/// Lets the child exit; returns how long rinit took to end, which is with the child's code and a warning.
fn ends_and_names(running: &mut Running, survivor: Pid) -> Duration {
    let start = Instant::now();
    running.signal(libc::SIGUSR1);
    assert_eq!(running.code(), CODE);
    let took = start.elapsed();
    // The survivor has stderr, too, so that there is no end of it to be waited for.
    let line = running.stderr.expect_part(&survivor.to_string());
    assert!(line.starts_with("rinit: "), "{line}");
    took
}

#[test]
fn a_survivor_in_a_frozen_cgroup_is_named_and_left_after_two_seconds() {
    is_within(BOUND, || {
        let (mut running, survivor) = leaving_a_probe();
        let Some(cgroup) = Cgroup::deep_freezer() else { return Duration::ZERO };
        cgroup.take(survivor).expect("it runs");
        cgroup.freeze();
        let took = ends_and_names(&mut running, survivor);
        // It was killed, and not left stopped.
        cgroup.thaw();
        proc::ended(survivor);
        took
    });
}

/// Its zombie is for its tracer to collect first, ptrace(2).
#[test]
fn a_survivor_whose_tracer_never_waits_is_named_and_left_after_two_seconds() {
    is_within(BOUND, || {
        let (mut running, survivor) = leaving_a_probe();
        ptrace::seize(survivor, Options::empty()).expect("it may be traced");
        let took = ends_and_names(&mut running, survivor);
        // It was killed.
        eventually_eq(Some('Z'), || proc::state(survivor));
        waitpid(survivor, Some(WaitPidFlag::__WALL)).expect("this thread is its tracer");
        took
    });
}

/// The two seconds are for what has had a SIGKILL.
#[test]
fn a_survivor_that_may_not_be_killed_is_named_and_left_at_once() {
    if !harness::is_root_or_skip("an init without CAP_KILL whose survivor becomes another user") {
        return;
    }
    is_within(Duration::from_millis(1500), || {
        let (mut running, survivor) = leaving("$PROBE become-user 54321", "probe", Launch::without_kill);
        let took = ends_and_names(&mut running, survivor);
        send(survivor, libc::SIGKILL);
        let more = running.stderr.rest();
        assert!(!more.contains("killed"), "it was not: {more}");
        took
    });
}

/// What no clock tells is not waited for without an end.
#[test]
fn where_a_filter_refuses_the_clock_a_survivor_that_cannot_be_killed_is_named_and_left_too() {
    let refused = |launch: Launch| launch.caller(refuse(&[libc::SYS_clock_gettime], libc::EPERM));
    let (mut running, survivor) = leaving("$PROBE wait", "probe", refused);
    ptrace::seize(survivor, Options::empty()).expect("it may be traced");
    ends_and_names(&mut running, survivor);
    eventually_eq(Some('Z'), || proc::state(survivor));
    waitpid(survivor, Some(WaitPidFlag::__WALL)).expect("this thread is its tracer");
}

/// All that it has left was looked for, and is looked for again four times a second at most. The wait is interrupted as
/// often as the machine can do that in two seconds.
#[test]
fn what_wakes_rinit_meanwhile_has_it_look_at_no_process_again() {
    // Of /proc: at each look one for those that are new, and one to kill. A busy machine may leave out some looks, but
    // not all between the first and the last.
    const LISTS: RangeInclusive<usize> = 2 * 3..=2 * (2000 / 250 + 3);
    let (mut running, survivor) = leaving_a_probe();
    ptrace::seize(survivor, Options::empty()).expect("it may be traced");
    let (mut lists, mut wakes, mut was_listing) = (0, 0, false);
    at_each_call_until_it_exits(&mut running, |rinit, call| {
        if call.is_none() {
            rinit.interrupt();
            wakes += 1;
        }
        let is_listing = call == Some(libc::SYS_getdents64);
        lists += usize::from(is_listing && !was_listing);
        was_listing = is_listing;
    });
    assert!(LISTS.contains(&lists), "{lists} lists and {wakes} interruptions");
    waitpid(survivor, Some(WaitPidFlag::__WALL)).expect("this thread is its tracer");
}

/// Lets the child exit, and calls this at each of rinit's system calls, and where it sleeps in one, until its end.
fn at_each_call_until_it_exits(running: &mut Running, mut look: impl FnMut(&Tracee, Option<c_long>)) {
    let rinit = Tracee::seize(running.pid);
    rinit.interrupt();
    running.signal(libc::SIGUSR1);
    loop {
        match rinit.go_on_or_sleep() {
            None => look(&rinit, None),
            Some(Stop::Call(libc::SYS_exit_group)) => break,
            Some(Stop::Call(call)) => look(&rinit, Some(call)),
            Some(Stop::Event(libc::PTRACE_EVENT_STOP)) => {} // an interruption that came late
            Some(stop) => panic!("{stop:?}"),
        }
    }
    rinit.detach();
    assert_eq!(running.code(), CODE);
}

/// However many there are: a call for each, to all of them, takes the square of their number. Each gets one of its own as
/// well, which says whether it can be sent any.
#[test]
fn the_childs_group_is_stopped_by_one_call() {
    const COUNT: usize = 20;
    let script = format!(
        "trap 'exit {CODE}' USR1; for i in $(seq {COUNT}); do $PROBE signals & done; while :; do wait; done"
    );
    let launch = Launch::init(Position::Outside).args(["--grace", "0"]).env("PROBE", harness::probe());
    let mut running = launch.shell(&script).start();
    (0..COUNT).for_each(|_| running.stdout.expect("ready"));
    let group = running.child();
    let (mut to_group, mut to_one) = (0, 0);
    at_each_call_until_it_exits(&mut running, |rinit, call| match call {
        None => rinit.interrupt(),
        Some(libc::SYS_kill) => {
            let [target, signal] = rinit.arguments().map(|argument| argument as i32);
            to_group += usize::from(signal == libc::SIGSTOP && target == -group.as_raw());
            to_one += usize::from(signal == libc::SIGSTOP && target > 0);
        }
        Some(_) => {}
    });
    assert_eq!((to_group, to_one), (1, COUNT));
}

/// The others are ended all the same.
#[test]
fn beside_a_survivor_that_cannot_be_killed_all_others_are() {
    let Some(cgroup) = Cgroup::deep_freezer() else { return };
    let (mut running, survivor) = {
        let others = "$PROBE signals & sh -c 'trap : TERM; $PROBE signals & while :; do wait; done' &";
        let script = format!("trap 'exit {CODE}' USR1; {others} $PROBE wait & while :; do wait; done");
        let launch = Launch::init(Position::Outside).args(["--grace", "0"]).env("PROBE", harness::probe());
        let running = launch.shell(&script).start().ready().ready().ready();
        let pause = Some(libc::SYS_pause);
        let probes = || proc::descendants(running.pid).into_iter();
        let survivor =
            harness::eventually("it waits", || probes().find(|pid| proc::system_call(*pid) == pause));
        (running, survivor)
    };
    let others: Vec<_> = proc::descendants(running.pid).into_iter().filter(|pid| *pid != survivor).collect();
    assert_eq!(others.len(), 4, "{others:?}");
    cgroup.take(survivor).expect("it runs");
    cgroup.freeze();
    ends_and_names(&mut running, survivor);
    for pid in others {
        proc::ended(pid);
    }
    send(survivor, 0); // it is there
    cgroup.thaw();
}

/// A session of its own is of no use. It is found by its parent, in a line that has any name, proc_pid_stat(5).
#[test]
fn what_a_survivor_that_cannot_be_killed_has_started_is_killed() {
    let folder = Folder::new();
    let strange = folder.path().join("a) S 1 ");
    std::os::unix::fs::symlink(harness::probe(), &strange).expect("a link");
    let Some(cgroup) = Cgroup::deep_freezer() else { return };
    let script = "sh -c 'setsid \"$STRANGE\" wait & exec sleep 1000'";
    let (mut running, survivor) = leaving(script, "sleep", |launch| launch.env("STRANGE", strange));
    let started = below(survivor, "a) S 1");
    cgroup.take(survivor).expect("it runs");
    cgroup.freeze();
    ends_and_names(&mut running, survivor);
    proc::ended(started);
    cgroup.thaw();
}
