//! What can be wrong with a command line or an environment.

use crate::message::text::Piece;
use crate::message::{Reason, say};
use crate::policy::exit::OwnCode;
use crate::policy::rewrite::misnamed;
use crate::sys::bytes::contains;

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
    #[inline(never)]
    pub fn report(&self, reason: Reason) -> OwnCode {
        let Self { form, name, value } = *self;
        let before_value = if value.is_some() { " " } else { "" };
        let shown = value.map_or(Piece::Raw(b""), Piece::Bytes);
        let value = value.unwrap_or_default();
        let misnamed = if reason == Reason::NotARewriting { misnamed(value) } else { None };
        let (what, of_it) = match misnamed {
            Some(name) => (name, " is not a signal"),
            None => (reason.text(), ""),
        };
        // A list, such as a Dockerfile's, with an element for both, or a `#!` line, which is one argument.
        let is_several = form != Form::Bare && (contains(name, b' ') || value.first() == Some(&b' '));
        let hint = if is_several {
            "option and value are two elements; #! needs env -S"
        } else {
            "-h lists the options; -- ends them"
        };
        say!(
            "parse {}{}{}{}: {}{}\nhint: {}",
            Piece::Raw(form.dashes()),
            name,
            before_value,
            shown,
            what,
            of_it,
            hint
        );
        OwnCode::Failure
    }
}
