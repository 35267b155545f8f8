//! Signals by name and number, in the words of signal(7) and of `kill -l`.
#![forbid(unsafe_code)]

use crate::bytes::{parse_number, split_once};
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

/// Reads a name, with or without `SIG` and in either case, a number, `RTMIN+n` or `RTMAX-n`.
pub fn parse(bytes: &[u8]) -> Option<Signal> {
    if let Some(number) = parse_number(bytes) {
        return Signal::new(number);
    }
    let name = match bytes {
        [s, i, g, name @ ..] if is(&[*s, *i, *g], b"SIG") => name,
        name => name,
    };
    let number = if let Some((base, offset)) = split_once(name, b'+') {
        Some(RTMIN).filter(|_| is(base, b"RTMIN"))?.checked_add(parse_number(offset)?)?
    } else if let Some((base, offset)) = split_once(name, b'-') {
        let number = Some(Signal::MAX).filter(|_| is(base, b"RTMAX"))?.checked_sub(parse_number(offset)?)?;
        Some(number).filter(|number| *number >= RTMIN)?
    } else {
        match names().position(|known| is(name, known))? {
            index @ ..STANDARD => index as u8 + 1,
            index => *OTHERS.get(index - STANDARD)?,
        }
    };
    Signal::new(number)
}

fn is(name: &[u8], known: &[u8]) -> bool {
    name.len() == known.len() && name.iter().zip(known).all(|(a, b)| a.to_ascii_uppercase() == *b)
}

/// The name without `SIG`, for signals 1 to 31.
pub fn name(signal: Signal) -> Option<&'static [u8]> {
    names().take(STANDARD).nth(usize::from(signal.number()) - 1)
}

fn names() -> impl Iterator<Item = &'static [u8]> {
    NAMES.split(|byte| *byte == b' ')
}
