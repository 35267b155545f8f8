//! Processes: identity, spawning, waiting, ending.
//!
//! # Safety
//!
//! [`vfork`] is the one call here that runs Rust code in two processes over the same memory. The parent
//! sleeps until the child has exec'd or ended, and the child's closure cannot return into the parent's
//! frames, so at any time one of the two runs. The others pass integers, C strings and single structures.

use super::arch::{clone_vfork, trap};
use super::arguments::{Execution, InChild, Replacement, Strings};
use super::call::{check, syscall};
use super::signal;
use super::types::{Change, Errno, GroupId, JobStops, Pid, Signal};
use core::ffi::{CStr, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;

/// getpid(2). The kernel cannot fail it, but a seccomp filter can.
pub fn pid() -> Result<Pid, Errno> {
    // SAFETY: no arguments.
    Pid::from_result(unsafe { syscall!(SYS_getpid) }?).ok_or(Errno(libc::ESRCH))
}

/// getppid(2); `None` where the parent is outside the PID namespace.
pub fn parent() -> Option<Pid> {
    // SAFETY: no arguments.
    Pid::from_result(unsafe { syscall!(SYS_getppid) }.ok()?)
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
    unsafe { syscall!(SYS_getpgid, process) }.ok().map(GroupId::from_result)
}

/// Whether the caller, which is `process`, leads its session: getsid(2).
#[inline(never)] // 16 bytes less
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

/// `PR_SET_PDEATHSIG`, prctl(2): the kernel sends the caller `signal` when `parent` ends. A parent that ended
/// before the kernel was asked is one that it says nothing of: then the caller sends the signal to itself.
pub fn follow_parent(parent: Option<Pid>, signal: Signal) -> Result<(), Errno> {
    // SAFETY: integers.
    let result = unsafe { syscall!(SYS_prctl, libc::PR_SET_PDEATHSIG, signal) };
    if self::parent() != parent
        && let Ok(caller) = pid()
    {
        let _ = signal::kill(caller, signal); // a process may always send itself a signal
    }
    result.map(drop)
}

/// `PR_GET_PDEATHSIG`, prctl(2): the signal that the kernel sends the caller when its parent ends.
pub fn parent_death_signal() -> Option<Signal> {
    let mut signal: c_int = 0;
    // SAFETY: the kernel writes one int.
    unsafe { syscall!(SYS_prctl, libc::PR_GET_PDEATHSIG, &raw mut signal) }.ok()?;
    Signal::new(signal as u8)
}

/// `PR_SET_DUMPABLE`, prctl(2): the caller leaves no core, whatever it dies of. (RLIMIT_CORE does not keep
/// one from a `core_pattern` that is a pipe, core(5).)
pub fn leave_no_core() {
    const OFF: c_int = 0;
    // SAFETY: integers.
    let _ = unsafe { syscall!(SYS_prctl, libc::PR_SET_DUMPABLE, OFF) };
}

/// The kernel's `struct __user_cap_header_struct`.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    process: c_int,
}

/// The kernel's `struct __user_cap_data_struct`, for 32 capabilities.
#[derive(Clone, Copy)]
#[repr(C)]
struct Capabilities {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// capset(2): the caller keeps `CAP_KILL`, if it has it, and no other capability.
pub fn keep_capability_to_kill() {
    const CAP_KILL: u32 = 1 << 5; // linux/capability.h
    // It is refused where the caller lacks it; none may always be kept.
    let mut capabilities = CAP_KILL;
    while set_capabilities(capabilities).is_err() && capabilities != 0 {
        capabilities = 0;
    }
}

fn set_capabilities(lower: u32) -> Result<(), Errno> {
    const VERSION_3: u32 = 0x2008_0522;
    const THE_CALLER: c_int = 0;
    let header = CapabilityHeader { version: VERSION_3, process: THE_CALLER };
    let set =
        |capabilities| Capabilities { effective: capabilities, permitted: capabilities, inheritable: 0 };
    let sets = [set(lower), set(0)];
    // SAFETY: the kernel reads one header and, for this version, two sets.
    unsafe { syscall!(SYS_capset, &raw const header, &raw const sets) }.map(drop)
}

/// chdir(2).
#[inline(never)] // 21 bytes less
pub fn change_directory(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the kernel reads a C string.
    unsafe { syscall!(SYS_chdir, path) }.map(drop)
}

/// chdir(2) to the root directory. If the caller may not enter it, it stays where it is.
pub fn change_to_root() {
    // SAFETY: the kernel reads a C string.
    let _ = unsafe { syscall!(SYS_chdir, c"/") };
}

/// exit_group(2), or where a filter refuses that _exit(2): of one thread it is the same. Where it refuses both the
/// code is lost, and a signal that the processor raises ends the caller: also a PID 1, which others cannot kill so, and
/// which would keep its container for ever if it slept or went round here.
pub fn exit(code: u8) -> ! {
    // SAFETY: an integer; it does not return.
    let _ = unsafe { syscall!(SYS_exit_group, c_int::from(code)) };
    // SAFETY: as before.
    let _ = unsafe { syscall!(SYS_exit, c_int::from(code)) };
    trap()
}

/// execve(2) of the file at `path` as the program: returns only if it fails.
pub fn execute(path: &CStr, execution: &mut Execution<'_>) -> Errno {
    execve(path, execution.program.argv(), &[], execution)
}

/// execve(2) of a shell that runs `script` as the program, the way execvp(3) does for a file without a `#!`
/// line: shell, script, and the program's arguments. Returns only if it fails.
pub fn execute_by_shell(shell: &CStr, script: &CStr, execution: &mut Execution<'_>) -> Errno {
    let argv = execution.program.argv_from_before();
    let of_argv = [
        Replacement { at: Some(argv), by: shell },
        Replacement { at: Some(execution.program.argv()), by: script },
    ];
    execve(shell, argv, &of_argv, execution)
}

#[inline(never)]
fn execve(path: &CStr, argv: Strings, of_argv: &[Replacement<'_>], execution: &mut Execution<'_>) -> Errno {
    let environment = execution.program.environment;
    execution.with(of_argv, || {
        // SAFETY: the kernel reads a C string and two arrays of them.
        let result = unsafe { syscall!(SYS_execve, path, argv.as_ptr(), environment.as_ptr()) };
        result.err().unwrap_or(Errno(0)) // it does not return if it succeeds
    })
}

/// Runs `child` in a new process that shares the caller's memory, and returns its pid once it has exec'd or
/// ended: clone(2) with `CLONE_VM | CLONE_VFORK`. A child that returns ends with that exit code.
///
/// Emulators make a copy of the memory instead, and do not wait: what the child writes to is lost then.
///
/// # Errors
///
/// No process could be made.
pub fn vfork<F: FnMut(&mut InChild) -> u8>(child: F) -> Result<Pid, Errno> {
    struct Shared<F> {
        child: F,
        token: InChild,
    }
    extern "C" fn run<F: FnMut(&mut InChild) -> u8>(shared: *mut c_void) -> ! {
        // SAFETY: it is the structure below, which the parent does not touch while it sleeps.
        let shared = unsafe { &mut *shared.cast::<Shared<F>>() };
        exit((shared.child)(&mut shared.token))
    }
    let mut shared = Shared { child, token: InChild::new() };
    // SAFETY: `shared` outlives its use since the caller sleeps meanwhile. When an exec succeeds, the frames of
    // the closure vanish without their destructors, which safe code has to allow for in any case. The parent
    // sees whatever the child wrote, since the call may touch all memory.
    unsafe { vfork_to(run::<F>, (&raw mut shared).cast()) }
}

/// As [`vfork`], to a function.
///
/// # Safety
///
/// `run(data)` may be called.
unsafe fn vfork_to(run: extern "C" fn(*mut c_void) -> !, data: *mut c_void) -> Result<Pid, Errno> {
    let flags = (libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD) as usize;
    // SAFETY: the caller's contract, and `run` does not return.
    let cloned = check(unsafe { clone_vfork(flags, run, data) })?;
    Pid::from_result(cloned).ok_or(Errno(libc::ESRCH))
}

/// A process ID that the kernel has just given to a new process, which has ended.
pub fn newest() -> Option<Pid> {
    extern "C" fn end(_: *mut c_void) -> ! {
        exit(0)
    }
    // SAFETY: it takes nothing.
    let pid = unsafe { vfork_to(end, ptr::null_mut()) }.ok()?;
    wait_for(pid);
    Some(pid)
}

/// wait4(2) without blocking for any child whose state changed; `None` if there is none now.
///
/// `stops`: whether a child that was stopped is returned too, `WUNTRACED`.
///
/// `__WALL` takes in children that another program's clone(2) made before it exec'd the caller.
/// Where that call fails waitid(2) is asked, which is not refused by the same filter.
///
/// # Errors
///
/// There is no child, or filters refuse both.
pub fn wait(stops: JobStops) -> Result<Option<(Pid, Change)>, Errno> {
    const ANY: c_int = -1;
    let stops = match stops {
        JobStops::Reported => libc::WUNTRACED,
        JobStops::PassedOver => 0,
    };
    let mut status = 0;
    match wait4(ANY, libc::WNOHANG | stops, &mut status) {
        Ok(pid) => Ok(Pid::from_result(pid).zip(Change::decode(status))),
        Err(_) => changed(libc::P_ALL, 0, libc::WEXITED | libc::WNOHANG | stops),
    }
}

/// Reaps the child `pid`, which is about to end.
pub fn wait_for(pid: Pid) {
    let _ = wait4(pid.number(), 0, &mut 0); // all signals are blocked, so that none interrupts it
}

/// Waits until a child has ended, which is not reaped.
///
/// # Errors
///
/// There is no child, or a filter refuses it.
pub fn wait_for_an_end() -> Result<(), Errno> {
    waitid(libc::P_ALL, 0, libc::WEXITED | libc::WNOWAIT, None)
}

/// wait4(2), `__WALL`: the child whose state changed so, and its raw status.
fn wait4(process: c_int, options: c_int, status: &mut c_int) -> Result<usize, Errno> {
    let no_usage = ptr::null::<libc::rusage>();
    // SAFETY: the kernel writes one int.
    unsafe { syscall!(SYS_wait4, process, ptr::from_mut(status), options | libc::__WALL, no_usage) }
}

/// Whether the caller has a child that is not reaped yet.
pub fn has_children() -> bool {
    can_wait_for(libc::P_ALL, 0)
}

/// Whether `process` is a child of the caller's that is not reaped yet. No other process can have the
/// number until it is.
pub fn is_child(process: Pid) -> bool {
    can_wait_for(libc::P_PID, process.number())
}

fn can_wait_for(kind: libc::idtype_t, process: c_int) -> bool {
    waitid(kind, process, libc::WEXITED | libc::WNOWAIT | libc::WNOHANG, None).is_ok()
}

/// Whether `child` was stopped and has been continued since this was last asked.
pub fn was_continued(child: Pid) -> bool {
    // `change_in` gives a continued child as stopped by SIGCONT; here any change means continued.
    matches!(changed(libc::P_PID, child.number(), libc::WCONTINUED | libc::WNOHANG), Ok(Some(_)))
}

/// The child whose state changed so, if there is one now.
fn changed(kind: libc::idtype_t, process: c_int, options: c_int) -> Result<Option<(Pid, Change)>, Errno> {
    // SAFETY: a siginfo_t is valid for all bytes.
    let mut info = unsafe { MaybeUninit::<libc::siginfo_t>::zeroed().assume_init() };
    waitid(kind, process, options, Some(&mut info))?;
    Ok(signal::change_in(&info))
}

/// waitid(2) for children of all kinds, `__WALL`; an error if there is no such child to wait for.
fn waitid(
    kind: libc::idtype_t,
    process: c_int,
    options: c_int,
    info: Option<&mut libc::siginfo_t>,
) -> Result<(), Errno> {
    let info = info.map_or(ptr::null_mut(), ptr::from_mut);
    let no_usage = ptr::null::<libc::rusage>();
    // SAFETY: the kernel writes one siginfo_t, if there is one.
    unsafe { syscall!(SYS_waitid, kind, process, info, options | libc::__WALL, no_usage) }.map(drop)
}
