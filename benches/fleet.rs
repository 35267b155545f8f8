//! Idle inits, each with an idle child: first one of each init, then many.

use crate::harness::Position;
use crate::inits::{Bench, flags};
use crate::process::Process;
use crate::progress::Progress;

/// The running processes of each init.
pub struct Fleet(pub Vec<Vec<Process>>);

impl Fleet {
    pub fn new(bench: &Bench) -> Self {
        Self(bench.inits.iter().map(|_| vec![]).collect())
    }

    /// Starts processes as PID 1 until each init has `count`, or one if the init does not sleep.
    pub fn grow(&mut self, bench: &Bench, progress: &Progress, count: usize) {
        let lines: Vec<_> =
            bench.inits.iter().map(|init| init.line(Position::Pid1, &[&bench.sleeper])).collect();
        for number in self.0[0].len()..count {
            progress.round(number, count);
            for ((init, line), fleet) in bench.inits.iter().zip(&lines).zip(&mut self.0) {
                if init.sleeps || fleet.is_empty() {
                    fleet.push(Process::start(line, flags(Position::Pid1)).ready().without_stdout());
                }
            }
        }
    }
}
