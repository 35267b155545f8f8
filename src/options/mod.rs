//! The command line and the environment: from bytes to [`Settings`].
#![forbid(unsafe_code)]

pub mod personality;
pub mod settings;

use crate::message::reason::Reason;
use crate::message::say;
use crate::message::text::Part;
use crate::message::words as signal_name;
use crate::options::personality::Personality;
use crate::options::settings::{Settings, Target, Wish};
use crate::policy::exit::OwnCode;
use crate::policy::stop::Schedule;
use crate::sys::arguments::{Arguments, Program, Strings};
use crate::sys::bytes::{parse_duration, parse_number, parts, split_once};
use crate::sys::file;
use crate::sys::signal::Signal;
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

            #[inline(never)] // a call is smaller than what it does
            fn takes_value(self) -> bool {
                match self { $(Self::$option => !concat!($($value)?).is_empty(),)* }
            }
        }

        /// What `--help` prints.
        pub const HELP: &str = concat!(
            "Usage: rinit [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n",
            "Runs PROGRAM, forwards signals to it, reaps zombies, and exits with its code.\n\n",
            $("  ", $flags, $(" ", $value,)? "\n\t", $help, $(" [", $variable, "]",)? "\n",)*
            "\nThe names in brackets are environment variables; options win over them.\n",
            "Called tini, docker-init, dumb-init, catatonit, podman-init or pause, it does as these do.\n",
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
    SingleChild "-c, --single-child" []
        "forward signals to the child alone, in rinit's own process group" [];
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
    License "-l, -L, --license" []
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

/// Prints what was asked for: nothing is lost in silence if stdout does not take it.
pub fn print(text: &str) -> Result<(), OwnCode> {
    file::write_all(file::STDOUT, text.as_bytes()).map_err(|error| {
        say!("write to stdout: {}", error);
        OwnCode::Failure
    })
}

/// What is being read: `-g`, `--group` or `RINIT_GROUP`, in as many dashes and a name, and its value.
#[derive(Clone, Copy)]
struct Item {
    dashes: usize,
    name: &'static [u8],
    value: Option<&'static [u8]>,
}

impl Item {
    fn command_line() -> Self {
        Self { dashes: 0, name: b"the command line", value: None }
    }

    /// Says what is wrong with it, and answers the exit code.
    fn report(&self, reason: Reason) -> OwnCode {
        let (space, value): (_, Part<'_>) = match self.value {
            Some(value) => (" ", value.into()),
            None => ("", "".into()),
        };
        say!(
            "parse {}{}{}{}: {}\nhint: -h lists the options; what follows -- is the program",
            "--".get(..self.dashes).unwrap_or_default(),
            self.name,
            space,
            value,
            Part::Raw(reason.text())
        );
        OwnCode::Failure
    }
}

impl Flag {
    /// Looks an option up in the help, where each has one long name, between its letter and its variable,
    /// which has brackets and no dash.
    fn find(item: &Item) -> Option<Self> {
        let mut long_names = 0;
        for word in HELP.as_bytes().split(|byte| matches!(byte, b' ' | b'\n' | b',' | b']')) {
            let dashes = word.iter().take_while(|byte| **byte == b'-').count();
            let name = word.get(dashes..).unwrap_or_default();
            long_names += usize::from(dashes == 2);
            if dashes == item.dashes && name.strip_prefix(b"[").unwrap_or(name) == item.name {
                return Self::at(if item.dashes == 1 { long_names } else { long_names - 1 });
            }
        }
        None
    }
}

const LICENSE: &str = concat!(
    "rinit ",
    env!("CARGO_PKG_VERSION"),
    ", copyright (c) 2026 The rinit developers\n",
    "MIT or Apache-2.0, as you like: LICENSE-MIT and LICENSE-APACHE in its source\n",
);

/// The other inits' variables.
const PEERS_VARIABLES: &[u8] =
    b"TINI_KILL_PROCESS_GROUP TINI_SUBREAPER TINI_VERBOSITY DUMB_INIT_SETSID DUMB_INIT_DEBUG";

/// Reads the environment into `settings`, and then the command line, which wins.
pub fn parse(
    arguments: &Arguments,
    personality: Personality,
    settings: &mut Settings,
) -> Result<Command, OwnCode> {
    let mut parser = Parser {
        personality,
        settings,
        pause: personality == Personality::Pause,
        print: None,
        position: arguments.argv,
        item: Item::command_line(),
    };
    let environment = parser.read_environment(arguments.environment);
    let variable = parser.item; // the one that is wrong, if one is
    let options = parser.read_options();
    if let Some(text) = parser.print {
        return Ok(Command::Print(text)); // whatever the environment says: engines ask for the version
    }
    if environment.is_err() {
        parser.item = variable;
    }
    let command = environment.and(options).and_then(|()| parser.command(arguments.environment));
    command.map_err(|reason| parser.item.report(reason))
}

/// The reasons for mistakes are given to the caller, and what they are about is kept here.
struct Parser<'a> {
    personality: Personality,
    settings: &'a mut Settings,
    /// Whether there is to be no program.
    pause: bool,
    /// The text that an option asks for.
    print: Option<&'static str>,
    /// The arguments from the last one that was read on.
    position: Strings,
    /// What is being read.
    item: Item,
}

impl Parser<'_> {
    fn read_environment(&mut self, environment: Strings) -> Result<(), Reason> {
        // First, so that rinit's own win over them.
        match self.personality {
            Personality::Rinit | Personality::Tini => self.read_variables(environment, b"TINI_")?,
            Personality::DumbInit => self.read_variables(environment, b"DUMB_INIT_")?,
            Personality::Catatonit | Personality::Pause => {}
        }
        self.read_variables(environment, b"RINIT_")
    }

    #[inline(never)] // a call is smaller than what it does
    fn read_variables(&mut self, environment: Strings, prefix: &'static [u8]) -> Result<(), Reason> {
        for variable in environment.starting_with(prefix) {
            if let Some((name, value)) = split_once(variable, b'=') {
                self.item = Item { dashes: 0, name, value: Some(value) };
                match Flag::find(&self.item) {
                    Some(_) if value.is_empty() => {} // as if it were not set
                    Some(flag) => self.read_variable(flag, value)?,
                    None => self.read_peers_variable(name, value)?,
                }
            }
        }
        Ok(())
    }

    fn read_variable(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), Reason> {
        match (flag, value) {
            (Flag::Verbose, _) => self.set_verbosity(LevelFilter::Warn, value)?,
            (Flag::Rewrite | Flag::Remap, _) => {
                for rule in parts(value, b' ').filter(|rule| !rule.is_empty()) {
                    self.apply(flag, rule)?;
                }
            }
            _ if flag.takes_value() => self.apply(flag, value)?,
            (_, b"0") => self.switch(flag, false),
            (_, b"1") => self.switch(flag, true),
            _ => return Err(Reason::NotASwitch),
        }
        Ok(())
    }

    /// Those of tini's and dumb-init's READMEs. What is not known is somebody else's.
    fn read_peers_variable(&mut self, name: &[u8], value: &[u8]) -> Result<(), Reason> {
        match (parts(PEERS_VARIABLES, b' ').position(|known| known == name), value) {
            (Some(0), _) => self.switch(Flag::Group, true), // tini only asks whether it is there
            (Some(1), _) => self.switch(Flag::Subreaper, true),
            (Some(2), [_, ..]) => {
                // Its 1 is for warnings, and what is no number is its 0.
                let set = self.set_verbosity(LevelFilter::Error, value);
                if self.personality == Personality::Rinit {
                    set?;
                }
            }
            (Some(3), b"0") => self.switch(Flag::SingleChild, true),
            (Some(4), b"1") => self.switch(Flag::Verbose, true),
            _ => {}
        }
        Ok(())
    }

    /// Reads up to the first argument that is not an option, or until one asks for a text.
    #[inline(never)] // more of the parser is in one function then
    fn read_options(&mut self) -> Result<(), Reason> {
        while let Some(argument) = self.position.rest().first() {
            let option = match argument.to_bytes() {
                [b'-', option @ ..] if !option.is_empty() => option,
                _ => break,
            };
            self.position = self.position.rest();
            match option {
                b"-" => break,
                [b'-', long @ ..] => self.read_long(long)?,
                letters => self.read_letters(letters)?,
            }
            if self.print.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// `--name`, `--name=value` or `--name value`.
    fn read_long(&mut self, option: &'static [u8]) -> Result<(), Reason> {
        let (name, value) = match split_once(option, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let flag = self.find(Item { dashes: 2, name, value })?;
        if value.is_some() && !flag.takes_value() {
            return Err(Reason::TakesNoValue);
        }
        self.read_value(flag)
    }

    /// `-v`, `-vg`, `-e143` or `-e 143`.
    fn read_letters(&mut self, mut letters: &'static [u8]) -> Result<(), Reason> {
        while self.print.is_none()
            && let Some((letter, rest)) = letters.split_at_checked(1)
        {
            let flag = self.find(Item { dashes: 1, name: letter, value: None })?;
            letters = rest;
            if flag.takes_value() && !rest.is_empty() {
                self.item.value = Some(rest);
                letters = b"";
            }
            self.read_value(flag)?;
        }
        Ok(())
    }

    fn find(&mut self, item: Item) -> Result<Flag, Reason> {
        self.item = item;
        Flag::find(&item).ok_or(Reason::NoSuchOption)
    }

    /// Applies an option with the value at hand or, if it takes one, the next argument.
    fn read_value(&mut self, flag: Flag) -> Result<(), Reason> {
        if flag.takes_value() && self.item.value.is_none() {
            self.position = self.position.rest();
            self.item.value = Some(self.position.first().ok_or(Reason::ValueIsMissing)?.to_bytes());
        }
        self.apply(flag, self.item.value.unwrap_or_default())
    }

    fn apply(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), Reason> {
        let settings = &mut *self.settings;
        match flag {
            Flag::Rewrite => settings.rewrite.add(value)?,
            Flag::Remap => settings.remap.add(value)?,
            Flag::Stop => settings.stop = Some(Schedule::parse(value)?),
            Flag::Grace => {
                settings.grace = Some(parse_duration(value).ok_or(Reason::NotADuration)?);
            }
            Flag::ParentDeath => {
                let signal = signal_name::parse(value).ok_or(Reason::NotASignal)?;
                if signal == Signal::CHLD {
                    return Err(Reason::NeverForwarded);
                }
                settings.parent_death = Some(signal);
            }
            Flag::NoSubreaper => settings.subreaper = false,
            Flag::Verbose if self.personality == Personality::Pause => {
                self.print = Some(self.personality.version())
            }
            Flag::Pause => self.pause = true,
            Flag::License => self.print = Some(LICENSE),
            Flag::Help => self.print = Some(HELP),
            Flag::Version => self.print = Some(self.personality.version()),
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
            Flag::NoGroup => settings.wish = Wish::NoGroup,
            Flag::SingleChild => {
                settings.wish = Wish::NoGroup;
                settings.target = Target::Child;
            }
            Flag::Verbose if self.personality == Personality::DumbInit => {
                settings.verbosity = LevelFilter::Trace
            }
            Flag::Verbose => settings.verbosity = settings.verbosity.increment_severity(),
            _ => {}
        }
    }

    /// Sets the verbosity that is so many steps above `lowest`.
    fn set_verbosity(&mut self, lowest: LevelFilter, steps: &[u8]) -> Result<(), Reason> {
        let number = parse_number(steps);
        let steps = number.unwrap_or(0);
        self.settings.verbosity = (0..steps).fold(lowest, |level, _| level.increment_severity());
        number.map(drop).ok_or(Reason::NotAVerbosity)
    }

    /// What it comes to when all options have been read.
    fn command(&mut self, environment: Strings) -> Result<Command, Reason> {
        self.item = Item::command_line();
        let settings = &mut *self.settings;
        let program = Program::after(self.position, environment);
        if self.pause {
            return match (program, self.personality) {
                (None, _) | (_, Personality::Catatonit | Personality::Pause) => Ok(Command::Pause),
                _ => Err(Reason::PauseRunsNothing),
            };
        }
        let program = program.ok_or(Reason::NoProgram)?;
        if settings.wish == Wish::NoGroup && settings.target == Target::Group {
            return Err(Reason::SignalsComeBack);
        }
        Ok(Command::Run(match self.personality {
            Personality::Tini if self.position.first() != Some(c"--") => program.without_dashes(),
            Personality::DumbInit if settings.wish == Wish::Session => {
                settings.rewrite.stop_by_default();
                program
            }
            _ => program,
        }))
    }
}
