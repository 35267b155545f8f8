//! Processes of containers as the machine sees them: with its own process IDs.

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::fs;

/// The children of a process with one thread.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("list the children");
    list.split_whitespace().map(|child| child.parse().expect("a pid is a number")).collect()
}

/// What `/proc/PID/status` says of a process, proc(5).
pub(crate) fn status(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/status")).expect("there is such a process")
}

/// Sends a signal to this process, past rinit.
pub(crate) fn send(signal: Signal, pid: u32) {
    signal::kill(Pid::from_raw(pid.cast_signed()), signal).expect("send a signal");
}
