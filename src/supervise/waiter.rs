//! Waiting: for signals, or where a filter refuses that, for the end of a child.

use crate::message::say;
use crate::sys::clock::{Milliseconds, sleep};
use crate::sys::process;
use crate::sys::signal::{self, Received};
use crate::sys::types::{Pid, WaitStatus};

/// How rinit waits, and for what it has waited.
pub struct Waiter {
    /// A filter refuses to wait for signals, and so rinit waits for the end of a child.
    pub has_no_signals: bool,
    /// The signal that came last.
    pub received: Received,
}

impl Waiter {
    /// How long to wait where there is no child to wait for.
    const WITHOUT_CHILDREN: Milliseconds = Milliseconds(1000);

    /// How long to sleep after a wait in which no signal came: if what interrupts it does so over and over, rinit
    /// does not spin. What takes no time is not interrupted.
    const AFTER_AN_INTERRUPTION: Milliseconds = Milliseconds(1);

    /// One that waits for signals, of which SIGCHLD is one.
    #[inline(never)] // 7 bytes less
    pub fn new() -> Self {
        Self { has_no_signals: false, received: Received::nothing() }
    }

    /// Waits, for `time` at the most, and returns whether a signal came, which is `received` then. None came if the
    /// time is over or the wait was interrupted, and where a child may have ended, of which no signal tells.
    pub fn wait(&mut self, time: Option<Milliseconds>) -> bool {
        if !self.has_no_signals {
            match signal::wait(time, &mut self.received) {
                Ok(is_received) => {
                    if !is_received && time != Some(Milliseconds(0)) {
                        sleep(Self::AFTER_AN_INTERRUPTION);
                    }
                    return is_received;
                }
                Err(error) => {
                    say!("forward signals: {}", error);
                    self.has_no_signals = true;
                    return false;
                }
            }
        }
        match time {
            Some(time) => sleep(time),
            None if process::wait_for_an_end().is_err() => sleep(Self::WITHOUT_CHILDREN),
            None => {}
        }
        false
    }

    /// How `child` has ended, where no wait tells that: as the last signal has said.
    pub fn end_of(&self, child: Pid) -> Option<WaitStatus> {
        const NOT_KNOWN: WaitStatus = WaitStatus::Exited(125);
        if self.has_no_signals { Some(NOT_KNOWN) } else { self.received.end_of(child) }
    }
}
