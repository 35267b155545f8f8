//! With `-g` the whole process group gets the signals.

use crate::harness;
use crate::harness::{Launch, everywhere, last_signal};
use nix::libc;
use nix::sys::signal::{SigSet, Signal};

/// A shell that catches `signal` and goes on to wait for its child, the init's grandchild, which says
/// that it got it.
fn script(signal: i32) -> String {
    format!("trap : {signal}; {} trap {signal} 5 & wait; wait", harness::probe().display())
}

#[test]
fn a_signal_reaches_a_shells_grandchildren_with_g() {
    everywhere(|position| {
        let mut running = Launch::init(position).args(["-g"]).shell(&script(libc::SIGTERM)).start().ready();
        running.signal(libc::SIGTERM);
        running.stdout.expect(&format!("got {}", libc::SIGTERM));
    });
}

/// The negative control of the test above. A signal to the group is pending for all of it before the shell can
/// say that it has come.
#[test]
fn a_signal_reaches_the_child_only_without_g() {
    everywhere(|position| {
        let last = last_signal();
        let script = format!("trap 'echo shell; kill -{last} $!' TERM; $PROBE signals & wait; wait");
        let launch = Launch::init(position).env("PROBE", harness::probe());
        let mut running = launch.shell(&script).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!([running.stdout.next(), running.stdout.next()], ["shell", &last.to_string()]);
    });
}

#[test]
fn a_rewritten_signal_reaches_the_group() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["-g", "-r", "TERM:USR1"]);
        let mut running = launch.shell(&script(libc::SIGUSR1)).start().ready();
        running.signal(libc::SIGTERM);
        running.stdout.expect(&format!("got {}", libc::SIGUSR1));
    });
}

/// The group is there before the first signal is forwarded.
#[test]
fn a_signal_pending_at_start_reaches_the_group() {
    everywhere(|position| {
        let pending_at_start = || {
            harness::must(SigSet::from(Signal::SIGTERM).thread_block());
            harness::must(nix::sys::signal::raise(Signal::SIGTERM));
        };
        // The shell passes on the caller's mask, and the probe takes what is pending there.
        let launch = Launch::init(position).args(["-g"]).caller(pending_at_start);
        let mut running = launch.probe(&["signals"]).start().ready();
        assert_eq!(running.stdout.next(), libc::SIGTERM.to_string());
    });
}
