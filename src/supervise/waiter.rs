//! Waiting: for signals, or where a filter refuses that, for the end of a child.

use crate::message::report;
use crate::options::settings::Settings;
use crate::sys::clock::{Milliseconds, sleep};
use crate::sys::process;
use crate::sys::signal::{self, Received};

/// How rinit waits.
pub enum Waiter {
    /// For signals, of which SIGCHLD is one.
    ForSignals,
    /// For the end of a child: a filter refuses to wait for signals.
    ForChildren,
}

impl Waiter {
    /// How long to wait where there is no child to wait for.
    const WITHOUT_CHILDREN: Milliseconds = Milliseconds(1000);

    /// One that waits for signals.
    pub fn new() -> Self {
        Self::ForSignals
    }

    /// Waits, for `time` at the most, and returns the signal that came. `None` if the time is over or the wait was
    /// interrupted, and where a child may have ended, of which no signal tells.
    pub fn wait(&mut self, settings: &Settings, time: Option<Milliseconds>) -> Option<Received> {
        if let Self::ForSignals = self {
            match signal::wait(time) {
                Ok(received) => return received,
                Err(error) => {
                    report!(settings.verbosity, Warn, "forward signals: {}", error);
                    *self = Self::ForChildren;
                }
            }
        }
        match time {
            Some(time) => sleep(time),
            None if process::wait_for_an_end().is_err() => sleep(Self::WITHOUT_CHILDREN),
            None => {}
        }
        None
    }
}
