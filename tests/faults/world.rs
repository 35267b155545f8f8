//! Where a run takes place: a PID namespace of its own, with rinit, and processes that are none of its business.

use super::child::{self, WORDS};
use super::harness::keep_as;
use super::modes::{Mode, Place, Starts};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};
use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What is in a file before --install replaces it.
const OLD: &[u8] = b"old";

fn permissions(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode()
}

/// The files of the runs of one worker, which come one after the other.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// One with the init under test, under its names, and with programs that can be executed and such that cannot.
    pub fn new(init: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["rinit", "tini", "dumb-init", "catatonit", "pause"] {
            symlink(init, at(name)).expect("a link");
        }
        let program = std::env::current_exe().expect("this program has a name");
        for name in ["bin", "closed", "installed"] {
            fs::create_dir(at(name)).expect("a folder");
        }
        symlink(program, at("bin/program")).expect("a link");
        let script = |name: &str, text: &str, mode: u32| {
            fs::write(at(name), text).expect("a file");
            fs::set_permissions(at(name), PermissionsExt::from_mode(mode)).expect("a file");
        };
        script("closed/program", "no program", 0o644);
        script("no-interpreter", "#!/no/such/interpreter\n", 0o755);
        script("script", "exit 7\n", 0o755);
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes what --install finds.
    pub fn prepare(&self, mode: &Mode) {
        for (path, ..) in self.installed() {
            fs::remove_file(path).expect("a file of its own");
        }
        if mode.finds_a_file {
            fs::write(self.path().join("installed/rinit"), OLD).expect("a file");
        }
    }

    /// What is wrong with what --install has left: a whole program, or all as it was unless it `succeeded`.
    /// A file beside it is left where rinit could not remove that.
    pub fn judge_installed(&self, mode: &Mode, succeeded: bool, can_remove: bool) -> Option<String> {
        let program = fs::read(self.path().join("rinit")).expect("the init under test");
        let is_whole = |(_, bytes, mode): &(_, Vec<u8>, u32)| *bytes == program && *mode == 0o100_755;
        let mut installed = self.installed();
        installed.retain(|(path, ..)| can_remove || path.ends_with("rinit"));
        let is_right = match installed.as_slice() {
            [] => !mode.finds_a_file && !succeeded,
            [file] if file.0.ends_with("rinit") => {
                is_whole(file) || mode.finds_a_file && !succeeded && file.1 == OLD
            }
            _ => false,
        };
        let left = || self.installed().into_iter().map(|(path, bytes, mode)| (path, bytes.len(), mode));
        (!is_right).then(|| format!("it leaves {:?}", left().collect::<Vec<_>>()))
    }

    /// The files in the folder that --install is given: what is in them, and the permissions.
    fn installed(&self) -> Vec<(PathBuf, Vec<u8>, u32)> {
        let entries = fs::read_dir(self.path().join("installed")).expect("a folder");
        let paths = entries.map(|entry| entry.expect("a file").path());
        paths.map(|path| (path.clone(), fs::read(&path).expect("a file"), permissions(&path))).collect()
    }

    fn name(&self, text: &str) -> CString {
        CString::new(text.replace('@', self.path().to_str().expect("a name of letters"))).expect("no NUL")
    }
}

/// A pipe, both of whose ends are closed by an exec; the one that is read does not wait.
fn pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).expect("a pipe");
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a descriptor");
    (reader, writer)
}

/// One of which both ends wait.
fn gate() -> (OwnedFd, OwnedFd) {
    pipe2(OFlag::O_CLOEXEC).expect("a pipe")
}

/// Waits for a byte, whatever interrupts that; none comes if the worker has ended.
fn is_let_through(gate: &OwnedFd) -> bool {
    loop {
        match read(gate, &mut [0]) {
            Err(Errno::EINTR) => {}
            result => return result == Ok(1),
        }
    }
}

/// A run's processes and descriptors.
pub struct World {
    /// PID 1 of the namespace, which is rinit or its parent.
    pub top: Pid,
    pub rinit: Pid,
    /// Whom rinit has no business with, and must not send a signal.
    pub bystanders: Vec<Pid>,
    /// What the child says.
    pub words: File,
    /// What rinit says.
    pub errors: File,
    /// The other end of its terminal.
    pub terminal: Option<File>,
    /// Kept open, so that rinit's standard input has no end.
    _input: OwnedFd,
    gate: OwnedFd,
}

/// What rinit gets, made before any process is.
struct Start {
    path: CString,
    argv: Vec<CString>,
    envp: Vec<CString>,
    terminal: Option<OwnedFd>,
    input: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
    words: OwnedFd,
    ready: OwnedFd,
    gate: OwnedFd,
}

impl World {
    /// One whose rinit waits at the gate, before its exec.
    pub fn new(mode: &Mode, folder: &Folder) -> Self {
        let (words, words_in) = pipe();
        let (errors, errors_in) = pipe();
        let (input_out, input) = gate();
        let (gate_out, gate_in) = gate();
        let (ready, ready_in) = gate();
        let terminal = mode.place.has_terminal().then(open_terminal);
        let (master, slave) = terminal.map_or((None, None), |(master, slave)| (Some(master), Some(slave)));
        let start = Start {
            path: folder.name(&format!("@/{}", mode.called)),
            argv: arguments(mode, folder),
            envp: environment(mode, folder),
            terminal: slave,
            input: input_out,
            output: errors_in.try_clone().expect("a descriptor"),
            errors: errors_in,
            words: words_in,
            ready: ready_in,
            gate: gate_out,
        };
        let top = clone_into_namespaces();
        if top == Pid::from_raw(0) {
            drop(gate_in);
            start.be_first(mode);
        }
        drop(start);
        assert!(is_let_through(&ready), "rinit's process is there");
        let rinit = if mode.place.is_init() { top } else { first_child(top) };
        let mut bystanders = bystanders(mode, top, &gate_in);
        if mode.place == Place::Job {
            bystanders.push(top);
        }
        Self {
            top,
            rinit,
            bystanders,
            words: words.into(),
            errors: errors.into(),
            terminal: master.map(File::from),
            _input: input,
            gate: gate_in,
        }
    }

    /// Lets rinit's process go on to its exec.
    pub fn open_gate(&self) {
        write(&self.gate, b"!").expect("it waits there");
    }
}

fn arguments(mode: &Mode, folder: &Folder) -> Vec<CString> {
    let mut words = vec![format!("@/{}", mode.called)];
    words.extend(mode.options.iter().map(|option| (*option).to_owned()));
    match mode.starts {
        Starts::Child(arguments) => {
            words.extend(["--".to_owned(), "@/bin/program".to_owned(), "child".to_owned()]);
            words.extend(arguments.iter().map(|word| (*word).to_owned()));
        }
        Starts::Command(command) => {
            words.push("--".to_owned());
            words.extend(command.iter().map(|word| (*word).to_owned()));
        }
        Starts::Nothing => {}
    }
    words.iter().map(|word| folder.name(word)).collect()
}

fn environment(mode: &Mode, folder: &Folder) -> Vec<CString> {
    let has_path = mode.environment.iter().any(|(name, _)| *name == "PATH");
    let path = (!has_path).then_some(("PATH", "/bin:/usr/bin"));
    let all = mode.environment.iter().copied().chain(path);
    all.map(|(name, value)| folder.name(&format!("{name}={value}"))).collect()
}

fn open_terminal() -> (OwnedFd, OwnedFd) {
    let pty = nix::pty::openpty(None, None).expect("a pty");
    for descriptor in [&pty.master, &pty.slave] {
        fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a descriptor");
    }
    fcntl(&pty.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("a descriptor");
    (pty.master, pty.slave)
}

/// fork(2) into new namespaces; this process has one thread.
fn clone_into_namespaces() -> Pid {
    let flags = (CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS).bits() | libc::SIGCHLD;
    // SAFETY: a fork of a process with one thread.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    assert!(pid >= 0, "clone: {}", std::io::Error::last_os_error());
    Pid::from_raw(pid as i32)
}

fn forked() -> ForkResult {
    // SAFETY: this process has one thread.
    unsafe { fork() }.expect("fork")
}

/// The process ends when the worker does.
fn end_with_the_worker() {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).expect("a signal");
}

impl Start {
    /// PID 1 of the namespace.
    fn be_first(&self, mode: &Mode) -> ! {
        use nix::mount::{MsFlags, mount};
        mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
            .expect("/");
        mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>).expect("/proc");
        if mode.place.is_init() {
            self.be_rinit(mode);
        }
        end_with_the_worker();
        let terminal = self.terminal.as_ref().map(AsRawFd::as_raw_fd);
        if let Some(terminal) = terminal {
            take_terminal(terminal);
        }
        SigSet::all().thread_block().expect("they can be blocked");
        match forked() {
            ForkResult::Parent { child } => child::shell(child, terminal),
            ForkResult::Child => {
                own_group();
                if let Some(terminal) = terminal {
                    // SAFETY: integers; SIGTTOU is blocked.
                    unsafe { libc::tcsetpgrp(terminal, libc::getpgrp()) };
                }
                SigSet::all().thread_unblock().expect("they can be unblocked");
                self.be_rinit(mode)
            }
        }
    }

    fn be_rinit(&self, mode: &Mode) -> ! {
        match (mode.place, &self.terminal) {
            (Place::InitAtTerminal, Some(terminal)) => take_terminal(terminal.as_raw_fd()),
            (Place::Init, _) => own_group(),
            _ => {}
        }
        let terminal = self.terminal.as_ref();
        let streams = [&self.input, &self.output, &self.errors].map(|own| terminal.unwrap_or(own));
        for (number, stream) in (0..).zip(streams) {
            keep_as(number, stream.as_raw_fd());
        }
        keep_as(WORDS, self.words.as_raw_fd());
        if mode.has_no_input {
            nix::unistd::close(libc::STDIN_FILENO).expect("it is open");
        }
        let sigchld = if mode.ignores_sigchld { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: nothing is called. (Rust ignores SIGPIPE.)
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::signal(libc::SIGCHLD, sigchld);
        }
        write(&self.ready, b"!").expect("the worker waits for it");
        if is_let_through(&self.gate) {
            let _ = nix::unistd::execve(&self.path, &self.argv, &self.envp);
        }
        // SAFETY: it does not return.
        unsafe { libc::_exit(121) }
    }
}

fn own_group() {
    nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0)).expect("a group of its own");
}

fn take_terminal(terminal: RawFd) {
    nix::unistd::setsid().expect("it leads no group");
    // SAFETY: integers.
    assert_eq!(unsafe { libc::ioctl(terminal, libc::TIOCSCTTY, 0) }, 0);
}

fn first_child(pid: Pid) -> Pid {
    children(pid).first().copied().expect("it has a child")
}

/// The children of a process that has one thread.
pub fn children(pid: Pid) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|word| word.parse().ok()).map(Pid::from_raw).collect()
}

/// Processes in the namespace whose first one is `top` that are not below it: one in a session of its own, and
/// where that can be one in rinit's process group. They block every signal.
fn bystanders(mode: &Mode, top: Pid, of_rinit: &OwnedFd) -> Vec<Pid> {
    let (reader, writer) = gate();
    let ForkResult::Parent { child: helper } = forked() else {
        end_with_the_worker();
        let _ = nix::unistd::close(of_rinit.as_raw_fd()); // the worker's alone
        SigSet::all().thread_block().expect("they can be blocked");
        let namespace = File::open(format!("/proc/{top}/ns/pid")).expect("a namespace");
        setns(namespace, CloneFlags::CLONE_NEWPID).expect("it may be entered");
        let rinit_as_it_is_known_there = Pid::from_raw(if mode.place.is_init() { 1 } else { 2 });
        let groups = [None, Some(rinit_as_it_is_known_there)];
        let (there, is_there) = gate();
        for group in if mode.place.has_terminal() { &groups[..1] } else { &groups } {
            if let ForkResult::Child = forked() {
                end_with_the_worker();
                match group {
                    None => drop(nix::unistd::setsid().expect("it leads no group")),
                    Some(group) => nix::unistd::setpgid(Pid::from_raw(0), *group).expect("it is there"),
                }
                write(&is_there, b"!").expect("it is waited for");
                child::stand_by();
            }
            is_let_through(&there);
        }
        write(&writer, b"!").expect("the worker waits for it");
        while nix::sys::wait::wait().is_ok() {} // PID 1 ends when all in its namespace are collected
        child::stand_by();
    };
    drop(writer);
    assert!(is_let_through(&reader), "the bystanders are there");
    children(helper)
}
