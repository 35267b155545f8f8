//! Starts processes fast, with nothing that they do not need.
//!
//! # Safety
//!
//! A started process shares this one's memory until it executes its program, and this one waits for that, as
//! with vfork(2). In between the started process only makes system calls.

use crate::harness::proc;
use nix::libc::{self, c_char, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, pipe2};
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::time::Duration;

/// The time of CLOCK_MONOTONIC in nanoseconds, which is the same in every process.
pub fn now() -> i64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("there is such a clock");
    Duration::from(time).as_nanos() as i64
}

/// A command line, ready for execve(2).
pub struct Line {
    _words: Vec<CString>,
    argv: Vec<*const c_char>,
}

impl Line {
    pub fn new<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Self {
        let words: Vec<_> = words
            .into_iter()
            .map(|word| CString::new(word.as_ref().as_bytes()).expect("no NUL in it"))
            .collect();
        let argv = words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect();
        Self { _words: words, argv }
    }
}

/// A process that is killed when this is dropped. If it is PID 1 of a namespace, all others there are too.
pub struct Process {
    pub pid: Pid,
    /// The reading end of the stdout of the process and its descendants.
    pub stdout: Option<File>,
    has_ended: bool,
}

/// How a process ended.
pub struct End {
    pub code: c_int,
    /// The page faults of the process and its children, including those before an exec.
    pub faults: i64,
}

impl Process {
    /// Starts the process as the leader of a session without a terminal, so that no init finds one, with a
    /// small environment.
    pub fn start(line: &Line, flags: CloneFlags) -> Self {
        let (reader, writer) = pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        let null = File::options().read(true).write(true).open("/dev/null").expect("/dev/null");
        let environment = [c"PATH=/usr/bin:/bin".as_ptr(), ptr::null()];
        let streams = [null.as_raw_fd(), writer.as_raw_fd(), null.as_raw_fd()];
        let execute = || {
            // SAFETY: the arguments are integers, and null-terminated arrays of C strings that are alive.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::setsid();
                for (number, stream) in (0..).zip(streams) {
                    libc::dup2(stream, number);
                }
                libc::execve(line.argv[0], line.argv.as_ptr(), environment.as_ptr());
                libc::_exit(121)
            }
        };
        let mut stack = [0; 16 << 10];
        let flags = flags | CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
        // SAFETY: `execute` only makes system calls, and the stack exists until the process has executed.
        let pid = unsafe { clone(Box::new(execute), &mut stack, flags, Some(libc::SIGCHLD)) }.expect("clone");
        Self { pid, stdout: Some(reader.into()), has_ended: false }
    }

    /// Waits until the process or its child has written `ready`.
    pub fn ready(mut self) -> Self {
        assert_eq!(&self.read(), b"ready\n");
        self
    }

    /// Closes this end of its stdout, so that no descriptor is open for it.
    pub fn without_stdout(mut self) -> Self {
        self.stdout = None;
        self
    }

    /// Reads `N` bytes of what the process writes, and panics if it writes nothing for a minute.
    pub fn read<const N: usize>(&mut self) -> [u8; N] {
        assert!(self.writes_within(PollTimeout::from(60_000u16)), "{} writes nothing", self.pid);
        let mut bytes = [0; N];
        self.stdout().read_exact(&mut bytes).expect("it writes as much");
        bytes
    }

    /// Waits until the process has written something; returns `false` if `time` is over first.
    pub fn writes_within(&mut self, time: PollTimeout) -> bool {
        let stdout = self.stdout();
        let mut ready = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        poll(&mut ready, time).expect("it can be waited for") == 1
    }

    fn stdout(&mut self) -> &mut File {
        self.stdout.as_mut().expect("its stdout is not closed")
    }

    /// Reads two numbers that the process writes.
    pub fn numbers(&mut self) -> [i64; 2] {
        let bytes: [u8; 16] = self.read();
        [0, 8].map(|at| i64::from_le_bytes(std::array::from_fn(|index| bytes[at + index])))
    }

    /// Waits for the end of the process.
    pub fn end(&mut self) -> End {
        let mut status = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the kernel writes to both places, and any bytes are a valid rusage.
        let (pid, usage) = unsafe {
            (libc::wait4(self.pid.as_raw(), &raw mut status, 0, usage.as_mut_ptr()), usage.assume_init())
        };
        assert_eq!(pid, self.pid.as_raw());
        self.has_ended = true;
        assert!(libc::WIFEXITED(status), "wait status {status}");
        End { code: libc::WEXITSTATUS(status), faults: usage.ru_minflt + usage.ru_majflt }
    }

    pub fn signal(&self, signal: c_int) {
        // SAFETY: the arguments are integers.
        let sent = unsafe { libc::kill(self.pid.as_raw(), signal) };
        assert_eq!(sent, 0, "kill {}: {}", self.pid, std::io::Error::last_os_error());
    }

    /// Waits until the process sleeps; returns `false` if it does not within a second.
    pub fn sleeps(&self) -> bool {
        (0..1000).any(|_| {
            let sleeps = proc::state(self.pid) == Some('S');
            if !sleeps {
                std::thread::sleep(Duration::from_millis(1));
            }
            sleeps
        })
    }

    /// Stops the process, and waits until it has stopped.
    pub fn stop(&self) {
        self.signal(libc::SIGSTOP);
        waitid(Id::Pid(self.pid), WaitPidFlag::WSTOPPED).expect("it is a child");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = waitpid(self.pid, None);
        }
    }
}
