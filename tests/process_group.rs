//! With `-g` the whole process group gets the signals.

use crate::harness;
use crate::harness::{Launch, Position, Running, everywhere, last_signal, send};
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

/// The negative control of the test above.
#[test]
fn a_signal_reaches_the_child_only_without_g() {
    everywhere(|position| reaches_the_child_only(position, libc::SIGTERM));
}

/// A signal to the group is pending for all of it before the shell can say that it has come.
pub fn reaches_the_child_only(position: Position, signal: i32) {
    let last = last_signal();
    let script = format!("trap 'echo shell; kill -{last} $!' {signal}; $PROBE signals & wait; wait");
    let launch = Launch::init(position).env("PROBE", harness::probe());
    let mut running = launch.shell(&script).start().ready();
    running.signal(signal);
    assert_eq!([running.stdout.next(), running.stdout.next()], ["shell", &last.to_string()]);
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

/// An init, as the leader of a session, whose child moves to the init's own group, so that its first one has no member.
fn leaves_its_group(position: Position, options: &[&str]) -> Running {
    let own_session = || {
        harness::must(nix::unistd::setsid());
    };
    let launch = Launch::init(position).args(options).caller(own_session);
    launch.probe(&["leave-group"]).start().ready()
}

/// It is the child that the signals are meant for, and nothing is wrong.
#[test]
fn a_child_that_has_left_its_group_without_a_member_gets_the_signals() {
    everywhere(|position| {
        for options in [&["-g"][..], &["-g", "-r", "HUP:USR2"]] {
            let mut running = leaves_its_group(position, options);
            let hup = if options.len() == 1 { libc::SIGHUP } else { libc::SIGUSR2 };
            for (sent, received) in [(libc::SIGTERM, libc::SIGTERM), (libc::SIGHUP, hup), (64, 64)] {
                running.signal(sent);
                assert_eq!(running.stdout.next(), received.to_string(), "{options:?}");
            }
            send(running.child(), libc::SIGKILL);
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
            assert_eq!(running.stderr.rest(), "");
        }
    });
}

/// Those of a schedule too.
#[test]
fn it_gets_the_signals_of_a_stop_as_well() {
    everywhere(|position| {
        let mut running = leaves_its_group(position, &["-g", "--stop", "TERM/100ms/INT/100ms/KILL"]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.stdout.next(), libc::SIGTERM.to_string());
        running.stdout.expect(&libc::SIGINT.to_string()); // and SIGCONT before it
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}

/// The negative control: a group with a member is the target, whether the child is one or not.
#[test]
fn a_group_that_the_child_has_left_to_another_member_gets_the_signals() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["-g"]).env("PROBE", harness::probe());
        let own_session = || {
            harness::must(nix::unistd::setsid());
        };
        let script = "$PROBE trap 15 0 & exec $PROBE leave-group";
        let mut running = launch.caller(own_session).shell(script).start().ready().ready();
        running.signal(libc::SIGTERM);
        assert_eq!(running.stdout.next(), "got 15");
    });
}
