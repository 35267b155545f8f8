//! A pseudo-terminal, pty(7), and what a user does at it.

use super::{Launch, Running};
use nix::libc;
use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, write};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

/// The keys that send a signal, and the one that ends what is typed.
pub const CTRL_C: &str = "\x03";
pub const CTRL_Z: &str = "\x1a";
pub const CTRL_BACKSLASH: &str = "\x1c";
pub const CTRL_D: &str = "\x04";

/// Starts a child on a terminal, where Ctrl-Z is typed and the child reads on.
pub fn ctrl_z_freezes_nothing(launch: Launch) -> Running {
    let script = "echo ready; while read line; do echo got $line; done";
    let mut running = launch.shell(script).start().ready();
    for word in ["one", "two"] {
        running.type_in(CTRL_Z);
        running.type_in(&format!("{word}\n"));
        running.stdout.expect(&format!("got {word}"));
    }
    running
}

/// The test's end of a terminal.
pub struct Terminal {
    master: OwnedFd,
}

impl Terminal {
    /// A terminal, and its end for a session.
    pub fn open() -> (Self, OwnedFd) {
        let pty = openpty(None, None).expect("a pty");
        for descriptor in [&pty.master, &pty.slave] {
            // SAFETY: a descriptor and an integer.
            unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        // What is typed is not echoed, and line ends are left as they were written.
        let mut settings = tcgetattr(&pty.slave).expect("a terminal");
        settings.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHOCTL);
        // By default a key that sends a signal also discards output that has not been read yet. That may be
        // what the program has printed because of the signal.
        settings.local_flags.insert(LocalFlags::NOFLSH);
        settings.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&pty.slave, SetArg::TCSANOW, &settings).expect("a terminal");
        (Self { master: pty.master }, pty.slave)
    }

    /// What is printed on it.
    pub fn reader(&self) -> File {
        self.master.try_clone().expect("a descriptor").into()
    }

    /// Types on it.
    pub fn type_in(&self, text: &str) {
        assert_eq!(write(&self.master, text.as_bytes()), Ok(text.len()));
    }

    /// Gives it another size.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: a descriptor and a size.
        let resized = unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(resized, 0, "{}", std::io::Error::last_os_error());
    }

    /// Its foreground process group, as the test sees it.
    pub fn foreground(&self) -> Pid {
        // SAFETY: a descriptor.
        Pid::from_raw(unsafe { libc::tcgetpgrp(self.master.as_raw_fd()) })
    }
}
