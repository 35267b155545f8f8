//! Forwarding: to whom a signal is sent, by which call, and what is said about it.

use crate::child::Child;
use crate::child::place::Place;
use crate::message;
use crate::message::text::Piece;
use crate::options::settings::{Settings, Target};
use crate::policy::stop::Step;
use crate::sys::file;
use crate::sys::signal::{self, Received};
use crate::sys::types::{Errno, Group, Pid, Signal};
use log::{Level, LevelFilter};

/// Takes `step` for the child: because of `received`, or because a stop's schedule says so. What the latter finds
/// stopped is continued, since it could not clean up else. Returns whether that was possible.
pub fn forward(settings: &Settings, child: &Child, step: &Step, received: Option<&Received>) -> bool {
    let is_missed_key = received.is_some_and(|received| is_missed_key(child, received));
    let is_for_group = is_missed_key || settings.target == Target::Group;
    let group = Group::led_by(child.pid).filter(|_| is_for_group);
    let (to, result) = match *step {
        Step::Signal(signal) => {
            let (is_to_group, result) = deliver(child.pid, group, signal, received);
            (if is_to_group { "group" } else { "child" }, result)
        }
        Step::Line(line) => ("stdin of child", file::write_line_to_stdin(line)),
    };
    if received.is_none() && *step != Step::Signal(Signal::KILL) {
        let _ = deliver(child.pid, group, Signal::CONT, None);
    }
    Sent { step, to, pid: child.pid }.report(settings.verbosity, received, result)
}

/// Whether this is a key that reached rinit and not the child, as after a shell's `fg` of a job that runs.
/// It was meant for the whole of the job.
fn is_missed_key(child: &Child, received: &Received) -> bool {
    received.is_from_kernel()
        && matches!(received.signal, Signal::INT | Signal::QUIT | Signal::TSTP)
        && child.place != Place::RinitsGroup
}

/// Sends a signal to the `child`'s group, or to the child, also where there is no such group: it may have moved
/// to another. Returns whether it was the group.
fn deliver(
    child: Pid,
    group: Option<Group>,
    signal: Signal,
    received: Option<&Received>,
) -> (bool, Result<(), Errno>) {
    if let Some(group) = group {
        let result = signal::kill_group(group, signal);
        if result != Err(Errno(libc::ESRCH)) {
            return (true, result);
        }
    }
    (false, to_process(child, signal, received))
}

/// Sends a signal to one process, with the value that came with it. With the process's queue full, or a filter that
/// refuses to queue, kill(2) gets the signal through without its value; a real-time one that is pending already is not
/// counted.
pub fn to_process(process: Pid, signal: Signal, received: Option<&Received>) -> Result<(), Errno> {
    if let Some(received) = received.filter(|received| received.is_queued())
        && signal::queue(process, signal, received).is_ok()
    {
        return Ok(());
    }
    signal::kill(process, signal)
}

/// A signal or a line that was sent, or could not be.
pub struct Sent<'a> {
    /// Which one.
    pub step: &'a Step,
    /// To what.
    pub to: &'static str,
    /// To which.
    pub pid: Pid,
}

impl Sent<'_> {
    /// Says that it was sent, and in the place of which, or why it could not be; returns whether it was.
    pub fn report(
        &self,
        verbosity: LevelFilter,
        received: Option<&Received>,
        result: Result<(), Errno>,
    ) -> bool {
        let what = match *self.step {
            Step::Signal(signal) => Piece::Signal(signal),
            Step::Line(line) => Piece::Bytes(line),
        };
        let instead_of = received.map_or(Signal::CONT, |received| received.signal);
        let error = result.err().unwrap_or(Errno(0));
        let pieces = &[instead_of.into(), what, self.to.into(), self.pid.into(), error.into()];
        let (level, template, first) = match (result, received) {
            (Err(_), _) => (Level::Warn, "send {} to {} {}: {}", 1),
            (Ok(()), None) => (Level::Debug, "send {} to {} {}", 1),
            (Ok(()), Some(_)) => (Level::Debug, "forward {} as {} to {} {}", 0),
        };
        if level <= verbosity {
            message::write(template, pieces.get(first..).unwrap_or_default());
        }
        result.is_ok()
    }
}
