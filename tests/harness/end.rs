//! How a process ended, as its parent sees it.

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::unistd::Pid;

/// What wait(2) says of a process that has ended. nix's `WaitStatus` does not know the real-time signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this code.
    Exited(c_int),
    /// This signal killed it, and it left no core.
    Killed(c_int),
    /// This signal killed it, and its memory went into a core file.
    DumpedCore(c_int),
}

impl End {
    /// The end in a wait status.
    pub fn of(status: c_int) -> Self {
        match (libc::WIFEXITED(status), libc::WCOREDUMP(status)) {
            (true, _) => Self::Exited(libc::WEXITSTATUS(status)),
            (false, false) => Self::Killed(libc::WTERMSIG(status)),
            (false, true) => Self::DumpedCore(libc::WTERMSIG(status)),
        }
    }

    /// Collects a child of this process, if it has ended.
    pub fn collect(child: Pid) -> Option<Self> {
        let mut status = 0;
        // SAFETY: the kernel writes an integer.
        match unsafe { libc::waitpid(child.as_raw(), &raw mut status, libc::WNOHANG) } {
            0 => None,
            -1 => panic!("wait for {child}: {}", Errno::last()),
            _ => Some(Self::of(status)),
        }
    }

    /// The exit code; a signal that killed the process is not one.
    pub fn code(self) -> c_int {
        match self {
            Self::Exited(code) => code,
            other => panic!("no exit code: {other:?}"),
        }
    }
}
