//! Signals by name and number, in the words of signal(7) and of `kill -l`.
#![forbid(unsafe_code)]

use crate::sys::bytes::{parse_number, part, parts};
use crate::sys::signal::Signal;

/// The names of signals 1 to 31, in order, and then other names for the numbers in [`OTHERS`].
const NAMES: &[u8] = b"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT \
                       CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS \
                       RTMIN RTMAX IOT CLD POLL";
const OTHERS: [u8; 5] = [RTMIN, Signal::MAX, 6, 17, 29];
const STANDARD: usize = 31;

/// The first real-time signal that programs use. The kernel's is 32, but the C libraries keep the
/// first ones to themselves; `kill -l` and glibc's `SIGRTMIN` say 34, signal(7).
pub const RTMIN: u8 = 34;

/// The highest step from there.
const REAL_TIME: u8 = Signal::MAX - RTMIN;

/// Reads a name, with or without `SIG` and in either case, a number, `RTMIN+n` or `RTMAX-n`.
pub fn parse(bytes: &[u8]) -> Option<Signal> {
    if let Some(number) = parse_number(bytes) {
        return Signal::new(number);
    }
    let name = match bytes.split_at_checked(3) {
        Some((sig, name)) if is(sig, b"SIG") => name,
        _ => bytes,
    };
    if let Some((base, offset)) = name.split_at_checked(6)
        && let Some(offset @ ..=REAL_TIME) = parse_number(offset)
    {
        if is(base, b"RTMIN+") {
            return Signal::new(RTMIN + offset);
        }
        if is(base, b"RTMAX-") {
            return Signal::new(Signal::MAX - offset);
        }
    }
    match parts(NAMES, b' ').position(|known| is(name, known))? {
        index @ ..STANDARD => Signal::new(index as u8 + 1),
        index => Signal::new(*OTHERS.get(index - STANDARD)?),
    }
}

fn is(name: &[u8], known: &[u8]) -> bool {
    name.len() == known.len() && name.iter().zip(known).all(|(a, b)| a.to_ascii_uppercase() == *b)
}

/// The name without `SIG`, for signals 1 to 31.
pub fn name(signal: Signal) -> Option<&'static [u8]> {
    part(NAMES, b' ', usize::from(signal.number()) - 1).filter(|_| usize::from(signal.number()) <= STANDARD)
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
        parse(text.as_bytes()).map(|signal| signal.number().into())
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
        assert_eq!(parse(b"TERM\xff"), None);
    }

    #[test]
    fn standard_signals_are_shown_by_the_names_they_are_read_by() {
        for (known, number) in STANDARD_SIGNALS {
            let shown = name(Signal::new(number as u8).unwrap()).unwrap();
            assert_eq!(String::from_utf8_lossy(shown), known.strip_prefix("SIG").unwrap());
        }
        let unnamed: Vec<_> =
            (1..=64).filter(|number| name(Signal::new(*number).unwrap()).is_none()).collect();
        assert_eq!(unnamed, (32..=64).collect::<Vec<_>>());
    }
}
