//! Figure 2: the cost of an init until its child executes its first instruction.

use crate::cpus;
use crate::harness::trace::{self, Tracee};
use crate::harness::{Launch, Position, Running};
use crate::inits::{Bench, Init};
use crate::life::{self, Caches, Lives};
use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// The work of an init as PID 1 up to the child's exec, which does not depend on the machine's speed.
#[derive(Serialize, Deserialize)]
pub struct Work {
    pub instructions: u64,
    pub calls: u64,
}

/// Measures wall time and page faults: outside a PID namespace, as PID 1 of a new one, and with cold caches.
pub fn lives(bench: &Bench, progress: &Progress) -> [Lives; 3] {
    let (many, few) = (bench.or_quick(5000, 200), bench.or_quick(1000, 50));
    [
        (Position::Outside, Caches::Warm, many),
        (Position::Pid1, Caches::Warm, few),
        (Position::Outside, Caches::Cold, few),
    ]
    .map(|(position, caches, rounds)| life::measure(bench, progress, position, caches, rounds))
}

/// Counts the work on one CPU, so that a step between tracer and traced process wakes no other CPU.
pub fn work(bench: &Bench) -> Vec<Work> {
    cpus::on(cpus::first(), || bench.inits.iter().map(|init| of(bench, init)).collect())
}

fn of(bench: &Bench, init: &Init) -> Work {
    let (_running, tracee) = traced(bench, init);
    let instructions = tracee.instructions_before_the_childs_exec();
    tracee.detach();
    let (_running, tracee) = traced(bench, init);
    let calls = tracee.calls_before_the_childs_exec().len() as u64;
    tracee.detach();
    Work { instructions, calls }
}

fn traced(bench: &Bench, init: &Init) -> (Running, Tracee) {
    let mut words = init.words(Position::Pid1, &[&bench.clock]).into_iter();
    let launch = Launch::program(Position::Pid1, words.next().expect("a path")).args(words);
    trace::start(launch.no_environment().env("PATH", "/usr/bin:/bin"), |running| running.pid)
}
