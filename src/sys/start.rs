//! What a program needs where no libc starts it: an entry point, and the functions that the compiler calls
//! by name.

/// Defines the entry point, named `rinit_start` so that it is not the `_start` which a musl target links as
/// well, and the functions that the compiler and `core` call by name (`core`'s documentation, "How to use
/// the core library"). It is a macro, since a library that defined them would define them for its tests too.
///
/// `$main` is a safe `fn(Arguments) -> u8`; its result is the exit code.
#[macro_export]
macro_rules! start {
    ($main:path) => {
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn rinit_start() -> ! {
            core::arch::naked_asm!($crate::entry_point!(), begin = sym begin)
        }

        extern "C" fn begin(stack: core::ptr::NonNull<usize>) -> ! {
            // SAFETY: the entry point passes the stack pointer as the kernel set it.
            let arguments = unsafe { $crate::sys::arguments::Arguments::from_initial_stack(stack) };
            $crate::sys::process::exit($main(arguments))
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
            // SAFETY: the caller's contract, memcpy(3).
            unsafe { $crate::sys::arch::copy(to, from, length) };
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
            // SAFETY: the caller's contract, memset(3).
            unsafe { $crate::sys::arch::fill(to, byte as u8, length) };
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
            // SAFETY: the caller's contract, memcmp(3).
            unsafe { $crate::sys::arch::compare(a, b, length) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
            // SAFETY: the caller's contract, bcmp(3).
            unsafe { $crate::sys::arch::compare(a, b, length) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn strlen(string: *const u8) -> usize {
            // SAFETY: the caller's contract, strlen(3).
            unsafe { $crate::sys::arch::length(string) }
        }
    };
}
