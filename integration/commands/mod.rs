//! Commands that start the program for the user, package managers and make, each the real one. rinit is PID 1 of
//! a PID namespace, or runs at a terminal; there is no container.

// As the command of a container: `npm start` and its like, and the server behind it.
mod start;

// Python's shared memory, which a process beside the program removes.
mod shared_memory;

// At a terminal: a test suite, Ctrl-C, and a terminal that is closed.
mod test_suite;

// npm, yarn and pnpm.
mod managers;
