//! Figure 6: the cost of reaping.

use crate::cpus;
use crate::harness::trace::Tracee;
use crate::harness::{Position, proc};
use crate::inits::{Bench, Init, flags};
use crate::memory::Memory;
use crate::process::{Process, now};
use crate::progress::Progress;
use crate::series::Series;
use nix::libc;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgid};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const A_MINUTE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// What was measured of one init.
#[derive(Default, Serialize, Deserialize)]
pub struct Reaping {
    /// Nanoseconds from when `orphans` are killed at once until none is left.
    pub orphans: Series,
    /// The same for an init that may run only when all are zombies, from that moment.
    pub drain: Series,
    /// The same for `few` zombies.
    pub drain_few: Series,
    /// The same for `few` zombies, beside `living` older children that are alive.
    pub among_living: Series,
    /// A number of zombies, and the system calls for them, including the call that the init then sleeps in.
    pub calls: Vec<(usize, usize)>,
    /// The instructions for a hundred zombies.
    pub instructions: u64,
    /// The memory before the first orphan ends, and when all are reaped.
    pub memory: [Memory; 2],
}

#[derive(Serialize, Deserialize)]
pub struct Reapings {
    /// `None` for an init that does not sleep.
    pub inits: Vec<Option<Reaping>>,
    pub orphans: usize,
    pub few: usize,
    pub living: usize,
}

pub fn measure(bench: &Bench, progress: &Progress) -> Reapings {
    let (orphans, few, living) =
        (bench.or_quick(20_000, 1000), bench.or_quick(1000, 100), bench.or_quick(10_000, 1000));
    let mut results: Vec<_> = bench.inits.iter().map(|init| init.sleeps.then(Reaping::default)).collect();
    let mut rounds = |count, measure: &dyn Fn(&Init, &mut Reaping)| {
        for round in 0..count {
            progress.round(round, count);
            for init in bench.turns(round) {
                if let Some(result) = &mut results[init] {
                    cpus::on(cpus::first(), || measure(&bench.inits[init], result));
                }
            }
        }
    };
    rounds(bench.or_quick(5, 2), &|init, result| {
        result.orphans.0.push(Brood::new(bench, init, &[orphans]).kill_time());
    });
    rounds(bench.or_quick(15, 2), &|init, result| {
        let brood = Brood::new(bench, init, &[orphans]);
        let before = Memory::of(&brood.init);
        result.drain.0.push(brood.drain_time());
        result.memory = [before, Memory::of(&brood.init)];
    });
    rounds(bench.or_quick(151, 2), &|init, result| {
        result.drain_few.0.push(Brood::new(bench, init, &[few]).drain_time());
    });
    rounds(bench.or_quick(3, 2), &|init, result| {
        result.among_living.0.push(Brood::new(bench, init, &[living, few]).drain_time());
    });
    rounds(1, &|init, result| {
        for count in [1, 10, 1000] {
            let brood = Brood::new(bench, init, &[count]);
            let tracee = brood.kill_before_the_init_sleeps();
            result.calls.push((count, tracee.calls_until_it_sleeps().len()));
            tracee.interrupt();
            tracee.detach();
        }
        let brood = Brood::new(bench, init, &[100]);
        let tracee = brood.kill_before_the_init_sleeps();
        let mut left = brood.last_group();
        result.instructions = tracee.instructions(|| {
            while left.pop_if(|pid| kill(*pid, None).is_err()).is_some() {}
            left.is_empty()
        });
        tracee.detach();
    });
    Reapings { inits: results, orphans, few, living }
}

/// An init with living orphans, in groups.
struct Brood {
    init: Process,
    groups: Vec<Vec<Pid>>,
}

impl Brood {
    /// Starts an init with a process group of orphans for each of the counts, on one CPU with the init, which
    /// is not the CPU of this process.
    fn new(bench: &Bench, init: &Init, counts: &[usize]) -> Self {
        let words = [bench.probe.clone(), "brood".into()].into_iter();
        let words: Vec<PathBuf> = words.chain(counts.iter().map(|count| count.to_string().into())).collect();
        let words: Vec<_> = words.iter().map(PathBuf::as_path).collect();
        let line = init.line(Position::Pid1, &words);
        let init = cpus::on(cpus::last(), || Process::start(&line, flags(Position::Pid1))).ready();
        let children = proc::children(init.pid);
        let mut orphans = &children[1..]; // in the order in which they became its children
        assert_eq!(orphans.len(), counts.iter().sum::<usize>());
        let mut groups = vec![];
        for count in counts {
            let (group, others) = orphans.split_at(*count);
            groups.push(group.to_vec());
            orphans = others;
        }
        Self { init, groups }
    }

    fn last_group(&self) -> Vec<Pid> {
        self.groups.last().expect("there is one").clone()
    }

    /// Kills the last group; returns how long it took until none was left, in nanoseconds.
    fn kill_time(&self) -> i64 {
        let start = now();
        self.kill();
        self.wait_until_none_is_left() - start
    }

    /// Kills the last group while the init is stopped, and continues the init when all are zombies; returns
    /// how long it then took until none was left, in nanoseconds.
    fn drain_time(&self) -> i64 {
        self.init.stop();
        self.kill();
        self.wait_until_all_are_zombies();
        let start = now();
        self.init.signal(libc::SIGCONT);
        self.wait_until_none_is_left() - start
    }

    /// Kills the last group while the init is traced, at the entry of the system call that it sleeps in.
    fn kill_before_the_init_sleeps(&self) -> Tracee {
        assert!(self.init.sleeps(), "it has nothing to do");
        let tracee = Tracee::seize(self.init.pid);
        tracee.about_to_sleep();
        self.kill();
        self.wait_until_all_are_zombies();
        tracee
    }

    fn kill(&self) {
        let group = getpgid(Some(self.last_group()[0])).expect("it lives");
        killpg(group, Signal::SIGKILL).expect("they live");
    }

    /// Waits by descriptors, pidfd_open(2). If this looked at /proc, the kernel would have to remove the
    /// entries there when it reaps, which would take most of the time that is measured.
    fn wait_until_all_are_zombies(&self) {
        for pid in self.last_group() {
            let pid = rustix::process::Pid::from_raw(pid.as_raw()).expect("not 0");
            let process = pidfd_open(pid, PidfdFlags::empty()).expect("it is not reaped");
            let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&A_MINUTE));
            assert_eq!(ended, Ok(1), "{pid:?} lives");
        }
    }

    /// Checks one process after the other, from the last to be reaped; returns the time at which none was left.
    fn wait_until_none_is_left(&self) -> i64 {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut end = now();
        for pid in self.last_group().iter().rev() {
            while kill(*pid, None).is_ok() {
                assert!(Instant::now() < deadline, "{pid} is not reaped");
                // To ask without a pause would slow the init down, on a core that the two share.
                std::thread::sleep(Duration::from_micros(50));
                end = now();
            }
        }
        end
    }
}
