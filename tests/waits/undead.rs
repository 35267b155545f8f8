//! What SIGKILL does not end is named and left.

use super::{CODE, is_within};
use crate::harness::cgroup::Cgroup;
use crate::harness::{self, Launch, Position, Running, below, eventually_eq, proc, send};
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// A grace of 100 ms, 2 s for what SIGKILL does not end, and some time to do it in.
const BOUND: Duration = Duration::from_millis(4000);

/// A subreaper whose child leaves the probe, which is not to be asked in vain for long.
fn leaving_a_probe() -> (Running, Pid) {
    let script = format!("trap 'exit {CODE}' USR1; $PROBE wait & while :; do wait; done");
    let launch = Launch::init(Position::Outside).args(["--grace", "100ms"]).env("PROBE", harness::probe());
    let running = launch.shell(&script).start().ready();
    let survivor = below(running.child(), "probe");
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
