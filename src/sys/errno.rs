//! Error numbers, errno(3).
#![forbid(unsafe_code)]

use crate::sys::bytes::part;
use core::ffi::c_int;

/// The reasons in words for the errors that spawning and supervising can meet: as bytes and one text,
/// since a table of strings would hold addresses.
macro_rules! reasons {
    ($($number:ident $reason:literal)*) => {
        const NUMBERS: &[u8] = &[$(libc::$number as u8),*];
        const REASONS: &[u8] = concat!($($reason, "\n"),*).as_bytes();
    };
}

reasons! {
    EPERM "operation not permitted"
    ENOENT "no such file or directory"
    ESRCH "no such process"
    EIO "input/output error"
    E2BIG "argument list too long"
    ENOEXEC "exec format error"
    EBADF "bad file descriptor"
    EAGAIN "resource temporarily unavailable"
    ENOMEM "cannot allocate memory"
    EACCES "permission denied"
    ENOTDIR "not a directory"
    EISDIR "is a directory"
    EINVAL "invalid argument"
    ENFILE "too many open files in system"
    EMFILE "too many open files"
    ENOSPC "no space left on device"
    EPIPE "broken pipe"
    ETXTBSY "text file busy"
    ENAMETOOLONG "file name too long"
    ENOSYS "function not implemented"
    ELOOP "too many levels of symbolic links"
}

/// An error number as in errno(3): 1..=4095.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub c_int);

impl Errno {
    /// What a system call's result means: below zero it is the negative errno, syscalls(2).
    pub(super) fn check(result: isize) -> Result<usize, Self> {
        if result < 0 { Err(Self(-result as c_int)) } else { Ok(result as usize) }
    }

    /// The reason in words, if it is one of the common ones.
    pub fn reason(self) -> Option<&'static [u8]> {
        let index = NUMBERS.iter().position(|number| c_int::from(*number) == self.0)?;
        part(REASONS, b'\n', index)
    }
}
