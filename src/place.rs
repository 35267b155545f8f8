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
    /// It stays in rinit's process group, which has the terminal.
    RinitsGroup,
}

impl Place {
    /// Chooses the place for the child of process `own`.
    ///
    /// Without a terminal the child leads a group. With one, the group that has the terminal is the
    /// group to be in:
    ///
    /// - rinit's, if others are in it, as in a pipeline or a script: the terminal is theirs as well.
    /// - rinit's, if that is PID 1, so that Ctrl-Z freezes nothing: in a group of which nobody has a
    ///   parent in another group of the session, the kernel lets no key stop anybody: it is an
    ///   orphaned process group, setpgid(2) under NOTES.
    /// - the child's, if rinit is all of a shell's job. The shell made rinit lead its group then.
    ///
    /// With `-g` the child leads a group in any case: a signal to rinit's would reach the others in
    /// it, and come back to rinit. That group gets the terminal where nobody else needs it.
    pub fn choose(own: Pid, target: Target) -> Self {
        let Some((terminal, group)) = Terminal::in_foreground() else {
            return Self::OwnGroup;
        };
        let is_init = own == Pid::INIT;
        // A group whose leader is outside the PID namespace has the number 0: rinit does not lead it.
        let has_job_to_itself = group == own && (is_init || terminal.is_stdout());
        match target {
            Target::Child if is_init || !has_job_to_itself => Self::RinitsGroup,
            Target::Group if !has_job_to_itself => Self::OwnGroup,
            _ => Self::Foreground(terminal),
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
