//! A container whose client runs in the foreground, as the test's child.

use super::engine::{Engine, Offers, Order};
use crate::support::command::run;
use crate::support::{Launch, Position, Running, eventually, eventually_eq, proc, subject};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

/// The text that the shell prints before the exit code.
const EXIT_CODE: &str = "exited with ";

/// A container that ends with the test that started it.
pub(super) struct Attached<'a> {
    engine: &'a dyn Engine,
    name: String,
    client: Running,
}

impl<'a> Attached<'a> {
    /// Runs the container, and waits until the program has printed `ready`.
    pub(super) fn start(engine: &'a dyn Engine, order: &Order) -> Offers<Self> {
        let mut attached = Self::begin(engine, order, &engine.run(order)?);
        attached.expect("ready");
        Ok(attached)
    }

    /// Runs the container by this command, which is the engine's or starts the engine's.
    pub(super) fn begin(engine: &'a dyn Engine, order: &Order, command: &Command) -> Self {
        // The shell stays, because a terminal hangs up when the leader of its session has ended.
        let shell = ["-c", r#"trap : INT; "$@" 2>&1; echo "exited with $?"; read forever"#, "sh"];
        let launch = Launch::program(Position::Outside, "/bin/sh").args(shell).args(words(command));
        let launch = if order.terminal { launch.on_terminal() } else { launch }.leaving_others();
        Self { engine, name: order.name.clone(), client: launch.start() }
    }

    /// Reads the output up to this line.
    pub(super) fn expect(&mut self, line: &str) {
        self.client.stdout.expect(line);
    }

    /// Reads the output up to a line that has this text in it, and returns the line.
    pub(super) fn expect_part(&mut self, part: &str) -> String {
        self.client.stdout.expect_part(part)
    }

    pub(super) fn type_in(&self, text: &str) {
        self.client.type_in(text);
    }

    pub(super) fn resize(&self, rows: u16, columns: u16) {
        self.client.terminal().resize(rows, columns);
    }

    /// Waits for the client's end, and returns its exit code, which is the container's.
    pub(super) fn exit_code(&mut self) -> i32 {
        let line = self.client.stdout.expect_part(EXIT_CODE);
        line.trim_start_matches(EXIT_CODE).parse().expect("an exit code is a number")
    }

    pub(super) fn pid_1(&self) -> Pid {
        eventually("PID 1", || self.engine.pid_1(&self.name, self.client.pid))
    }

    /// The name and the PID 1 by which another container can join this one.
    pub(super) fn to_join(&self) -> (String, Pid) {
        (self.name.clone(), self.pid_1())
    }

    /// Has the engine stop the container, and returns the exit code.
    pub(super) fn stop(&mut self) -> i32 {
        run(self.engine.stop(&self.name, self.client.pid));
        self.exit_code()
    }

    /// Runs a shell's commands in the container.
    pub(super) fn execute(&self, commands: &str) -> Offers<String> {
        self.engine.execute(&self.name, commands).map(run)
    }

    pub(super) fn is_healthy(&self) -> Offers<bool> {
        self.engine.is_healthy(&self.name)
    }

    /// Checks that the container's PID 1 is the init under test.
    pub(super) fn has_rinit_as_pid_1(&self) {
        is_rinit_as_pid_1(self.pid_1());
    }

    /// Checks that the container's PID 1 reaps the orphan.
    pub(super) fn reaps_its_orphan(&self) {
        reaps_its_orphan(self.pid_1());
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.engine.remove(&self.name);
    }
}

/// Checks that a process is PID 1 of its namespace, and the init under test.
pub(super) fn is_rinit_as_pid_1(pid: Pid) {
    let ids = proc::status(pid, "NSpid").expect("it runs");
    assert_eq!(ids.split_whitespace().last(), Some("1"), "NSpid: {ids}");
    let program = fs::read(format!("/proc/{pid}/exe")).expect("read its program");
    assert!(program == fs::read(subject()).expect("read the init"), "PID 1 is not rinit");
}

/// Kills the orphan, a child of PID 1 with the name `sleep`, as soon as there is one, and waits until it has
/// been reaped.
pub(super) fn reaps_its_orphan(init: Pid) {
    let orphan = eventually("an orphan", || {
        let mut children = proc::children(init).into_iter();
        children.find(|child| proc::name(*child).as_deref() == Some("sleep"))
    });
    kill(orphan, Signal::SIGKILL).expect("kill it");
    eventually_eq(None, || proc::state(orphan));
}

/// Returns the command as arguments. env(1) sets the variables and finds the program.
pub(super) fn words(command: &Command) -> Vec<OsString> {
    let variables = command.get_envs().map(|(name, value)| {
        let mut assignment = name.to_owned();
        assignment.push("=");
        assignment.push(value.expect("none is removed"));
        assignment
    });
    let program = [command.get_program()].into_iter().chain(command.get_args()).map(OsString::from);
    [OsString::from("/usr/bin/env")].into_iter().chain(variables).chain(program).collect()
}
