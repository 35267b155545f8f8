//! Supervising the child: forwarding signals and reaping, until the child has ended.
//!
//! Nothing here returns an error: once there is a child, an init carries on.
#![forbid(unsafe_code)]

use crate::config::{Settings, Target};
use crate::message::report;
use crate::rewrite::Rewrite;
use crate::spawn::Child;
use crate::sys::errno::Errno;
use crate::sys::process::{self, Pid, WaitStatus};
use crate::sys::signal::{self, Received, Signal};

/// What to do about a received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// A child changed its state.
    Reap,
    /// Send this to the target.
    Forward(Signal),
    /// Send nothing.
    Drop,
}

/// Decides what a signal from `sender` is to process `own`.
fn decide(signal: Signal, sender: Pid, own: Pid, rewrite: &Rewrite) -> Action {
    match signal {
        Signal::CHLD => Action::Reap,
        // rinit's own, for having written a message to a pipe that nobody reads, pipe(7).
        Signal::PIPE if sender == own => Action::Drop,
        _ => rewrite.apply(signal).map_or(Action::Drop, Action::Forward),
    }
}

/// Supervises `child` as process `own`; answers how it ended.
pub fn supervise(settings: &Settings, child: &Child, own: Pid) -> WaitStatus {
    let mut action = Action::Reap; // what ended before the first signal could tell
    loop {
        if action == Action::Reap
            && let Some(status) = reap(settings, child)
        {
            report!(settings.verbosity, Info, "child ", &child.pid, " ", &status);
            return status;
        }
        let received = signal::wait();
        action = decide(received.signal, received.sender(), own, &settings.rewrite);
        match action {
            Action::Reap => {}
            Action::Forward(signal) => forward(settings, child, &received, signal),
            Action::Drop => report!(settings.verbosity, Debug, "drop ", &received.signal),
        }
    }
}

/// Reaps until nothing is left, or the child is among it: its wait status is the answer.
fn reap(settings: &Settings, child: &Child) -> Option<WaitStatus> {
    while let Some((pid, status)) = process::wait(child.never_stops) {
        match status {
            WaitStatus::Stopped(signal) => {
                if pid == child.pid && signal == Signal::TSTP {
                    let _ = signal::kill_group(child.pid, Signal::CONT);
                }
            }
            _ if pid == child.pid => return Some(status),
            _ if settings.warn_reaped => report!(settings.verbosity, Warn, "reap ", &pid, ": ", &status),
            _ => report!(settings.verbosity, Trace, "reap ", &pid, ": ", &status),
        }
    }
    None
}

/// Sends `signal` to the target, in the place of what was received.
fn forward(settings: &Settings, child: &Child, received: &Received, signal: Signal) {
    let sent = match settings.target {
        Target::Group => signal::kill_group(child.pid, signal),
        // A value that came with it goes on with it. With the queue full, kill(2) still gets a
        // standard signal through.
        Target::Child if received.is_queued() => match signal::queue(child.pid, signal, received) {
            Err(Errno(libc::EAGAIN)) => signal::kill(child.pid, signal),
            sent => sent,
        },
        Target::Child => signal::kill(child.pid, signal),
    };
    let target = match settings.target {
        Target::Group => " to group ",
        Target::Child => " to child ",
    };
    match sent {
        Ok(()) => report!(
            settings.verbosity,
            Debug,
            "forward ",
            &received.signal,
            " as ",
            &signal,
            target,
            &child.pid
        ),
        Err(error) => {
            report!(settings.verbosity, Warn, "forward ", &signal, target, &child.pid, ": ", &error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Pid = Pid(42);
    /// Somebody else, and the kernel or somebody outside the PID namespace.
    const OTHERS: [Pid; 3] = [Pid(43), Pid(1), Pid(0)];

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    #[test]
    fn every_signal_but_sigchld_is_forwarded_whoever_sent_it() {
        let rewrite = Rewrite::none();
        for number in 1..=libc::SIGRTMAX() {
            let expected = match number {
                libc::SIGCHLD => Action::Reap,
                _ => Action::Forward(signal(number)),
            };
            for sender in OTHERS {
                assert_eq!(
                    decide(signal(number), sender, OWN, &rewrite),
                    expected,
                    "{number} from {sender:?}"
                );
            }
        }
    }

    #[test]
    fn only_sigpipe_is_different_from_rinit_itself() {
        let rewrite = Rewrite::none();
        for number in 1..=libc::SIGRTMAX() {
            let expected = match number {
                libc::SIGCHLD => Action::Reap,
                libc::SIGPIPE => Action::Drop,
                _ => Action::Forward(signal(number)),
            };
            assert_eq!(decide(signal(number), OWN, OWN, &rewrite), expected, "{number}");
        }
    }

    #[test]
    fn what_is_forwarded_is_rewritten_and_what_is_rewritten_to_nothing_is_dropped() {
        let mut rewrite = Rewrite::none();
        rewrite.add(b"TERM,PIPE:RTMIN").unwrap();
        rewrite.add(b"WINCH:drop").unwrap();
        rewrite.add(b"HUP:CHLD").unwrap();
        let decide = |number, sender| decide(signal(number), sender, OWN, &rewrite);
        for sender in OTHERS {
            assert_eq!(decide(libc::SIGTERM, sender), Action::Forward(signal(libc::SIGRTMIN())));
            assert_eq!(decide(libc::SIGPIPE, sender), Action::Forward(signal(libc::SIGRTMIN())));
            assert_eq!(decide(libc::SIGWINCH, sender), Action::Drop);
            assert_eq!(decide(libc::SIGHUP, sender), Action::Forward(Signal::CHLD));
            assert_eq!(decide(libc::SIGINT, sender), Action::Forward(signal(libc::SIGINT)));
        }
        assert_eq!(decide(libc::SIGPIPE, OWN), Action::Drop);
    }
}
