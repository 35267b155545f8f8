//! Watches a program's system calls with ptrace(2).

use super::{Launch, Running, must};
use nix::fcntl::OFlag;
use nix::libc::{self, c_long};
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, pipe2, read, write};

/// A process that is traced by the calling thread.
pub struct Tracee(pub Pid);

/// Starts a program traced, and stopped right after its exec. `which` tells the traced process from
/// the started one, where the caller's setup forks.
pub fn start(launch: Launch, which: impl FnOnce(&Running) -> Pid) -> (Running, Tracee) {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).expect("a pipe");
    let launch = launch.caller(move || {
        must(read(&reader, &mut [0])); // waits until it is traced
    });
    let running = launch.start();
    let pid = which(&running);
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACECLONE;
    ptrace::seize(pid, options).expect("it may be traced");
    write(&writer, b"!").expect("it waits for this");
    let tracee = Tracee(pid);
    assert_eq!(tracee.wait(), Stop::Event(Event::PTRACE_EVENT_EXEC as i32));
    (running, tracee)
}

/// Why a traced process stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is about to make a system call.
    Call(c_long),
    /// Something that was asked for, such as an exec.
    Event(i32),
    /// It ended.
    End,
}

impl Tracee {
    fn wait(&self) -> Stop {
        loop {
            match waitpid(self.0, Some(WaitPidFlag::__WALL)).expect("it is traced") {
                WaitStatus::PtraceSyscall(_) => match self.entered() {
                    Some(call) => return Stop::Call(call),
                    None => ptrace::syscall(self.0, None).expect("it is stopped"),
                },
                WaitStatus::PtraceEvent(_, _, event) => return Stop::Event(event),
                WaitStatus::Stopped(_, signal) => ptrace::syscall(self.0, signal).expect("it is stopped"),
                _ => return Stop::End,
            }
        }
    }

    /// The system call that it is at the entry of.
    fn entered(&self) -> Option<c_long> {
        // nix's syscall_info says that its structure has 0 bytes, and so gets none.
        // SAFETY: the kernel writes as much of the structure as there is.
        let info = unsafe {
            let mut info: libc::ptrace_syscall_info = std::mem::zeroed();
            let size = size_of_val(&info);
            libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, self.0.as_raw(), size, &raw mut info);
            info
        };
        if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return None;
        }
        // SAFETY: at an entry the union is one.
        Some(unsafe { info.u.entry.nr } as c_long)
    }

    /// Goes on to its next system call, event or end.
    pub fn go_on(&self) -> Stop {
        ptrace::syscall(self.0, None).expect("it is stopped");
        self.wait()
    }

    /// The process that it has just made.
    pub fn new_process(&self) -> Tracee {
        let pid = ptrace::getevent(self.0).expect("it is stopped at an event");
        let new = Tracee(Pid::from_raw(pid as i32));
        assert!(matches!(new.wait(), Stop::Event(_)));
        new
    }

    /// Lets it go.
    pub fn detach(self) {
        ptrace::detach(self.0, None).expect("it is stopped");
    }
}

/// Interrupts a process again and again for as long as it runs, which is not to be long.
pub fn interrupt_until_it_ends(pid: Pid) {
    for _ in 0..100 {
        if ptrace::seize(pid, Options::empty()).is_err() || ptrace::interrupt(pid).is_err() {
            return;
        }
        // Its end is left to whoever waits for it.
        let changes = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(pid), changes | WaitPidFlag::__WALL).expect("it is traced");
        if ptrace::detach(pid, None).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{pid} still runs");
}
