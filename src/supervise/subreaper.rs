//! What rinit is to the processes around it: subreaper of its descendants, child of its parent.

use crate::message::report;
use crate::options::settings::Settings;
use crate::sys::process;
use crate::sys::signal;
use crate::sys::types::Pid;

/// Has orphans among rinit's descendants become its children, as they do for PID 1.
pub fn adopt_orphans(settings: &Settings, rinit: Pid) {
    if !settings.subreaper || rinit.is_init() {
        return;
    }
    if let Err(error) = process::become_subreaper() {
        report!(
            settings.verbosity,
            Warn,
            "become subreaper: {}\nhint: orphans go to another process; --no-subreaper if that is meant",
            error
        );
    }
}

/// Asks for the parent-death signal. Signals are blocked, so that it stays pending if it comes now, and is
/// forwarded like any other.
pub fn follow_parent(settings: &Settings, rinit: Pid) {
    let Some(signal) = settings.parent_death else { return };
    let parent = process::parent();
    if let Err(error) = process::set_parent_death_signal(signal) {
        report!(settings.verbosity, Warn, "set parent-death signal {}: {}", signal, error);
    }
    // A parent that ended before the kernel was asked is one that it says nothing of.
    if process::parent() != parent {
        let _ = signal::kill(rinit, signal); // a process may always send itself a signal
    }
}
