//! x86_64: the entry point, the `syscall` instruction and the vfork trampoline.
//!
//! # Safety
//!
//! Everything here is written against the System V ABI, AMD64 supplement, appendix A.2 (system
//! calls) and section 3.4.1 (initial stack). The functions trust their callers in [`crate::sys`] to
//! pass what the system call in question asks for.

use core::arch::asm;
use core::ffi::{c_long, c_void};

/// What the architecture is called.
macro_rules! machine {
    () => {
        "x86_64"
    };
}
pub(crate) use machine;

/// Its number in the header of an ELF file, elf(5).
pub const ELF_MACHINE: u16 = libc::EM_X86_64;

macro_rules! syscall {
    ($name:ident($($argument:ident in $register:tt),*)) => {
        /// Makes the system call `number`; answers its result, or the negative errno.
        #[inline(always)]
        pub(crate) unsafe fn $name(number: c_long $(, $argument: usize)*) -> isize {
            let result;
            // SAFETY: the caller answers for the arguments; the kernel clobbers rcx and r11 and
            // touches nothing else but what the arguments point to.
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
syscall!(syscall6(a in "rdi", b in "rsi", c in "rdx", d in "r10", e in "r8", f in "r9"));

/// `clone(flags)` whose child calls `run(data)` below the caller's stack frame.
///
/// With `CLONE_VM | CLONE_VFORK` the caller sleeps until the child has exec'd or ended, so the two
/// never use the stack at the same time, and the child, which never returns, leaves every frame
/// above its own as it was. That makes a stack of its own unnecessary.
#[inline(always)]
pub(crate) unsafe fn clone_vfork(
    flags: usize,
    run: extern "C" fn(*mut c_void) -> !,
    data: *mut c_void,
) -> isize {
    let result;
    // SAFETY: the caller asks for CLONE_VM and CLONE_VFORK. In the parent the kernel clobbers rcx
    // and r11 only; in the child nothing after the call is reached. The stack is aligned to 16
    // bytes here, as the call wants it, and the parent keeps nothing below it.
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

/// memcpy(3), for lengths that only run time knows: called by name it would be called through an
/// address in memory, which needs relocation.
pub fn copy(to: &mut [u8], from: &[u8]) {
    // SAFETY: neither slice is left, and a borrowed one does not overlap a mutably borrowed one.
    unsafe {
        asm!(
            "rep movsb",
            inout("rdi") to.as_mut_ptr() => _,
            inout("rsi") from.as_ptr() => _,
            inout("rcx") to.len().min(from.len()) => _,
            options(nostack, preserves_flags)
        );
    }
}

/// Defines what the program needs where no libc starts it: the entry point `rinit_start`, named so
/// that it is not the `_start` which a musl target links as well, and the functions that the
/// compiler and `core` call by name (`core`'s documentation, "How to use the core library").
///
/// `$main` is a safe `fn(Arguments) -> u8`; its result is the exit code.
#[macro_export]
macro_rules! start {
    ($main:path) => {
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn rinit_start() -> ! {
            core::arch::naked_asm!(
                "xor ebp, ebp", // the outermost frame, System V ABI
                "mov rdi, rsp",
                "and rsp, -16",
                "call {begin}",
                "ud2",
                begin = sym begin,
            )
        }

        extern "C" fn begin(stack: *const usize) -> ! {
            // SAFETY: rinit_start passes the stack pointer as the kernel set it.
            let arguments = unsafe { $crate::sys::arguments::Arguments::from_initial_stack(stack) };
            $crate::sys::process::exit($main(arguments))
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
            // SAFETY: the caller's contract, memcpy(3).
            unsafe {
                core::arch::asm!(
                    "rep movsb",
                    inout("rdi") to => _,
                    inout("rsi") from => _,
                    inout("rcx") length => _,
                    options(nostack, preserves_flags)
                );
            }
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
            // SAFETY: the caller's contract, memset(3).
            unsafe {
                core::arch::asm!(
                    "rep stosb",
                    inout("rdi") to => _,
                    in("al") byte as u8,
                    inout("rcx") length => _,
                    options(nostack, preserves_flags)
                );
            }
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
            let (above, below): (i32, i32);
            // SAFETY: the caller's contract, memcmp(3).
            unsafe {
                core::arch::asm!(
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

        #[unsafe(no_mangle)]
        unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
            let differ: i32;
            // SAFETY: the caller's contract, bcmp(3).
            unsafe {
                core::arch::asm!(
                    "xor {differ:e}, {differ:e}", // sets the zero flag too, for a length of 0
                    "repe cmpsb",
                    "setne {differ:l}",
                    differ = out(reg) differ,
                    inout("rdi") b => _,
                    inout("rsi") a => _,
                    inout("rcx") length => _,
                    options(nostack, readonly)
                );
            }
            differ
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn strlen(string: *const u8) -> usize {
            let end: usize;
            // SAFETY: the caller's contract, strlen(3).
            unsafe {
                core::arch::asm!(
                    "repne scasb",
                    inout("rdi") string => end,
                    inout("rcx") usize::MAX => _,
                    in("al") 0u8,
                    options(nostack, readonly)
                );
            }
            end - string as usize - 1
        }
    };
}
