//! One life of an init, from its exec to its end, with a child that writes the time and exits at once.
//!
//! Each round has one life of the child alone and one under each init, so that whatever else the machine does
//! affects all of them alike. What ran right before a life affects it by what is left in the caches and in
//! the kernel. So before each life that counts there is another life of the same init, which does not count.

use crate::cpus;
use crate::harness::Position;
use crate::inits::{Bench, flags, turns};
use crate::process::{Line, Process, now};
use crate::progress::Progress;
use crate::series::Series;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// What was measured of one program, round by round.
#[derive(Default, Serialize, Deserialize)]
pub struct Life {
    /// Nanoseconds from before the program's start to the child's first instruction.
    pub start: Series,
    /// Nanoseconds from there, where the child exits, to the end of the program.
    pub exit: Series,
    /// Page faults of the program and the child.
    pub faults: Series,
}

#[derive(Serialize, Deserialize)]
pub struct Lives {
    pub alone: Life,
    /// Under the floor that makes rinit's system calls.
    pub rinits_calls: Life,
    pub inits: Vec<Life>,
}

/// What an init adds to the child alone.
impl Lives {
    pub fn start(&self, init: usize) -> Series {
        self.inits[init].start.minus(&self.alone.start)
    }

    pub fn start_with_rinits_calls(&self) -> Series {
        self.rinits_calls.start.minus(&self.alone.start)
    }

    pub fn exit(&self, init: usize) -> Series {
        self.inits[init].exit.minus(&self.alone.exit)
    }

    pub fn faults(&self, init: usize) -> Series {
        self.inits[init].faults.minus(&self.alone.faults)
    }
}

/// What the caches hold when a life begins.
#[derive(Clone, Copy)]
pub enum Caches {
    /// What the same life has left there.
    Warm,
    /// Other data: `SWEPT` bytes have been written to since.
    Cold,
}

const SWEPT: usize = 8 << 20;
const CACHE_LINE: usize = 64;

pub fn measure(
    bench: &Bench,
    progress: &Progress,
    position: Position,
    caches: Caches,
    rounds: usize,
) -> Lives {
    let inits = bench.inits.iter().chain([&bench.floor_with_rinits_calls]);
    let mut lines: Vec<_> = inits.map(|init| init.line(position, &[&bench.clock])).collect();
    lines.push(Line::new([&bench.clock]));
    let mut all: Vec<_> = lines.iter().map(|_| Life::default()).collect();
    let mut other_things = vec![0u8; SWEPT];
    let mut measure = |line: &Line, life: &mut Life| {
        run(line, position, &mut Life::default());
        if let Caches::Cold = caches {
            other_things.iter_mut().step_by(CACHE_LINE).for_each(|byte| *byte = black_box(1));
        }
        run(line, position, life);
    };
    cpus::on(cpus::first(), || {
        for round in 0..rounds {
            progress.round(round, rounds);
            for turn in turns(lines.len(), round) {
                measure(&lines[turn], &mut all[turn]);
            }
        }
    });
    let mut last = || all.pop().expect("there are two more than inits");
    Lives { alone: last(), rinits_calls: last(), inits: all }
}

/// Runs a program to its end, and adds what was measured to its `life`.
fn run(line: &Line, position: Position, life: &mut Life) {
    let before = now();
    let mut process = Process::start(line, flags(position));
    let end = process.end();
    let after = now();
    assert_eq!(end.code, 0);
    let [seconds, nanoseconds] = process.numbers();
    let first = seconds * 1_000_000_000 + nanoseconds;
    life.start.0.push(first - before);
    life.exit.0.push(after - first);
    life.faults.0.push(end.faults);
}
