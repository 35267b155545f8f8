//! Exit codes: rinit's own, and what a wait status becomes.
#![forbid(unsafe_code)]

use crate::remap::Remap;
use crate::sys::process::WaitStatus;

/// The exit codes that rinit gives of its own accord, as env(1), nohup(1) and timeout(1) do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OwnCode {
    /// Help, version or license was printed.
    Success = 0,
    /// Bad usage, or a failure of rinit's own.
    Failure = 125,
    /// The program was found and cannot be executed.
    CannotExecute = 126,
    /// The program was not found.
    NotFound = 127,
}

/// The exit code for a child that ended so: its own, or 128 + the signal's number; then remapped.
pub fn code(status: WaitStatus, remap: &Remap) -> u8 {
    remap.apply(match status {
        WaitStatus::Exited(code) => code,
        WaitStatus::Killed { signal, .. } => 128 + signal.number(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::signal::Signal;

    #[test]
    fn the_childs_code_is_the_exit_code() {
        for own in 0..=255 {
            assert_eq!(code(WaitStatus::Exited(own), &Remap::none()), own);
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
            let signal = Signal::new(number as u8).unwrap();
            for core_dumped in [false, true] {
                assert_eq!(code(WaitStatus::Killed { signal, core_dumped }, &Remap::none()), expected);
            }
        }
    }

    #[test]
    fn remapping_comes_last() {
        let mut remap = Remap::none();
        remap.add(b"143:7").unwrap();
        remap.add(b"3:143").unwrap();
        let killed_by = |number: i32| {
            let signal = Signal::new(number as u8).unwrap();
            code(WaitStatus::Killed { signal, core_dumped: false }, &remap)
        };
        assert_eq!(killed_by(libc::SIGTERM), 7);
        assert_eq!(killed_by(libc::SIGINT), 130);
        assert_eq!(code(WaitStatus::Exited(143), &remap), 7);
        assert_eq!(code(WaitStatus::Exited(3), &remap), 143);
    }

    #[test]
    fn own_codes_are_those_of_env_nohup_and_timeout() {
        let codes = [OwnCode::Success, OwnCode::Failure, OwnCode::CannotExecute, OwnCode::NotFound];
        assert_eq!(codes.map(|code| code as u8), [0, 125, 126, 127]);
    }
}
