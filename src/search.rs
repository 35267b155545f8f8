//! Finding the program the way execvp(3) does.
#![forbid(unsafe_code)]

use crate::sys::arguments::{Program, Strings};
use crate::sys::copy;
use crate::sys::errno::Errno;
use crate::sys::process::execute;
use core::ffi::CStr;

/// Where to look if the environment has no PATH.
const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

const SHELL: &CStr = c"/bin/sh";

/// Executes `program`, searching PATH for a name without a slash. Returns only if that fails.
///
/// A directory that cannot be searched does not end the search, but is the error to give if the
/// program is in none of the others.
pub fn execute_program(program: Program, environment: Strings) -> Errno {
    let Some(name) = program.argv().first() else {
        return Errno(libc::ENOENT);
    };
    let bytes = name.to_bytes();
    if bytes.is_empty() || bytes.iter().any(|byte| *byte == b'/') {
        return execute_file(name, program, environment);
    }
    let path = environment.starting_with(b"PATH=").next().and_then(|path| path.get(5..));
    let mut error = Errno(libc::ENOENT);
    let mut buffer = [0; libc::PATH_MAX as usize];
    for directory in path.unwrap_or(DEFAULT_PATH).split(|byte| *byte == b':') {
        let Some(file) = join(&mut buffer, directory, bytes) else {
            continue;
        };
        match execute_file(file, program, environment) {
            Errno(libc::ENOENT | libc::ENOTDIR) => {}
            Errno(libc::EACCES) => error = Errno(libc::EACCES),
            other => return other,
        }
    }
    error
}

/// Executes `file`, by the shell if it has no format that the kernel knows.
fn execute_file(file: &CStr, program: Program, environment: Strings) -> Errno {
    match execute(file, program.argv(), environment) {
        Errno(libc::ENOEXEC) => {
            program.by_shell(SHELL, file, |arguments| execute(SHELL, arguments, environment));
            Errno(libc::ENOEXEC)
        }
        error => error,
    }
}

/// `directory/name`, or `name` if the directory is empty; `None` if that is longer than a path can be.
fn join<'a>(buffer: &'a mut [u8], directory: &[u8], name: &[u8]) -> Option<&'a CStr> {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    let mut length = 0;
    for part in [directory, slash, name, b"\0"] {
        copy(buffer.get_mut(length..length + part.len())?, part);
        length += part.len();
    }
    CStr::from_bytes_with_nul(buffer.get(..length)?).ok()
}
