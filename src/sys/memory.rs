//! Memory: mmap(2).
//!
//! # Safety
//!
//! A mapping is made at a place of the kernel's choice and stays for as long as the process lives, so
//! that it can be borrowed for ever, and by one owner only.

use super::arch::syscall6;
use super::errno::Errno;
use core::slice;

/// `length` bytes, all zero, of which only those cost memory that are written to. None at all if the
/// kernel has none to give.
pub fn zeroed(length: usize) -> &'static mut [u8] {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: nothing that is mapped is replaced.
    let mapped = Errno::check(unsafe {
        syscall6(libc::SYS_mmap, 0, length, access as usize, kind as usize, usize::MAX, 0)
    });
    match mapped {
        // SAFETY: `length` bytes are mapped there, nobody else knows of them, and they stay.
        Ok(start) => unsafe { slice::from_raw_parts_mut(start as *mut u8, length) },
        Err(_) => &mut [],
    }
}
