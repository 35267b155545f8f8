//! Figure 2: what an init costs until its child executes its first instruction.

use crate::harness::{Launch, Place, trace};
use crate::inits::{Bench, Init};
use crate::life::{self, Lives};
use crate::progress::Progress;
use serde::{Deserialize, Serialize};

/// The work that does not depend on how fast the machine is, as PID 1, up to the child's exec.
#[derive(Serialize, Deserialize)]
pub struct Work {
    pub instructions: u64,
    pub calls: u64,
}

/// Wall time and page faults, as any process and as PID 1 of a fresh PID namespace.
pub fn lives(bench: &Bench, progress: &Progress) -> [Lives; 2] {
    [(Place::Outside, bench.or_quick(5000, 200)), (Place::Pid1, bench.or_quick(1000, 50))]
        .map(|(place, rounds)| life::measure(bench, progress, place, rounds))
}

pub fn work(bench: &Bench) -> Vec<Work> {
    bench.inits.iter().map(|init| of(bench, init)).collect()
}

fn of(bench: &Bench, init: &Init) -> Work {
    let traced = || {
        let mut words = init.words(Place::Pid1, &[&bench.clock]).into_iter();
        let launch = Launch::program(Place::Pid1, words.next().expect("a path")).args(words);
        trace::start(launch.no_environment().env("PATH", "/usr/bin:/bin"), |running| running.pid)
    };
    let (_running, tracee) = traced();
    let calls = tracee.calls_before_the_childs_exec().len() as u64;
    tracee.detach();
    let (_running, tracee) = traced();
    let instructions = tracee.instructions_before_the_childs_exec();
    tracee.detach();
    Work { instructions, calls }
}
