//! Text in the making: messages, names of files and variables.
#![forbid(unsafe_code)]

use crate::signal_name;
use crate::sys::errno::Errno;
use crate::sys::process::{Pid, WaitStatus};
use crate::sys::signal::Signal;

/// Text in a buffer of a fixed size. What does not fit is cut off.
pub struct Text {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Text {
    /// Below `PIPE_BUF`, so that messages of several processes in one pipe do not mix, pipe(7).
    const CAPACITY: usize = 1024;

    /// No text.
    pub fn empty() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if self.length == Self::CAPACITY - 1 && byte != b'\n' {
            return; // the last place is for the end of the line
        }
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

/// What can stand in a text.
pub trait Show {
    /// Appends it.
    fn show(&self, text: &mut Text);
}

impl Show for [u8] {
    fn show(&self, text: &mut Text) {
        for byte in self {
            text.push(*byte);
        }
    }
}

impl Show for str {
    fn show(&self, text: &mut Text) {
        self.as_bytes().show(text);
    }
}

impl Show for u32 {
    fn show(&self, text: &mut Text) {
        if *self >= 10 {
            (self / 10).show(text);
        }
        text.push(b'0' + (self % 10) as u8);
    }
}

impl Show for Pid {
    fn show(&self, text: &mut Text) {
        self.0.unsigned_abs().show(text);
    }
}

impl Show for Signal {
    fn show(&self, text: &mut Text) {
        let number = self.number();
        if let Some(name) = signal_name::name(*self) {
            "SIG".show(text);
            name.show(text);
        } else if let Some(offset) = number.checked_sub(signal_name::RTMIN) {
            "SIGRTMIN+".show(text);
            u32::from(offset).show(text);
        } else {
            "signal ".show(text);
            u32::from(number).show(text);
        }
    }
}

impl Show for Errno {
    fn show(&self, text: &mut Text) {
        match self.reason() {
            Some(reason) => reason.show(text),
            None => {
                "error ".show(text);
                self.0.unsigned_abs().show(text);
            }
        }
    }
}

impl Show for WaitStatus {
    fn show(&self, text: &mut Text) {
        match self {
            Self::Exited(code) => {
                "exited with code ".show(text);
                u32::from(*code).show(text);
            }
            Self::Killed { signal, core_dumped } => {
                "killed by ".show(text);
                signal.show(text);
                if *core_dumped {
                    ", core dumped".show(text);
                }
            }
        }
    }
}

/// Bytes from outside: what is not printable ASCII is shown as `\xNN`, and long ones are cut short.
pub struct Escaped<'a>(pub &'a [u8]);

impl Escaped<'_> {
    const SHOWN: usize = 128;
}

impl Show for Escaped<'_> {
    fn show(&self, text: &mut Text) {
        if self.0.is_empty() {
            "''".show(text);
        }
        for byte in self.0.iter().take(Self::SHOWN) {
            match byte {
                b' '..=b'~' if *byte != b'\\' => text.push(*byte),
                _ => {
                    "\\x".show(text);
                    for digit in [byte >> 4, byte & 15] {
                        text.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
                    }
                }
            }
        }
        if self.0.len() > Self::SHOWN {
            "...".show(text);
        }
    }
}

/// Appends parts to a text: `append!(path, "/proc/", &pid)`.
macro_rules! append {
    ($text:ident, $($part:expr),* $(,)?) => {
        $($crate::text::Show::show($part, &mut $text);)*
    };
}

pub(crate) use append;

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};

    fn shown(part: &(impl Show + ?Sized)) -> String {
        let mut text = Text::empty();
        part.show(&mut text);
        String::from_utf8(text.bytes().to_vec()).unwrap()
    }

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 1, 9, 10, 99, 100, 101, 65_535, 4_194_304, u32::MAX] {
            assert_eq!(shown(&number), number.to_string());
        }
        assert_eq!(shown(&Pid(4711)), "4711");
    }

    #[test]
    fn signals_are_shown_by_name() {
        assert_eq!(shown(&signal(libc::SIGHUP)), "SIGHUP");
        assert_eq!(shown(&signal(libc::SIGTERM)), "SIGTERM");
        assert_eq!(shown(&signal(libc::SIGSYS)), "SIGSYS");
        assert_eq!(shown(&signal(libc::SIGRTMIN() + 3)), "SIGRTMIN+3");
        assert_eq!(shown(&signal(libc::SIGRTMAX())), "SIGRTMIN+30");
        // The C library keeps these to itself and has no name for them.
        for number in libc::SIGSYS + 1..libc::SIGRTMIN() {
            assert_eq!(shown(&signal(number)), format!("signal {number}"));
        }
    }

    #[test]
    fn every_signal_is_read_again_as_it_is_shown() {
        for number in 1..=libc::SIGRTMAX() {
            let text = shown(&signal(number));
            let name = text.strip_prefix("signal ").unwrap_or(&text);
            assert_eq!(signal_name::parse(name.as_bytes()), Some(signal(number)), "{text}");
        }
    }

    /// strerror(3), but for the case of the first letter.
    #[test]
    fn errors_are_shown_in_the_words_of_the_c_library() {
        for number in 1..=133 {
            let text = shown(&Errno(number));
            let by_libc = std::io::Error::from_raw_os_error(number).to_string();
            let by_libc = by_libc.rsplit_once(" (os error").unwrap().0;
            if text != format!("error {number}") {
                assert_eq!(text.to_lowercase(), by_libc.to_lowercase(), "{number}");
            }
        }
        for known in [libc::EPERM, libc::ENOENT, libc::ESRCH, libc::EACCES, libc::ENOEXEC] {
            assert_ne!(shown(&Errno(known)), format!("error {known}"));
        }
        assert_eq!(shown(&Errno(4095)), "error 4095");
    }

    #[test]
    fn an_end_is_shown_with_its_reason() {
        assert_eq!(shown(&WaitStatus::Exited(0)), "exited with code 0");
        assert_eq!(shown(&WaitStatus::Exited(255)), "exited with code 255");
        let killed = |number, core_dumped| WaitStatus::Killed { signal: signal(number), core_dumped };
        assert_eq!(shown(&killed(libc::SIGKILL, false)), "killed by SIGKILL");
        assert_eq!(shown(&killed(libc::SIGSEGV, true)), "killed by SIGSEGV, core dumped");
    }

    #[test]
    fn bytes_from_outside_are_shown_on_one_line_and_without_doubt() {
        assert_eq!(shown(&Escaped(b"")), "''");
        assert_eq!(shown(&Escaped(b"a b'\"~")), "a b'\"~");
        for byte in 0..=255u8 {
            let printed = char::from(byte).to_string();
            let plain = (' '..='~').contains(&char::from(byte)) && byte != b'\\';
            let expected = if plain { printed } else { format!("\\x{byte:02x}") };
            assert_eq!(shown(&Escaped(&[byte])), expected);
        }
    }

    #[test]
    fn long_bytes_are_cut_short() {
        let long = [b'x'; 100_000];
        assert_eq!(shown(&Escaped(&long[..128])), "x".repeat(128));
        assert_eq!(shown(&Escaped(&long[..129])), "x".repeat(128) + "...");
        assert_eq!(shown(&Escaped(&long)), "x".repeat(128) + "...");
        assert_eq!(shown(&Escaped(&[0; 129])), "\\x00".repeat(128) + "...");
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_off_before_the_end_of_its_line() {
        let long = "x".repeat(10_000) + "\n";
        let shown = shown(long.as_str());
        assert_eq!(shown.len(), Text::CAPACITY);
        assert!(shown.ends_with("x\n"));
        const { assert!(Text::CAPACITY <= libc::PIPE_BUF) };
    }
}
