//! Finding the program the way execvp(3) does.

use super::elf;
use crate::sys::arguments::{InChild, Prefix, Program, Replacement};
use crate::sys::bytes::{c_string, contains, copy, parts};
use crate::sys::file::{self, File};
use crate::sys::process::{Shell, execute, execute_by_shell};
use crate::sys::types::Errno;
use core::ffi::CStr;

/// Where to look if the environment has no PATH.
pub const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

/// What runs a script without a `#!` line.
pub const SHELL: &CStr = c"/bin/sh";

const PATH: Prefix = Prefix::new(b"PATH=");

/// Executes `program` with these replacements in its strings, searching PATH for a name without a slash.
/// Returns only if that fails.
pub fn execute_program(program: Program, replacements: &[Replacement<'_>], child: &mut InChild) -> Errno {
    if is_searched(program.name()) {
        search(program, &mut Attempt::Execute(replacements, child)).error
    } else {
        execute_file(program.name(), program, replacements, child)
    }
}

/// The program's file: of a search, the first that exists, and `None` if there is none.
pub fn find(buffer: &mut [u8], program: Program) -> Option<&CStr> {
    let name = program.name();
    if !is_searched(name) {
        return Some(name);
    }
    join(buffer, search(program, &mut Attempt::Find).directory?, name)
}

/// The PATH of its environment.
pub fn path(program: Program) -> Option<&'static [u8]> {
    program.environment.after(PATH)
}

/// Whether a file with this name is searched in PATH.
fn is_searched(name: &CStr) -> bool {
    let name = name.to_bytes();
    !name.is_empty() && !contains(name, b'/')
}

/// What a search does with each file that may be the program.
enum Attempt<'a> {
    Execute(&'a [Replacement<'a>], &'a mut InChild),
    Find,
}

impl Attempt<'_> {
    /// The error of the attempt; `None` if the file is there, which is all that was asked.
    fn at(&mut self, file: &CStr, program: Program) -> Option<Errno> {
        match self {
            Self::Execute(replacements, child) => Some(execute_file(file, program, replacements, child)),
            Self::Find => file::mode(file).err(),
        }
    }
}

/// Where a search ended, and the error that stands if nothing was there.
struct Found {
    error: Errno,
    directory: Option<&'static [u8]>,
}

/// Attempts the files with the program's name in the directories of PATH, until one is there.
///
/// A directory that cannot be searched does not end the search, but its error is returned if no other
/// directory has the program.
fn search(program: Program, attempt: &mut Attempt) -> Found {
    let mut found = Found { error: Errno(libc::ENOENT), directory: None };
    let mut buffer = [0; libc::PATH_MAX as usize];
    for directory in parts(path(program).unwrap_or(DEFAULT_PATH), b':') {
        let Some(file) = join(&mut buffer, directory, program.name()) else {
            continue;
        };
        let directory = Some(directory);
        match attempt.at(file, program) {
            // The last three are what a network file system says of a directory that it has lost.
            Some(Errno(libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT)) => {}
            Some(error @ Errno(libc::EACCES)) => found = Found { error, directory },
            Some(error) => return Found { error, directory },
            None => return Found { directory, ..found },
        }
    }
    found
}

/// Executes `file`, by the shell if it has no format that the kernel knows.
fn execute_file(
    file: &CStr,
    program: Program,
    replacements: &[Replacement<'_>],
    child: &mut InChild,
) -> Errno {
    let error = execute(file, program, replacements, child);
    if error == Errno(libc::ENOEXEC) && !is_elf(file) {
        // Without a shell the first error stands.
        execute_by_shell(Shell { shell: SHELL, script: file }, program, replacements, child);
    }
    error
}

/// Whether `file` is an ELF file: one for another architecture, if it has no format that the kernel
/// knows. A shell would take it for a script, and complain of its first line.
fn is_elf(file: &CStr) -> bool {
    let mut head = [0; 4];
    if let Ok(file) = File::open(file) {
        file.read_at(0, &mut head);
    }
    elf::is_elf(&head)
}

/// `directory/name`, or `name` if the directory is empty; `None` if that is longer than a path can be.
fn join<'a>(buffer: &'a mut [u8], directory: &[u8], name: &CStr) -> Option<&'a CStr> {
    let (start, mut rest) = buffer.split_at_mut_checked(directory.len())?;
    copy(start, directory);
    if !directory.is_empty() {
        let slash;
        (slash, rest) = rest.split_first_mut()?;
        *slash = b'/';
    }
    let name = name.to_bytes_with_nul();
    copy(rest.get_mut(..name.len())?, name);
    c_string(buffer)
}
