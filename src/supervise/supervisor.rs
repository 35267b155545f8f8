//! rinit, as the process that supervises: what it knows and how it waits.

use super::waiter::Waiter;
use super::{oom, subreaper};
use crate::child::Inherited;
use crate::options::settings::Settings;
use crate::policy::exit::{End, OwnCode};
use crate::sys::signal;
use crate::sys::types::{Pid, Signal, SignalSet};
use crate::sys::{file, process};
use log::Level;

/// Blocks every signal; returns the mask as it was.
///
/// # Errors
///
/// A seccomp filter refuses it. rinit has said so.
pub fn block_signals() -> Result<SignalSet, OwnCode> {
    signal::set_mask(SignalSet::ALL).map_err(|error| OwnCode::refused("set up signals", error))
}

/// rinit's process ID.
///
/// # Errors
///
/// A seccomp filter refuses it. rinit has said so.
pub fn own_pid() -> Result<Pid, OwnCode> {
    process::pid().map_err(|error| OwnCode::refused("get process ID", error))
}

/// rinit, as the process that supervises.
#[repr(C)] // with what is large at the end: what is near the start is reached by shorter instructions
pub struct Supervisor<'a> {
    /// What was asked for.
    pub(super) settings: &'a Settings,
    /// Its own process ID.
    pub rinit: Pid,
    /// The parent-death signal that rinit's caller has set for it.
    parent_death: Option<Signal>,
    /// How many processes of the cgroup the OOM killer had killed before the spawn, if that is worth saying.
    pub(super) oom_kills_before: u32,
    /// How it waits.
    pub(super) waiter: Waiter,
}

impl<'a> Supervisor<'a> {
    /// Does what must be done before the spawn by `rinit`: adopts orphans, follows the parent.
    pub fn prepare(settings: &'a Settings, rinit: Pid) -> Self {
        subreaper::adopt_orphans(settings, rinit);
        // The end of PID 1 is the end of all. Asked before rinit's own is set.
        let parent_death = if rinit.is_init() { None } else { process::parent_death_signal() };
        subreaper::follow_parent(settings);
        Self { settings, rinit, parent_death, oom_kills_before: 0, waiter: Waiter::new() }
    }

    /// Counts the OOM killer's kills up to now, if they are worth saying: before the spawn, since a child too
    /// big for its cgroup may be dead by the time that rinit runs again.
    pub fn count_oom_kills(&mut self) {
        if Level::Info <= self.settings.verbosity {
            self.oom_kills_before = oom::kills();
        }
    }

    /// What the child is to get of what rinit's caller has set, with the signal mask `mask`.
    pub fn inherited(&self, mask: SignalSet) -> Inherited {
        Inherited { mask, parent_death: self.parent_death }
    }

    /// The exit code for a child that ended so. Where rinit is to die of what the child died of, this does
    /// not return; PID 1 never does, since the kernel would not let it.
    pub fn exit(&self, end: &End) -> u8 {
        let (code, signal) = self.settings.exit.apply(end);
        if let Some(signal) = signal
            && !self.rinit.is_init()
        {
            process::leave_no_core();
            signal::die(self.rinit, signal);
        }
        code
    }

    /// From here on rinit pins no file, pipe, socket or mount of its caller's, waits for no terminal, and can
    /// do no more than send signals.
    pub(super) fn release_inheritance(&self) {
        file::separate_stderr_of_terminal();
        file::close_from(file::STDERR + 1);
        process::change_to_root();
        process::keep_capability_to_kill();
    }
}
