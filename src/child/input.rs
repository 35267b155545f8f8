//! The child's standard input, to which a stop writes its lines.

use crate::message::say;
use crate::options::settings::Settings;
use crate::policy::exit::OwnCode;
use crate::sys::file::Stdin;
use crate::sys::types::Errno;

/// Sees to it that the lines of a stop, if there are any, can be written: where the caller has given nothing to
/// read, standard input becomes a pipe.
///
/// # Errors
///
/// They cannot be written to what the caller has given, of which a message has been sent.
pub fn prepare(settings: &Settings) -> Result<(), OwnCode> {
    if !settings.stop.is_some_and(|stop| stop.schedule.has_line()) {
        return Ok(());
    }
    prepare_for_lines().map_err(|error| {
        say!("write to stdin: {}\nhint: a line needs /proc, and a pipe (-i, no -t) or no input", error);
        OwnCode::Failure
    })
}

fn prepare_for_lines() -> Result<(), Errno> {
    let given = Stdin::now();
    match given {
        Stdin::Pipe => {}
        Stdin::Nothing => Stdin::become_pipe()?,
        Stdin::Other => return Err(Errno(libc::EINVAL)),
    }
    // The caller's pipe is not held open: its reader sees the end when the caller has closed it.
    Stdin::open_for_writing(given == Stdin::Nothing)
}
