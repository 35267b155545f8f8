//! A program that runs, and how it ended.

use super::leftovers::Mark;
use super::terminal::Terminal;
use super::{End, Lines, eventually, proc};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use std::ffi::c_int;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Output {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The exit code; a signal that killed the program is not one.
    pub fn code(&self) -> i32 {
        self.end.code()
    }
}

/// A program that was started. When this goes it is killed, with all that it has started and left behind.
pub struct Running {
    /// Its process ID as the test sees it.
    pub pid: Pid,
    pub stdout: Lines,
    pub stderr: Lines,
    /// Its terminal, if it was started on one.
    pub terminal: Option<Terminal>,
    end: Option<End>,
    mark: Option<Mark>,
}

impl Running {
    /// A process that was just started, what it prints, its terminal, and the mark of what it leaves behind.
    pub fn new(
        pid: Pid,
        [stdout, stderr]: [Lines; 2],
        terminal: Option<Terminal>,
        mark: Option<Mark>,
    ) -> Self {
        Self { pid, stdout, stderr, terminal, end: None, mark }
    }

    /// Waits until the child has said `ready`; returns the running init.
    pub fn ready(mut self) -> Self {
        self.stdout.expect("ready");
        self
    }

    /// The init's only child, as the test sees it.
    pub fn child(&self) -> Pid {
        let children =
            eventually("a child", || Some(proc::children(self.pid)).filter(|children| !children.is_empty()));
        assert_eq!(children.len(), 1, "children of {}: {children:?}", self.pid);
        children[0]
    }

    /// Its terminal.
    pub fn terminal(&self) -> &Terminal {
        self.terminal.as_ref().expect("it was started on a terminal")
    }

    /// Types on its terminal.
    pub fn type_in(&self, text: &str) {
        self.terminal().type_in(text);
    }

    /// Sends a signal to the init by number, which real-time signals need.
    pub fn signal(&self, number: c_int) {
        send(self.pid, number);
    }

    /// Closes the other end of its terminal.
    pub fn hang_up(&mut self) {
        // The thread that reads there has a descriptor of that end. It ends with the next line, when nobody
        // takes that any more.
        self.stdout = Lines::read(std::io::empty());
        let terminal = format!("/proc/{}/fd/0", self.pid);
        let slave = OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(terminal);
        slave.and_then(|mut slave| slave.write_all(b"\n")).expect("the program has a terminal");
        self.terminal = None;
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> End {
        let pid = self.pid;
        let wait = || eventually(&format!("the end of {pid}"), || End::collect(pid));
        *self.end.get_or_insert_with(wait)
    }

    /// Waits for the end; returns the exit code.
    pub fn code(&mut self) -> i32 {
        self.wait().code()
    }

    /// Waits for the end; returns what a shell has in `$?` then: the exit code, or 128 and the number of the signal
    /// that killed the program.
    pub fn code_in_a_shell(&mut self) -> i32 {
        match self.wait() {
            End::Exited(code) => code,
            End::Killed(signal) | End::DumpedCore(signal) => 128 + signal,
        }
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.end = self.end.or_else(|| End::collect(self.pid));
        self.end.is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_running() {
            let descendants = proc::descendants(self.pid);
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = waitpid(self.pid, None);
            for pid in descendants {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
        if let Some(mark) = &self.mark {
            mark.end_all();
        }
    }
}

/// kill(2) by number.
pub fn send(pid: Pid, number: c_int) {
    // SAFETY: integers.
    let sent = unsafe { libc::kill(pid.as_raw(), number) };
    assert_eq!(sent, 0, "kill {pid} {number}: {}", std::io::Error::last_os_error());
}

/// sigqueue(3), which nix does not have; returns whether there was room.
#[must_use]
pub fn queue(pid: Pid, number: c_int, value: usize) -> bool {
    let value = libc::sigval { sival_ptr: value as *mut libc::c_void };
    // SAFETY: integers.
    match unsafe { libc::sigqueue(pid.as_raw(), number, value) } {
        0 => true,
        _ => {
            assert_eq!(Errno::last(), Errno::EAGAIN);
            false
        }
    }
}

/// The signal that a test sends to see that nothing came before it. Of the signals that are pending a process
/// takes the one with the lowest number first, signal(7), and this has the highest.
pub fn last_signal() -> c_int {
    libc::SIGRTMAX()
}
