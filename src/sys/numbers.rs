//! System calls by their names in `libc`, and what takes the place of one that an architecture has not.
//!
//! A call that newer architectures have left out (`poll`, `open`, `rename`, `unlink` and the like) has a
//! successor that all have: use that. This is for the others: the same arguments under another number.

#![allow(non_upper_case_globals, reason = "the kernel's names")]

pub use libc::*;

/// What 32-bit architectures call those where a size, a place in a file or a time has 64 bits.
#[cfg(target_pointer_width = "32")]
mod wide {
    use libc::c_long;

    pub const SYS_newfstatat: c_long = libc::SYS_fstatat64;
    pub const SYS_mmap: c_long = libc::SYS_mmap2;
    // Since Linux 5.1: see `clock`.
    pub const SYS_clock_gettime64: c_long = 403;
    pub const SYS_clock_nanosleep_time64: c_long = 407;
    pub const SYS_rt_sigtimedwait_time64: c_long = 421;
}
#[cfg(target_pointer_width = "32")]
pub use wide::{
    SYS_clock_gettime64, SYS_clock_nanosleep_time64, SYS_mmap, SYS_newfstatat, SYS_rt_sigtimedwait_time64,
};
