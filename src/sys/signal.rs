//! Signals: masks, dispositions, waiting and sending, signal(7).
//!
//! # Safety
//!
//! The kernel's own structures are passed by reference, with the size of the kernel's signal set (8 bytes)
//! where it asks for it. No handler is ever installed, so no Rust code is entered from the kernel.

use super::call::syscall;
use super::clock::{Milliseconds, timed_syscall};
use super::types::{Change, Errno, Group, JobStops, Pid, Signal, SignalSet, WaitStatus};
use core::ffi::c_int;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;

/// What the kernel calls `sigsetsize`.
const SET_SIZE: usize = size_of::<SignalSet>();

/// sigprocmask(2) with `SIG_SETMASK`; returns the mask as it was.
///
/// # Errors
///
/// A seccomp filter refuses it; the kernel itself cannot.
pub fn set_mask(mask: SignalSet) -> Result<SignalSet, Errno> {
    let mut old = SignalSet::NONE;
    // SAFETY: the kernel reads one signal set and writes another.
    unsafe { syscall!(SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, &raw mut old, SET_SIZE) }?;
    Ok(old)
}

/// What a signal without a handler does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
}

/// The kernel's `struct sigaction`, which is not the C library's. (Its mask is one of `long`s, which may not be
/// aligned as a [`SignalSet`] is.)
#[repr(C)]
struct SignalAction {
    handler: usize,
    flags: usize,
    #[cfg(not(any(target_arch = "riscv64", target_arch = "loongarch64")))]
    restorer: usize,
    mask: [usize; SET_SIZE / size_of::<usize>()],
}

const _: () = assert!(size_of::<SignalAction>() == offset_of!(SignalAction, mask) + SET_SIZE);

impl SignalAction {
    fn new(disposition: Disposition, flags: c_int) -> Self {
        let handler = match disposition {
            Disposition::Default => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
        };
        Self {
            handler,
            flags: flags as usize,
            #[cfg(not(any(target_arch = "riscv64", target_arch = "loongarch64")))]
            restorer: 0,
            mask: [0; _],
        }
    }
}

/// sigaction(2); returns the disposition as it was. `new`: the one to set, if any.
fn act(signal: Signal, new: Option<&SignalAction>) -> Result<Disposition, Errno> {
    let new = new.map_or(ptr::null(), ptr::from_ref);
    let mut old = SignalAction::new(Disposition::Default, 0);
    // SAFETY: the kernel reads one structure, if there is one, and writes another; no handler is a function.
    unsafe { syscall!(SYS_rt_sigaction, signal, new, &raw mut old, SET_SIZE) }?;
    Ok(if old.handler == libc::SIG_IGN { Disposition::Ignore } else { Disposition::Default })
}

/// sigaction(2) for SIGCHLD; returns the disposition as it was.
///
/// `stops`: whether a child that stops or continues raises it too (no `SA_NOCLDSTOP`).
///
/// # Errors
///
/// A seccomp filter refuses it; the kernel itself cannot.
pub fn set_sigchld(disposition: Disposition, stops: JobStops) -> Result<Disposition, Errno> {
    let flags = match stops {
        JobStops::Reported => 0,
        JobStops::PassedOver => libc::SA_NOCLDSTOP,
    };
    act(Signal::CHLD, Some(&SignalAction::new(disposition, flags)))
}

/// Whether `signal` is ignored.
pub fn is_ignored(signal: Signal) -> bool {
    act(signal, None) == Ok(Disposition::Ignore)
}

/// A signal that was waited for, with what the kernel knows of it.
#[repr(C)]
pub struct Received {
    /// Its number.
    pub signal: Signal,
    info: libc::siginfo_t,
}

const _: () = assert!(size_of::<libc::siginfo_t>() == 128);

/// Waits for any blocked signal, for `time` at the most, and puts it into `received`: `false` if none came until
/// that was over, or until the wait was interrupted (`EINTR`: stopped and continued, or traced). The clock tells
/// which.
///
/// # Errors
///
/// A seccomp filter refuses it; the kernel itself cannot.
pub fn wait(time: Option<Milliseconds>, received: &mut Received) -> Result<bool, Errno> {
    match wait_for_any_of(SignalSet::ALL, time, received) {
        Ok(()) => Ok(true),
        Err(Errno(libc::EAGAIN | libc::EINTR)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes one of these signals, if it is blocked and pending, into `received`; returns whether one was.
pub fn take_pending(set: SignalSet, received: &mut Received) -> bool {
    wait_for_any_of(set, Some(Milliseconds(0)), received).is_ok()
}

/// rt_sigtimedwait(2).
fn wait_for_any_of(set: SignalSet, time: Option<Milliseconds>, received: &mut Received) -> Result<(), Errno> {
    let mut time = time.map(Milliseconds::timespec);
    let time = time.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: the kernel reads one signal set and a timespec if there is one, and writes a siginfo_t, or the
    // part of it that means something.
    let number = unsafe {
        timed_syscall!(
            SYS_rt_sigtimedwait,
            SYS_rt_sigtimedwait_time64,
            [&raw const set, &raw mut received.info],
            time,
            SET_SIZE
        )
    }?;
    received.signal = Signal::new(number as u8).ok_or(Errno(libc::EINTR))?; // which always is one
    Ok(())
}

impl Received {
    /// What is there before any signal.
    #[inline(never)]
    pub fn nothing() -> Self {
        // SAFETY: a siginfo_t is valid for all bytes.
        let info = unsafe { MaybeUninit::zeroed().assume_init() };
        Self { signal: Signal::CONT, info }
    }

    /// Whether it was sent with a value, by sigqueue(3).
    pub fn is_queued(&self) -> bool {
        self.info.si_code == libc::SI_QUEUE
    }

    /// Whether the kernel sent it: for a key typed at the terminal, a change of its window, or a timer.
    pub fn is_from_kernel(&self) -> bool {
        self.info.si_code == libc::SI_KERNEL
    }

    /// How `child` has ended, if this is the SIGCHLD that tells of it, which no process can make up.
    pub fn end_of(&self, child: Pid) -> Option<WaitStatus> {
        match change_in(&self.info)? {
            (pid, Change::Ended(status)) if self.signal == Signal::CHLD && pid == child => Some(status),
            _ => None,
        }
    }

    /// The process that sent it; `None` for the kernel, and for a process outside the PID namespace.
    pub fn sender(&self) -> Option<Pid> {
        // SAFETY: any bytes are a pid_t, and all of a siginfo_t is initialised.
        Pid::new(unsafe { self.info.si_pid() })
    }
}

/// What waitid(2), or a SIGCHLD, says of a child.
pub(super) fn change_in(info: &libc::siginfo_t) -> Option<(Pid, Change)> {
    // SAFETY: any bytes are a pid_t and an int.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Pid::new(pid).zip(Change::decode_info(info.si_code, status))
}

/// Stops the caller, which is `process`, by `signal`. All signals must be blocked. Returns when the caller
/// has been continued; `false` if it was not stopped: the kernel lets no process in an orphaned process
/// group be stopped by SIGTSTP, SIGTTIN or SIGTTOU, setpgid(2).
pub fn stop(process: Pid, signal: Signal) -> bool {
    let _ = kill(process, signal);
    deliver(signal);
    take_pending(SignalSet::of(Signal::CONT), &mut Received::nothing())
}

/// Lets `signal`, which is pending, do what it does to the caller, and blocks it again if that can go on.
fn deliver(signal: Signal) {
    let _ = set_mask(SignalSet::of(signal).others());
    let _ = set_mask(SignalSet::ALL);
}

/// Ends the caller, which is `process`, by `signal`. All signals must be blocked. Returns if that is a signal
/// which ends no process.
pub fn die(process: Pid, signal: Signal) {
    let _ = act(signal, Some(&SignalAction::new(Disposition::Default, 0)));
    let _ = kill(process, signal);
    deliver(signal);
}

/// prlimit(2), `RLIMIT_SIGPENDING`: an eighth fewer signals may be pending for the caller than for the others of its
/// user, with whom it shares a count. So whoever sends to the caller cannot take the last places, and a signal that has
/// been received can be queued for another. One place is not enough: the kernel counts first and refuses then, so that
/// those who are refused take places for a moment.
pub fn leave_places_in_the_queue() {
    const THE_CALLER: c_int = 0;
    const PENDING: c_int = libc::RLIMIT_SIGPENDING as c_int;
    let mut limit = MaybeUninit::<libc::rlimit64>::uninit();
    let place = limit.as_mut_ptr();
    let none = ptr::null_mut::<libc::rlimit64>();
    // SAFETY: the kernel writes one structure.
    if unsafe { syscall!(SYS_prlimit64, THE_CALLER, PENDING, none, place) }.is_ok() {
        // SAFETY: it has been written; the kernel reads it, and writes it again.
        let _ = unsafe {
            (*place).rlim_cur -= (*place).rlim_cur / 8;
            syscall!(SYS_prlimit64, THE_CALLER, PENDING, place, place)
        };
    }
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
