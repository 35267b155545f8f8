//! `--pause`: no child, only orphans to reap, as the infra container of a pod does.

use super::reap::reap_all;
use super::supervisor::Supervisor;
use crate::policy::exit::OwnCode;
use crate::sys::signal::{self, Disposition};
use crate::sys::types::{JobStops, Signal};

impl Supervisor<'_> {
    /// Runs no child, but reaps until SIGTERM or SIGINT comes.
    ///
    /// # Errors
    ///
    /// A seccomp filter refuses to wait for these. rinit has said so.
    pub fn pause(&mut self) -> Result<u8, OwnCode> {
        let _ = signal::set_sigchld(Disposition::Default, JobStops::PassedOver); // ignored it reaps as well
        self.release_inheritance();
        loop {
            reap_all(self.settings, None);
            if self.waiter.wait(None) && matches!(self.waiter.received.signal, Signal::TERM | Signal::INT) {
                return Ok(0);
            }
            if self.waiter.has_no_signals {
                return Err(OwnCode::Failure);
            }
        }
    }
}
