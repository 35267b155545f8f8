//! Starting a program, from a caller whose state the test chooses.

use super::leftovers::{self, Mark};
use super::namespace::Namespace;
use super::streams::Streams;
use super::terminal::Terminal;
use super::{
    Lines, Output, Position, Running, fork_is_child, fork_until_exec_is_child, probe, subject,
    wait_to_be_killed,
};
use nix::libc;
use nix::unistd::{Pid, geteuid};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// A program about to be started by a caller whose state the test chooses.
pub struct Launch {
    position: Position,
    mark: Option<Mark>,
    path: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    setup: Vec<Box<dyn Fn()>>,
    terminal: bool,
    empty_argv: bool,
}

impl Launch {
    /// The init under test, to run in `position`.
    pub fn init(position: Position) -> Self {
        Self::program(position, subject()).args(std::env::var_os("RINIT_TEST_OPTION"))
    }

    /// Any program, to run in `position`.
    pub fn program(position: Position, program: impl Into<OsString>) -> Self {
        let environment = std::env::vars_os().filter(|(name, _)| !is_for_init(name)).collect();
        let mark = Mark::new();
        let value = mark.value().to_owned();
        let path = program.into();
        let launch = Self {
            position,
            mark: Some(mark),
            arguments: vec![path.clone()],
            path,
            environment,
            setup: vec![],
            terminal: false,
            empty_argv: false,
        };
        launch.env(leftovers::VARIABLE, value)
    }

    /// The probe, to run in the PID namespace of another process, as what `podman exec` starts does.
    pub fn probe_inside(init: Pid, arguments: &[&str]) -> Self {
        let user: &[&str] = if geteuid().is_root() { &[] } else { &["--user", "--preserve-credentials"] };
        Self::program(Position::Outside, "/usr/bin/nsenter")
            .args(["--target", &init.to_string(), "--pid", "--mount"])
            .args(user)
            .probe(arguments)
    }

    /// What the program leaves behind belongs to another, such as a container engine, and is not ended with it.
    pub fn leaving_others(mut self) -> Self {
        self.mark = None;
        self.environment.retain(|(name, _)| name != leftovers::VARIABLE);
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Adds `--` and a command.
    pub fn command<A: AsRef<OsStr>>(self, command: impl IntoIterator<Item = A>) -> Self {
        self.args(["--"]).args(command)
    }

    /// Adds `--` and the probe with these arguments.
    pub fn probe(self, arguments: &[&str]) -> Self {
        self.args([OsStr::new("--"), &probe()]).args(arguments)
    }

    /// Adds `--` and a shell script.
    pub fn shell(self, script: &str) -> Self {
        self.command(["sh", "-c", script])
    }

    /// Calls the program by this name, and not by its path: how long that is counts for some figures.
    pub fn called(mut self, name: &str) -> Self {
        self.arguments[0] = name.into();
        self
    }

    /// Passes no argument, not even the program's name.
    pub fn empty_argv(mut self) -> Self {
        self.empty_argv = true;
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Leaves no environment variable.
    pub fn no_environment(mut self) -> Self {
        self.environment.clear();
        self
    }

    /// Does something in the calling process right before it executes the program. This is between
    /// fork and exec of a program with threads: system calls only, no allocation.
    pub fn caller(mut self, setup: impl Fn() + 'static) -> Self {
        self.setup.push(Box::new(setup));
        self
    }

    /// Runs the program on a terminal of its own, whose session it leads.
    pub fn on_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// The caller has no capability to signal other users' processes, capabilities(7).
    pub fn without_kill(self) -> Self {
        const CAP_KILL: libc::c_ulong = 5; // linux/capability.h
        self.caller(|| {
            // SAFETY: integers.
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) };
        })
    }

    /// The caller forks: what the test starts is the parent of what runs the program.
    pub fn with_parent(self) -> Self {
        self.caller(|| {
            if !fork_is_child() {
                wait_to_be_killed();
            }
        })
    }

    /// The caller has a child already, which waits to be killed.
    pub fn with_earlier_child(self) -> Self {
        let mark = self.mark.as_ref().map_or("", Mark::value);
        let mark = c_string(&join(leftovers::VARIABLE.as_ref(), mark.as_ref()));
        self.caller(move || {
            if fork_until_exec_is_child() {
                let argv = [c"sleep".as_ptr(), c"1000".as_ptr(), std::ptr::null()];
                let envp = [mark.as_ptr(), std::ptr::null()];
                execute(c"/bin/sleep", &argv, &envp);
            }
        })
    }

    /// Starts the program.
    pub fn start(self) -> Running {
        let path = c_string(&self.path);
        let arguments: Vec<_> = self.arguments.iter().map(|argument| c_string(argument)).collect();
        let variables: Vec<_> =
            self.environment.iter().map(|(name, value)| c_string(&join(name, value))).collect();
        let argv = pointers(if self.empty_argv { &[] } else { &arguments });
        let envp = pointers(&variables);

        let namespace = Namespace::of(self.position);
        let (terminal, streams) = if self.terminal {
            let (terminal, slave) = Terminal::open();
            (Some(terminal), Streams::terminal(&slave))
        } else {
            (None, Streams::pipes())
        };

        let flags = namespace.flags.bits() | libc::SIGCHLD;
        // SAFETY: a fork. The child below makes system calls and executes.
        let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
        assert!(pid >= 0, "clone: {}", std::io::Error::last_os_error());
        if pid == 0 {
            namespace.enter();
            streams.take(self.terminal);
            self.setup.iter().for_each(|setup| setup());
            execute(&path, &argv, &envp);
        }
        let output = match &terminal {
            Some(terminal) => [Lines::read(terminal.reader()), Lines::read(std::io::empty())],
            None => streams.into_lines(),
        };
        // With PID 1 of a namespace the kernel ends all that are in it.
        let mark = self.mark.filter(|_| self.position == Position::Outside);
        Running::new(Pid::from_raw(pid as i32), output, terminal, mark)
    }

    /// Runs the program to its end.
    pub fn output(self) -> Output {
        let mut running = self.start();
        let end = running.wait();
        Output { end, stdout: running.stdout.rest(), stderr: running.stderr.rest() }
    }
}

fn is_for_init(name: &OsStr) -> bool {
    ["RINIT_", "TINI_", "DUMB_INIT_"].iter().any(|prefix| name.as_bytes().starts_with(prefix.as_bytes()))
}

fn c_string(bytes: &OsStr) -> CString {
    CString::new(bytes.as_bytes()).expect("no NUL in it")
}

fn join(name: &OsStr, value: &OsStr) -> OsString {
    let mut joined = name.to_owned();
    joined.push("=");
    joined.push(value);
    joined
}

/// execve(2), in the child. The arrays are those of [`pointers`] of strings that are alive.
fn execute(path: &CStr, argv: &[*const libc::c_char], envp: &[*const libc::c_char]) -> ! {
    // SAFETY: null-terminated arrays of C strings.
    unsafe {
        libc::execve(path.as_ptr(), argv.as_ptr(), envp.as_ptr());
        libc::_exit(121)
    }
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect()
}
