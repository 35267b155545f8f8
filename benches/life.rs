//! A life of an init, from its exec to its end, with a child that tells the time and exits at once.
//!
//! Each round is one life of the child alone and one under each init, so that what the machine does
//! meanwhile falls on all of them alike.

use crate::harness::Place;
use crate::inits::{Bench, flags};
use crate::process::{Line, Process, now};
use crate::progress::Progress;
use crate::series::Series;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// Of one program, round by round.
#[derive(Default, Serialize, Deserialize)]
pub struct Life {
    /// Nanoseconds from before its start to the first instruction of the child.
    pub start: Series,
    /// Nanoseconds from there, which is where the child exits, to the end of the init.
    pub exit: Series,
    /// Page faults of both.
    pub faults: Series,
}

#[derive(Serialize, Deserialize)]
pub struct Lives {
    pub alone: Life,
    pub inits: Vec<Life>,
}

/// What comes on top of the child alone.
impl Lives {
    pub fn start(&self, init: usize) -> Series {
        self.inits[init].start.minus(&self.alone.start)
    }

    pub fn exit(&self, init: usize) -> Series {
        self.inits[init].exit.minus(&self.alone.exit)
    }

    pub fn faults(&self, init: usize) -> Series {
        self.inits[init].faults.minus(&self.alone.faults)
    }
}

pub fn measure(bench: &Bench, progress: &Progress, place: Place, rounds: usize) -> Lives {
    let lines: Vec<_> = bench.inits.iter().map(|init| init.line(place, &[&bench.clock])).collect();
    let mut lives = Lives { alone: Life::default(), inits: lines.iter().map(|_| Life::default()).collect() };
    let alone = Line::new([&bench.clock]);
    on_one_cpu(|| {
        for round in 0..rounds {
            progress.round(round, rounds);
            live(&alone, place, &mut lives.alone);
            for init in bench.turns(round) {
                live(&lines[init], place, &mut lives.inits[init]);
            }
        }
    });
    lives
}

fn live(line: &Line, place: Place, life: &mut Life) {
    let before = now();
    let mut process = Process::start(line, flags(place));
    let end = process.end();
    let after = now();
    assert_eq!(end.code, 0);
    let [seconds, nanoseconds] = process.numbers();
    let first = seconds * 1_000_000_000 + nanoseconds;
    life.start.0.push(first - before);
    life.exit.0.push(after - first);
    life.faults.0.push(end.faults);
}

/// Does it on the first CPU there is, as what it starts does.
pub fn on_one_cpu(work: impl FnOnce()) {
    let all = sched_getaffinity(Pid::from_raw(0)).expect("it can be read");
    sched_setaffinity(Pid::from_raw(0), &first_cpu()).expect("it is among those allowed");
    work();
    sched_setaffinity(Pid::from_raw(0), &all).expect("they are allowed");
}

/// The first of the CPUs that may be used.
pub fn first_cpu() -> CpuSet {
    let all = sched_getaffinity(Pid::from_raw(0)).expect("it can be read");
    let first = (0..CpuSet::count()).find(|cpu| all.is_set(*cpu) == Ok(true)).expect("it runs on one");
    let mut cpus = CpuSet::new();
    cpus.set(first).expect("there is such a CPU");
    cpus
}
