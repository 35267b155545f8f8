//! A user at an interactive shell: what is typed, and how the job is then.

use super::terminal::Terminal;
use super::{Launch, Position, Running, below, eventually, eventually_eq, must, probe, proc, send, subject};
use nix::libc::{self, c_int};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// bash as a user has it, without anybody's settings.
pub const BASH: [&str; 5] = ["bash", "--norc", "--noprofile", "--noediting", "-i"];

/// An interactive shell on a terminal of its own, without a prompt: bash or dash.
pub fn interactive(shell: &str) -> Launch {
    interactive_as(Position::Outside, shell)
}

/// The same, as PID 1 if it is to be that.
pub fn interactive_as(position: Position, shell: &str) -> Launch {
    let options = if shell == "bash" { &BASH[1..] } else { &["-i"] };
    let launch = Launch::program(position, format!("/bin/{shell}")).args(options);
    launch.env("PS1", "").env("HISTFILE", "").on_terminal()
}

/// A shell that reads commands, with an init and a program for it as `$RINIT` and `$PROBE`.
pub fn shell(name: &str) -> Running {
    let mut shell = interactive(name).env("RINIT", subject()).env("PROBE", probe()).start();
    shell.type_in("echo shell $$\n");
    shell.stdout.expect(&format!("shell {}", shell.pid));
    shell
}

/// Waits until the shell has given the terminal to its job, which may have begun before that.
pub fn job_has_terminal(shell: &Running) {
    eventually("the job in the foreground", || (shell.terminal().foreground() != shell.pid).then_some(()));
}

/// Waits until timeout(1) waits, below the shell: before that it does not know its own child yet, and exits at a
/// signal.
pub fn timeout_waits(shell: &Running) {
    let timeout = below(shell.pid, "timeout");
    eventually_eq(Some(libc::SYS_rt_sigsuspend), || proc::system_call(timeout));
}

/// In all shells at the same time; a test fails if one of them does.
pub fn in_each(shells: &[&str], test: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for shell in shells {
            let test = &test;
            scope.spawn(move || test(shell));
        }
    });
}

/// How the shell's prompt begins, a line of its own; `$?` follows.
pub const PROMPT: &str = "? ";

/// How what the shell says of its first job begins.
pub const JOB: &str = "[1]";

/// What happens.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// A line is typed; `{child}` in it is the child's process ID, and `{init}` that of the init in
    /// front of it, or if there is none the child's as well.
    Line(&'static str),
    /// A key is typed.
    Key(&'static str),
    /// `jobs` is typed until the shell, which learns of its jobs a little later, says this.
    Jobs(&'static str),
    /// Another process sends the child a signal.
    Send(c_int),
    /// The terminal hangs up, as when its window is closed.
    HangUp,
    /// Other programs run for a while, and the init does not.
    Idle,
}

/// How the child is then, and the init with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// It runs and has the terminal.
    Foreground,
    /// It runs, and it or the init has the terminal: bash may give it to the init, once more, when the
    /// child has begun.
    ForegroundJob,
    /// It runs, and if there is a shell that has the terminal.
    Background,
    /// It is stopped, and if there is a shell that has the terminal.
    Stopped,
    /// One of it and the init is stopped and the other runs, and the shell has the terminal.
    Apart,
    /// It is no more, and if there is a shell that has the terminal.
    Gone,
}

/// What happens, lines that begin like this in any order, and how it is then.
pub type Step = (Act, &'static [&'static str], Now);

/// A shell on a terminal, and the user who types there.
pub struct Session {
    running: Running,
    name: String,
    /// This shell and those that were started in it.
    shells: Vec<Pid>,
    child: Pid,
    init: Pid,
    _programs: tempfile::TempDir,
}

impl Session {
    /// Starts a shell to which `$RINIT` is `init`, in a folder of these programs, by name and text.
    pub fn start(shell: &str, init: &OsStr, texts: &[(&str, &str)]) -> Self {
        let programs = tempfile::tempdir().expect("a folder");
        for (name, text) in texts {
            std::fs::write(programs.path().join(name), text).expect("a file");
        }
        let folder = programs.path().to_owned();
        let running = interactive(shell)
            .caller(move || must(nix::unistd::chdir(&folder)))
            .caller(|| must(setrlimit(Resource::RLIMIT_CORE, 0, 0))) // the shell would speak of cores
            .env("PS1", format!("{PROMPT}$?\n"))
            .env("RINIT", init)
            .env("TINI_SUBREAPER", "1") // without it tini warns
            .start();
        let name = format!("{shell} {}", if init.is_empty() { "without" } else { "with" });
        let pid = running.pid;
        let mut session =
            Self { running, name, shells: vec![pid], child: pid, init: pid, _programs: programs };
        session.lines(&[PROMPT]);
        session
    }

    /// Plays a step; returns the lines that came.
    pub fn play(&mut self, (act, awaited, now): &Step) -> Vec<String> {
        eprintln!("{}: {act:?}", self.name);
        let lines = match act {
            Act::Line(line) => {
                let line = line.replace("{child}", &self.child.to_string());
                self.type_in(&(line.replace("{init}", &self.init.to_string()) + "\n"));
                self.lines(awaited)
            }
            Act::Key(key) => {
                self.type_in(key);
                self.lines(awaited)
            }
            Act::Jobs(state) => self.jobs_until(state),
            Act::Send(signal) => {
                send(self.child, *signal);
                self.lines(awaited)
            }
            Act::HangUp => {
                self.running.hang_up();
                vec![]
            }
            Act::Idle => {
                self.init_is_idle();
                vec![]
            }
        };
        eprintln!("{}: {lines:?}, to be {now:?}", self.name);
        eventually_eq(Ok(*now), || match self.now() {
            Ok(Now::Foreground) if *now == Now::ForegroundJob => Ok(Now::ForegroundJob),
            seen => seen,
        });
        lines
    }

    fn type_in(&self, text: &str) {
        self.running.terminal.as_ref().expect("it has a terminal").type_in(text);
    }

    /// The lines up to where all that is awaited has come. The shell says of a job in the background
    /// that it has changed at whatever prompt comes next, so that counts only if it is awaited.
    fn lines(&mut self, awaited: &[&str]) -> Vec<String> {
        let mut missing = awaited.to_vec();
        let mut lines = vec![];
        while !missing.is_empty() {
            let mut line = self.running.stdout.next();
            if let Some(pid) = line.strip_prefix("ready ") {
                self.is_ready(Pid::from_raw(pid.parse().expect("a process ID")));
                line = "ready".into();
            } else if let Some(pid) = line.strip_prefix("shell ") {
                self.shells.push(Pid::from_raw(pid.parse().expect("a process ID")));
                line = "shell".into();
            }
            missing.retain(|part| !line.starts_with(part));
            lines.push(line);
        }
        lines.retain(|line| !line.is_empty());
        lines.retain(|line| !line.starts_with(JOB) || awaited.contains(&JOB));
        lines.sort();
        lines
    }

    fn is_ready(&mut self, child: Pid) {
        let subject = subject(); // and options of it, perhaps
        let subject = subject.to_str().and_then(|words| words.split_whitespace().next());
        let subject = subject.and_then(|path| Path::new(path).file_name()?.to_str());
        let leader = getpgid(Some(child)).unwrap_or(child);
        let mut parents = [child, leader].into_iter().filter_map(proc::parent);
        let init = parents.find(|pid| proc::name(*pid).as_deref() == subject);
        self.shells.retain(|shell| *shell != child);
        (self.child, self.init) = (child, init.unwrap_or(child));
    }

    fn jobs_until(&mut self, state: &str) -> Vec<String> {
        eventually(&format!("{}: jobs that are {state}", self.name), || {
            // bash now and then misses that a job has stopped until another program ends.
            self.type_in("/bin/true; jobs\n");
            let mut lines = self.lines(&[JOB, PROMPT]);
            lines.retain(|line| line.contains(state));
            lines.dedup(); // the shell may have been about to say so by itself
            Some(lines).filter(|lines| !lines.is_empty())
        })
    }

    fn init_is_idle(&self) {
        let ran = || {
            let fields = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
            (proc::state(self.init) != Some('R')).then(|| fields.map(|field| proc::status(self.init, field)))
        };
        eventually("an idle init", || {
            let before = ran()?;
            // Looked at again and again: one that is busy sleeps now and then as well.
            let is_as_before = |_| {
                assert!(Command::new("true").status().expect("it is there").success());
                ran().as_ref() == Some(&before)
            };
            (0..100).all(is_as_before).then_some(())
        });
    }

    /// How the child is, or in which way it is none of that.
    fn now(&self) -> Result<Now, String> {
        let foreground = self.running.terminal.as_ref().map(Terminal::foreground);
        let foreground = foreground.filter(|group| group.as_raw() > 0);
        let is_shells = foreground.is_none_or(|group| self.shells.contains(&group));
        let states = [self.child, self.init].map(|pid| proc::state(pid).unwrap_or('Z'));
        let [has, init_has] =
            [self.child, self.init].map(|pid| foreground.is_some() && getpgid(Some(pid)).ok() == foreground);
        match states {
            ['Z', 'Z'] if is_shells => Ok(Now::Gone),
            ['T', 'T'] if is_shells => Ok(Now::Stopped),
            ['R' | 'S', 'T'] | ['T', 'R' | 'S'] if is_shells => Ok(Now::Apart),
            ['R' | 'S', 'R' | 'S'] if is_shells => Ok(Now::Background),
            ['R' | 'S', 'R' | 'S'] if has => Ok(Now::Foreground),
            ['R' | 'S', 'R' | 'S'] if init_has => Ok(Now::ForegroundJob),
            _ => Err(format!(
                "child {} {}, init {} {}, shells {:?}, foreground {foreground:?}",
                self.child, states[0], self.init, states[1], self.shells
            )),
        }
    }
}

/// The shell may be gone, and its jobs not.
impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: left as {:?}", self.name, self.now());
        }
        // The child may lead a session of its own.
        for pid in [self.running.pid, self.child].into_iter().flat_map(proc::of_session) {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}
