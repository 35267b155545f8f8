//! powerpc64le: the entry point, the `sc` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against the kernel's Documentation/arch/powerpc/syscall64-abi.rst and the 64-bit
//! ELF V2 ABI. The functions trust their callers in [`crate::sys`] to pass what the system call in question
//! asks for.

pub use super::portable::*;
use super::portable::{Argument, system_calls};
use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"powerpc64le";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_PPC64;

/// Makes the system call `number`; returns its result, or the negative errno.
///
/// # Safety
///
/// The arguments are what the system call asks for.
#[inline(always)]
unsafe fn call(number: c_long, [a, b, c, d, e, f]: [Argument; 6]) -> isize {
    let result;
    // SAFETY: the caller's contract; the kernel changes the registers named here and nothing else but
    // what the arguments point to.
    unsafe {
        asm!(
            "sc",
            "bns+ 2f", // there is no error
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            inlateout("r7") e => _,
            inlateout("r8") f => _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("cr0") _,
            lateout("ctr") _,
            lateout("xer") _,
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
    // SAFETY: the caller's contract. In the parent the kernel changes the registers named here only; in the child
    // nothing after the call is reached, and the call is made below what a function may keep below its
    // frame.
    unsafe {
        asm!(
            "sc",
            "bns+ 2f", // there is no error
            "neg 3, 3",
            "b 3f",
            "2:",
            "cmpdi 3, 0",
            "bne 3f",
            "mr 3, {data}",
            "mr 12, {run}", // where a function looks for its own address
            "stdu 1, -320(1)",
            "mtctr 12",
            "bctrl",
            "3:",
            run = in(reg) run,
            data = in(reg) data,
            inlateout("r0") libc::SYS_clone => _,
            inlateout("r3") flags => result,
            inlateout("r4") 0usize => _, // the same stack
            out("r5") _,
            out("r6") _,
            out("r7") _,
            out("r8") _,
            out("r9") _,
            out("r10") _,
            out("r11") _,
            out("r12") _,
            out("cr0") _,
            out("ctr") _,
            out("lr") _,
            out("xer") _,
        );
    }
    result
}

/// Ends the process by a signal that cannot be held back, nor by a filter of system calls.
pub fn trap() -> ! {
    // SAFETY: nothing comes after it.
    unsafe { asm!("trap", options(noreturn, nomem, nostack)) }
}

/// The instructions of the entry point, which call `{begin}` with the stack pointer as the kernel set it.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_point {
    () => {
        concat!(
            "bcl 20, 31, 2f\n", // the next instruction; the link register has its address
            "2:\n",
            "mflr 2\n",
            "addis 2, 2, .TOC.-2b@ha\n", // where constants are found
            "addi 2, 2, .TOC.-2b@l\n",
            "mr 3, 1\n",
            "clrrdi 1, 1, 4\n",
            "li 0, 0\n",
            "stdu 0, -32(1)\n", // the outermost frame
            "bl {begin}\n",
            "trap\n",
        )
    };
}
