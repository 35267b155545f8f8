//! Exit codes: from a wait status to the code that rinit exits with, and the codes of its own failures.

use super::remap::Remap;
use crate::sys::types::{Signal, SignalSet, WaitStatus};

/// What rinit itself fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCode {
    /// Bad usage, or a failure of rinit's own.
    Failure,
    /// The program was found and cannot be executed.
    CannotExecute,
    /// The program was not found.
    NotFound,
}

/// The exit code for each of these, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnCodes([u8; 3]);

impl OwnCodes {
    /// rinit's, the same as in env(1), nohup(1) and timeout(1).
    pub const RINITS: Self = Self::new(125, 126, 127);

    /// One code for each.
    pub const fn new(failure: u8, cannot_execute: u8, not_found: u8) -> Self {
        Self([failure, cannot_execute, not_found])
    }

    /// The exit code for this failure.
    pub fn of(&self, failure: OwnCode) -> u8 {
        let [otherwise, ..] = self.0;
        self.0.get(failure as usize).copied().unwrap_or(otherwise)
    }
}

/// The signals that ask a program to end.
pub const ASK_TO_END: SignalSet = SignalSet::of(Signal::TERM).and(Signal::INT).and(Signal::QUIT);

/// How the child ended.
pub struct End {
    /// Its wait status.
    pub status: WaitStatus,
    /// Every signal that rinit sent before: to the child, and with `--stay` to those that it has left.
    pub forwarded: SignalSet,
}

/// Which exit code the child's end becomes.
#[repr(C)]
pub struct ExitPolicy {
    /// Whether a forwarded signal that ended the child makes the code 0.
    pub stop_ok: bool,
    /// Whether rinit dies as the child did, where it can.
    pub die_alike: bool,
    /// The codes that replace the child's.
    pub remap: Remap,
}

impl ExitPolicy {
    /// The child's code is the exit code.
    pub fn childs_code() -> Self {
        Self { stop_ok: false, remap: Remap::none(), die_alike: true }
    }

    /// The exit code for a child that ended so: its own, or 128 + the signal's number; then remapped. With
    /// `stop_ok` it is 0 if the child ended by a forwarded signal, or with that code. And the signal for rinit to
    /// die of, where it can: the one that killed the child, unless a rule gives a code.
    pub fn apply(&self, end: &End) -> (u8, Option<Signal>) {
        let (code, signal) = match end.status {
            WaitStatus::Exited(code) => (code, None),
            WaitStatus::Killed { signal, .. } => (128 + signal.number(), Some(signal)),
        };
        match self.rule(code, end.forwarded) {
            Some(code) => (code, None),
            None => (code, signal.filter(|_| self.die_alike)),
        }
    }

    /// The code that `stop_ok` or a remapping gives.
    fn rule(&self, code: u8, forwarded: SignalSet) -> Option<u8> {
        if self.stop_ok && is_stop(code, forwarded) { Some(0) } else { self.remap.apply(code) }
    }
}

/// Whether it is 128 + one of these signals. SIGKILL lets no program stop in order.
fn is_stop(code: u8, signals: SignalSet) -> bool {
    let signal = code.checked_sub(128).and_then(Signal::new);
    signal.is_some_and(|signal| signal != Signal::KILL && signals.contains(signal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    fn killed_by(number: i32) -> WaitStatus {
        WaitStatus::Killed { signal: signal(number), core_dumped: false }
    }

    /// The exit code for a child that ended so, after these signals.
    fn code_after(forwarded: &[i32], status: WaitStatus, policy: &ExitPolicy) -> u8 {
        let mut set = SignalSet::NONE;
        forwarded.iter().for_each(|number| set.insert(signal(*number)));
        policy.apply(&End { status, forwarded: set }).0
    }

    #[test]
    fn the_childs_code_is_the_exit_code() {
        for own in 0..=255 {
            assert_eq!(
                code_after(&[libc::SIGTERM], WaitStatus::Exited(own), &ExitPolicy::childs_code()),
                own
            );
        }
    }

    #[test]
    fn a_signal_gives_128_plus_its_number() {
        for (number, expected) in [
            (libc::SIGHUP, 129),
            (libc::SIGINT, 130),
            (libc::SIGKILL, 137),
            (libc::SIGTERM, 143),
            (libc::SIGRTMAX(), 192),
        ] {
            for core_dumped in [false, true] {
                let status = WaitStatus::Killed { signal: signal(number), core_dumped };
                assert_eq!(code_after(&[number], status, &ExitPolicy::childs_code()), expected);
            }
        }
    }

    #[test]
    fn remapping_comes_last() {
        let mut policy = ExitPolicy::childs_code();
        policy.remap.add(b"143:7").unwrap();
        policy.remap.add(b"3:143").unwrap();
        let code = |status| code_after(&[], status, &policy);
        assert_eq!(code(killed_by(libc::SIGTERM)), 7);
        assert_eq!(code(killed_by(libc::SIGINT)), 130);
        assert_eq!(code(WaitStatus::Exited(143)), 7);
        assert_eq!(code(WaitStatus::Exited(3)), 143);
    }

    #[test]
    fn with_stop_ok_the_forwarded_signal_gives_0_and_no_other_does() {
        let policy = ExitPolicy { stop_ok: true, ..ExitPolicy::childs_code() };
        for number in (1..=libc::SIGRTMAX()).filter(|number| *number != libc::SIGKILL) {
            let other = if number == libc::SIGTERM { libc::SIGINT } else { libc::SIGTERM };
            for status in [killed_by(number), WaitStatus::Exited(128 + number as u8)] {
                assert_eq!(code_after(&[number], status, &policy), 0, "{number}");
                assert_eq!(code_after(&[other, number], status, &policy), 0, "{number}");
                for forwarded in [&[][..], &[other]] {
                    assert_eq!(code_after(forwarded, status, &policy), 128 + number as u8, "{number}");
                }
            }
        }
        for own in (0..=128).chain(193..=255) {
            assert_eq!(code_after(&[libc::SIGTERM], WaitStatus::Exited(own), &policy), own);
        }
    }

    #[test]
    fn a_killed_child_has_not_stopped_in_order() {
        let policy = ExitPolicy { stop_ok: true, ..ExitPolicy::childs_code() };
        assert_eq!(code_after(&[libc::SIGKILL], killed_by(libc::SIGKILL), &policy), 137);
    }

    #[test]
    fn with_stop_ok_what_is_left_is_remapped() {
        let mut policy = ExitPolicy { stop_ok: true, ..ExitPolicy::childs_code() };
        policy.remap.add(b"143:7").unwrap();
        assert_eq!(code_after(&[libc::SIGTERM], killed_by(libc::SIGTERM), &policy), 0);
        assert_eq!(code_after(&[], killed_by(libc::SIGTERM), &policy), 7);
    }

    #[test]
    fn rinit_dies_of_what_killed_the_child_unless_a_rule_gives_a_code() {
        let policy = ExitPolicy::childs_code();
        let death = |policy: &ExitPolicy, forwarded: &[i32], status| {
            let forwarded = forwarded.iter().fold(SignalSet::NONE, |set, number| set.and(signal(*number)));
            policy.apply(&End { status, forwarded }).1.map(|signal| i32::from(signal.number()))
        };
        for number in 1..=libc::SIGRTMAX() {
            assert_eq!(death(&policy, &[number], killed_by(number)), Some(number));
            assert_eq!(death(&policy, &[number], WaitStatus::Exited(128 + number as u8)), None);
        }
        let mut with_rule = ExitPolicy::childs_code();
        with_rule.remap.add(b"143:143").unwrap();
        assert_eq!(death(&with_rule, &[], killed_by(libc::SIGTERM)), None);
        assert_eq!(death(&with_rule, &[], killed_by(libc::SIGINT)), Some(libc::SIGINT));
        let stop_ok = ExitPolicy { stop_ok: true, ..ExitPolicy::childs_code() };
        assert_eq!(death(&stop_ok, &[libc::SIGTERM], killed_by(libc::SIGTERM)), None);
        assert_eq!(death(&stop_ok, &[], killed_by(libc::SIGTERM)), Some(libc::SIGTERM));
        let other_init = ExitPolicy { die_alike: false, ..ExitPolicy::childs_code() };
        assert_eq!(death(&other_init, &[], killed_by(libc::SIGTERM)), None);
    }

    #[test]
    fn own_codes_are_those_of_env_nohup_and_timeout() {
        let codes = [OwnCode::Failure, OwnCode::CannotExecute, OwnCode::NotFound];
        assert_eq!(codes.map(|code| OwnCodes::RINITS.of(code)), [125, 126, 127]);
    }
}
