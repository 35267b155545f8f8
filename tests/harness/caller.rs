//! What a caller may do between fork and exec: system calls only, since the process that forked has threads.

use nix::libc;
use std::ffi::{c_int, c_uint};
use std::os::fd::RawFd;

/// Ends a forked child that cannot go on.
pub fn must<T, E>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        // SAFETY: it does not return.
        Err(_) => unsafe { libc::_exit(120) },
    }
}

/// For [`Launch::caller`]: what the child has as this number is this descriptor, which may happen to have it already.
pub fn keep_as(number: c_int, descriptor: RawFd) {
    // SAFETY: integers. dup2 clears close-on-exec, but not where both numbers are the same.
    let is_kept =
        unsafe { libc::dup2(descriptor, number) == number && libc::fcntl(number, libc::F_SETFD, 0) == 0 };
    must(if is_kept { Ok(()) } else { Err(()) });
}

/// fork(2) for [`Launch::caller`], whether it is the child that goes on. The C library's own takes locks
/// that another thread may have held.
pub fn fork_is_child() -> bool {
    clone_is_child(0)
}

/// The same, and the parent goes on when the child has executed something or is gone.
pub fn fork_until_exec_is_child() -> bool {
    clone_is_child(libc::CLONE_VFORK)
}

fn clone_is_child(flags: c_int) -> bool {
    // SAFETY: both processes make system calls only.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD, 0, 0, 0, 0) };
    must(if pid < 0 { Err(()) } else { Ok(pid == 0) })
}

/// Waits to be killed, in a process that executes nothing: without the descriptors of the test program, of
/// which other tests wait for the end of file.
pub fn wait_to_be_killed() -> ! {
    // SAFETY: integers.
    unsafe { libc::syscall(libc::SYS_close_range, 3, c_uint::MAX, 0) };
    loop {
        nix::unistd::pause();
    }
}

/// setuid(2) for [`Launch::caller`]. The C library's own waits for the other threads to follow, of which
/// a forked child has none, and now and then waits for ever.
pub fn set_user(user: u32) {
    // SAFETY: an integer.
    must(match unsafe { libc::syscall(libc::SYS_setuid, user) } {
        0 => Ok(()),
        _ => Err(()),
    });
}
