//! rinit as PID 1 of real containers, with real programs. `integration/README.md` has the promises, and how
//! to run the tests.

// What programs in containers get from rinit, each with its control: the same without rinit, or without the
// option. podman runs them, with runc: from the stop signal through the engine's patience to the exit code
// it shows, that pair is the whole way that a user's stop takes.
mod servers;

// What users get from rinit who start their program by a package manager or make.
mod commands;

// What engines get from rinit. `matrix` is every feature with every engine, which is the book's table.
mod engines;

// What these are written with: containers, images, load.
mod support;

// The harness of the behavioural tests, of which these tests use a part: `support` says which.
#[path = "../tests/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it, and this a part")]
#[allow(clippy::too_many_arguments, reason = "the threshold in clippy.toml is meant for src/")]
mod harness;
