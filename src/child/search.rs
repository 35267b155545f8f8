//! Finding the program the way execvp(3) does.

use super::elf::{self, Kind};
use crate::sys::arguments::{Execution, Prefix, Program};
use crate::sys::bytes::{c_string, contains, copy, parts};
use crate::sys::file;
use crate::sys::process::{execute, execute_by_shell};
use crate::sys::types::Errno;
use core::ffi::CStr;

/// Where to look if the environment has no PATH.
const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

/// What runs a script without a `#!` line.
pub const SHELL: &CStr = c"/bin/sh";

const PATH: Prefix = Prefix::new(b"PATH=");

/// Executes a program, searching PATH for a name without a slash. Returns only if that fails.
pub fn execute_program(execution: &mut Execution<'_>) -> Errno {
    let name = execution.program.name();
    if is_searched(name) { search_and_execute(execution) } else { execute_file(name, execution) }
}

#[inline(never)] // so that the page for the buffer is touched only if it is needed
fn search_and_execute(execution: &mut Execution<'_>) -> Errno {
    let mut buffer = [0; libc::PATH_MAX as usize];
    search(&mut buffer, execution.program, Some(execution)).error
}

/// The path of the program's file, put into `buffer`: of a search, that of the first that exists. `None` if there
/// is none, or `buffer` is too small.
pub fn find(buffer: &mut [u8], program: Program) -> Option<&CStr> {
    let name = program.name();
    let mut directory = &b""[..];
    if is_searched(name) {
        directory = search(buffer, program, None).directory?;
    }
    join(buffer, directory, name)
}

/// The PATH of its environment, or the default.
pub fn path(program: Program) -> &'static [u8] {
    program.environment.after(PATH).unwrap_or(DEFAULT_PATH)
}

/// Whether a file with this name is searched in PATH.
pub fn is_searched(name: &CStr) -> bool {
    let name = name.to_bytes();
    !name.is_empty() && !contains(name, b'/')
}

/// Where a search ended, and the error that stands if nothing was there.
struct Found {
    error: Errno,
    directory: Option<&'static [u8]>,
}

/// Executes the files with the program's name in the directories of PATH or, without an execution, looks for them,
/// until one is there.
///
/// A directory that cannot be searched does not end the search, but its error is returned if no other
/// directory has the program.
///
/// `buffer` is for their paths.
fn search(buffer: &mut [u8], program: Program, mut execution: Option<&mut Execution<'_>>) -> Found {
    let mut found = Found { error: Errno(libc::ENOENT), directory: None };
    for directory in parts(path(program), b':') {
        let Some(file) = join(buffer, directory, program.name()) else {
            continue;
        };
        let error = match &mut execution {
            Some(execution) => execute_file(file, execution),
            None => file::mode(file).err().unwrap_or(Errno(0)), // it is there
        };
        // The last three are what a network file system says of a directory that it has lost.
        if let Errno(libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT) = error {
            continue;
        }
        found = Found { error, directory: Some(directory) };
        if error != Errno(libc::EACCES) {
            break;
        }
    }
    found
}

/// Executes `file`, by the shell if it has no format that the kernel knows.
fn execute_file(file: &CStr, execution: &mut Execution<'_>) -> Errno {
    let error = execute(file, execution);
    if error == Errno(libc::ENOEXEC) && is_for_shell(file) {
        // Without a shell the first error stands.
        execute_by_shell(SHELL, file, execution);
    }
    error
}

/// Whether `file`, which has no format that the kernel knows, may be a script without a `#!` line. A shell
/// would take other programs for one too, and complain of their first line.
fn is_for_shell(file: &CStr) -> bool {
    let mut head = [0; HEAD];
    file::read_beginning(file, &mut head);
    elf::kind(&head) == Kind::Text && interpreter(&mut head).is_none()
}

/// How much of a file the kernel looks at.
pub const HEAD: usize = 256;

/// The interpreter that the `#!` line of a script names, as the kernel reads it: its first word, which is given
/// the NUL that ends a path. `head` is how the file begins.
pub fn interpreter(head: &mut [u8]) -> Option<&CStr> {
    let [b'#', b'!', line @ ..] = head else { return None };
    let mut line = line;
    while let [b' ' | b'\t', rest @ ..] = line {
        line = rest;
    }
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0))?;
    *line.get_mut(end)? = 0;
    if end == 0 { None } else { c_string(line) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_the_first_word_as_the_kernel_reads_it() {
        for (head, expected) in [
            (&b"#!/bin/sh\n"[..], Some(&b"/bin/sh"[..])),
            (b"#! \t /bin/sh\n", Some(b"/bin/sh")),
            (b"#!/bin/sh -e x\n", Some(b"/bin/sh")),
            (b"#!/bin/sh\t-e\n", Some(b"/bin/sh")),
            (b"#!/bin/sh\r\n", Some(b"/bin/sh\r")),
            (b"#!/bin/sh -e\r\n", Some(b"/bin/sh")),
            (b"#!/bin/sh\0\0\0", Some(b"/bin/sh")),
            (b"#!sh\n/bin/other\n", Some(b"sh")),
            (b"#!\n/bin/sh\n", None),
            (b"#! \t\n/bin/sh\n", None),
            (b"#!/cut/off/befo", None),
            (b"#!  ", None),
            (b"#!", None),
            (b"# !/bin/sh\n", None),
            (b"/bin/sh\n", None),
            (b"", None),
        ] {
            let found = interpreter(&mut head.to_vec()).map(|path| path.to_bytes().to_vec());
            assert_eq!(found.as_deref(), expected, "{head:?}");
        }
    }
}
