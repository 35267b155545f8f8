//! Waiting for what is certain to come, or saying what was there instead.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// Long for a busy machine: only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(10);

/// Attempts it until it succeeds, and answers its result.
///
/// # Panics
/// When patience is over, with the last failure.
pub(crate) fn until<T, E: Display>(goal: &str, attempt: impl FnMut() -> Result<T, E>) -> T {
    try_until(attempt).unwrap_or_else(|seen| panic!("waited for {goal}; last seen: {seen}"))
}

/// Attempts it until it succeeds, or patience is over: then the last failure is the answer.
pub(crate) fn try_until<T, E>(mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(_) if Instant::now() < deadline => thread::sleep(PAUSE),
            last => return last,
        }
    }
}
