//! `--install`: a copy of rinit where it is wanted, for an init container whose image holds nothing but rinit.

use crate::message::text::{Piece, Text};
use crate::message::{append, say};
use crate::policy::exit::OwnCode;
use crate::sys::process::change_directory;
use crate::sys::types::Errno;
use crate::sys::{file, image, random};
use core::ptr;

/// Installs rinit as the file `path`, or as `rinit` in the directory that this is.
///
/// # Errors
///
/// What was there before is there still, and a message has been sent.
#[inline(never)] // its texts are not to be on the stack of an init
pub fn install(path: &[u8]) -> Result<(), OwnCode> {
    copy_to(path).map_err(|error| {
        say!("install {}: {}", path, error);
        OwnCode::Failure
    })
}

/// The copy is made beside the file, and takes its place when it is whole.
fn copy_to(path: &[u8]) -> Result<(), Errno> {
    const TOO_LONG: Errno = Errno(libc::ENAMETOOLONG);
    let mut buffer = Text::empty();
    append!(buffer, "{}\0", Piece::Raw(path));
    let mut path = buffer.c_string().ok_or(TOO_LONG)?;
    match change_directory(path) {
        Ok(()) => path = c"rinit",
        Err(Errno(libc::ENOENT | libc::ENOTDIR)) => {}
        Err(error) => return Err(error),
    }
    // A number that no other copy has, be it another container's, where rinit's process ID is the same, or what was
    // left by one that was killed. Where a filter refuses a random one, it is the stack's place, which no emulator
    // makes random.
    let mut number = ptr::from_ref(&buffer).addr() as u32;
    random::replace(&mut number);
    let mut beside = Text::empty();
    append!(beside, "{}.{}\0", Piece::Raw(path.to_bytes()), number);
    file::replace(path, beside.c_string().ok_or(TOO_LONG)?, image::bytes())
}
