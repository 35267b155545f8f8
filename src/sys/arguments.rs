//! argv and envp as the kernel left them: arrays of C strings that end with a null pointer, execve(2).
//!
//! # Safety
//!
//! The kernel writes both arrays and all their strings into the initial stack, where they stay for
//! as long as the process lives. A [`Strings`] is only ever made from such an array and never moves
//! past its null pointer, so that every element it gives out is a valid C string of `'static` life.
//! The one that replaces elements, [`Program`], has them back before anybody reads them.

use super::errno::Errno;
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

    /// Those of the strings that start with `prefix`. No string is read further than it matches, so
    /// that a large environment costs nothing.
    pub fn starting_with(self, prefix: &'static [u8]) -> impl Iterator<Item = &'static [u8]> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            loop {
                // SAFETY: `rest` has not passed the null pointer, and every other element is a C
                // string, of which no byte after its NUL is read: no prefix has a NUL.
                unsafe {
                    let string = *rest;
                    if string.is_null() {
                        return None;
                    }
                    rest = rest.add(1);
                    let bytes = string.cast::<u8>();
                    if prefix.iter().enumerate().all(|(index, byte)| *bytes.add(index) == *byte) {
                        return Some(CStr::from_ptr(string).to_bytes());
                    }
                }
            }
        })
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
    /// rinit's last argument before the program, whose place [`Program::by_shell`] borrows.
    before: Strings,
}

impl Program {
    /// The program whose argv begins after the first string of `before`.
    pub fn after(before: Strings, environment: Strings) -> Option<Self> {
        if before.rest().is_empty() { None } else { Some(Self { environment, before }) }
    }

    /// Its name, as it was given.
    pub fn name(self) -> &'static CStr {
        self.argv().first().unwrap_or_default()
    }

    /// Its argv.
    pub fn argv(self) -> Strings {
        self.before.rest()
    }

    /// Runs `action`, and puts the pointers back that a shell's argv may have replaced in a
    /// child that shares this memory.
    pub fn preserved<R>(self, action: impl FnOnce() -> R) -> R {
        let places = self.shells_places();
        // SAFETY: see `shells_places`; what is written is what stood there.
        unsafe {
            let kept = places.map(|place| *place);
            let result = action();
            for (place, pointer) in places.into_iter().zip(kept) {
                *place = pointer;
            }
            result
        }
    }

    /// Calls `execute` with the argv of a shell that runs `script`, the way execvp(3) does for a
    /// file without a `#!` line: shell, script, and the program's arguments.
    ///
    /// # Safety
    ///
    /// `shell` and `script` point to C strings, and `execute` passes its argument on to the kernel
    /// and keeps nothing of it.
    pub(super) unsafe fn by_shell(
        self,
        shell: *const c_char,
        script: *const c_char,
        execute: impl FnOnce(Strings) -> Errno,
    ) -> Errno {
        self.preserved(|| {
            let [first, second] = self.shells_places();
            // SAFETY: see `shells_places`. `preserved` puts back what stood there; if the exec
            // succeeds, the one that the parent is in does.
            unsafe {
                *first = shell;
                *second = script;
            }
            execute(self.before)
        })
    }

    /// The two pointers that a shell's argv takes: the program's name, and the one before it. The
    /// kernel's argv is writable, and a Program has both.
    fn shells_places(self) -> [*mut *const c_char; 2] {
        [self.before.0.cast_mut(), self.argv().0.cast_mut()]
    }
}

/// What the kernel hands to a new program.
#[derive(Clone, Copy)]
pub struct Arguments {
    /// argv, the program's own name first; empty if the caller passed none.
    pub argv: Strings,
    /// The environment, `NAME=value` each.
    pub environment: Strings,
}

impl Arguments {
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
