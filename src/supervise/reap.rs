//! Reaping: collecting the processes that have ended.

use super::pids::PidSet;
use crate::message::report;
use crate::options::settings::Settings;
use crate::sys::process;
use crate::sys::types::{Change, JobStops, Pid, WaitStatus};

/// Reaps every zombie, and removes it from `known`; returns how the last of them ended.
pub fn reap_all(settings: &Settings, mut known: Option<&mut PidSet>) -> Option<WaitStatus> {
    let mut last = None;
    while let Ok(Some((pid, change))) = process::wait(JobStops::PassedOver) {
        if let Change::Ended(status) = change {
            report_orphan(settings, pid, status);
            if let Some(known) = &mut known {
                known.remove(pid);
            }
            last = Some(status);
        }
    }
    last
}

/// Says that an orphan was reaped, if that is worth saying.
pub fn report_orphan(settings: &Settings, pid: Pid, status: WaitStatus) {
    if settings.warn_reaped {
        report!(settings.verbosity, Warn, "reap {}: {}", pid, status);
    } else {
        report!(settings.verbosity, Trace, "reap {}: {}", pid, status);
    }
}
