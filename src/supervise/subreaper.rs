//! What rinit is to the processes around it: subreaper of its descendants, child of its parent.

use crate::message::report;
use crate::options::settings::Settings;
use crate::sys::process;
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
            "become subreaper: {}\nhint: orphans go elsewhere; --no-subreaper if meant",
            error
        );
    }
}

/// Asks for the parent-death signal. Signals are blocked, so that it stays pending if it comes now, and is
/// forwarded like any other.
pub fn follow_parent(settings: &Settings) {
    if let Some(signal) = settings.parent_death
        && let Err(error) = process::follow_parent(process::parent(), signal)
    {
        report!(settings.verbosity, Warn, "set parent-death signal {}: {}", signal, error);
    }
}
