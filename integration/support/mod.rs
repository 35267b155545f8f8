//! What the tests are written with.

// podman, with its state in folders of its own; the images; and containers that end with their test.
pub(crate) mod container;
pub(crate) mod image;
pub(crate) mod podman;

// What a server is stopped under: requests in a container's network, and writes to a database; and a socket of systemd's.
pub(crate) mod activation;
pub(crate) mod load;
pub(crate) mod network;
pub(crate) mod writers;

// Commands; waiting with a deadline; set-up whose failure does not fail all tests; and what a run must not leave.
pub(crate) mod command;
mod leftovers;
pub(crate) mod poll;
pub(crate) mod setup;

// All that these tests take from the harness of the behavioural tests.
pub(crate) use crate::harness::shell::interactive;
pub(crate) use crate::harness::terminal::CTRL_C;
pub(crate) use crate::harness::{
    Launch, Position, Running, eventually, eventually_eq, must, proc, release_binary, send, subject,
};
