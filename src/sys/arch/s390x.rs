//! s390x: the entry point, the `svc` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against syscall(2), clone(2) and the s390x ELF Application Binary Interface. The
//! functions trust their callers in [`crate::sys`] to pass what the system call in question asks for.

pub use super::portable::*;
use super::portable::{Argument, system_calls};
use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"s390x";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_S390;

/// Makes the system call `number`; returns its result, or the negative errno.
///
/// # Safety
///
/// The arguments are what the system call asks for.
#[inline(always)]
unsafe fn call(number: c_long, [a, b, c, d, e, f]: [Argument; 6]) -> isize {
    let result;
    // SAFETY: the caller's contract; the kernel changes the register of the result and nothing else but
    // what the arguments point to.
    unsafe {
        asm!(
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
            in("r7") f,
            options(nostack)
        );
    }
    result
}

system_calls!(call);

/// `clone(flags)` whose child calls `run(data)` below the caller's stack frame, as x86_64's does: see there.
///
/// # Safety
///
/// `flags` has `CLONE_VM` and `CLONE_VFORK`, and `run(data)` may be called.
#[inline(always)]
pub unsafe fn clone_vfork(flags: usize, run: extern "C" fn(*mut c_void) -> !, data: *mut c_void) -> isize {
    let result;
    // SAFETY: the caller's contract. In the parent the kernel changes the first argument's register only; in the child
    // nothing after the call is reached, which has an area of its own for what a function saves in its
    // caller's frame.
    unsafe {
        asm!(
            "svc 0",
            "ltgr %r2, %r2",
            "jnz 2f",
            "lgr %r2, {data}",
            "aghi %r15, -160",
            "basr %r14, {run}",
            "2:",
            run = in(reg_addr) run,
            data = in(reg) data,
            in("r1") libc::SYS_clone,
            inlateout("r2") 0usize => result, // the same stack, which comes first here
            in("r3") flags,
            out("r14") _, // which the call changes
        );
    }
    result
}

/// Ends the process by a signal that cannot be held back, nor by a filter of system calls.
pub fn trap() -> ! {
    // SAFETY: nothing comes after it.
    unsafe { asm!("j .+2", options(noreturn, nomem, nostack)) } // no instruction
}

/// The instructions of the entry point, which call `{begin}` with the stack pointer as the kernel set it.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_point {
    () => {
        concat!(
            "lgr %r2, %r15\n",          // which the kernel has aligned
            "aghi %r15, -160\n",        // for what a function saves in its caller's frame
            "xc 0(8, %r15), 0(%r15)\n", // the outermost frame
            "brasl %r14, {begin}\n",
            "j .+2\n", // no instruction
        )
    };
}
