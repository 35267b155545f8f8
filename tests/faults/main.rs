//! rinit in a hostile world: each of its system calls fails, in each of the ways that a kernel or a filter has, and
//! signals and delays come at each of them.
//!
//!     cargo test --test faults                          # a few hundred cases
//!     cargo test --test faults -- --cases 3000          # more, and --all: every one
//!     cargo test --test faults -- --seed 7              # the choice that this seed makes
//!     cargo test --test faults -- 'plain pid1: EPERM'   # those whose names have this in them
//!     RINIT_UNDER_TEST=/usr/bin/tini cargo test --test faults   # of tini, or dumb-init or catatonit
//!
//! That faults of an init are found is tried first, with inits that have them, in `controls.rs`.
//!
//! Each runs in a PID namespace of its own, in one of the modes of `modes.rs`. The calls are those of a run without
//! a fault, so that a new one joins by itself. What is wanted is in `judge.rs`.
#![allow(clippy::too_many_arguments, reason = "the threshold in clippy.toml is meant for src/")]

mod child;
mod controls;
#[path = "../harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it, and this a part")]
mod harness;
mod judge;
mod modes;
mod plan;
mod run;
mod trace;
mod work;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().collect();
    let name = arguments.remove(0);
    if name.ends_with("/rinit") {
        std::process::exit(controls::be_init(&arguments));
    }
    if arguments.first().is_some_and(|word| word == "child") {
        std::process::exit(child::run(&arguments[1..]));
    }
    work::main(&arguments)
}
