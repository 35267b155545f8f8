//! `--stop` goes on to the next signal when the child does not react, and `--stop-ok` tells a stop that was
//! asked for from one that was not.

use crate::harness;
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, must, proc, send};
use nix::libc::{self, c_int};
use nix::sys::signal::{SigHandler, Signal, signal};

const KILLED: i32 = 128 + libc::SIGKILL;

/// A child that prints the signals that it gets, and does nothing else.
fn deaf(position: Position, options: &[&str]) -> Running {
    Launch::init(position).args(options).probe(&["signals"]).start().ready()
}

fn next(running: &mut Running) -> i32 {
    running.stdout.next().parse().expect("a signal number")
}

/// Checks that the child gets nothing that was sent before: the last real-time signal is the last that is
/// taken of those that are pending.
fn nothing_more(running: &mut Running) {
    running.signal(harness::last_signal());
    assert_eq!(next(running), harness::last_signal());
}

/// Checks that the child gets this signal of the schedule, is continued after it, and gets no more yet.
fn stage(running: &mut Running, expected: c_int) {
    assert_eq!((next(running), next(running)), (expected, libc::SIGCONT));
    nothing_more(running);
}

/// Checks that a signal reaches the child as this, alone: it is forwarded, and no stop begins with it.
fn is_forwarded(running: &mut Running, sent: c_int, received: c_int) {
    running.signal(sent);
    assert_eq!(next(running), received);
    nothing_more(running);
}

#[test]
fn a_child_that_does_not_react_gets_one_signal_after_the_other_and_is_continued_after_each() {
    everywhere(|position| {
        for option in ["--stop=TERM/500ms/INT/500ms/KILL", "--stop=SIGTERM/500ms/-2/500ms/-KILL"] {
            let mut running = deaf(position, &[option]);
            running.signal(libc::SIGTERM);
            for expected in [libc::SIGTERM, libc::SIGCONT, libc::SIGINT, libc::SIGCONT] {
                assert_eq!(next(&mut running), expected);
            }
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
            assert_eq!(running.stdout.rest(), "");
        }
    });
}

#[test]
fn a_lone_duration_is_the_wait_between_term_and_kill() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "500ms"]);
        running.signal(libc::SIGTERM);
        assert_eq!((next(&mut running), next(&mut running)), (libc::SIGTERM, libc::SIGCONT));
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}

/// So an image's STOPSIGNAL, which may be any of these, does not keep a stop from beginning.
#[test]
fn a_stop_begins_with_sigterm_sigint_or_the_schedules_first_signal() {
    everywhere(|position| {
        for (schedule, begin, first) in [
            ("QUIT/1000/KILL", libc::SIGTERM, libc::SIGQUIT),
            ("QUIT/1000/KILL", libc::SIGINT, libc::SIGQUIT),
            ("QUIT/1000/KILL", libc::SIGQUIT, libc::SIGQUIT),
            ("TERM/1000/KILL", libc::SIGINT, libc::SIGTERM),
            ("INT/1000/TERM", libc::SIGINT, libc::SIGINT),
            ("10ms/USR1/1000/KILL", libc::SIGUSR1, libc::SIGUSR1),
            ("1000", libc::SIGTERM, libc::SIGTERM),
            ("1000", libc::SIGINT, libc::SIGTERM),
        ] {
            eprintln!("{schedule}: {begin}");
            let mut running = deaf(position, &["--stop", schedule]);
            running.signal(begin);
            stage(&mut running, first);
        }
    });
}

#[test]
fn no_other_signal_begins_a_stop() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "QUIT/1000/KILL"]);
        for other in [libc::SIGHUP, libc::SIGUSR1, libc::SIGWINCH, libc::SIGRTMIN() + 2] {
            is_forwarded(&mut running, other, other);
        }
        running.signal(libc::SIGTERM);
        stage(&mut running, libc::SIGQUIT);
    });
}

/// As the official image of PostgreSQL has it.
#[test]
fn a_container_with_stopsignal_sigint_is_stopped_in_time() {
    everywhere(|position| {
        for (options, variable) in [(&["--stop", "TERM/500ms/KILL"][..], ""), (&[], "TERM/500ms/KILL")] {
            let mut launch = Launch::init(position).args(options);
            if !variable.is_empty() {
                launch = launch.env("RINIT_STOP", variable);
            }
            let program = "trap '' INT TERM; echo ready; while :; do sleep 0.1; done";
            let mut running = launch.shell(program).start().ready();
            running.signal(libc::SIGINT);
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        }
    });
}

#[test]
fn signals_that_are_named_begin_a_stop_and_no_others_do() {
    everywhere(|position| {
        let named = "HUP,sigusr1,RTMIN+3:QUIT/1000/KILL";
        for begin in [libc::SIGHUP, libc::SIGUSR1, libc::SIGRTMIN() + 3] {
            let mut running = deaf(position, &["--stop", named]);
            for other in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT, libc::SIGRTMIN() + 2] {
                is_forwarded(&mut running, other, other);
            }
            running.signal(begin);
            stage(&mut running, libc::SIGQUIT);
        }
        let launch = Launch::init(position).env("RINIT_STOP", "USR1:TERM/1000/KILL");
        let mut running = launch.probe(&["signals"]).start().ready();
        is_forwarded(&mut running, libc::SIGTERM, libc::SIGTERM);
        running.signal(libc::SIGUSR1);
        stage(&mut running, libc::SIGTERM);
    });
}

#[test]
fn a_signal_that_is_named_begins_a_lone_duration_too() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "USR1:1000"]);
        is_forwarded(&mut running, libc::SIGINT, libc::SIGINT);
        running.signal(libc::SIGUSR1);
        stage(&mut running, libc::SIGTERM);
    });
}

/// Where one option or variable is the image's and the other its user's, neither knows of the other.
#[test]
fn a_stop_begins_with_a_signal_as_it_was_received_whatever_it_is_rewritten_to() {
    const RULE: &str = "TERM:USR1";
    const SCHEDULE: &str = "QUIT/1000/KILL";
    everywhere(|position| {
        for (options, variables) in [
            (&["-r", RULE, "--stop", SCHEDULE][..], &[][..]),
            (&["--stop", SCHEDULE, "-r", RULE], &[]),
            (&["--stop", SCHEDULE], &[("RINIT_REWRITE", RULE)]),
            (&["-r", RULE], &[("RINIT_STOP", SCHEDULE)]),
            (&[], &[("RINIT_REWRITE", RULE), ("RINIT_STOP", SCHEDULE)]),
        ] {
            eprintln!("{options:?}, {variables:?}");
            let launch = Launch::init(position).args(options);
            let launch = variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
            let mut running = launch.probe(&["signals"]).start().ready();
            running.signal(libc::SIGTERM);
            stage(&mut running, libc::SIGQUIT);
            // Once it has begun, what comes is rewritten and forwarded.
            is_forwarded(&mut running, libc::SIGTERM, libc::SIGUSR1);
        }
    });
}

#[test]
fn a_stop_begins_with_a_signal_as_it_is_rewritten() {
    everywhere(|position| {
        for (rule, schedule, begin) in [
            ("HUP,INT:TERM", "QUIT/1000/KILL", libc::SIGHUP),
            ("HUP,INT:TERM", "QUIT/1000/KILL", libc::SIGINT),
            ("HUP:INT", "QUIT/1000/KILL", libc::SIGHUP),
            ("HUP:QUIT", "QUIT/1000/KILL", libc::SIGHUP),
            ("HUP:USR1", "USR1:QUIT/1000/KILL", libc::SIGHUP),
        ] {
            eprintln!("{rule}, {schedule}: {begin}");
            let mut running = deaf(position, &["-r", rule, "--stop", schedule]);
            running.signal(begin);
            stage(&mut running, libc::SIGQUIT);
        }
    });
}

#[test]
fn what_is_dropped_begins_no_stop() {
    everywhere(|position| {
        for (rule, schedule, dropped) in [
            ("INT:drop", "QUIT/1000/KILL", libc::SIGINT),
            ("TERM:0", "QUIT/1000/KILL", libc::SIGTERM),
            ("QUIT:drop", "QUIT/1000/KILL", libc::SIGQUIT),
            ("HUP:drop", "HUP,TERM:QUIT/1000/KILL", libc::SIGHUP),
        ] {
            let mut running = deaf(position, &["-r", rule, "--stop", schedule]);
            running.signal(dropped);
            nothing_more(&mut running);
            let begin = if dropped == libc::SIGTERM { libc::SIGINT } else { libc::SIGTERM };
            running.signal(begin);
            stage(&mut running, libc::SIGQUIT);
        }
    });
}

/// The kernel sends what was ignored when rinit was started from keys and scripts; a person or an engine
/// that sends it means it.
#[test]
fn a_sigint_that_a_process_sends_begins_a_stop_though_it_was_ignored_when_rinit_started() {
    everywhere(|position| {
        let ignoring = || {
            // SAFETY: to ignore is no function of ours.
            must(unsafe { signal(Signal::SIGINT, SigHandler::SigIgn) });
        };
        let launch = Launch::init(position).args(["--stop", "QUIT/1000/KILL"]).caller(ignoring);
        let mut running = launch.probe(&["signals"]).start().ready();
        running.signal(libc::SIGINT);
        stage(&mut running, libc::SIGQUIT);
    });
}

/// A program in the state of Ctrl-Z or a debugger has a chance to stop in order.
#[test]
fn a_child_that_is_stopped_is_continued_to_end_in_order() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--stop", "TERM/1000/KILL"]);
        let mut running = launch.probe(&["trap", "15", "5"]).start().ready();
        let child = running.child();
        send(child, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(child));
        running.signal(libc::SIGTERM);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), 5);
    });
}

#[test]
fn with_g_all_that_are_stopped_in_the_group_are_continued_to_end_in_order() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["-g", "--stop", "TERM/1000/KILL"]);
        let script = "trap : TERM; $PROBE trap 15 0 & while kill -0 $! 2>/dev/null; do wait; done; exit 9";
        let mut running = launch.env("PROBE", harness::probe()).shell(script).start().ready();
        let child = running.child();
        let member = harness::below(child, "probe");
        for pid in [child, member] {
            send(pid, libc::SIGSTOP);
            eventually_eq(Some('T'), || proc::state(pid));
        }
        running.signal(libc::SIGTERM);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), 9);
    });
}

/// A tracer that attaches and detaches interrupts the wait, which does not begin anew.
#[test]
fn the_schedule_goes_on_while_the_wait_is_interrupted() {
    let mut running = deaf(Position::Outside, &["--stop", "2"]);
    running.signal(libc::SIGTERM);
    stage(&mut running, libc::SIGTERM);
    harness::trace::interrupt_until_it_ends(running.pid);
    assert_eq!(running.wait(), Position::Outside.killed_by(libc::SIGKILL));
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
        let mut running = deaf(position, &["-r", "INT:USR1", "--stop", "QUIT/1000/KILL"]);
        is_forwarded(&mut running, libc::SIGHUP, libc::SIGHUP);
        running.signal(libc::SIGTERM);
        stage(&mut running, libc::SIGQUIT);
        for (sent, received) in [
            (libc::SIGHUP, libc::SIGHUP),
            (libc::SIGTERM, libc::SIGTERM),
            (libc::SIGTERM, libc::SIGTERM),
            (libc::SIGINT, libc::SIGUSR1),
            (libc::SIGQUIT, libc::SIGQUIT),
        ] {
            is_forwarded(&mut running, sent, received);
        }
    });
}

#[test]
fn the_signals_of_a_schedule_are_not_rewritten() {
    everywhere(|position| {
        let mut running = deaf(position, &["-r", "QUIT:USR1", "-r", "INT:drop", "--stop", "QUIT/0/INT"]);
        running.signal(libc::SIGTERM);
        // Pending together, they come in the order of their numbers, and a SIGCONT may stand for two.
        let signals = std::iter::repeat_with(|| next(&mut running));
        let mut received: Vec<_> = signals.filter(|number| *number != libc::SIGCONT).take(2).collect();
        received.sort();
        assert_eq!(received, [libc::SIGINT, libc::SIGQUIT]);
    });
}

#[test]
fn with_g_a_schedule_goes_to_the_group() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["-g", "--stop", "TERM/500ms/INT/1000/KILL"]);
        let script = "trap '' TERM; trap : INT; $PROBE signals; exit 9";
        let mut running = launch.env("PROBE", harness::probe()).shell(script).start().ready();
        running.signal(libc::SIGTERM);
        for expected in [libc::SIGTERM, libc::SIGCONT, libc::SIGINT, libc::SIGCONT] {
            assert_eq!(next(&mut running), expected);
        }
    });
}

/// In a pod, load balancers need time to learn that it goes.
#[test]
fn a_schedule_can_begin_with_a_wait() {
    everywhere(|position| {
        for begin in [libc::SIGTERM, libc::SIGINT] {
            let mut running = deaf(position, &["--stop", "1/TERM/500ms/KILL"]);
            running.signal(begin);
            is_forwarded(&mut running, libc::SIGHUP, libc::SIGHUP);
            assert_eq!((next(&mut running), next(&mut running)), (libc::SIGTERM, libc::SIGCONT));
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        }
    });
}

/// The timer runs only as long as there is something to wait for.
#[test]
fn when_the_schedule_is_over_rinit_sleeps_again() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop", "TERM/500ms/INT"]);
        running.signal(libc::SIGTERM);
        for expected in [libc::SIGTERM, libc::SIGCONT, libc::SIGINT, libc::SIGCONT] {
            assert_eq!(next(&mut running), expected);
        }
        // rt_sigtimedwait(2) without a timeout: the third argument of the system call is null.
        harness::eventually_eq(Some("0x0".to_owned()), || {
            let call = std::fs::read_to_string(format!("/proc/{}/syscall", running.pid)).ok()?;
            let asleep = harness::proc::system_call(running.pid) == Some(libc::SYS_rt_sigtimedwait);
            asleep.then(|| call.split_whitespace().nth(3).map(str::to_owned))?
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
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        let said = running.stderr.rest();
        let said = said.lines().filter(|line| !line.contains("SIGCONT"));
        let said: Vec<_> = said.map(|line| line.rsplit_once(" child ").map(|(text, _)| text)).collect();
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
            (&["--stop", "TERM/10/KILL"], libc::SIGINT, 0),
            (&["-r", "TERM:KILL"], libc::SIGTERM, KILLED),
        ] {
            let mut running = start(options);
            running.signal(sent);
            assert_eq!(running.code_in_a_shell(), code, "{options:?}");
        }
        // Sent one signal, killed by another.
        let mut running = Launch::init(position).args(["--stop-ok"]).probe(&["signals"]).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!(next(&mut running), libc::SIGTERM);
        send(running.child(), libc::SIGKILL);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}

/// A stop that had to be forced is no success.
#[test]
fn with_stop_ok_a_child_that_had_to_be_killed_failed() {
    everywhere(|position| {
        let mut running = deaf(position, &["--stop-ok", "--stop", "TERM/10ms/KILL"]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}
