//! Killing all descendants of a subreaper, whose end would leave them to another process.

use super::children::{is_proc_of, list_processes, parent_of};
use super::content::read;
use super::reap::reap_all;
use super::supervised::Supervised;
use super::supervisor::Supervisor;
use super::survivors::{Survivors, is_in};
use crate::child::Child;
use crate::message::{self, report};
use crate::options::settings::Settings;
use crate::policy::countdown::Countdown;
use crate::sys::bytes::part;
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::{Group, Pid, Signal};
use log::Level;

/// How long what was killed may take to end, before rinit ends without it.
const PATIENCE: Milliseconds = Milliseconds(2000);

/// How long it may take to stop them all: more than any limit on processes should let a fork bomb have.
const TIME_TO_STOP: Milliseconds = Milliseconds(5000);

/// The descendants of rinit, which are to be killed.
struct Descendants<'a> {
    childs_group: Option<Group>,
    /// What is known of them. Those that are done have been stopped.
    survivors: &'a mut Survivors,
    /// Whether /proc has the numbers that rinit knows processes by.
    is_proc_own: bool,
    /// How many were seen, and the first of them, with its name and the end of its line, proc_pid_comm(5).
    count: u32,
    first: Pid,
    name: [u8; 16],
}

impl Supervisor<'_> {
    /// Kills all of rinit's descendants and reaps those that become its children. First they are stopped,
    /// parents before children, so that none forks on. The last act is a SIGKILL, so that none is left stopped.
    /// `names`: whether to name them.
    pub fn kill_descendants(&mut self, supervised: &mut Supervised, names: bool) {
        let Some(survivors) = &mut supervised.survivors else { return };
        let mut descendants = Descendants::of(self.rinit, supervised.child, survivors);
        let mut next_look = Instant::now();
        let until = next_look.after(TIME_TO_STOP);
        let mut countdown = Countdown::new(PATIENCE, next_look);
        loop {
            reap_all(self.settings, Some(&mut descendants.survivors.done));
            if !process::has_children() {
                break;
            }
            let now = Instant::now();
            countdown.look(now);
            if now < next_look && !countdown.is_over() {
                self.waiter.wait(Some(countdown.slice()));
                continue;
            }
            while descendants.stop() && Instant::now() < until {}
            let is_any_killed = descendants.kill();
            let is_searching = !descendants.survivors.search.has_looked_everywhere();
            if countdown.is_over() || !is_any_killed && !is_searching {
                descendants.report_those_left(self.settings);
                break;
            }
            next_look = if is_searching { now } else { Instant::now().after(Countdown::SLICE) };
        }
        if names && Level::Warn <= self.settings.verbosity {
            descendants.report_killed();
        }
    }
}

impl<'a> Descendants<'a> {
    fn of(rinit: Pid, child: &Child, survivors: &'a mut Survivors) -> Self {
        survivors.begin_anew();
        Self {
            childs_group: Group::led_by(child.pid),
            survivors,
            is_proc_own: is_proc_of(rinit),
            count: 0,
            first: rinit,
            name: *b"process\n        ",
        }
    }

    /// Stops those that were not seen yet; returns whether there were any.
    fn stop(&mut self) -> bool {
        self.send(Signal::STOP)
    }

    /// Kills all of them; returns whether any could be. Without a /proc only children can be found.
    fn kill(&mut self) -> bool {
        self.survivors.search.look(&mut self.survivors.found);
        let is_any_killed = self.send(Signal::KILL);
        if is_any_killed {
            self.survivors.search.restart(); // their children become rinit's
        }
        is_any_killed
    }

    /// Sends `signal` to those that were not seen yet, and SIGKILL to all; returns whether any was sent one.
    fn send(&mut self, signal: Signal) -> bool {
        // With all others of its group by one call, which stops most fork bombs at once: a call for each of them
        // takes the square of their number.
        let mut group = self.childs_group.filter(|_| signal == Signal::STOP);
        let mut is_any_sent = false;
        if self.is_proc_own {
            list_processes(&mut self.survivors.found);
        }
        while let Some(pid) = self.survivors.found.pop() {
            let is_due = signal == Signal::KILL || !self.survivors.done.contains(pid);
            if is_due && self.has(pid) {
                if let Some(group) = group.take_if(|group| is_in(Some(*group), pid)) {
                    let _ = signal::kill_group(group, signal);
                }
                let is_sent = signal::kill(pid, signal).is_ok();
                self.see(pid, is_sent);
                is_any_sent |= is_sent;
            }
        }
        is_any_sent
    }

    /// Whether `pid` is one of them, whose parents are known.
    fn has(&self, pid: Pid) -> bool {
        process::is_child(pid) || parent_of(pid).is_some_and(|parent| self.survivors.done.contains(parent))
    }

    /// Notes that there is `pid`, unless it is known, and whether it can be sent signals.
    fn see(&mut self, pid: Pid, is_sent: bool) {
        if self.survivors.done.insert(pid) && is_sent {
            self.count += 1;
            if self.count == 1 {
                self.first = pid;
                if self.is_proc_own {
                    read("/proc/{}/comm\0", &[pid.into()], &mut self.name);
                }
            }
        }
    }

    /// Says who was killed.
    fn report_killed(&self) {
        let name = part(&self.name, b'\n', 0);
        if let Some(more) = self.count.checked_sub(1) {
            let template = match more {
                0 => "end survivors: killed {} ({})",
                _ => "end survivors: killed {} ({}) and {} more",
            };
            message::write(template, &[name.into(), self.first.into(), more.into()]);
        }
    }

    /// Names the first of those that have not ended: one that waits in the kernel, is frozen or traced.
    fn report_those_left(&mut self, settings: &Settings) {
        self.survivors.search.look(&mut self.survivors.found);
        if let Some(pid) = self.survivors.found.pop() {
            report!(settings.verbosity, Warn, "kill survivor {}: it does not end", pid);
        }
    }
}
