//! The walk of the environment: `RINIT_*`, and what the other inits read.

use super::effect::{OFF, ON, apply};
use super::mistake::Source;
use super::personality::NOT_A_VERBOSITY;
use super::table::Flag;
use super::walk::Walk;
use crate::message::Reason;
use crate::sys::arguments::{Prefix, Strings};
use crate::sys::bytes::{parse_number, parts, split_once};
use log::LevelFilter;

const RINIT: Prefix = Prefix::new(b"RINIT_");

impl Walk<'_> {
    /// Reads the variables of `environment`; rinit's own win over the other inits'.
    pub fn read_variables(&mut self, environment: Strings) -> Result<(), Reason> {
        if let Some(prefix) = self.personality.variables() {
            self.read_variables_with(prefix, environment)?;
        }
        self.read_variables_with(RINIT, environment)
    }

    #[inline(never)]
    fn read_variables_with(&mut self, prefix: Prefix, environment: Strings) -> Result<(), Reason> {
        for variable in environment.starting_with(prefix) {
            let Some((name, value)) = split_once(variable, b'=') else { continue };
            self.reading = Source::variable(name, value);
            match Flag::by_variable(name) {
                Some(flag) => self.apply_variable(flag, value)?,
                None => self.personality.apply_variable(name, value, self.settings)?,
            }
        }
        Ok(())
    }

    /// Applies a variable of rinit's own. An empty one is as if it were not set.
    fn apply_variable(&mut self, flag: Flag, value: &'static [u8]) -> Result<(), Reason> {
        if flag == Flag::Verbose && !value.is_empty() {
            let steps = parse_number(value).ok_or(NOT_A_VERBOSITY)?;
            self.settings.set_verbosity(LevelFilter::Warn, steps);
            return Ok(());
        }
        // Rules add up. No string has a NUL.
        let separator = if flag.is_repeatable() { b' ' } else { b'\0' };
        for value in parts(value, separator).filter(|value| !value.is_empty()) {
            if !flag.takes_value() && value != ON && value != OFF {
                return Err("expected 0 or 1");
            }
            apply(flag, value, self.personality, self.settings)?;
        }
        Ok(())
    }
}
