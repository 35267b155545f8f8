//! Every signal that rinit can receive reaches the child, rewritten where that was asked for.

use crate::harness;
use crate::harness::{Launch, Position, Running, eventually, everywhere, proc, queue};
use nix::libc;
use nix::sys::signal::{SigSet, Signal, kill};

fn signals(position: Position, options: &[&str]) -> Running {
    Launch::init(position).args(options).probe(&["signals"]).start().ready()
}

#[test]
fn every_signal_that_can_be_received_is_forwarded() {
    everywhere(|position| {
        let mut running = signals(position, &[]);
        for signal in 1..=64 {
            if ![libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD].contains(&signal) {
                running.signal(signal);
                assert_eq!(running.stdout.next(), signal.to_string());
            }
        }
    });
}

#[test]
fn sigchld_is_not_forwarded() {
    everywhere(|position| {
        let mut running = signals(position, &[]);
        running.signal(libc::SIGCHLD);
        running.signal(harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string());
    });
}

#[test]
fn a_rewritten_signal_reaches_the_child_under_its_new_name() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "15:10"]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
    });
}

#[test]
fn several_signals_can_become_one() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "TERM,QUIT,RTMIN+3:INT"]);
        for signal in [libc::SIGTERM, libc::SIGQUIT, libc::SIGRTMIN() + 3] {
            running.signal(signal);
            assert_eq!(running.stdout.next(), libc::SIGINT.to_string());
        }
        running.signal(libc::SIGRTMIN() + 2);
        assert_eq!(running.stdout.next(), (libc::SIGRTMIN() + 2).to_string());
    });
}

#[test]
fn signals_can_be_swapped_because_rules_do_not_chain() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "USR1:HUP", "-r", "HUP:USR1"]);
        running.signal(libc::SIGUSR1);
        assert_eq!(running.stdout.next(), libc::SIGHUP.to_string());
        running.signal(libc::SIGHUP);
        assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
    });
}

#[test]
fn a_dropped_signal_does_not_reach_the_child() {
    everywhere(|position| {
        for option in ["WINCH,HUP:drop", "WINCH,HUP:DROP", "WINCH,HUP:0"] {
            let mut running = signals(position, &["-r", option]);
            running.signal(libc::SIGWINCH);
            running.signal(libc::SIGHUP);
            running.signal(harness::last_signal());
            assert_eq!(running.stdout.next(), harness::last_signal().to_string());
        }
    });
}

#[test]
fn real_time_signals_can_be_rewritten_and_keep_their_count() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "RTMIN+3:RTMAX-2"]);
        for _ in 0..3 {
            running.signal(libc::SIGRTMIN() + 3);
        }
        for _ in 0..3 {
            assert_eq!(running.stdout.next(), (libc::SIGRTMAX() - 2).to_string());
        }
    });
}

#[test]
fn a_thousand_queued_real_time_signals_arrive_as_a_thousand_and_in_order() {
    everywhere(|position| {
        let (first, second) = (libc::SIGRTMIN() + 2, libc::SIGRTMIN() + 3);
        // While rinit and then the child are stopped, the signals pile up; the SIGCONT that continues
        // rinit is not to continue the child.
        let launch = Launch::init(position).args(["-r", "CONT:drop"]);
        let mut running = launch.probe(&["count", &libc::SIGRTMAX().to_string()]).start().ready();
        let (init, child) = (running.pid, running.child());
        for pid in [child, init] {
            kill(pid, Signal::SIGSTOP).unwrap();
            harness::eventually_eq(Some('T'), || proc::state(pid));
        }
        for _ in 0..1000 {
            running.signal(second);
            running.signal(first);
        }
        running.signal(libc::SIGRTMAX());
        kill(init, Signal::SIGCONT).unwrap();
        eventually("rinit's queue to be empty", || {
            (proc::status(init, "ShdPnd")? == "0000000000000000").then_some(())
        });
        kill(child, Signal::SIGCONT).unwrap();
        let expected = format!("{}x1 {first}x1000 {second}x1000 {}x1", libc::SIGCONT, libc::SIGRTMAX());
        assert_eq!(running.stdout.next(), expected);
    });
}

#[test]
fn the_value_of_a_queued_signal_goes_on_with_it() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "USR1:RTMIN+4"]);
        assert!(queue(running.pid, libc::SIGRTMIN() + 5, 4711));
        assert_eq!(running.stdout.next(), format!("{} with 4711", libc::SIGRTMIN() + 5));
        assert!(queue(running.pid, libc::SIGUSR1, 4712));
        assert_eq!(running.stdout.next(), format!("{} with 4712", libc::SIGRTMIN() + 4));
    });
}

/// The child has SIGTERM blocked, as its caller had, until it is ready for it.
#[test]
fn a_signal_pending_at_start_is_not_lost() {
    everywhere(|position| {
        let pending_at_start = || {
            harness::must(SigSet::all().thread_block());
            harness::must(nix::sys::signal::raise(Signal::SIGTERM));
        };
        let launch = Launch::init(position).args(["-r", "TERM:RTMIN+2"]).caller(pending_at_start);
        let mut running = launch.probe(&["signals"]).start().ready();
        assert_eq!(running.stdout.next(), (libc::SIGRTMIN() + 2).to_string());
    });
}

/// A PATH of thousands of elements keeps the child from its exec for long enough to be seen there.
#[test]
fn a_signal_sent_before_the_child_has_exec_d_is_not_lost() {
    let path = "/no/such/folder:".repeat(7000) + "/usr/bin:/bin";
    everywhere(|position| {
        for options in [&[][..], &["-g"]] {
            let mut seen_before_exec = false;
            for _ in 0..20 {
                let launch = Launch::init(position).args(options).env("PATH", &path);
                let mut running = launch.command(["sleep", "100"]).start();
                let child = running.child();
                let name = proc::name(running.pid);
                running.signal(libc::SIGTERM);
                seen_before_exec |= name.is_some() && proc::name(child) == name;
                assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
            }
            assert!(seen_before_exec, "no signal was early enough: this run shows nothing");
        }
    });
}

/// A timer survives an exec, alarm(2): `perl -e 'alarm 5; exec @ARGV' rinit program`.
#[test]
fn the_timer_that_rinit_was_started_with_reaches_the_child() {
    everywhere(|position| {
        for option in ["--group", "--no-group"] {
            let alarm = || {
                nix::unistd::alarm::set(3); // by when it has begun, on a busy machine too
            };
            let mut running =
                Launch::init(position).args([option]).caller(alarm).probe(&["signals"]).start().ready();
            assert_eq!(running.stdout.next(), libc::SIGALRM.to_string(), "{option}");
        }
    });
}

#[test]
fn a_target_that_may_not_be_signalled_ends_nothing() {
    if !harness::is_root_or_skip("an init without CAP_KILL whose child becomes another user") {
        return;
    }
    everywhere(|position| {
        for (options, target) in [(&[][..], "child"), (&["-g"], "group")] {
            let launch = Launch::init(position).args(options).without_kill();
            let mut running = launch.probe(&["become-user", "54321"]).start().ready();
            let child = running.child();
            running.signal(libc::SIGTERM);
            let warning = running.stderr.next();
            let (start, end) = (format!("rinit: send SIGTERM to {target} "), ": operation not permitted");
            assert!(warning.starts_with(&start) && warning.ends_with(end), "{warning:?}");
            assert!(running.is_running());
            kill(child, Signal::SIGKILL).unwrap();
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        }
    });
}
