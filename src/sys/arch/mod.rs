//! What differs per architecture: one file for each.
//!
//! Such a file has the `syscall` instruction, the entry point, the vfork trampoline, the functions that the
//! compiler calls by name, and the architecture's name and its number in ELF files.

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64"))]
mod x86_64;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64"))]
pub use x86_64::*;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_pointer_width = "64")))]
compile_error!(
    "rinit is not ported to this target. It supports x86_64-unknown-linux-gnu and x86_64-unknown-linux-musl; \
     ARCHITECTURE.md says how to add an architecture."
);
