//! Text in the making: messages, names of files and variables.

use super::words;
use crate::sys::bytes;
use crate::sys::types::{Errno, Pid, Signal, WaitStatus};
use core::ffi::CStr;

/// How many pieces a template has places for.
pub const fn places(template: &str) -> usize {
    let (mut count, mut rest) = (0, template.as_bytes());
    while let [byte, after @ ..] = rest {
        if *byte == b'{' {
            count += 1;
        }
        rest = after;
    }
    count
}

/// Asserts at compile time that a template has as many places as there are pieces for them.
macro_rules! assert_places {
    ($template:expr $(, $piece:expr)*) => {
        const {
            let pieces: &[&str] = &[$(stringify!($piece)),*];
            assert!($crate::message::text::places($template) == pieces.len());
        }
    };
}

/// Appends to a text: `append!(text, "killed by {}", signal)`.
macro_rules! append {
    ($text:expr, $template:expr $(, $piece:expr)* $(,)?) => {{
        $crate::message::text::assert_places!($template $(, $piece)*);
        $text.append($template.as_bytes(), &[$($crate::message::text::Piece::from($piece)),*])
    }};
}

pub(crate) use {append, assert_places};

/// Text in a buffer of a fixed size. What does not fit is cut off.
pub struct Text {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

/// What can take the place of `{}` in a template.
#[derive(Clone, Copy)]
pub enum Piece<'a> {
    /// Bytes as they are: rinit's own words, and parts of a path.
    Raw(&'a [u8]),
    /// Bytes from outside: what is not printable ASCII is shown as `\xNN`, and long ones are cut short.
    Bytes(&'a [u8]),
    /// A number, in decimal.
    Number(u32),
    /// A signal, by its name if it has one.
    Signal(Signal),
    /// An error, in words if it is one of the common ones.
    Errno(Errno),
    /// How a process ended.
    End(WaitStatus),
}

impl Text {
    /// Below `PIPE_BUF`, so that messages of several processes in one pipe do not mix, pipe(7).
    const CAPACITY: usize = 1024;
    /// How many bytes from outside are shown.
    const SHOWN: usize = 128;

    /// No text.
    pub fn empty() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length.min(Self::CAPACITY)).unwrap_or_default()
    }

    /// The C string that it is, up to its first NUL, if it has one.
    pub fn c_string(&self) -> Option<&CStr> {
        bytes::c_string(self.bytes())
    }

    /// Appends a template with pieces in the places of its `{}`, in their order. `append!` is
    /// the same, with their number checked at compile time.
    pub fn append(&mut self, template: &[u8], pieces: &[Piece<'_>]) {
        let mut pieces = pieces.iter();
        for byte in template {
            match byte {
                b'{' => {
                    if let Some(piece) = pieces.next() {
                        self.append_piece(*piece);
                    }
                }
                b'}' => {}
                _ => self.push(*byte),
            }
        }
    }

    #[inline(never)] // 136 bytes less: its variables are not among those of its caller then
    fn append_piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Raw(bytes) => self.append_bytes(bytes),
            Piece::Bytes(bytes) => self.append_escaped(bytes),
            Piece::Number(number) => self.append_number(number),
            Piece::Signal(signal) => self.append_signal(signal),
            Piece::Errno(error) => match words::error_reason(error) {
                Some(reason) => self.append_bytes(reason),
                None => append!(self, "error {}", error.0 as u32),
            },
            Piece::End(WaitStatus::Exited(code)) => append!(self, "exited with code {}", code),
            Piece::End(WaitStatus::Killed { signal, core_dumped }) => {
                append!(self, "killed by {}", signal);
                if core_dumped {
                    self.append_bytes(b", core dumped");
                }
            }
        }
    }

    fn append_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.push(*byte);
        }
    }

    fn append_escaped(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.append_bytes(b"''");
        }
        for byte in bytes.iter().take(Self::SHOWN) {
            match byte {
                b' '..=b'~' if *byte != b'\\' => self.push(*byte),
                _ => {
                    self.append_bytes(b"\\x");
                    self.push_digit(byte >> 4);
                    self.push_digit(byte & 15);
                }
            }
        }
        if bytes.len() > Self::SHOWN {
            self.append_bytes(b"...");
        }
    }

    fn append_number(&mut self, number: u32) {
        if number >= 10 {
            self.append_number(number / 10);
        }
        self.push_digit((number % 10) as u8);
    }

    /// Appends a digit, also a hexadecimal one.
    fn push_digit(&mut self, digit: u8) {
        self.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }

    fn append_signal(&mut self, signal: Signal) {
        let number = signal.number();
        if let Some(name) = words::signal_name(signal) {
            append!(self, "SIG{}", Piece::Raw(name));
        } else if let Some(offset) = number.checked_sub(words::RTMIN) {
            append!(self, "SIGRTMIN+{}", offset);
        } else {
            append!(self, "signal {}", number);
        }
    }

    /// Appends a byte.
    #[inline(never)] // 72 bytes less: it is called in many places
    pub fn push(&mut self, byte: u8) {
        if self.length == Self::CAPACITY - 1 && byte != b'\n' {
            return; // the last place is for the end of the line
        }
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

impl<'a> From<&'a str> for Piece<'a> {
    fn from(words: &'a str) -> Self {
        Self::Raw(words.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Piece<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a CStr> for Piece<'a> {
    fn from(string: &'a CStr) -> Self {
        Self::Bytes(string.to_bytes())
    }
}

impl From<u8> for Piece<'_> {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Piece<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<Pid> for Piece<'_> {
    fn from(pid: Pid) -> Self {
        Self::Number(pid.number() as u32)
    }
}

impl From<Signal> for Piece<'_> {
    fn from(signal: Signal) -> Self {
        Self::Signal(signal)
    }
}

impl From<Errno> for Piece<'_> {
    fn from(error: Errno) -> Self {
        Self::Errno(error)
    }
}

impl From<WaitStatus> for Piece<'_> {
    fn from(status: WaitStatus) -> Self {
        Self::End(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};

    fn shown<'a>(part: impl Into<Piece<'a>>) -> String {
        let mut text = Text::empty();
        text.append(b"{}", &[part.into()]);
        String::from_utf8(text.bytes().to_vec()).unwrap()
    }

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 1, 9, 10, 99, 100, 101, 65_535, 4_194_304, u32::MAX] {
            assert_eq!(shown(number), number.to_string());
        }
        assert_eq!(shown(Pid::new(4711).unwrap()), "4711");
    }

    #[test]
    fn signals_are_shown_by_name() {
        assert_eq!(shown(signal(libc::SIGHUP)), "SIGHUP");
        assert_eq!(shown(signal(libc::SIGTERM)), "SIGTERM");
        assert_eq!(shown(signal(libc::SIGSYS)), "SIGSYS");
        assert_eq!(shown(signal(libc::SIGRTMIN() + 3)), "SIGRTMIN+3");
        assert_eq!(shown(signal(libc::SIGRTMAX())), "SIGRTMIN+30");
        // The C library keeps these to itself and has no name for them.
        for number in libc::SIGSYS + 1..libc::SIGRTMIN() {
            assert_eq!(shown(signal(number)), format!("signal {number}"));
        }
    }

    #[test]
    fn every_signal_is_read_again_as_it_is_shown() {
        for number in 1..=libc::SIGRTMAX() {
            let text = shown(signal(number));
            let name = text.strip_prefix("signal ").unwrap_or(&text);
            assert_eq!(words::parse_signal(name.as_bytes()), Some(signal(number)), "{text}");
        }
    }

    /// strerror(3), but for the case of the first letter.
    #[test]
    fn errors_are_shown_in_the_words_of_the_c_library() {
        for number in 1..=133 {
            let text = shown(Errno(number));
            let by_libc = std::io::Error::from_raw_os_error(number).to_string();
            let by_libc = by_libc.rsplit_once(" (os error").unwrap().0;
            if text != format!("error {number}") {
                assert_eq!(text.to_lowercase(), by_libc.to_lowercase(), "{number}");
            }
        }
        for known in [libc::EPERM, libc::ENOENT, libc::ESRCH, libc::EACCES, libc::ENOEXEC] {
            assert_ne!(shown(Errno(known)), format!("error {known}"));
        }
        assert_eq!(shown(Errno(4095)), "error 4095");
    }

    #[test]
    fn an_end_is_shown_with_its_reason() {
        assert_eq!(shown(WaitStatus::Exited(0)), "exited with code 0");
        assert_eq!(shown(WaitStatus::Exited(255)), "exited with code 255");
        let killed = |number, core_dumped| WaitStatus::Killed { signal: signal(number), core_dumped };
        assert_eq!(shown(killed(libc::SIGKILL, false)), "killed by SIGKILL");
        assert_eq!(shown(killed(libc::SIGSEGV, true)), "killed by SIGSEGV, core dumped");
    }

    #[test]
    fn bytes_from_outside_are_shown_on_one_line_and_without_doubt() {
        assert_eq!(shown(&b""[..]), "''");
        assert_eq!(shown(&b"a b'\"~"[..]), "a b'\"~");
        for byte in 0..=255u8 {
            let printed = char::from(byte).to_string();
            let plain = (' '..='~').contains(&char::from(byte)) && byte != b'\\';
            let expected = if plain { printed } else { format!("\\x{byte:02x}") };
            assert_eq!(shown(&[byte][..]), expected);
        }
    }

    #[test]
    fn long_bytes_are_cut_short() {
        let long = [b'x'; 100_000];
        assert_eq!(shown(&long[..128]), "x".repeat(128));
        assert_eq!(shown(&long[..129]), "x".repeat(128) + "...");
        assert_eq!(shown(&long[..]), "x".repeat(128) + "...");
        assert_eq!(shown(&[0u8; 129][..]), "\\x00".repeat(128) + "...");
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
