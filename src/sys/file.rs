//! Files and descriptors: open(2), stat(2), statfs(2), access(2), read(2), write(2), poll(2), close(2).
//!
//! # Safety
//!
//! The system calls here get a descriptor, which may be a bad one (the kernel answers `EBADF`), and
//! slices or structures that are borrowed for as long as the call takes.

use super::arch::{syscall1, syscall2, syscall3, syscall4, syscall6};
use super::errno::Errno;
use super::path::Path;
use core::ffi::{c_int, c_long};
use core::mem::MaybeUninit;

/// Standard error, stdio(3).
pub const STDERR: c_int = 2;
/// Standard output, stdio(3).
pub const STDOUT: c_int = 1;

/// open(2) with `flags`, and close-on-exec.
///
/// The descriptor is above the standard ones, also where one of these is closed.
pub(super) fn open(path: Path, flags: c_int) -> Result<c_int, Errno> {
    // SAFETY: an integer.
    unsafe { with_path(libc::SYS_openat, path, (flags | libc::O_CLOEXEC) as usize) }.map(above_standard)
}

/// stat(2): the type and the permissions of a file.
pub fn mode(path: Path) -> Result<libc::mode_t, Errno> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the kernel writes one stat, unless it answers an error.
    unsafe {
        with_path(libc::SYS_newfstatat, path, stat.as_mut_ptr() as usize)?;
        Ok(stat.assume_init().st_mode)
    }
}

/// access(2): may the caller execute a file?
pub fn may_execute(path: Path) -> bool {
    // SAFETY: an integer.
    unsafe { with_path(libc::SYS_faccessat, path, libc::X_OK as usize) }.is_ok()
}

/// statfs(2): is a file on a file system mounted `noexec`?
pub fn is_mounted_noexec(path: Path) -> bool {
    let mut statfs = MaybeUninit::<[usize; 15]>::uninit(); // the libc crate's has no flags
    // SAFETY: the kernel reads a C string and writes one statfs, 15 words of which the flags are the
    // eleventh, unless it answers an error.
    unsafe {
        syscall2(libc::SYS_statfs, path.as_ptr() as usize, statfs.as_mut_ptr() as usize) == 0
            && statfs.assume_init()[10] & libc::ST_NOEXEC as usize != 0
    }
}

/// The system calls that begin with a directory and a path, such as openat(2), with one argument
/// more.
///
/// # Safety
///
/// `argument` is what the call asks for.
#[inline(never)]
unsafe fn with_path(call: c_long, path: Path, argument: usize) -> Result<c_int, Errno> {
    // SAFETY: the kernel reads a C string; the caller answers for the argument.
    let result = unsafe { syscall4(call, libc::AT_FDCWD as usize, path.as_ptr() as usize, argument, 0) };
    Errno::check(result).map(|result| result as c_int)
}

/// A file that can be read, and is closed when this goes.
pub struct File(c_int);

impl File {
    /// open(2) for reading; a FIFO is not waited for.
    pub fn open(path: Path) -> Result<Self, Errno> {
        open(path, libc::O_RDONLY | libc::O_NONBLOCK).map(Self)
    }

    /// read(2) once: what was read, which is nothing at the end of the file and after an error.
    pub fn read<'a>(&self, buffer: &'a mut [u8]) -> &'a [u8] {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let length = Errno::check(unsafe {
            syscall3(libc::SYS_read, self.0 as usize, buffer.as_mut_ptr() as usize, buffer.len())
        });
        buffer.get(..length.unwrap_or(0)).unwrap_or_default()
    }

    /// pread(2) once: as many bytes of `buffer` as the file has at `offset` are replaced by them.
    pub fn read_at(&self, offset: u32, buffer: &mut [u8]) {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        unsafe {
            syscall4(
                libc::SYS_pread64,
                self.0 as usize,
                buffer.as_mut_ptr() as usize,
                buffer.len(),
                offset as usize,
            )
        };
    }
}

impl Drop for File {
    fn drop(&mut self) {
        close(self.0);
    }
}

/// write(2): the number of bytes written.
pub fn write(descriptor: c_int, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `bytes.len()` bytes at `bytes`.
    Errno::check(unsafe {
        syscall3(libc::SYS_write, descriptor as usize, bytes.as_ptr() as usize, bytes.len())
    })
}

/// write(2) until all of `bytes` is written.
pub fn write_all(descriptor: c_int, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = write(descriptor, bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Writes all of `bytes` at once, or gives it up if that would have to wait.
///
/// pwritev2(2) with `RWF_NOWAIT` where the kernel can do that: on pipes since Linux 6.4. Elsewhere
/// poll(2) is asked first.
pub fn write_without_waiting(descriptor: c_int, bytes: &[u8]) {
    let one = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let at_the_end = -1isize as usize; // wherever the next byte goes
    // SAFETY: the kernel reads one iovec, and the `bytes.len()` bytes that it points to.
    let written = unsafe {
        syscall6(
            libc::SYS_pwritev2,
            descriptor as usize,
            (&raw const one) as usize,
            1,
            at_the_end,
            0,
            libc::RWF_NOWAIT as usize,
        )
    };
    if Errno::check(written).is_err() && is_writable(descriptor) {
        let _ = write(descriptor, bytes);
    }
}

/// poll(2) without waiting: can `descriptor` be written to now?
fn is_writable(descriptor: c_int) -> bool {
    let mut poll = libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 };
    // SAFETY: the kernel reads and writes one pollfd.
    let ready = Errno::check(unsafe { syscall3(libc::SYS_poll, (&raw mut poll) as usize, 1, 0) });
    ready == Ok(1) && poll.revents & libc::POLLOUT != 0
}

/// Moves a descriptor that took the number of a closed standard stream out of its place, with
/// `F_DUPFD_CLOEXEC`, fcntl(2).
fn above_standard(descriptor: c_int) -> c_int {
    if descriptor > STDERR {
        return descriptor;
    }
    let first = (STDERR + 1) as usize;
    // SAFETY: integers.
    let moved =
        unsafe { syscall3(libc::SYS_fcntl, descriptor as usize, libc::F_DUPFD_CLOEXEC as usize, first) };
    close(descriptor);
    moved as c_int // an error is no descriptor either
}

/// Closes every descriptor from `first` up, close_range(2).
pub fn close_from(first: c_int) {
    // SAFETY: closing is safe for memory; rinit keeps nothing behind a descriptor.
    let closed = unsafe { syscall3(libc::SYS_close_range, first as usize, u32::MAX as usize, 0) };
    if Errno::check(closed).is_err() {
        // Before Linux 5.9, or refused by a seccomp filter: what the usual limit lets exist.
        for descriptor in first..1024 {
            close(descriptor);
        }
    }
}

/// close(2). The descriptor is gone whatever the kernel answers, so there is no error to give.
fn close(descriptor: c_int) {
    // SAFETY: as for close_from.
    unsafe { syscall1(libc::SYS_close, descriptor as usize) };
}
