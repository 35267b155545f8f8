//! loongarch64: the entry point, the `syscall` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against syscall(2) and the LoongArch ELF psABI. The functions trust their
//! callers in [`crate::sys`] to pass what the system call in question asks for.

pub use super::portable::*;
use super::portable::{Argument, system_calls};
use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"loongarch64";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = 258; // libc has no name for it

/// Makes the system call `number`; returns its result, or the negative errno.
///
/// # Safety
///
/// The arguments are what the system call asks for.
#[inline(always)]
unsafe fn call(number: c_long, [a, b, c, d, e, f]: [Argument; 6]) -> isize {
    let result;
    // SAFETY: the caller's contract; the kernel changes the register of the result, the temporary
    // ones, and nothing else but what the arguments point to.
    unsafe {
        asm!(
            "syscall 0",
            in("$a7") number,
            inlateout("$a0") a => result,
            in("$a1") b,
            in("$a2") c,
            in("$a3") d,
            in("$a4") e,
            in("$a5") f,
            lateout("$t0") _,
            lateout("$t1") _,
            lateout("$t2") _,
            lateout("$t3") _,
            lateout("$t4") _,
            lateout("$t5") _,
            lateout("$t6") _,
            lateout("$t7") _,
            lateout("$t8") _,
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
    // SAFETY: the caller's contract. In the parent the kernel changes the result's and the temporary registers
    // only; in the child nothing after the call is reached. The stack is aligned as the call wants it, and the
    // parent keeps nothing below it.
    unsafe {
        asm!(
            "syscall 0",
            "bnez $a0, 2f",
            "move $a0, {data}",
            "jirl $ra, {run}, 0",
            "2:",
            run = in(reg) run,
            data = in(reg) data,
            in("$a7") libc::SYS_clone,
            inlateout("$a0") flags => result,
            in("$a1") 0usize, // the same stack
            out("$ra") _, // which the call changes
            out("$t0") _,
            out("$t1") _,
            out("$t2") _,
            out("$t3") _,
            out("$t4") _,
            out("$t5") _,
            out("$t6") _,
            out("$t7") _,
            out("$t8") _,
        );
    }
    result
}

/// Ends the process by a signal that cannot be held back, nor by a filter of system calls.
pub fn trap() -> ! {
    // SAFETY: nothing comes after it.
    unsafe { asm!("break 0", options(noreturn, nomem, nostack)) }
}

/// The instructions of the entry point, which call `{begin}` with the stack pointer as the kernel set it.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_point {
    () => {
        concat!(
            "move $fp, $zero\n", // the outermost frame
            "move $ra, $zero\n",
            "move $a0, $sp\n", // which the kernel has aligned
            "bl {begin}\n",
            "break 0\n",
        )
    };
}
