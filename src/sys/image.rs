//! The running program's own file, as it is in memory.
//!
//! # Safety
//!
//! `link.ld` makes the file one segment from its first byte on, which the kernel maps in whole pages, and which cannot
//! be written to. What is in the section `.first_page` is in the first of them, and what the segment leaves out is in
//! the last.

use core::{ptr, slice};
#[cfg(target_pointer_width = "32")]
use libc::{Elf32_Ehdr as Header, Elf32_Phdr as Segment, Elf32_Shdr as Section};
#[cfg(target_pointer_width = "64")]
use libc::{Elf64_Ehdr as Header, Elf64_Phdr as Segment, Elf64_Shdr as Section};

/// The smallest page that there is.
const PAGE: usize = 4096;

/// How the file begins.
#[repr(C)]
struct Start {
    header: Header,
    segment: Segment,
}

/// A place in the first page. (The linker's symbol for its beginning would be read from a table that has to be
/// relocated.)
#[unsafe(link_section = ".first_page")]
static IN_FIRST_PAGE: [u8; 0] = [];

/// All bytes of the file. None has to be opened for that: without a /proc nobody knows which it is, it may have been
/// replaced or removed, and a user who may execute it may not be allowed to read it.
///
/// Of a file that is not stripped the symbols are missing, which are not in memory.
pub fn bytes() -> &'static [u8] {
    let first_page = IN_FIRST_PAGE.as_ptr().expose_provenance() & !(PAGE - 1);
    let start = ptr::with_exposed_provenance::<Start>(first_page);
    // SAFETY: the page is mapped, is never written, and begins with these two headers.
    let Start { header, segment } = unsafe { &*start };
    let in_segment = segment.p_filesz as usize;
    // The headers of its sections come last.
    let end = header.e_shoff as usize + usize::from(header.e_shnum) * size_of::<Section>();
    let length = end.max(in_segment).min(in_segment.next_multiple_of(PAGE));
    // SAFETY: these pages are mapped and are never written.
    unsafe { slice::from_raw_parts(start.cast(), length) }
}
