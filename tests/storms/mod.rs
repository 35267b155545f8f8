//! Storms: far more signals, orphans and survivors than any container sees. rinit loses nothing that the kernel has
//! not lost, keeps the child's code, leaves nobody, and takes no memory for it.
//!
//! With `RINIT_STORMS=full` they have their full sizes. Each prints a line with its figures, `storm: …`.

mod limits;
mod orphans;
mod queue;
mod signals;
mod survivors;

use crate::harness::{self, Position, Running, proc};
use nix::libc;
use nix::unistd::Pid;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the child exits with.
const CODE: i32 = 7;

/// What rinit may have taken when a storm is over, in KiB: a page of its stack, another of its file.
const MEMORY: u64 = 8;

/// How much of a storm there is: in `cargo test`, and in full.
fn size(small: usize, full: usize) -> usize {
    if std::env::var_os("RINIT_STORMS").is_some_and(|size| size == "full") { full } else { small }
}

/// Each takes all the CPU that there is, so there is one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What rinit has in memory before a storm, once it sleeps; checks what it has after that.
struct Memory {
    init: Pid,
    before: u64,
}

impl Memory {
    fn before(running: &Running) -> Self {
        let init = running.pid;
        harness::eventually_eq(Some('S'), || proc::state(init));
        Self { init, before: proc::memory(init, "Rss") }
    }

    /// Says what came of the storm.
    fn after(&self, position: Position, what: &str) {
        harness::eventually_eq(Some('S'), || proc::state(self.init));
        let after = proc::memory(self.init, "Rss");
        figures(position, &format!("{what}; memory {} -> {after} KiB", self.before));
        assert!(after <= self.before + MEMORY, "{} KiB before, {after} KiB after {what}", self.before);
    }
}

/// Prints the figures of a storm, before they are judged.
fn figures(position: Position, what: &str) {
    println!("storm: {position:?}: {what}");
}

/// How many signals may be pending where a storm is not about that: those of a namespace count outside it too, where
/// other tests want theirs.
const PENDING: u64 = 1000;

/// For [`Launch::caller`](harness::Launch::caller): a user namespace of its own, and so a count of pending signals
/// that it shares with no other test, and the limit to that, setrlimit(2).
fn count_of_its_own(limit: u64) -> impl Fn() + 'static {
    move || {
        harness::must(nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER));
        let resource = nix::sys::resource::Resource::RLIMIT_SIGPENDING;
        harness::must(nix::sys::resource::setrlimit(resource, limit, limit));
    }
}

/// sigqueue(3), as soon as there is room.
fn queue_in_time(pid: Pid, signal: i32, value: usize) {
    let give_up = std::time::Instant::now() + harness::deadline();
    while !harness::queue(pid, signal, value) {
        assert!(std::time::Instant::now() < give_up, "there was no room for {signal}");
        std::thread::yield_now();
    }
}

/// Ends a child that checks values: so many have reached it, in order, for no memory, and nothing was said.
fn all_have_come(position: Position, mut running: Running, memory: &Memory, count: usize, what: &str) {
    memory.after(position, what);
    queue_in_time(running.pid, libc::SIGRTMAX(), 0);
    let came = running.stdout.next();
    figures(position, &came);
    assert_eq!(came, format!("{count} came, {count} in order"), "{what}");
    assert_eq!(running.code(), 0);
    assert_eq!(running.stderr.rest(), "");
}
