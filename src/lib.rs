//! rinit: a minimal init for containers.
//!
//! The program is `main.rs`; this library is its parts, without `std` and without a libc.
#![no_std]

#[cfg(test)]
extern crate std;

pub mod bytes;
pub mod config;
pub mod exit;
pub mod message;
pub mod options;
pub mod place;
pub mod remap;
pub mod rewrite;
pub mod role;
pub mod search;
pub mod signal_name;
pub mod spawn;
pub mod supervise;
pub mod sys;
