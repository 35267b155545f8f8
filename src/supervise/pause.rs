//! `--pause`: no child, only orphans to reap, as the infra container of a pod does.

use super::reap::reap_all;
use super::supervisor::Supervisor;
use crate::sys::signal::{self, Disposition};
use crate::sys::types::{JobStops, Signal};

impl Supervisor<'_> {
    /// Runs no child, but reaps until SIGTERM or SIGINT comes.
    pub fn pause(&mut self) {
        signal::set_sigchld(Disposition::Default, JobStops::PassedOver);
        self.release_inheritance();
        loop {
            reap_all(self.settings, None);
            if self.waiter.wait(self.settings, None)
                && matches!(self.waiter.received.signal, Signal::TERM | Signal::INT)
            {
                return;
            }
        }
    }
}
