//! Waiting for what is certain to come, or saying what was there instead.

use std::thread;
use std::time::{Duration, Instant};

/// Long for a busy machine: only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(10);

/// Attempts it until it succeeds, and answers its result.
///
/// # Panics
/// When patience is over, with the last failure.
pub(crate) fn until<T>(goal: &str, mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Ok(result) => return result,
            Err(seen) if Instant::now() > deadline => panic!("waited for {goal}; last seen: {seen}"),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
