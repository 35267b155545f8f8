//! Signals: numbers, sets, masks, dispositions, waiting and sending, signal(7).
//!
//! # Safety
//!
//! The kernel's own structures are passed by reference, with the size of the kernel's signal set
//! (8 bytes) where it asks for it. No handler is ever installed, so no Rust code is entered from
//! the kernel.

use super::arch::{syscall2, syscall3, syscall4};
use super::clock::Milliseconds;
use super::errno::Errno;
use super::process::Pid;
use core::ffi::{c_int, c_long};
use core::mem;
use core::num::NonZeroU8;

/// A signal number: 1..=64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(NonZeroU8);

impl Signal {
    /// The highest signal number, `SIGRTMAX`.
    pub const MAX: u8 = 64;
    /// Death or stop of a child.
    pub const CHLD: Self = Self::constant(libc::SIGCHLD);
    /// Hangup of the terminal.
    pub const HUP: Self = Self::constant(libc::SIGHUP);
    /// Cannot be caught.
    pub const KILL: Self = Self::constant(libc::SIGKILL);
    /// Cannot be caught.
    pub const STOP: Self = Self::constant(libc::SIGSTOP);
    /// Interrupt typed at a terminal.
    pub const INT: Self = Self::constant(libc::SIGINT);
    /// Quit typed at a terminal.
    pub const QUIT: Self = Self::constant(libc::SIGQUIT);
    /// The end of a timer.
    pub const ALRM: Self = Self::constant(libc::SIGALRM);
    /// The usual request to end.
    pub const TERM: Self = Self::constant(libc::SIGTERM);
    /// Stop typed at a terminal.
    pub const TSTP: Self = Self::constant(libc::SIGTSTP);
    /// Read from a terminal in the background.
    pub const TTIN: Self = Self::constant(libc::SIGTTIN);
    /// Write to a terminal in the background.
    pub const TTOU: Self = Self::constant(libc::SIGTTOU);
    /// Continue if stopped.
    pub const CONT: Self = Self::constant(libc::SIGCONT);
    /// Write to a pipe without readers.
    pub const PIPE: Self = Self::constant(libc::SIGPIPE);
    /// Write beyond the file size limit.
    pub const XFSZ: Self = Self::constant(libc::SIGXFSZ);

    #[allow(clippy::panic, reason = "called by the compiler alone")]
    const fn constant(number: c_int) -> Self {
        match Self::new(number as u8) {
            Some(signal) => signal,
            None => panic!("not a signal number"),
        }
    }

    /// The signal `number`, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        match NonZeroU8::new(number) {
            Some(valid) if number <= Self::MAX => Some(Self(valid)),
            _ => None,
        }
    }

    /// Its number: 1..=64.
    pub const fn number(self) -> u8 {
        self.0.get()
    }
}

/// A set of signals, laid out as the kernel's `sigset_t`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct SignalSet(u64);

impl SignalSet {
    /// Every signal.
    pub const ALL: Self = Self(u64::MAX);
    /// No signal.
    pub const NONE: Self = Self(0);

    /// The set of one signal.
    pub const fn of(signal: Signal) -> Self {
        Self(1 << (signal.number() - 1))
    }

    /// Adds a signal.
    pub fn insert(&mut self, signal: Signal) {
        self.0 |= Self::of(signal).0;
    }

    /// Whether a signal is in it.
    pub fn contains(self, signal: Signal) -> bool {
        self.0 & Self::of(signal).0 != 0
    }

    /// The signals that are not in it.
    pub fn others(self) -> Self {
        Self(!self.0)
    }
}

/// sigprocmask(2) with `SIG_SETMASK`; answers the mask as it was.
pub fn set_mask(mask: SignalSet) -> SignalSet {
    let mut old = SignalSet(0);
    // SAFETY: the kernel reads one signal set and writes another.
    unsafe {
        syscall4(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK as usize,
            (&raw const mask) as usize,
            (&raw mut old) as usize,
            mem::size_of::<SignalSet>(),
        )
    };
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

/// The kernel's `struct sigaction`, which is not libc's.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: SignalSet,
}

/// sigaction(2) for SIGCHLD; answers the disposition as it was.
///
/// `stops`: whether a child that stops raises it too (no `SA_NOCLDSTOP`).
pub fn set_sigchld(disposition: Disposition, stops: bool) -> Disposition {
    let new = Action {
        handler: match disposition {
            Disposition::Default => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
        },
        flags: if stops { 0 } else { libc::SA_NOCLDSTOP as usize },
        restorer: 0,
        mask: SignalSet(0),
    };
    let mut old = Action { handler: 0, flags: 0, restorer: 0, mask: SignalSet(0) };
    // SAFETY: the kernel reads one structure and writes another; neither handler is a function.
    unsafe {
        syscall4(
            libc::SYS_rt_sigaction,
            libc::SIGCHLD as usize,
            (&raw const new) as usize,
            (&raw mut old) as usize,
            mem::size_of::<SignalSet>(),
        )
    };
    if old.handler == libc::SIG_IGN { Disposition::Ignore } else { Disposition::Default }
}

/// A signal that was waited for, with what the kernel knows of it.
pub struct Received(libc::siginfo_t);

impl Received {
    /// No signal yet.
    #[inline(never)] // a call is smaller than what it does
    pub fn nothing() -> Self {
        // SAFETY: valid for all bytes.
        Self(unsafe { mem::zeroed() })
    }

    /// Waits for any blocked signal, for `time` at the most: `None` when that is over, and before if the
    /// wait was interrupted (`EINTR`: stopped and continued, or traced). The clock tells which.
    pub fn wait(&mut self, time: Option<Milliseconds>) -> Option<Signal> {
        // (A seccomp filter without this system call leaves an init nothing to wait with.)
        let number = self.take(SignalSet::ALL, time).ok()?;
        Signal::new(number as u8)
    }

    /// Takes `signal` if it is blocked and pending; answers whether it was.
    pub fn take_pending(&mut self, signal: Signal) -> bool {
        self.take(SignalSet::of(signal), Some(Milliseconds(0))).is_ok()
    }

    /// rt_sigtimedwait(2).
    fn take(&mut self, set: SignalSet, time: Option<Milliseconds>) -> Result<usize, Errno> {
        let time = time.map(|time| libc::timespec {
            tv_sec: (time.0 / 1000) as libc::time_t,
            tv_nsec: (time.0 % 1000 * 1_000_000) as c_long,
        });
        // SAFETY: the kernel reads one signal set and a timespec if there is one, and writes a siginfo_t.
        Errno::check(unsafe {
            syscall4(
                libc::SYS_rt_sigtimedwait,
                (&raw const set) as usize,
                (&raw mut self.0) as usize,
                time.as_ref().map_or(0, |time| core::ptr::from_ref(time) as usize),
                mem::size_of::<SignalSet>(),
            )
        })
    }

    /// Whether it was sent with a value, by sigqueue(3).
    pub fn is_queued(&self) -> bool {
        self.0.si_code == libc::SI_QUEUE
    }

    /// Whether the kernel sent it: for a key typed at the terminal, a change of its window, or a timer.
    pub fn is_from_kernel(&self) -> bool {
        self.0.si_code == libc::SI_KERNEL
    }

    /// Who sent it; 0 for the kernel, and for a process outside the PID namespace.
    pub fn sender(&self) -> Pid {
        // SAFETY: any bytes are a pid_t, and all of a siginfo_t is initialised.
        Pid(unsafe { self.0.si_pid() })
    }
}

/// Has `signal`, which stops processes, stop the caller, all of whose signals are blocked. Returns when
/// the caller has been continued; `false` if it was not stopped: the kernel lets nobody stop a process
/// with SIGTSTP, SIGTTIN or SIGTTOU whom no shell could continue.
pub fn stop(own: Pid, signal: Signal) -> bool {
    let _ = kill(own, signal);
    set_mask(SignalSet::of(signal).others());
    set_mask(SignalSet::ALL);
    Received::nothing().take_pending(Signal::CONT)
}

/// kill(2) to one process.
pub fn kill(process: Pid, signal: Signal) -> Result<(), Errno> {
    // SAFETY: no memory is passed.
    let sent = unsafe { syscall2(libc::SYS_kill, process.0 as usize, usize::from(signal.number())) };
    Errno::check(sent).map(drop)
}

/// kill(2) to every process of a group, killpg(3).
pub fn kill_group(group: Pid, signal: Signal) -> Result<(), Errno> {
    kill(Pid(-group.0), signal)
}

/// rt_sigqueueinfo(2): sends `signal` with the value and the sender that `received` came with.
pub fn queue(process: Pid, signal: Signal, received: &Received) -> Result<(), Errno> {
    // SAFETY: the kernel reads one siginfo_t, and sets its signal number itself.
    let sent = unsafe {
        syscall3(
            libc::SYS_rt_sigqueueinfo,
            process.0 as usize,
            usize::from(signal.number()),
            (&raw const received.0) as usize,
        )
    };
    Errno::check(sent).map(drop)
}
