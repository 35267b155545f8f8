//! The controlling terminal, tty_ioctl(4).
//!
//! # Safety
//!
//! The ioctls here read or write one `pid_t` of the caller's, or nothing if the descriptor is not a
//! terminal.

use super::call::syscall;
use super::file;
use super::types::{Errno, GroupId};
use core::ffi::c_int;

/// The caller's controlling terminal, by a descriptor that is open until `close_from` closes it.
#[derive(Clone, Copy)]
pub struct Terminal(c_int);

impl Terminal {
    /// The controlling terminal and its foreground process group.
    ///
    /// By the name `/dev/tty` and not by standard input, which is something else in a pipeline; by
    /// standard input where that name cannot be opened, as in a root file system without `/dev`.
    pub fn controlling() -> Option<(Self, GroupId)> {
        let terminal = match file::open(c"/dev/tty", libc::O_RDWR) {
            Ok(descriptor) => Self(descriptor),
            Err(Errno(libc::ENXIO)) => return None, // there is no controlling terminal
            Err(_) => Self(libc::STDIN_FILENO),
        };
        terminal.foreground().map(|group| (terminal, group))
    }

    /// Whether standard output is this terminal: for any other the kernel returns ENOTTY.
    pub fn is_stdout(self) -> bool {
        Self(libc::STDOUT_FILENO).foreground().is_some()
    }

    fn foreground(self) -> Option<GroupId> {
        let mut group = GroupId(0);
        // SAFETY: TIOCGPGRP writes one pid_t, which is what a GroupId is.
        unsafe { syscall!(SYS_ioctl, self.0, REQUEST_GET_FOREGROUND, &raw mut group) }.ok().map(|_| group)
    }

    /// Makes `group` the foreground group. SIGTTOU has to be blocked if the caller is not in the
    /// foreground. Errors are not returned: without job control a program runs all the same.
    pub fn set_foreground(self, group: GroupId) {
        // SAFETY: TIOCSPGRP reads one pid_t.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_SET_FOREGROUND, &raw const group) };
    }

    /// Gives it up, `TIOCNOTTY`, for the whole session that the caller leads. The kernel then sends SIGHUP
    /// and SIGCONT to the foreground group, with the caller as the sender. If the kernel refuses, the child
    /// has no terminal to take, and runs without one.
    pub fn give_up(self) {
        // SAFETY: it takes no argument.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_GIVE_UP, 0) };
    }

    /// Takes it, `TIOCSCTTY`, for the session that the caller leads and that has none, with the caller's
    /// group in the foreground. If the kernel refuses, the session has no terminal.
    pub fn acquire(self) {
        const NOT_BY_FORCE: c_int = 0;
        // SAFETY: an integer.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_ACQUIRE, NOT_BY_FORCE) };
    }
}

// The type of these differs between C libraries.
const REQUEST_GET_FOREGROUND: c_int = libc::TIOCGPGRP as c_int;
const REQUEST_SET_FOREGROUND: c_int = libc::TIOCSPGRP as c_int;
const REQUEST_GIVE_UP: c_int = libc::TIOCNOTTY as c_int;
const REQUEST_ACQUIRE: c_int = libc::TIOCSCTTY as c_int;
