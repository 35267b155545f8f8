//! Survivors: the processes that are left when the child has ended.

use super::forward::Sent;
use super::job;
use super::reap::reap_all;
use crate::child::Child;
use crate::message::report;
use crate::options::settings::{Leftovers, Settings, Target};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::file::File;
use crate::sys::memory;
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::{Group, GroupId, Pid, Signal};
use core::mem;

/// How survivors are ended.
enum Drain {
    /// Each is sent SIGTERM once, and has time to end.
    Asking {
        /// Those that were sent it.
        asked: Asked,
        /// When that time is over.
        until: Instant,
    },
    /// Each is killed.
    Killing,
}

/// Ends the survivors of `child`: with `--grace` they have its time to end, and else [`Leftovers`] says what
/// becomes of them. Those of a PID 1 are then left to the kernel, which kills them when PID 1 has ended.
///
/// Survivors are rinit's children, and become so when their parents end. No other process is sent a signal,
/// but by [`Leftovers::Terminate`] the child's process group.
pub fn end(settings: &Settings, child: &Child, rinit: Pid) {
    // Orphans have come to a PID 1 and to a subreaper, and more may come.
    let has_survivors = || (rinit.is_init() || settings.subreaper) && process::has_children();
    match (settings.grace, settings.leftovers) {
        (Some(grace), _) if has_survivors() => {
            take_terminal_back(child);
            let until = Instant::now().after(grace);
            drain(settings, Drain::Asking { asked: Asked::none(), until });
        }
        (None, Leftovers::Kill) if !rinit.is_init() && has_survivors() => drain(settings, Drain::Killing),
        (None, Leftovers::Terminate) if settings.target == Target::Group => {
            if let Some(group) = Group::led_by(child.pid) {
                let _ = signal::kill_group(group, Signal::TERM); // there may be none left
            }
        }
        _ => {}
    }
}

/// Takes the terminal back from the child's group, so that Ctrl-C ends the wait.
fn take_terminal_back(child: &Child) {
    if let Some(rinits_group) = process::own_group() {
        job::pass_terminal(GroupId::led_by(child.pid), rinits_group);
    }
}

/// Goes on until no survivor is left.
fn drain(settings: &Settings, mut drain: Drain) {
    loop {
        drain.reap(settings);
        if !process::has_children() {
            return;
        }
        let mut within_reach = false;
        for_each_child(|pid| within_reach |= drain.ask_or_kill(settings, pid));
        if !within_reach {
            return; // none is left that rinit may kill
        }
        let received = signal::wait(drain.time_left().map(at_most_a_second));
        if let Some(left) = drain.time_left()
            && (left == Milliseconds(0) || received.is_some_and(|received| is_stop(received.signal)))
        {
            report!(settings.verbosity, Warn, "wait for survivors: killing those that are left");
            drain = Drain::Killing;
        }
    }
}

/// The kernel tells nobody of an orphan that arrives when its parent was not rinit's own child.
fn at_most_a_second(time: Milliseconds) -> Milliseconds {
    Milliseconds(time.0.min(1000))
}

fn is_stop(signal: Signal) -> bool {
    matches!(signal, Signal::HUP | Signal::INT | Signal::QUIT | Signal::TERM)
}

impl Drain {
    fn reap(&mut self, settings: &Settings) {
        reap_all(settings, |pid| {
            if let Self::Asking { asked, .. } = self {
                asked.remove(pid);
            }
        });
    }

    /// Sends a survivor the signal that is its due now; returns whether that can end it.
    fn ask_or_kill(&mut self, settings: &Settings, survivor: Pid) -> bool {
        match self {
            Self::Asking { asked, .. } => {
                if asked.add(survivor) {
                    send(settings, survivor, Signal::TERM);
                    let _ = signal::kill(survivor, Signal::CONT); // what is stopped cannot clean up
                }
                true
            }
            Self::Killing => send(settings, survivor, Signal::KILL),
        }
    }

    /// How long there is to wait; `None` while killing: there is no deadline.
    fn time_left(&self) -> Option<Milliseconds> {
        match self {
            Self::Asking { until, .. } => Some(until.since(Instant::now())),
            Self::Killing => None,
        }
    }
}

fn send(settings: &Settings, survivor: Pid, signal: Signal) -> bool {
    let result = signal::kill(survivor, signal);
    Sent { signal, to: "survivor", pid: survivor }.report(settings.verbosity, None, result)
}

/// Calls `action` with each of rinit's children: as proc(5) lists them, or, where it lists none or others,
/// all process IDs that are one.
///
/// The kernel is asked again for each: the /proc of another PID namespace has other numbers.
fn for_each_child(mut action: impl FnMut(Pid)) {
    let mut act_if_child = |number| match Pid::new(number) {
        Some(pid) if process::is_child(pid) => {
            action(pid);
            true
        }
        _ => false,
    };
    let (mut listed, mut children) = (0, 0);
    for_each_listed(|number| {
        listed += 1;
        children += u32::from(act_if_child(number));
    });
    if listed == 0 || children < listed {
        for number in 1..Pid::LIMIT {
            act_if_child(number);
        }
    }
}

/// Calls `action` with each number in `/proc/thread-self/children`, proc(5).
fn for_each_listed(mut action: impl FnMut(i32)) {
    let Ok(file) = File::open(c"/proc/thread-self/children") else {
        return;
    };
    let mut buffer = [0; 512];
    let mut number = 0i32;
    loop {
        let bytes = file.read(&mut buffer);
        if bytes.is_empty() {
            return;
        }
        for byte in bytes {
            match byte {
                b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add((byte - b'0').into()),
                _ => action(mem::take(&mut number)), // a space, also after the last
            }
        }
    }
}

/// The survivors that have been asked to end: a bit for each process ID.
struct Asked(&'static mut [u8]);

impl Asked {
    fn none() -> Self {
        Self(memory::zeroed(Pid::LIMIT as usize / 8))
    }

    /// Adds `pid`; returns whether it is new. Without memory each always is.
    fn add(&mut self, pid: Pid) -> bool {
        let (index, bit) = Self::place(pid);
        self.0.get_mut(index).is_none_or(|byte| {
            let is_new = *byte & bit == 0;
            *byte |= bit;
            is_new
        })
    }

    /// Removes `pid`, which the kernel may give to another process now.
    fn remove(&mut self, pid: Pid) {
        let (index, bit) = Self::place(pid);
        if let Some(byte) = self.0.get_mut(index) {
            *byte &= !bit;
        }
    }

    fn place(pid: Pid) -> (usize, u8) {
        (pid.number() as usize / 8, 1 << (pid.number() % 8))
    }
}
