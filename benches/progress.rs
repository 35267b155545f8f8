//! Says what is being measured, so that nobody wonders.

use std::cell::Cell;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

pub struct Progress {
    start: Instant,
    said: Cell<Instant>,
}

impl Progress {
    pub fn new() -> Self {
        Self { start: Instant::now(), said: Cell::new(Instant::now()) }
    }

    /// What comes next.
    pub fn step(&self, what: &str) {
        let seconds = self.elapsed().as_secs();
        eprintln!("{:2}:{:02}  {what}", seconds / 60, seconds % 60);
    }

    /// How far it is, now and then, on a terminal.
    pub fn round(&self, done: usize, all: usize) {
        if stderr().is_terminal() && self.said.get().elapsed() > Duration::from_millis(200) {
            self.said.set(Instant::now());
            eprint!("       {done} of {all}\r");
            let _ = stderr().flush();
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
