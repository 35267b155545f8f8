//! The walk of argv, up to the program.

use super::effect::{Request, Value, apply};
use super::mistake::{Mistake, Source};
use super::personality::Personality;
use super::settings::Settings;
use super::table::Flag;
use crate::sys::arguments::Strings;
use crate::sys::bytes::split_once;

/// How far the walk has come.
pub struct Walk<'a> {
    /// Whose options these are.
    pub personality: Personality,
    /// What the options set.
    pub settings: &'a mut Settings,
    /// The arguments from the last one that was read on.
    pub position: Strings,
    /// What the options ask for.
    pub request: Request,
}

impl Walk<'_> {
    /// Reads up to the first argument that is not an option, or until one asks for a text.
    pub fn read_options(&mut self) -> Result<(), Mistake> {
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
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        matches!(self.request, Request::Print(_))
    }

    /// `--name`, `--name=value` or `--name value`.
    fn read_long(&mut self, option: &'static [u8]) -> Result<(), Mistake> {
        let (name, value) = match split_once(option, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let source = Source { dashes: 2, name, value };
        match Flag::by_name(name) {
            None => Err(source.mistake("no such option")),
            Some(flag) if value.is_some() && !flag.takes_value() => Err(source.mistake("it takes no value")),
            Some(flag) => self.read_value(flag, source),
        }
    }

    /// `-v`, `-vg`, `-e143` or `-e 143`.
    fn read_letters(&mut self, mut letters: &'static [u8]) -> Result<(), Mistake> {
        while !self.is_done()
            && let Some((name, rest)) = letters.split_at_checked(1)
            && let [letter] = name
        {
            let mut source = Source { dashes: 1, name, value: None };
            let flag = Flag::by_letter(*letter).ok_or(source.mistake("no such option"))?;
            letters = rest;
            if flag.takes_value() && !rest.is_empty() {
                source.value = Some(rest);
                letters = b"";
            }
            self.read_value(flag, source)?;
        }
        Ok(())
    }

    /// Applies an option with the value at hand or, if it takes one, the next argument.
    fn read_value(&mut self, flag: Flag, mut source: Source) -> Result<(), Mistake> {
        let mut value = Value::On;
        if flag.takes_value() {
            if source.value.is_none() {
                self.position = self.position.rest();
                let next = self.position.first().ok_or(source.mistake("a value is missing"))?;
                source.value = Some(next.to_bytes());
            }
            value = Value::Text(source.value.unwrap_or_default());
        }
        let request = apply(flag, value, self.personality, self.settings);
        if let Some(request) = request.map_err(|reason| source.mistake(reason))? {
            self.request = request;
        }
        Ok(())
    }
}
