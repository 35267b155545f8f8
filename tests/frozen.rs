//! Waits are time that the child or the survivors have been given. While rinit itself is frozen, by `docker
//! pause` or SIGSTOP, it does not see what they do, and does not take that time from them.

use crate::harness;
use crate::harness::cgroup::Cgroup;
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, proc};
use nix::libc;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The wait in the middle of which rinit is frozen, and the option for it.
const WAIT: Duration = Duration::from_secs(10);
const STOP: [&str; 2] = ["--stop", "TERM/10/KILL"];
const GRACE: [&str; 2] = ["--grace", "10"];

/// How long it is frozen: longer than it was to wait.
const FROZEN: Duration = Duration::from_secs(12);

/// What is left of the wait is this much at least, if it had begun less than that before the freeze. It is far
/// from both ends, for slow machines.
const LEFT: Duration = Duration::from_secs(1);

/// When SIGTERM comes, it needs some time of its own to end: not one sleep, whose time goes on in a freeze.
const WORKS: &str = "i=0; while [ $i -lt 4 ]; do sleep 0.1; i=$((i + 1)); done; echo end; exit";

/// Freezes the init and what it has started for longer than it was to wait, and thaws it.
fn freeze(running: &Running, freezer: &Cgroup) {
    let mut pids = vec![running.pid];
    pids.extend(proc::descendants(running.pid));
    for pid in pids {
        match freezer.take(pid) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {} // one of the short sleeps
            taken => taken.expect("it may be moved"),
        }
    }
    freezer.freeze();
    sleep(FROZEN); // this is what is tested, and not a wait for something
    freezer.thaw();
}

/// Stops the init alone for longer than it was to wait, and continues it; returns when that was.
fn stop(running: &Running) -> Instant {
    running.signal(libc::SIGSTOP);
    eventually_eq(Some('T'), || proc::state(running.pid));
    sleep(FROZEN); // as above
    let now = Instant::now();
    running.signal(libc::SIGCONT);
    now
}

/// A child that says `working` when SIGTERM comes, works a little, and exits with 5.
fn stopping(position: Position) -> Running {
    let script = format!("trap 'echo working; {WORKS} 5' TERM; echo ready; while :; do sleep 0.05; done");
    let mut running = Launch::init(position).args(STOP).shell(&script).start().ready();
    running.signal(libc::SIGTERM);
    running.stdout.expect("working");
    running
}

#[test]
fn a_child_that_was_frozen_with_rinit_in_the_middle_of_its_stop_has_the_rest_of_its_time() {
    everywhere(|position| {
        let Some(freezer) = Cgroup::freezer() else { return };
        let mut running = stopping(position);
        freeze(&running, &freezer);
        running.stdout.expect("end");
        assert_eq!(running.code(), 5);
    });
}

#[test]
fn survivors_that_were_frozen_with_rinit_in_the_middle_of_the_grace_have_the_rest_of_their_time() {
    everywhere(|position| {
        let Some(freezer) = Cgroup::freezer() else { return };
        let survivor = format!("trap 'echo working; {WORKS}' TERM; echo ready; while :; do sleep 0.05; done");
        let script = format!("trap 'exit 7' USR1; ({survivor}) & while :; do wait; done");
        let mut running = Launch::init(position).args(GRACE).shell(&script).start().ready();
        running.signal(libc::SIGUSR1);
        running.stdout.expect("working");
        freeze(&running, &freezer);
        running.stdout.expect("end");
        assert_eq!(running.code(), 7);
    });
}

#[test]
fn after_sigstop_to_rinit_the_child_has_the_rest_of_its_time_and_no_more() {
    everywhere(|position| {
        let mut running = Launch::init(position).args(STOP).probe(&["signals"]).start().ready();
        let begun = Instant::now();
        running.signal(libc::SIGTERM);
        running.stdout.expect(&libc::SIGTERM.to_string());
        let left = WAIT.saturating_sub(begun.elapsed());
        let continued = stop(&running);
        assert_eq!(running.code_in_a_shell(), 128 + libc::SIGKILL);
        let given = continued.elapsed();
        if left > 2 * LEFT {
            assert!(given > LEFT, "killed {given:?} after rinit was continued, {left:?} before the end");
        }
        assert!(given < WAIT + Duration::from_secs(15), "killed only after {given:?}");
    });
}

#[test]
fn after_sigstop_to_rinit_survivors_have_the_rest_of_their_time_and_no_more() {
    everywhere(|position| {
        let launch = Launch::init(position).args(GRACE).env("PROBE", harness::probe());
        let script = "trap 'exit 7' USR1; $PROBE signals & while :; do wait; done";
        let mut running = launch.shell(script).start().ready();
        let begun = Instant::now();
        running.signal(libc::SIGUSR1);
        running.stdout.expect(&libc::SIGTERM.to_string());
        let left = WAIT.saturating_sub(begun.elapsed());
        let continued = stop(&running);
        assert_eq!(running.code(), 7);
        let given = continued.elapsed();
        if left > 2 * LEFT {
            assert!(given > LEFT, "ended {given:?} after rinit was continued, {left:?} before the end");
        }
        assert!(given < WAIT + Duration::from_secs(15), "ended only after {given:?}");
    });
}

/// The control of the tests above, since a wait that never ends would do for them.
#[test]
fn who_was_not_frozen_has_the_time_that_was_asked_for() {
    everywhere(|position| {
        let mut running =
            Launch::init(position).args(["--stop", "TERM/2/KILL"]).probe(&["signals"]).start().ready();
        let begun = Instant::now();
        running.signal(libc::SIGTERM);
        assert_eq!(running.code_in_a_shell(), 128 + libc::SIGKILL);
        let given = begun.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_secs(12)).contains(&given), "{given:?}");
    });
}
