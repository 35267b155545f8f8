//! rinit: a minimal init for containers.
//!
//! The program is `main.rs`; this library is its parts, without `std` and without a libc.
#![no_std]
// Nothing that can be reached panics: an init that does takes its container with it.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable
    )
)]

#[cfg(test)]
extern crate std;

pub mod bytes;
pub mod diagnosis;
pub mod elf;
pub mod exit;
mod job;
pub mod message;
pub mod oom;
pub mod options;
pub mod pause;
pub mod personality;
pub mod place;
mod reap;
pub mod reason;
pub mod remap;
pub mod rewrite;
pub mod role;
pub mod search;
pub mod settings;
pub mod signal_name;
pub mod spawn;
pub mod stop;
pub mod supervise;
pub mod survivors;
pub mod sys;
pub mod text;
