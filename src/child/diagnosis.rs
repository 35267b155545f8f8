//! Diagnosis: why the program cannot be executed, and what to do about it.
//!
//! The kernel returns an error number and no more. It may be about the program's file, or about one that
//! this needs: the interpreter of a script, the loader of a program, or what those need in turn.

use super::{elf, search};
use crate::message::text::Text;
use crate::message::{self, append};
use crate::sys::arch::MACHINE;
use crate::sys::arguments::Program;
use crate::sys::bytes::c_string;
use crate::sys::file::{self, File};
use crate::sys::types::Errno;
use core::ffi::CStr;

/// From a script to its interpreter and on: the kernel goes through no more files than this, and so there
/// is an end to scripts that are each other's interpreter.
const MAX_INTERPRETERS: u8 = 5;

/// Says that `program` cannot be executed because of `error`, and what to do if its file tells.
#[inline(never)] // so that the pages for the buffers are touched only if they are needed
pub fn report(program: Program, error: Errno) {
    let mut buffer = [0; libc::PATH_MAX as usize];
    let mut text = message::begin();
    if let Some(file) = search::find(&mut buffer, program) {
        append!(text, "spawn {}: {}", file, error);
        explain(&mut text, file, MAX_INTERPRETERS);
    } else {
        let (not_set, path) = match search::path(program) {
            Some(path) => ("", path),
            None => ("not set, taken as ", search::DEFAULT_PATH),
        };
        append!(text, "spawn {}: not found in PATH\nhint: PATH is {}{}", program.name(), not_set, path);
    }
    message::send(&mut text);
}

/// Gives a hint if the file at `path`, or one of the next `steps` that it needs, cannot be executed.
fn explain(text: &mut Text, path: &CStr, steps: u8) {
    let obstacle = match file::mode(path) {
        Err(Errno(libc::EACCES)) => " may not be reached: chmod +x its directory",
        Err(_) => return,
        Ok(mode) if mode & libc::S_IFMT == libc::S_IFDIR => " is a directory",
        _ if file::is_mounted_noexec(path) => " is on a file system mounted noexec: move it",
        _ if !file::may_execute(path) => " may not be executed: chmod +x it",
        _ => return explain_content(text, path, steps),
    };
    append!(text, "\nhint: {}{}", path, obstacle);
}

/// A file that the program needs, and what to do if it is missing.
struct Needed<'a> {
    path: &'a CStr,
    advice: &'static str,
}

/// Gives a hint if it is the content of the file at `path` that keeps it from being executed.
fn explain_content(text: &mut Text, path: &CStr, steps: u8) {
    let Ok(file) = File::open(path) else {
        return; // it may be executed, but not read
    };
    let mut head = [0; 256]; // as much as the kernel looks at
    file.read_at(0, &mut head);
    let needed = if !elf::is_elf(&head) {
        Some(interpreter(&mut head))
    } else if elf::is_native(&head) {
        loader(&file, &mut head)
    } else {
        return append!(text, "\nhint: {} is not built for {}", path, MACHINE);
    };
    let Some(needed) = needed else { return };
    if file::mode(needed.path) == Err(Errno(libc::ENOENT)) {
        append!(text, "\nhint: {} needs {}, which is missing: {}", path, needed.path, needed.advice);
    } else if steps > 0 {
        explain(text, needed.path, steps - 1);
    }
}

/// The loader of the ELF file that begins with `head`; `None` if it has none.
fn loader<'a>(file: &File, head: &'a mut [u8]) -> Option<Needed<'a>> {
    let program_headers = elf::program_headers(head);
    head.fill(0); // the file may end before that
    file.read_at(program_headers, head);
    let place = elf::loader(head)?;
    head.fill(0);
    file.read_at(place, head);
    Some(Needed { path: c_string(head)?, advice: "add it or link statically" })
}

/// The interpreter of the script that begins with `head`: the shell if it has no `#!` line.
fn interpreter(head: &mut [u8]) -> Needed<'_> {
    let named = match head {
        [b'#', b'!', line @ ..] => first_word(line),
        _ => None,
    };
    let path = named.unwrap_or(search::SHELL);
    let advice = match path.to_bytes() {
        [.., b'\r'] => "\\x0d is a carriage return, use Unix line ends",
        _ => "install it or use another #! line",
    };
    Needed { path, advice }
}

/// The first word of a `#!` line, of which `line` is what comes after these two, as the kernel reads it. It
/// is given the NUL that ends a path.
fn first_word(mut line: &mut [u8]) -> Option<&CStr> {
    while let [b' ' | b'\t', rest @ ..] = line {
        line = rest;
    }
    let end = line.iter_mut().find(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0))?;
    *end = 0;
    c_string(line).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_the_first_word_as_the_kernel_reads_it() {
        for (line, expected) in [
            (&b"/bin/sh\n"[..], Some(&b"/bin/sh"[..])),
            (b" \t /bin/sh\n", Some(b"/bin/sh")),
            (b"/bin/sh -e x\n", Some(b"/bin/sh")),
            (b"/bin/sh\t-e\n", Some(b"/bin/sh")),
            (b"/bin/sh\r\n", Some(b"/bin/sh\r")),
            (b"/bin/sh -e\r\n", Some(b"/bin/sh")),
            (b"/bin/sh\0\0\0", Some(b"/bin/sh")),
            (b"sh\n/bin/other\n", Some(b"sh")),
            (b"\n/bin/sh\n", None),
            (b" \t\n/bin/sh\n", None),
            (b"/cut/off/befo", None),
            (b"  ", None),
            (b"", None),
        ] {
            let found = first_word(&mut line.to_vec()).map(|path| path.to_bytes().to_vec());
            assert_eq!(found.as_deref(), expected, "{line:?}");
        }
    }
}
