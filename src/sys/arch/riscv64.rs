//! riscv64: the entry point, the `ecall` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against syscall(2) and the RISC-V ELF psABI specification. The functions trust
//! their callers in [`crate::sys`] to pass what the system call in question asks for.

pub use super::portable::*;
use super::portable::{Argument, system_calls};
use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"riscv64";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_RISCV;

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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
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
    // nothing after the call is reached. The stack is aligned as the call wants it, and the parent keeps
    // nothing below it.
    unsafe {
        asm!(
            "ecall",
            "bnez a0, 2f",
            "mv a0, {data}",
            "jalr {run}",
            "2:",
            run = in(reg) run,
            data = in(reg) data,
            in("a7") libc::SYS_clone,
            inlateout("a0") flags => result,
            in("a1") 0usize, // the same stack
            out("ra") _, // which the call changes
        );
    }
    result
}

/// Ends the process by a signal that cannot be held back, nor by a filter of system calls.
pub fn trap() -> ! {
    // SAFETY: nothing comes after it.
    unsafe { asm!("unimp", options(noreturn, nomem, nostack)) }
}

/// The instructions of the entry point, which call `{begin}` with the stack pointer as the kernel set it.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_point {
    () => {
        concat!(
            "mv fp, zero\n", // the outermost frame
            "mv ra, zero\n",
            "mv a0, sp\n", // which the kernel has aligned
            "call {begin}\n",
            "unimp\n",
        )
    };
}
