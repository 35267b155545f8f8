//! Files and descriptors: open(2), pipe(2), stat(2), statx(2), statfs(2), access(2), readlink(2), read(2), getdents64(2),
//! write(2), writev(2), pwritev2(2), rename(2), unlink(2), chmod(2), fcntl(2), dup(2), ioctl_tty(2), poll(2), close(2),
//! close_range(2).
//!
//! # Safety
//!
//! The system calls here get a descriptor, which may be a bad one (the kernel returns `EBADF`), and
//! strings, slices or structures that are borrowed for as long as the call takes.

use super::bytes::{after, c_string};
use super::call::syscall;
use super::clock::Milliseconds;
use super::types::Errno;
use core::ffi::{CStr, c_int};
use core::mem::{MaybeUninit, offset_of};

/// Standard input, stdio(3).
pub const STDIN: c_int = 0;
/// Standard output, stdio(3).
pub const STDOUT: c_int = 1;
/// Standard error, stdio(3).
pub const STDERR: c_int = 2;

/// The permissions of a program, which a new file gets.
const PROGRAM: c_int = 0o755;

/// open(2) with `flags`, and close-on-exec.
///
/// The descriptor is above the standard ones, also where one of these is closed.
pub(super) fn open(path: &CStr, flags: c_int) -> Result<c_int, Errno> {
    // Of any size, which only a 32-bit kernel has to be told.
    const OF_ANY_SIZE: c_int = if cfg!(target_pointer_width = "32") { libc::O_LARGEFILE } else { 0 };
    let flags = flags | libc::O_CLOEXEC | OF_ANY_SIZE;
    // SAFETY: the kernel reads a C string.
    let opened = unsafe { syscall!(SYS_openat, libc::AT_FDCWD, path, flags, PROGRAM) };
    opened.and_then(|descriptor| above_standard(descriptor as c_int))
}

/// stat(2): the type and the permissions of a file.
pub fn mode(path: &CStr) -> Result<libc::mode_t, Errno> {
    stat(libc::AT_FDCWD, path, 0).map(|(mode, _)| mode)
}

/// stat(2): the type and the permissions of a file, and which device it is.
#[cfg(not(target_arch = "loongarch64"))]
#[inline(always)] // 50 bytes less
fn stat(directory: c_int, path: &CStr, flags: c_int) -> Result<(libc::mode_t, libc::dev_t), Errno> {
    let mut stat = MaybeUninit::<libc::stat64>::uninit();
    // SAFETY: the kernel reads a C string, and writes one stat unless it returns an error.
    unsafe { syscall!(SYS_newfstatat, directory, path, stat.as_mut_ptr(), flags) }?;
    // SAFETY: there was no error.
    let stat = unsafe { stat.assume_init_ref() };
    Ok((stat.st_mode, stat.st_rdev))
}

/// The same by statx(2). (The architecture has had no stat(2) before Linux 6.11.)
#[cfg(target_arch = "loongarch64")]
fn stat(directory: c_int, path: &CStr, flags: c_int) -> Result<(libc::mode_t, libc::dev_t), Errno> {
    let mut stat = MaybeUninit::<libc::statx>::uninit();
    // SAFETY: the kernel reads a C string, and writes one statx unless it returns an error.
    unsafe { syscall!(SYS_statx, directory, path, flags, libc::STATX_BASIC_STATS, stat.as_mut_ptr()) }?;
    // SAFETY: there was no error.
    let stat = unsafe { stat.assume_init_ref() };
    Ok((stat.stx_mode.into(), libc::makedev(stat.stx_rdev_major, stat.stx_rdev_minor)))
}

/// What standard input is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stdin {
    /// A pipe or a FIFO.
    Pipe,
    /// Closed, or `/dev/null`.
    Nothing,
    /// Anything else.
    Other,
}

impl Stdin {
    /// What it is now, fstat(2).
    pub fn now() -> Self {
        const NULL: libc::dev_t = libc::makedev(1, 3); // null(4)
        match stat(STDIN, c"", libc::AT_EMPTY_PATH) {
            Ok((mode, _)) if mode & libc::S_IFMT == libc::S_IFIFO => Self::Pipe,
            Ok((mode, NULL)) if mode & libc::S_IFMT == libc::S_IFCHR => Self::Nothing,
            Err(Errno(libc::EBADF)) => Self::Nothing,
            _ => Self::Other,
        }
    }

    /// Makes it the end of a new pipe that is read, and closes the other end.
    pub fn become_pipe() -> Result<(), Errno> {
        let mut ends: [c_int; 2] = [STDIN, 0];
        close(STDIN); // so that this is the lowest number
        // SAFETY: the kernel writes two descriptors.
        unsafe { syscall!(SYS_pipe2, &raw mut ends, 0) }?;
        close(ends[1]);
        Ok(())
    }

    /// Checks that the pipe that it is can be written to. With `from_now_on` it is open for that as well, and so its
    /// reader never sees its end.
    pub fn open_for_writing(from_now_on: bool) -> Result<(), Errno> {
        let end = open_stdin(0)?;
        if from_now_on {
            duplicate(end, STDIN);
        }
        close(end);
        Ok(())
    }
}

/// Writes a line to standard input, which is a pipe, for who reads it: all of it, or nothing if it is no longer than
/// `PIPE_BUF`, pipe(7). It does not wait.
pub fn write_line_to_stdin(line: &[u8]) -> Result<(), Errno> {
    const PARTS: c_int = 2;
    let end = open_stdin(libc::O_NONBLOCK)?;
    let part =
        |bytes: &[u8]| libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let parts = [part(line), part(b"\n")];
    // SAFETY: the kernel reads two iovecs, and the bytes that they point to.
    let written = unsafe { syscall!(SYS_writev, end, &raw const parts, PARTS) };
    close(end);
    match written {
        Ok(length) if length <= line.len() => Err(Errno(libc::EAGAIN)),
        result => result.map(drop),
    }
}

/// Both ends of the pipe that standard input is, pipe(7); it needs a /proc.
fn open_stdin(flags: c_int) -> Result<c_int, Errno> {
    open(c"/proc/thread-self/fd/0", libc::O_RDWR | flags)
}

/// access(2): may the caller execute a file?
pub fn may_execute(path: &CStr) -> bool {
    // SAFETY: the kernel reads a C string.
    unsafe { syscall!(SYS_faccessat, libc::AT_FDCWD, path, libc::X_OK) }.is_ok()
}

/// readlink(2): puts the path to which a symbolic link leads into `buffer`, with a NUL at its end, or as much of
/// it as fits. Returns whether there is a link at `path`.
#[inline(never)] // 4 bytes less
pub fn read_link(path: &CStr, buffer: &mut [u8]) -> bool {
    let room = buffer.len().saturating_sub(1);
    // SAFETY: the kernel reads a C string, and writes at most `room` bytes to `buffer`.
    let length = unsafe { syscall!(SYS_readlinkat, libc::AT_FDCWD, path, buffer.as_mut_ptr(), room) };
    if let Some(end) = length.ok().and_then(|length| buffer.get_mut(length)) {
        *end = 0;
    }
    length.is_ok()
}

/// The kernel's `struct statfs`, on 32-bit architectures `struct statfs64`, in numbers of 32 bits.
type FileSystem = [u32; size_of::<libc::statfs64>() / size_of::<u32>()];

/// Where the flags are in it, for which the C library's structure has no name.
const FLAGS: usize = if cfg!(any(target_pointer_width = "32", target_arch = "s390x")) { 16 } else { 20 };

/// Is a file on a file system mounted `noexec`?
#[allow(clippy::unnecessary_cast, reason = "a long has 32 bits or 64")]
pub fn is_mounted_noexec(path: &CStr) -> bool {
    mount_flags(path).is_some_and(|flags| flags & libc::ST_NOEXEC as u32 != 0)
}

/// statfs(2): the flags of the mount that a file is on.
fn mount_flags(path: &CStr) -> Option<u32> {
    let mut file_system = MaybeUninit::<FileSystem>::uninit();
    // SAFETY: the kernel reads a C string, and writes one statfs unless it returns an error.
    #[cfg(target_pointer_width = "64")]
    unsafe { syscall!(SYS_statfs, path, file_system.as_mut_ptr()) }.ok()?;
    // SAFETY: as before.
    #[cfg(target_pointer_width = "32")]
    unsafe { syscall!(SYS_statfs64, path, size_of::<FileSystem>(), file_system.as_mut_ptr()) }.ok()?;
    // SAFETY: there was no error.
    Some(unsafe { file_system.assume_init() }[FLAGS])
}

/// What is at the beginning of a file: nothing if it cannot be read.
pub fn read_beginning<'a>(path: &CStr, buffer: &'a mut [u8]) -> &'a [u8] {
    read_at(path, 0, buffer).unwrap_or_default()
}

/// What is at `offset` in a file, pread(2), which is nothing if it ends before; `None` if it cannot be opened.
/// What it leaves over of `buffer` stays as it was.
pub fn read_at<'a>(path: &CStr, offset: u32, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let file = File::open(path).ok()?;
    let (start, length) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
    #[cfg(target_pointer_width = "64")]
    let length = unsafe { syscall!(SYS_pread64, file.0, start, length, offset) };
    // On 32-bit the offset has a lower and an upper half. SAFETY: as before.
    #[cfg(target_arch = "x86")]
    let length = unsafe { syscall!(SYS_pread64, file.0, start, length, offset, 0) };
    // On ARM they begin at an even register. SAFETY: as before.
    #[cfg(target_arch = "arm")]
    let length = unsafe { syscall!(SYS_pread64, file.0, start, length, 0, offset, 0) };
    Some(filled(buffer, length))
}

/// As much of `buffer` as a system call has filled; nothing after an error.
fn filled(buffer: &[u8], length: Result<usize, Errno>) -> &[u8] {
    buffer.get(..length.unwrap_or(0).min(buffer.len())).unwrap_or_default()
}

/// A file that can be read, and is closed when this goes.
pub struct File(c_int);

impl File {
    /// open(2) for reading; a FIFO is not waited for.
    pub fn open(path: &CStr) -> Result<Self, Errno> {
        open(path, libc::O_RDONLY | libc::O_NONBLOCK).map(Self)
    }

    /// read(2) once: what was read, which is nothing at the end of the file and after an error.
    pub fn read<'a>(&self, buffer: &'a mut [u8]) -> &'a [u8] {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let length = unsafe { syscall!(SYS_read, self.0, buffer.as_mut_ptr(), buffer.len()) };
        filled(buffer, length)
    }

    /// getdents64(2) once: names in the directory that it is. None at the end, and after an error.
    pub fn read_names<'a>(&self, buffer: &'a mut [u8]) -> Names<'a> {
        // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
        let length = unsafe { syscall!(SYS_getdents64, self.0, buffer.as_mut_ptr(), buffer.len()) };
        Names(filled(buffer, length))
    }
}

/// Names in a directory, as getdents64(2) returns them.
pub struct Names<'a>(&'a [u8]);

impl Names<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for Names<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // Each is a `struct linux_dirent64`.
        const LENGTH: usize = offset_of!(libc::dirent64, d_reclen);
        const NAME: usize = offset_of!(libc::dirent64, d_name);
        let length = self.0.get(LENGTH..)?.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))?;
        let (entry, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        entry.get(NAME..).and_then(c_string).map(CStr::to_bytes)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        close(self.0);
    }
}

/// Replaces `path` by a program of these bytes: makes it as the new file `beside`, and renames that when it is whole.
/// An error leaves everything as it was.
pub fn replace(path: &CStr, beside: &CStr, bytes: &[u8]) -> Result<(), Errno> {
    // O_DSYNC: a server tells that its disk is full when it writes, which may be after the write(2).
    let file = open(beside, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_DSYNC);
    let replaced = file.and_then(|file| fill(file, bytes)).and_then(|()| {
        // SAFETY: the kernel reads two C strings.
        unsafe { syscall!(SYS_renameat2, libc::AT_FDCWD, beside, libc::AT_FDCWD, path, 0) }.map(drop)
    });
    if !matches!(replaced, Ok(()) | Err(Errno(libc::EEXIST))) {
        // Not where another has made it. SAFETY: the kernel reads a C string.
        let _ = unsafe { syscall!(SYS_unlinkat, libc::AT_FDCWD, beside, 0) };
    }
    replaced
}

/// Writes a program that everybody may execute, whatever the umask is, and closes it, since it is busy while it is open
/// for writing. An error leaves it open.
fn fill(file: c_int, bytes: &[u8]) -> Result<(), Errno> {
    // SAFETY: integers.
    unsafe { syscall!(SYS_fchmod, file, PROGRAM) }?;
    write_all(file, bytes)?;
    close(file);
    Ok(())
}

/// write(2): the number of bytes written.
fn write(descriptor: c_int, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `bytes.len()` bytes at `bytes`.
    unsafe { syscall!(SYS_write, descriptor, bytes.as_ptr(), bytes.len()) }
}

/// write(2) until all of `bytes` is written, which may have to wait.
pub fn write_all(descriptor: c_int, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = write(descriptor, bytes)?;
        bytes = after(bytes, written);
    }
    Ok(())
}

/// Writes all of `bytes` to standard error at once, or gives it up if that would have to wait.
///
/// pwritev2(2) with `RWF_NOWAIT` where the kernel can do that: on pipes since Linux 6.4. Elsewhere
/// poll(2) is asked first.
pub fn write_message(bytes: &[u8]) {
    const ONE: c_int = 1;
    // As write(2) does: where the next byte goes. Its upper half is for 32-bit architectures.
    const AT_THE_POSITION: [c_int; 2] = [-1, -1];
    let [lower, upper] = AT_THE_POSITION;
    let one = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: the kernel reads one iovec, and the `bytes.len()` bytes that it points to.
    let written =
        unsafe { syscall!(SYS_pwritev2, STDERR, &raw const one, ONE, lower, upper, libc::RWF_NOWAIT) };
    if written.is_err() && is_writable(STDERR) {
        let _ = write(STDERR, bytes); // there is nowhere left to say that it failed
    }
}

/// Gives standard error a description of its own that does not wait, if it is a terminal and there is a /proc:
/// one that has room for a byte blocks the writer of more, and the flag of a description is shared by all who
/// inherited it.
pub fn separate_stderr_of_terminal() {
    let mut size = MaybeUninit::<libc::winsize>::uninit();
    // SAFETY: the kernel writes one winsize, if it is a terminal.
    if unsafe { syscall!(SYS_ioctl, STDERR, libc::TIOCGWINSZ as c_int, size.as_mut_ptr()) }.is_err() {
        return;
    }
    let flags = libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
    if let Ok(own) = open(c"/proc/thread-self/fd/2", flags) {
        duplicate(own, STDERR);
        close(own);
    }
}

/// dup3(2).
fn duplicate(from: c_int, to: c_int) {
    const NO_FLAGS: c_int = 0;
    // SAFETY: integers.
    let _ = unsafe { syscall!(SYS_dup3, from, to, NO_FLAGS) };
}

/// ppoll(2) without waiting: can `descriptor` be written to now?
fn is_writable(descriptor: c_int) -> bool {
    const ONE: c_int = 1;
    const THE_MASK_AS_IT_IS: usize = 0;
    let mut poll = libc::pollfd { fd: descriptor, events: libc::POLLOUT, revents: 0 };
    let at_once = Milliseconds(0).timespec(); // zeros, also where the kernel reads 32 bits of each number
    // SAFETY: the kernel reads and writes one pollfd, and reads one timespec.
    let ready = unsafe { syscall!(SYS_ppoll, &raw mut poll, ONE, &raw const at_once, THE_MASK_AS_IT_IS) };
    ready == Ok(1) && poll.revents & libc::POLLOUT != 0
}

/// Moves a descriptor that took the number of a closed standard stream out of its place, with
/// `F_DUPFD_CLOEXEC`, fcntl(2).
fn above_standard(descriptor: c_int) -> Result<c_int, Errno> {
    if descriptor > STDERR {
        return Ok(descriptor);
    }
    // SAFETY: integers.
    let moved = unsafe { syscall!(SYS_fcntl, descriptor, libc::F_DUPFD_CLOEXEC, STDERR + 1) };
    close(descriptor);
    moved.map(|moved| moved as c_int)
}

/// Closes every descriptor from `first` up, close_range(2). Where the kernel does not know that call
/// (before Linux 5.9) or a filter refuses it: those below 1024, the usual limit.
pub fn close_from(first: c_int) {
    const NO_FLAGS: c_int = 0;
    // SAFETY: closing is safe for memory: rinit maps no file.
    if unsafe { syscall!(SYS_close_range, first, u32::MAX, NO_FLAGS) }.is_err() {
        for descriptor in first..1024 {
            close(descriptor);
        }
    }
}

/// close(2). The descriptor is gone whatever the kernel returns, so there is no error to return.
pub(super) fn close(descriptor: c_int) {
    // SAFETY: closing is safe for memory: rinit maps no file.
    let _ = unsafe { syscall!(SYS_close, descriptor) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::statvfs::{FsFlags, statvfs};
    use std::ffi::CString;
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    fn c(path: &str) -> CString {
        CString::new(path).unwrap()
    }

    #[test]
    fn a_file_is_read_at_any_place_below_4_gib() {
        const PLACES: [u32; 4] = [0, 0x7fff_fffe, 0x8000_0003, u32::MAX - 4];
        let file = tempfile::NamedTempFile::new().unwrap();
        for place in PLACES {
            file.as_file().write_all_at(&place.to_ne_bytes(), place.into()).unwrap(); // it is sparse
        }
        let path = c(file.path().to_str().unwrap());
        for place in PLACES {
            let mut read = [0; 4];
            assert_eq!(read_at(&path, place, &mut read), Some(&place.to_ne_bytes()[..]), "{place:#x}");
        }
    }

    #[test]
    fn a_file_has_its_type_and_its_permissions() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o641)).unwrap();
        assert_eq!(mode(&c(path)), Ok(libc::S_IFREG | 0o641));
        assert_eq!(mode(c"/dev/null").map(|mode| mode & libc::S_IFMT), Ok(libc::S_IFCHR));
        assert_eq!(mode(c"/no/such/file"), Err(Errno(libc::ENOENT)));
    }

    #[test]
    fn what_is_opened_closes_at_an_exec_and_a_fifo_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let file = File::open(&c(fifo.to_str().unwrap())).unwrap();
        // SAFETY: it is open as long as `file` is there.
        let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(file.0) };
        let flags = nix::fcntl::fcntl(descriptor, nix::fcntl::FcntlArg::F_GETFD).unwrap();
        assert_eq!(flags, libc::FD_CLOEXEC);
    }

    #[test]
    fn a_directory_has_the_names_that_the_c_library_says() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..300 {
            fs::write(folder.path().join(std::format!("{number}")), "").unwrap();
        }
        let directory = File::open(&c(folder.path().to_str().unwrap())).unwrap();
        let (mut buffer, mut names) = ([0; 2048], std::vec![]);
        loop {
            let some = directory.read_names(&mut buffer);
            if some.is_empty() {
                break;
            }
            names.extend(some.map(|name| std::string::String::from_utf8_lossy(name).into_owned()));
        }
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut expected: std::vec::Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        expected.extend([".".into(), "..".into()]);
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_file_is_replaced_by_a_new_one_and_by_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let [file, beside] = ["file", "beside"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::write(&beside, "another's").unwrap();
        let replace = || {
            let [file, beside] = [&file, &beside].map(|path| c(path.to_str().unwrap()));
            replace(&file, &beside, b"new")
        };
        assert_eq!(replace(), Err(Errno(libc::EEXIST)));
        let [old, anothers] = [&file, &beside].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!([old, anothers], ["old", "another's"]);
        fs::remove_file(&beside).unwrap();
        assert_eq!(replace(), Ok(()));
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), beside.exists()), ("new", false));
    }

    #[test]
    fn a_mount_has_the_flags_that_the_c_library_says() {
        let all = FsFlags::ST_RDONLY | FsFlags::ST_NOSUID | FsFlags::ST_NODEV | FsFlags::ST_NOEXEC;
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mut seen = FsFlags::empty();
        for path in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
            let Ok(known) = statvfs(path) else { continue };
            let expected = known.flags() & all;
            assert_eq!(mount_flags(&c(path)).unwrap() & all.bits() as u32, expected.bits() as u32, "{path}");
            assert_eq!(is_mounted_noexec(&c(path)), expected.contains(FsFlags::ST_NOEXEC), "{path}");
            seen |= expected;
        }
        assert!(!seen.is_empty(), "{mounts}");
    }

    #[test]
    fn what_cannot_take_a_byte_is_not_writable() {
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&writer);
        assert!(is_writable(descriptor));
        let size = nix::fcntl::fcntl(&writer, nix::fcntl::FcntlArg::F_GETPIPE_SZ).unwrap() as usize;
        writer.write_all(&std::vec![0; size]).unwrap();
        assert!(!is_writable(descriptor));
        std::io::Read::read_exact(&mut reader, &mut std::vec![0; size]).unwrap();
        assert!(is_writable(descriptor));
        writer.write_all(&std::vec![0; size]).unwrap();
        drop(reader);
        assert!(!is_writable(descriptor)); // poll(2) returns at once, and tells of an error
    }
}
