//! Signals: masks, dispositions, waiting and sending, signal(7).
//!
//! # Safety
//!
//! The kernel's own structures are passed by reference, with the size of the kernel's signal set (8 bytes)
//! where it asks for it. No handler is ever installed, so no Rust code is entered from the kernel.

use super::call::syscall;
use super::clock::Milliseconds;
use super::types::{Errno, Group, Pid, Signal, SignalSet, Stops};
use core::mem::MaybeUninit;
use core::ptr;

/// What the kernel calls `sigsetsize`.
const SET_SIZE: usize = size_of::<SignalSet>();

/// sigprocmask(2) with `SIG_SETMASK`; returns the mask as it was.
pub fn set_mask(mask: SignalSet) -> SignalSet {
    let mut old = SignalSet::NONE;
    // SAFETY: the kernel reads one signal set and writes another.
    let _ =
        unsafe { syscall!(SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, &raw mut old, SET_SIZE) };
    old
}

/// What a signal without a handler does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
}

/// The kernel's `struct sigaction`, which is not the C library's.
#[repr(C)]
struct SignalAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: SignalSet,
}

const _: () = assert!(size_of::<SignalAction>() == 32);

/// sigaction(2) for SIGCHLD; returns the disposition as it was.
///
/// `stops`: whether a child that stops or continues raises it too (no `SA_NOCLDSTOP`).
pub fn set_sigchld(disposition: Disposition, stops: Stops) -> Disposition {
    let flags = match stops {
        Stops::Reported => 0,
        Stops::PassedOver => libc::SA_NOCLDSTOP,
    };
    let handler = match disposition {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignore => libc::SIG_IGN,
    };
    let new = SignalAction { handler, flags: flags as usize, restorer: 0, mask: SignalSet::NONE };
    let mut old = SignalAction { handler: 0, flags: 0, restorer: 0, mask: SignalSet::NONE };
    // SAFETY: the kernel reads one structure and writes another; neither handler is a function.
    let _ = unsafe { syscall!(SYS_rt_sigaction, Signal::CHLD, &raw const new, &raw mut old, SET_SIZE) };
    if old.handler == libc::SIG_IGN { Disposition::Ignore } else { Disposition::Default }
}

/// A signal that was waited for, with what the kernel knows of it.
pub struct Received {
    /// Its number.
    pub signal: Signal,
    info: libc::siginfo_t,
}

const _: () = assert!(size_of::<libc::siginfo_t>() == 128);

/// Waits for any blocked signal, for `time` at the most: `None` when that is over, and before if the wait
/// was interrupted (`EINTR`: stopped and continued, or traced). The clock tells which.
pub fn wait(time: Option<Milliseconds>) -> Option<Received> {
    take(SignalSet::ALL, time)
}

/// Takes `signal` if it is blocked and pending.
pub fn take_pending(signal: Signal) -> Option<Received> {
    take(SignalSet::of(signal), Some(Milliseconds(0)))
}

/// rt_sigtimedwait(2).
fn take(set: SignalSet, time: Option<Milliseconds>) -> Option<Received> {
    let time = time.map(Milliseconds::timespec);
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    // SAFETY: the kernel reads one signal set and a timespec if there is one, and writes a siginfo_t unless
    // it returns an error.
    let number =
        unsafe { syscall!(SYS_rt_sigtimedwait, &raw const set, info.as_mut_ptr(), time, SET_SIZE) }.ok()?;
    let signal = Signal::new(number as u8)?;
    // SAFETY: there was no error, and the kernel writes all of it.
    Some(Received { signal, info: unsafe { info.assume_init() } })
}

impl Received {
    /// Whether it was sent with a value, by sigqueue(3).
    pub fn is_queued(&self) -> bool {
        self.info.si_code == libc::SI_QUEUE
    }

    /// Whether the kernel sent it: for a key typed at the terminal, a change of its window, or a timer.
    pub fn is_from_kernel(&self) -> bool {
        self.info.si_code == libc::SI_KERNEL
    }

    /// The process that sent it; `None` for the kernel, and for a process outside the PID namespace.
    pub fn sender(&self) -> Option<Pid> {
        // SAFETY: any bytes are a pid_t, and all of a siginfo_t is initialised.
        Pid::new(unsafe { self.info.si_pid() })
    }
}

/// Stops the caller, which is `process`, by `signal`. All signals must be blocked. Returns when the caller
/// has been continued; `false` if it was not stopped: the kernel lets no process in an orphaned process
/// group be stopped by SIGTSTP, SIGTTIN or SIGTTOU, setpgid(2).
pub fn stop(process: Pid, signal: Signal) -> bool {
    let _ = kill(process, signal);
    set_mask(SignalSet::of(signal).others());
    set_mask(SignalSet::ALL);
    take_pending(Signal::CONT).is_some()
}

/// kill(2) to one process.
pub fn kill(process: Pid, signal: Signal) -> Result<(), Errno> {
    // SAFETY: no memory is passed.
    unsafe { syscall!(SYS_kill, process, signal) }.map(drop)
}

/// kill(2) to every process of a group, killpg(3).
pub fn kill_group(group: Group, signal: Signal) -> Result<(), Errno> {
    // SAFETY: no memory is passed.
    unsafe { syscall!(SYS_kill, -group.number(), signal) }.map(drop)
}

/// rt_sigqueueinfo(2): sends `signal` with the value and the sender that `received` came with.
pub fn queue(process: Pid, signal: Signal, received: &Received) -> Result<(), Errno> {
    // SAFETY: the kernel reads one siginfo_t, and sets its signal number itself.
    unsafe { syscall!(SYS_rt_sigqueueinfo, process, signal, &raw const received.info) }.map(drop)
}
