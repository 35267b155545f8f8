//! Killing all descendants of a subreaper, whose end would leave them to another process.

use super::children::{Search, is_proc_of, list_processes, parent_of};
use super::pids::PidSet;
use super::reap::reap_all;
use super::supervisor::Supervisor;
use super::survivors::is_in;
use crate::child::Child;
use crate::message::report;
use crate::options::settings::Settings;
use crate::policy::countdown::Countdown;
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::{Group, Pid, Signal};

/// How long what was killed may take to end, before rinit ends without it.
const PATIENCE: Milliseconds = Milliseconds(2000);

/// How long it may take to stop them all: more than any limit on processes should let a fork bomb have.
const TIME_TO_STOP: Milliseconds = Milliseconds(5000);

/// The descendants of `rinit`, which are to be killed.
struct Descendants {
    rinit: Pid,
    childs_group: Option<Group>,
    /// Those that were seen, and have been stopped.
    seen: PidSet,
    search: Search,
    /// Those that a search has found.
    found: PidSet,
    /// Whether /proc has the numbers that rinit knows processes by.
    is_proc_own: bool,
}

impl Supervisor<'_> {
    /// Kills all of rinit's descendants and reaps those that become its children. First they are stopped,
    /// parents before children, so that none forks on. The last act is a SIGKILL, so that none is left stopped.
    pub fn kill_descendants(&mut self, child: &Child) {
        let mut descendants = Descendants::of(self.rinit, child);
        let until = Instant::now().after(TIME_TO_STOP);
        while descendants.stop() && Instant::now() < until {}
        let mut countdown = Countdown::new(PATIENCE, Instant::now());
        loop {
            descendants.stop(); // what has come since
            let is_any_killed = descendants.kill();
            reap_all(self.settings, Some(&mut descendants.seen));
            if !process::has_children() {
                return;
            }
            let is_searching = !descendants.search.has_looked_everywhere();
            if countdown.is_over() || !is_any_killed && !is_searching {
                return descendants.report_those_left(self.settings);
            }
            let time = if is_searching { Milliseconds(0) } else { countdown.slice() };
            self.waiter.wait(self.settings, Some(time));
            countdown.look(Instant::now());
        }
    }
}

impl Descendants {
    fn of(rinit: Pid, child: &Child) -> Self {
        Self {
            rinit,
            childs_group: Group::led_by(child.pid),
            seen: PidSet::new(),
            search: Search::new(),
            found: PidSet::new(),
            is_proc_own: is_proc_of(rinit),
        }
    }

    /// Stops those that were not seen yet; returns whether there were any.
    fn stop(&mut self) -> bool {
        self.send(Signal::STOP)
    }

    /// Kills those that are descendants still; returns whether any could be. Without a /proc only children can
    /// be found.
    fn kill(&mut self) -> bool {
        let mut is_any_killed = self.send(Signal::KILL);
        self.search.look(&mut self.found);
        while let Some(child) = self.found.pop() {
            is_any_killed |= signal::kill(child, Signal::KILL).is_ok();
            self.search.restart(); // its children become rinit's
        }
        is_any_killed
    }

    /// Sends `signal` to those that were not seen yet, and SIGKILL to all; returns whether any was sent one.
    fn send(&mut self, signal: Signal) -> bool {
        let mut is_any_sent = false;
        if self.is_proc_own {
            list_processes(&mut self.found);
        }
        while let Some(pid) = self.found.pop() {
            if self.is_parent(parent_of(pid)) && (self.seen.insert(pid) || signal == Signal::KILL) {
                is_any_sent |= match self.childs_group {
                    // With all others of its group by one call, which stops most fork bombs at once.
                    Some(group) if signal == Signal::STOP && is_in(Some(group), pid) => {
                        signal::kill_group(group, signal)
                    }
                    _ => signal::kill(pid, signal),
                }
                .is_ok();
            }
        }
        is_any_sent
    }

    fn is_parent(&self, parent: Option<Pid>) -> bool {
        parent.is_some_and(|parent| parent == self.rinit || self.seen.contains(parent))
    }

    /// Names the first of those that have not ended: one that waits in the kernel, is frozen or traced.
    fn report_those_left(&mut self, settings: &Settings) {
        self.search.look(&mut self.found);
        if let Some(pid) = self.found.pop() {
            report!(settings.verbosity, Warn, "kill survivor {}: it does not end", pid);
        }
    }
}
