//! Programs in containers, most of them servers, and how each is stopped.

// Web servers, to which SIGTERM means "cut off": rewritten, it means "finish".
mod apache;
mod haproxy;
mod nginx;
mod php_fpm;

// Databases: what they have acknowledged is there at the next start.
mod postgres;
mod redis;

// Servers whose exit code for a stop is not 0.
mod jvm;
mod socat;

// Servers that upgrade themselves while they run.
mod upgrade;

// Behind a shell: a server, and a job that outlives the shell.
mod python;
mod script;

// A listening socket that systemd passes on.
mod socket;

// The smallest of all: a static program on an empty root.
mod static_child;
