//! Supervising the child: forwarding signals and reaping, until the child has ended.
//!
//! Nothing here returns an error: once there is a child, an init carries on.
#![forbid(unsafe_code)]

mod job;
pub mod oom;
pub mod pause;
mod reap;
pub mod subreaper;
pub mod survivors;

use crate::child::Child;
use crate::child::place::{Place, WhenStopped};
use crate::message::{report, say};
use crate::options::settings::{Settings, Target};
use crate::policy::rewrite::Rewrite;
use crate::policy::stop::Stage;
use crate::supervise::reap::report_orphan;
use crate::sys::errno::Errno;
use crate::sys::process::{self, Change, Pid, WaitStatus};
use crate::sys::signal::{self, Received, Signal, SignalSet};
use log::Level;

/// What to do about a received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// A child changed its state.
    Reap,
    /// Send this to the target.
    Forward(Signal),
    /// Send nothing, as the rewriting says.
    Drop,
    /// Do nothing and, above all, say nothing.
    Pass,
}

/// Decides what to do about a signal.
fn decide(signal: Signal, origin: Origin, rewrite: &Rewrite) -> Action {
    match (signal, origin) {
        (Signal::CHLD, _) => Action::Reap,
        // What write(2) raises for a message to a pipe that nobody reads, or a file at its limit. To
        // speak of it would raise the next one.
        (Signal::PIPE | Signal::XFSZ, Origin::Rinit) => Action::Pass,
        (_, Origin::SharedTerminal) => Action::Pass,
        _ => rewrite.apply(signal).map_or(Action::Drop, Action::Forward),
    }
}

/// Where a signal came from, as far as that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// rinit itself.
    Rinit,
    /// The terminal, which has sent it to the child too.
    SharedTerminal,
    /// Anybody else.
    Elsewhere,
}

impl Origin {
    fn of(signal: Signal, received: &Received, child: &Child, own: Pid) -> Self {
        if received.sender() == own {
            Self::Rinit
        } else if received.is_from_kernel() && child.is_beside_rinit() && !is_for_rinit_alone(signal, own) {
            Self::SharedTerminal
        } else {
            Self::Elsewhere
        }
    }
}

/// Whether the kernel sends this to rinit alone: SIGALRM, for a timer that was set before rinit was
/// executed, alarm(2), and SIGHUP to the leader of a session.
fn is_for_rinit_alone(signal: Signal, own: Pid) -> bool {
    signal == Signal::ALRM || signal == Signal::HUP && process::session() == own
}

/// How the child ended.
pub struct End {
    /// Its wait status.
    pub status: WaitStatus,
    /// Every signal that rinit sent it before.
    pub forwarded: SignalSet,
}

/// Supervises `child` as process `own`; answers how it ended.
pub fn supervise(settings: &Settings, child: &Child, own: Pid) -> End {
    let mut forwarded = SignalSet::NONE;
    let mut stage = Stage::Running;
    let mut received = Received::nothing();
    let mut action = Action::Reap; // what ended before the first signal could tell
    loop {
        if action == Action::Reap
            && let Some(status) = reap(settings, child, own)
        {
            report_end(settings, child, status);
            return End { status, forwarded };
        }
        let time = stage.go_on(|signal| {
            if send(settings, child, signal, None) {
                forwarded.insert(signal);
            }
        });
        let Some(signal) = received.wait(time) else {
            action = Action::Pass;
            continue;
        };
        action = decide(signal, Origin::of(signal, &received, child, own), &settings.rewrite);
        match action {
            Action::Reap | Action::Pass => {}
            Action::Forward(rewritten) => match settings.stop {
                Some(schedule) if rewritten == Signal::TERM && matches!(stage, Stage::Running) => {
                    stage = Stage::begin(schedule);
                }
                _ => {
                    if send(settings, child, child.effective(rewritten), Some((signal, &received))) {
                        forwarded.insert(rewritten);
                    }
                }
            },
            Action::Drop => report!(settings.verbosity, Debug, "drop {}", signal),
        }
        // PID 1 does not stop, but would lose a SIGCONT that is pending by now, signal(7).
        if settings.suspend
            && own != Pid::INIT
            && matches!(signal, Signal::TSTP | Signal::TTIN | Signal::TTOU)
        {
            let _ = signal::kill(own, Signal::STOP); // and who continues rinit continues the child
        }
    }
}

/// Says how the child ended, and how often the OOM killer struck meanwhile if it did.
fn report_end(settings: &Settings, child: &Child, status: WaitStatus) {
    if Level::Info <= settings.verbosity {
        let kills = oom::kills().saturating_sub(child.oom_kills_before);
        let template = match kills {
            0 => "child {} {}",
            _ => "child {} {}; OOM kills in its cgroup: {}",
        };
        say!(template, child.pid, status, kills);
    }
}

/// Reaps until nothing is left, or the child is among it: its wait status is the answer.
#[inline(never)]
fn reap(settings: &Settings, child: &Child, own: Pid) -> Option<WaitStatus> {
    while let Some((pid, change)) = process::wait(child.when_stopped != WhenStopped::Wait) {
        match change {
            Change::Ended(status) if pid == child.pid => return Some(status),
            Change::Ended(status) => report_orphan(settings, pid, &status),
            Change::Stopped(signal) if pid == child.pid => match child.when_stopped {
                WhenStopped::Follow => job::follow(own, pid, signal),
                WhenStopped::Continue if signal == Signal::TSTP => {
                    let _ = signal::kill_group(pid, Signal::CONT);
                }
                _ => {}
            },
            Change::Stopped(_) => {}
        }
    }
    None
}

/// Sends `signal` to the target, in the place of what was received, or as the schedule of a stop says;
/// answers whether that could be done.
fn send(settings: &Settings, child: &Child, signal: Signal, received: Option<(Signal, &Received)>) -> bool {
    // A key that reached rinit and not the child, as after a shell's `fg` of a job that runs, was meant for
    // the whole of the job.
    let target = match received {
        Some((Signal::INT | Signal::QUIT | Signal::TSTP, received))
            if received.is_from_kernel() && !matches!(child.place, Place::RinitsGroup) =>
        {
            Target::Group
        }
        _ => settings.target,
    };
    let sent = match (target, received) {
        (Target::Group, _) => signal::kill_group(child.pid, signal),
        // A value that came with it goes on with it. With the child's queue full kill(2) gets the
        // signal through without its value; a real-time one that is pending already is not counted.
        (Target::Child, Some((_, received))) if received.is_queued() => {
            match signal::queue(child.pid, signal, received) {
                Err(Errno(libc::EAGAIN)) => signal::kill(child.pid, signal),
                sent => sent,
            }
        }
        (Target::Child, _) => signal::kill(child.pid, signal),
    };
    let target = match target {
        Target::Group => "group",
        Target::Child => "child",
    };
    report_sent(settings, received.map(|(signal, _)| signal), signal, target, child.pid, sent);
    sent.is_ok()
}

/// Says that a signal was sent, and in the place of which, or why it could not be.
pub fn report_sent(
    settings: &Settings,
    received: Option<Signal>,
    signal: Signal,
    target: &str,
    pid: Pid,
    sent: Result<(), Errno>,
) {
    match (sent, received) {
        (Err(error), _) => {
            report!(settings.verbosity, Warn, "send {} to {} {}: {}", signal, target, pid, error);
        }
        (Ok(()), Some(received)) => {
            report!(settings.verbosity, Debug, "forward {} as {} to {} {}", received, signal, target, pid);
        }
        (Ok(()), None) => report!(settings.verbosity, Debug, "send {} to {} {}", signal, target, pid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [Origin; 3] = [Origin::Rinit, Origin::SharedTerminal, Origin::Elsewhere];

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    fn forwarded(origin: Origin) -> std::vec::Vec<i32> {
        let rewrite = Rewrite::none();
        let is_forwarded =
            |number: &i32| decide(signal(*number), origin, &rewrite) == Action::Forward(signal(*number));
        (1..=libc::SIGRTMAX()).filter(is_forwarded).collect()
    }

    fn all_but(exceptions: &[i32]) -> std::vec::Vec<i32> {
        (1..=libc::SIGRTMAX()).filter(|number| !exceptions.contains(number)).collect()
    }

    #[test]
    fn every_signal_but_sigchld_is_forwarded() {
        assert_eq!(forwarded(Origin::Elsewhere), all_but(&[libc::SIGCHLD]));
        for origin in ORIGINS {
            assert_eq!(decide(Signal::CHLD, origin, &Rewrite::none()), Action::Reap);
        }
    }

    #[test]
    fn what_a_write_of_rinits_own_raises_is_passed_over() {
        assert_eq!(forwarded(Origin::Rinit), all_but(&[libc::SIGCHLD, libc::SIGPIPE, libc::SIGXFSZ]));
        for number in [libc::SIGPIPE, libc::SIGXFSZ] {
            assert_eq!(decide(signal(number), Origin::Rinit, &Rewrite::none()), Action::Pass);
        }
    }

    #[test]
    fn what_a_shared_terminal_sends_to_the_child_as_well_is_not_forwarded() {
        assert_eq!(forwarded(Origin::SharedTerminal), [0; 0]);
        for key in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGWINCH] {
            assert_eq!(decide(signal(key), Origin::SharedTerminal, &Rewrite::none()), Action::Pass);
        }
    }

    #[test]
    fn what_is_forwarded_is_rewritten_and_what_is_rewritten_to_nothing_is_dropped() {
        let mut rewrite = Rewrite::none();
        rewrite.add(b"TERM,PIPE:RTMIN").unwrap();
        rewrite.add(b"WINCH:drop").unwrap();
        rewrite.add(b"HUP:CHLD").unwrap();
        let decide = |number, origin| decide(signal(number), origin, &rewrite);
        for number in [libc::SIGTERM, libc::SIGPIPE] {
            assert_eq!(decide(number, Origin::Elsewhere), Action::Forward(signal(libc::SIGRTMIN())));
        }
        assert_eq!(decide(libc::SIGWINCH, Origin::Elsewhere), Action::Drop);
        assert_eq!(decide(libc::SIGHUP, Origin::Elsewhere), Action::Forward(Signal::CHLD));
        assert_eq!(decide(libc::SIGINT, Origin::Elsewhere), Action::Forward(signal(libc::SIGINT)));
        assert_eq!(decide(libc::SIGPIPE, Origin::Rinit), Action::Pass);
    }
}
