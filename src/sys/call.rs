//! How the kernel is called: typed words become registers, and the result a number or an error.
//!
//! # Safety
//!
//! Nothing is called here: the macro [`syscall!`] is `unsafe` to use, since only the caller knows what the
//! system call in question asks of its arguments.

use super::types::{Errno, Pid, Signal};
use core::ffi::{CStr, c_int};

/// What a system call takes: it fits into one register.
pub trait Word {
    /// It as the kernel reads it.
    fn word(self) -> usize;
}

impl Word for c_int {
    fn word(self) -> usize {
        self as usize // with its sign, as the C library passes it
    }
}

impl Word for u32 {
    fn word(self) -> usize {
        self as usize
    }
}

impl Word for usize {
    fn word(self) -> usize {
        self
    }
}

impl Word for Pid {
    fn word(self) -> usize {
        self.number().word()
    }
}

impl Word for Signal {
    fn word(self) -> usize {
        self.number().into()
    }
}

impl Word for &CStr {
    fn word(self) -> usize {
        self.as_ptr().word()
    }
}

impl<T> Word for *const T {
    fn word(self) -> usize {
        self.addr()
    }
}

impl<T> Word for *mut T {
    fn word(self) -> usize {
        self.addr()
    }
}

/// What a system call's result means: from -4095 up to -1 it is the negative errno, syscalls(2).
pub fn check(result: isize) -> Result<usize, Errno> {
    // Less than that is an address, which only 32 bits are too few for.
    const LOWEST: isize = if cfg!(target_pointer_width = "32") { -4095 } else { isize::MIN };
    if (LOWEST..0).contains(&result) { Err(Errno(-result as c_int)) } else { Ok(result as usize) }
}

/// Makes a system call by its name in `numbers`: `syscall!(SYS_kill, process, signal)`; returns
/// `Result<usize, Errno>`.
macro_rules! syscall {
    (@ $call:ident, $name:ident $(, $argument:expr)*) => {
        $crate::sys::call::check($crate::sys::arch::$call(
            $crate::sys::numbers::$name $(, $crate::sys::call::Word::word($argument))*
        ))
    };
    ($name:ident) => { syscall!(@ syscall0, $name) };
    ($name:ident, $a:expr) => { syscall!(@ syscall1, $name, $a) };
    ($name:ident, $a:expr, $b:expr) => { syscall!(@ syscall2, $name, $a, $b) };
    ($name:ident, $a:expr, $b:expr, $c:expr) => { syscall!(@ syscall3, $name, $a, $b, $c) };
    ($name:ident, $a:expr, $b:expr, $c:expr, $d:expr) => { syscall!(@ syscall4, $name, $a, $b, $c, $d) };
    ($name:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => {
        syscall!(@ syscall5, $name, $a, $b, $c, $d, $e)
    };
    ($name:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr) => {
        syscall!(@ syscall6, $name, $a, $b, $c, $d, $e, $f)
    };
}

pub(super) use syscall;
