//! Messages on stderr: `rinit: verb object: reason`, each one write(2).
#![forbid(unsafe_code)]

use crate::signal_name;
use crate::sys::errno::Errno;
use crate::sys::file;
use crate::sys::process::{Pid, WaitStatus};
use crate::sys::signal::Signal;

/// A message in the making. What does not fit is cut off.
pub struct Message {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Message {
    /// Below `PIPE_BUF`, so that messages of several processes in one pipe do not mix, pipe(7).
    const CAPACITY: usize = 1024;

    /// An empty message.
    pub fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    /// Writes it to stderr in one piece, if stderr takes it now: a closed stderr, a pipe that is
    /// full or has no reader, must not stop an init.
    pub fn send(&mut self) {
        self.push(b'\n');
        if let Some(bytes) = self.bytes.get(..self.length)
            && file::is_writable(file::STDERR)
        {
            // There is nowhere left to say that this failed.
            let _ = file::write(file::STDERR, bytes);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

/// What can stand in a message.
pub trait Show {
    /// Appends it.
    fn show(&self, message: &mut Message);
}

impl Show for [u8] {
    fn show(&self, message: &mut Message) {
        for byte in self {
            message.push(*byte);
        }
    }
}

impl Show for str {
    fn show(&self, message: &mut Message) {
        self.as_bytes().show(message);
    }
}

impl Show for u32 {
    fn show(&self, message: &mut Message) {
        if *self >= 10 {
            (self / 10).show(message);
        }
        message.push(b'0' + (self % 10) as u8);
    }
}

impl Show for Pid {
    fn show(&self, message: &mut Message) {
        self.0.unsigned_abs().show(message);
    }
}

impl Show for Signal {
    fn show(&self, message: &mut Message) {
        let number = self.number();
        if let Some(name) = signal_name::name(*self) {
            "SIG".show(message);
            name.show(message);
        } else if let Some(offset) = number.checked_sub(signal_name::RTMIN) {
            "SIGRTMIN+".show(message);
            u32::from(offset).show(message);
        } else {
            "signal ".show(message);
            u32::from(number).show(message);
        }
    }
}

impl Show for Errno {
    fn show(&self, message: &mut Message) {
        match self.reason() {
            Some(reason) => reason.show(message),
            None => {
                "error ".show(message);
                self.0.unsigned_abs().show(message);
            }
        }
    }
}

impl Show for WaitStatus {
    fn show(&self, message: &mut Message) {
        match self {
            Self::Exited(code) => {
                "exited with code ".show(message);
                u32::from(*code).show(message);
            }
            Self::Killed { signal, core_dumped } => {
                "killed by ".show(message);
                signal.show(message);
                if *core_dumped {
                    ", core dumped".show(message);
                }
            }
            Self::Stopped(signal) => {
                "stopped by ".show(message);
                signal.show(message);
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
    fn show(&self, message: &mut Message) {
        if self.0.is_empty() {
            "''".show(message);
        }
        for byte in self.0.iter().take(Self::SHOWN) {
            match byte {
                b' '..=b'~' if *byte != b'\\' => message.push(*byte),
                _ => {
                    "\\x".show(message);
                    for digit in [byte >> 4, byte & 15] {
                        message.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
                    }
                }
            }
        }
        if self.0.len() > Self::SHOWN {
            "...".show(message);
        }
    }
}

/// Sends a message made of the given parts: `say!("reap ", pid)`.
macro_rules! say {
    ($($part:expr),* $(,)?) => {{
        let mut message = $crate::message::Message::new();
        $crate::message::Show::show("rinit: ", &mut message);
        $($crate::message::Show::show($part, &mut message);)*
        message.send();
    }};
}

/// Sends a message if the verbosity lets its level through: `report!(verbosity, Debug, "reap ", pid)`.
macro_rules! report {
    ($verbosity:expr, $level:ident, $($part:expr),* $(,)?) => {
        if log::Level::$level <= $verbosity {
            $crate::message::say!($($part),*);
        }
    };
}

pub(crate) use {report, say};
