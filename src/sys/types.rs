//! The kernel's words as types: process and group IDs, signals and sets of them, wait statuses, errors.
//!
//! Each holds only what the kernel means by it, so that no error and no special number (0, −1 and 1 mean
//! "the caller", "everybody" and "PID 1" to kill(2)) can be taken for a process, a group or a signal.

use core::ffi::c_int;
use core::num::{NonZeroI32, NonZeroU8};

/// An error number as in errno(3): 1..=4095.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub c_int);

/// A process ID as the caller's PID namespace numbers it: above 0, pid_namespaces(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pid(NonZeroI32);

impl Pid {
    /// The first process of a PID namespace.
    pub const INIT: Self = Self::constant(1);
    /// Every process ID is below it: the kernel's `PID_MAX_LIMIT`, proc(5) under `pid_max`.
    pub const LIMIT: libc::pid_t = 4_194_304;

    #[allow(clippy::panic, reason = "called by the compiler alone")]
    const fn constant(number: libc::pid_t) -> Self {
        match Self::new(number) {
            Some(process) => process,
            None => panic!("not a process ID"),
        }
    }

    /// The process `number`; `None` for a number that is no process's.
    pub const fn new(number: libc::pid_t) -> Option<Self> {
        match NonZeroI32::new(number) {
            Some(valid) if number > 0 => Some(Self(valid)),
            _ => None,
        }
    }

    /// The process that a system call has returned.
    pub(super) const fn from_result(result: usize) -> Option<Self> {
        Self::new(result as libc::pid_t)
    }

    /// Its number.
    pub const fn number(self) -> libc::pid_t {
        self.0.get()
    }

    /// Whether it is the first process of its PID namespace.
    pub fn is_init(self) -> bool {
        self == Self::INIT
    }
}

/// A process group that can be sent a signal: above 1.
///
/// `kill(-1)` is not a signal to group 1 but to every process, kill(2), so group 1 has no value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(NonZeroI32);

impl Group {
    /// The group `number`; `None` for one that cannot be sent a signal.
    pub const fn new(number: libc::pid_t) -> Option<Self> {
        match NonZeroI32::new(number) {
            Some(valid) if number > 1 => Some(Self(valid)),
            _ => None,
        }
    }

    /// The group that `leader` leads.
    pub const fn led_by(leader: Pid) -> Option<Self> {
        Self::new(leader.number())
    }

    /// Its number.
    pub const fn number(self) -> libc::pid_t {
        self.0.get()
    }
}

/// A process group or session as the kernel reports it: to be compared, and given to a terminal.
///
/// It is 0 where the leader is outside the PID namespace, and may be PID 1's. [`Group`] is what signals
/// are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct GroupId(pub(super) libc::pid_t);

const _: () = assert!(size_of::<GroupId>() == size_of::<libc::pid_t>());

impl GroupId {
    /// The group that a system call has returned.
    pub(super) const fn from_result(result: usize) -> Self {
        Self(result as libc::pid_t)
    }

    /// The group that `leader` leads.
    pub fn led_by(leader: Pid) -> Self {
        Self(leader.number())
    }

    /// Whether `process` leads it.
    pub fn is_led_by(self, process: Pid) -> bool {
        self.0 == process.number()
    }

    /// The group, if it can be sent a signal.
    pub fn group(self) -> Option<Group> {
        Group::new(self.0)
    }
}

/// A signal number: 1..=64, signal(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(NonZeroU8);

impl Signal {
    /// The highest signal number, `SIGRTMAX`.
    pub const MAX: u8 = 64;
    /// Hangup of the terminal.
    pub const HUP: Self = Self::constant(libc::SIGHUP);
    /// Interrupt typed at a terminal.
    pub const INT: Self = Self::constant(libc::SIGINT);
    /// Quit typed at a terminal.
    pub const QUIT: Self = Self::constant(libc::SIGQUIT);
    /// Cannot be caught.
    pub const KILL: Self = Self::constant(libc::SIGKILL);
    /// Write to a pipe without readers.
    pub const PIPE: Self = Self::constant(libc::SIGPIPE);
    /// The end of a timer.
    pub const ALRM: Self = Self::constant(libc::SIGALRM);
    /// The usual request to end.
    pub const TERM: Self = Self::constant(libc::SIGTERM);
    /// End or stop of a child.
    pub const CHLD: Self = Self::constant(libc::SIGCHLD);
    /// Continue if stopped.
    pub const CONT: Self = Self::constant(libc::SIGCONT);
    /// Stop, and cannot be caught.
    pub const STOP: Self = Self::constant(libc::SIGSTOP);
    /// Stop typed at a terminal.
    pub const TSTP: Self = Self::constant(libc::SIGTSTP);
    /// Read from a terminal in the background.
    pub const TTIN: Self = Self::constant(libc::SIGTTIN);
    /// Write to a terminal in the background.
    pub const TTOU: Self = Self::constant(libc::SIGTTOU);
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

/// A set of signals, laid out as the kernel's `sigset_t`: one bit for each, the lowest for signal 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct SignalSet(u64);

const _: () = assert!(size_of::<SignalSet>() * 8 == Signal::MAX as usize);

impl SignalSet {
    /// Every signal.
    pub const ALL: Self = Self(u64::MAX);
    /// No signal.
    pub const NONE: Self = Self(0);

    /// The set of one signal.
    pub const fn of(signal: Signal) -> Self {
        Self(1 << (signal.number() - 1))
    }

    /// The set with another signal.
    #[must_use]
    pub const fn and(self, signal: Signal) -> Self {
        Self(self.0 | Self::of(signal).0)
    }

    /// Adds a signal.
    pub fn insert(&mut self, signal: Signal) {
        *self = self.and(signal);
    }

    /// Whether a signal is in it.
    pub fn contains(self, signal: Signal) -> bool {
        self.0 & Self::of(signal).0 != 0
    }

    /// Whether a signal is in both.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The signals that are not in it.
    #[must_use]
    pub fn others(self) -> Self {
        Self(!self.0)
    }
}

/// Whether a child that stops is of interest, and not only one that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStops {
    /// It is.
    Reported,
    /// It is not.
    PassedOver,
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

/// What happened to a child, wait(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It ended, and has been reaped.
    Ended(WaitStatus),
    /// A signal stopped it.
    Stopped(Signal),
}

impl Change {
    /// What the raw status of wait4(2) means; `None` for a signal number that no kernel gives.
    pub(super) fn decode(raw: c_int) -> Option<Self> {
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

    /// What the `si_code` and `si_status` of waitid(2) mean; `None` for a signal number that no kernel gives.
    pub(super) fn decode_info(code: c_int, status: c_int) -> Option<Self> {
        if code == libc::CLD_EXITED {
            return Some(Self::Ended(WaitStatus::Exited(status as u8)));
        }
        let signal = Signal::new(status as u8)?;
        if code == libc::CLD_KILLED || code == libc::CLD_DUMPED {
            let core_dumped = code == libc::CLD_DUMPED;
            return Some(Self::Ended(WaitStatus::Killed { signal, core_dumped }));
        }
        Some(Self::Stopped(signal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses are those of the C library's macros, wait(2).
    #[test]
    fn wait4_and_waitid_say_the_same() {
        for code in 0..=255 {
            assert_eq!(
                Change::decode_info(libc::CLD_EXITED, code),
                Change::decode(libc::W_EXITCODE(code, 0))
            );
        }
        for signal in 1..=64 {
            let killed = libc::W_EXITCODE(0, signal);
            assert_eq!(Change::decode_info(libc::CLD_KILLED, signal), Change::decode(killed));
            assert_eq!(Change::decode_info(libc::CLD_DUMPED, signal), Change::decode(killed | 0x80));
            assert_eq!(
                Change::decode_info(libc::CLD_STOPPED, signal),
                Change::decode(libc::W_STOPCODE(signal))
            );
        }
    }

    #[test]
    fn no_number_that_kill_takes_for_more_than_one_process_is_a_process_or_a_group() {
        for number in [libc::pid_t::MIN, -4711, -libc::EPERM, -2, -1, 0] {
            assert_eq!(Pid::new(number), None, "{number}");
            assert_eq!(Group::new(number), None, "{number}");
        }
        assert_eq!(Group::new(1), None);
        assert_eq!(GroupId(1).group(), None);
        assert_eq!(Group::led_by(Pid::INIT), None);
    }

    #[test]
    fn every_other_number_is_one() {
        for number in [2, 4711, Pid::LIMIT, libc::pid_t::MAX] {
            assert_eq!(Pid::new(number).map(Pid::number), Some(number));
            assert_eq!(Group::new(number).map(Group::number), Some(number));
            assert_eq!(GroupId(number).group(), Group::new(number));
        }
        assert_eq!(Pid::new(1), Some(Pid::INIT));
        assert!(Pid::INIT.is_init());
    }
}
