//! Shows what is being measured.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

pub struct Progress {
    start: Instant,
    printed: Cell<Instant>,
}

impl Progress {
    pub fn new() -> Self {
        Self { start: Instant::now(), printed: Cell::new(Instant::now()) }
    }

    /// Prints what is measured next.
    pub fn step(&self, what: &str) {
        let seconds = self.elapsed().as_secs();
        eprintln!("{:2}:{:02}  {what}", seconds / 60, seconds % 60);
    }

    /// Prints the number of the round from time to time, if stderr is a terminal.
    pub fn round(&self, done: usize, all: usize) {
        if stderr().is_terminal() && self.printed.get().elapsed() > Duration::from_millis(200) {
            self.printed.set(Instant::now());
            eprint!("       {done} of {all}\r");
            let _ = stderr().flush();
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
