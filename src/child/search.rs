//! Finding the program the way execvp(3) does.
#![forbid(unsafe_code)]

use crate::child::elf;
use crate::sys::arguments::Program;
use crate::sys::bytes::parts;
use crate::sys::copy;
use crate::sys::errno::Errno;
use crate::sys::file::{self, File};
use crate::sys::path::Path;
use crate::sys::process::{execute, execute_by_shell};
use core::ffi::CStr;

/// Where to look if the environment has no PATH.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

/// What runs a script without a `#!` line.
pub const SHELL: &CStr = c"/bin/sh";

/// Executes `program`, searching PATH for a name without a slash. Returns only if that fails.
pub fn execute_program(program: Program) -> Errno {
    if is_searched(program.name()) {
        search(program, execute_file).0
    } else {
        execute_file(program.name(), program)
    }
}

/// The program's file: of a search, the first that exists, and `None` if there is none.
pub fn find<'a>(buffer: &'a mut [u8], program: Program) -> Option<Path<'a>> {
    let name = program.name();
    if !is_searched(name) {
        return Some(name);
    }
    let (_, directory) = search(program, |file, _| match file::mode(file) {
        Ok(_) => Errno(0),
        Err(error) => error,
    });
    join(buffer, directory?, name)
}

/// The PATH of its environment.
pub fn path(program: Program) -> Option<&'static [u8]> {
    program.environment.after(b"PATH=")
}

/// Whether a file with this name is searched in PATH.
#[allow(clippy::manual_contains, reason = "contains() brings in 240 bytes of memchr")]
fn is_searched(name: Path) -> bool {
    let name = name.bytes();
    !name.is_empty() && !name.iter().any(|byte| *byte == b'/')
}

/// Tries the files with the program's name in the directories of PATH, until `attempt` answers that one
/// is there; answers the same, and the directory.
///
/// A directory that cannot be searched does not end the search, but is the error to give if the
/// program is in none of the others.
#[inline(never)] // so that the page for the buffer is touched only if it is needed
fn search(program: Program, attempt: fn(Path, Program) -> Errno) -> (Errno, Option<&'static [u8]>) {
    let mut result = (Errno(libc::ENOENT), None);
    let mut buffer = [0; libc::PATH_MAX as usize];
    for directory in parts(path(program).unwrap_or(DEFAULT_PATH), b':') {
        let Some(file) = join(&mut buffer, directory, program.name()) else {
            continue;
        };
        let error = attempt(file, program);
        match error {
            // The last three are what a network file system says of a directory that it has lost.
            Errno(libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT) => {}
            Errno(libc::EACCES) => result = (error, Some(directory)),
            _ => return (error, Some(directory)),
        }
    }
    result
}

/// Executes `file`, by the shell if it has no format that the kernel knows.
fn execute_file(file: Path, program: Program) -> Errno {
    let error = execute(file, program);
    if error == Errno(libc::ENOEXEC) && !is_elf(file) {
        execute_by_shell(SHELL.into(), file, program); // without a shell the first error stands
    }
    error
}

/// Whether `file` is an ELF file: one for another architecture, if it has no format that the kernel
/// knows. A shell would take it for a script, and complain of its first line.
fn is_elf(file: Path) -> bool {
    let mut head = [0; 4];
    if let Ok(file) = File::open(file) {
        file.read_at(0, &mut head);
    }
    elf::is_elf(&head)
}

/// `directory/name`, or `name` if the directory is empty; `None` if that is longer than a path can be.
fn join<'a>(buffer: &'a mut [u8], directory: &[u8], name: Path) -> Option<Path<'a>> {
    let (start, mut rest) = buffer.split_at_mut_checked(directory.len())?;
    copy(start, directory);
    if !directory.is_empty() {
        let slash;
        (slash, rest) = rest.split_first_mut()?;
        *slash = b'/';
    }
    let name = name.bytes_with_nul();
    copy(rest.get_mut(..name.len())?, name);
    Path::new(buffer)
}
