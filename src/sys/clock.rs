//! Time: clock_gettime(2).
//!
//! # Safety
//!
//! The one call here writes one `timespec` of the caller's.

use super::arch::syscall2;

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milliseconds(pub u64);

/// A point in time: `CLOCK_MONOTONIC`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Instant(pub u64);

impl Instant {
    /// Now.
    pub fn now() -> Self {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the kernel writes one timespec.
        unsafe { syscall2(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC as usize, (&raw mut now) as usize) };
        Self(now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000)
    }

    /// So much later.
    pub fn after(self, time: Milliseconds) -> Self {
        Self(self.0.saturating_add(time.0))
    }

    /// How long it is until `self` as seen from `now`.
    pub fn from(self, now: Self) -> Milliseconds {
        Milliseconds(self.0.saturating_sub(now.0))
    }
}
