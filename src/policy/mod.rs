//! Decisions, as pure functions over values.
#![forbid(unsafe_code)]

pub mod exit;
pub mod remap;
pub mod rewrite;
pub mod stop;
