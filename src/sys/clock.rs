//! Time: clock_gettime(2), clock_nanosleep(2).
//!
//! # Safety
//!
//! The calls here write or read one `Timespec` of the caller's.

use super::call::syscall;
use core::ffi::c_int;
use core::ptr;

/// The kernel's `struct __kernel_timespec`. (The C library's type differs between libraries.)
#[repr(C)]
pub(super) struct Timespec {
    pub(super) seconds: i64,
    pub(super) nanoseconds: i64,
}

const _: () = assert!(size_of::<Timespec>() == 16);

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milliseconds(pub u64);

impl Milliseconds {
    pub(super) fn timespec(self) -> Timespec {
        Timespec { seconds: (self.0 / 1000) as i64, nanoseconds: (self.0 % 1000 * 1_000_000) as i64 }
    }
}

/// A point in time: milliseconds of `CLOCK_MONOTONIC`, which stands still while the machine is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Instant(pub u64);

impl Instant {
    /// Before any other.
    pub const PAST: Self = Self(0);

    /// Now. The kernel cannot refuse that; a filter that does stops the clock at 0.
    pub fn now() -> Self {
        let mut now = Timespec { seconds: 0, nanoseconds: 0 };
        // SAFETY: the kernel writes one timespec.
        let _ = unsafe { syscall!(SYS_clock_gettime, libc::CLOCK_MONOTONIC, &raw mut now) };
        Self(now.seconds as u64 * 1000 + now.nanoseconds as u64 / 1_000_000)
    }

    /// The point in time that is `time` later; the end of time if that is beyond it.
    #[must_use]
    pub fn after(self, time: Milliseconds) -> Self {
        Self(self.0.saturating_add(time.0))
    }

    /// How long it is from `now` until `self`: 0 if that has passed.
    pub fn since(self, now: Self) -> Milliseconds {
        Milliseconds(self.0.saturating_sub(now.0))
    }
}

/// clock_nanosleep(2): sleeps for `time`, or until the sleep is interrupted.
pub fn sleep(time: Milliseconds) {
    const RELATIVE: c_int = 0;
    let time = time.timespec();
    let no_rest = ptr::null::<Timespec>();
    // SAFETY: the kernel reads one timespec.
    let _ =
        unsafe { syscall!(SYS_clock_nanosleep, libc::CLOCK_MONOTONIC, RELATIVE, &raw const time, no_rest) };
}
