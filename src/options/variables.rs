//! The walk of the environment: `RINIT_*`, and what the other inits read.

use super::effect::{Value, apply};
use super::mistake::{Mistake, Source};
use super::personality::{NOT_A_VERBOSITY, Personality};
use super::settings::Settings;
use super::table::Flag;
use crate::message::Reason;
use crate::sys::arguments::{Prefix, Strings};
use crate::sys::bytes::{parse_number, parts, split_once};
use log::LevelFilter;

const RINIT: Prefix = Prefix::new(b"RINIT_");

/// Reads the variables of `environment` into `settings`; rinit's own win over the other inits'.
pub fn read(environment: Strings, personality: Personality, settings: &mut Settings) -> Result<(), Mistake> {
    if let Some(prefix) = personality.variables() {
        read_those_with(prefix, environment, personality, settings)?;
    }
    read_those_with(RINIT, environment, personality, settings)
}

#[inline(never)] // 300 bytes less
fn read_those_with(
    prefix: Prefix,
    environment: Strings,
    personality: Personality,
    settings: &mut Settings,
) -> Result<(), Mistake> {
    for variable in environment.starting_with(prefix) {
        let Some((name, value)) = split_once(variable, b'=') else { continue };
        let applied = match Flag::by_variable(name) {
            Some(flag) => apply_own(flag, value, personality, settings),
            None => personality.apply_variable(name, value, settings),
        };
        applied.map_err(|reason| Source::variable(name, value).mistake(reason))?;
    }
    Ok(())
}

/// Applies a variable of rinit's own. An empty one is as if it were not set.
fn apply_own(
    flag: Flag,
    value: &'static [u8],
    personality: Personality,
    settings: &mut Settings,
) -> Result<(), Reason> {
    let mut apply = |value| apply(flag, value, personality, settings).map(drop);
    if value.is_empty() {
        Ok(())
    } else if flag == Flag::Verbose {
        let steps = parse_number(value).ok_or(NOT_A_VERBOSITY)?;
        settings.set_verbosity(LevelFilter::Warn, steps);
        Ok(())
    } else if flag.is_repeatable() {
        parts(value, b' ').filter(|rule| !rule.is_empty()).try_for_each(|rule| apply(Value::Text(rule)))
    } else if flag.takes_value() {
        apply(Value::Text(value))
    } else {
        match value {
            b"0" => apply(Value::Off),
            b"1" => apply(Value::On),
            _ => Err("expected 0 or 1"),
        }
    }
}
