//! Finding the program the way execvp(3) does.
#![forbid(unsafe_code)]

use crate::sys::arguments::Program;
use crate::sys::copy;
use crate::sys::errno::Errno;
use crate::sys::process::{execute, execute_by_shell};

/// Where to look if the environment has no PATH.
const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

const SHELL: &[u8] = b"/bin/sh\0";

/// Executes `program`, searching PATH for a name without a slash. Returns only if that fails.
#[allow(clippy::manual_contains, reason = "contains() brings in 240 bytes of memchr")]
pub fn execute_program(program: Program) -> Errno {
    let name = program.name().to_bytes_with_nul();
    if name == b"\0" || name.iter().any(|byte| *byte == b'/') {
        execute_file(name, program)
    } else {
        search(name, program)
    }
}

/// A directory that cannot be searched does not end the search, but is the error to give if the
/// program is in none of the others.
#[inline(never)] // so that the page for the buffer is touched only if it is needed
fn search(name: &[u8], program: Program) -> Errno {
    let path = program.environment.starting_with(b"PATH=").next().and_then(|path| path.get(5..));
    let mut error = Errno(libc::ENOENT);
    let mut buffer = [0; libc::PATH_MAX as usize];
    for directory in path.unwrap_or(DEFAULT_PATH).split(|byte| *byte == b':') {
        let Some(file) = join(&mut buffer, directory, name) else {
            continue;
        };
        match execute_file(file, program) {
            // The last three are what a network file system says of a directory that it has lost.
            Errno(libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT) => {}
            Errno(libc::EACCES) => error = Errno(libc::EACCES),
            other => return other,
        }
    }
    error
}

/// Executes `file`, by the shell if it has no format that the kernel knows.
fn execute_file(file: &[u8], program: Program) -> Errno {
    let error = execute(file, program);
    if error == Errno(libc::ENOEXEC) {
        execute_by_shell(SHELL, file, program); // without a shell the first error stands
    }
    error
}

/// `directory/name`, or `name` if the directory is empty; `None` if that is longer than a path can be.
fn join<'a>(buffer: &'a mut [u8], directory: &[u8], name: &[u8]) -> Option<&'a [u8]> {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    let mut length = 0;
    for part in [directory, slash, name] {
        copy(buffer.get_mut(length..length + part.len())?, part);
        length += part.len();
    }
    buffer.get(..length)
}
