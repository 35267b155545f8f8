//! The command line and the environment: what is asked for is done, however it is spelled, and what
//! is wrong is named and starts nothing.

mod options;
pub mod refusals;
mod texts;
mod variables;

use crate::harness;
use crate::harness::{Launch, Position, Running, everywhere, proc, subject};
use nix::libc;
use nix::unistd::{getpgid, getsid};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;

/// An environment variable.
type Variable<'a> = (&'a str, &'a str);

fn init(position: Position, options: &[&str], variables: &[Variable<'_>]) -> Launch {
    variables
        .iter()
        .fold(Launch::init(position), |launch, (name, value)| launch.env(name, value))
        .args(options)
}

/// Each command line, and each environment, does the same.
fn all(options: &[&[&str]], variables: &[Variable<'_>], test: impl Fn(Position, &[&str], &[Variable<'_>])) {
    everywhere(|position| {
        for options in options {
            eprintln!("options: {options:?}");
            test(position, options, &[]);
        }
        for variable in variables {
            eprintln!("variable: {variable:?}");
            test(position, &[], &[*variable]);
        }
    });
}

fn code_of(position: Position, options: &[&str], variables: &[Variable<'_>], script: &str) -> i32 {
    init(position, options, variables).shell(script).output().code()
}

/// Starts a child that prints the signals it gets.
fn signals(position: Position, options: &[&str], variables: &[Variable<'_>]) -> Running {
    init(position, options, variables).probe(&["signals"]).start().ready()
}

/// What the child gets for `sent`.
fn gets(running: &mut Running, sent: i32) -> i32 {
    running.signal(sent);
    running.stdout.next().parse().expect("a signal number")
}

/// Whether a signal reaches the child's own child too.
fn reaches_group(position: Position, options: &[&str], variables: &[Variable<'_>]) -> bool {
    // The child says so when it got the signal; the program that it runs prints what it gets.
    const SCRIPT: &str = "trap 'echo child' WINCH; \"$0\" signals & wait; wait";
    let probe = harness::probe();
    let command = [OsStr::new("sh"), OsStr::new("-c"), OsStr::new(SCRIPT), &probe];
    let mut running = init(position, options, variables).command(command).start().ready();
    let grandchild = *proc::descendants(running.pid).last().expect("a grandchild");
    running.signal(libc::SIGWINCH);
    let mut lines = vec![];
    let mut read_until = |line: &str| {
        while lines.last().is_none_or(|last| last != line) {
            lines.push(running.stdout.next());
        }
    };
    // A signal to a group is pending for all of it before one of its processes can say that it came.
    read_until("child");
    let last = harness::last_signal();
    harness::send(grandchild, last);
    read_until(&last.to_string());
    lines.contains(&libc::SIGWINCH.to_string())
}

/// What the child leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    /// A session, and a group in it.
    Session,
    /// A group in rinit's session.
    Group,
    /// Nothing: it is in rinit's group.
    Nothing,
}

fn group_and_session(position: Position, options: &[&str], variables: &[Variable<'_>]) -> Leads {
    let running = init(position, options, variables).probe(&["wait"]).start().ready();
    let (init, child) = (running.pid, running.child());
    let [group, session] = [getpgid(Some(child)), getsid(Some(child))].map(|id| id.expect("it runs"));
    if session == child {
        assert_eq!(group, child);
        return Leads::Session;
    }
    assert_eq!(getsid(Some(init)), Ok(session));
    if group == child {
        return Leads::Group;
    }
    assert_eq!(getpgid(Some(init)), Ok(group));
    Leads::Nothing
}

/// Whether a survivor is asked to end, and waited for, when the child has exited.
fn asks_survivors(position: Position, options: &[&str], variables: &[Variable<'_>]) -> bool {
    const SCRIPT: &str = "trap 'exit 7' USR1; $PROBE trap 15 0 & while :; do wait; done";
    let launch = init(position, options, variables).env("PROBE", harness::probe());
    let mut running = launch.shell(SCRIPT).start().ready();
    harness::send(running.child(), libc::SIGUSR1);
    assert_eq!(running.code(), 7);
    running.stdout.rest() == "got 15\n"
}

/// What rinit says while an orphan is reaped, SIGWINCH is forwarded, and the child exits with 0:
/// the first word of each line.
fn says(position: Position, options: &[&str], variables: &[Variable<'_>]) -> Vec<String> {
    const SCRIPT: &str = "\
        orphan=$(sh -c '(while kill -0 $$; do :; done) >/dev/null 2>&1 & echo $!')
        while kill -0 $orphan 2>/dev/null; do :; done
        trap 'exit 0' WINCH
        kill -WINCH $PPID
        while :; do :; done";
    let output = init(position, options, variables).shell(SCRIPT).output();
    assert_eq!((output.code(), output.stdout.as_str()), (0, ""));
    let first_word = |line: &str| {
        let message = line.strip_prefix("rinit: ").expect("the program's name");
        message.split(' ').next().expect("a word").to_owned()
    };
    output.stderr.lines().map(first_word).collect()
}

/// Whether an orphan becomes a child of rinit's.
fn adopts(position: Position, options: &[&str], variables: &[Variable<'_>]) -> bool {
    const SCRIPT: &str = "\
        orphan=$(sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!')
        grep -qx \"PPid:[[:space:]]$PPID\" /proc/$orphan/status
        adopted=$?
        kill -KILL $orphan
        exit $adopted";
    match code_of(position, options, variables, SCRIPT) {
        0 => true,
        1 => false,
        other => panic!("exit code {other}"),
    }
}

/// The signal that rinit's child gets when rinit's parent has ended, if rinit is not PID 1: a PID 1
/// has its parent outside its PID namespace, and dies with the namespace.
fn gets_at_parents_end(options: &[&str], variables: &[Variable<'_>]) -> i32 {
    let shell = [OsStr::new("-c"), OsStr::new("\"$@\" & wait"), OsStr::new("sh"), &subject()];
    let probe = harness::probe();
    let command = [OsStr::new("--"), &probe, OsStr::new("signals")];
    let launch = variables
        .iter()
        .fold(Launch::program(Position::Outside, "/bin/sh"), |launch, (name, value)| launch.env(name, value));
    let mut parent = launch.args(shell).args(options).args(command).start().ready();
    let started = proc::descendants(parent.pid);
    parent.signal(libc::SIGKILL);
    parent.wait();
    let signal = parent.stdout.next().parse().expect("a signal number");
    // rinit first: it ends with the probe, and may be reaped then before it is sent anything.
    for pid in started {
        harness::send(pid, libc::SIGKILL);
    }
    signal
}

/// A folder for a PATH, with a program under each of these names that prints it and its arguments.
fn folder_of_programs(names: &[&OsStr]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        symlink("/bin/echo", folder.path().join(name)).unwrap();
    }
    folder
}

fn bytes(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}
