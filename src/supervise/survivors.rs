//! Survivors: the processes that are left when the child has ended.
#![forbid(unsafe_code)]

use crate::child::Child;
use crate::message::report;
use crate::options::settings::{Settings, Survivors, Target};
use crate::supervise::job;
use crate::supervise::reap::reap_all;
use crate::supervise::report_sent;
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::file::File;
use crate::sys::memory;
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Received, Signal};
use core::mem;

/// How survivors are ended.
enum Drain {
    /// Each is asked once, by SIGTERM, and has until this time.
    Asking(Asked, Instant),
    /// Each is killed.
    Killing,
}

/// Sees to the survivors as process `own`: with `--grace` they have its time to end, and else [`Survivors`]
/// says what becomes of them. Those of a PID 1 are then left to the kernel, which kills them when PID 1 has
/// ended.
///
/// Survivors are rinit's children, and become so when their parents end. Nobody else is sent a signal, but
/// by [`Survivors::Terminate`] the child's process group.
pub fn end(settings: &Settings, child: &Child, own: Pid) {
    // To a PID 1, and to a subreaper, orphans have come, and more may come.
    let has_survivors = || (own == Pid::INIT || settings.subreaper) && process::has_children();
    match (settings.grace, settings.survivors) {
        (Some(grace), _) if has_survivors() => {
            job::pass_terminal(child.pid, process::process_group()); // so that Ctrl-C ends the wait
            drain(settings, Drain::Asking(Asked::nobody(), Instant::now().after(grace)));
        }
        (None, Survivors::Kill) if own != Pid::INIT && has_survivors() => drain(settings, Drain::Killing),
        (None, Survivors::Terminate) if settings.target == Target::Group => {
            let _ = signal::kill_group(child.pid, Signal::TERM);
        }
        _ => {}
    }
}

/// Goes on until nobody is left.
fn drain(settings: &Settings, mut drain: Drain) {
    loop {
        drain.reap(settings);
        if !process::has_children() {
            return;
        }
        let mut within_reach = false;
        for_each_child(|pid| within_reach |= drain.see_to(settings, pid));
        if !within_reach {
            return; // none is left that rinit may kill
        }
        let signal = Received::nothing().wait(drain.time_left().map(at_most_a_second));
        if let Some(left) = drain.time_left()
            && (left == Milliseconds(0) || signal.is_some_and(is_stop))
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
            if let Self::Asking(asked, _) = self {
                asked.remove(pid);
            }
        });
    }

    /// Does to a survivor what is to be done now; answers whether it may end of it.
    fn see_to(&mut self, settings: &Settings, survivor: Pid) -> bool {
        match self {
            Self::Asking(asked, _) => {
                if asked.add(survivor) {
                    send(settings, survivor, Signal::TERM);
                    let _ = signal::kill(survivor, Signal::CONT); // what is stopped cannot clean up
                }
                true
            }
            Self::Killing => send(settings, survivor, Signal::KILL),
        }
    }

    /// How long there is to wait; `None` for who has been killed, and needs no more time than that takes.
    fn time_left(&self) -> Option<Milliseconds> {
        match self {
            Self::Asking(_, until) => Some(until.from(Instant::now())),
            Self::Killing => None,
        }
    }
}

fn send(settings: &Settings, survivor: Pid, signal: Signal) -> bool {
    let sent = signal::kill(survivor, signal);
    report_sent(settings, None, signal, "survivor", survivor, sent);
    sent.is_ok()
}

/// Calls `action` with each of rinit's children: as proc(5) lists them, or, where it lists none or others,
/// all process IDs that are one.
///
/// The kernel is asked again for each: the /proc of another PID namespace has other numbers.
fn for_each_child(mut action: impl FnMut(Pid)) {
    let (mut listed, mut children) = (0, 0);
    let mut act_if_child = |number| {
        let is_child = process::is_child(Pid(number));
        if is_child {
            action(Pid(number));
        }
        is_child
    };
    if let Ok(file) = File::open(c"/proc/thread-self/children".into()) {
        let mut buffer = [0; 512];
        let mut number = 0i32;
        loop {
            let bytes = file.read(&mut buffer);
            if bytes.is_empty() {
                break;
            }
            for byte in bytes {
                match byte {
                    b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add((byte - b'0').into()),
                    // A space, also after the last.
                    _ => {
                        listed += 1;
                        children += usize::from(act_if_child(mem::take(&mut number)));
                    }
                }
            }
        }
    }
    if listed == 0 || children < listed {
        for number in 1..Pid::LIMIT {
            act_if_child(number);
        }
    }
}

/// The survivors that have been asked to end: a bit for each process ID.
struct Asked(&'static mut [u8]);

impl Asked {
    fn nobody() -> Self {
        Self(memory::zeroed(Pid::LIMIT as usize / 8))
    }

    /// Adds `pid`; answers whether it is new. Without memory everybody always is.
    fn add(&mut self, pid: Pid) -> bool {
        let bit = 1 << (pid.0 % 8);
        self.0.get_mut(pid.0 as usize / 8).is_none_or(|byte| {
            let is_new = *byte & bit == 0;
            *byte |= bit;
            is_new
        })
    }

    /// Takes out `pid`, which the kernel may give to another process now.
    fn remove(&mut self, pid: Pid) {
        if let Some(byte) = self.0.get_mut(pid.0 as usize / 8) {
            *byte &= !(1 << (pid.0 % 8));
        }
    }
}
