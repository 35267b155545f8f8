//! Waiting: with a deadline, and never for a length of time.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long anything may take on a slow and busy machine. `RINIT_TEST_DEADLINE` makes it fewer seconds for
/// inits of which some tests are expected to fail, by waiting for what never comes.
pub fn deadline() -> Duration {
    let seconds = std::env::var("RINIT_TEST_DEADLINE");
    Duration::from_secs(seconds.map_or(30, |seconds| seconds.parse().expect("a number of seconds")))
}

/// Polls until `look` returns a value; after the deadline it fails and says what was waited for.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + deadline();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Polls until `look` sees `expected`; after the deadline it shows what was seen last.
pub fn eventually_eq<T: PartialEq + Debug>(expected: T, mut look: impl FnMut() -> T) {
    let deadline = Instant::now() + deadline();
    loop {
        let seen = look();
        if seen == expected {
            return;
        }
        assert!(Instant::now() < deadline, "expected {expected:?}, last seen {seen:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
