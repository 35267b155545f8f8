//! Survivors: the processes that are left when the child has ended.

use super::children::Search;
use super::forward::{self, Sent};
use super::pids::PidSet;
use super::reap::reap_all;
use crate::options::settings::Settings;
use crate::policy::countdown::Countdown;
use crate::policy::stop::Step;
use crate::sys::clock::Milliseconds;
use crate::sys::process;
use crate::sys::signal::{self, Received};
use crate::sys::types::{Group, GroupId, Pid, Signal, WaitStatus};

/// The processes that the child has left.
pub struct Survivors {
    /// Those that have had the signal that is to end them; where all are to be killed, those that were seen.
    pub done: PidSet,
    /// The group whose members have had the signal while the child lived.
    pub told: Option<Group>,
    /// The search for them.
    pub search: Search,
    /// Those that the search has found.
    pub found: PidSet,
    /// How the last one ended.
    pub last: Option<WaitStatus>,
}

impl Survivors {
    /// None is known yet.
    pub fn new(told: Option<Group>) -> Self {
        let (done, found) = PidSet::pair();
        Self { done, told, search: Search::new(), found, last: None }
    }

    /// Reaps; returns whether one is left.
    pub fn reap(&mut self, settings: &Settings) -> bool {
        self.last = reap_all(settings, Some(&mut self.done)).or(self.last);
        process::has_children()
    }

    /// Sends `signal` to all of them, because of `received`; without that it is to end them, and is sent to those
    /// that have not had it. Returns the time until there may be more of them.
    pub fn send(&mut self, settings: &Settings, signal: Signal, received: Option<&Received>) -> Milliseconds {
        loop {
            let has_looked_everywhere = self.search.look(&mut self.found);
            while let Some(survivor) = self.found.pop() {
                if received.is_some() || self.done.insert(survivor) && !is_in(self.told, survivor) {
                    let result = forward::to_process(survivor, signal, received);
                    Sent { step: &Step::Signal(signal), to: "survivor", pid: survivor }.report(
                        settings.verbosity,
                        received,
                        result,
                    );
                    if received.is_none() {
                        let _ = signal::kill(survivor, Signal::CONT); // what is stopped cannot clean up
                    }
                }
            }
            if has_looked_everywhere {
                return Countdown::SLICE;
            }
            if received.is_none() {
                return Milliseconds(0);
            }
        }
    }

    /// Forgets who has had the signal that is to end them: another is to come.
    pub fn begin_anew(&mut self) {
        while self.done.pop().is_some() {}
        self.search.restart();
    }
}

/// Whether a process is in this group.
pub fn is_in(group: Option<Group>, process: Pid) -> bool {
    group.is_some_and(|group| process::group_of(process).and_then(GroupId::group) == Some(group))
}
