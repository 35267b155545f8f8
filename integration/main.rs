//! rinit as PID 1 of real containers, with real programs: what `integration/README.md` tells about.
//!
//! The engine is podman with runc, because that pair is the whole way a user's stop takes (the engine's
//! stop signal, its patience, the exit code that it shows), comes from Debian's packages and needs no
//! daemon. `matrix` has the other engines.

mod apache;
mod container;
mod engine;
#[path = "../tests/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it, and this a part")]
mod harness;

mod haproxy;
mod image;
mod init;
mod jvm;
mod load;
mod matrix;
mod network;
mod nginx;
mod php_fpm;
mod pod;
mod poll;
mod postgres;
mod python;
mod redis;
mod replace;
mod script;
mod socat;
mod socket;
mod static_child;
mod writers;
