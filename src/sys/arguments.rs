//! argv and envp as the kernel left them: arrays of C strings that end with a null pointer, execve(2).
//!
//! # Safety
//!
//! The kernel writes both arrays and all their strings into the initial stack, where they stay writable for
//! as long as the process lives. A [`Strings`] is only ever made from such an array and never moves past
//! its null pointer, so that every element it returns is a valid C string of `'static` life.
//!
//! The one exception is a child of vfork, which shares the arrays with its parent and may have to change
//! them: an [`InChild`] replaces pointers around the system call that executes, and no other code runs
//! meanwhile. If that succeeds, the parent puts the pointers back before it goes on.

use super::bytes::equal;
use super::types::Errno;
use core::ffi::{CStr, c_char};
use core::iter;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A null-terminated array of C strings.
#[derive(Clone, Copy)]
pub struct Strings(NonNull<*const c_char>);

/// How a string begins, for a search among [`Strings`]. It holds no NUL but at its end, so that no string is read
/// beyond its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Prefix<'a>(&'a [u8]);

impl<'a> Prefix<'a> {
    /// The prefix `bytes`, to be made at compile time: a NUL in it does not compile.
    pub const fn new(bytes: &'a [u8]) -> Self {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            assert!(*byte != 0);
            rest = after;
        }
        Self(bytes)
    }

    /// All of `string`, with its end.
    pub fn whole(string: &'a CStr) -> Self {
        Self(string.to_bytes_with_nul())
    }

    /// Its length.
    pub const fn length(self) -> usize {
        self.0.len()
    }

    /// Whether `string` begins with it.
    ///
    /// # Safety
    ///
    /// It is a C string.
    #[inline(always)] // most strings differ in the first byte: that is to be compared where it stands
    unsafe fn begins(self, string: *const c_char) -> bool {
        let mut index = 0;
        while let Some(byte) = self.0.get(index) {
            // SAFETY: a byte of the string, or its NUL: none but the last byte of a prefix equals that, so none
            // after it is read.
            if unsafe { *string.cast::<u8>().add(index) } != *byte {
                return false;
            }
            index += 1;
        }
        true
    }
}

impl Strings {
    /// Whether there is no string.
    pub fn is_empty(self) -> bool {
        self.element().is_null()
    }

    /// The first string.
    pub fn first(self) -> Option<&'static CStr> {
        // SAFETY: an element that is not null is a C string.
        if self.is_empty() { None } else { Some(unsafe { CStr::from_ptr(self.element()) }) }
    }

    /// Whether the first string is `--`.
    pub fn begins_with_dashes(self) -> bool {
        self.first().is_some_and(|first| equal(first.to_bytes(), b"--"))
    }

    /// The array without its first string; the same array when it is empty.
    #[must_use]
    pub fn rest(self) -> Self {
        // SAFETY: the first element is not the null pointer, so there is one after it.
        if self.is_empty() { self } else { Self(unsafe { self.0.add(1) }) }
    }

    /// Those of the strings that start with `prefix`.
    pub fn starting_with(self, prefix: Prefix<'_>) -> impl Iterator<Item = &'static [u8]> {
        let mut rest = self;
        iter::from_fn(move || {
            let found = rest.find(prefix)?;
            rest = found.rest();
            found.first().map(CStr::to_bytes)
        })
    }

    /// What comes after `prefix` in the first string that starts with it.
    pub fn after(self, prefix: Prefix<'_>) -> Option<&'static [u8]> {
        self.find(prefix)?.first()?.to_bytes().get(prefix.0.len()..)
    }

    /// The array from the first string on that starts with one of `prefixes`. See [`Self::find`].
    pub fn find_any(self, [a, b, c]: [Prefix<'_>; 3]) -> Option<Self> {
        let mut rest = self;
        while !rest.is_empty() {
            let string = rest.element();
            // SAFETY: an element that is not null is a C string.
            if unsafe { a.begins(string) || b.begins(string) || c.begins(string) } {
                return Some(rest);
            }
            rest = rest.rest();
        }
        None
    }

    /// The array from the first string on that starts with `prefix`. No string is read further than it
    /// matches, so that a large environment costs nothing.
    pub fn find(self, prefix: Prefix<'_>) -> Option<Self> {
        let mut rest = self;
        while !rest.is_empty() {
            // SAFETY: an element that is not null is a C string.
            if unsafe { prefix.begins(rest.element()) } {
                return Some(rest);
            }
            rest = rest.rest();
        }
        None
    }

    /// The first element: a C string, or the null pointer at the end.
    fn element(self) -> *const c_char {
        // SAFETY: the array has at least its null pointer.
        unsafe { self.0.read() }
    }

    /// The array as execve(2) takes it.
    pub(super) fn as_ptr(self) -> *const *const c_char {
        self.0.as_ptr()
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
        if !rest.begins_with_dashes() {
            return self;
        }
        // SAFETY: the kernel's arrays are writable, both elements are there, and the first, which keeps its
        // string as well, now comes before the program.
        unsafe { rest.0.write(self.argv.element()) };
        Self { argv: rest, ..self }
    }

    /// Its name, which is what it is called by in argv.
    pub fn name(self) -> &'static CStr {
        self.argv.first().unwrap_or_default() // which is never empty
    }

    /// Its argv.
    pub fn argv(self) -> Strings {
        self.argv
    }

    /// The argv that begins one element before its own, where a shell's can be put.
    pub(super) fn argv_from_before(self) -> Strings {
        // SAFETY: there is an argument of rinit's before the program's.
        Strings(unsafe { self.argv.0.sub(1) })
    }
}

/// A string that takes the place of another for an exec.
#[derive(Clone, Copy)]
pub struct Replacement<'a> {
    /// Where it goes: to the first of these strings, if there is one.
    pub at: Option<Strings>,
    /// The string.
    pub by: &'a CStr,
}

/// What a child is to execute.
pub struct Execution<'a> {
    /// The program.
    pub program: Program,
    /// What is replaced in its strings.
    pub replacements: &'a [Replacement<'a>],
    /// The child.
    pub child: &'a mut InChild,
}

/// Proof that the caller runs in a child of [`vfork`](super::process::vfork), which alone creates it.
///
/// It keeps what an exec has replaced in the arrays that the child shares with its parent. The parent drops it
/// when the child has exec'd or ended, which puts that back.
pub struct InChild {
    /// Of these the first `count` are initialised.
    replaced: [MaybeUninit<Replaced>; Self::CAPACITY],
    count: usize,
}

/// An element of a kernel's array, and what stood there.
#[derive(Clone, Copy)]
struct Replaced {
    at: Strings,
    was: *const c_char,
}

impl Execution<'_> {
    /// Makes its replacements and these, runs `execve`, and puts everything back: no other code sees them.
    pub(super) fn with(&mut self, more: &[Replacement<'_>], execve: impl FnOnce() -> Errno) -> Errno {
        self.child.replace(self.replacements);
        self.child.replace(more);
        let error = execve();
        self.child.put_back();
        error
    }
}

impl InChild {
    const CAPACITY: usize = 6;

    pub(super) fn new() -> Self {
        Self { replaced: [MaybeUninit::uninit(); Self::CAPACITY], count: 0 }
    }

    #[inline(never)]
    fn replace(&mut self, replacements: &[Replacement<'_>]) {
        for Replacement { at, by } in replacements {
            let Some(at) = at.filter(|at| !at.is_empty()) else { continue };
            let Some(entry) = self.replaced.get_mut(self.count) else { return };
            // Recorded first, so that it is put back whenever the child may end.
            entry.write(Replaced { at, was: at.element() });
            self.count += 1;
            // SAFETY: an element of a kernel's array, which is writable. It is put back before anything else
            // reads it, while the string is still there.
            unsafe { at.0.write_volatile(by.as_ptr()) };
        }
    }

    /// The last first: an element that was replaced twice gets what stood there at first.
    fn put_back(&mut self) {
        while let Some(last) = self.count.checked_sub(1) {
            self.count = last;
            if let Some(entry) = self.replaced.get(last) {
                // SAFETY: it was among the first `count`.
                let Replaced { at, was } = unsafe { entry.assume_init() };
                // SAFETY: an element of a kernel's array, which gets back what stood there.
                unsafe { at.0.write(was) };
            }
        }
    }
}

impl Drop for InChild {
    fn drop(&mut self) {
        self.put_back();
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
    /// The path that rinit was called by; empty if the caller passed none.
    pub fn own_path(&self) -> &'static [u8] {
        self.argv.first().map_or(b"", CStr::to_bytes)
    }

    /// Reads the initial stack: argc, argv, null, envp, null.
    ///
    /// # Safety
    ///
    /// `stack` is the stack pointer as the kernel set it at the program's entry.
    pub unsafe fn from_initial_stack(stack: NonNull<usize>) -> Self {
        // SAFETY: the stack begins with argc.
        let argc = unsafe { stack.read() };
        // SAFETY: after argc come its pointers and a null pointer, and then envp.
        let (argv, envp) = unsafe { (stack.add(1), stack.add(1 + argc + 1)) };
        Self { argv: Strings(argv.cast()), environment: Strings(envp.cast()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrays are in memory of the test's own, which stays.
    fn strings(array: &'static mut [*const c_char]) -> Strings {
        assert!(array.last().unwrap().is_null());
        Strings(NonNull::new(array.as_mut_ptr()).unwrap())
    }

    fn array<const N: usize>(elements: [&'static CStr; N]) -> Strings {
        let pointers = elements.iter().map(|element| element.as_ptr()).chain([core::ptr::null()]);
        strings(std::vec::Vec::leak(pointers.collect()))
    }

    fn all(mut strings: Strings) -> std::vec::Vec<&'static CStr> {
        let next = || {
            let first = strings.first();
            strings = strings.rest();
            first
        };
        iter::from_fn(next).collect()
    }

    #[test]
    fn a_string_is_found_by_how_it_begins_and_not_read_beyond_its_end() {
        // In memory `A` is followed by what would match if the NUL were passed over.
        let memory: &'static [u8] = b"A\0SECRET=1\0";
        let environment = array([CStr::from_bytes_until_nul(memory).unwrap(), c"B=2", c"A=3", c"A=4"]);
        assert_eq!(environment.after(const { Prefix::new(b"A=") }), Some(&b"3"[..]));
        assert_eq!(environment.after(const { Prefix::new(b"SECRET=") }), None);
        assert_eq!(environment.starting_with(const { Prefix::new(b"A") }).count(), 3);
    }

    #[test]
    #[should_panic]
    fn a_prefix_with_a_nul_is_refused() {
        let _ = Prefix::new(b"A\0SECRET=");
    }

    #[test]
    fn what_an_exec_replaces_is_there_for_it_and_put_back_after_it() {
        let argv = array([c"rinit", c"script", c"x"]);
        let program = Program::after(argv, array([c"A=1", c"B=2"])).unwrap();
        let environment = program.environment;
        let before = (all(argv), all(environment));
        let (variable, end) = (environment.rest(), environment.rest().rest());
        let of_environment = [
            Replacement { at: Some(variable), by: c"B=3" },
            Replacement { at: Some(variable), by: c"B=4" },
            Replacement { at: Some(end), by: c"C=5" }, // the end of an array stays its end
        ];
        let of_argv = [
            Replacement { at: Some(argv), by: c"/bin/sh" },
            Replacement { at: Some(program.argv()), by: c"/script" },
        ];
        let mut execution = Execution { program, replacements: &of_environment, child: &mut InChild::new() };
        let error = execution.with(&of_argv, || {
            assert_eq!(all(environment), [c"A=1", c"B=4"]);
            assert_eq!(all(program.argv_from_before()), [c"/bin/sh", c"/script", c"x"]);
            Errno(libc::ENOENT)
        });
        assert_eq!(error, Errno(libc::ENOENT));
        assert_eq!((all(argv), all(environment)), before);
    }

    #[test]
    fn what_is_replaced_when_the_child_execs_is_put_back_by_its_parent() {
        let environment = array([c"A=1", c"B=2"]);
        let mut child = InChild::new();
        for string in [c"A=2", c"A=3"] {
            child.replace(&[Replacement { at: Some(environment), by: string }]);
        }
        assert_eq!(environment.first(), Some(c"A=3"));
        drop(child);
        assert_eq!(all(environment), [c"A=1", c"B=2"]);
    }

    #[test]
    fn no_more_is_replaced_than_can_be_put_back() {
        let environment = array([c"A=1"]);
        let program = Program::after(array([c"rinit", c"x"]), environment).unwrap();
        let many = [Replacement { at: Some(environment), by: c"A=2" }; 100];
        let mut execution = Execution { program, replacements: &many, child: &mut InChild::new() };
        execution.with(&many, || Errno(libc::ENOENT));
        assert_eq!(all(environment), [c"A=1"]);
    }
}
