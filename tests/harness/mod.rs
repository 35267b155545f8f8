//! Starts the init under test, as PID 1 of a fresh PID namespace and outside one, and watches it.
//!
//! The init is the release binary of this checkout, for the architecture that `RINIT_TARGET` names, or what
//! `RINIT_UNDER_TEST` names; an option that it is to have in each test is in `RINIT_TEST_OPTION`. A test acts once the child has said `ready`, and waits
//! with a deadline, never for a length of time.
//!
//! `integration/` and `benches/` include these files as well, and use a part of them. All of them are used
//! in `tests/main.rs`, where the compiler says so if one is not.

// Which program, and as what.
mod position;
mod programs;
mod skip;
pub mod target;

// Starting it.
mod caller;
mod launch;
mod namespace;
mod streams;

// Watching it.
mod end;
mod leftovers;
mod lines;
pub mod proc;
mod running;
pub mod trace;
mod wait;

// What it runs in.
pub mod cgroup;
pub mod folder;
pub mod shell;
pub mod terminal;

pub use caller::{fork_is_child, fork_until_exec_is_child, keep_as, must, set_user, wait_to_be_killed};
pub use end::End;
pub use launch::Launch;
pub use lines::Lines;
pub use position::{Position, everywhere};
pub use proc::below;
pub use programs::{core_of_release_binary, debug_binary, names, probe, release_binary, subject, variables};
pub use running::{Output, Running, last_signal, queue, send};
pub use skip::{is_root_or_skip, lane_skipped, skip};
pub use target::target;
pub use wait::{deadline, eventually, eventually_eq};
