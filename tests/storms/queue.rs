//! Real-time signals that are queued: their order, their count and their values, up to where the kernel takes no more.

use super::{Memory, all_have_come, alone, count_of_its_own, queue_in_time, size};
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, queue};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::time::Instant;

/// How many signals may be pending for all of rinit's user: those of rinit and of its child together. Of fewer than the
/// first one rinit does not promise that none is lost.
const LIMITS: [u64; 4] = [16, 20, 100, 1000];

/// A child that checks values, below an init in whose user namespace so many signals may be pending. Once the init
/// sleeps ([`Memory::before`]) it has lowered its own limit, if it does that.
fn checking(position: Position, limit: u64) -> Running {
    Launch::init(position).caller(count_of_its_own(limit)).probe(&["values"]).start().ready()
}

/// What prlimit(1) shows of a process: the soft limit to the number of pending signals.
fn limit_of(pid: Pid) -> u64 {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max pending signals")).expect("a line for it");
    line.split_whitespace().next().expect("a soft limit").parse().expect("a number")
}

/// The last places are for the signals that rinit forwards. Of a few there is none to leave.
#[test]
fn rinits_limit_of_pending_signals_is_an_eighth_less_than_the_childs() {
    everywhere(|position| {
        for (limit, expected) in [(0, 0), (1, 1), (7, 7), (8, 7), (20, 18), (1000, 875)] {
            let running = checking(position, limit);
            eventually_eq(expected, || limit_of(running.pid));
            assert_eq!(limit_of(running.child()), limit);
        }
    });
}

/// Whoever sends takes each place as soon as it is free, while rinit has a signal in its hands.
#[test]
fn at_the_limit_of_pending_signals_none_is_lost() {
    let _alone = alone();
    everywhere(|position| {
        for limit in LIMITS {
            let running = checking(position, limit);
            let memory = Memory::before(&running);
            let count = size(2_000, if limit == 20 { 200_000 } else { 20_000 });
            (0..count).for_each(|value| queue_in_time(running.pid, libc::SIGRTMIN(), value));
            let what = format!("{count} queued signals, at most {limit} pending");
            all_have_come(position, running, &memory, count, &what);
        }
    });
}

/// A child that takes none for a while: then the sender is refused, and rinit is not.
#[test]
fn at_the_limit_of_pending_signals_none_is_lost_by_a_child_that_is_stopped() {
    let _alone = alone();
    everywhere(|position| {
        for limit in LIMITS {
            let running = checking(position, limit);
            let memory = Memory::before(&running);
            let child = running.child();
            let mut sent = 0;
            for _ in 0..size(5, 50) {
                kill(child, Signal::SIGSTOP).unwrap();
                // As many as there is room for, and in rinit's hands.
                let full = Instant::now() + std::time::Duration::from_millis(20);
                while Instant::now() < full {
                    sent += usize::from(queue(running.pid, libc::SIGRTMIN(), sent));
                }
                kill(child, Signal::SIGCONT).unwrap();
                // Where there was no room there is some when it has taken one, and not before.
                queue_in_time(running.pid, libc::SIGRTMIN(), sent);
                sent += 1;
            }
            let what =
                format!("{sent} queued signals, at most {limit} pending, the child stopped now and then");
            all_have_come(position, running, &memory, sent, &what);
        }
    });
}
