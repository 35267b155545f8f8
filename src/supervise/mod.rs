//! Supervising the child: forwarding signals and reaping, from the spawn until rinit's own end.
//!
//! Nothing here returns an error once there is a child: an init carries on.

mod forward;
mod job;
mod oom;
mod pause;
mod reap;
mod subreaper;
mod survivors;

use crate::child::Child;
use crate::child::place::WhenStopped;
use crate::message::{report, say};
use crate::options::settings::Settings;
use crate::policy::decide::{Action, Origin, decide};
use crate::policy::exit::{End, OwnCode};
use crate::policy::stop::Stage;
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::signal::{self, Received};
use crate::sys::types::{Change, Pid, Signal, SignalSet, WaitStatus};
use crate::sys::{file, process};
use log::Level;

/// rinit, as the process that supervises.
pub struct Supervisor<'a> {
    settings: &'a Settings,
    /// Its own process ID.
    pub rinit: Pid,
    /// How many processes of the cgroup the OOM killer had killed before the spawn, if that is worth saying.
    oom_kills_before: u32,
}

impl<'a> Supervisor<'a> {
    /// Prepares for what is to be seen to after the spawn and has to begin before it.
    ///
    /// # Errors
    ///
    /// rinit cannot learn its process ID, of which a message has been sent.
    pub fn prepare(settings: &'a Settings) -> Result<Self, OwnCode> {
        let rinit = process::pid().map_err(|error| {
            say!("get process ID: {}", error);
            OwnCode::Failure
        })?;
        subreaper::adopt_orphans(settings, rinit);
        subreaper::follow_parent(settings, rinit);
        // A child too big for its cgroup may be dead by the time that rinit runs again.
        let oom_kills_before = if Level::Info <= settings.verbosity { oom::kills() } else { 0 };
        Ok(Self { settings, rinit, oom_kills_before })
    }

    /// Supervises `child` until it has ended; returns how it did.
    pub fn supervise(&self, child: &Child) -> End {
        release_descriptors_and_directory();
        let mut forwarded = SignalSet::NONE;
        let mut stage = Stage::Running;
        let mut ended = self.reap(child); // before the first signal could tell
        loop {
            if let Some(status) = ended {
                self.report_end(child, status);
                return End { status, forwarded };
            }
            let time = self.send_due(child, &mut stage, &mut forwarded);
            let Some(received) = signal::wait(time) else { continue };
            match decide(received.signal, self.origin(child, &received), &self.settings.rewrite) {
                Action::Reap => ended = self.reap(child),
                Action::Forward(Signal::TERM) if stage.begin(self.settings.stop) => {}
                Action::Forward(signal) => {
                    if forward::forward(self.settings, child, signal, &received) {
                        forwarded.insert(signal);
                    }
                }
                Action::Drop => report!(self.settings.verbosity, Debug, "drop {}", received.signal),
                Action::Nothing => {}
            }
            self.suspend(received.signal);
        }
    }

    /// Ends the survivors of `child`, or leaves them to the kernel.
    pub fn end_survivors(&self, child: &Child) {
        survivors::end(self.settings, child, self.rinit);
    }

    /// Runs no child, but reaps until SIGTERM or SIGINT comes.
    pub fn pause(&self) {
        release_descriptors_and_directory();
        pause::pause(self.settings);
    }

    /// Sends what is due of a stop; returns the time until there is more. No clock is read unless a stop is
    /// going on.
    fn send_due(&self, child: &Child, stage: &mut Stage, forwarded: &mut SignalSet) -> Option<Milliseconds> {
        stage.due()?;
        let now = Instant::now();
        while let Some(signal) = stage.advance(now) {
            if forward::send(self.settings, child, signal) {
                forwarded.insert(signal);
            }
        }
        Some(stage.due()?.since(now))
    }

    fn origin(&self, child: &Child, received: &Received) -> Origin {
        if received.sender() == Some(self.rinit) {
            Origin::Rinit
        } else if received.is_from_kernel()
            && child.shares_rinits_group()
            && !self.is_for_rinit_alone(received.signal)
        {
            Origin::SharedTerminal
        } else {
            Origin::Elsewhere
        }
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

/// From here on rinit pins no file, pipe, socket or mount of its caller's.
fn release_descriptors_and_directory() {
    file::close_from(file::STDERR + 1);
    process::change_to_root();
}
