//! Processes: identity, spawning, waiting, ending.
//!
//! # Safety
//!
//! [`vfork`] is the one call here that runs Rust code in two processes over the same memory. The parent
//! sleeps until the child has exec'd or ended, and the child's closure cannot return into the parent's
//! frames, so at any time one of the two runs. The others pass integers, C strings and single structures.

use super::arch::clone_vfork;
use super::arguments::{InChild, Program, Strings};
use super::call::{check, syscall};
use super::types::{Change, Errno, GroupId, Pid, Signal, Stops};
use core::ffi::{CStr, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;

/// getpid(2). The kernel cannot fail it, but a seccomp filter can.
pub fn pid() -> Result<Pid, Errno> {
    // SAFETY: no arguments.
    let number = unsafe { syscall!(SYS_getpid) }?;
    Pid::new(number as libc::pid_t).ok_or(Errno(libc::ESRCH))
}

/// getppid(2); `None` where the parent is outside the PID namespace.
pub fn parent() -> Option<Pid> {
    // SAFETY: no arguments.
    let number = unsafe { syscall!(SYS_getppid) }.ok()?;
    Pid::new(number as libc::pid_t)
}

/// getpgid(2) of the caller; `None` if a security module or a filter refuses it.
pub fn own_group() -> Option<GroupId> {
    const THE_CALLER: c_int = 0;
    group(THE_CALLER)
}

/// getpgid(2); `None` if there is no such process, or a security module or a filter refuses it.
pub fn group_of(process: Pid) -> Option<GroupId> {
    group(process.number())
}

fn group(process: c_int) -> Option<GroupId> {
    // SAFETY: an integer.
    let number = unsafe { syscall!(SYS_getpgid, process) }.ok()?;
    Some(GroupId(number as libc::pid_t))
}

/// Whether the caller, which is `process`, leads its session: getsid(2).
pub fn leads_session(process: Pid) -> bool {
    const THE_CALLER: c_int = 0;
    // SAFETY: an integer.
    let session = unsafe { syscall!(SYS_getsid, THE_CALLER) };
    session == Ok(process.number() as usize)
}

/// setpgid(2): the caller leads a process group of its own. A process that has just been forked, and so
/// leads no session, cannot be refused.
pub fn lead_group() {
    const THE_CALLER: c_int = 0;
    const ITS_OWN: c_int = 0;
    // SAFETY: integers.
    let _ = unsafe { syscall!(SYS_setpgid, THE_CALLER, ITS_OWN) };
}

/// setsid(2): the caller leads a session of its own, which has no terminal yet, and a process group in
/// it. A process that has just been forked leads no group, and so cannot be refused.
pub fn lead_session() {
    // SAFETY: no arguments.
    let _ = unsafe { syscall!(SYS_setsid) };
}

/// `PR_SET_CHILD_SUBREAPER`, prctl(2): orphans among the descendants become the caller's children.
pub fn become_subreaper() -> Result<(), Errno> {
    const ON: c_int = 1;
    // SAFETY: integers.
    unsafe { syscall!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, ON) }.map(drop)
}

/// `PR_SET_PDEATHSIG`, prctl(2): the kernel sends the caller `signal` when its parent ends.
pub fn set_parent_death_signal(signal: Signal) -> Result<(), Errno> {
    // SAFETY: integers.
    unsafe { syscall!(SYS_prctl, libc::PR_SET_PDEATHSIG, signal) }.map(drop)
}

/// chdir(2) to the root directory. If the caller may not enter it, it stays where it is.
pub fn change_to_root() {
    // SAFETY: the kernel reads a C string.
    let _ = unsafe { syscall!(SYS_chdir, c"/") };
}

/// exit_group(2).
pub fn exit(code: u8) -> ! {
    loop {
        // SAFETY: an integer; it does not return.
        let _ = unsafe { syscall!(SYS_exit_group, c_int::from(code)) };
    }
}

/// execve(2): returns only if it fails.
pub fn execute(path: &CStr, program: Program) -> Errno {
    execve(path, program.argv(), program.environment)
}

/// execve(2) of a shell that runs `script` as the program: returns only if it fails.
pub fn execute_by_shell(shell: &CStr, script: &CStr, program: Program, child: &mut InChild) -> Errno {
    child.with_shells_argv([shell, script], program, |argv| execve(shell, argv, program.environment))
}

fn execve(path: &CStr, argv: Strings, environment: Strings) -> Errno {
    // SAFETY: the kernel reads a C string and two arrays of them.
    let result = unsafe { syscall!(SYS_execve, path, argv.as_ptr(), environment.as_ptr()) };
    result.err().unwrap_or(Errno(0)) // it does not return if it succeeds
}

/// Runs `child` in a new process that shares the caller's memory, and returns its pid once it has exec'd or
/// ended: clone(2) with `CLONE_VM | CLONE_VFORK`. A child that returns ends with code 127.
pub fn vfork<F: FnMut(&mut InChild)>(child: F) -> Result<Pid, Errno> {
    struct Shared<F> {
        child: F,
        token: InChild,
    }
    extern "C" fn run<F: FnMut(&mut InChild)>(shared: *mut c_void) -> ! {
        // SAFETY: it is the structure below, which the parent does not touch while it sleeps.
        let shared = unsafe { &mut *shared.cast::<Shared<F>>() };
        (shared.child)(&mut shared.token);
        exit(127)
    }
    let mut shared = Shared { child, token: InChild::new() };
    let flags = (libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD) as usize;
    // SAFETY: `run` never returns, and `shared` outlives its use since the caller sleeps meanwhile.
    let cloned = check(unsafe { clone_vfork(flags, run::<F>, (&raw mut shared).cast()) })?;
    Pid::new(cloned as libc::pid_t).ok_or(Errno(libc::ESRCH))
}

/// wait4(2) without blocking for any child whose state changed; `None` if there is none now.
///
/// `stops`: whether a child that was stopped is returned too, `WUNTRACED`.
/// `__WALL` takes in children that another program's clone(2) made before it exec'd the caller.
pub fn wait(stops: Stops) -> Option<(Pid, Change)> {
    const ANY: c_int = -1;
    let stops = match stops {
        Stops::Reported => libc::WUNTRACED,
        Stops::PassedOver => 0,
    };
    wait4(ANY, libc::WNOHANG | libc::__WALL | stops)
}

/// Reaps the child `pid`, which is about to end.
pub fn wait_for(pid: Pid) {
    wait4(pid.number(), libc::__WALL);
}

fn wait4(process: c_int, options: c_int) -> Option<(Pid, Change)> {
    let mut status: c_int = 0;
    let no_usage = ptr::null::<libc::rusage>();
    // SAFETY: the kernel writes one int.
    let pid = unsafe { syscall!(SYS_wait4, process, &raw mut status, options, no_usage) }.ok()?;
    Some((Pid::new(pid as libc::pid_t)?, Change::decode(status)?))
}

/// Whether the caller has a child that is not reaped yet.
pub fn has_children() -> bool {
    waitid(libc::P_ALL, 0, libc::WEXITED | libc::WNOWAIT).is_ok()
}

/// Whether `process` is a child of the caller's that is not reaped yet. No other process can have the
/// number until it is.
pub fn is_child(process: Pid) -> bool {
    waitid(libc::P_PID, process.number(), libc::WEXITED | libc::WNOWAIT).is_ok()
}

/// Whether `child` was stopped and has been continued since this was last asked.
pub fn was_continued(child: Pid) -> bool {
    waitid(libc::P_PID, child.number(), libc::WCONTINUED).is_ok_and(|changed| changed.is_some())
}

/// waitid(2) without blocking: the child whose state changed so, if there is one now; an error if there is
/// no child at all to wait for.
fn waitid(kind: libc::idtype_t, process: c_int, changes: c_int) -> Result<Option<Pid>, Errno> {
    let options = changes | libc::WNOHANG | libc::__WALL;
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let no_usage = ptr::null::<libc::rusage>();
    // SAFETY: the kernel writes one siginfo_t.
    unsafe { syscall!(SYS_waitid, kind, process, info.as_mut_ptr(), options, no_usage) }?;
    // SAFETY: zeroed to begin with, and a siginfo_t is valid for all bytes.
    let info = unsafe { info.assume_init() };
    // SAFETY: any bytes are a pid_t.
    Ok(Pid::new(unsafe { info.si_pid() }))
}
