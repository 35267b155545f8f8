//! Outside a PID namespace of its own rinit adopts orphans, and follows its parent if asked to.

use crate::harness::trace::{self, Stop};
use crate::harness::{Launch, Position, Running, eventually, everywhere, must, proc};
use nix::libc;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

/// Starts a process that is an orphan as soon as its parent has ended.
const ORPHAN: &str = "(sleep 1000 & echo orphan $!); echo ready; exec sleep 1000";

/// The parent of the only process in the child's group that is not the child.
fn orphans_parent(options: &[&str]) -> (Pid, Pid) {
    let launch = Launch::init(Position::Outside).args(options).shell(ORPHAN);
    let mut running = launch.start();
    let line = running.stdout.next();
    running.stdout.expect("ready");
    let orphan = Pid::from_raw(line.strip_prefix("orphan ").unwrap().parse().unwrap());
    let parent = eventually("the orphan's parent", || {
        let parent = proc::status(orphan, "PPid")?.parse().ok()?;
        // Until the subshell has ended it is still the parent.
        (proc::name(Pid::from_raw(parent))? != "sh").then_some(parent)
    });
    nix::sys::signal::kill(orphan, Signal::SIGKILL).unwrap();
    (running.pid, Pid::from_raw(parent))
}

#[test]
fn rinit_adopts_orphans_when_it_is_not_pid_1() {
    let (init, parent) = orphans_parent(&[]);
    assert_eq!(parent, init);
}

#[test]
fn rinit_leaves_orphans_alone_if_asked_to() {
    let (init, parent) = orphans_parent(&["--no-subreaper"]);
    assert_ne!(parent, init);
}

#[test]
fn the_child_is_no_subreaper() {
    everywhere(|position| {
        // prctl(2): children do not inherit the attribute, so the daemon goes to rinit and not to the shell.
        let script = "(sleep 1000 &); echo ready; exec sleep 1000";
        let running = Launch::init(position).shell(script).start().ready();
        eventually("rinit to have two children", || (proc::children(running.pid).len() == 2).then_some(()));
    });
}

#[test]
fn the_parents_death_sends_the_signal_which_is_forwarded_and_rewritten_like_any_other() {
    for (options, signal) in [(&[][..], libc::SIGTERM), (&["-r", "TERM:USR1"], libc::SIGUSR1)] {
        let launch = Launch::init(Position::Outside).args(["-p", "SIGTERM"]).args(options).with_parent();
        let mut parent = launch.probe(&["count", &signal.to_string()]).start().ready();
        parent.signal(libc::SIGKILL);
        parent.stdout.expect(&format!("{signal}x1"));
    }
}

/// The parent ends right before rinit asks the kernel for the signal. The child has that signal blocked, as the
/// caller had.
#[test]
fn a_parent_that_is_already_gone_sends_the_signal_too() {
    let blocks = || must(SigSet::from(Signal::SIGTERM).thread_block());
    let launch = Launch::init(Position::Outside).args(["-pTERM"]).caller(blocks).with_parent();
    let launch = launch.probe(&["count", &libc::SIGTERM.to_string()]);
    let (mut parent, init) = trace::start(launch, Running::child);
    let mut calls = vec![];
    while calls.last() != Some(&libc::SYS_getppid) {
        match init.go_on() {
            Stop::Call(call) => calls.push(call),
            stop => panic!("{stop:?} after {calls:?}"),
        }
    }
    assert_eq!(init.go_on(), Stop::Call(libc::SYS_prctl));
    parent.signal(libc::SIGKILL);
    parent.wait();
    init.detach();
    parent.stdout.expect(&format!("{}x1", libc::SIGTERM));
}
