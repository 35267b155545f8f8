//! Signals of all kinds.

use super::{CODE, Memory, PENDING, alone, count_of_its_own, figures, size};
use crate::harness::{Launch, Position, Running, deadline, everywhere, queue};
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Any signal that can be blocked, by kill(2) or with a value.
fn send_any(pid: Pid) {
    let signal = fastrand::i32(1..=64);
    if [libc::SIGKILL, libc::SIGSTOP, 32, 33].contains(&signal) {
        return; // the C library keeps 32 and 33 to itself
    }
    if fastrand::bool() {
        let _ = queue(pid, signal, 0); // there may be no room
    } else {
        // SAFETY: integers.
        assert_eq!(unsafe { libc::kill(pid.as_raw(), signal) }, 0);
    }
}

/// Signals until as many of them have reached the child as end it, and on until rinit has ended too.
fn the_child_ends_in_a_storm(position: Position, enough: usize) {
    let launch = Launch::init(position).caller(count_of_its_own(PENDING));
    let mut running = launch.probe(&["endure", &enough.to_string(), &CODE.to_string()]).start().ready();
    send_any(running.pid);
    let memory = Memory::before(&running);
    let half = enough / 2; // fewer come than are sent, so that they do not end it
    (0..half).for_each(|_| send_any(running.pid));
    memory.after(position, &format!("{half} signals of all kinds"));
    let (mut sent, give_up) = (half, Instant::now() + deadline());
    while running.is_running() && Instant::now() < give_up {
        (0..100).for_each(|_| send_any(running.pid));
        sent += 100;
    }
    assert_eq!(running.code(), CODE);
    assert_eq!(running.stderr.rest(), "");
    figures(
        position,
        &format!("{sent} signals of all kinds, the child's end at the {enough}th that it gets"),
    );
}

#[test]
fn in_a_storm_of_all_signals_rinit_takes_no_memory_and_exits_with_the_childs_code() {
    let _alone = alone();
    everywhere(|position| {
        the_child_ends_in_a_storm(position, size(10_000, 1_000_000));
        // The end comes at another moment each time.
        (0..size(1, 5)).for_each(|_| the_child_ends_in_a_storm(position, size(2_000, 10_000)));
    });
}

/// Sends real-time signals with their values from another thread, while `disturb` is called again and again; all of
/// them reach the child.
fn all_reach_the_child(position: Position, running: Running, what: &str, mut disturb: impl FnMut()) {
    let memory = Memory::before(&running);
    let (pid, count) = (running.pid, size(5_000, 50_000));
    let is_sent = AtomicBool::new(false);
    let mut times = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..count).for_each(|value| super::queue_in_time(pid, libc::SIGRTMIN(), value));
            is_sent.store(true, Ordering::Release);
        });
        while times < 3 || !is_sent.load(Ordering::Acquire) {
            disturb();
            times += 1;
        }
    });
    let what = format!("{count} queued signals, the init {what} {times} times");
    super::all_have_come(position, running, &memory, count, &what);
}

fn checking(position: Position) -> Running {
    Launch::init(position).caller(count_of_its_own(PENDING)).probe(&["values"]).start().ready()
}

#[test]
fn a_debugger_that_comes_and_goes_loses_no_signal() {
    let _alone = alone();
    everywhere(|position| {
        let running = checking(position);
        let pid = running.pid;
        let mut by_attach = false;
        all_reach_the_child(position, running, "traced", || {
            by_attach = !by_attach;
            if by_attach {
                ptrace::attach(pid).expect("it may be traced");
            } else {
                ptrace::seize(pid, Options::empty()).expect("it may be traced");
                ptrace::interrupt(pid).expect("it is traced");
            }
            waitpid(pid, None).expect("it is traced");
            ptrace::detach(pid, None).expect("it is stopped");
        });
    });
}

#[test]
fn a_freezer_that_comes_and_goes_loses_no_signal() {
    let _alone = alone();
    everywhere(|position| {
        let Some(freezer) = crate::harness::cgroup::Cgroup::freezer() else { return };
        let running = checking(position);
        for pid in [running.pid, running.child()] {
            freezer.take(pid).expect("it may be moved");
        }
        all_reach_the_child(position, running, "frozen", || {
            freezer.freeze();
            freezer.thaw();
        });
    });
}
