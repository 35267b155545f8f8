//! A survivor that makes processes for ever is ended with all that it has made.

use super::{Init, Inside, is_within};
use crate::harness::cgroup::Cgroup;
use crate::harness::{Position, eventually};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// They take all the CPU that there is, so there is one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How many processes and threads there may be, and how long the end may take.
const LIMITS: [(u32, Duration); 3] =
    [(30, Duration::from_secs(3)), (100, Duration::from_secs(3)), (500, Duration::from_secs(5))];

/// How many of the limits a bomb is to meet. Five hundred that share their memory all want the CPU all the
/// time, so that the time until a process next to them gets any says nothing of that process; of those that
/// copy it most wait for each other. Of a survivor that is another at each look there is one at a time.
fn limits(bomb: &str) -> &'static [(u32, Duration)] {
    match bomb {
        "of-copies" => &LIMITS,
        "of-orphans" => &LIMITS[..1],
        _ => &LIMITS[..2],
    }
}

/// Lets the child leave a bomb, in a PID namespace and a cgroup of the test's own, and sees both end.
fn ends_in_time(position: Position, options: &[&str], bomb: &str) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let fills_the_cgroup = bomb != "of-orphans";
    for (limit, bound) in limits(bomb).iter().copied() {
        let survivors = format!("$PROBE bomb {bomb} &");
        let inside = Inside { position, before: "", options, survivors: &survivors };
        let Some(cgroup) = Cgroup::of_processes(limit) else { return };
        drop(cgroup); // each run has its own
        eprintln!("{limit} processes");
        is_within(bound, || {
            let cgroup = Cgroup::of_processes(limit).expect("there was one before");
            let mut init = Init::of(position, inside.launch().caller(cgroup.enter()), 1);
            if fills_the_cgroup && bomb != "of-copies" {
                eventually("a full cgroup", || (cgroup.refusals() > 0).then_some(()));
            }
            let took = init.takes();
            assert!(!fills_the_cgroup || cgroup.refusals() > 0, "there was room for more");
            if position == Position::Outside {
                init.nobody_is_left();
            }
            took
        });
    }
}

#[test]
fn a_pid_1_with_a_grace_ends_a_fork_bomb() {
    ends_in_time(Position::Pid1, &["--grace", "1"], "of-processes");
}

#[test]
fn a_pid_1_with_a_grace_ends_a_fork_bomb_of_threads() {
    ends_in_time(Position::Pid1, &["--grace", "1"], "of-threads");
}

#[test]
fn a_pid_1_with_a_grace_ends_a_fork_bomb_of_copies() {
    ends_in_time(Position::Pid1, &["--grace", "1"], "of-copies");
}

#[test]
fn a_pid_1_with_a_grace_ends_a_survivor_that_is_another_at_each_look() {
    ends_in_time(Position::Pid1, &["--grace", "1"], "of-orphans");
}

#[test]
fn a_subreaper_ends_a_fork_bomb_and_leaves_nobody() {
    ends_in_time(Position::Outside, &[], "of-processes");
}

#[test]
fn a_subreaper_ends_a_fork_bomb_of_threads_and_leaves_nobody() {
    ends_in_time(Position::Outside, &[], "of-threads");
}

#[test]
fn a_subreaper_ends_a_fork_bomb_of_copies_and_leaves_nobody() {
    ends_in_time(Position::Outside, &[], "of-copies");
}

#[test]
fn a_subreaper_ends_a_survivor_that_is_another_at_each_look_and_leaves_nobody() {
    ends_in_time(Position::Outside, &[], "of-orphans");
}
