//! After the child: staying for survivors, and draining them.

use super::job;
use super::supervised::Supervised;
use super::supervisor::Supervisor;
use super::survivors::Survivors;
use crate::message::report;
use crate::options::settings::{Leftovers, Target};
use crate::policy::countdown::Countdown;
use crate::policy::exit::ASK_TO_END;
use crate::policy::stop::{Beginning, Stage};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::{Group, GroupId, Signal, SignalSet, WaitStatus};

/// The signals that end the wait for survivors.
const END_THE_WAIT: SignalSet = ASK_TO_END.and(Signal::HUP);

/// How long the survivors of a subreaper have to end where nothing else was asked for. Some tidy up after
/// their parent's end, such as Python's resource tracker.
const SUBREAPERS_GRACE: Milliseconds = Milliseconds(1000);

impl Supervisor<'_> {
    /// Ends the survivors of a child that ended with `status`: they have the time of `--grace` to end, and
    /// [`Leftovers`] says what becomes of them without. Those of a PID 1 are then left to the kernel, which kills
    /// them when PID 1 has ended. With `--stay` they are waited for first. Returns the status to exit with.
    ///
    /// Survivors are rinit's children, and become so when their parents end. No other process is sent a
    /// signal, but by [`Leftovers::Terminate`] the child's process group, and by a subreaper all its
    /// descendants.
    #[inline(never)] // 24 bytes less
    pub fn end_survivors(&mut self, supervised: &mut Supervised, status: WaitStatus) -> WaitStatus {
        let settings = self.settings;
        let child = supervised.child;
        let group = Group::led_by(child.pid).filter(|_| settings.target == Target::Group);
        let grace = match settings.leftovers {
            Leftovers::Kill if !self.rinit.is_init() => settings.grace.or(Some(SUBREAPERS_GRACE)),
            _ => settings.grace,
        };
        if self.waits_for_survivors(grace) {
            let childs_group = Some(GroupId::led_by(child.pid));
            job::pass_terminal(self.rinit, childs_group, process::own_group()); // so that Ctrl-C ends the wait
            let told = group.filter(|_| supervised.was_asked_to_end);
            supervised.survivors = Some(Survivors::new(told));
            if settings.stay {
                self.stay(supervised);
            }
            if let Some(grace) = grace {
                self.drain(supervised, grace, status);
            }
        } else if grace.is_none()
            && settings.leftovers == Leftovers::Terminate
            && let (Some(group), Some(signal)) = (group, settings.rewrite.apply(Signal::TERM))
        {
            let _ = signal::kill_group(group, signal); // there may be none left
        }
        match supervised.survivors {
            Some(Survivors { last: Some(last), .. }) if settings.stay && status == WaitStatus::Exited(0) => {
                last
            }
            _ => status,
        }
    }

    /// Orphans have come to a PID 1 and to a subreaper, and more may come.
    fn waits_for_survivors(&self, grace: Option<Milliseconds>) -> bool {
        let drains = grace.is_some() && (self.rinit.is_init() || self.settings.subreaper);
        (self.settings.stay || drains) && process::has_children()
    }

    /// Stays as long as a survivor is left; with `--grace` a stop signal is the end of that.
    fn stay(&mut self, supervised: &mut Supervised) {
        if supervised.stage != Stage::Running {
            // Survivors have all of the schedule's time.
            supervised.last_stop = None;
            self.begin_stop(supervised, Beginning::AtOnce);
        }
        while let Some(survivors) = &mut supervised.survivors
            && survivors.found.has_memory() // or none would ever be found, and told to end
            && survivors.reap(self.settings)
        {
            self.send_due(supervised); // the first of a schedule limits the stay
            if self.settings.grace.and(supervised.last_stop).is_some() {
                return;
            }
            self.turn(supervised);
        }
    }

    /// Asks each survivor of a child that ended with `status` to end, and waits until none is left or `grace` is
    /// over.
    fn drain(&mut self, supervised: &mut Supervised, grace: Milliseconds, status: WaitStatus) {
        let settings = self.settings;
        let Some(survivors) = &mut supervised.survivors else { return };
        let signal = supervised.last_stop.unwrap_or(Signal::TERM);
        // What came while the child lived is the first, and not the second.
        let mut was_asked = false;
        while supervised.last_stop.is_none() && signal::take_pending(END_THE_WAIT, &mut self.waiter.received)
        {
            was_asked = true;
        }
        let mut countdown = Countdown::new(grace, Instant::now());
        while survivors.reap(settings) {
            let time = survivors.send(settings, signal, None);
            countdown.look(Instant::now());
            let is_received = self.waiter.wait(Some(time.min(countdown.slice())));
            let ends = is_received && END_THE_WAIT.contains(self.waiter.received.signal);
            if ends || countdown.is_over() {
                return self.kill_survivors(supervised, status, was_asked || ends);
            }
        }
    }

    /// Kills those that are left, or leaves that to the kernel.
    fn kill_survivors(&mut self, supervised: &mut Supervised, status: WaitStatus, was_asked: bool) {
        if self.rinit.is_init() {
            report!(self.settings.verbosity, Warn, "end survivors: killing the rest");
        } else {
            // Who has asked for an end knows that not all has ended by itself.
            let is_news = !was_asked
                && supervised.forwarded == SignalSet::NONE
                && !supervised.received.intersects(END_THE_WAIT)
                && matches!(status, WaitStatus::Exited(_));
            self.kill_descendants(supervised, is_news || self.settings.grace.is_some());
        }
    }
}
