//! What is asked for: the command line and the environment become `Settings` and a `Command`.

mod effect;
mod mistake;
pub mod personality;
pub mod settings;
mod table;
mod variables;
mod walk;

use crate::message::{Reason, say};
use crate::policy::exit::OwnCode;
use crate::sys::arguments::{Arguments, Program, Strings};
use crate::sys::file;
use crate::sys::types::Errno;
use mistake::Source;
use personality::Personality;
use settings::{ChildGroup, Request, Settings, Target, Text};
use table::HELP;
use walk::Walk;

const LICENSE: &str = concat!(
    "rinit ",
    env!("CARGO_PKG_VERSION"),
    ", copyright (c) 2026 The rinit developers, license: MIT or Apache-2.0\n",
);

/// What a command line asks for.
pub enum Command {
    /// To run a program.
    Run(Program),
    /// To run none.
    Pause,
    /// To copy rinit to this path.
    Install(&'static [u8]),
    /// To print this and exit.
    Print(&'static str),
}

/// Reads the environment into `settings`, and then the command line, which wins.
///
/// # Errors
///
/// Bad usage, of which a message has been sent.
pub fn parse(
    arguments: &Arguments,
    personality: Personality,
    settings: &mut Settings,
) -> Result<Command, OwnCode> {
    let reading = Source::command_line();
    let mut walk = Walk { personality, settings, last_read: arguments.argv, reading };
    let variables = walk.read_variables(arguments.environment);
    let options = walk.read_options();
    if let Request::Print(text) = walk.settings.request {
        return Ok(Command::Print(words(text, personality))); // whatever the environment says: engines ask for the version
    }
    // A mistake in the environment is read again, so that it is what is being read.
    let read = if variables.is_ok() { options } else { walk.read_variables(arguments.environment) };
    read.and_then(|()| command(&mut walk, arguments.environment))
        .map_err(|reason| walk.reading.report(reason))
}

/// What is printed.
fn words(text: Text, personality: Personality) -> &'static str {
    match text {
        Text::Help => HELP,
        Text::Version => personality.version(),
        Text::License => LICENSE,
    }
}

impl OwnCode {
    /// A failure because this was refused with `error`, of which a message is sent.
    #[inline(never)]
    pub fn refused(action: &str, error: Errno) -> Self {
        say!("{}: {}", action, error);
        Self::Failure
    }
}

/// Prints what was asked for on standard output. Whoever has read enough of it, as `head` has, may close that.
///
/// # Errors
///
/// Standard output did not take all of it, of which a message has been sent.
pub fn print(text: &str) -> Result<(), OwnCode> {
    match file::write_all(file::STDOUT, text.as_bytes()) {
        Ok(()) | Err(Errno(libc::EPIPE)) => Ok(()),
        Err(error) => Err(OwnCode::refused("write to stdout", error)),
    }
}

/// The command that the options add up to, with the program that comes after them and its environment.
fn command(walk: &mut Walk, environment: Strings) -> Result<Command, Reason> {
    walk.reading = Source::command_line();
    let program = Program::after(walk.last_read, environment);
    let request = walk.settings.request;
    if !matches!(request, Request::Run) {
        if program.is_some() && !walk.personality.pauses_beside_a_program() {
            return Err(Reason::RunsNone);
        }
        return Ok(match request {
            Request::Install(path) => Command::Install(path),
            _ => Command::Pause,
        });
    }
    let program = program.ok_or(Reason::NoProgram)?;
    if walk.settings.group == ChildGroup::Inherited && walk.settings.target == Target::Group {
        return Err(Reason::SignalsComeBack);
    }
    if walk.personality.stops_a_session() && walk.settings.group == ChildGroup::OwnSession {
        walk.settings.rewrite.stop_by_default();
    }
    Ok(Command::Run(
        if walk.personality.drops_dashes_after_the_program() && !walk.last_read.begins_with_dashes() {
            program.without_dashes()
        } else {
            program
        },
    ))
}
