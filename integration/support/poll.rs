//! Waiting for what must happen, with a deadline.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a busy machine: only a test that fails waits for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(10);

/// Attempts it until it succeeds, and returns its result.
///
/// # Panics
/// When patience is over, with the last failure.
pub(crate) fn until<T, E: Display>(goal: &str, attempt: impl FnMut() -> Result<T, E>) -> T {
    try_until(attempt).unwrap_or_else(|seen| panic!("waited for {goal}; last seen: {seen}"))
}

/// Attempts it until it succeeds or patience is over, and returns the last result.
pub(crate) fn try_until<T, E>(attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    try_for(PATIENCE, attempt)
}

/// Attempts it until it succeeds or this time is over, and returns the last result.
pub(crate) fn try_for<T, E>(time: Duration, mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + time;
    loop {
        match attempt() {
            Err(_) if Instant::now() < deadline => thread::sleep(PAUSE),
            last => return last,
        }
    }
}
