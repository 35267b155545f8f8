//! x86_64: the entry point, the `syscall` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against the System V ABI, AMD64 supplement, appendix A.2 (system calls) and
//! section 3.4.1 (initial stack). The functions trust their callers in [`crate::sys`] to pass what the
//! system call in question asks for.

use core::arch::asm;
use core::ffi::{CStr, c_long, c_void};

/// What the architecture is called.
pub const MACHINE: &CStr = c"x86_64";

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_X86_64;

macro_rules! syscall {
    ($name:ident($($argument:ident in $register:tt),*)) => {
        /// Makes the system call `number`; returns its result, or the negative errno.
        ///
        /// # Safety
        ///
        /// The arguments are what the system call asks for.
        #[inline(always)]
        #[allow(clippy::too_many_arguments, reason = "the kernel takes up to six")]
        pub unsafe fn $name(number: c_long $(, $argument: usize)*) -> isize {
            let result;
            // SAFETY: the caller's contract; the kernel clobbers rcx and r11 and touches nothing else but
            // what the arguments point to.
            unsafe {
                asm!(
                    "syscall",
                    inlateout("rax") number as isize => result,
                    $(in($register) $argument,)*
                    lateout("rcx") _,
                    lateout("r11") _,
                    options(nostack)
                );
            }
            result
        }
    };
}

syscall!(syscall0());
syscall!(syscall1(a in "rdi"));
syscall!(syscall2(a in "rdi", b in "rsi"));
syscall!(syscall3(a in "rdi", b in "rsi", c in "rdx"));
syscall!(syscall4(a in "rdi", b in "rsi", c in "rdx", d in "r10"));
syscall!(syscall5(a in "rdi", b in "rsi", c in "rdx", d in "r10", e in "r8"));
syscall!(syscall6(a in "rdi", b in "rsi", c in "rdx", d in "r10", e in "r8", f in "r9"));

/// `clone(flags)` whose child calls `run(data)` below the caller's stack frame; returns the child's pid, or
/// the negative errno.
///
/// The caller sleeps until the child has exec'd or ended, so the two never use the stack at the same time,
/// and the child, which never returns, leaves every frame above its own as it was. That makes a stack of
/// its own unnecessary.
///
/// # Safety
///
/// `flags` has `CLONE_VM` and `CLONE_VFORK`, and `run(data)` may be called.
#[inline(always)]
pub unsafe fn clone_vfork(flags: usize, run: extern "C" fn(*mut c_void) -> !, data: *mut c_void) -> isize {
    let result;
    // SAFETY: the caller's contract. In the parent the kernel clobbers rcx and r11 only; in the child
    // nothing after the call is reached. The stack is aligned to 16 bytes here, as the call wants it, and
    // the parent keeps nothing below it.
    unsafe {
        asm!(
            "syscall",
            "test eax, eax",
            "jnz 2f",
            "mov rdi, {data}",
            "call {run}",
            "2:",
            run = in(reg) run,
            data = in(reg) data,
            inlateout("rax") libc::SYS_clone as isize => result,
            in("rdi") flags,
            in("rsi") 0, // the same stack
            out("rcx") _, // not lateout: the child reads its inputs after the system call
            out("r11") _,
        );
    }
    result
}

/// memcpy(3).
///
/// # Safety
///
/// As memcpy(3).
#[inline(always)]
pub unsafe fn copy(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "rep movsb",
            inout("rdi") to => _,
            inout("rsi") from => _,
            inout("rcx") length => _,
            options(nostack, preserves_flags)
        );
    }
}

/// memset(3).
///
/// # Safety
///
/// As memset(3).
#[inline(always)]
pub unsafe fn fill(to: *mut u8, byte: u8, length: usize) {
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "rep stosb",
            inout("rdi") to => _,
            in("al") byte,
            inout("rcx") length => _,
            options(nostack, preserves_flags)
        );
    }
}

/// memcmp(3): the sign of the difference.
///
/// # Safety
///
/// As memcmp(3).
#[inline(always)]
pub unsafe fn compare(a: *const u8, b: *const u8, length: usize) -> i32 {
    let (above, below): (i32, i32);
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "xor {above:e}, {above:e}", // sets the zero flag too, for a length of 0
            "mov {below:e}, {above:e}",
            "repe cmpsb",
            "seta {above:l}",
            "setb {below:l}",
            above = out(reg) above,
            below = out(reg) below,
            inout("rdi") b => _,
            inout("rsi") a => _,
            inout("rcx") length => _,
            options(nostack, readonly)
        );
    }
    above - below
}

/// strlen(3).
///
/// # Safety
///
/// As strlen(3).
#[inline(always)]
pub unsafe fn length(string: *const u8) -> usize {
    let end: *const u8;
    // SAFETY: the caller's contract.
    unsafe {
        asm!(
            "repne scasb",
            inout("rdi") string => end,
            inout("rcx") usize::MAX => _,
            in("al") 0u8,
            options(nostack, readonly)
        );
    }
    end.addr() - string.addr() - 1
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
            "xor ebp, ebp\n", // the outermost frame, System V ABI
            "mov rdi, rsp\n",
            "and rsp, -16\n",
            "call {begin}\n",
            "ud2\n",
        )
    };
}
