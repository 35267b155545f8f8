//! Figure 5: from a kill(2) of the init to the signal's arrival in the child.

use crate::cpus;
use crate::harness::Position;
use crate::inits::{Bench, FLOOR, Init, flags};
use crate::process::{Process, now};
use crate::progress::Progress;
use crate::series::Series;
use nix::libc;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of real-time signals that are sent at once.
const QUEUE: usize = 10_000;

/// One init's nanoseconds from kill to arrival.
#[derive(Default, Serialize, Deserialize)]
pub struct Forwarding {
    /// Nothing else runs; the sender has a CPU of its own.
    pub idle: Series,
    /// The same, while as many busy threads run as there are CPUs.
    pub busy: Series,
    /// Nothing else runs, and sender, init and child share a CPU.
    pub one_cpu: Series,
    /// The time of `Forwardings::queue` real-time signals, from the first kill to the last arrival.
    pub queued: Series,
    /// How many of those did not arrive.
    pub lost: Series,
}

#[derive(Serialize, Deserialize)]
pub struct Forwardings {
    /// `None` for an init that does not forward every signal, or does not sleep.
    pub inits: Vec<Option<Forwarding>>,
    /// How many signals are sent at once.
    pub queue: usize,
}

pub fn measure(bench: &Bench, progress: &Progress) -> Forwardings {
    let mut inits = bench.inits.clone();
    inits[FLOOR] = bench.forwarding_floor.clone();
    let command = [&bench.probe, Path::new("stamp")];
    let start = || -> Vec<Option<Process>> {
        let start = |init: &Init| {
            let line = init.line(Position::Pid1, &command);
            (init.forwards && init.sleeps).then(|| Process::start(&line, flags(Position::Pid1)).ready())
        };
        cpus::on(cpus::last(), || inits.iter().map(start).collect())
    };
    let mut running = start();
    let mut results: Vec<_> =
        running.iter().map(|init| init.as_ref().map(|_| Forwarding::default())).collect();
    let mut rounds = |running: &mut [Option<Process>], count, measure: fn(&mut Process, &mut Forwarding)| {
        for round in 0..count {
            progress.round(round, count);
            for init in bench.turns(round) {
                if let (Some(running), Some(result)) = (&mut running[init], &mut results[init]) {
                    measure(running, result);
                }
            }
        }
    };
    let idle = |running: &mut Process, result: &mut Forwarding| result.idle.0.push(arrival(running));
    let busy = |running: &mut Process, result: &mut Forwarding| result.busy.0.push(arrival(running));
    let one_cpu = |running: &mut Process, result: &mut Forwarding| result.one_cpu.0.push(arrival(running));
    cpus::on(cpus::first(), || rounds(&mut running, bench.or_quick(5000, 100), idle));
    while_busy(|| cpus::on(cpus::first(), || rounds(&mut running, bench.or_quick(3000, 20), busy)));
    cpus::on(cpus::last(), || rounds(&mut running, bench.or_quick(5000, 100), one_cpu));
    let queue = |running: &mut Process, result: &mut Forwarding| {
        let (time, lost) = queued(running);
        result.queued.0.push(time);
        result.lost.0.push(lost);
    };
    cpus::on(cpus::first(), || rounds(&mut start(), bench.or_quick(30, 2), queue));
    Forwardings { inits: results, queue: QUEUE }
}

/// Sends one signal; returns how long it took to arrive.
fn arrival(running: &mut Process) -> i64 {
    let sent = now();
    running.signal(libc::SIGUSR1);
    let [arrived, _] = running.numbers();
    arrived - sent
}

/// Sends many signals; returns how long the last took to arrive, and how many did not.
fn queued(running: &mut Process) -> (i64, i64) {
    let sent = now();
    (0..QUEUE).for_each(|_| running.signal(libc::SIGRTMIN()));
    running.signal(libc::SIGRTMIN() + 1); // a higher number comes later, signal(7)
    let [arrived, received] = running.numbers();
    (arrived - sent, QUEUE as i64 - received)
}

/// Does `work` while every CPU is busy with something else too.
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
