//! Memory: mmap(2).
//!
//! # Safety
//!
//! A mapping is made at a place of the kernel's choice and stays for as long as the process lives, so that
//! it can be borrowed for ever, and by one owner only.

use super::call::syscall;
use core::ptr::with_exposed_provenance_mut;
use core::slice;

/// `length` bytes, all zero, of which only those take memory that are written to. Empty if the kernel
/// refuses.
pub fn zeroed(length: usize) -> &'static mut [u8] {
    const NO_FILE: i32 = -1;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: nothing that is mapped is replaced, since the address is the kernel's choice.
    #[cfg(not(target_arch = "s390x"))]
    let mapped = unsafe { syscall!(SYS_mmap, 0usize, length, access, kind, NO_FILE, 0usize) };
    // SAFETY: as before; here the kernel reads the arguments from memory.
    #[cfg(target_arch = "s390x")]
    let mapped = unsafe {
        let arguments = [0, length, access as usize, kind as usize, NO_FILE as usize, 0];
        syscall!(SYS_mmap, arguments.as_ptr())
    };
    match mapped {
        // SAFETY: `length` bytes are mapped there, nobody else knows of them, and they stay.
        Ok(start) => unsafe { slice::from_raw_parts_mut(with_exposed_provenance_mut(start), length) },
        Err(_) => &mut [],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_as_much_memory_as_asked_for_and_all_of_it_is_zero() {
        let memory = zeroed(1 << 20);
        assert_eq!(memory.len(), 1 << 20);
        assert!(memory.iter().all(|byte| *byte == 0));
        memory.fill(1);
    }
}
