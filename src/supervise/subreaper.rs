//! What rinit is to the processes around it: subreaper of its descendants, child of its parent.
#![forbid(unsafe_code)]

use crate::message::report;
use crate::options::settings::Settings;
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Signal};

/// Takes up the role as process `own`. Signals are blocked, so that the parent-death signal, if it
/// comes now, stays pending and is forwarded like any other.
pub fn assume(settings: &Settings, own: Pid) {
    if settings.subreaper && own != Pid::INIT {
        adopt_orphans(settings);
    }
    if let Some(signal) = settings.parent_death {
        follow_parent(settings, own, signal);
    }
}

fn adopt_orphans(settings: &Settings) {
    if let Err(error) = process::become_subreaper() {
        report!(
            settings.verbosity,
            Warn,
            "become subreaper: {}\nhint: orphans go to another process; --no-subreaper if that is meant",
            error
        );
    }
}

fn follow_parent(settings: &Settings, own: Pid, signal: Signal) {
    let parent = process::parent();
    if let Err(error) = process::set_parent_death_signal(signal) {
        report!(settings.verbosity, Warn, "set parent-death signal {}: {}", signal, error);
    }
    // A parent that ended before the kernel was asked is one it says nothing of.
    if process::parent() != parent {
        let _ = signal::kill(own, signal);
    }
}
