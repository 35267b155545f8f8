//! The walk of the environment: `RINIT_*`, and what the other inits read.

use super::effect::{OFF, ON, apply};
use super::mistake::{Form, Source};
use super::table::Flag;
use super::walk::Walk;
use crate::message::Reason;
use crate::sys::arguments::{Prefix, Strings};
use crate::sys::bytes::{after, parts, split_once};

const RINIT: Prefix = Prefix::new(b"RINIT_");

/// Applies a variable, of which it gets the name, without the prefix, and the value.
type Apply<'a> = fn(&mut Walk<'a>, &[u8], &'static [u8]) -> Result<(), Reason>;

impl<'a> Walk<'a> {
    /// Reads the variables of `environment`; rinit's own win over the other inits'.
    pub fn read_variables(&mut self, environment: Strings) -> Result<(), Reason> {
        if let Some(prefix) = self.personality.variables() {
            self.read_variables_with(prefix, environment, Self::apply_others)?;
        }
        self.read_variables_with(RINIT, environment, Self::apply_own)
    }

    #[inline(never)]
    fn read_variables_with(
        &mut self,
        prefix: Prefix,
        environment: Strings,
        apply: Apply<'a>,
    ) -> Result<(), Reason> {
        for variable in environment.starting_with(prefix) {
            let Some((name, value)) = split_once(variable, b'=') else { continue };
            self.reading = Source::variable(name, value);
            let name = after(name, prefix.length());
            apply(self, name, value)?;
        }
        Ok(())
    }

    /// Applies a variable of another init's.
    fn apply_others(&mut self, name: &[u8], value: &'static [u8]) -> Result<(), Reason> {
        self.personality.apply_variable(name, value, self.settings)
    }

    /// Applies a variable of rinit's own. An empty one is as if it were not set.
    fn apply_own(&mut self, name: &[u8], value: &'static [u8]) -> Result<(), Reason> {
        let Some(flag) = Flag::find(Form::Bare, name) else { return Ok(()) };
        // Rules add up. No string has a NUL.
        let separator = if flag.is_repeatable() { b' ' } else { b'\0' };
        for value in parts(value, separator).filter(|value| !value.is_empty()) {
            if !flag.takes_value() && !matches!(value, ON | OFF) {
                return Err(Reason::NotASwitch);
            }
            apply(flag, value, self.personality, self.settings)?;
        }
        Ok(())
    }
}
