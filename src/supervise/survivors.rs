//! Survivors: the processes that are left when the child has ended.

use super::children::Search;
use super::forward::Sent;
use super::job;
use super::pids::PidSet;
use super::reap::reap_all;
use super::supervisor::Supervisor;
use crate::child::Child;
use crate::message::report;
use crate::options::settings::{Leftovers, Settings, Target};
use crate::policy::countdown::Countdown;
use crate::policy::exit::End;
use crate::policy::stop::Step;
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::{Group, GroupId, Pid, Signal, SignalSet};

/// The signals that ask a program to end.
const ASK_TO_END: SignalSet = SignalSet::of(Signal::TERM).and(Signal::INT).and(Signal::QUIT);

/// The signals that end the wait for survivors.
const END_THE_WAIT: SignalSet = ASK_TO_END.and(Signal::HUP);

/// How long the survivors of a subreaper have to end where nothing else was asked for. Some tidy up after
/// their parent's end, such as Python's resource tracker.
const SUBREAPERS_GRACE: Milliseconds = Milliseconds(1000);

impl Supervisor<'_> {
    /// Ends the survivors of `child`: they have the time of `--grace` to end, and [`Leftovers`] says what
    /// becomes of them without. Those of a PID 1 are then left to the kernel, which kills them when PID 1 has
    /// ended.
    ///
    /// Survivors are rinit's children, and become so when their parents end. No other process is sent a
    /// signal, but by [`Leftovers::Terminate`] the child's process group, and by a subreaper all its
    /// descendants.
    pub fn end_survivors(&mut self, child: &Child, end: &End) {
        let settings = self.settings;
        let group = Group::led_by(child.pid).filter(|_| settings.target == Target::Group);
        let grace = match settings.leftovers {
            Leftovers::Kill if !self.rinit.is_init() => settings.grace.or(Some(SUBREAPERS_GRACE)),
            _ => settings.grace,
        };
        match (grace, settings.leftovers, group) {
            (Some(grace), ..) if self.has_survivors() => {
                let childs_group = Some(GroupId::led_by(child.pid));
                job::pass_terminal(self.rinit, childs_group, process::own_group()); // so that Ctrl-C ends the wait
                let told = group.filter(|_| end.forwarded.intersects(ASK_TO_END));
                self.drain(child, grace, told);
            }
            (None, Leftovers::Terminate, Some(group)) => {
                let _ = signal::kill_group(group, Signal::TERM); // there may be none left
            }
            _ => {}
        }
    }

    /// Orphans have come to a PID 1 and to a subreaper, and more may come.
    fn has_survivors(&self) -> bool {
        (self.rinit.is_init() || self.settings.subreaper) && process::has_children()
    }

    /// Sends SIGTERM to each survivor, but to those of the group `told`, which has had it, and waits until none
    /// is left or `grace` is over.
    fn drain(&mut self, child: &Child, grace: Milliseconds, told: Option<Group>) {
        let (mut asked, mut found) = (PidSet::new(), PidSet::new());
        // What came while the child lived is the first, and not the second.
        while signal::take_pending(END_THE_WAIT, &mut self.waiter.received) {}
        let mut search = Search::new();
        let mut countdown = Countdown::new(grace, Instant::now());
        loop {
            reap_all(self.settings, Some(&mut asked));
            if !process::has_children() {
                return;
            }
            let has_looked_everywhere = search.look(&mut found);
            while let Some(survivor) = found.pop() {
                if asked.insert(survivor) && !is_in(told, survivor) {
                    ask(self.settings, survivor);
                }
            }
            countdown.look(Instant::now());
            let time = if has_looked_everywhere { countdown.slice() } else { Milliseconds(0) };
            let is_received = self.waiter.wait(self.settings, Some(time));
            if countdown.is_over() || is_received && END_THE_WAIT.contains(self.waiter.received.signal) {
                break;
            }
        }
        report!(self.settings.verbosity, Warn, "wait for survivors: killing those that are left");
        if !self.rinit.is_init() {
            self.kill_descendants(child);
        }
    }
}

/// Whether a process is in this group.
pub fn is_in(group: Option<Group>, process: Pid) -> bool {
    group.is_some() && process::group_of(process).and_then(GroupId::group) == group
}

fn ask(settings: &Settings, survivor: Pid) {
    let result = signal::kill(survivor, Signal::TERM);
    Sent { step: &Step::Signal(Signal::TERM), to: "survivor", pid: survivor }.report(
        settings.verbosity,
        None,
        result,
    );
    let _ = signal::kill(survivor, Signal::CONT); // what is stopped cannot clean up
}
