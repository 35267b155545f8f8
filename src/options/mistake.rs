//! What can be wrong with a command line or an environment.

use crate::message::text::Piece;
use crate::message::{Reason, say};
use crate::policy::exit::OwnCode;

/// How an option is written, in the order of how many dashes stand before its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `RINIT_GROUP`, or the command line as a whole.
    Bare,
    /// `-g`.
    Letter,
    /// `--group`.
    Long,
}

impl Form {
    /// What stands before its name.
    fn dashes(self) -> &'static [u8] {
        b"--".get(..self as usize).unwrap_or_default()
    }
}

/// What is being read: `-g`, `--group` or `RINIT_GROUP`, and its value.
#[derive(Clone, Copy)]
pub struct Source {
    /// How it is written.
    pub form: Form,
    /// Its name.
    pub name: &'static [u8],
    /// Its value, if it has one.
    pub value: Option<&'static [u8]>,
}

impl Source {
    /// The command line as a whole.
    pub fn command_line() -> Self {
        Self { form: Form::Bare, name: b"the command line", value: None }
    }

    /// An environment variable.
    pub fn variable(name: &'static [u8], value: &'static [u8]) -> Self {
        Self { form: Form::Bare, name, value: Some(value) }
    }

    /// Says what is wrong with it, and returns the exit code.
    pub fn report(&self, reason: Reason) -> OwnCode {
        let Self { form, name, value } = *self;
        let (space, value) = match value {
            Some(value) => (" ", Piece::Bytes(value)),
            None => ("", Piece::Raw(b"")),
        };
        say!(
            "parse {}{}{}{}: {}\nhint: -h lists the options; what follows -- is the program",
            Piece::Raw(form.dashes()),
            name,
            space,
            value,
            Piece::Raw(reason.text())
        );
        OwnCode::Failure
    }
}
