//! Supervising the child: forwarding signals and reaping, from the spawn until rinit's own end.
//!
//! Nothing here returns an error once there is a child: an init carries on.

mod after;
mod children;
mod content;
mod descendants;
mod forward;
mod job;
mod oom;
mod pause;
mod pids;
mod reap;
mod subreaper;
mod supervised;
mod supervisor;
mod survivors;
mod waiter;

use crate::child::Child;
use crate::child::place::{Place, WhenStopped};
use crate::message::{report, say};
use crate::options::settings::ChildGroup;
use crate::policy::decide::{Action, Origin, decide};
use crate::policy::exit::{ASK_TO_END, End};
use crate::policy::stop::{Beginning, Stage, Step, Stop};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal::{self, Received};
use crate::sys::terminal::Terminal;
use crate::sys::types::{Change, Signal, SignalSet, WaitStatus};
use log::Level;
use supervised::Supervised;
pub use supervisor::{Supervisor, block_signals, own_pid};

impl Supervisor<'_> {
    /// Supervises `child` until it has ended, and then what it leaves; returns how that ended.
    pub fn supervise(&mut self, child: &Child) -> End {
        self.release_inheritance();
        signal::leave_places_in_the_queue();
        let mut supervised = Supervised::new(child);
        let status = loop {
            if let Some(status) = self.reap(child) {
                break status;
            }
            while !self.turn(&mut supervised) {}
        };
        self.report_end(child, status);
        let status = self.end_survivors(&mut supervised, status);
        End { status, forwarded: supervised.forwarded }
    }

    /// Waits for a signal, and does what it asks for; returns whether a process may have ended.
    fn turn(&mut self, supervised: &mut Supervised) -> bool {
        let mut time = self.send_due(supervised);
        if let (Some(signal), Some(survivors)) = (supervised.last_stop, &mut supervised.survivors) {
            let most = survivors.send(self.settings, signal, None); // to those who have come since
            time = Some(time.map_or(most, |time| time.min(most)));
        }
        if !self.waiter.wait(time) {
            return true; // where no signal tells of an end
        }
        let received = &self.waiter.received;
        supervised.received.insert(received.signal);
        match self.decide(supervised, received) {
            Action::Reap => return true,
            Action::Stop(beginning) => self.begin_stop(supervised, beginning),
            Action::Forward(signal) => self.send(supervised, signal, Some(received)),
            Action::Drop => report!(self.settings.verbosity, Debug, "drop {}", received.signal),
            Action::Nothing => {}
        }
        self.suspend(received.signal);
        false
    }

    /// Sends `signal` because of `received`, or because a stop's schedule says so.
    fn send(&self, supervised: &mut Supervised, signal: Signal, received: Option<&Received>) {
        let Self { settings, .. } = self;
        let is_stop =
            received.is_none_or(|received| SignalSet::of(signal).and(received.signal).intersects(ASK_TO_END));
        let is_sent = if let Some(survivors) = &mut supervised.survivors {
            if !is_stop && received.is_some_and(Received::is_from_kernel) {
                return; // Ctrl-Z, a new size or the end, of a terminal that these have left
            }
            survivors.search.restart();
            if is_stop {
                survivors.begin_anew();
                if supervised.last_stop.is_some() {
                    survivors.told = None;
                }
            }
            survivors.send(settings, signal, received.filter(|_| !is_stop));
            true
        } else {
            let as_stopping = received.map_or(signal, |_| supervised.child.as_stopping(signal));
            forward::forward(settings, supervised.child, &Step::Signal(as_stopping), received)
        };
        if is_sent {
            supervised.forwarded.insert(signal);
            supervised.was_asked_to_end |= is_stop;
        }
        if is_stop && settings.stay {
            supervised.last_stop = Some(signal);
        }
    }

    fn decide(&self, supervised: &Supervised, received: &Received) -> Action {
        let origin = self.origin(supervised.child, received);
        let stop = self.stop_to_begin(&supervised.stage, received);
        decide(received.signal, origin, &self.settings.rewrite, stop)
    }

    /// The stop that `received` may begin. What the kernel sends begins none if rinit has inherited it as
    /// ignored, as a script's background jobs do: being blocked, it comes all the same.
    fn stop_to_begin(&self, stage: &Stage, received: &Received) -> Option<&Stop> {
        let stop = self.settings.stop.as_ref().filter(|_| *stage == Stage::Running)?;
        let is_ignored = received.is_from_kernel() && signal::is_ignored(received.signal);
        Some(stop).filter(|_| !is_ignored)
    }

    fn begin_stop(&self, supervised: &mut Supervised, beginning: Beginning) {
        if let Some(stop) = self.settings.stop {
            supervised.stage = Stage::begin(stop.schedule, beginning, Instant::now());
        }
    }

    /// Sends what is due of a stop; returns the time until rinit looks again. No clock is read unless a stop
    /// is going on.
    fn send_due(&self, supervised: &mut Supervised) -> Option<Milliseconds> {
        supervised.stage.slice()?;
        let now = Instant::now();
        while let Some(step) = &supervised.stage.advance(now) {
            match step {
                Step::Signal(signal) => self.send(supervised, *signal, None),
                // Its standard input was the child's.
                Step::Line(_) if supervised.survivors.is_some() => {}
                Step::Line(_) => _ = forward::forward(self.settings, supervised.child, step, None),
            }
        }
        supervised.stage.slice()
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
    /// kernel does not send one that is pending again. The child is in rinit's group, and there was a terminal if
    /// that was not asked for, or if rinit follows where the child is stopped.
    fn is_hang_up(&self, child: &Child, received: &Received) -> bool {
        received.signal == Signal::HUP
            && self.settings.stop.is_some()
            && child.place == Place::RinitsGroup
            && (self.settings.group == ChildGroup::Own || child.when_stopped == WhenStopped::Follow)
            && !Terminal::is_there(self.rinit)
    }

    /// Whether the kernel sends this to rinit alone: SIGALRM, for a timer that was set before rinit was
    /// executed, alarm(2), and SIGHUP to the leader of a session.
    #[inline(never)] // 24 bytes less
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

    /// Reaps until no zombie is left, or the child is among them: then its wait status is returned. Where filters
    /// refuse that, signals tell of the child's end; where they refuse those too, nothing does, and rinit ends.
    fn reap(&self, child: &Child) -> Option<WaitStatus> {
        loop {
            match process::wait(child.when_stopped.stops()) {
                Ok(Some((pid, Change::Ended(status)))) if pid == child.pid => return Some(status),
                Ok(Some((pid, Change::Ended(status)))) => reap::report_orphan(self.settings, pid, status),
                Ok(Some((pid, Change::Stopped(signal)))) if pid == child.pid => {
                    self.child_stopped(child, signal)
                }
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(_) => return self.waiter.end_of(child.pid),
            }
        }
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
