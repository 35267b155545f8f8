//! The kernel, and nothing of inits: one safe function per system call, under the kernel's names.
//!
//! # Safety
//!
//! This folder and `main.rs` are the only places with `unsafe`, which the lint `unsafe_code` enforces. A
//! function here is safe to call with any argument its types let through; where that takes an argument about
//! pointers, the `SAFETY` comment at the call makes it. What differs per architecture is one file in `arch`.

pub mod arch;
pub mod arguments;
pub mod bytes;
mod call;
pub mod clock;
pub mod file;
pub mod image;
pub mod memory;
mod numbers;
pub mod process;
pub mod random;
pub mod signal;
mod start;
pub mod terminal;
pub mod types;
