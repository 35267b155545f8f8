//! The words that users read and write: signals by name, as signal(7) and `kill -l` have them, lengths of
//! time, and reasons for errors.

use crate::sys::bytes::{parse_decimal, parse_number, part, parts};
use crate::sys::clock::Milliseconds;
use crate::sys::types::{Errno, Signal};
use core::ffi::c_int;

/// The names of signals 1 to 31, in order, and then other names for the numbers in [`OTHER_NUMBERS`].
const SIGNAL_NAMES: &[u8] = b"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT \
                       CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS \
                       RTMIN RTMAX IOT CLD POLL";
const OTHER_NUMBERS: [u8; 5] = [RTMIN, Signal::MAX, 6, 17, 29];
const STANDARD: usize = 31;

/// The first real-time signal that programs use. The kernel's is 32, but the C libraries keep the
/// first ones to themselves; `kill -l` and glibc's `SIGRTMIN` say 34, signal(7).
pub const RTMIN: u8 = 34;

/// How many steps it is from there to the highest signal.
const MAX_STEP: u8 = Signal::MAX - RTMIN;

/// The signal with this name, with or without `SIG` and in either case, this number, or the one at
/// `RTMIN+n` or `RTMAX-n`.
pub fn parse_signal(bytes: &[u8]) -> Option<Signal> {
    if let Some(number) = parse_number(bytes) {
        return Signal::new(number);
    }
    let name = match bytes.split_at_checked(3) {
        Some((sig, name)) if is_word(sig, b"SIG") => name,
        _ => bytes,
    };
    if let Some((base, offset)) = name.split_at_checked(6)
        && let Some(offset @ ..=MAX_STEP) = parse_number(offset)
    {
        if is_word(base, b"RTMIN+") {
            return Signal::new(RTMIN + offset);
        }
        if is_word(base, b"RTMAX-") {
            return Signal::new(Signal::MAX - offset);
        }
    }
    match parts(SIGNAL_NAMES, b' ').position(|known| is_word(name, known))? {
        index @ ..STANDARD => Signal::new(index as u8 + 1),
        index => Signal::new(*OTHER_NUMBERS.get(index - STANDARD)?),
    }
}

/// Whether `name` is the upper-case word `known`, in either case, and with `-` or `_` for its `_`.
pub fn is_word(name: &[u8], known: &[u8]) -> bool {
    let is_same = |(a, b): (&u8, &u8)| a.to_ascii_uppercase() == *b || (*a, *b) == (b'-', b'_');
    name.len() == known.len() && name.iter().zip(known).all(is_same)
}

/// The name without `SIG`, for signals 1 to 31.
pub fn signal_name(signal: Signal) -> Option<&'static [u8]> {
    let index = usize::from(signal.number()) - 1;
    (index < STANDARD).then(|| part(SIGNAL_NAMES, b' ', index))
}

/// A length of time as sleep(1) takes it, in whole numbers: `20`, `20s`, `5m` or `1h`, and `500ms`. The
/// number is 0..=4294967295.
pub fn parse_duration(bytes: &[u8]) -> Option<Milliseconds> {
    let unit = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (number, unit) = bytes.split_at_checked(unit)?;
    let unit = match unit {
        b"ms" => 1,
        b"" | b"s" => 1000,
        b"m" => 60 * 1000,
        b"h" => 60 * 60 * 1000,
        _ => return None,
    };
    Some(Milliseconds(u64::from(parse_decimal(number)?) * unit))
}

/// The reasons in words for the errors that spawning and supervising can meet: as bytes and one text,
/// since a table of strings would hold addresses, which would have to be relocated.
macro_rules! reasons {
    ($($number:ident $reason:literal)*) => {
        const ERROR_NUMBERS: &[u8] = &[$(libc::$number as u8),*];
        const ERROR_REASONS: &[u8] = concat!($($reason, "\n"),*).as_bytes();
    };
}

reasons! {
    EPERM "operation not permitted"
    ENOENT "no such file or directory"
    ESRCH "no such process"
    EIO "input/output error"
    E2BIG "argument list too long"
    ENOEXEC "exec format error"
    EAGAIN "resource temporarily unavailable"
    ENOMEM "cannot allocate memory"
    EACCES "permission denied"
    ENOTDIR "not a directory"
    EISDIR "is a directory"
    EINVAL "invalid argument"
    ENOSPC "no space left on device"
    EROFS "read-only file system"
    EPIPE "broken pipe"
    ETXTBSY "text file busy"
    ENAMETOOLONG "file name too long"
    ELOOP "too many levels of symbolic links"
}

/// The reason for an error in words, as strerror(3) has it in lower case, if it is one of the common ones.
pub fn error_reason(error: Errno) -> Option<&'static [u8]> {
    let index = ERROR_NUMBERS.iter().position(|number| c_int::from(*number) == error.0)?;
    Some(part(ERROR_REASONS, b'\n', index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    /// Names with the numbers that the C library's headers give them.
    macro_rules! signals {
        ($($name:ident)*) => { [$((stringify!($name), libc::$name)),*] };
    }

    const STANDARD_SIGNALS: [(&str, i32); 31] = signals! {
        SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE
        SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ
        SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS
    };
    const OTHER_NAMES: [(&str, i32); 3] =
        [("SIGIOT", libc::SIGIOT), ("SIGPOLL", libc::SIGPOLL), ("SIGCLD", libc::SIGCHLD)];

    fn number(text: &str) -> Option<i32> {
        parse_signal(text.as_bytes()).map(|signal| signal.number().into())
    }

    #[test]
    fn a_name_has_its_number_with_and_without_sig_and_in_either_case() {
        for (name, expected) in STANDARD_SIGNALS.into_iter().chain(OTHER_NAMES) {
            let short = name.strip_prefix("SIG").unwrap();
            for spelling in [name, short, &name.to_lowercase(), &short.to_lowercase(), &format!("Sig{short}")]
            {
                assert_eq!(number(spelling), Some(expected), "{spelling}");
            }
        }
    }

    #[test]
    fn a_number_is_its_signal() {
        for expected in 1..=libc::SIGRTMAX() {
            assert_eq!(number(&expected.to_string()), Some(expected));
        }
        for wrong in [0, libc::SIGRTMAX() + 1, 127, 255, 256 + libc::SIGTERM] {
            assert_eq!(number(&wrong.to_string()), None);
        }
    }

    #[test]
    fn real_time_signals_are_counted_from_either_end_as_the_c_library_does() {
        let (first, last) = (libc::SIGRTMIN(), libc::SIGRTMAX());
        assert_eq!((number("RTMIN"), number("SIGRTMAX")), (Some(first), Some(last)));
        for step in 0..=last - first {
            assert_eq!(number(&format!("RTMIN+{step}")), Some(first + step));
            assert_eq!(number(&format!("sigrtmin+{step}")), Some(first + step));
            assert_eq!(number(&format!("SIGRTMAX-{step}")), Some(last - step));
        }
        let beyond = last - first + 1;
        for wrong in [beyond, 64, 221, 222, 255, 256] {
            assert_eq!(number(&format!("RTMIN+{wrong}")), None);
            assert_eq!(number(&format!("RTMAX-{wrong}")), None);
        }
    }

    #[test]
    fn what_is_nearly_a_signal_is_none() {
        for wrong in [
            "",
            "SIG",
            "SIGSIGTERM",
            "SIG15",
            "TER",
            "TERMS",
            " TERM",
            "TERM ",
            "HUP INT",
            " ",
            "+",
            "-",
            "+1",
            "-1",
            "RTMIN+",
            "RTMAX-",
            "RTMIN-1",
            "RTMAX+1",
            "RTMIN+1+1",
            "RTMIN+-1",
            "TERM+1",
            "TERM-1",
            "0x0f",
            "1.0",
            "TERM\0",
            "ＴＥＲＭ",
        ] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
        assert_eq!(parse_signal(b"TERM\xff"), None);
    }

    #[test]
    fn standard_signals_are_shown_by_the_names_they_are_read_by() {
        for (known, number) in STANDARD_SIGNALS {
            let shown = signal_name(Signal::new(number as u8).unwrap()).unwrap();
            assert_eq!(String::from_utf8_lossy(shown), known.strip_prefix("SIG").unwrap());
        }
        let unnamed: Vec<_> =
            (1..=64).filter(|number| signal_name(Signal::new(*number).unwrap()).is_none()).collect();
        assert_eq!(unnamed, (32..=64).collect::<Vec<_>>());
    }

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("20", 20_000),
            ("20s", 20_000),
            ("500ms", 500),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("4294967295", 4_294_967_295_000),
            ("4294967295h", 15_461_882_262_000_000),
        ] {
            assert_eq!(parse_duration(text.as_bytes()), Some(Milliseconds(milliseconds)), "{text}");
        }
        for wrong in ["", "s", "ms", "-1", "1.5", "1 s", "1S", "1d", "4294967296", "1s2", " 1"] {
            assert_eq!(parse_duration(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
