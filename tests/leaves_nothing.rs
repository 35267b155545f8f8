//! The tests themselves leave no process behind, whatever the init under test does.

use crate::harness::{Launch, Position, eventually, proc, send};
use nix::libc;
use nix::unistd::Pid;
use std::process::Command;

/// A program that ends, and leaves a process behind in a session of its own.
fn leaving() -> Launch {
    Launch::program(Position::Outside, "/bin/sh").args(["-c", "setsid sleep 1000 >/dev/null & echo $!"])
}

/// Starts it; returns what it has left behind when it has ended.
fn left_by(launch: Launch) -> Pid {
    let mut running = launch.start();
    let left = Pid::from_raw(running.stdout.next().parse().expect("a process ID"));
    assert_eq!(running.code(), 0);
    left
}

fn is_gone(pid: Pid) {
    proc::ended(pid);
}

#[test]
fn what_a_program_leaves_behind_is_ended_with_the_test_unless_it_is_somebody_elses() {
    is_gone(left_by(leaving()));
    let left = left_by(leaving().leaving_others());
    eventually("a sleep", || proc::name(left).filter(|name| name == "sleep"));
    send(left, libc::SIGKILL);
}

/// The variable that makes the test below be the run that leaves something behind.
const LEAVES: &str = "LEAVES_A_PROCESS_BEHIND";

#[test]
fn a_run_that_leaves_a_process_behind_names_it_and_fails() {
    if std::env::var_os(LEAVES).is_some() {
        let running = Launch::program(Position::Outside, "/bin/sleep").args(["1001"]).start();
        // Before its exec it has not got the mark.
        eventually("a sleep", || proc::name(running.pid).filter(|name| name == "sleep"));
        return std::mem::forget(running);
    }
    let program = std::env::current_exe().expect("this program has a name");
    let test = "leaves_nothing::a_run_that_leaves_a_process_behind_names_it_and_fails";
    let run = Command::new(program).args(["--exact", test]).env(LEAVES, "1").output().expect("it runs");
    let [stdout, stderr] = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(stdout.contains("1 passed"), "{stdout}{stderr}");
    assert_eq!(run.status.code(), Some(1), "{stdout}{stderr}");
    let named = stderr.lines().find(|line| line.contains(": /bin/sleep 1001")).expect(&stderr);
    let pid = named.trim_start_matches([' ', '"']).split(':').next().and_then(|pid| pid.parse().ok());
    is_gone(Pid::from_raw(pid.expect("a process ID")));
}
