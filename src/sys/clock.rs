//! Time: clock_gettime(2), clock_nanosleep(2).
//!
//! # Safety
//!
//! The calls here write or read one `Timespec` of the caller's.

use super::call::syscall;
#[cfg(target_pointer_width = "32")]
use super::types::Errno;
use core::ffi::c_int;
use core::ptr;

/// The kernel's `struct __kernel_timespec`. (The C library's type differs between libraries.)
#[repr(C)]
pub(super) struct Timespec {
    pub(super) seconds: i64,
    pub(super) nanoseconds: i64,
}

const _: () = assert!(size_of::<Timespec>() == 16);

/// As `syscall!`, for a call that reads or writes a time: its name, the one that it has on 32-bit architectures
/// where the time has 64 bits, and its arguments. All of these have such a call since Linux 5.1.
#[cfg(target_pointer_width = "64")]
macro_rules! timed_syscall {
    ($name:ident, $wide:ident, [$($before:expr),*], $time:expr $(, $after:expr)*) => {
        syscall!($name $(, $before)*, $time $(, $after)*)
    };
}
#[cfg(target_pointer_width = "32")]
macro_rules! timed_syscall {
    ($name:ident, $wide:ident, [$($before:expr),*], $time:expr $(, $after:expr)*) => {{
        let time: *mut $crate::sys::clock::Timespec = $time;
        let wide = syscall!($wide $(, $before)*, time $(, $after)*);
        $crate::sys::clock::or_narrow(wide, time, |narrow| syscall!($name $(, $before)*, narrow $(, $after)*))
    }};
}
pub(super) use timed_syscall;

/// The kernel's `struct old_timespec32`.
#[cfg(target_pointer_width = "32")]
#[repr(C)]
pub(super) struct NarrowTimespec {
    seconds: i32,
    nanoseconds: i32,
}

/// What a call with 64 bits for a time has returned, or if the kernel is older than that call, or a filter is
/// and refuses it, what the call with 32 bits returns. These are enough: rinit's times are no dates, but those
/// since the machine was booted, and lengths.
///
/// # Safety
///
/// `time` is null or valid, and of both calls' error numbers none but these two is a call's own.
#[cfg(target_pointer_width = "32")]
pub(super) unsafe fn or_narrow(
    wide: Result<usize, Errno>,
    time: *mut Timespec,
    call: impl FnOnce(*mut NarrowTimespec) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    if matches!(wide, Ok(_) | Err(Errno(libc::EAGAIN | libc::EINTR))) {
        return wide;
    }
    // SAFETY: the caller's contract.
    let Some(time) = (unsafe { time.as_mut() }) else {
        return call(ptr::null_mut());
    };
    let seconds = time.seconds.try_into().unwrap_or(i32::MAX);
    let mut narrow = NarrowTimespec { seconds, nanoseconds: time.nanoseconds as i32 };
    let result = call(&raw mut narrow);
    *time = Timespec { seconds: narrow.seconds.into(), nanoseconds: narrow.nanoseconds.into() };
    result
}

/// A length of time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Now. The kernel cannot refuse that; where a filter does, it is always [`Self::PAST`].
    pub fn now() -> Self {
        let mut now = Timespec { seconds: 0, nanoseconds: 0 };
        // SAFETY: the kernel writes one timespec.
        let _ = unsafe {
            timed_syscall!(SYS_clock_gettime, SYS_clock_gettime64, [libc::CLOCK_MONOTONIC], &raw mut now)
        };
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
    let mut time = time.timespec();
    let no_rest = ptr::null::<Timespec>();
    // SAFETY: the kernel reads one timespec.
    let _ = unsafe {
        timed_syscall!(
            SYS_clock_nanosleep,
            SYS_clock_nanosleep_time64,
            [libc::CLOCK_MONOTONIC, RELATIVE],
            &raw mut time,
            no_rest
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant as Clock};

    #[test]
    fn the_clock_is_the_monotonic_one() {
        let before = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
        let now = Instant::now();
        let before = before.tv_sec() as u64 * 1000 + before.tv_nsec() as u64 / 1_000_000;
        assert!((before..before + 10_000).contains(&now.0), "{before} {now:?}");
    }

    #[test]
    fn a_sleep_is_as_long_as_it_is_asked_for() {
        let start = Clock::now();
        sleep(Milliseconds(30));
        assert!(start.elapsed() >= Duration::from_millis(30));
    }

    #[cfg(target_pointer_width = "32")]
    #[test]
    fn where_a_call_with_64_bits_is_missing_the_one_with_32_is_made() {
        let mut time = Timespec { seconds: i64::MAX, nanoseconds: 7 };
        for error in [libc::ENOSYS, libc::EPERM] {
            // SAFETY: the time is valid.
            let result = unsafe {
                or_narrow(Err(Errno(error)), &raw mut time, |narrow| {
                    let narrow = &mut *narrow;
                    assert_eq!((narrow.seconds, narrow.nanoseconds), (i32::MAX, 7));
                    (narrow.seconds, narrow.nanoseconds) = (1, 2);
                    Ok(3)
                })
            };
            assert_eq!(result, Ok(3));
            assert_eq!((time.seconds, time.nanoseconds), (1, 2));
            time = Timespec { seconds: i64::MAX, nanoseconds: 7 };
        }
        for known in [Ok(0), Err(Errno(libc::EAGAIN)), Err(Errno(libc::EINTR))] {
            // SAFETY: as before.
            let result = unsafe { or_narrow(known, &raw mut time, |_| panic!("it is not called")) };
            assert_eq!(result, known);
        }
    }
}
