//! Everything that was measured, and where. It is kept as it is, and the page is made of it.

use crate::bytes::{self, Bytes};
use crate::crun::{self, Containers};
use crate::fleet::Fleet;
use crate::forwarding::{self, Forwardings};
use crate::idle::{self, Idle};
use crate::inits::Bench;
use crate::life::Lives;
use crate::machine::Machine;
use crate::memory::{self, Memory};
use crate::progress::Progress;
use crate::reaping::{self, Reapings};
use crate::startup::{self, Work};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// All results. The lists are in the order of `names`: the floor, rinit, and the peers.
#[derive(Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    pub is_quick: bool,
    /// How long the measurement took.
    pub seconds: u64,
    pub names: Vec<String>,
    pub bytes: Vec<Bytes>,
    pub work: Vec<Work>,
    /// Outside a PID namespace, as PID 1, and with cold caches.
    pub lives: [Lives; 3],
    pub containers: Option<Containers>,
    /// How many processes of each init `many` means.
    pub many: usize,
    /// Of one process of each init, and of many; `None` for many of an init that does not sleep.
    pub memory: [Vec<Option<Memory>>; 2],
    /// The kernel's stack of one process, in KiB.
    pub kernel_stack: u64,
    pub idle_seconds: u64,
    /// Of one process of each init, and of many; `None` for many of an init that does not sleep.
    pub idle: [Vec<Option<Idle>>; 2],
    pub forwarding: Forwardings,
    pub reaping: Reapings,
}

impl Results {
    /// The file in which the results are kept.
    pub fn raw_file(&self) -> String {
        format!("benches/results/{}-{}.json", self.machine.date, self.machine.host)
    }
}

/// Measures the seven figures.
pub fn measure(bench: &Bench) -> Results {
    let progress = Progress::new();
    let names: Vec<_> = bench.inits.iter().map(|init| init.name.clone()).collect();

    progress.step(&format!("1 bytes: {}", names.join(", ")));
    let bytes = bytes::measure(bench);

    progress.step("2 start-up, and 7 exit: system calls and instructions");
    let work = startup::work(bench);
    progress.step("2 start-up, and 7 exit: wall time");
    let lives = startup::lives(bench, &progress);
    progress.step("2 start-up: crun");
    let containers = crun::measure(bench, &progress);

    let many = bench.or_quick(1000, 50);
    progress.step(&format!("3 memory: {many} of each"));
    let mut fleet = Fleet::new(bench);
    fleet.grow(bench, &progress, 1);
    let memory_of_one = memory::measure(&fleet, 1);
    let stacks_of_one = memory::kernel_stacks();
    fleet.grow(bench, &progress, many);
    let memory = [memory_of_one, memory::measure(&fleet, many)];
    let sleepers = bench.inits.iter().filter(|init| init.sleeps).count() as u64;
    let processes = 2 * (many as u64 - 1) * sleepers;
    let grown = memory::kernel_stacks().saturating_sub(stacks_of_one);
    let kernel_stack = (grown + processes / 2) / processes;

    let idle_seconds = bench.or_quick(60, 3) as u64;
    progress.step(&format!("4 idle: {idle_seconds} s"));
    let idle = idle::measure(&fleet, many, Duration::from_secs(idle_seconds));
    drop(fleet);

    progress.step("5 forwarding");
    let forwarding = forwarding::measure(bench, &progress);

    progress.step("6 reaping");
    let reaping = reaping::measure(bench, &progress);

    progress.step("done");
    Results {
        machine: Machine::this(),
        is_quick: bench.is_quick,
        seconds: progress.elapsed().as_secs(),
        names,
        bytes,
        work,
        lives,
        containers,
        many,
        memory,
        kernel_stack,
        idle_seconds,
        idle,
        forwarding,
        reaping,
    }
}
