//! Figure 5: from a kill(2) of the init to the signal's arrival in the child.

use crate::harness::{Place, proc};
use crate::inits::{Bench, FLOOR, flags};
use crate::life::{first_cpu, on_one_cpu};
use crate::process::{Process, now};
use crate::progress::Progress;
use crate::series::Series;
use nix::libc;
use nix::sched::sched_setaffinity;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Of one init, in nanoseconds from kill to arrival.
#[derive(Default, Serialize, Deserialize)]
pub struct Forwarding {
    /// Nothing else runs.
    pub idle: Series,
    /// As many threads as there are CPUs run for ever.
    pub busy: Series,
    /// Nothing else runs, and sender, init and child share a CPU.
    pub one_cpu: Series,
    /// As many real-time signals as `queue` says, from the first kill to the last arrival.
    pub queued: Series,
    /// How many of them did not arrive.
    pub lost: Series,
}

#[derive(Serialize, Deserialize)]
pub struct Forwardings {
    pub inits: Vec<Forwarding>,
    /// How many signals are sent at once.
    pub queue: usize,
}

pub fn measure(bench: &Bench, progress: &Progress) -> Forwardings {
    let mut inits = bench.inits.clone();
    inits[FLOOR] = bench.forwarding_floor.clone();
    let command = [&bench.probe, Path::new("stamp")];
    let start = |place: Place| -> Vec<_> {
        inits.iter().map(|init| Process::start(&init.line(place, &command), flags(place)).ready()).collect()
    };
    let mut running = start(Place::Pid1);
    let mut results: Vec<_> = inits.iter().map(|_| Forwarding::default()).collect();
    let mut rounds = |running: &mut [Process], count, series: fn(&mut Forwarding) -> &mut Series| {
        for round in 0..count {
            progress.round(round, count);
            for init in bench.turns(round) {
                series(&mut results[init]).0.push(arrival(&mut running[init]));
            }
        }
    };
    rounds(&mut running, bench.or_quick(5000, 100), |result| &mut result.idle);
    while_busy(|| rounds(&mut running, bench.or_quick(3000, 20), |result| &mut result.busy));
    on_one_cpu(|| {
        for running in &running {
            for pid in [vec![running.pid], proc::children(running.pid)].concat() {
                sched_setaffinity(pid, &first_cpu()).expect("it runs");
            }
        }
        rounds(&mut running, bench.or_quick(5000, 100), |result| &mut result.one_cpu);
    });

    let queue = 10_000;
    let mut running = start(Place::Pid1);
    for round in 0..bench.or_quick(30, 2) {
        for init in bench.turns(round) {
            let (time, lost) = queued(&mut running[init], queue);
            results[init].queued.0.push(time);
            results[init].lost.0.push(lost);
        }
    }
    Forwardings { inits: results, queue }
}

/// Sends one signal; answers how long it took to arrive.
fn arrival(running: &mut Process) -> i64 {
    let sent = now();
    running.signal(libc::SIGUSR1);
    let [arrived, _] = running.numbers();
    arrived - sent
}

/// Sends many; answers how long the last took to arrive, and how many did not.
fn queued(running: &mut Process, count: usize) -> (i64, i64) {
    let sent = now();
    (0..count).for_each(|_| running.signal(libc::SIGRTMIN()));
    running.signal(libc::SIGRTMIN() + 1); // a higher number comes later, signal(7)
    let [arrived, received] = running.numbers();
    (arrived - sent, count as i64 - received)
}

/// Does it while every CPU has something else to do as well.
fn while_busy(work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cpus {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        work();
        is_over.store(true, Ordering::Relaxed);
    });
}
