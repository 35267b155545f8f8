//! The controlling terminal, tty_ioctl(4).
//!
//! # Safety
//!
//! The ioctls here read or write one `pid_t` of the caller's, or nothing if the descriptor is not a
//! terminal: no driver gives these request numbers another meaning.

use super::call::syscall;
use super::file;
use super::types::{GroupId, Pid};
use core::ffi::c_int;

/// The caller's controlling terminal: by a standard stream, or by a descriptor that is open until
/// [`Self::close`] or [`close_from`](file::close_from). (To close it by `Drop` takes 200 bytes more.)
#[derive(Clone, Copy)]
pub struct Terminal(c_int);

impl Terminal {
    /// The terminal of `process`, which is the caller, and its foreground process group.
    ///
    /// That of PID 1 is what its container was given as standard input, output or error. Any other process
    /// may have all three redirected, in a pipeline, and has its controlling terminal by the name `/dev/tty`.
    pub fn of(process: Pid) -> Option<(Self, GroupId)> {
        if !process.is_init() {
            return Self::named();
        }
        let mut stream = libc::STDIN_FILENO;
        while stream <= file::STDERR {
            if let Some(foreground) = foreground_of(stream) {
                return Some((Self(stream), foreground));
            }
            stream += 1;
        }
        None
    }

    fn named() -> Option<(Self, GroupId)> {
        let terminal = Self(file::open(c"/dev/tty", libc::O_RDWR).ok()?);
        let Some(foreground) = foreground_of(terminal.0) else {
            terminal.close();
            return None;
        };
        Some((terminal, foreground))
    }

    /// Whether `process`, which is the caller, has one.
    pub fn is_there(process: Pid) -> bool {
        Self::of(process).is_some_and(|(terminal, _)| {
            terminal.close();
            true
        })
    }

    /// Whether standard output is this terminal: for any other the kernel returns ENOTTY.
    pub fn is_stdout(self) -> bool {
        foreground_of(libc::STDOUT_FILENO).is_some()
    }

    /// Makes `group` the foreground group. SIGTTOU has to be blocked if the caller is not in the
    /// foreground. Errors are not returned: without job control a program runs all the same.
    pub fn set_foreground(self, group: GroupId) {
        // SAFETY: TIOCSPGRP reads one pid_t.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_SET_FOREGROUND, &raw const group) };
    }

    /// Closes the descriptor, if it is none of the standard ones.
    pub fn close(self) {
        if self.0 > file::STDERR {
            file::close(self.0);
        }
    }

    /// Gives it up, `TIOCNOTTY`, for the whole session that the caller leads. The kernel then sends SIGHUP
    /// and SIGCONT to the foreground group, with the caller as the sender. If the kernel refuses, the child
    /// has no terminal to take, and runs without one.
    pub fn give_up(self) {
        // SAFETY: it takes no argument.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_GIVE_UP) };
    }

    /// Takes it, `TIOCSCTTY`, for the session that the caller leads and that has none, with the caller's
    /// group in the foreground. If the kernel refuses, the session has no terminal.
    pub fn acquire(self) {
        const NOT_BY_FORCE: c_int = 0;
        // SAFETY: an integer.
        let _ = unsafe { syscall!(SYS_ioctl, self.0, REQUEST_ACQUIRE, NOT_BY_FORCE) };
    }
}

/// TIOCGPGRP: the foreground group of a terminal, if that is what this is, and the caller's.
fn foreground_of(descriptor: c_int) -> Option<GroupId> {
    let mut group = GroupId(0);
    // SAFETY: TIOCGPGRP writes one pid_t, which is what a GroupId is.
    unsafe { syscall!(SYS_ioctl, descriptor, REQUEST_GET_FOREGROUND, &raw mut group) }.ok().map(|_| group)
}

// The type of these differs between C libraries.
const REQUEST_GET_FOREGROUND: c_int = libc::TIOCGPGRP as c_int;
const REQUEST_SET_FOREGROUND: c_int = libc::TIOCSPGRP as c_int;
const REQUEST_GIVE_UP: c_int = libc::TIOCNOTTY as c_int;
const REQUEST_ACQUIRE: c_int = libc::TIOCSCTTY as c_int;
