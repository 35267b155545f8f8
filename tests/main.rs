//! What rinit promises, tested on the program that ships: the table of contents, in reading order.
#![allow(clippy::too_many_arguments, reason = "the threshold in clippy.toml is meant for src/")]

/// What the tests are made with: it starts the init under test and watches it.
mod harness;

// The program and its end.

/// What the child inherits is what rinit's caller gave.
mod transparency;

/// rinit exits with the child's code, and with codes of its own only where it has failed itself.
mod exit_code;

/// rinit dies of the signal that killed its child, so that whoever waits for it sees what it would see without
/// rinit; as PID 1 it exits with 128 and the signal's number.
mod deaths;

/// All of this holds where the kernel allows little, and with as much as it takes.
mod strict;

/// Every zombie is reaped, whatever else happens.
mod reaping;

/// Outside a PID namespace of its own rinit adopts orphans, and follows its parent if asked to.
mod subreaper;

/// rinit itself keeps nothing of its caller's.
mod hygiene;

/// What a child that somebody else controls can do to it, and what it cannot.
mod hijacked;

/// The descriptors of a socket activation go to the child.
mod listen;

/// So does what else a service manager or a supervisor addressed to rinit and means for the program.
mod addressed;

/// Under an emulator rinit says the same and exits with the same codes.
mod emulators;

// Signals.

/// Every signal that rinit can receive reaches the child, rewritten where that was asked for.
mod forwarding;

/// With `-g` the whole process group gets the signals.
mod process_group;

/// `--stop` goes on to the next signal when the child does not react; `--stop-ok` tells a stop that was
/// asked for from one that was not.
mod stop;

/// A step of `--stop` in single quotes is a line that is written to the child's standard input.
mod stop_line;

/// Time in which rinit was frozen is not taken from the child or the survivors.
mod frozen;

/// What the child leaves behind is asked to end, waited for, and killed when the time is over.
mod survivors;

/// With `--stay` rinit stays for daemons and successors, and a stop reaches all of them.
mod stay;

/// Outside a container rinit tells who had to be killed, where nobody has asked for the end.
mod told;

/// No wait is without a bound and none is deaf, whatever the survivors do and the kernel refuses.
mod waits;

/// Of storms of signals, orphans and survivors nothing is lost that the kernel has not lost, and nobody is left.
mod storms;

/// `--pause`: no child, as the infra container of a pod.
mod pause;

/// `--install`: no child either, but a copy of rinit.
mod install;

// Sessions and terminals.

/// `--session` and `--no-group`: the child's session and process group are what was asked for.
mod session;

/// The child gets the terminal if rinit has it, and what is typed there reaches the child.
mod terminal;

/// Under a shell a job is a job: Ctrl-Z, `fg`, `bg` and `jobs` work as if rinit were not there.
mod job_control;

/// With `--stop` a key, or the end of the terminal, begins the stop.
mod stop_at_a_terminal;

// Finding the program, and what is said.

/// The program is found as execvp(3) finds it.
mod path_search;

/// When the program cannot be executed, rinit says why and what to do about it.
mod diagnosis;

/// With `-v` rinit says how the child ended, and whether the OOM killer struck.
mod why_it_died;

/// Options and variables in all their spellings; what is wrong is named and starts nothing; the texts.
mod command_line;

/// What holds for any input, tried with many, and compared with models.
mod properties;

// Under other inits' names, and beside them.

/// What tini, dumb-init, catatonit and pause promise: the originals keep it, and so does rinit under their
/// names.
mod personalities;

/// The README's table of what the inits do with the same things.
mod comparison;

// The file.

/// What it may cost: the numbers to which the next two hold it, and their reasons.
mod budget;

/// Facts about the binary that ships, and its documents.
mod artefact;

/// What README, book and manual page say of command lines, messages and variables is so.
mod documents;

/// The same program for other architectures.
mod architectures;

/// The page that says what each of them is, and which tests it passes.
mod targets;

/// What rinit costs: system calls, instructions, memory, page faults and wake-ups.
mod footprint;

/// The workflow that releases runs the scripts of `release/`, with no right that it does not need.
mod workflows;

// The tests themselves.

/// They leave no process behind, whatever the init under test does.
mod leaves_nothing;

/// Rules of the source, such as what may use what.
mod source;
