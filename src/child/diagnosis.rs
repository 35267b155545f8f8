//! Diagnosis: why the program cannot be executed, and what to do about it.
//!
//! The kernel returns an error number and no more. It may be about the program's file, about a directory on the
//! way to it, or about a file that it needs: the interpreter of a script, the loader of a program, or what those
//! need in turn.

use super::elf::{self, Kind};
use super::search::{self, HEAD};
use crate::message::text::{Piece, Text};
use crate::message::{self, append};
use crate::sys::arch::MACHINE;
use crate::sys::arguments::Program;
use crate::sys::bytes::{c_string, copy, part};
use crate::sys::file;
use crate::sys::types::Errno;
use core::ffi::CStr;

/// A program, its interpreter, and on: the kernel goes through no more files than this, and so there is an end
/// to scripts that are each other's interpreter.
const MAX_FILES: u8 = 6;

/// How long a path can be, with its NUL, for its file to be looked at. Longer ones are rare, and this may be on a
/// stack of 16 KiB.
const LONGEST_PATH: usize = 1024;

/// The hints: a name, and a template with a place for the file's path and perhaps one for what else there is to
/// name. (One text, since a table of strings would hold addresses, which would have to be relocated.)
macro_rules! hints {
    ($($hint:ident $template:literal;)*) => {
        /// What is in the way, or what to do about it.
        #[derive(Clone, Copy)]
        enum Hint { $($hint),* }

        const TEMPLATES: &[u8] = concat!($($template, "\n"),*).as_bytes();
    };
}

hints! {
    SearchedIn "searched in {}";
    EmptyName "is a variable empty?";
    ForShell "words and $ are a shell's work: sh -c";
    Missing "{} is missing";
    MissingIn "{} is missing in {}";
    BrokenLink "{} is a broken link to {}";
    NotADirectory "{} is not a directory";
    Directory "{} is a directory";
    NotRegular "{} is not a regular file";
    NoExec "{} is on a noexec mount: move it";
    NotExecutable "{} is not executable: chmod +x it";
    Busy "{} is open for writing";
    NoProgram "{} is truncated or no program";
    Foreign "{} is not built for {}";
    ForMacOs "{} is a macOS program";
    ForWindows "{} is a Windows program";
    LoaderMissing "add it or link statically";
    InterpreterMissing "install it or use another #! line";
    UnixLinesMissing "\\x0d is a carriage return, use Unix line ends";
}

/// How the line of a hint begins, and that of one about a need.
const HINT: &str = "\nhint: ";
const NEED: &str = "\nhint: {} needs {}, which is missing: ";

impl Hint {
    /// Whether it is about something that the file needs and that is missing: those are the last ones.
    fn is_of_need(self) -> bool {
        self as u8 >= Self::LoaderMissing as u8
    }

    fn template(self) -> &'static [u8] {
        part(TEMPLATES, b'\n', self as usize)
    }
}

/// Says that `program` cannot be executed because of `error`, and what to do if its file tells.
#[inline(never)] // so that the pages for the buffers are touched only if they are needed
pub fn report(program: Program, error: Errno) {
    let (mut path, mut other) = ([0; LONGEST_PATH], [0; HEAD]);
    let mut message = Text::empty();
    message::begin(&mut message);
    let name = program.name();
    let file = search::find(&mut path, program);
    let is_found = file.is_some();
    let is_not_found = !is_found && search::is_searched(name);
    let reason = if is_not_found { Piece::from("not found in PATH") } else { Piece::from(error) };
    append!(message, "spawn {}: {}", file.unwrap_or(name), reason);
    let hint = if is_found {
        explain(&mut path, &mut other, error)
    } else {
        shells_work(name).or(is_not_found.then_some(Hint::SearchedIn))
    };
    if let Some(hint) = hint {
        let path = if is_found { before_nul(&path) } else { search::path(program) };
        let pieces = [path.into(), before_nul(&other).into()];
        let beginning = if hint.is_of_need() { NEED } else { HINT };
        message.append(beginning.as_bytes(), &pieces);
        message.append(hint.template(), &pieces);
    }
    message::send(&mut message);
}

fn before_nul(bytes: &[u8]) -> &[u8] {
    c_string(bytes).unwrap_or_default().to_bytes()
}

/// A hint about the path of a program that is not there, if it looks like one that a shell would have changed.
fn shells_work(path: &CStr) -> Option<Hint> {
    if path.is_empty() {
        return Some(Hint::EmptyName);
    }
    let is_shells = path.to_bytes().iter().any(|byte| matches!(byte, b' ' | b'$'));
    is_shells.then_some(Hint::ForShell)
}

/// A hint if the file at `path`, or one that it needs, cannot be executed. `path` becomes that of this file, and
/// `other`, which is zeroed, what else there is to name.
#[inline(never)] // 24 bytes less
fn explain(path: &mut [u8], other: &mut [u8], error: Errno) -> Option<Hint> {
    if error == Errno(libc::ETXTBSY) {
        return Some(Hint::Busy);
    }
    let mut error = error;
    for _ in 0..MAX_FILES {
        let hint = obstacle_on_the_way(path, other);
        if hint.is_some() {
            return hint;
        }
        let hint = obstacle_inside(c_string(path)?, other, error)?;
        if !hint.is_of_need() {
            return Some(hint);
        }
        let needed = c_string(other)?;
        if file::mode(needed) == Err(Errno(libc::ENOENT)) {
            return Some(hint);
        }
        copy(path, needed.to_bytes_with_nul());
        error = NOT_KNOWN;
    }
    None
}

/// The first obstacle on the way to the file at `path`, which is a directory or the file itself. `path` is cut
/// to end there.
fn obstacle_on_the_way(path: &mut [u8], other: &mut [u8]) -> Option<Hint> {
    for index in 1..path.len() {
        let place = path.get_mut(index)?;
        let byte = *place;
        if byte == b'/' || byte == 0 {
            *place = 0;
            let hint = obstacle_at(c_string(path)?, byte == 0, other);
            if hint.is_some() || byte == 0 {
                return hint;
            }
            *path.get_mut(index)? = byte;
        }
    }
    None
}

/// What keeps the file at `path` from being executed or, if it is not the last on the way, from being a
/// directory that leads on.
fn obstacle_at(path: &CStr, is_last: bool, other: &mut [u8]) -> Option<Hint> {
    let kind = match file::mode(path) {
        Ok(mode) => mode & libc::S_IFMT,
        Err(error) => return absence(path, is_last, error, other),
    };
    if !is_last && kind != libc::S_IFDIR {
        return Some(Hint::NotADirectory);
    }
    if is_last && kind == libc::S_IFDIR {
        return Some(Hint::Directory);
    }
    if is_last && kind != libc::S_IFREG {
        return Some(Hint::NotRegular);
    }
    if is_last && file::is_mounted_noexec(path) {
        return Some(Hint::NoExec);
    }
    if file::may_execute(path) { None } else { Some(Hint::NotExecutable) }
}

/// How it is that there is nothing at `path`. That of the last on the way is the error itself, which needs no
/// words of its own.
fn absence(path: &CStr, is_last: bool, error: Errno, other: &mut [u8]) -> Option<Hint> {
    if file::read_link(path, other) {
        return Some(Hint::BrokenLink);
    }
    if error != Errno(libc::ENOENT) {
        return None;
    }
    let hint = shells_work(path);
    if hint.is_some() {
        return hint;
    }
    if path.to_bytes().first() != Some(&b'/') && file::read_link(c"/proc/self/cwd", other) {
        return Some(Hint::MissingIn);
    }
    if is_last { None } else { Some(Hint::Missing) }
}

/// The kernel's error is the program's own, and not of what it needs.
const NOT_KNOWN: Errno = Errno(0);

/// What in the file at `path` keeps it from being executed, if it is not what it needs: then the hint for where
/// that is missing, whose path is put into `other`. `error` is the kernel's, if that is about this file.
fn obstacle_inside(path: &CStr, other: &mut [u8], error: Errno) -> Option<Hint> {
    let mut head = [0; HEAD];
    file::read_at(path, 0, &mut head)?; // it may be executed, but not read
    match elf::kind(&head) {
        Kind::Native if matches!(error, Errno(libc::ENOEXEC | libc::EIO)) => Some(Hint::NoProgram),
        Kind::Native => {
            read_loader(path, &mut head, other)?;
            Some(Hint::LoaderMissing)
        }
        Kind::Foreign => {
            copy(other, MACHINE.to_bytes_with_nul());
            Some(Hint::Foreign)
        }
        Kind::MachO => Some(Hint::ForMacOs),
        Kind::Pe => Some(Hint::ForWindows),
        Kind::Text => {
            let interpreter = match search::interpreter(&mut head) {
                Some(path) => path,
                None if error != NOT_KNOWN => search::SHELL,
                None => return Some(Hint::NoProgram),
            };
            copy(other, interpreter.to_bytes_with_nul());
            Some(match interpreter.to_bytes() {
                [.., b'\r'] => Hint::UnixLinesMissing,
                _ => Hint::InterpreterMissing,
            })
        }
    }
}

/// Puts the path of the loader of the ELF file at `path`, which begins with `head`, into `loader`; `None` if it has
/// none.
fn read_loader(path: &CStr, head: &mut [u8], loader: &mut [u8]) -> Option<()> {
    let program_headers = elf::program_headers(head);
    head.fill(0); // the file may end before that
    file::read_at(path, program_headers, head);
    file::read_at(path, elf::loader(head)?, loader);
    (loader.first() != Some(&0)).then_some(())
}
