//! Starts the init under test, as PID 1 of a fresh PID namespace and outside one, and watches it.
//!
//! The init is the release binary of this checkout, or what `RINIT_UNDER_TEST` names; an option that it is
//! to have in each test is in `RINIT_TEST_OPTION`. A test acts once the child has said `ready`, and waits
//! with a deadline, never for a length of time.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod cgroup;
pub mod folder;
pub mod proc;
pub mod terminal;
pub mod trace;

use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid, getgid, getuid};
use std::ffi::{CString, OsStr, OsString, c_int};
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take on a slow and busy machine. `RINIT_TEST_DEADLINE` makes it fewer seconds for
/// inits of which some tests are expected to fail, by waiting for what never comes.
fn deadline() -> Duration {
    let seconds = std::env::var("RINIT_TEST_DEADLINE");
    Duration::from_secs(seconds.map_or(30, |seconds| seconds.parse().expect("a number of seconds")))
}

/// Where the init under test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As PID 1 of a PID namespace of its own, with a `/proc` of its own.
    Pid1,
    /// As any process.
    Outside,
}

/// Runs a test in both places, or in the one that `RINIT_TEST_PLACE` names.
pub fn everywhere(test: impl Fn(Place)) {
    let only = std::env::var("RINIT_TEST_PLACE");
    for place in [Place::Pid1, Place::Outside] {
        if only.as_ref().is_ok_and(|only| *only != format!("{place:?}")) {
            continue;
        }
        eprintln!("place: {place:?}");
        test(place);
    }
}

/// The init under test.
pub fn subject() -> OsString {
    match std::env::var_os("RINIT_UNDER_TEST") {
        Some(path) => path,
        None => release_binary().into(),
    }
}

/// The binary that ships, built now if it is not up to date.
pub fn release_binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(&["--release", "--bin", "rinit"]).join("release/rinit")).clone()
}

/// The folder of the names that make rinit another init: links to the binary that ships.
pub fn names() -> PathBuf {
    const NAMES: [&str; 7] =
        ["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init", "pause"];
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("names");
    std::fs::create_dir_all(&folder).expect("a folder below target");
    for name in NAMES {
        // Another test may be making the same.
        let made = std::os::unix::fs::symlink(release_binary(), folder.join(name));
        assert!(made.is_ok() || folder.join(name).exists(), "{name}: {made:?}");
    }
    folder
}

/// The unoptimised binary.
pub fn debug_binary() -> PathBuf {
    build(&["--bin", "rinit"]).join("debug/rinit")
}

/// The program that tests run under the init: see `probe.rs`.
pub fn probe() -> OsString {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(&["--example", "probe"]).join("debug/examples/probe")).clone().into()
}

/// Builds with cargo; answers the target folder, which holds this test's own program.
fn build(arguments: &[&str]) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .args(arguments)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo build {arguments:?}: {status}");
    let program = std::env::current_exe().expect("this program has a name");
    program.ancestors().nth(3).expect("target/PROFILE/deps/TEST").to_owned()
}

/// Whether the test may go on: not without root.
pub fn is_root_or_skip(why: &str) -> bool {
    geteuid().is_root() || skip(&format!("root: {why}"))
}

/// Says on the terminal, past the test runner's capture, that a test lacks something. In CI it fails.
pub fn skip(what: &str) -> bool {
    assert!(std::env::var_os("CI").is_none(), "CI has to run this, which needs {what}");
    let _ = nix::unistd::write(std::io::stderr(), format!("\nSKIPPED: needs {what}\n").as_bytes());
    false
}

/// A program about to be started by a caller whose state the test chooses.
pub struct Launch {
    place: Place,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    setup: Vec<Box<dyn Fn()>>,
    terminal: bool,
    empty_argv: bool,
}

impl Launch {
    /// The init under test, to run in `place`.
    pub fn init(place: Place) -> Self {
        Self::program(place, subject()).args(std::env::var_os("RINIT_TEST_OPTION"))
    }

    /// Any program, to run in `place`.
    pub fn program(place: Place, program: impl Into<OsString>) -> Self {
        let environment = std::env::vars_os().filter(|(name, _)| !is_for_init(name)).collect();
        let arguments = vec![program.into()];
        Self { place, arguments, environment, setup: vec![], terminal: false, empty_argv: false }
    }

    /// The probe, to run in the PID namespace of another process, as what `podman exec` starts does.
    pub fn probe_inside(init: Pid, arguments: &[&str]) -> Self {
        let user: &[&str] = if geteuid().is_root() { &[] } else { &["--user", "--preserve-credentials"] };
        Self::program(Place::Outside, "/usr/bin/nsenter")
            .args(["--target", &init.to_string(), "--pid", "--mount"])
            .args(user)
            .probe(arguments)
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

    /// The caller has no right to signal other users' processes, capabilities(7).
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
                loop {
                    nix::unistd::pause();
                }
            }
        })
    }

    /// The caller has a child already, which waits to be killed.
    pub fn with_earlier_child(self) -> Self {
        self.caller(|| {
            if fork_is_child() {
                loop {
                    nix::unistd::pause();
                }
            }
        })
    }

    /// Starts the program.
    pub fn start(self) -> Running {
        let path = c_string(&self.arguments[0]);
        let arguments: Vec<_> = self.arguments.iter().map(|argument| c_string(argument)).collect();
        let variables: Vec<_> =
            self.environment.iter().map(|(name, value)| c_string(&join(name, value))).collect();
        let argv = pointers(if self.empty_argv { &[] } else { &arguments });
        let envp = pointers(&variables);

        let namespace = Namespace::of(self.place);
        let (terminal, streams) = if self.terminal {
            let (terminal, slave) = terminal::Terminal::open();
            let streams = [(); 3].map(|()| slave.try_clone().expect("a descriptor"));
            (Some(terminal), Streams { child: streams, readers: vec![] })
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
            // SAFETY: null-terminated arrays of C strings that are alive.
            unsafe {
                libc::execve(path.as_ptr(), argv.as_ptr(), envp.as_ptr());
                libc::_exit(121)
            }
        }
        let [stdout, stderr] = match &terminal {
            Some(terminal) => [Lines::read(terminal.reader()), Lines::read(std::io::empty())],
            None => streams.into_lines(),
        };
        Running { pid: Pid::from_raw(pid as i32), stdout, stderr, terminal, status: None }
    }

    /// Runs the program to its end.
    pub fn output(self) -> Output {
        let mut running = self.start();
        let status = running.wait();
        Output { status, stdout: running.stdout.rest(), stderr: running.stderr.rest() }
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

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect()
}

/// The namespaces that a place asks for: with a user namespace if the test is not run by root.
struct Namespace {
    flags: CloneFlags,
    maps: [(&'static str, String); 3],
}

impl Namespace {
    fn of(place: Place) -> Self {
        let mut flags = CloneFlags::empty();
        if place == Place::Pid1 {
            flags |= CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
            if !geteuid().is_root() {
                flags |= CloneFlags::CLONE_NEWUSER;
            }
        }
        let maps = [
            ("/proc/self/setgroups", "deny".into()),
            ("/proc/self/uid_map", format!("0 {} 1", getuid())),
            ("/proc/self/gid_map", format!("0 {} 1", getgid())),
        ];
        Self { flags, maps }
    }

    /// In the child: system calls only.
    fn enter(&self) {
        if self.flags.contains(CloneFlags::CLONE_NEWUSER) {
            for (path, map) in &self.maps {
                let mode = nix::sys::stat::Mode::empty();
                let file = must(nix::fcntl::open(*path, nix::fcntl::OFlag::O_WRONLY, mode));
                must(nix::unistd::write(file, map.as_bytes()));
            }
        }
        if self.flags.contains(CloneFlags::CLONE_NEWNS) {
            use nix::mount::{MsFlags, mount};
            must(mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>));
            must(mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>));
        }
    }
}

/// Ends a forked child that cannot go on.
pub fn must<T, E>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        // SAFETY: it does not return.
        Err(_) => unsafe { libc::_exit(120) },
    }
}

/// fork(2) for [`Launch::caller`], whether it is the child that goes on. The C library's own takes locks
/// that another thread may have held.
pub fn fork_is_child() -> bool {
    // SAFETY: both processes make system calls only.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    must(if pid < 0 { Err(()) } else { Ok(pid == 0) })
}

/// setuid(2) for [`Launch::caller`]. The C library's own waits for the other threads to follow, of which
/// a forked child has none, and now and then waits for ever.
pub fn set_user(user: u32) {
    // SAFETY: an integer.
    must(match unsafe { libc::syscall(libc::SYS_setuid, user) } {
        0 => Ok(()),
        _ => Err(()),
    });
}

/// The child's ends of its standard streams, and the test's.
struct Streams {
    child: [OwnedFd; 3],
    readers: Vec<OwnedFd>,
}

impl Streams {
    fn pipes() -> Self {
        let null = File::open("/dev/null").expect("/dev/null").into();
        let (stdout_reader, stdout) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        let (stderr_reader, stderr) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        Self { child: [null, stdout, stderr], readers: vec![stdout_reader, stderr_reader] }
    }

    /// In the child: system calls only. What the Rust test runner changed is put back.
    fn take(&self, terminal: bool) {
        if terminal {
            must(nix::unistd::setsid());
            // SAFETY: an ioctl with an integer.
            unsafe { libc::ioctl(self.child[0].as_raw_fd(), libc::TIOCSCTTY, 0) };
        }
        for (number, stream) in self.child.iter().enumerate() {
            // SAFETY: two descriptors; dup2 clears close-on-exec.
            unsafe { libc::dup2(stream.as_raw_fd(), number as c_int) };
        }
        // SAFETY: the default action is no function of ours.
        must(unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) });
    }

    fn into_lines(self) -> [Lines; 2] {
        let mut readers = self.readers.into_iter().map(|reader| Lines::read(File::from(reader)));
        [(); 2].map(|()| readers.next().expect("two pipes"))
    }
}

/// Lines of output as they come.
#[derive(Debug)]
pub struct Lines {
    receiver: Receiver<Vec<u8>>,
    seen: Vec<String>,
}

impl Lines {
    fn read(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            // A terminal whose other end has closed gives EIO; that is its end.
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { receiver, seen: vec![] }
    }

    fn keep(&mut self, line: &[u8]) -> String {
        let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        self.seen.push(line.clone());
        line
    }

    /// The next line, or `None` at the end.
    pub fn next_or_end(&mut self) -> Option<String> {
        match self.receiver.recv_timeout(deadline()) {
            Ok(line) => Some(self.keep(&line)),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line came; seen: {:#?}", self.seen),
        }
    }

    /// The next line, if one comes in this time.
    pub fn next_within(&mut self, time: Duration) -> Option<String> {
        let line = self.receiver.recv_timeout(time).ok()?;
        Some(self.keep(&line))
    }

    /// The next line.
    pub fn next(&mut self) -> String {
        self.next_or_end().unwrap_or_else(|| panic!("the output ended; seen: {:#?}", self.seen))
    }

    /// Reads until this very line.
    pub fn expect(&mut self, line: &str) {
        while self.next() != line {}
    }

    /// Reads until a line with this in it, and answers the line.
    pub fn expect_part(&mut self, part: &str) -> String {
        loop {
            let line = self.next();
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The lines up to the end.
    pub fn rest(&mut self) -> String {
        std::iter::from_fn(|| self.next_or_end()).map(|line| line + "\n").collect()
    }
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Output {
    pub status: WaitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The exit code; a signal that killed the program is not one.
    pub fn code(&self) -> i32 {
        code(self.status)
    }
}

/// The exit code in a wait status.
pub fn code(status: WaitStatus) -> i32 {
    match status {
        WaitStatus::Exited(_, code) => code,
        other => panic!("no exit code: {other:?}"),
    }
}

/// A program that was started; it is killed when this goes.
pub struct Running {
    /// Its process ID as the test sees it.
    pub pid: Pid,
    pub stdout: Lines,
    pub stderr: Lines,
    /// Its terminal, if it was started on one.
    pub terminal: Option<terminal::Terminal>,
    status: Option<WaitStatus>,
}

impl Running {
    /// Waits until the child has said `ready`; answers the running init.
    pub fn ready(mut self) -> Self {
        self.stdout.expect("ready");
        self
    }

    /// The init's only child, as the test sees it.
    pub fn child(&self) -> Pid {
        let children =
            eventually("a child", || Some(proc::children(self.pid)).filter(|children| !children.is_empty()));
        assert_eq!(children.len(), 1, "children of {}: {children:?}", self.pid);
        children[0]
    }

    /// Its terminal.
    pub fn terminal(&self) -> &terminal::Terminal {
        self.terminal.as_ref().expect("it was started on a terminal")
    }

    /// Types on its terminal.
    pub fn type_in(&self, text: &str) {
        self.terminal().type_in(text);
    }

    /// Sends a signal to the init by number, which real-time signals need.
    pub fn signal(&self, number: c_int) {
        send(self.pid, number);
    }

    /// Closes the other end of its terminal.
    pub fn hang_up(&mut self) {
        // Who reads there ends, with a descriptor of that end, when what it has read is wanted no more.
        self.stdout = Lines::read(std::io::empty());
        let terminal = format!("/proc/{}/fd/0", self.pid);
        let slave = OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(terminal);
        slave.and_then(|mut slave| slave.write_all(b"\n")).expect("the program has a terminal");
        self.terminal = None;
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> WaitStatus {
        if self.status.is_none() {
            self.status = Some(eventually(&format!("the end of {}", self.pid), || {
                match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)).expect("it is a child") {
                    WaitStatus::StillAlive => None,
                    status => Some(status),
                }
            }));
        }
        self.status.expect("just set")
    }

    /// Waits for the end; answers the exit code.
    pub fn code(&mut self) -> i32 {
        code(self.wait())
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        if self.status.is_none() {
            match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)).expect("it is a child") {
                WaitStatus::StillAlive => {}
                status => self.status = Some(status),
            }
        }
        self.status.is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_running() {
            let descendants = proc::descendants(self.pid);
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = waitpid(self.pid, None);
            for pid in descendants {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
    }
}

/// The nearest descendant of a process that has this name, as soon as there is one.
pub fn below(pid: Pid, name: &str) -> Pid {
    eventually(name, || {
        let mut descendants = proc::descendants(pid).into_iter();
        descendants.find(|pid| proc::name(*pid).as_deref() == Some(name))
    })
}

/// kill(2) by number.
pub fn send(pid: Pid, number: c_int) {
    // SAFETY: integers.
    let sent = unsafe { libc::kill(pid.as_raw(), number) };
    assert_eq!(sent, 0, "kill {pid} {number}: {}", std::io::Error::last_os_error());
}

/// Polls until there is an answer; after the deadline it fails and says what was waited for.
pub fn eventually<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + deadline();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Polls until `look` sees `expected`; after the deadline it shows what was seen last.
pub fn eventually_eq<T: PartialEq + Debug>(expected: T, mut look: impl FnMut() -> T) {
    let deadline = Instant::now() + deadline();
    loop {
        let seen = look();
        if seen == expected {
            return;
        }
        assert!(Instant::now() < deadline, "expected {expected:?}, last seen {seen:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
