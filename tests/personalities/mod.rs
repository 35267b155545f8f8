//! What tini, dumb-init, catatonit and Kubernetes' pause promise in their documentation: the original, from
//! Debian's package, keeps each promise, and so does rinit under its name.
//!
//! The documentation is the README, the manual page, and what a program prints when it is asked for help;
//! the comments quote it. Where rinit differs on purpose, `doc/compatibility.md` has a command that shows
//! it, and these commands are run here as well.

mod catatonit;
mod common;
mod dumb_init;
mod page;
mod pause;
mod tini;

use crate::harness;
use crate::harness::{
    Launch, Output, Position, Running, below, eventually_eq, everywhere, last_signal, proc,
};
use nix::libc;
use nix::unistd::Pid;
use std::path::{Path, PathBuf};

const TINI: [&str; 3] = ["tini", "tini-static", "docker-init"];

const DUMB_INIT: [&str; 1] = ["dumb-init"];

const CATATONIT: [&str; 2] = ["catatonit", "podman-init"];

const ALL: [&str; 6] = ["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init"];

/// An init that is held to a promise: the original of this name, or rinit under it.
struct Init {
    name: &'static str,
    path: PathBuf,
}

impl Init {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }

    fn launch(&self, position: Position, options: &[&str]) -> Launch {
        // "Tini will issue a warning if it detects that it isn't running as PID 1 and isn't registered as
        // a subreaper."
        let quiet: &[&str] = if self.is_one_of(&TINI) { &["-s"] } else { &[] };
        Launch::program(position, &self.path).args(quiet).args(options).env("PROBE", harness::probe())
    }

    fn signals(&self, position: Position, options: &[&str]) -> Running {
        self.launch(position, options).probe(&["signals"]).start().ready()
    }

    fn output(&self, position: Position, options: &[&str], script: &str) -> Output {
        self.launch(position, options).shell(script).output()
    }

    /// What it says to these arguments and no others.
    fn says(&self, arguments: &[&str]) -> Output {
        Launch::program(Position::Outside, &self.path).args(arguments).output()
    }
}

/// Holds the originals and rinit to a promise.
fn each(names: &[&'static str], promise: impl Fn(&Init)) {
    for name in names {
        // Docker and Podman give these names to an init of their choice.
        let original = Path::new("/usr/bin").join(name);
        if !["docker-init", "podman-init"].contains(name) && (original.exists() || harness::skip(name)) {
            eprintln!("{original:?}");
            promise(&Init { name, path: original });
        }
        eprintln!("rinit as {name}");
        promise(&Init { name, path: harness::names().join(name) });
    }
}

/// As PID 1 and as any process.
fn each_everywhere(names: &[&'static str], promise: impl Fn(&Init, Position)) {
    each(names, |init| everywhere(|position| promise(init, position)));
}

/// The child gets `expected`, and nothing more before the signal that is sent after it.
fn reaches_as(running: &mut Running, signal: i32, expected: &[i32]) {
    let last = last_signal();
    running.signal(signal);
    running.signal(last);
    for received in expected.iter().chain([&last]) {
        assert_eq!(running.stdout.next(), received.to_string(), "signal {signal} was sent");
    }
}

fn reaches(running: &mut Running, signal: i32) {
    reaches_as(running, signal, &[signal]);
}

/// A shell that ignores `signal`, and whose child says when it gets it.
fn grandchild(signal: i32) -> String {
    format!("trap : {signal}; $PROBE trap {signal} 5 & wait; wait")
}

/// Whether a signal to the init reaches its grandchild.
fn reaches_the_group(launch: Launch) {
    let mut running = launch.shell(&grandchild(libc::SIGTERM)).start().ready();
    running.signal(libc::SIGTERM);
    running.stdout.expect("got 15");
}

fn reaches_the_child_alone(launch: Launch) {
    let last = last_signal();
    let script = format!("trap 'echo shell; kill -{last} $!' TERM; $PROBE signals & wait; wait");
    let mut running = launch.shell(&script).start().ready();
    running.signal(libc::SIGTERM);
    assert_eq!([running.stdout.next(), running.stdout.next()], ["shell", &last.to_string()]);
}

/// Waits until the init has no child but its own.
fn has_reaped_all(running: &Running) {
    eventually_eq(1, || proc::children(running.pid).len());
}

/// Waits until the init is the parent of an orphan that was outside its group and session.
fn adopts_orphans(launch: Launch) {
    let mut running = launch.shell("(setsid sleep 1000 & echo $!); exec sleep 1000").start();
    let orphan = Pid::from_raw(running.stdout.next().parse().expect("a process ID"));
    eventually_eq(running.pid.to_string(), || proc::status(orphan, "PPid").expect("it runs"));
}

/// Text was asked for: it comes, and nothing else happens.
fn is_asked(init: &Init, arguments: &[&str]) -> Output {
    let output = init.says(arguments);
    assert_eq!(output.code(), 0, "{arguments:?}: {output:?}");
    assert!(!output.stdout.contains("started"), "{output:?}");
    output
}

/// A child that goes, and leaves a process behind that gets `expected` and nothing else.
fn leaves_behind(init: &Init, options: &[&str], expected: &[i32]) {
    let script = "trap 'exit 7' USR1; $PROBE signals & while :; do wait; done";
    let launch = init.launch(Position::Outside, options);
    // With -c the child may lead a group by its own doing.
    let command: &[_] = if options == ["-c"] { &["setsid", "sh"] } else { &["sh"] };
    let mut running = launch.command(command).args(["-c", script]).start().ready();
    let survivor = below(running.pid, "probe");
    harness::send(running.child(), libc::SIGUSR1);
    assert_eq!(running.code(), 7);
    harness::send(survivor, last_signal());
    for signal in expected.iter().chain([&last_signal()]) {
        assert_eq!(running.stdout.next(), signal.to_string());
    }
    harness::send(survivor, libc::SIGKILL);
}
