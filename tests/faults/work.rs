//! The choice of cases, the workers that run them, and the figures.

use super::controls;
use super::harness;
use super::judge::{judge, judge_without};
use super::modes::{self, Mode};
use super::plan::{Case, Fault, faults};
use super::run::{Outcome, run};
use super::world::Folder;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::unistd::{ForkResult, fork, getegid, geteuid, pipe};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How many cases `cargo test` runs.
const FEW: usize = 300;

/// What has failed once, and is tried in every run. Who renames a mode or a call renames it here.
const MENDED: [&str; 19] = [
    "ends pid1: EPERM to every exit_group after the spawn",
    "no such file pid1: EIO to every exit_group before the spawn",
    "plain job: ECHILD to every wait4 after the spawn",
    "plain pid1: EINTR to #2 wait4 after the spawn",
    "not found pid1: EINTR to every wait4 after the spawn",
    "plain pid1: EINTR to every rt_sigtimedwait after the spawn",
    "-e pid1: EAGAIN to every rt_sigtimedwait after the spawn",
    "ignored SIGCHLD job: EPERM to first rt_sigaction before the spawn",
    "--pause pid1: ENOSYS to every rt_sigtimedwait before the spawn",
    "tini pid1: EPERM to every wait4 and waitid",
    "plain pid1: EPERM to every wait4 and waitid and rt_sigtimedwait",
    "--grace stubborn job: ENOMEM to #1 mmap after the spawn",
    "--install without stdin pid1: ENOSYS to every fcntl before the spawn",
    "plain pid1: EPERM to every exit_group and exit",
    "--grace stubborn pid1: EPERM to every clock_gettime after the spawn",
    "survivors job: EPERM to every second clock_gettime after the spawn",
    "--grace stubborn job: EPERM to every second clock_gettime after the spawn",
    "--stay pid1: EIO to first mmap after the spawn",
    "--stay pid1: EPERM to every openat and what takes its place",
];

/// What is asked for.
struct Request {
    filter: Option<String>,
    cases: usize,
    seed: u64,
    workers: usize,
    times: bool,
}

impl Request {
    fn new(arguments: &[String]) -> Self {
        let value = |name: &str| {
            let index = arguments.iter().position(|word| word == name)?;
            arguments.get(index + 1)?.parse::<u64>().ok()
        };
        let has = |name: &str| arguments.iter().any(|word| word == name);
        let filter = arguments.iter().find(|word| !word.starts_with("--") && word.parse::<u64>().is_err());
        let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
        let all = has("--all") || filter.is_some() && value("--cases").is_none();
        Self {
            cases: if all { usize::MAX } else { value("--cases").map_or(FEW, |cases| cases as usize) },
            seed: value("--seed").unwrap_or_else(|| fastrand::u64(..1_000_000)),
            workers: value("--workers").map_or(cpus, |workers| workers as usize),
            times: has("--times"),
            filter: filter.cloned(),
        }
    }
}

/// Runs what `arguments` ask for.
pub fn main(arguments: &[String]) -> ExitCode {
    if !cfg!(target_arch = "x86_64") || std::env::var_os("RINIT_TARGET").is_some() {
        harness::lane_skipped("rinit for x86_64, of which these tests know the registers");
        return ExitCode::SUCCESS;
    }
    let request = Request::new(arguments);
    end_when_it_panics();
    let init = harness::subject(); // built now, if it has to be
    let another = modes::OTHERS.into_iter().find(|name| Path::new(&init).ends_with(name));
    let modes = another.map_or_else(modes::all, modes::of_another);
    become_root();
    let folder = Folder::new(init.as_ref());
    ring_every_few_milliseconds();
    println!("seed {}", request.seed);
    let start = Instant::now();
    if let Err(wrong) = controls::are_found() {
        println!("FAILED: {wrong}");
        return ExitCode::FAILURE;
    }
    let without: Vec<Outcome> = modes.iter().map(|mode| run(mode, Fault::None, &folder)).collect();
    for (mode, outcome) in modes.iter().zip(&without) {
        if let Err(wrong) = judge_without(mode, outcome) {
            println!("FAILED: {}, without a fault: {wrong}\n{}", mode.name(), outcome.said);
            return ExitCode::FAILURE;
        }
    }
    drop(folder);
    let all = cases(&modes, &without);
    let lapsed = lapsed(&all);
    if another.is_none() && !lapsed.is_empty() {
        println!("FAILED: no case has one of these names any more: {lapsed:?}");
        return ExitCode::FAILURE;
    }
    let chosen = choose(&request, &all);
    println!("{} modes, {} cases, of which {} are tried", modes.len(), all.len(), chosen.len());
    let figures = work(&request, &all, &without, &chosen);
    println!("{figures}in {:.0} s, seed {}", start.elapsed().as_secs_f64(), request.seed);
    if figures.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A process that was forked must not go on as the one that it was forked from.
fn end_when_it_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        // SAFETY: it does not return.
        unsafe { libc::_exit(101) }
    }));
}

/// In a user namespace, unless this is root: what makes namespaces has to be.
fn become_root() {
    let (user, group) = (geteuid(), getegid());
    if user.is_root() {
        return;
    }
    unshare(CloneFlags::CLONE_NEWUSER).expect("root, or a user namespace");
    let maps = [
        ("setgroups", "deny".into()),
        ("uid_map", format!("0 {user} 1")),
        ("gid_map", format!("0 {group} 1")),
    ];
    for (file, map) in maps {
        std::fs::write(format!("/proc/self/{file}"), map).expect("a map of one ID");
    }
}

/// So that a wait for a process is interrupted.
fn ring_every_few_milliseconds() {
    extern "C" fn nothing(_: libc::c_int) {}
    let time = libc::timeval { tv_sec: 0, tv_usec: 5000 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: a function that does nothing, without SA_RESTART, and a timer.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut());
    }
}

/// All cases, with the mode's number.
fn cases<'a>(modes: &'a [Mode], without: &[Outcome]) -> Vec<(usize, Case<'a>)> {
    let of_mode = |(index, mode): (usize, &'a Mode)| {
        let faults = faults(&without[index].calls);
        faults.into_iter().map(move |fault| (index, Case { mode, fault }))
    };
    modes.iter().enumerate().flat_map(of_mode).collect()
}

/// What is mended and is no case any more: nobody would notice that it is not tried.
fn lapsed(all: &[(usize, Case)]) -> Vec<&'static str> {
    let names: HashSet<_> = all.iter().map(|(_, case)| case.to_string()).collect();
    MENDED.into_iter().filter(|name| !names.contains(*name)).collect()
}

/// The numbers of those that are to be run.
fn choose(request: &Request, all: &[(usize, Case)]) -> Vec<usize> {
    let has_it = |case: &Case| request.filter.as_ref().is_none_or(|text| case.to_string().contains(text));
    let mut chosen: Vec<_> = (0..all.len()).filter(|index| has_it(&all[*index].1)).collect();
    fastrand::Rng::with_seed(request.seed).shuffle(&mut chosen);
    chosen.truncate(request.cases);
    if request.filter.is_none() {
        let is_mended = |index: &usize| {
            let case = &all[*index].1;
            !case.mode.is_another && MENDED.contains(&case.to_string().as_str())
        };
        chosen.retain(|index| !is_mended(index));
        chosen.splice(..0, (0..all.len()).filter(is_mended));
    }
    chosen
}

/// What came of all.
#[derive(Default)]
struct Figures {
    failed: usize,
    /// Of each kind of fault: tried, fired, failed.
    kinds: BTreeMap<String, [usize; 3]>,
}

/// Has workers run the chosen cases.
fn work(request: &Request, all: &[(usize, Case)], without: &[Outcome], chosen: &[usize]) -> Figures {
    let next = shared_counter();
    let (reader, writer) = pipe().expect("a pipe");
    for _ in 0..request.workers {
        // SAFETY: there is one thread.
        if let ForkResult::Child = unsafe { fork() }.expect("fork") {
            ring_every_few_milliseconds(); // a timer is not inherited
            let folder = Folder::new(harness::subject().as_ref());
            let mut output = File::from(writer);
            while let Some(index) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (mode, case) = &all[*index];
                let line = report(case, &without[*mode], &folder, request.times);
                output.write_all(line.as_bytes()).expect("the lines are read");
            }
            drop(folder);
            std::process::exit(0);
        }
    }
    drop(writer);
    let mut figures = Figures::default();
    let mut lines = 0;
    for line in BufReader::new(File::from(reader)).lines() {
        figures.add(&line.expect("the workers write lines"));
        lines += 1;
    }
    if lines < chosen.len() {
        println!("FAILED: {} cases were not run: a worker has ended", chosen.len() - lines);
        figures.failed += 1;
    }
    figures
}

/// A number that forked processes share.
fn shared_counter() -> &'static AtomicUsize {
    let size = NonZero::new(size_of::<AtomicUsize>()).expect("it has a size");
    // SAFETY: new memory, which stays, and zeros are an AtomicUsize.
    unsafe {
        let mapped =
            mmap_anonymous(None, size, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED);
        mapped.expect("memory").cast().as_ref()
    }
}

/// Runs a case; returns a line of its kind, whether the fault fired, and what was wrong.
fn report(case: &Case, without: &Outcome, folder: &Folder, times: bool) -> String {
    let outcome = run(case.mode, case.fault, folder);
    let wrong = judge(case.mode, case.fault, &outcome, without).err();
    let kind = case.fault.kind();
    let fired = outcome.fired > 0;
    let took = if times { format!("{:4} ms ", outcome.took.as_millis()) } else { String::new() };
    let wrong = wrong.map_or(String::new(), |wrong| wrong.replace('\n', " | "));
    format!("{kind}\t{fired}\t{took}{case}\t{wrong}\n")
}

impl Figures {
    fn add(&mut self, line: &str) {
        let [kind, fired, case, wrong] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}?");
        };
        let counts = self.kinds.entry(kind.to_owned()).or_default();
        counts[0] += 1;
        counts[1] += usize::from(fired == "true");
        if case.contains(" ms ") {
            println!("{case}");
        }
        if !wrong.is_empty() {
            println!("FAILED: {case}: {wrong}");
            counts[2] += 1;
            self.failed += 1;
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sum = [0; 3];
        for (kind, counts) in &self.kinds {
            writeln!(out, "{kind:18} tried {:6}  fired {:6}  failed {:4}", counts[0], counts[1], counts[2])?;
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        writeln!(out, "{:18} tried {:6}  fired {:6}  failed {:4}", "all", sum[0], sum[1], sum[2])
    }
}
