//! Watches a program's system calls with ptrace(2).

use super::{Launch, Running, must, proc, target};
use nix::fcntl::OFlag;
use nix::libc::{self, c_long};
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::Signal;
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
    // Not its threads, which an emulator has and an init has not: nobody would let them go on.
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEFORK;
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
    /// Traces a process that runs.
    pub fn seize(pid: Pid) -> Self {
        ptrace::seize(pid, Options::PTRACE_O_TRACESYSGOOD).expect("it may be traced");
        Self(pid)
    }

    /// Stops it; a system call that it sleeps in may fail with EINTR.
    pub fn interrupt(&self) {
        ptrace::interrupt(self.0).expect("it is traced");
        waitpid(self.0, Some(WaitPidFlag::__WALL)).expect("it is traced");
    }

    fn wait(&self) -> Stop {
        loop {
            let status = waitpid(self.0, Some(WaitPidFlag::__WALL)).expect("it is traced");
            if let Some(stop) = self.stop(status) {
                return stop;
            }
        }
    }

    /// Why it stopped, if that is of interest; else it goes on.
    fn stop(&self, status: WaitStatus) -> Option<Stop> {
        match status {
            WaitStatus::PtraceSyscall(_) => match self.entered() {
                Some(call) => return Some(Stop::Call(call)),
                None => ptrace::syscall(self.0, None).expect("it is stopped"),
            },
            WaitStatus::PtraceEvent(_, _, event) => return Some(Stop::Event(event)),
            WaitStatus::Stopped(_, signal) => ptrace::syscall(self.0, signal).expect("it is stopped"),
            _ => return Some(Stop::End),
        }
        None
    }

    /// The system call that it is at the entry of.
    fn entered(&self) -> Option<c_long> {
        let info = self.call_info();
        if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return None;
        }
        // SAFETY: at an entry the union is one.
        let number = unsafe { info.u.entry.nr } as c_long;
        Some(if info.arch == target::AUDIT_ARCH_I386 { target::of_i386(number) } else { number })
    }

    /// The first arguments of the system call that it is about to make.
    pub fn arguments(&self) -> [u64; 2] {
        // SAFETY: at an entry the union is one.
        let [first, second, ..] = unsafe { self.call_info().u.entry.args };
        [first, second]
    }

    fn call_info(&self) -> libc::ptrace_syscall_info {
        // nix's syscall_info says that its structure has 0 bytes, and so gets none.
        // SAFETY: the kernel writes as much of the structure as there is.
        unsafe {
            let mut info: libc::ptrace_syscall_info = std::mem::zeroed();
            let size = size_of_val(&info);
            libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, self.0.as_raw(), size, &raw mut info);
            info
        }
    }

    /// Goes on to its next system call, event or end.
    pub fn go_on(&self) -> Stop {
        ptrace::syscall(self.0, None).expect("it is stopped");
        self.wait()
    }

    /// Goes on to its next system call, event or end, unless it sleeps before that.
    pub fn go_on_or_sleep(&self) -> Option<Stop> {
        ptrace::syscall(self.0, None).expect("it is stopped");
        let mut looks_asleep = 0;
        while looks_asleep < 5 {
            match waitpid(self.0, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)).expect("it is traced") {
                WaitStatus::StillAlive if proc::state(self.0) == Some('S') => {
                    looks_asleep += 1;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                WaitStatus::StillAlive => looks_asleep = 0,
                status => {
                    looks_asleep = 0;
                    if let Some(stop) = self.stop(status) {
                        return Some(stop);
                    }
                }
            }
        }
        None
    }

    /// Goes on until it sleeps; returns its system calls, the one that it sleeps in included.
    pub fn calls_until_it_sleeps(&self) -> Vec<c_long> {
        let mut calls = vec![];
        while let Some(stop) = self.go_on_or_sleep() {
            match stop {
                Stop::Call(call) => calls.push(call),
                stop => panic!("{stop:?} after {calls:?}"),
            }
        }
        calls
    }

    /// Brings one that sleeps to the entry of the system call that it sleeps in.
    pub fn about_to_sleep(&self) {
        self.interrupt();
        // One that was interrupted may do other things before it sleeps again.
        let around = self.calls_until_it_sleeps();
        self.interrupt();
        for _ in around {
            assert!(matches!(self.go_on(), Stop::Call(_)));
        }
    }

    /// Executes one instruction, or one repetition of it; returns the address of the next one, unless there was
    /// an event.
    fn step(&self) -> Result<c_long, Stop> {
        let mut signal = None;
        loop {
            ptrace::step(self.0, signal).expect("it is stopped");
            match waitpid(self.0, Some(WaitPidFlag::__WALL)).expect("it is traced") {
                WaitStatus::Stopped(_, Signal::SIGTRAP) => {
                    const RIP: usize = std::mem::offset_of!(libc::user_regs_struct, rip);
                    return Ok(ptrace::read_user(self.0, RIP as ptrace::AddressType).expect("it is stopped"));
                }
                WaitStatus::Stopped(_, received) => signal = Some(received),
                WaitStatus::PtraceEvent(_, _, event) => return Err(Stop::Event(event)),
                _ => return Err(Stop::End),
            }
        }
    }

    /// Steps until something other than an instruction happens, or `is_done` is true after one; returns
    /// how many instructions that took. One that repeats itself counts once.
    pub fn instructions(&self, mut is_done: impl FnMut() -> bool) -> u64 {
        let mut count = 0;
        let mut at = None;
        while !is_done() {
            match self.step() {
                Ok(next) if at == Some(next) => {}
                Ok(next) => {
                    count += 1;
                    at = Some(next);
                }
                Err(_) => return count + 1, // the system call that caused it
            }
        }
        count
    }

    /// Instructions of an init and its child, from the init's exec to the child's.
    pub fn instructions_before_the_childs_exec(&self) -> u64 {
        let own = self.instructions(|| false);
        let child = self.new_process();
        let childs = child.instructions(|| false);
        child.detach();
        own + childs
    }

    /// System calls of an init and its child, from the init's exec up to the child's.
    pub fn calls_before_the_childs_exec(&self) -> Vec<c_long> {
        let forks = [Event::PTRACE_EVENT_VFORK, Event::PTRACE_EVENT_FORK].map(|event| event as i32);
        let mut calls = vec![];
        loop {
            match self.go_on() {
                Stop::Call(call) => calls.push(call),
                Stop::Event(event) if forks.contains(&event) => break,
                stop => panic!("{stop:?} after {calls:?}"),
            }
        }
        let child = self.new_process();
        loop {
            match child.go_on() {
                Stop::Call(call) => calls.push(call),
                Stop::Event(event) if event == Event::PTRACE_EVENT_EXEC as i32 => break,
                stop => panic!("{stop:?} after {calls:?}"),
            }
        }
        child.detach();
        calls
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
        // Its end is for its parent to collect.
        let changes = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(pid), changes | WaitPidFlag::__WALL).expect("it is traced");
        if ptrace::detach(pid, None).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{pid} still runs");
}
