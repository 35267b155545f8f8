//! The walk of argv, up to the program.

use super::effect::{ON, apply};
use super::mistake::{Form, Source};
use super::personality::Personality;
use super::settings::{Request, Settings};
use super::table::Flag;
use crate::message::Reason;
use crate::sys::arguments::Strings;
use crate::sys::bytes::parts;
use core::slice;

/// How far the walk has come.
pub struct Walk<'a> {
    /// Whose options these are.
    pub personality: Personality,
    /// What the options set.
    pub settings: &'a mut Settings,
    /// The arguments from the last one that was read on.
    pub last_read: Strings,
    /// The option or variable that is being read, for the message about a mistake in it.
    pub reading: Source,
}

impl Walk<'_> {
    /// Reads up to the first argument that is not an option, or until one asks for a text.
    pub fn read_options(&mut self) -> Result<(), Reason> {
        while let Some(argument) = self.last_read.rest().first() {
            let option = match argument.to_bytes() {
                [b'-', option @ ..] if !option.is_empty() => option,
                _ => break,
            };
            self.last_read = self.last_read.rest();
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
        matches!(self.settings.request, Request::Print(_))
    }

    /// `--name`, `--name=value` or `--name value`.
    fn read_long(&mut self, option: &'static [u8]) -> Result<(), Reason> {
        let mut parts = parts(option, b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.rest());
        self.reading = Source { form: Form::Long, name, value };
        let flag = self.flag()?;
        if value.is_some() && !flag.takes_value() {
            return Err(Reason::TakesNoValue);
        }
        self.read_value(flag)
    }

    /// `-v`, `-vg`, `-e143` or `-e 143`.
    fn read_letters(&mut self, mut letters: &'static [u8]) -> Result<(), Reason> {
        while !self.is_done()
            && let [letter, rest @ ..] = letters
        {
            self.reading = Source { form: Form::Letter, name: slice::from_ref(letter), value: None };
            let flag = self.flag()?;
            letters = rest;
            if flag.takes_value() && !rest.is_empty() {
                self.reading.value = Some(rest);
                letters = b"";
            }
            self.read_value(flag)?;
        }
        Ok(())
    }

    /// The option that is being read.
    fn flag(&self) -> Result<Flag, Reason> {
        Flag::find(self.reading.form, self.reading.name).ok_or(Reason::NoSuchOption)
    }

    /// Applies an option with the value at hand or, if it takes one, the next argument.
    fn read_value(&mut self, flag: Flag) -> Result<(), Reason> {
        let mut value = ON;
        if flag.takes_value() {
            if self.reading.value.is_none() {
                self.last_read = self.last_read.rest();
                self.reading.value = Some(self.last_read.first().ok_or(Reason::ValueIsMissing)?.to_bytes());
            }
            value = self.reading.value.unwrap_or_default();
        }
        apply(flag, value, self.personality, self.settings)
    }
}
