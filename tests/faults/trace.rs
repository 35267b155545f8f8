//! Processes that are stopped at their system calls, ptrace(2), on x86_64.

use nix::libc::{self, c_int, c_long, c_void, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::unistd::Pid;

/// Why a traced process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is about to make a system call, with these arguments.
    Entry(c_long, [u64; 6]),
    /// One has returned this.
    Exit(i64),
    Exec,
    /// It is about to end.
    Ending,
    /// It is stopped, as a job is, until it is continued.
    Group,
    /// It is to get this signal.
    Signal(c_int),
    /// Nothing that matters.
    Other,
}

/// Traces a process that has not executed its program yet.
pub fn seize(pid: Pid) {
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEEXIT
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options).expect("it may be traced");
}

/// Why it is stopped, by its wait status.
pub fn stop(pid: Pid, status: c_int) -> Stop {
    const SYSTEM_CALL: c_int = libc::SIGTRAP | 0x80;
    match (libc::WSTOPSIG(status), status >> 16) {
        (SYSTEM_CALL, _) => at_call(pid),
        (_, libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_CLONE) => Stop::Other,
        (_, libc::PTRACE_EVENT_EXEC) => Stop::Exec,
        (_, libc::PTRACE_EVENT_EXIT) => Stop::Ending,
        (libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, libc::PTRACE_EVENT_STOP) => {
            Stop::Group
        }
        (_, libc::PTRACE_EVENT_STOP) => Stop::Other,
        (signal, _) => Stop::Signal(signal),
    }
}

/// What the kernel says of the system call that it is stopped at.
fn call_info(pid: Pid) -> libc::ptrace_syscall_info {
    // nix's syscall_info says that its structure has 0 bytes, and so gets none.
    // SAFETY: the kernel writes as much of the structure as there is.
    unsafe {
        let mut info: libc::ptrace_syscall_info = std::mem::zeroed();
        let size = size_of_val(&info);
        libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, pid.as_raw(), size, &raw mut info);
        info
    }
}

/// Whether the call is its dynamic loader's, ld.so(8), which begins at `loader`.
pub fn is_of_loader(pid: Pid, loader: u64) -> bool {
    const MOST: u64 = 1 << 20;
    (loader..loader + MOST).contains(&call_info(pid).instruction_pointer)
}

/// Where the dynamic loader of its program begins, getauxval(3).
pub fn loader(pid: Pid) -> Option<u64> {
    let vector = std::fs::read(format!("/proc/{pid}/auxv")).ok()?;
    let words: Vec<_> = vector.as_chunks().0.iter().map(|bytes| u64::from_ne_bytes(*bytes)).collect();
    let base = words.as_chunks().0.iter().find(|[kind, _]| *kind == libc::AT_BASE)?;
    Some(base[1]).filter(|base| *base != 0)
}

/// Whether the processor has raised the signal that it is stopped for. A tracer keeps a PID 1 from ending by it.
pub fn has_crashed(pid: Pid, signal: c_int) -> bool {
    let faults = [libc::SIGILL, libc::SIGTRAP, libc::SIGBUS, libc::SIGFPE, libc::SIGSEGV];
    faults.contains(&signal) && ptrace::getsiginfo(pid).is_ok_and(|info| info.si_code > 0)
}

fn at_call(pid: Pid) -> Stop {
    let info = call_info(pid);
    match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: at an entry the union is one.
            let entry = unsafe { info.u.entry };
            Stop::Entry(entry.nr as c_long, entry.args)
        }
        // SAFETY: at an exit the union is one.
        libc::PTRACE_SYSCALL_INFO_EXIT => Stop::Exit(unsafe { info.u.exit }.sval),
        _ => Stop::Other,
    }
}

/// Lets it go on, to its next system call. It may have been killed.
pub fn go_on(pid: Pid, signal: c_int) {
    // SAFETY: integers.
    unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid.as_raw(), 0usize, signal as usize) };
}

/// Lets it be stopped, until it is continued.
pub fn stay_stopped(pid: Pid) {
    // SAFETY: integers.
    unsafe { libc::ptrace(libc::PTRACE_LISTEN, pid.as_raw(), 0usize, 0usize) };
}

/// Lets it go for good.
pub fn detach(pid: Pid) {
    let _ = ptrace::detach(pid, None);
}

/// At the entry: keeps it from making the call.
pub fn skip_call(pid: Pid) {
    change_registers(pid, |registers| registers.orig_rax = u64::MAX);
}

/// At the exit: has the call return an error.
pub fn fail_call(pid: Pid, error: c_int) {
    change_registers(pid, |registers| registers.rax = i64::from(-error) as u64);
}

fn change_registers(pid: Pid, change: impl FnOnce(&mut user_regs_struct)) {
    if let Ok(mut registers) = ptrace::getregs(pid) {
        change(&mut registers);
        let _ = ptrace::setregs(pid, registers); // it may have been killed
    }
}

/// An integer of its memory.
pub fn read_int(pid: Pid, address: u64) -> c_int {
    ptrace::read(pid, address as *mut c_void).map_or(0, |word| word as c_int)
}
