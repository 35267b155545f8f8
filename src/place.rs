//! The child's place: which process group it is in, and whether the terminal is its own.
#![forbid(unsafe_code)]

use crate::config::Target;
use crate::sys::process::{self, Pid};
use crate::sys::terminal::Terminal;

/// The child's place.
#[derive(Clone, Copy)]
pub enum Place {
    /// It leads a process group of its own.
    OwnGroup,
    /// It leads a process group of its own, in the foreground of this terminal.
    Foreground(Terminal),
    /// It stays in rinit's process group, next to the others of a pipeline or a script, to which the
    /// terminal belongs as much as to the child.
    RinitsGroup,
}

impl Place {
    /// Chooses the place for the child of process `own`.
    pub fn choose(own: Pid, target: Target) -> Self {
        let Some(terminal) = Terminal::in_foreground() else {
            return Self::OwnGroup;
        };
        // A shell makes each job's first process the leader of the job's group. If that is rinit
        // and what it prints is to be seen, it is the whole job.
        let is_whole_job = || process::process_group() == own && terminal.is_stdout();
        if own == Pid::INIT || is_whole_job() {
            Self::Foreground(terminal)
        } else if target == Target::Group {
            Self::OwnGroup // a signal to rinit's group would come back to rinit
        } else {
            Self::RinitsGroup
        }
    }

    /// Takes the place; for the child to call, with all signals blocked.
    pub fn take(self) {
        if let Self::RinitsGroup = self {
            return;
        }
        process::lead_process_group();
        if let Self::Foreground(terminal) = self {
            terminal.set_foreground(process::pid());
        }
    }
}
