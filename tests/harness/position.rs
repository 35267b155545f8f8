//! The two positions that an init can be in.

use super::{End, programs};
use std::ffi::c_int;

/// Where the init under test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// As PID 1 of a PID namespace of its own, with a `/proc` of its own.
    Pid1,
    /// As any other process.
    Outside,
}

impl Position {
    /// How the init under test ends in this position when a signal has killed its child: of the same signal.
    /// PID 1 cannot, and other inits do not, nor does rinit under their names: these exit with 128 and the
    /// signal's number.
    pub fn killed_by(self, signal: c_int) -> End {
        match self {
            Self::Outside if programs::subject_is_rinit() => End::Killed(signal),
            _ => End::Exited(128 + signal),
        }
    }
}

/// Runs a test in both positions, or in the one that `RINIT_TEST_POSITION` names.
pub fn everywhere(test: impl Fn(Position)) {
    let only = std::env::var("RINIT_TEST_POSITION");
    for position in [Position::Pid1, Position::Outside] {
        if only.as_ref().is_ok_and(|only| *only != format!("{position:?}")) {
            continue;
        }
        eprintln!("position: {position:?}");
        test(position);
    }
}
