//! Signals of all kinds.

use super::{CODE, Memory, PENDING, alone, count_of_its_own, queue, size, survived};
use crate::harness::{Launch, Position, Running, deadline, everywhere};
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
        queue(pid, signal, 0); // there may be no room
    } else {
        // SAFETY: integers.
        assert_eq!(unsafe { libc::kill(pid.as_raw(), signal) }, 0);
    }
}

/// The child ends while they come, and they go on until rinit has ended too.
#[test]
fn in_a_storm_of_all_signals_rinit_exits_with_the_childs_code() {
    let _alone = alone();
    everywhere(|position| {
        for _ in 0..size(1, 5) {
            let enough = size(2_000, 10_000).to_string();
            let launch = Launch::init(position).caller(count_of_its_own(PENDING));
            let mut running = launch.probe(&["endure", &enough, &CODE.to_string()]).start().ready();
            let (mut sent, give_up) = (0, Instant::now() + deadline());
            while running.is_running() && Instant::now() < give_up {
                (0..100).for_each(|_| send_any(running.pid));
                sent += 100;
            }
            assert_eq!(running.code(), CODE);
            assert_eq!(running.stderr.rest(), "");
            survived(position, &format!("{sent} signals of all kinds, the child's end among them"));
        }
    });
}

#[test]
fn a_storm_of_all_signals_takes_no_memory() {
    let _alone = alone();
    everywhere(|position| {
        let launch = Launch::init(position).caller(count_of_its_own(PENDING));
        let mut running = launch.probe(&["endure", "2000000000", "0"]).start().ready();
        send_any(running.pid);
        let memory = Memory::before(&running);
        let count = size(10_000, if position == Position::Pid1 { 1_000_000 } else { 100_000 });
        (0..count).for_each(|_| send_any(running.pid));
        memory.after(position, &format!("{count} signals of all kinds"));
        assert!(running.is_running());
    });
}

/// Sends real-time signals with their values from another thread, while `disturb` is called again and again; all of
/// them reach the child.
fn all_reach_the_child(position: Position, mut running: Running, what: &str, mut disturb: impl FnMut()) {
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
    super::queue_in_time(pid, libc::SIGRTMAX(), 0);
    assert_eq!(running.stdout.next(), format!("{count} came, {count} in order"));
    assert_eq!(running.code(), 0);
    survived(position, &format!("{count} queued signals, rinit {what} {times} times"));
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
