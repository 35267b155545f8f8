//! The command line and the environment: from bytes to a [`Config`].
#![forbid(unsafe_code)]

use crate::bytes::{parse_duration, parse_number, split_once};
use crate::config::{Settings, Target, Wish};
use crate::exit::OwnCode;
use crate::message::say;
use crate::signal_name;
use crate::stop::Schedule;
use crate::sys::arguments::{Arguments, Program, Strings};
use crate::sys::file;
use crate::sys::signal::Signal;
use crate::text::Part;
use log::LevelFilter;

/// Makes the options and the help out of one table; the parser looks options up in the help.
macro_rules! options {
    ($($option:ident $flags:literal [$($value:literal)?] $help:literal [$($variable:literal)?];)*) => {
        /// An option of the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Flag { $($option,)* }

        impl Flag {
            /// The option at this place of the table.
            fn at(index: usize) -> Option<Self> {
                [$(Self::$option,)*].get(index).copied()
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
    Stop "--stop" ["SCHEDULE"]
        "do as SCHEDULE says to forward SIGTERM: TERM/20/INT/10/KILL" ["RINIT_STOP"];
    StopOk "--stop-ok" []
        "exit with 0 if a forwarded signal ended the child" ["RINIT_STOP_OK"];
    Grace "--grace" ["DURATION"]
        "end what the child leaves: SIGTERM, and SIGKILL after DURATION" ["RINIT_GRACE"];
    Session "--session" []
        "run the child in a session of its own" ["RINIT_SESSION"];
    NoGroup "--no-group" []
        "run the child in rinit's own process group" [];
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
    Pause "-P, --pause" []
        "run nothing: only reap, until SIGTERM or SIGINT" [];
    License "-l, --license" []
        "print the license and exit" [];
    Help "-h, --help" []
        "print this help and exit" [];
    Version "-V, --version" []
        "print the version and exit" [];
}

/// What a command line asks for.
pub enum Command {
    /// To run a program.
    Run(Program),
    /// To run none.
    Pause,
    /// To print this and exit.
    Print(&'static str),
}

/// Prints what was asked for, and answers the exit code: nothing is lost in silence if stdout does
/// not take it.
pub fn print(text: &str) -> OwnCode {
    match file::write_all(file::STDOUT, text.as_bytes()) {
        Ok(()) => OwnCode::Success,
        Err(error) => {
            say!("write to stdout: {}", error);
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
    Letter(&'static [u8]),
    Name(&'static [u8]),
    Variable(&'static [u8]),
    CommandLine,
}

impl Source {
    /// Whether it stands in the help as this word.
    fn is(self, word: &[u8]) -> bool {
        match (self, word) {
            (Self::Letter(letter), [b'-', known, b',']) => letter == [*known],
            (Self::Name(name), [b'-', b'-', known @ ..]) => name == known,
            (Self::Variable(name), [b'[', known @ .., b']']) => name == known,
            _ => false,
        }
    }
}

impl Flag {
    /// Looks an option up in the help, where each has one long name, between its letter and its variable.
    fn find(source: Source) -> Option<Self> {
        let mut long_names = 0;
        for word in HELP.as_bytes().split(|byte| matches!(byte, b' ' | b'\n')) {
            long_names += usize::from(word.starts_with(b"--"));
            if source.is(word) {
                let is_before_its_name = matches!(source, Source::Letter(_));
                return Self::at(if is_before_its_name { long_names } else { long_names - 1 });
            }
        }
        None
    }
}

impl Mistake {
    /// Says what is wrong, and answers the exit code.
    pub fn report(&self) -> OwnCode {
        let (before, name): (_, Part<'_>) = match self.source {
            Source::Letter(letter) => ("-", letter.into()),
            Source::Name(name) => ("--", name.into()),
            Source::Variable(name) => ("", name.into()),
            Source::CommandLine => ("the command line", "".into()),
        };
        let (space, value): (_, Part<'_>) = match self.value {
            Some(value) => (" ", value.into()),
            None => ("", "".into()),
        };
        say!(
            "parse {}{}{}{}: {}\nhint: rinit --help lists the options; what follows -- is the program",
            before,
            name,
            space,
            value,
            self.reason
        );
        OwnCode::Failure
    }
}

const VERSION: &str = concat!("rinit ", env!("CARGO_PKG_VERSION"), "\n");

const LICENSE: &str =
    concat!("rinit is licensed under MIT or Apache-2.0, as you like.\n\n", include_str!("../LICENSE-MIT"));

/// Reads the environment into `settings`, and then the command line, which wins.
pub fn parse(arguments: &Arguments, settings: &mut Settings) -> Result<Command, Mistake> {
    let mut parser = Parser {
        settings,
        pause: false,
        print: None,
        position: arguments.argv,
        source: Source::CommandLine,
        value: None,
    };
    let environment = parser.read_environment(arguments.environment);
    let environment = environment.map_err(|reason| parser.mistake(reason));
    let command = parser.read_options().and_then(|()| parser.command(arguments.environment));
    match command {
        // Whatever the environment says: engines ask for the version.
        Ok(Command::Print(_)) => {}
        _ => environment?,
    }
    command.map_err(|reason| parser.mistake(reason))
}

/// The reasons for mistakes are given to the caller, and what they are about is kept here.
struct Parser<'a> {
    settings: &'a mut Settings,
    /// Whether there is to be no program.
    pause: bool,
    /// The text that an option asks for.
    print: Option<&'static str>,
    /// The arguments from the last one that was read on.
    position: Strings,
    /// What is being read.
    source: Source,
    value: Option<&'static [u8]>,
}

impl Parser<'_> {
    fn mistake(&self, reason: &'static str) -> Mistake {
        Mistake { source: self.source, value: self.value, reason }
    }

    fn read_environment(&mut self, environment: Strings) -> Result<(), &'static str> {
        // tini's come first, so that rinit's own win over them.
        for prefix in [&b"TINI_"[..], b"RINIT_"] {
            for variable in environment.starting_with(prefix) {
                if let Some((name, value)) = split_once(variable, b'=') {
                    self.source = Source::Variable(name);
                    self.value = Some(value);
                    match Flag::find(self.source) {
                        Some(_) if value.is_empty() => {} // as if it were not set
                        Some(flag) => self.read_variable(flag, value)?,
                        None => self.read_tini_variable(name, value)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn read_variable(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), &'static str> {
        match (flag, value) {
            (Flag::Verbose, _) => self.settings.verbosity = verbosity(value, LevelFilter::Warn)?,
            (Flag::Rewrite | Flag::Remap, _) => {
                for rule in value.split(|byte| *byte == b' ').filter(|rule| !rule.is_empty()) {
                    self.apply(flag, rule)?;
                }
            }
            _ if !flag.is_switch() => self.apply(flag, value)?,
            (_, b"0") => self.switch(flag, false),
            (_, b"1") => self.switch(flag, true),
            _ => return Err("expected 0 or 1"),
        }
        Ok(())
    }

    /// The three of tini's README. What is not known is somebody else's.
    fn read_tini_variable(&mut self, name: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if name == b"TINI_KILL_PROCESS_GROUP" {
            self.switch(Flag::Group, true); // tini only asks whether it is there
        } else if name == b"TINI_SUBREAPER" {
            self.switch(Flag::Subreaper, true);
        } else if name == b"TINI_VERBOSITY" {
            self.settings.verbosity = verbosity(value, LevelFilter::Error)?; // its 1 is for warnings
        }
        Ok(())
    }

    /// Reads up to the first argument that is not an option, or until one asks for a text.
    #[inline(never)] // more of the parser is in one function then
    fn read_options(&mut self) -> Result<(), &'static str> {
        while let Some(argument) = self.position.rest().first() {
            let before = self.position;
            self.position = before.rest();
            match argument.to_bytes() {
                b"--" => break,
                [b'-', b'-', long @ ..] => self.read_long(long)?,
                [b'-', letters @ ..] if !letters.is_empty() => self.read_letters(letters)?,
                _ => {
                    self.position = before;
                    break;
                }
            }
            if self.print.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// `--name`, `--name=value` or `--name value`.
    fn read_long(&mut self, option: &'static [u8]) -> Result<(), &'static str> {
        let (name, value) = match split_once(option, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let flag = self.find(Source::Name(name), value)?;
        if value.is_some() && !flag.takes_value() {
            return Err("this option takes no value");
        }
        self.read_value(flag)
    }

    /// `-v`, `-vg`, `-e143` or `-e 143`.
    fn read_letters(&mut self, mut letters: &'static [u8]) -> Result<(), &'static str> {
        while self.print.is_none()
            && let Some((letter, rest)) = letters.split_at_checked(1)
        {
            let flag = self.find(Source::Letter(letter), None)?;
            letters = rest;
            if flag.takes_value() && !rest.is_empty() {
                self.value = Some(rest);
                letters = b"";
            }
            self.read_value(flag)?;
        }
        Ok(())
    }

    fn find(&mut self, source: Source, value: Option<&'static [u8]>) -> Result<Flag, &'static str> {
        (self.source, self.value) = (source, value);
        Flag::find(source).ok_or("no such option")
    }

    /// Applies an option with the value at hand or, if it takes one, the next argument.
    fn read_value(&mut self, flag: Flag) -> Result<(), &'static str> {
        if flag.takes_value() && self.value.is_none() {
            self.position = self.position.rest();
            self.value = Some(self.position.first().ok_or("a value is missing")?.to_bytes());
        }
        self.apply(flag, self.value.unwrap_or_default())
    }

    fn apply(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), &'static str> {
        let settings = &mut *self.settings;
        match flag {
            Flag::Rewrite => settings.rewrite.add(value)?,
            Flag::Remap => settings.remap.add(value)?,
            Flag::Stop => settings.stop = Some(Schedule::parse(value)?),
            Flag::Grace => {
                settings.grace = Some(parse_duration(value).ok_or("expected a duration: 10, 500ms, 2m")?);
            }
            Flag::NoGroup => settings.wish = Wish::NoGroup,
            Flag::ParentDeath => {
                let signal = signal_name::parse(value).ok_or("not a signal")?;
                if signal == Signal::CHLD {
                    return Err("SIGCHLD is rinit's own and not forwarded");
                }
                settings.parent_death = Some(signal);
            }
            Flag::NoSubreaper => settings.subreaper = false,
            Flag::Verbose => settings.verbosity = settings.verbosity.increment_severity(),
            Flag::Pause => self.pause = true,
            Flag::License => self.print = Some(LICENSE),
            Flag::Help => self.print = Some(HELP),
            Flag::Version => self.print = Some(VERSION),
            _ => self.switch(flag, true),
        }
        Ok(())
    }

    fn switch(&mut self, flag: Flag, on: bool) {
        let settings = &mut *self.settings;
        match flag {
            Flag::Group => settings.target = if on { Target::Group } else { Target::Child },
            Flag::Session => settings.wish = if on { Wish::Session } else { Wish::Group },
            Flag::StopOk => settings.stop_ok = on,
            Flag::Subreaper => settings.subreaper = on,
            Flag::WarnReaped => settings.warn_reaped = on,
            _ => {}
        }
    }

    /// What it comes to when all options have been read.
    fn command(&mut self, environment: Strings) -> Result<Command, &'static str> {
        if let Some(text) = self.print {
            return Ok(Command::Print(text));
        }
        (self.source, self.value) = (Source::CommandLine, None);
        match Program::after(self.position, environment) {
            Some(_) if self.pause => Err("--pause runs no program"),
            Some(_) if self.settings.wish == Wish::NoGroup && self.settings.target == Target::Group => {
                Err("--group with --no-group would send signals back to rinit")
            }
            Some(program) => Ok(Command::Run(program)),
            None if self.pause => Ok(Command::Pause),
            None => Err("no program to run"),
        }
    }
}

impl Flag {
    /// Whether there is nothing to say but yes or no.
    fn is_switch(self) -> bool {
        matches!(self, Self::Group | Self::Session | Self::StopOk | Self::Subreaper | Self::WarnReaped)
    }
}

/// The verbosity that is so many steps above `lowest`.
fn verbosity(steps: &[u8], lowest: LevelFilter) -> Result<LevelFilter, &'static str> {
    let steps = parse_number(steps).ok_or("expected a number from 0 to 255")?;
    Ok((0..steps).fold(lowest, |level, _| level.increment_severity()))
}
