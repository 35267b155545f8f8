//! Paths as the kernel takes them: C strings, of which only the start is passed on.
//!
//! # Safety
//!
//! A [`Path`] is only ever made from bytes with a NUL among them, which stay for as long as it does.

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A path, or a name that may become one.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Path<'a> {
    start: NonNull<c_char>,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Path<'a> {
    /// The path in `bytes`, up to the first NUL, if there is one.
    #[allow(clippy::manual_contains, reason = "contains() brings in 240 bytes of memchr")]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.iter().any(|byte| *byte == 0) {
            Some(Self { start: NonNull::from(bytes).cast(), bytes: PhantomData })
        } else {
            None
        }
    }

    /// The path at `start`.
    ///
    /// # Safety
    ///
    /// There is a C string at `start`, which stays for as long as the path does.
    pub(super) unsafe fn from_ptr(start: *const c_char) -> Self {
        // SAFETY: the address of a C string is not null.
        Self { start: unsafe { NonNull::new_unchecked(start.cast_mut()) }, bytes: PhantomData }
    }

    /// Its bytes, without the NUL.
    pub fn bytes(self) -> &'a [u8] {
        self.c_string().to_bytes()
    }

    /// Its bytes, and the NUL.
    pub fn bytes_with_nul(self) -> &'a [u8] {
        self.c_string().to_bytes_with_nul()
    }

    fn c_string(self) -> &'a CStr {
        // SAFETY: it is a C string of that life.
        unsafe { CStr::from_ptr(self.as_ptr()) }
    }

    /// Its start, as system calls take it.
    pub(super) fn as_ptr(self) -> *const c_char {
        self.start.as_ptr()
    }
}

impl<'a> From<&'a CStr> for Path<'a> {
    fn from(string: &'a CStr) -> Self {
        Self { start: NonNull::from(string).cast(), bytes: PhantomData }
    }
}
