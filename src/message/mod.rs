//! What is said: messages on stderr, `rinit: verb object: reason`, each in one write(2).

mod reason;
pub mod text;
pub mod words;

use crate::sys::file;
pub(crate) use text::append;
use text::{Piece, Text};

pub use reason::Reason;

/// Begins a message in an empty text. (One that is returned is copied.)
#[inline(never)]
pub fn begin(text: &mut Text) {
    text.append(b"rinit: ", &[]);
}

/// Writes a message to stderr in one piece, or not at all: a closed stderr, a pipe that is full or has no
/// reader, or a terminal that nobody reads must not stop an init.
pub fn send(text: &mut Text) {
    text.push(b'\n');
    file::write_message(text.bytes());
}

/// Sends a message of a template and its pieces.
pub fn write(template: &str, pieces: &[Piece<'_>]) {
    let mut text = Text::empty();
    begin(&mut text);
    text.append(template.as_bytes(), pieces);
    send(&mut text);
}

/// Sends a message with pieces in the places of `{}`: `say!("reap {}", pid)`.
macro_rules! say {
    ($template:expr $(, $piece:expr)* $(,)?) => {{
        $crate::message::text::assert_places!($template $(, $piece)*);
        $crate::message::write($template, &[$($crate::message::text::Piece::from($piece)),*])
    }};
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
