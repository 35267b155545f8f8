//! Processes: identity, spawning, waiting, ending.
//!
//! # Safety
//!
//! [`vfork`] is the one call here that runs Rust code in two processes over the same memory. The
//! parent sleeps until the child has exec'd or ended, and the child's closure cannot return into
//! the parent's frames, so at any time one of the two runs. The others pass integers, C strings and
//! single structures.

use super::arch::{clone_vfork, syscall0, syscall1, syscall2, syscall3, syscall4, syscall6};
use super::arguments::{Program, Strings};
use super::errno::Errno;
use super::path::Path;
use super::signal::Signal;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;

/// A process or process group ID, as the caller's PID namespace numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Pid(pub libc::pid_t);

impl Pid {
    /// The first process of a PID namespace, pid_namespaces(7).
    pub const INIT: Self = Self(1);
    /// Every process ID is below it: the kernel's `PID_MAX_LIMIT`, proc(5) under `pid_max`.
    pub const LIMIT: libc::pid_t = 4_194_304;
}

/// getpid(2).
pub fn pid() -> Pid {
    // SAFETY: no arguments, no errors.
    Pid(unsafe { syscall0(libc::SYS_getpid) } as libc::pid_t)
}

/// getppid(2).
pub fn parent() -> Pid {
    // SAFETY: no arguments, no errors.
    Pid(unsafe { syscall0(libc::SYS_getppid) } as libc::pid_t)
}

/// getpgid(2) of the caller.
pub fn process_group() -> Pid {
    process_group_of(Pid(0))
}

/// getpgid(2).
pub fn process_group_of(process: Pid) -> Pid {
    // SAFETY: an integer.
    Pid(unsafe { syscall1(libc::SYS_getpgid, process.0 as usize) } as libc::pid_t)
}

/// getsid(2) of the caller.
pub fn session() -> Pid {
    // SAFETY: an integer.
    Pid(unsafe { syscall1(libc::SYS_getsid, 0) } as libc::pid_t)
}

/// setpgid(2): the caller leads a process group of its own. A process that has just been forked,
/// and so leads no session, cannot be refused.
pub fn lead_process_group() {
    // SAFETY: integers.
    unsafe { syscall2(libc::SYS_setpgid, 0, 0) };
}

/// setsid(2): the caller leads a session of its own, which has no terminal yet, and a process group in
/// it. A process that has just been forked leads no group, and so cannot be refused.
pub fn lead_session() {
    // SAFETY: no arguments.
    unsafe { syscall0(libc::SYS_setsid) };
}

/// `PR_SET_CHILD_SUBREAPER`: orphans among the descendants become the caller's children.
pub fn become_subreaper() -> Result<(), Errno> {
    // SAFETY: integers.
    Errno::check(unsafe { syscall2(libc::SYS_prctl, libc::PR_SET_CHILD_SUBREAPER as usize, 1) }).map(drop)
}

/// `PR_SET_PDEATHSIG`: the kernel sends the caller `signal` when its parent ends.
pub fn set_parent_death_signal(signal: Signal) -> Result<(), Errno> {
    let signal = usize::from(signal.number());
    // SAFETY: integers.
    Errno::check(unsafe { syscall2(libc::SYS_prctl, libc::PR_SET_PDEATHSIG as usize, signal) }).map(drop)
}

/// chdir(2) to the root directory. If the caller may not enter it, it stays where it is.
pub fn change_to_root() {
    // SAFETY: the kernel reads a C string.
    unsafe { syscall1(libc::SYS_chdir, c"/".as_ptr() as usize) };
}

/// exit_group(2).
pub fn exit(code: u8) -> ! {
    loop {
        // SAFETY: an integer; it does not return.
        unsafe { syscall1(libc::SYS_exit_group, usize::from(code)) };
    }
}

/// execve(2): returns only if it fails.
pub fn execute(path: Path, program: Program) -> Errno {
    execve(path, program.argv(), program.environment)
}

/// execve(2) of a shell that runs `script` as the program: returns only if it fails, and no other way to
/// execute the program is left then.
pub fn execute_by_shell(shell: Path, script: Path, program: Program) -> Errno {
    // SAFETY: this is a child of `vfork`.
    execve(shell, unsafe { program.run_by_shell(shell, script) }, program.environment)
}

fn execve(path: Path, arguments: Strings, environment: Strings) -> Errno {
    let [path, arguments, environment] =
        [path.as_ptr() as usize, arguments.as_ptr() as usize, environment.as_ptr() as usize];
    // SAFETY: the kernel reads a C string and two arrays of them.
    let result = unsafe { syscall3(libc::SYS_execve, path, arguments, environment) };
    Errno(-result as c_int)
}

/// Calls `execute` with `variable` in the place of the program's `LISTEN_PID`, which there has to be.
pub fn execute_with(variable: Path, program: Program, execute: impl FnOnce() -> Errno) -> Errno {
    // SAFETY: this is a child of `vfork`.
    unsafe { program.set_listen_pid(variable) };
    execute()
}

/// Runs `child`, which executes `program`, in a new process that shares the caller's memory, and returns
/// its pid once it has exec'd or ended: clone(2) with `CLONE_VM | CLONE_VFORK`. A child that returns ends
/// with code 127.
pub fn vfork<F: FnMut()>(program: Program, mut child: F) -> Result<Pid, Errno> {
    extern "C" fn run<F: FnMut()>(data: *mut c_void) -> ! {
        // SAFETY: `data` is the closure below, and the parent sleeps while the child uses it.
        unsafe { (*data.cast::<F>())() };
        exit(127)
    }
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: `run` never returns, and `child` outlives its use since the caller sleeps meanwhile.
    let clone = || unsafe { clone_vfork(flags as usize, run::<F>, (&raw mut child).cast()) };
    let cloned = program.preserved(clone);
    Errno::check(cloned).map(|pid| Pid(pid as libc::pid_t))
}

/// What happened to a child, wait(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It ended, and has been reaped.
    Ended(WaitStatus),
    /// A signal stopped it.
    Stopped(Signal),
}

/// How a child ended, wait(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitStatus {
    /// It exited with this code.
    Exited(u8),
    /// A signal killed it.
    Killed {
        /// Which signal.
        signal: Signal,
        /// Whether a core file was written.
        core_dumped: bool,
    },
}

impl Change {
    fn decode(raw: c_int) -> Option<Self> {
        if libc::WIFEXITED(raw) {
            return Some(Self::Ended(WaitStatus::Exited(libc::WEXITSTATUS(raw) as u8)));
        }
        if libc::WIFSTOPPED(raw) {
            return Signal::new(libc::WSTOPSIG(raw) as u8).map(Self::Stopped);
        }
        let core_dumped = libc::WCOREDUMP(raw);
        let signal = Signal::new(libc::WTERMSIG(raw) as u8)?;
        Some(Self::Ended(WaitStatus::Killed { signal, core_dumped }))
    }
}

/// A child whose state changed, wait4(2) without blocking; `None` if there is none now.
///
/// `report_stops`: whether to answer stopped children too (`WUNTRACED`). `__WALL` takes in children that
/// another program's clone(2) made before it exec'd the caller.
pub fn wait(report_stops: bool) -> Option<(Pid, Change)> {
    let stops = if report_stops { libc::WUNTRACED } else { 0 };
    wait4(Pid(-1), libc::WNOHANG | libc::__WALL | stops)
}

/// Whether the caller has a child that is not reaped yet.
pub fn has_children() -> bool {
    waitid(libc::P_ALL, Pid(0), libc::WEXITED | libc::WNOWAIT).is_some()
}

/// Whether `process` is a child of the caller's that is not reaped yet. No other process can have the
/// number until it is.
pub fn is_child(process: Pid) -> bool {
    waitid(libc::P_PID, process, libc::WEXITED | libc::WNOWAIT).is_some()
}

/// Whether the child `pid` was stopped and has been continued since it was last asked for.
pub fn was_continued(pid: Pid) -> bool {
    waitid(libc::P_PID, pid, libc::WCONTINUED).is_some_and(|changed| changed != Pid(0))
}

/// waitid(2) without blocking: the child whose state changed so, or 0 if there is none now; `None` if
/// there is no child at all to wait for.
fn waitid(kind: libc::idtype_t, process: Pid, changes: c_int) -> Option<Pid> {
    let options = changes | libc::WNOHANG | libc::__WALL;
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the kernel writes one siginfo_t.
    let waited = Errno::check(unsafe {
        syscall6(
            libc::SYS_waitid,
            kind as usize,
            process.0 as usize,
            info.as_mut_ptr() as usize,
            options as usize,
            0,
            0,
        )
    });
    // SAFETY: zeroed to begin with, and any bytes are a pid_t.
    waited.ok().map(|_| Pid(unsafe { info.assume_init().si_pid() }))
}

/// Reaps the child `pid`, which is about to end.
pub fn wait_for(pid: Pid) {
    wait4(pid, libc::__WALL);
}

fn wait4(pid: Pid, options: c_int) -> Option<(Pid, Change)> {
    let mut raw: c_int = 0;
    // SAFETY: the kernel writes one int.
    let result =
        unsafe { syscall4(libc::SYS_wait4, pid.0 as usize, (&raw mut raw) as usize, options as usize, 0) };
    match Errno::check(result) {
        Ok(0) | Err(_) => None,
        Ok(pid) => Change::decode(raw).map(|change| (Pid(pid as libc::pid_t), change)),
    }
}
