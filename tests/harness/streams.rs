//! The standard streams of a program, and the test's ends of them.

use super::{Lines, must};
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, signal};
use std::ffi::c_int;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

/// The child's ends of its standard streams, and the test's.
pub struct Streams {
    child: [OwnedFd; 3],
    readers: Vec<OwnedFd>,
}

impl Streams {
    /// All three are a terminal, of which the test has the other end.
    pub fn terminal(slave: &OwnedFd) -> Self {
        let child = [(); 3].map(|()| slave.try_clone().expect("a descriptor"));
        Self { child, readers: vec![] }
    }

    /// Nothing to read, and a pipe for each kind of output.
    pub fn pipes() -> Self {
        let null = File::open("/dev/null").expect("/dev/null").into();
        let (stdout_reader, stdout) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        let (stderr_reader, stderr) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        Self { child: [null, stdout, stderr], readers: vec![stdout_reader, stderr_reader] }
    }

    /// In the child: system calls only. No signal is ignored, as the Rust test runner has SIGPIPE, a script's
    /// background jobs SIGINT, and nohup(1) SIGHUP.
    pub fn take(&self, terminal: bool) {
        if terminal {
            must(nix::unistd::setsid());
            // SAFETY: an ioctl with an integer.
            unsafe { libc::ioctl(self.child[0].as_raw_fd(), libc::TIOCSCTTY, 0) };
        }
        for (number, stream) in self.child.iter().enumerate() {
            // SAFETY: two descriptors; dup2 clears close-on-exec.
            unsafe { libc::dup2(stream.as_raw_fd(), number as c_int) };
        }
        for number in Signal::iterator() {
            // SAFETY: the default action is no function of ours; the kernel refuses it for SIGKILL and SIGSTOP.
            let _ = unsafe { signal(number, SigHandler::SigDfl) };
        }
    }

    pub fn into_lines(self) -> [Lines; 2] {
        let mut readers = self.readers.into_iter().map(|reader| Lines::read(File::from(reader)));
        [(); 2].map(|()| readers.next().expect("two pipes"))
    }
}
