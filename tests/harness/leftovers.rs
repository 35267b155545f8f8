//! What a test leaves behind: nothing.
//!
//! Each program that a test starts has a mark in its environment, and so has whatever that starts. When the
//! test has done with the program all that has the mark is killed. At the end of the run whatever still has
//! one of the run's marks is named and killed, and the run fails. A process without the mark is not touched.

use super::proc;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
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

    /// Kills every process that has it.
    pub fn end_all(&self) {
        end_all(self.value());
    }
}

/// How all marks of this process's begin.
fn of_the_run() -> String {
    format!("{}.", std::process::id())
}

/// The processes that have a mark which begins so.
fn marked(mark: &str) -> Vec<Pid> {
    let start = format!("{VARIABLE}={mark}");
    let has_it =
        |pid: &Pid| environment(*pid).split(|byte| *byte == 0).any(|it| it.starts_with(start.as_bytes()));
    proc::all().filter(has_it).collect()
}

/// A process's environment. A zombie has none, and another user's cannot be read. In the middle of an exec a
/// process has a file, and no environment yet: that is waited for.
fn environment(pid: Pid) -> Vec<u8> {
    let start = Instant::now();
    loop {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has_file = fs::read_link(format!("/proc/{pid}/exe")).is_ok();
        if !environment.is_empty() || !has_file || has_none(pid) || start.elapsed() > PATIENCE {
            return environment;
        }
        std::thread::yield_now();
    }
}

/// Whether a process has been given an environment without a variable. Until an exec has set both ends of that,
/// which are the same then, the program has no code.
fn has_none(pid: Pid) -> bool {
    proc::stat(pid, [26, 50, 51]).is_none_or(|[code, first, last]| code != 0 && first == last)
}

/// Kills those that have a mark which begins so, until there are none; returns what they were.
///
/// A search misses what is made behind it by a process that ends before the search has come to that. The next
/// one finds it: two in a row have to find nobody.
fn end_all(mark: &str) -> Vec<String> {
    let mut named = BTreeMap::new();
    let mut searches_without_a_find = 0;
    let start = Instant::now();
    while searches_without_a_find < 2 && start.elapsed() < PATIENCE {
        let left = marked(mark);
        if left.is_empty() {
            searches_without_a_find += 1;
            continue;
        }
        searches_without_a_find = 0;
        for pid in left {
            named.entry(pid).or_insert_with(|| name(pid));
            let _ = kill(pid, Signal::SIGKILL); // it may have ended
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    named.into_values().collect()
}

fn name(pid: Pid) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    format!("{pid}: {}", String::from_utf8_lossy(&line).replace('\0', " "))
}

extern "C" fn check_the_run() {
    let left = end_all(&of_the_run());
    if !left.is_empty() {
        eprintln!("the tests have left these processes behind: {left:#?}");
        // SAFETY: it does not return.
        unsafe { libc::_exit(1) }
    }
}
