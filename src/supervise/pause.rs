//! `--pause`: no child, only orphans to reap, as the infra container of a pod does.

use super::reap::reap_all;
use crate::options::settings::Settings;
use crate::sys::signal::{self, Disposition};
use crate::sys::types::{Signal, Stops};

/// Reaps until SIGTERM or SIGINT comes.
pub fn pause(settings: &Settings) {
    signal::set_sigchld(Disposition::Default, Stops::PassedOver);
    loop {
        reap_all(settings, |_| {});
        let received = signal::wait(None);
        if received.is_some_and(|received| matches!(received.signal, Signal::TERM | Signal::INT)) {
            return;
        }
    }
}
