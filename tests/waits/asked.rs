//! Survivors have time to end where nobody has asked for that, and are told once.

use super::CODE;
use crate::harness::{self, Launch, Position, Running, eventually, eventually_eq, everywhere, proc, send};
use nix::libc;
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A shell that starts `survivors`, and exits on SIGUSR1 and SIGTERM.
fn leaving(position: Position, options: &[&str], survivors: &str) -> Launch {
    let script = format!("trap 'exit {CODE}' USR1 TERM\n{survivors}\nwhile :; do wait; done");
    Launch::init(position).args(options).env("PROBE", harness::probe()).shell(&script)
}

/// On a developer's machine, where the time is 1 s if nothing else is said.
#[test]
fn a_subreaper_asks_survivors_and_gives_them_time() {
    let mut running = leaving(Position::Outside, &[], "$PROBE trap 15 0 &").start().ready();
    running.signal(libc::SIGUSR1);
    assert_eq!((running.code(), running.stdout.rest()), (CODE, "got 15\n".into()));
}

#[test]
fn the_time_that_a_subreaper_gives_is_one_second_unless_asked_for() {
    let takes = |options: &[&str]| {
        let mut running = leaving(Position::Outside, options, "$PROBE signals &").start().ready();
        let start = Instant::now();
        running.signal(libc::SIGUSR1);
        assert_eq!(running.code(), CODE);
        start.elapsed()
    };
    super::is_within(Duration::from_secs(2), || {
        let took = takes(&[]);
        assert!(took >= Duration::from_secs(1), "{took:?}");
        took
    });
    super::is_within(Duration::from_millis(900), || takes(&["--grace", "0"]));
    super::is_within(Duration::from_secs(4), || {
        let took = takes(&["--grace", "3"]);
        assert!(took >= Duration::from_secs(3), "{took:?}");
        took
    });
}

/// As PID 1 it exits with its child, and the kernel kills the rest.
#[test]
fn as_pid_1_survivors_have_no_time_unless_asked_for() {
    super::is_within(Duration::from_millis(900), || {
        let mut running = leaving(Position::Pid1, &[], "$PROBE trap 15 0 &").start().ready();
        let start = Instant::now();
        running.signal(libc::SIGUSR1);
        assert_eq!((running.code(), running.stdout.rest()), (CODE, String::new()));
        start.elapsed()
    });
}

/// Python's resource tracker does it, a process that the program leaves behind and that ignores SIGTERM.
#[test]
fn the_shared_memory_that_a_python_program_leaves_is_unlinked() {
    const PROGRAM: &str = "from multiprocessing import shared_memory\n\
        print(shared_memory.SharedMemory(create=True, size=4096).name, flush=True)";
    if !Command::new("python3").args(["-c", ""]).status().is_ok_and(|status| status.success()) {
        harness::skip("python3");
        return;
    }
    // On a busy machine the tracker may need more than its second, but not each time.
    let has_time = (0..3).any(|_| {
        let launch = Launch::program(Position::Outside, "/usr/bin/env").args(["python3", "-c", PROGRAM]);
        assert!(!is_left(launch), "without an init");
        !is_left(Launch::init(Position::Outside).command(["python3", "-c", PROGRAM]))
    });
    assert!(has_time, "it was left three times");
}

/// Whether the shared memory that a program names is there when it has ended, and all its processes have.
fn is_left(launch: Launch) -> bool {
    let mut running = launch.start();
    let name = running.stdout.next();
    assert!(name.starts_with("psm_"), "{name}");
    assert_eq!(running.code(), 0);
    running.stdout.rest(); // the tracker has it open, too
    let file = Path::new("/dev/shm").join(name);
    let is_left = file.exists();
    if is_left {
        fs::remove_file(file).expect("a file");
    }
    is_left
}

/// Waits until rinit has looked at all survivors since this one has ended: it is reaped, and rinit sleeps.
fn has_looked_again_since_the_end_of(running: &Running, pid: Pid) {
    eventually_eq((None, Some('S')), || (proc::state(pid), proc::state(running.pid)));
}

/// The signals that the worker says it has got before it is sent SIGUSR2, but for SIGCONT.
fn signals_of(running: &mut Running, worker: Pid) -> Vec<i32> {
    send(worker, libc::SIGUSR2);
    let signals = std::iter::repeat_with(|| running.stdout.next().parse().expect("a signal number"));
    signals.take_while(|signal| *signal != libc::SIGUSR2).filter(|signal| *signal != libc::SIGCONT).collect()
}

/// A worker in the child's group, and a process in a group of its own that ends when it is asked to.
fn worker_and_other(options: &[&str], position: Position) -> (Running, Pid, Pid) {
    let survivors = "$PROBE signals & echo worker\nsetsid $PROBE trap 15 0 &";
    let mut running = leaving(position, options, survivors).start();
    let mut lines = [running.stdout.next(), running.stdout.next(), running.stdout.next()];
    lines.sort();
    assert_eq!(lines, ["ready", "ready", "worker"]);
    let child = running.child();
    let group = |pid: Pid| nix::unistd::getpgid(Some(pid)).ok();
    let [worker, other] = [true, false].map(|in_the_group| {
        let is_it = |pid: &Pid| (group(*pid) == group(child)) == in_the_group;
        eventually("a survivor", || proc::children(child).into_iter().find(is_it))
    });
    (running, worker, other)
}

/// Many servers take a second SIGTERM as "at once".
#[test]
fn who_has_had_the_stop_signal_as_a_member_of_the_group_is_not_asked_again() {
    everywhere(|position| {
        let stop: [&[&str]; 2] =
            [&["-g", "--grace", "1000"], &["-g", "--stop", "TERM/1000/KILL", "--grace", "1000"]];
        for options in stop {
            let (mut running, worker, other) = worker_and_other(options, position);
            running.signal(libc::SIGTERM);
            let first = running.stdout.next();
            let second = running.stdout.next();
            let third = running.stdout.next_within(Duration::from_millis(1));
            let mut seen: Vec<_> = [Some(first), Some(second), third].into_iter().flatten().collect();
            while !seen.contains(&"got 15".to_owned()) {
                seen.push(running.stdout.next());
            }
            has_looked_again_since_the_end_of(&running, other);
            let later = signals_of(&mut running, worker);
            let terms = seen.iter().filter(|line| *line == "15").count();
            let more = later.iter().filter(|signal| **signal == libc::SIGTERM).count();
            assert_eq!(terms + more, 1, "{options:?}: {seen:?} {later:?}");
            running.signal(libc::SIGTERM);
            assert_eq!(running.code(), CODE);
        }
    });
}

/// To HAProxy SIGUSR1 is the stop, and SIGTERM means "at once".
#[test]
fn who_has_had_another_signal_for_the_stop_as_a_member_of_the_group_is_not_asked_again() {
    everywhere(|position| {
        let stop: [&[&str]; 2] = [
            &["-g", "-r", "TERM:USR1", "--grace", "1000"],
            &["-g", "--stop", "USR1/1000/KILL", "--grace", "1000"],
        ];
        for options in stop {
            let (mut running, worker, other) = worker_and_other(options, position);
            running.signal(libc::SIGTERM);
            let mut seen = vec![];
            while !(seen.contains(&"10".to_owned()) && seen.contains(&"got 15".to_owned())) {
                seen.push(running.stdout.next());
            }
            has_looked_again_since_the_end_of(&running, other);
            let later = signals_of(&mut running, worker);
            assert!(!seen.contains(&"15".to_owned()), "{options:?}: {seen:?}");
            assert!(!later.contains(&libc::SIGTERM), "{options:?}: {later:?}");
            running.signal(libc::SIGTERM);
            assert_eq!(running.code(), CODE);
        }
    });
}

/// A signal that is no request to stop is none, group or not.
#[test]
fn who_has_had_another_signal_as_a_member_of_the_group_is_asked() {
    everywhere(|position| {
        let (mut running, worker, _) = worker_and_other(&["-g", "--grace", "1000"], position);
        running.signal(libc::SIGUSR1);
        let mut seen = vec![];
        while !(seen.contains(&"15".to_owned()) && seen.contains(&"got 15".to_owned())) {
            seen.push(running.stdout.next());
        }
        assert!(seen.contains(&"10".to_owned()), "{seen:?}");
        assert_eq!(signals_of(&mut running, worker), [0; 0]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), CODE);
    });
}
