//! rinit: a minimal init for containers. The program is `main.rs`; this library is its parts.
//!
//! ```text
//! argv, envp ─ options ─▶ Settings          (help, version and errors leave here)
//!                           │
//!        block signals, keep the original mask
//!                           │
//!                         child ─▶ spawned   ← the last place that may fail
//! ═══════════════════ point of no return: from here nothing returns an error ═══════
//!                       supervise
//!            wait ─▶ event ─▶ decide (pure) ─▶ act: forward · reap · stage · drain
//!                           │
//!           wait status ─▶ exit policy (pure) ─▶ exit code
//! ```
//!
//! The modules stand below in reading order, and each uses only those after it. What holds everywhere: no
//! `std`, no libc, no allocation, no signal handler, no writable data and no relocation, no reachable panic.
//! `ARCHITECTURE.md` says which test or lint holds each.
#![no_std]
// What needs it is the kernel's business: see `sys`.
#![deny(unsafe_code)]
#![deny(clippy::too_many_lines, clippy::too_many_arguments)]
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

/// From the point of no return on: forwards, reaps, ends what is left.
pub mod supervise;

/// The program that rinit starts, up to its exec.
pub mod child;

/// A copy of rinit, which needs no program either.
pub mod install;

/// What is asked for: argv and the environment become settings.
pub mod options;

/// Pure decisions over values.
pub mod policy;

/// What is said, and the words it is said in.
pub mod message;

/// The kernel, and nothing of inits.
#[allow(unsafe_code)]
pub mod sys;
