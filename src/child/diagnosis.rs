//! Diagnosis: why the program cannot be executed, and what to do about it.
//!
//! The kernel answers an error number and no more. It may be about the program's file, or about one
//! that this needs: the interpreter of a script, the loader of a program, or what those need in turn.
#![forbid(unsafe_code)]

use crate::child::elf;
use crate::child::search;
use crate::message;
use crate::message::text::Text;
use crate::sys::arguments::Program;
use crate::sys::errno::Errno;
use crate::sys::file::{self, File};
use crate::sys::machine;
use crate::sys::path::Path;

/// From a script to its interpreter and on: the kernel goes through no more files than this, and so
/// there is an end to scripts that are each other's interpreter.
const STEPS: u8 = 5;

/// Says that `program` cannot be executed because of `error`, and what to do if its file tells.
#[inline(never)] // so that the pages for the buffers are touched only if they are needed
pub fn report(program: Program, error: Errno) {
    let mut buffer = [0; libc::PATH_MAX as usize];
    let mut text = message::begin();
    if let Some(file) = search::find(&mut buffer, program) {
        text.append("spawn {}: {}", &[file.into(), error.into()]);
        explain(&mut text, file, STEPS);
    } else {
        let (not_set, path) = match search::path(program) {
            Some(path) => ("", path),
            None => ("not set, taken as ", search::DEFAULT_PATH),
        };
        text.append(
            "spawn {}: not found in PATH\nhint: PATH is {}{}",
            &[program.name().into(), not_set.into(), path.into()],
        );
    }
    message::send(&mut text);
}

/// Gives a hint if the file at `path`, or one of the next `steps` that it needs, cannot be executed.
fn explain(text: &mut Text, path: Path, steps: u8) {
    let obstacle = match file::mode(path) {
        Err(Errno(libc::EACCES)) => " may not be reached: chmod +x its directory",
        Err(_) => return,
        Ok(mode) if mode & libc::S_IFMT == libc::S_IFDIR => " is a directory",
        _ if file::is_mounted_noexec(path) => " is on a file system mounted noexec: move it",
        _ if !file::may_execute(path) => " may not be executed: chmod +x it",
        _ => return explain_content(text, path, steps),
    };
    hint(text, path, obstacle);
}

/// Gives a hint if it is the content of the file at `path` that keeps it from being executed.
fn explain_content(text: &mut Text, path: Path, steps: u8) {
    let Ok(file) = File::open(path) else {
        return; // it may be executed, but not read
    };
    let mut head = [0; 256]; // as much as the kernel looks at
    file.read_at(0, &mut head);
    let mut needed = search::SHELL.into();
    let mut advice = "install it or use another #! line";
    if elf::is_elf(&head) {
        if !elf::is_native(&head) {
            return hint(text, path, concat!(" is not built for ", machine!()));
        }
        let program_headers = elf::program_headers(&head);
        head.fill(0); // the file may end before that
        file.read_at(program_headers, &mut head);
        let Some(place) = elf::loader(&head) else { return };
        head.fill(0);
        file.read_at(place, &mut head);
        let Some(loader) = Path::new(&head) else { return };
        needed = loader;
        advice = "add it or link statically";
    } else if let [b'#', b'!', line @ ..] = &mut head
        && let Some(interpreter) = interpreter(line)
    {
        needed = interpreter;
        if needed.bytes().last() == Some(&b'\r') {
            advice = "\\x0d is a carriage return, use Unix line ends";
        }
    }
    needs(text, path, needed, advice, steps);
}

/// Gives a hint if the file that the one at `path` needs is missing or cannot be executed.
fn needs(text: &mut Text, path: Path, needed: Path, advice: &str, steps: u8) {
    if file::mode(needed) == Err(Errno(libc::ENOENT)) {
        let parts = [path.into(), needed.into(), advice.into()];
        text.append("\nhint: {} needs {}, which is missing: {}", &parts);
    } else if steps > 0 {
        explain(text, needed, steps - 1);
    }
}

fn hint(text: &mut Text, path: Path, words: &str) {
    text.append("\nhint: {}{}", &[path.into(), words.into()]);
}

/// The interpreter in a `#!` line, of which `line` is what comes after these two: the first word, as the
/// kernel reads it, which is given the NUL that ends a path.
fn interpreter(mut line: &mut [u8]) -> Option<Path<'_>> {
    while let [b' ' | b'\t', rest @ ..] = line {
        line = rest;
    }
    let end = line.iter_mut().find(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0))?;
    *end = 0;
    Path::new(line).filter(|path| !path.bytes().is_empty())
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
            let found = interpreter(&mut line.to_vec()).map(|path| path.bytes().to_vec());
            assert_eq!(found.as_deref(), expected, "{line:?}");
        }
    }
}
