//! What each option does.

use super::personality::{Personality, Verbose};
use super::settings::{ChildGroup, Request, Settings, Target, Text};
use super::table::Flag;
use crate::message::Reason;
use crate::message::words::{parse_duration, parse_signal};
use crate::policy::stop::Stop;
use crate::sys::bytes::{equal, parse_number};
use crate::sys::types::Signal;
use log::LevelFilter;

/// What a switch is given to be turned on.
pub const ON: &[u8] = b"1";

/// What a switch is given to be turned off.
pub const OFF: &[u8] = b"0";

/// Applies an option with its value, which for a switch is [`ON`] or [`OFF`]. Each is named, so that one
/// without an effect does not compile.
pub fn apply(
    flag: Flag,
    value: &'static [u8],
    personality: Personality,
    settings: &mut Settings,
) -> Result<(), Reason> {
    let is_on = !equal(value, OFF);
    match flag {
        Flag::Group => settings.target = if is_on { Target::Group } else { Target::Child },
        Flag::Rewrite => settings.rewrite.add(value)?,
        Flag::Remap => settings.exit.remap.add(value)?,
        Flag::Stop => settings.stop = Some(Stop::parse(value)?),
        Flag::StopOk => settings.exit.stop_ok = is_on,
        Flag::Stay => settings.stay = is_on,
        Flag::Grace => settings.grace = Some(parse_duration(value).ok_or(Reason::NotADuration)?),
        Flag::Session if is_on => settings.group = ChildGroup::OwnSession,
        Flag::Session => settings.group = ChildGroup::Own,
        Flag::NoGroup => settings.group = ChildGroup::Inherited,
        Flag::SingleChild => settings.run_child_alone(),
        Flag::ParentDeath => match parse_signal(value).ok_or(Reason::NotASignal)? {
            Signal::CHLD => return Err(Reason::NeverForwarded),
            signal => settings.parent_death = Some(signal),
        },
        Flag::Subreaper => settings.subreaper = is_on,
        Flag::NoSubreaper => settings.subreaper = false,
        Flag::WarnReaped => settings.warn_reaped = is_on,
        Flag::Verbosity => {
            settings.set_verbosity(LevelFilter::Warn, parse_number(value).ok_or(Reason::NotAVerbosity)?);
        }
        Flag::Verbose => match personality.verbose() {
            Verbose::OneMore => settings.set_verbosity(settings.verbosity, 1),
            Verbose::Everything => settings.verbosity = LevelFilter::Trace,
            Verbose::Version => settings.request = Request::Print(Text::Version),
        },
        Flag::Pause => settings.request = Request::Pause,
        Flag::Install => settings.request = Request::Install(value),
        Flag::License => settings.request = Request::Print(Text::License),
        Flag::Help => settings.request = Request::Print(Text::Help),
        Flag::Version => settings.request = Request::Print(Text::Version),
    }
    Ok(())
}
