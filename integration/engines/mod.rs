//! What engines get from rinit.

// podman: the init that it puts in front of a program, and a pod's infra container.
mod init;
mod pod;

// A pod of images that have no init: rinit installs itself.
mod install;

// The manifests of the book's page on Kubernetes, as far as podman plays them.
mod kubernetes;

// A console, which saves when it reads a line: with and without a standard input.
mod console;

// nginx, upgraded and stopped.
mod upgrade;

// An image's own init, replaced as the book says; its own entrypoint, with rinit in front of it; and the name that
// podman takes for systemd.
mod entrypoint;
mod replace;
mod systemd;

// Every feature with every engine: `features` has the rows, `engine` what an engine has to offer for them.
mod engine;
mod features;
mod matrix;

// The engines: podman and docker, docker's daemon, runc and crun by themselves, and bwrap.
mod bubblewrap;
mod client;
mod docker;
mod runtime;

// What the engines have in common: a client in the foreground, and a user without any rights.
mod attached;
mod user;
