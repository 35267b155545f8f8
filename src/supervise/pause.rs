//! `--pause`: no child, only orphans to reap, as the infra container of a pod does.
#![forbid(unsafe_code)]

use crate::child as spawn;
use crate::options::settings::Settings;
use crate::supervise::reap::reap_all;
use crate::supervise::subreaper as role;
use crate::sys::process;
use crate::sys::signal::{self, Disposition, Received, Signal};

/// Reaps until SIGTERM or SIGINT comes.
pub fn pause(settings: &Settings) {
    role::assume(settings, process::pid());
    signal::set_sigchld(Disposition::Default, false);
    spawn::let_go_of_everything();
    loop {
        reap_all(settings, |_| {});
        if let Some(Signal::TERM | Signal::INT) = Received::nothing().wait(None) {
            return;
        }
    }
}
