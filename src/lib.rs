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

pub mod child;
pub mod message;
pub mod options;
pub mod policy;
pub mod supervise;
pub mod sys;
