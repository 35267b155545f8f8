//! Waiting: for signals, or where a filter refuses that, for the end of a child.

use super::supervisor::Supervisor;
use crate::message::report;
use crate::sys::clock::{Milliseconds, sleep};
use crate::sys::process;
use crate::sys::signal;

/// How rinit waits.
pub enum Waits {
    /// For signals, of which SIGCHLD is one.
    ForSignals,
    /// For the end of a child: a filter refuses to wait for signals.
    ForChildren,
}

/// How long to wait where there is no child to wait for.
const WITHOUT_CHILDREN: Milliseconds = Milliseconds(1000);

impl Supervisor<'_> {
    /// Waits, for `time` at the most, and returns whether a signal came, which is `received` then. None came if the
    /// time is over or the wait was interrupted, and where a child may have ended, of which no signal tells.
    pub(super) fn wait(&mut self, time: Option<Milliseconds>) -> bool {
        if let Waits::ForSignals = self.waits {
            match signal::wait(time, &mut self.received) {
                Ok(is_received) => return is_received,
                Err(error) => {
                    report!(self.settings.verbosity, Warn, "forward signals: {}", error);
                    self.waits = Waits::ForChildren;
                }
            }
        }
        match time {
            Some(time) => sleep(time),
            None if process::wait_for_an_end().is_err() => sleep(WITHOUT_CHILDREN),
            None => {}
        }
        false
    }
}
