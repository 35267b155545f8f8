//! No wait is without a bound and none is deaf: whatever /proc is like, whatever the survivors do, whatever
//! calls are refused, and whoever does not read what is said.

mod asked;
mod bombs;
mod looks;
pub mod refused;
mod undead;
mod unread;

use crate::harness;
use crate::harness::{Launch, Position, Running, eventually_eq, proc, send, subject};
use nix::libc;
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// What the child exits with.
const CODE: i32 = 7;

/// An init in a PID namespace of the test's own: as PID 1 there, or, as a subreaper, below a PID 1 that stays
/// when the init has ended.
pub struct Init {
    /// PID 1 of the namespace.
    running: Running,
    pub pid: Pid,
    pub position: Position,
}

/// What is to be started in a PID namespace of the test's own.
pub struct Inside<'a> {
    pub position: Position,
    /// A script that PID 1 runs before the init is started.
    pub before: &'a str,
    pub options: &'a [&'a str],
    /// Commands that the child starts in the background; `$PROBE` is the probe.
    pub survivors: &'a str,
}

impl Inside<'_> {
    fn launch(&self) -> Launch {
        let init = match self.position {
            Position::Pid1 => r#"exec "$@""#,
            Position::Outside => r#""$@"; echo ended $?; exec sleep 1000"#,
        };
        let child = format!("trap 'exit {CODE}' USR1\n{}\nwhile :; do wait; done", self.survivors);
        Launch::program(Position::Pid1, "/bin/sh")
            .args(["-c", &format!("{}\n{init}", self.before), "sh"])
            .args([subject()])
            .args(std::env::var_os("RINIT_TEST_OPTION"))
            .args(self.options)
            .env("PROBE", harness::probe())
            .shell(&child)
    }

    /// Starts it, and waits until `count` survivors have said `ready`.
    pub fn start(&self, count: usize) -> Init {
        Init::of(self.position, self.launch(), count)
    }
}

impl Init {
    fn of(position: Position, launch: Launch, count: usize) -> Self {
        let mut running = launch.start();
        (0..count).for_each(|_| running.stdout.expect("ready"));
        let pid = match position {
            Position::Pid1 => running.pid,
            Position::Outside => running.child(),
        };
        Self { running, pid, position }
    }

    fn child_exits(&self) {
        send(self.pid, libc::SIGUSR1);
    }

    /// Waits for its end; returns the exit code.
    fn code(&mut self) -> i32 {
        match self.position {
            Position::Pid1 => self.running.code(),
            Position::Outside => {
                let end = self.running.stdout.expect_part("ended ");
                end.trim_start_matches("ended ").parse().expect("a code")
            }
        }
    }

    /// How long it takes from the child's exit on to its own end.
    pub fn takes(&mut self) -> Duration {
        let start = Instant::now();
        self.child_exits();
        assert_eq!(self.code(), CODE);
        start.elapsed()
    }

    /// All that were below the init are gone, or zombies that PID 1 of the namespace has not collected.
    pub fn nobody_is_left(&self) {
        let is_alive = |pid: &Pid| proc::state(*pid).is_some_and(|state| !"ZX".contains(state));
        eventually_eq(vec![], || {
            let left = proc::descendants(self.running.pid).into_iter().filter(is_alive);
            left.map(|pid| (pid, proc::name(pid), proc::state(pid))).collect()
        });
    }
}

/// What an init takes, without that for which the machine has left it waiting: others on the machine can only
/// add to the time, so that one run within the bound shows that the init is. Each run asserts all the rest.
fn is_within(bound: Duration, mut run: impl FnMut() -> Duration) {
    const RUNS: usize = 3;
    let mut took = vec![];
    while took.last().is_none_or(|last| *last > bound) {
        assert!(took.len() < RUNS, "took {took:?}, and {bound:?} was wanted");
        took.push(run());
        eprintln!("{:?}", took.last());
    }
}
