//! What can be wrong with a command line or an environment.

use crate::message::text::Piece;
use crate::message::{Reason, say};
use crate::policy::exit::OwnCode;

/// What is being read: `-g`, `--group` or `RINIT_GROUP`, and its value.
#[derive(Clone, Copy)]
pub struct Source {
    /// How many dashes are before its name.
    pub dashes: usize,
    /// Its name.
    pub name: &'static [u8],
    /// Its value, if it has one.
    pub value: Option<&'static [u8]>,
}

impl Source {
    /// The command line as a whole.
    pub fn command_line() -> Self {
        Self { dashes: 0, name: b"the command line", value: None }
    }

    /// An environment variable.
    pub fn variable(name: &'static [u8], value: &'static [u8]) -> Self {
        Self { dashes: 0, name, value: Some(value) }
    }

    /// What is wrong with it.
    pub fn mistake(self, reason: Reason) -> Mistake {
        Mistake { source: self, reason }
    }
}

/// What is wrong with a command line or an environment, and where.
pub struct Mistake {
    source: Source,
    reason: Reason,
}

impl Mistake {
    /// Says what is wrong, and returns the exit code.
    pub fn report(&self) -> OwnCode {
        let Source { dashes, name, value } = self.source;
        let (space, value) = match value {
            Some(value) => (" ", Piece::Bytes(value)),
            None => ("", Piece::Raw(b"")),
        };
        say!(
            "parse {}{}{}{}: {}\nhint: -h lists the options; what follows -- is the program",
            "--".get(..dashes).unwrap_or_default(),
            name,
            space,
            value,
            self.reason
        );
        OwnCode::Failure
    }
}
