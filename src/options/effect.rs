//! What each option does.

use super::personality::{Personality, Verbose};
use super::settings::{ChildGroup, Settings, Target};
use super::table::{Flag, HELP};
use crate::message::Reason;
use crate::message::words::{parse_duration, parse_signal};
use crate::policy::rewrite::CHLD_IS_RINITS;
use crate::policy::stop::Stop;
use crate::sys::types::Signal;
use log::LevelFilter;

const LICENSE: &str = concat!(
    "rinit ",
    env!("CARGO_PKG_VERSION"),
    ", copyright (c) 2026 The rinit developers\n",
    "MIT or Apache-2.0: LICENSE-MIT and LICENSE-APACHE in its source\n",
);

/// What an option is given.
#[derive(Clone, Copy)]
pub enum Value {
    /// It is a switch, and turned on.
    On,
    /// It is a switch, and turned off.
    Off,
    /// It takes a value, which is this.
    Text(&'static [u8]),
}

impl Value {
    fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }

    fn text(self) -> &'static [u8] {
        match self {
            Self::Text(text) => text,
            Self::On | Self::Off => b"",
        }
    }
}

/// What is to be done when all is read.
#[derive(Clone, Copy)]
pub enum Request {
    /// Run the program.
    Run,
    /// Run none.
    Pause,
    /// Print this and exit.
    Print(&'static str),
}

/// Applies an option: what it sets, or what it requests instead of running a program. Each is named, so
/// that one without an effect does not compile.
pub fn apply(
    flag: Flag,
    value: Value,
    personality: Personality,
    settings: &mut Settings,
) -> Result<Option<Request>, Reason> {
    match flag {
        Flag::Group => settings.target = if value.is_on() { Target::Group } else { Target::Child },
        Flag::Rewrite => settings.rewrite.add(value.text())?,
        Flag::Remap => settings.exit.remap.add(value.text())?,
        Flag::Stop => settings.stop = Some(Stop::parse(value.text())?),
        Flag::StopOk => settings.exit.stop_ok = value.is_on(),
        Flag::Grace => {
            settings.grace = Some(parse_duration(value.text()).ok_or("expected a duration: 10, 500ms, 2m")?)
        }
        Flag::Session if value.is_on() => settings.group = ChildGroup::OwnSession,
        Flag::Session => settings.group = ChildGroup::Own,
        Flag::NoGroup => settings.group = ChildGroup::Inherited,
        Flag::SingleChild => settings.run_child_alone(),
        Flag::ParentDeath => match parse_signal(value.text()).ok_or("not a signal")? {
            Signal::CHLD => return Err(CHLD_IS_RINITS),
            signal => settings.parent_death = Some(signal),
        },
        Flag::Subreaper => settings.subreaper = value.is_on(),
        Flag::NoSubreaper => settings.subreaper = false,
        Flag::WarnReaped => settings.warn_reaped = value.is_on(),
        Flag::Verbose => match personality.verbose() {
            Verbose::OneMore => settings.set_verbosity(settings.verbosity, 1),
            Verbose::Everything => settings.verbosity = LevelFilter::Trace,
            Verbose::Version => return Ok(Some(Request::Print(personality.version()))),
        },
        Flag::Pause => return Ok(Some(Request::Pause)),
        Flag::License => return Ok(Some(Request::Print(LICENSE))),
        Flag::Help => return Ok(Some(Request::Print(HELP))),
        Flag::Version => return Ok(Some(Request::Print(personality.version()))),
    }
    Ok(None)
}
