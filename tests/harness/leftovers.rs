//! What a test leaves behind: nothing.
//!
//! Each program that a test starts has a mark in its environment, and so has whatever that starts. When the
//! test has done with the program all that has the mark is killed. At the end of the run whatever still has
//! one of the run's marks is named and killed, and the run fails. A process without the mark is not touched.

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The variable that has the mark.
pub const VARIABLE: &str = "STARTED_BY_TEST";

/// How long a process that has been killed may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What tells a program of this run, and those that it starts, from all others.
#[derive(Clone)]
pub struct Mark(String);

impl Mark {
    /// A new one. The end of the run is a check from the first one on.
    pub fn new() -> Self {
        static AT_THE_END: Once = Once::new();
        AT_THE_END.call_once(|| {
            // SAFETY: the function takes nothing, and returns or ends the process.
            assert_eq!(unsafe { libc::atexit(check_the_run) }, 0);
        });
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        Self(format!("{}{}.", of_the_run(), NUMBER.fetch_add(1, Ordering::Relaxed)))
    }

    /// The value of the variable.
    pub fn value(&self) -> &str {
        &self.0
    }

    /// Kills every process that has it and is not older than `first`, which had it first.
    pub fn end_all_since(&self, first: Pid) {
        end_all(|| {
            let latest = latest();
            marked(self.value(), |pid| is_between(first, pid, latest))
        });
    }
}

/// How all marks of this process's begin.
fn of_the_run() -> String {
    format!("{}.", std::process::id())
}

/// The processes, of those that may have it, that have a mark which begins so.
fn marked(mark: &str, may_have_it: impl Fn(Pid) -> bool) -> Vec<Pid> {
    let start = format!("{VARIABLE}={mark}");
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    let has_it =
        |pid: &Pid| environment(*pid).split(|byte| *byte == 0).any(|it| it.starts_with(start.as_bytes()));
    pids.filter(|pid| may_have_it(*pid)).filter(has_it).collect()
}

/// A process's environment. A zombie has none, and another user's cannot be read. In the middle of an exec a
/// process has a file, and neither arguments nor environment yet: that is waited for.
fn environment(pid: Pid) -> Vec<u8> {
    let start = Instant::now();
    let mut has_had_arguments = false;
    loop {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has_file = fs::read_link(format!("/proc/{pid}/exe")).is_ok();
        if !environment.is_empty() || !has_file || has_had_arguments || start.elapsed() > PATIENCE {
            return environment;
        }
        // Once it has arguments it has its environment, which may be empty.
        has_had_arguments = fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
        std::thread::yield_now();
    }
}

/// The process that was made last, proc(5).
fn latest() -> Pid {
    let load = fs::read_to_string("/proc/loadavg").expect("/proc is mounted");
    let latest = load.split_whitespace().last().and_then(|word| word.parse().ok());
    Pid::from_raw(latest.expect("the fifth word is a process ID"))
}

/// Whether a process may have been made between these two. The kernel counts process IDs up, and begins anew
/// at the end.
fn is_between(first: Pid, pid: Pid, latest: Pid) -> bool {
    if first <= latest { first <= pid && pid <= latest } else { first <= pid || pid <= latest }
}

/// Kills these until there are none; returns what the first of them were.
fn end_all(find: impl Fn() -> Vec<Pid>) -> Vec<String> {
    let mut left = find();
    let named = left.iter().map(|pid| name(*pid)).collect();
    let start = Instant::now();
    while !left.is_empty() && start.elapsed() < PATIENCE {
        for pid in left {
            let _ = kill(pid, Signal::SIGKILL); // it may have ended
        }
        std::thread::sleep(Duration::from_millis(1));
        left = find();
    }
    named
}

fn name(pid: Pid) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    format!("{pid}: {}", String::from_utf8_lossy(&line).replace('\0', " "))
}

extern "C" fn check_the_run() {
    let left = end_all(|| marked(&of_the_run(), |_| true));
    if !left.is_empty() {
        eprintln!("the tests have left these processes behind: {left:#?}");
        // SAFETY: it does not return.
        unsafe { libc::_exit(1) }
    }
}
