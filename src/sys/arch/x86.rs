//! i686: the entry point, the `int 0x80` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against syscall(2) and the System V ABI, Intel386 supplement. The functions
//! trust their callers in [`crate::sys`] to pass what the system call in question asks for.

pub use super::portable::*;
use super::portable::{Argument, system_calls};
use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"i686";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_386;

/// Makes the system call `number`; returns its result, or the negative errno.
///
/// # Safety
///
/// The arguments are what the system call asks for.
#[inline(never)] // six arguments take every register that there is
unsafe fn call(number: c_long, arguments: [Argument; 6]) -> isize {
    let result;
    // SAFETY: the caller's contract; the kernel changes the register of the result and nothing else but
    // what the arguments point to. The compiler keeps esi and ebp for itself, so they are put back.
    unsafe {
        asm!(
            "push esi",
            "push ebp",
            "mov ebx, [edi]",
            "mov ecx, [edi + 4]",
            "mov edx, [edi + 8]",
            "mov esi, [edi + 12]",
            "mov ebp, [edi + 20]",
            "mov edi, [edi + 16]",
            "int 0x80",
            "pop ebp",
            "pop esi",
            inlateout("eax") number => result,
            inlateout("edi") arguments.as_ptr() => _,
            out("ebx") _,
            out("ecx") _,
            out("edx") _,
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
    // SAFETY: the caller's contract. In the parent the kernel changes the register of the result only; in the
    // child nothing after the call is reached. The stack is aligned to 16 bytes here, and so is the argument,
    // as the call wants it, and the parent keeps nothing below it.
    unsafe {
        asm!(
            "int 0x80",
            "test eax, eax",
            "jnz 2f",
            "sub esp, 12",
            "push {data}",
            "call {run}",
            "2:",
            run = in(reg) run,
            data = in(reg) data,
            inlateout("eax") libc::SYS_clone => result,
            in("ebx") flags,
            in("ecx") 0usize, // the same stack
        );
    }
    result
}

/// Ends the process by a signal that cannot be held back, nor by a filter of system calls.
pub fn trap() -> ! {
    // SAFETY: nothing comes after it.
    unsafe { asm!("ud2", options(noreturn, nomem, nostack)) }
}

/// The instructions of the entry point, which call `{begin}` with the stack pointer as the kernel set it.
#[macro_export]
#[doc(hidden)]
macro_rules! entry_point {
    () => {
        concat!(
            "xor ebp, ebp\n", // the outermost frame
            "mov eax, esp\n",
            "and esp, -16\n",
            "sub esp, 12\n",
            "push eax\n",
            "call {begin}\n",
            "ud2\n",
        )
    };
}
