//! The controlling terminal, tty_ioctl(4).
//!
//! # Safety
//!
//! The ioctls here read or write one `pid_t` of the caller's, or nothing if the descriptor is not a
//! terminal.

use super::arch::syscall3;
use super::errno::Errno;
use super::file;
use super::process::Pid;
use core::ffi::c_int;

/// The caller's controlling terminal.
#[derive(Clone, Copy)]
pub struct Terminal(c_int);

impl Terminal {
    /// The controlling terminal and its foreground process group.
    ///
    /// By the name `/dev/tty` and not by standard input, which is something else in a pipeline; by
    /// standard input where that name cannot be opened, as in a root file system without `/dev`.
    pub fn controlling() -> Option<(Self, Pid)> {
        let terminal = match file::open(c"/dev/tty".into(), libc::O_RDWR) {
            Ok(descriptor) => Self(descriptor),
            Err(Errno(libc::ENXIO)) => return None, // there is no controlling terminal
            Err(_) => Self(libc::STDIN_FILENO),
        };
        terminal.foreground().map(|group| (terminal, group))
    }

    /// Whether standard output is this terminal.
    pub fn is_stdout(self) -> bool {
        Self(libc::STDOUT_FILENO).foreground().is_some() // ENOTTY for any other terminal
    }

    fn foreground(self) -> Option<Pid> {
        let mut group = Pid(0);
        // SAFETY: TIOCGPGRP writes one pid_t, which is what a Pid is.
        let got = unsafe {
            syscall3(libc::SYS_ioctl, self.0 as usize, libc::TIOCGPGRP as usize, (&raw mut group) as usize)
        };
        Errno::check(got).ok().map(|_| group)
    }

    /// Makes `group` the foreground group. SIGTTOU has to be blocked if the caller is not in the
    /// foreground. Errors are not given: without job control a program runs all the same.
    pub fn set_foreground(self, group: Pid) {
        // SAFETY: TIOCSPGRP reads one pid_t.
        unsafe {
            syscall3(libc::SYS_ioctl, self.0 as usize, libc::TIOCSPGRP as usize, (&raw const group) as usize)
        };
    }

    /// Gives it up, `TIOCNOTTY`, for all of the session that the caller leads. The kernel sends SIGHUP and
    /// SIGCONT to the foreground group then, with the caller as the sender.
    pub fn give_up(self) {
        // SAFETY: no argument.
        unsafe { syscall3(libc::SYS_ioctl, self.0 as usize, libc::TIOCNOTTY as usize, 0) };
    }

    /// Takes it, `TIOCSCTTY`, for the session that the caller leads and that has none, with the caller's
    /// group in the foreground.
    pub fn take(self) {
        // SAFETY: an integer.
        unsafe { syscall3(libc::SYS_ioctl, self.0 as usize, libc::TIOCSCTTY as usize, 0) };
    }
}
