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
    /// It stays in rinit's process group, next to the others whose terminal it is as well.
    RinitsGroup,
}

impl Place {
    /// Chooses the place for the child of process `own`.
    ///
    /// Without a terminal the child leads a group. With one it gets the terminal if rinit has it to
    /// itself: as a container's PID 1, or as all of a shell's job, which the shell made rinit lead.
    /// In a pipeline or a script the terminal belongs to the others in rinit's group as well. With
    /// `-g` the child leads a group there too, without the terminal: a signal to rinit's group would
    /// reach those others, and come back to rinit.
    pub fn choose(own: Pid, target: Target) -> Self {
        let Some((terminal, group)) = Terminal::in_foreground() else {
            return Self::OwnGroup;
        };
        // A group whose leader is outside the PID namespace has the number 0: rinit does not lead it.
        if group == own && (own == Pid::INIT || terminal.is_stdout()) {
            Self::Foreground(terminal)
        } else if target == Target::Group {
            Self::OwnGroup
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
