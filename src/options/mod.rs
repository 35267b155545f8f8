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
use crate::sys::arguments::{Arguments, Program};
use crate::sys::file;
use effect::Request;
use mistake::Source;
use personality::Personality;
use settings::{ChildGroup, Settings, Target};
use walk::Walk;

/// What a command line asks for.
pub enum Command {
    /// To run a program.
    Run(Program),
    /// To run none.
    Pause,
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
    let environment = variables::read(arguments.environment, personality, settings);
    let request = if personality.always_pauses() { Request::Pause } else { Request::Run };
    let reading = Source::command_line();
    let mut walk = Walk { personality, settings, last_read: arguments.argv, request, reading };
    let options = walk.read_options();
    if let Request::Print(text) = walk.request {
        return Ok(Command::Print(text)); // whatever the environment says: engines ask for the version
    }
    if let Err(mistake) = environment {
        return Err(mistake.report());
    }
    if let Err(reason) = options {
        return Err(walk.reading.mistake(reason).report());
    }
    let program = Program::after(walk.last_read, arguments.environment);
    command(&mut walk, program).map_err(|reason| Source::command_line().mistake(reason).report())
}

/// Prints what was asked for on standard output.
///
/// # Errors
///
/// Standard output did not take all of it, of which a message has been sent.
pub fn print(text: &str) -> Result<(), OwnCode> {
    file::write_all(file::STDOUT, text.as_bytes()).map_err(|error| {
        say!("write to stdout: {}", error);
        OwnCode::Failure
    })
}

/// The command that the options add up to, with the program that comes after them.
fn command(walk: &mut Walk, program: Option<Program>) -> Result<Command, Reason> {
    if let Request::Pause = walk.request {
        return match program {
            Some(_) if !walk.personality.pauses_beside_a_program() => Err("--pause runs no program"),
            _ => Ok(Command::Pause),
        };
    }
    let program = program.ok_or("no program to run")?;
    if walk.settings.group == ChildGroup::Inherited && walk.settings.target == Target::Group {
        return Err("--group with --no-group would send signals back to rinit");
    }
    if walk.personality.stops_a_session() && walk.settings.group == ChildGroup::OwnSession {
        walk.settings.rewrite.stop_by_default();
    }
    let had_dashes = walk.last_read.first() == Some(c"--");
    Ok(Command::Run(if walk.personality.drops_dashes_after_the_program() && !had_dashes {
        program.without_dashes()
    } else {
        program
    }))
}
