//! argv and envp as the kernel left them: arrays of C strings that end with a null pointer, execve(2).
//!
//! # Safety
//!
//! The kernel writes both arrays and all their strings into the initial stack, where they stay for
//! as long as the process lives. A [`Strings`] is only ever made from such an array and never moves
//! past its null pointer, so that every element it gives out is a valid C string of `'static` life.
//! The one that replaces elements, [`Program`], has them back before anybody reads them, or replaces one
//! by another.

use super::path::Path;
use core::ffi::{CStr, c_char};

/// A null-terminated array of C strings.
#[derive(Clone, Copy)]
pub struct Strings(*const *const c_char);

impl Strings {
    /// Whether there is no string.
    pub fn is_empty(self) -> bool {
        // SAFETY: the array has at least its null pointer.
        unsafe { (*self.0).is_null() }
    }

    /// The first string.
    pub fn first(self) -> Option<&'static CStr> {
        // SAFETY: a non-null element is a C string.
        if self.is_empty() { None } else { Some(unsafe { CStr::from_ptr(*self.0) }) }
    }

    /// The array without its first string; the same array when it is empty.
    #[must_use]
    pub fn rest(self) -> Self {
        // SAFETY: if the first element is not the null pointer, there is one after it.
        if self.is_empty() { self } else { Self(unsafe { self.0.add(1) }) }
    }

    /// Those of the strings that start with `prefix`.
    pub fn starting_with(self, prefix: &'static [u8]) -> impl Iterator<Item = &'static [u8]> {
        let mut rest = self;
        core::iter::from_fn(move || {
            let place = rest.place_of(prefix)?;
            // SAFETY: at `place` is a C string, and after it another element.
            unsafe {
                rest = Self(place.add(1));
                Some(CStr::from_ptr(*place).to_bytes())
            }
        })
    }

    /// What comes after `prefix` in the first string that starts with it.
    pub fn after(self, prefix: &[u8]) -> Option<&'static [u8]> {
        let place = self.place_of(prefix)?;
        // SAFETY: at `place` is a C string, and it is as long as the prefix or longer.
        unsafe { Some(CStr::from_ptr((*place).add(prefix.len())).to_bytes()) }
    }

    /// Where the first string is that starts with `prefix`. No string is read further than it matches,
    /// so that a large environment costs nothing.
    fn place_of(self, prefix: &[u8]) -> Option<*const *const c_char> {
        let mut place = self.0;
        // SAFETY: `place` does not pass the null pointer, and every other element is a C string, of which
        // no byte after its NUL is read: no prefix has a NUL.
        unsafe {
            while !(*place).is_null() {
                let string = (*place).cast::<u8>();
                if prefix.iter().enumerate().all(|(index, byte)| *string.add(index) == *byte) {
                    return Some(place);
                }
                place = place.add(1);
            }
        }
        None
    }

    /// The array as execve(2) takes it.
    pub(super) fn as_ptr(self) -> *const *const c_char {
        self.0
    }
}

/// The program to run: its argv, in place within rinit's own, and its environment.
#[derive(Clone, Copy)]
pub struct Program {
    /// Its environment.
    pub environment: Strings,
    /// Its argv: not empty, and after another of rinit's arguments, whose place a shell's argv takes.
    argv: Strings,
}

impl Program {
    /// The program whose argv begins after the first string of `before`.
    pub fn after(before: Strings, environment: Strings) -> Option<Self> {
        let argv = before.rest();
        if argv.is_empty() { None } else { Some(Self { environment, argv }) }
    }

    /// It without its first argument if that is `--`: tini's usage is `PROGRAM -- ARGUMENTS`.
    #[must_use]
    pub fn without_dashes(self) -> Self {
        let rest = self.argv.rest();
        if rest.first() != Some(c"--") {
            return self;
        }
        // SAFETY: the kernel's arrays are writable, both elements are there, and the first, which its name
        // stays in as well, comes before the program now.
        unsafe { *rest.0.cast_mut() = *self.argv.0 };
        Self { argv: rest, ..self }
    }

    /// Its name, which is what it is called by in argv.
    pub fn name(self) -> Path<'static> {
        // SAFETY: the argv of a program is not empty, and so begins with a C string.
        unsafe { Path::from_ptr(*self.argv.0) }
    }

    /// Its argv.
    pub fn argv(self) -> Strings {
        self.argv
    }

    /// The value of its `LISTEN_PID`, sd_listen_fds(3).
    pub fn listen_pid(self) -> Option<&'static [u8]> {
        self.environment.after(LISTEN_PID)
    }

    /// Runs `action`, and puts the pointers back that a child which shares this memory has replaced.
    pub(super) fn preserved<R>(self, action: impl FnOnce() -> R) -> R {
        let [first, second, third, fourth] = self.places();
        // SAFETY: see `places`; what is written is what stood there.
        unsafe {
            let kept = (*first, *second, *third, *fourth);
            let result = action();
            (*first, *second, *third, *fourth) = kept;
            result
        }
    }

    /// Makes its argv that of a shell which runs `script`, the way execvp(3) does for a file without a
    /// `#!` line: shell, script, and the program's arguments.
    ///
    /// # Safety
    ///
    /// The caller is within `preserved`.
    pub(super) unsafe fn run_by_shell(self, shell: Path, script: Path) -> Strings {
        let [first, second, ..] = self.places();
        // SAFETY: see `places`.
        unsafe {
            *first = shell.as_ptr();
            *second = script.as_ptr();
        }
        Strings(first)
    }

    /// Makes this the variable `LISTEN_PID`, which there has to be, and puts it also in the place of
    /// `LISTEN_PIDFDID`: to say the same twice is to leave that out.
    ///
    /// # Safety
    ///
    /// It begins as the one that it replaces, and the caller is within `preserved`.
    pub(super) unsafe fn set_listen_pid(self, variable: Path) {
        let [_, _, first, second] = self.places();
        // SAFETY: see `places`.
        unsafe {
            *first = variable.as_ptr();
            *second = variable.as_ptr();
        }
    }

    /// The pointers that can be replaced: the program's name and the one before it, which a shell's
    /// argv takes, and those of two variables, or one of the others again where they are not set. The
    /// kernel's arrays are writable, and a Program has the first two.
    fn places(self) -> [*mut *const c_char; 4] {
        let name = self.argv.0;
        // SAFETY: there is an argument before the program.
        let before = unsafe { name.sub(1) };
        let listen_pid = self.environment.place_of(LISTEN_PID);
        // Without the first the second means nothing, and need not be looked for.
        let listen_pidfdid = listen_pid.and_then(|_| self.environment.place_of(LISTEN_PIDFDID));
        let listen_pid = listen_pid.unwrap_or(before);
        let listen_pidfdid = listen_pidfdid.unwrap_or(listen_pid);
        [before.cast_mut(), name.cast_mut(), listen_pid.cast_mut(), listen_pidfdid.cast_mut()]
    }
}

/// Names the process that the descriptors of a socket activation are for, sd_listen_fds(3).
const LISTEN_PID: &[u8] = b"LISTEN_PID=";

/// Names the same process in a way of systemd's own, which nobody has to use.
const LISTEN_PIDFDID: &[u8] = b"LISTEN_PIDFDID=";

/// What the kernel hands to a new program.
#[derive(Clone, Copy)]
pub struct Arguments {
    /// argv, the program's own name first; empty if the caller passed none.
    pub argv: Strings,
    /// The environment, `NAME=value` each.
    pub environment: Strings,
}

impl Arguments {
    /// The path that rinit was called by; empty if the caller passed none.
    pub fn own_path(&self) -> &'static [u8] {
        self.argv.first().map_or(b"", CStr::to_bytes)
    }

    /// Reads the initial stack: argc, argv, null, envp, null.
    ///
    /// # Safety
    ///
    /// `stack` is the stack pointer as the kernel set it at the program's entry.
    pub unsafe fn from_initial_stack(stack: *const usize) -> Self {
        // SAFETY: the stack begins with argc, argc pointers, a null pointer, and then envp.
        let (argv, envp) = unsafe { (stack.add(1), stack.add(1 + *stack + 1)) };
        Self { argv: Strings(argv.cast()), environment: Strings(envp.cast()) }
    }
}
