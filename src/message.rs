//! Messages on stderr: `rinit: verb object: reason`, each one write(2).
#![forbid(unsafe_code)]

use crate::sys::file;
use crate::text::{Show, Text};

/// Begins a message.
#[inline(never)] // a call is smaller than what it does
pub fn begin() -> Text {
    let mut text = Text::empty();
    "rinit: ".show(&mut text);
    text
}

/// Writes a message to stderr in one piece, or not at all: a closed stderr, a pipe that is full or has
/// no reader, must not stop an init, and there is nowhere left to say so.
pub fn send(text: &mut Text) {
    "\n".show(text);
    file::write_without_waiting(file::STDERR, text.bytes());
}

/// Sends a message made of the given parts: `say!("reap ", pid)`.
macro_rules! say {
    ($($part:expr),* $(,)?) => {{
        let mut text = $crate::message::begin();
        $crate::text::append!(text, $($part),*);
        $crate::message::send(&mut text);
    }};
}

/// Sends a message if the verbosity lets its level through: `report!(verbosity, Debug, "reap ", pid)`.
macro_rules! report {
    ($verbosity:expr, $level:ident, $($part:expr),* $(,)?) => {
        if log::Level::$level <= $verbosity {
            $crate::message::say!($($part),*);
        }
    };
}

pub(crate) use {report, say};
