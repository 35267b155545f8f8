//! Exit codes: rinit's own, and what a wait status becomes.
#![forbid(unsafe_code)]

use crate::remap::Remap;
use crate::sys::process::WaitStatus;

/// The exit codes that rinit gives of its own accord, as env(1), nohup(1) and timeout(1) do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OwnCode {
    /// Help, version or license was printed.
    Success = 0,
    /// Bad usage, or a failure of rinit's own.
    Failure = 125,
    /// The program was found and cannot be executed.
    CannotExecute = 126,
    /// The program was not found.
    NotFound = 127,
}

/// The exit code for a child that ended so: its own, or 128 + the signal's number; then remapped.
pub fn code(status: WaitStatus, remap: &Remap) -> u8 {
    remap.apply(match status {
        WaitStatus::Exited(code) => code,
        WaitStatus::Killed { signal, .. } | WaitStatus::Stopped(signal) => 128 + signal.number(),
    })
}
