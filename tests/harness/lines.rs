//! What a program prints, line by line.

use super::wait::deadline;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Lines of output as they come.
#[derive(Debug)]
pub struct Lines {
    receiver: Receiver<Vec<u8>>,
    seen: Vec<String>,
}

impl Lines {
    /// Reads them from a stream, up to its end.
    pub fn read(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            // A terminal whose other end has closed gives EIO; that is its end.
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { receiver, seen: vec![] }
    }

    fn keep(&mut self, line: &[u8]) -> String {
        let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        self.seen.push(line.clone());
        line
    }

    /// The next line, or `None` at the end.
    pub fn next_or_end(&mut self) -> Option<String> {
        match self.receiver.recv_timeout(deadline()) {
            Ok(line) => Some(self.keep(&line)),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line came; seen: {:#?}", self.seen),
        }
    }

    /// The next line, if one comes in this time.
    pub fn next_within(&mut self, time: Duration) -> Option<String> {
        let line = self.receiver.recv_timeout(time).ok()?;
        Some(self.keep(&line))
    }

    /// The next line.
    pub fn next(&mut self) -> String {
        self.next_or_end().unwrap_or_else(|| panic!("the output ended; seen: {:#?}", self.seen))
    }

    /// Reads until this very line.
    pub fn expect(&mut self, line: &str) {
        while self.next() != line {}
    }

    /// Reads until a line with this in it, and returns that line.
    pub fn expect_part(&mut self, part: &str) -> String {
        loop {
            let line = self.next();
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The lines up to the end.
    pub fn rest(&mut self) -> String {
        std::iter::from_fn(|| self.next_or_end()).map(|line| line + "\n").collect()
    }
}
