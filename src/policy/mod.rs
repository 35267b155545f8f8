//! Decisions, as pure functions over values: none of them asks the kernel, and a table tests each.
//!
//! A rule that users write, such as `TERM:USR1`, is read where its value is.

pub mod countdown;
pub mod decide;
pub mod exit;
pub mod remap;
pub mod rewrite;
pub mod stop;
