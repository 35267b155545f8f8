//! What is in files whose path is put together.

use crate::message::text::{Piece, Text};
use crate::sys::file::read_beginning;

/// The beginning of a file, as much of it as `buffer` can hold; nothing if it cannot be read. The `path` has
/// places for `pieces`, and ends with NUL.
pub fn read<'a>(path: &str, pieces: &[Piece<'_>], buffer: &'a mut [u8]) -> &'a [u8] {
    let mut text = Text::empty();
    text.append(path.as_bytes(), pieces);
    text.c_string().map_or(&[], |path| read_beginning(path, buffer))
}
