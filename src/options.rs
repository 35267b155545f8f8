//! The command line and the environment: from bytes to a [`Config`].
#![forbid(unsafe_code)]

use crate::bytes::{parse_number, split_once};
use crate::config::{Config, Settings, Target};
use crate::exit::OwnCode;
use crate::message::say;
use crate::signal_name;
use crate::sys::arguments::{Arguments, Program, Strings};
use crate::sys::file;
use crate::sys::signal::Signal;
use crate::text::{Escaped, Show, Text};
use log::LevelFilter;

/// Makes the options, the parser's look-ups and the help out of one table.
///
/// The look-ups are code and not an array of rows, since an array would hold addresses, and rinit
/// has nothing that needs relocation.
macro_rules! options {
    ($($option:ident $flags:literal [$($value:literal)?] $help:literal [$($variable:literal)?];)*) => {
        /// An option of the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Flag { $($option,)* }

        impl Flag {
            /// The option that goes by what was written at `place`.
            fn find(source: Source) -> Option<Self> {
                $(if source.names($flags.as_bytes(), concat!($($variable)?).as_bytes()) {
                    return Some(Self::$option);
                })*
                None
            }

            fn takes_value(self) -> bool {
                match self { $(Self::$option => !concat!($($value)?).is_empty(),)* }
            }
        }

        /// What `--help` prints.
        pub const HELP: &str = concat!(
            "Usage: rinit [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n",
            "Runs PROGRAM, forwards signals to it, reaps zombies, and exits with its code.\n\n",
            $("  ", $flags, $(" ", $value,)? "\n        ", $help, $(" [", $variable, "]",)? "\n",)*
            "\nThe names in brackets are environment variables; options win over them.\n",
        );
    };
}

options! {
    Group "-g, --group" []
        "forward signals to the child's process group" ["RINIT_GROUP"];
    Rewrite "-r, --rewrite" ["FROM[,FROM...]:TO"]
        "send TO for each FROM received; 'drop' as TO sends nothing" ["RINIT_REWRITE"];
    Remap "-e, --remap" ["CODE[:NEW]"]
        "exit with NEW, or 0, where the child's code is CODE" ["RINIT_REMAP"];
    ParentDeath "-p, --parent-death" ["SIGNAL"]
        "get SIGNAL when the parent process ends" ["RINIT_PARENT_DEATH"];
    Subreaper "-s, --subreaper" []
        "adopt orphans when not PID 1: the default" ["RINIT_SUBREAPER"];
    NoSubreaper "--no-subreaper" []
        "do not adopt orphans when not PID 1" [];
    WarnReaped "-w, --warn-reaped" []
        "warn of each reaped orphan" ["RINIT_WARN_REAPED"];
    Verbose "-v, --verbose" []
        "say how the child ended; -vv: each signal; -vvv: each orphan" ["RINIT_VERBOSITY"];
    License "-l, --license" []
        "print the license and exit" [];
    Help "-h, --help" []
        "print this help and exit" [];
    Version "-V, --version" []
        "print the version and exit" [];
}

/// What a command line asks for.
#[allow(clippy::large_enum_variant, reason = "there is one, on the stack, and no heap to move it to")]
pub enum Command {
    /// To run a program.
    Run(Config),
    /// To print this and exit.
    Print(&'static str),
}

/// Prints what was asked for, and answers the exit code: nothing is lost in silence if stdout does
/// not take it.
pub fn print(text: &str) -> OwnCode {
    match file::write_all(file::STDOUT, text.as_bytes()) {
        Ok(()) => OwnCode::Success,
        Err(error) => {
            say!("write to stdout: ", &error);
            OwnCode::Failure
        }
    }
}

/// A wrong command line or environment: where, what and why.
pub struct Mistake {
    source: Source,
    value: Option<&'static [u8]>,
    reason: &'static str,
}

/// Where something was asked for.
#[derive(Clone, Copy)]
enum Source {
    Letter(u8),
    Name(&'static [u8]),
    Variable(&'static [u8]),
    CommandLine,
}

impl Source {
    /// Whether this is the option with these flags, as the help shows them, and this variable.
    fn names(self, flags: &[u8], variable: &[u8]) -> bool {
        match self {
            Self::Letter(letter) => flags.starts_with(&[b'-', letter, b',']),
            Self::Name(name) => flags.strip_suffix(name).is_some_and(|rest| rest.ends_with(b"--")),
            Self::Variable(name) => variable == name,
            Self::CommandLine => false,
        }
    }

    fn mistake(self, value: Option<&'static [u8]>, reason: &'static str) -> Mistake {
        Mistake { source: self, value, reason }
    }
}

impl Show for Source {
    fn show(&self, text: &mut Text) {
        match self {
            Self::Letter(letter) => {
                "-".show(text);
                Escaped(&[*letter]).show(text);
            }
            Self::Name(name) => {
                "--".show(text);
                Escaped(name).show(text);
            }
            Self::Variable(name) => Escaped(name).show(text),
            Self::CommandLine => "the command line".show(text),
        }
    }
}

impl Mistake {
    /// Says what is wrong, and answers the exit code.
    pub fn report(&self) -> OwnCode {
        match self.value {
            Some(value) => say!("parse ", &self.source, " ", &Escaped(value), ": ", self.reason, HINT),
            None => say!("parse ", &self.source, ": ", self.reason, HINT),
        }
        OwnCode::Failure
    }
}

const HINT: &str = "\nhint: rinit --help lists the options; what follows -- is the program";

const VERSION: &str = concat!("rinit ", env!("CARGO_PKG_VERSION"), "\n");

const LICENSE: &str =
    concat!("rinit is licensed under MIT or Apache-2.0, as you like.\n\n", include_str!("../LICENSE-MIT"));

/// Reads the environment and then the command line, which wins.
pub fn parse(arguments: &Arguments) -> Result<Command, Mistake> {
    let mut parser = Parser { settings: Settings::default(), position: arguments.argv };
    let environment = parser.read_environment(arguments.environment);
    if let Some(text) = parser.read_options()? {
        return Ok(Command::Print(text)); // whatever the environment says: engines ask for the version
    }
    environment?;
    let Some(program) = Program::after(parser.position) else {
        return Err(Source::CommandLine.mistake(None, "no program to run"));
    };
    Ok(Command::Run(Config { program, environment: arguments.environment, settings: parser.settings }))
}

struct Parser {
    settings: Settings,
    /// The arguments from the last one that was read on.
    position: Strings,
}

impl Parser {
    fn read_environment(&mut self, environment: Strings) -> Result<(), Mistake> {
        // tini's come first, so that rinit's own win over them.
        for prefix in [&b"TINI_"[..], b"RINIT_"] {
            for variable in environment.starting_with(prefix) {
                if let Some((name, value)) = split_once(variable, b'=') {
                    let source = Source::Variable(name);
                    let read = match Flag::find(source) {
                        Some(_) if value.is_empty() => Ok(()), // as if it were not set
                        Some(flag) => self.read_variable(flag, value),
                        None => self.read_tini_variable(name, value),
                    };
                    read.map_err(|reason| source.mistake(Some(value), reason))?;
                }
            }
        }
        Ok(())
    }

    fn read_variable(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), &'static str> {
        match flag {
            Flag::Verbose => self.settings.verbosity = verbosity(value, LevelFilter::Warn)?,
            Flag::Subreaper => self.settings.subreaper = is_on(value)?,
            Flag::WarnReaped => self.settings.warn_reaped = is_on(value)?,
            Flag::Group => self.settings.target = if is_on(value)? { Target::Group } else { Target::Child },
            Flag::Rewrite | Flag::Remap => {
                for rule in value.split(|byte| *byte == b' ').filter(|rule| !rule.is_empty()) {
                    self.apply(flag, rule)?;
                }
            }
            _ => {
                self.apply(flag, value)?;
            }
        }
        Ok(())
    }

    /// The three of tini's README. What is not known is somebody else's.
    fn read_tini_variable(&mut self, name: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if name == b"TINI_KILL_PROCESS_GROUP" {
            self.settings.target = Target::Group; // tini only asks whether it is there
        } else if name == b"TINI_SUBREAPER" {
            self.settings.subreaper = true;
        } else if name == b"TINI_VERBOSITY" {
            self.settings.verbosity = verbosity(value, LevelFilter::Error)?; // its 1 is for warnings
        }
        Ok(())
    }

    /// Reads up to the first argument that is not an option. Answers a text if one asked for it.
    fn read_options(&mut self) -> Result<Option<&'static str>, Mistake> {
        while let Some(argument) = self.position.rest().first() {
            let printed = match argument.to_bytes() {
                b"--" => {
                    self.position = self.position.rest();
                    break;
                }
                [b'-', b'-', long @ ..] => self.read_long(long)?,
                [b'-', letters @ ..] if !letters.is_empty() => self.read_letters(letters)?,
                _ => break,
            };
            if printed.is_some() {
                return Ok(printed);
            }
        }
        Ok(None)
    }

    /// `--name`, `--name=value` or `--name value`.
    fn read_long(&mut self, option: &'static [u8]) -> Result<Option<&'static str>, Mistake> {
        self.position = self.position.rest();
        let (name, value) = match split_once(option, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let source = Source::Name(name);
        let Some(flag) = Flag::find(source) else {
            return Err(source.mistake(value, "no such option"));
        };
        if value.is_some() && !flag.takes_value() {
            return Err(source.mistake(value, "this option takes no value"));
        }
        self.read_value(flag, source, value)
    }

    /// `-v`, `-vg`, `-e143` or `-e 143`.
    fn read_letters(&mut self, letters: &'static [u8]) -> Result<Option<&'static str>, Mistake> {
        self.position = self.position.rest();
        let mut letters = letters;
        while let [letter, rest @ ..] = letters {
            let source = Source::Letter(*letter);
            let Some(flag) = Flag::find(source) else {
                return Err(source.mistake(None, "no such option"));
            };
            if flag.takes_value() {
                return self.read_value(flag, source, Some(rest).filter(|rest| !rest.is_empty()));
            }
            let printed = self.read_value(flag, source, None)?;
            if printed.is_some() {
                return Ok(printed);
            }
            letters = rest;
        }
        Ok(None)
    }

    /// Applies an option with the value at hand or, if it takes one, the next argument.
    fn read_value(
        &mut self,
        flag: Flag,
        source: Source,
        mut value: Option<&'static [u8]>,
    ) -> Result<Option<&'static str>, Mistake> {
        if value.is_none() && flag.takes_value() {
            self.position = self.position.rest();
            let Some(next) = self.position.first() else {
                return Err(source.mistake(None, "a value is missing"));
            };
            value = Some(next.to_bytes());
        }
        self.apply(flag, value.unwrap_or_default()).map_err(|reason| source.mistake(value, reason))
    }

    fn apply(&mut self, flag: Flag, value: &[u8]) -> Result<Option<&'static str>, &'static str> {
        let settings = &mut self.settings;
        match flag {
            Flag::Group => settings.target = Target::Group,
            Flag::Rewrite => settings.rewrite.add(value)?,
            Flag::Remap => settings.remap.add(value)?,
            Flag::ParentDeath => {
                let signal = signal_name::parse(value).ok_or("not a signal")?;
                if signal == Signal::CHLD {
                    return Err("SIGCHLD is rinit's own and not forwarded");
                }
                settings.parent_death = Some(signal);
            }
            Flag::Subreaper => settings.subreaper = true,
            Flag::NoSubreaper => settings.subreaper = false,
            Flag::WarnReaped => settings.warn_reaped = true,
            Flag::Verbose => settings.verbosity = settings.verbosity.increment_severity(),
            Flag::License => return Ok(Some(LICENSE)),
            Flag::Help => return Ok(Some(HELP)),
            Flag::Version => return Ok(Some(VERSION)),
        }
        Ok(None)
    }
}

fn is_on(value: &[u8]) -> Result<bool, &'static str> {
    match value {
        b"1" => Ok(true),
        b"0" => Ok(false),
        _ => Err("expected 0 or 1"),
    }
}

/// The verbosity that is so many steps above `lowest`.
fn verbosity(steps: &[u8], lowest: LevelFilter) -> Result<LevelFilter, &'static str> {
    let steps = parse_number(steps).ok_or("expected a number from 0 to 255")?;
    Ok((0..steps).fold(lowest, |level, _| level.increment_severity()))
}
