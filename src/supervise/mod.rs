//! Supervising the child: forwarding signals and reaping, from the spawn until rinit's own end.
//!
//! Nothing here returns an error once there is a child: an init carries on.

mod children;
mod descendants;
mod forward;
mod job;
mod oom;
mod pause;
mod pids;
mod reap;
mod subreaper;
mod supervisor;
mod survivors;
mod waiter;

use crate::child::Child;
use crate::child::place::{Place, WhenStopped};
use crate::message::{report, say};
use crate::options::settings::ChildGroup;
use crate::policy::decide::{Action, Origin, decide};
use crate::policy::exit::End;
use crate::policy::stop::{Beginning, Stage, Step, Stop};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal::{self, Disposition, Received};
use crate::sys::terminal::Terminal;
use crate::sys::types::{Change, Signal, SignalSet, WaitStatus};
use log::Level;
pub use supervisor::{Supervisor, block_signals, own_pid};

impl Supervisor<'_> {
    /// Supervises `child` until it has ended; returns how it did.
    pub fn supervise(&mut self, child: &Child) -> End {
        self.release_inheritance();
        let mut forwarded = SignalSet::NONE;
        let mut stage = Stage::Running;
        let mut ended = self.reap(child); // the child may have ended already
        loop {
            if let Some(status) = ended {
                self.report_end(child, status);
                return End { status, forwarded };
            }
            let slice = self.send_due(child, &mut stage, &mut forwarded);
            if !self.waiter.wait(self.settings, slice) {
                ended = self.reap(child); // where no signal tells of an end
                continue;
            }
            let received = &self.waiter.received;
            match self.decide(child, received, &stage) {
                Action::Reap => ended = self.reap(child),
                Action::Stop(beginning) => self.begin_stop(&mut stage, beginning),
                Action::Forward(signal) => {
                    if forward::forward(self.settings, child, signal, received) {
                        forwarded.insert(signal);
                    }
                }
                Action::Drop => report!(self.settings.verbosity, Debug, "drop {}", received.signal),
                Action::Nothing => {}
            }
            self.suspend(received.signal);
        }
    }

    fn decide(&self, child: &Child, received: &Received, stage: &Stage) -> Action {
        let origin = self.origin(child, received);
        let stop = self.stop_to_begin(stage, received);
        decide(received.signal, origin, &self.settings.rewrite, stop)
    }

    /// The stop that `received` may begin. What the kernel sends begins none if rinit has inherited it as
    /// ignored, as a script's background jobs do: being blocked, it comes all the same.
    fn stop_to_begin(&self, stage: &Stage, received: &Received) -> Option<&Stop> {
        let stop = self.settings.stop.as_ref().filter(|_| *stage == Stage::Running)?;
        let is_ignored =
            received.is_from_kernel() && signal::disposition(received.signal) == Disposition::Ignore;
        Some(stop).filter(|_| !is_ignored)
    }

    fn begin_stop(&self, stage: &mut Stage, beginning: Beginning) {
        if let Some(stop) = self.settings.stop {
            *stage = Stage::begin(stop.schedule, beginning, Instant::now());
        }
    }

    /// Sends what is due of a stop; returns the time until rinit looks again. No clock is read unless a stop
    /// is going on.
    #[inline(never)] // 56 bytes less
    fn send_due(&self, child: &Child, stage: &mut Stage, forwarded: &mut SignalSet) -> Option<Milliseconds> {
        stage.slice()?;
        let now = Instant::now();
        while let Some(step) = &stage.advance(now) {
            if forward::take(self.settings, child, step)
                && let Step::Signal(signal) = step
            {
                forwarded.insert(*signal);
            }
        }
        stage.slice()
    }

    fn origin(&self, child: &Child, received: &Received) -> Origin {
        if received.sender() == Some(self.rinit) {
            Origin::Rinit
        } else if !received.is_from_kernel() && !self.is_hang_up(child, received) {
            Origin::Process
        } else if child.shares_rinits_group() && !self.is_for_rinit_alone(received.signal) {
            Origin::SharedTerminal
        } else {
            Origin::Kernel
        }
    }

    /// Whether this SIGHUP, although a shell sent it, tells of the terminal's end, which begins a stop: the
    /// kernel does not send one that is pending again. With a stop the child of a rinit that had a terminal is
    /// in rinit's group.
    fn is_hang_up(&self, child: &Child, received: &Received) -> bool {
        received.signal == Signal::HUP
            && self.settings.stop.is_some()
            && (self.settings.group, child.place) == (ChildGroup::Own, Place::RinitsGroup)
            && !Terminal::is_there(self.rinit)
    }

    /// Whether the kernel sends this to rinit alone: SIGALRM, for a timer that was set before rinit was
    /// executed, alarm(2), and SIGHUP to the leader of a session.
    fn is_for_rinit_alone(&self, signal: Signal) -> bool {
        signal == Signal::ALRM || signal == Signal::HUP && process::leads_session(self.rinit)
    }

    /// Stops rinit as well, if it was sent a signal that stops and is to follow it. Whoever continues rinit
    /// continues the child. PID 1 does not stop, but would lose a SIGCONT that is pending by now, signal(7).
    fn suspend(&self, signal: Signal) {
        if self.settings.suspend
            && !self.rinit.is_init()
            && matches!(signal, Signal::TSTP | Signal::TTIN | Signal::TTOU)
        {
            let _ = signal::kill(self.rinit, Signal::STOP);
        }
    }

    /// Reaps until no zombie is left, or the child is among them: then its wait status is returned.
    fn reap(&self, child: &Child) -> Option<WaitStatus> {
        while let Some((pid, change)) = process::wait(child.when_stopped.stops()) {
            match change {
                Change::Ended(status) if pid == child.pid => return Some(status),
                Change::Ended(status) => reap::report_orphan(self.settings, pid, status),
                Change::Stopped(signal) if pid == child.pid => self.child_stopped(child, signal),
                Change::Stopped(_) => {}
            }
        }
        None
    }

    fn child_stopped(&self, child: &Child, signal: Signal) {
        match child.when_stopped {
            WhenStopped::Follow => job::follow(self.rinit, child.pid, signal),
            WhenStopped::Continue if signal == Signal::TSTP => job::resume(child.pid),
            WhenStopped::Continue | WhenStopped::Wait => {}
        }
    }

    /// Says how the child ended, and how often the OOM killer struck meanwhile if it did.
    fn report_end(&self, child: &Child, status: WaitStatus) {
        if Level::Info <= self.settings.verbosity {
            match oom::kills().saturating_sub(self.oom_kills_before) {
                0 => say!("child {} {}", child.pid, status),
                kills => say!("child {} {}; OOM kills in its cgroup: {}", child.pid, status, kills),
            }
        }
    }
}
