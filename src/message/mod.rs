//! Messages on stderr: `rinit: verb object: reason`, each one write(2).
#![forbid(unsafe_code)]

pub mod reason;
pub mod text;
pub mod words;

use crate::message::text::{Part, Text};
use crate::sys::file;

/// Begins a message.
pub fn begin() -> Text {
    let mut text = Text::empty();
    text.append("rinit: ", &[]);
    text
}

/// Writes a message to stderr in one piece, or not at all: a closed stderr, a pipe that is full or has
/// no reader, must not stop an init, and there is nowhere left to say so.
pub fn send(text: &mut Text) {
    text.push(b'\n');
    file::write_without_waiting(file::STDERR, text.bytes());
}

/// Sends a message of a template and its parts.
#[inline(never)] // a call is smaller than what it does
pub fn write(template: &str, parts: &[Part<'_>]) {
    let mut text = begin();
    text.append(template, parts);
    send(&mut text);
}

/// Sends a message with parts in the places of `{}`: `say!("reap {}", pid)`.
macro_rules! say {
    ($template:expr $(, $part:expr)* $(,)?) => {
        $crate::message::write($template, &[$($crate::message::text::Part::from($part)),*])
    };
}

/// Sends a message if the verbosity lets its level through: `report!(verbosity, Debug, "reap {}", pid)`.
macro_rules! report {
    ($verbosity:expr, $level:ident, $($message:tt)*) => {
        if log::Level::$level <= $verbosity {
            $crate::message::say!($($message)*);
        }
    };
}

pub(crate) use {report, say};
