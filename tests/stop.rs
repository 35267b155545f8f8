//! `--stop` goes on to the next signal when the child does not react, and `--stop-ok` tells a stop that was
//! asked for from one that was not.

use crate::harness;
use crate::harness::{Launch, Position, Running, everywhere, send};
use nix::libc;

const KILLED: i32 = 128 + libc::SIGKILL;

/// A child that prints the signals that it gets, and does nothing else.
fn deaf(position: Position, options: &[&str]) -> Running {
    Launch::init(position).args(options).probe(&["signals"]).start().ready()
}

fn next(running: &mut Running) -> i32 {
    running.stdout.next().parse().expect("a signal number")
}

#[test]
fn a_child_that_does_not_react_gets_one_signal_after_the_other() {
    everywhere(|position| {
        for option in ["--stop=TERM/100ms/INT/100ms/KILL", "--stop=SIGTERM/100ms/-2/100ms/-KILL/5"] {
            let mut running = deaf(position, &[option]);
            running.signal(libc::SIGTERM);
            assert_eq!(next(&mut running), libc::SIGTERM);
            assert_eq!(next(&mut running), libc::SIGINT);
            assert_eq!(running.code(), KILLED);
            assert_eq!(running.stdout.rest(), "");
        }
    });
}

#[test]
fn a_lone_duration_is_the_wait_between_term_and_kill() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "100ms"]);
        running.signal(libc::SIGTERM);
        assert_eq!(next(&mut running), libc::SIGTERM);
        assert_eq!(running.code(), KILLED);
    });
}

/// A tracer that attaches and detaches interrupts the wait, which does not begin anew.
#[test]
fn the_schedule_goes_on_while_the_wait_is_interrupted() {
    let mut running = deaf(Position::Outside, &["--stop", "500ms"]);
    running.signal(libc::SIGTERM);
    assert_eq!(next(&mut running), libc::SIGTERM);
    harness::trace::interrupt_until_it_ends(running.pid);
    assert_eq!(running.code(), KILLED);
}

#[test]
fn a_child_that_ends_in_time_keeps_its_code_and_nothing_more_is_sent() {
    everywhere(|position| {
        let options = ["--stop", "INT/1000/KILL"];
        let mut running = Launch::init(position)
            .args(options)
            .probe(&["trap", &libc::SIGINT.to_string(), "5"])
            .start()
            .ready();
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 5);
    });
}

#[test]
fn other_signals_and_repeated_ones_are_forwarded_as_they_come_meanwhile() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "QUIT/1000/KILL"]);
        for (sent, received) in [
            (libc::SIGHUP, libc::SIGHUP),
            (libc::SIGTERM, libc::SIGQUIT),
            (libc::SIGHUP, libc::SIGHUP),
            (libc::SIGTERM, libc::SIGTERM),
            (libc::SIGTERM, libc::SIGTERM),
        ] {
            running.signal(sent);
            assert_eq!(next(&mut running), received);
        }
    });
}

#[test]
fn a_stop_begins_with_what_is_sigterm_after_rewriting() {
    everywhere(|position| {
        let mut running = deaf(position, &["-r", "TERM:USR1", "-r", "HUP:TERM", "--stop", "QUIT/100ms/KILL"]);
        running.signal(libc::SIGTERM);
        assert_eq!(next(&mut running), libc::SIGUSR1);
        running.signal(libc::SIGHUP);
        assert_eq!(next(&mut running), libc::SIGQUIT);
        assert_eq!(running.code(), KILLED);
    });
}

#[test]
fn the_signals_of_a_schedule_are_not_rewritten() {
    everywhere(|position| {
        let mut running = deaf(position, &["-r", "QUIT:USR1", "-r", "INT:drop", "--stop", "QUIT/0/INT"]);
        running.signal(libc::SIGTERM);
        // Pending together, they come in the order of their numbers.
        let mut received = [next(&mut running), next(&mut running)];
        received.sort();
        assert_eq!(received, [libc::SIGINT, libc::SIGQUIT]);
    });
}

#[test]
fn with_g_a_schedule_goes_to_the_group() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["-g", "--stop", "TERM/100ms/INT/1000/KILL"]);
        let script = "trap '' TERM; trap : INT; $PROBE signals; exit 9";
        let mut running = launch.env("PROBE", harness::probe()).shell(script).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!((next(&mut running), next(&mut running)), (libc::SIGTERM, libc::SIGINT));
    });
}

/// In a pod, load balancers need time to learn that it goes.
#[test]
fn a_schedule_can_begin_with_a_wait() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "100ms/TERM/100ms/KILL"]);
        running.signal(libc::SIGTERM);
        running.signal(libc::SIGHUP);
        assert_eq!((next(&mut running), next(&mut running)), (libc::SIGHUP, libc::SIGTERM));
        assert_eq!(running.code(), KILLED);
    });
}

/// The timer runs only as long as there is something to wait for.
#[test]
fn when_the_schedule_is_over_rinit_sleeps_again() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "TERM/10ms/INT/10ms"]);
        running.signal(libc::SIGTERM);
        assert_eq!((next(&mut running), next(&mut running)), (libc::SIGTERM, libc::SIGINT));
        // rt_sigtimedwait(2) without a timeout: the third argument of the system call is null.
        harness::eventually_eq(Some("0x0".to_owned()), || {
            let call = std::fs::read_to_string(format!("/proc/{}/syscall", running.pid)).ok()?;
            let mut words = call.split_whitespace();
            (words.next()? == libc::SYS_rt_sigtimedwait.to_string())
                .then(|| words.nth(2).map(str::to_owned))?
        });
        running.signal(libc::SIGTERM);
        assert_eq!(next(&mut running), libc::SIGTERM);
    });
}

#[test]
fn with_vv_each_signal_of_a_schedule_is_logged() {
    everywhere(|position| {
        let mut running = deaf(position, &["-vv", "--stop", "TERM/10ms/KILL"]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), KILLED);
        let said = running.stderr.rest();
        let said: Vec<_> =
            said.lines().map(|line| line.rsplit_once(" child ").map(|(text, _)| text)).collect();
        assert_eq!(said[..2], [Some("rinit: send SIGTERM to"), Some("rinit: send SIGKILL to")]);
    });
}

/// Like a Java virtual machine: on SIGTERM it stops in order, and exits with 143.
const JVM: &str = "trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done";

#[test]
fn with_stop_ok_a_jvm_that_was_told_to_stop_is_a_success() {
    everywhere(|position| {
        for (options, code) in [(&["--stop-ok"][..], 0), (&[], 143), (&["-e", "143:9", "--stop-ok"], 0)] {
            let mut running = Launch::init(position).args(options).shell(JVM).start().ready();
            running.signal(libc::SIGTERM);
            assert_eq!(running.code(), code, "{options:?}");
        }
    });
}

#[test]
fn with_stop_ok_a_stray_sigterm_from_inside_is_none() {
    everywhere(|position| {
        for (options, code) in [(&["--stop-ok"][..], 143), (&["--stop-ok", "-e", "143:9"], 9)] {
            let script = format!("(sleep 0.1; kill -TERM $$) & {JVM}");
            let output = Launch::init(position).args(options).shell(&script).output();
            assert_eq!(output.code(), code);
        }
    });
}

#[test]
fn with_stop_ok_a_child_without_a_handler_is_a_success_only_for_the_signal_that_it_was_sent() {
    everywhere(|position| {
        let start = |options: &[&str]| {
            Launch::init(position).args(["--stop-ok"]).args(options).probe(&["wait"]).start().ready()
        };
        for (options, sent, code) in [
            (&[][..], libc::SIGTERM, 0),
            (&[], libc::SIGINT, 0),
            (&["-r", "TERM:USR1"], libc::SIGTERM, 0),
            (&["--stop", "INT/10/KILL"], libc::SIGTERM, 0),
            (&["-r", "TERM:KILL"], libc::SIGTERM, KILLED),
        ] {
            let mut running = start(options);
            running.signal(sent);
            assert_eq!(running.code(), code, "{options:?}");
        }
        // Sent one signal, killed by another.
        let mut running = Launch::init(position).args(["--stop-ok"]).probe(&["signals"]).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!(next(&mut running), libc::SIGTERM);
        send(running.child(), libc::SIGKILL);
        assert_eq!(running.code(), KILLED);
    });
}

/// A stop that had to be forced is no success.
#[test]
fn with_stop_ok_a_child_that_had_to_be_killed_failed() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop-ok", "--stop", "TERM/10ms/KILL"]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), KILLED);
    });
}
