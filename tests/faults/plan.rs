//! Which faults there are in a mode: made from the calls of a run without one.

use super::modes::Mode;
use nix::libc::{self, c_int, c_long};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a system call is answered.
pub const ERRORS: [(c_int, &str); 15] = [
    (libc::EPERM, "EPERM"),
    (libc::EACCES, "EACCES"),
    (libc::EINTR, "EINTR"),
    (libc::EAGAIN, "EAGAIN"),
    (libc::ENOMEM, "ENOMEM"),
    (libc::EINVAL, "EINVAL"),
    (libc::EBADF, "EBADF"),
    (libc::EFAULT, "EFAULT"),
    (libc::ENOSYS, "ENOSYS"),
    (libc::EIO, "EIO"),
    (libc::ESRCH, "ESRCH"),
    (libc::ECHILD, "ECHILD"),
    (libc::EMFILE, "EMFILE"),
    (libc::ENOSPC, "ENOSPC"),
    (libc::EPIPE, "EPIPE"),
];

const SIGNALS: [(c_int, &str); 3] =
    [(libc::SIGCHLD, "SIGCHLD"), (libc::SIGCONT, "SIGCONT"), (libc::SIGTERM, "SIGTERM")];

/// What ends a process.
pub const ENDINGS: [c_long; 2] = [libc::SYS_exit_group, libc::SYS_exit];

/// Calls that a filter which refuses one of them may refuse together: all that tells of a child's end, and all that
/// ends a process.
const TOGETHER: [&[c_long]; 5] = [
    &ENDINGS,
    &[libc::SYS_wait4, libc::SYS_rt_sigtimedwait],
    &[libc::SYS_waitid, libc::SYS_rt_sigtimedwait],
    &[libc::SYS_wait4, libc::SYS_waitid],
    &[libc::SYS_wait4, libc::SYS_waitid, libc::SYS_rt_sigtimedwait],
];

/// What a filter answers, seccomp(2).
const OF_FILTERS: [c_int; 2] = [libc::EPERM, libc::ENOSYS];

/// How far rinit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Up to the child's exec.
    Before,
    After,
}

/// Who makes a call: rinit, or a process that it has made and that has not executed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Rinit,
    Made,
}

/// A system call by where it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    pub phase: Phase,
    pub who: Who,
    pub call: c_long,
}

/// Which of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    First,
    Every,
    EverySecond,
}

/// What is done to a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// Calls of this number in this phase are answered an error.
    Error(Phase, c_long, Which, c_int),
    /// So is one call.
    ErrorAt(Site, u32, c_int),
    /// So are all of these.
    Errors(&'static [c_long], c_int),
    /// So is each call of this number, and each that is not among the known ones: what only takes its place. These are
    /// in no run without a fault, and would never be struck.
    Refused(c_long, Option<&'static [c_long]>, c_int),
    /// A signal is there when a call is made.
    Signal(Site, u32, c_int),
    /// A call is late.
    Delay(Site, u32),
}

impl Fault {
    /// Which of the kinds it is counted as.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Error(_, _, Which::First, _) => "first call",
            Self::Error(_, _, Which::Every, _) => "every call",
            Self::Error(_, _, Which::EverySecond, _) => "every second call",
            Self::ErrorAt(..) => "one call",
            Self::Errors(..) | Self::Refused(_, Some(_), _) => "several calls",
            Self::Refused(..) => "every call",
            Self::Signal(..) => "signal",
            Self::Delay(..) => "delay",
        }
    }
}

/// All faults of a mode whose run without one had these calls.
pub fn faults(calls: &[Site]) -> Vec<Fault> {
    let mut faults = vec![Fault::None];
    let mut counts: BTreeMap<Site, u32> = BTreeMap::new();
    let mut at_sites = vec![];
    for site in calls {
        let count = counts.entry(*site).or_default();
        *count += 1;
        at_sites.push((*site, *count));
    }
    let mut numbers: Vec<_> = counts.keys().map(|site| (site.phase, site.call)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for (error, _) in ERRORS {
        for which in [Which::First, Which::Every, Which::EverySecond] {
            let times =
                |it: &(Phase, c_long)| calls.iter().filter(|site| (site.phase, site.call) == *it).count();
            let hit = numbers.iter().filter(|it| which != Which::EverySecond || times(it) > 1);
            faults.extend(hit.map(|(phase, call)| Fault::Error(*phase, *call, which, error)));
        }
        faults.extend(at_sites.iter().map(|(site, nth)| Fault::ErrorAt(*site, *nth, error)));
    }
    for (site, nth) in &at_sites {
        faults.extend(SIGNALS.iter().map(|(signal, _)| Fault::Signal(*site, *nth, *signal)));
        faults.push(Fault::Delay(*site, *nth));
    }
    for calls in TOGETHER {
        faults.extend(OF_FILTERS.map(|error| Fault::Errors(calls, error)));
    }
    faults.extend(refused(&numbers));
    faults
}

/// What filters do to a run with these calls: they know of no phases.
fn refused(numbers: &[(Phase, c_long)]) -> Vec<Fault> {
    let known: BTreeSet<_> = numbers.iter().map(|(_, call)| *call).collect();
    let known = &*Vec::from_iter(known).leak(); // once for each mode
    let by_filter = |error| {
        let in_both = |call: &&c_long| numbers.iter().filter(|(_, other)| other == *call).count() == 2;
        let alone = known.iter().filter(in_both).map(move |call| Fault::Refused(*call, None, error));
        alone.chain(known.iter().map(move |call| Fault::Refused(*call, Some(known), error)))
    };
    OF_FILTERS.into_iter().flat_map(by_filter).collect()
}

fn name_in(table: &[(c_int, &'static str)], number: c_int) -> &'static str {
    table.iter().find(|(other, _)| *other == number).map_or("?", |(_, name)| name)
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if *self == Self::Before { "before" } else { "after" })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.who == Who::Made { " of the new process" } else { "" };
        write!(out, "{}{who} {} the spawn", call_name(self.call), self.phase)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = |number: &c_int| name_in(&ERRORS, *number);
        match self {
            Self::None => out.write_str("no fault"),
            Self::Error(phase, call, which, number) => {
                let which = match which {
                    Which::First => "first",
                    Which::Every => "every",
                    Which::EverySecond => "every second",
                };
                write!(out, "{} to {which} {} {phase} the spawn", error(number), call_name(*call))
            }
            Self::ErrorAt(site, nth, number) => write!(out, "{} to #{nth} {site}", error(number)),
            Self::Errors(calls, number) => {
                let names: Vec<_> = calls.iter().map(|call| call_name(*call)).collect();
                write!(out, "{} to every {}", error(number), names.join(" and "))
            }
            Self::Refused(call, known, number) => {
                let others = if known.is_some() { " and what takes its place" } else { "" };
                write!(out, "{} to every {}{others}", error(number), call_name(*call))
            }
            Self::Signal(site, nth, number) => write!(out, "{} at #{nth} {site}", name_in(&SIGNALS, *number)),
            Self::Delay(site, nth) => write!(out, "delay of #{nth} {site}"),
        }
    }
}

/// A case: a mode, and what is done to its run.
pub struct Case<'a> {
    pub mode: &'a Mode,
    pub fault: Fault,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.mode.name(), self.fault)
    }
}

/// The names of the calls that rinit makes; what is not here has its number.
pub fn call_name(call: c_long) -> String {
    macro_rules! names {
        ($($name:ident)*) => { [$((libc::$name, stringify!($name))),*] };
    }
    let names = names![
        SYS_read SYS_write SYS_close SYS_mmap SYS_rt_sigaction SYS_rt_sigprocmask SYS_ioctl SYS_pread64 SYS_writev
        SYS_getpid SYS_clone SYS_vfork SYS_fork SYS_execve SYS_exit SYS_wait4 SYS_kill SYS_fcntl SYS_chdir SYS_setpgid
        SYS_getppid SYS_setsid SYS_getpgid SYS_getsid SYS_rt_sigtimedwait SYS_rt_sigqueueinfo SYS_capset SYS_statfs
        SYS_prctl SYS_getdents64 SYS_clock_gettime SYS_clock_nanosleep SYS_exit_group SYS_waitid SYS_openat
        SYS_newfstatat SYS_unlinkat SYS_readlinkat SYS_faccessat SYS_ppoll SYS_dup3 SYS_pipe2 SYS_fchmod SYS_renameat2
        SYS_pwritev2 SYS_close_range
    ];
    let name = names.iter().find(|(number, _)| *number == call);
    name.map_or_else(|| call.to_string(), |(_, name)| name.trim_start_matches("SYS_").to_owned())
}
