//! What the architectures but x86_64 share: the system calls with fewer arguments than six, and the functions
//! that the compiler calls by name.
//!
//! # Safety
//!
//! The functions of string(3) trust their callers as those do. Their accesses are volatile, so that the
//! compiler leaves them as they are: it would make a call to memcpy(3) of a loop that copies, and this is
//! memcpy.

use core::mem::MaybeUninit;

/// An argument of a system call: it is in a register, of which a call with fewer arguments takes no notice.
pub(super) type Argument = MaybeUninit<usize>;

/// Defines `syscall0` to `syscall6` by a function that makes a system call with six arguments.
macro_rules! system_calls {
    ($call:ident) => {
        system_calls!($call, syscall0() uninit uninit uninit uninit uninit uninit);
        system_calls!($call, syscall1(a) uninit uninit uninit uninit uninit);
        system_calls!($call, syscall2(a, b) uninit uninit uninit uninit);
        system_calls!($call, syscall3(a, b, c) uninit uninit uninit);
        system_calls!($call, syscall4(a, b, c, d) uninit uninit);
        system_calls!($call, syscall5(a, b, c, d, e) uninit);
        system_calls!($call, syscall6(a, b, c, d, e, f));
    };
    ($call:ident, $name:ident($($argument:ident),*) $($unused:ident)*) => {
        /// Makes the system call `number`; returns its result, or the negative errno.
        ///
        /// # Safety
        ///
        /// The arguments are what the system call asks for.
        #[inline(always)]
        #[allow(clippy::too_many_arguments, reason = "the kernel takes up to six")]
        pub unsafe fn $name(number: c_long $(, $argument: usize)*) -> isize {
            // SAFETY: the caller's contract.
            unsafe { $call(number, [$(Argument::new($argument),)* $(Argument::$unused(),)*]) }
        }
    };
}
pub(super) use system_calls;

/// memcpy(3).
///
/// # Safety
///
/// As memcpy(3).
pub unsafe fn copy(to: *mut u8, from: *const u8, length: usize) {
    let mut index = 0;
    while index < length {
        // SAFETY: the caller's contract.
        unsafe { to.add(index).write_volatile(*from.add(index)) };
        index += 1;
    }
}

/// memset(3).
///
/// # Safety
///
/// As memset(3).
pub unsafe fn fill(to: *mut u8, byte: u8, length: usize) {
    let mut index = 0;
    while index < length {
        // SAFETY: the caller's contract.
        unsafe { to.add(index).write_volatile(byte) };
        index += 1;
    }
}

/// memcmp(3).
///
/// # Safety
///
/// As memcmp(3).
pub unsafe fn compare(a: *const u8, b: *const u8, length: usize) -> i32 {
    let mut index = 0;
    while index < length {
        // SAFETY: the caller's contract.
        let (a, b) = unsafe { (a.add(index).read_volatile(), b.add(index).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
        index += 1;
    }
    0
}

/// strlen(3).
///
/// # Safety
///
/// As strlen(3).
pub unsafe fn length(string: *const u8) -> usize {
    let mut length = 0;
    // SAFETY: the caller's contract.
    while unsafe { string.add(length).read_volatile() } != 0 {
        length += 1;
    }
    length
}
