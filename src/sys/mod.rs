//! The kernel, and nothing of inits: one safe function per system call, under the kernel's names.
//!
//! # Safety
//!
//! This folder and `main.rs` are the only places with `unsafe`. A function here is safe to call with
//! any argument its types let through; where that takes an argument about pointers, the `SAFETY`
//! comment at the call makes it. What differs per architecture is one file below `arch`.

pub mod arguments;
pub mod bytes;
pub mod clock;
pub mod errno;
pub mod file;
pub mod memory;
pub mod path;
pub mod process;
pub mod signal;
pub mod terminal;

#[cfg_attr(target_arch = "x86_64", path = "arch/x86_64.rs")]
mod arch;

pub(crate) use arch::machine;
pub use arch::{ELF_MACHINE, copy};
