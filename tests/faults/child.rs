//! What rinit starts in a run: a process that ends in a way of its own, and says how far it has come.

use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, pipe, read};
use std::os::fd::{AsRawFd, RawFd};

/// The descriptor that it says its words on, each of which is a byte.
pub const WORDS: RawFd = 100;

/// It can be acted upon.
pub const READY: u8 = b'r';
/// It was continued.
pub const CONTINUED: u8 = b'c';

/// Runs as the child that `arguments` name; returns its exit code.
pub fn run(arguments: &[String]) -> c_int {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["exit", code] => code.parse().expect("a number"),
        ["trap"] => trap(true),
        ["ignore-term"] => trap(false),
        ["die"] => die(),
        ["orphans"] => orphans(),
        ["leave", survivor] => leave(survivor),
        ["daemon"] => daemon(),
        ["line"] => line(),
        _ => panic!("{arguments:?}?"),
    }
}

fn say(word: u8) {
    // SAFETY: one byte. Without a test that listens, nobody does.
    unsafe { libc::write(WORDS, (&raw const word).cast(), 1) };
}

/// fork(2) in a process that has one thread.
fn forked() -> ForkResult {
    // SAFETY: there is one thread.
    unsafe { fork() }.expect("fork")
}

/// Ends with 40 and the number of what it was sent.
fn trap(ends_with_term: bool) -> c_int {
    let mut caught = SigSet::all();
    caught.remove(Signal::SIGTSTP);
    caught.thread_block().expect("they can be blocked");
    say(READY);
    loop {
        match signal() {
            libc::SIGTERM if !ends_with_term => {}
            libc::SIGCONT => say(CONTINUED),
            libc::SIGCHLD => {}
            number => return 40 + number,
        }
    }
}

/// The next of the signals, all of which are blocked.
fn signal() -> c_int {
    let all = u64::MAX;
    // SAFETY: the kernel reads a set of signals, and 8 bytes are one.
    unsafe {
        libc::syscall(libc::SYS_rt_sigtimedwait, &raw const all, 0usize, 0usize, size_of_val(&all)) as c_int
    }
}

/// Dies of a signal.
fn die() -> c_int {
    SigSet::all().thread_unblock().expect("they can be unblocked");
    nix::sys::signal::raise(Signal::SIGTERM).expect("it can be sent");
    1
}

/// Leaves orphans that have ended, and then one by one some that end.
fn orphans() -> c_int {
    for _ in 0..3 {
        if let ForkResult::Parent { child } = forked() {
            let _ = nix::sys::wait::waitpid(child, None);
        } else {
            let _ = forked();
            return 0;
        }
    }
    trap(true)
}

/// Leaves a survivor, which takes SIGTERM or not.
fn leave(survivor: &str) -> c_int {
    let (reader, writer) = pipe().expect("a pipe");
    if let ForkResult::Child = forked() {
        let set = SigSet::all();
        let blocked = if survivor == "stubborn" { set.thread_block() } else { set.thread_unblock() };
        blocked.expect("they can be");
        drop(writer);
        loop {
            nix::unistd::pause();
        }
    }
    drop(writer);
    let _ = read(&reader, &mut [0]);
    say(READY);
    7
}

/// Goes to the background, and ends when it is asked to.
fn daemon() -> c_int {
    let parent = getpid();
    if let ForkResult::Parent { .. } = forked() {
        return 0;
    }
    while getppid() == parent {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    trap(true)
}

/// Ends when it has read a line.
fn line() -> c_int {
    say(READY);
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    if line == "stop\n" { 46 } else { 47 }
}

/// Sits there, with every signal blocked, until it is killed; whoever sends it one can be told from that.
pub fn stand_by() -> ! {
    loop {
        nix::unistd::pause();
    }
}

/// What a shell does for a job that it has started on its terminal: when that is stopped it takes the terminal, and
/// then brings the job to the foreground again. Every signal is blocked.
pub fn shell(job: Pid, terminal: Option<RawFd>) -> ! {
    loop {
        let mut status = 0;
        // SAFETY: the kernel writes an integer.
        let changed = unsafe { libc::waitpid(-1, &raw mut status, libc::WUNTRACED) };
        let Some(terminal) = terminal else {
            if changed < 0 {
                stand_by();
            }
            continue;
        };
        if changed < 0 {
            stand_by();
        }
        if libc::WIFSTOPPED(status) {
            // SAFETY: integers.
            unsafe {
                libc::tcsetpgrp(terminal.as_raw_fd(), libc::getpgrp());
                libc::tcsetpgrp(terminal.as_raw_fd(), job.as_raw());
                libc::kill(-job.as_raw(), libc::SIGCONT);
            }
        }
    }
}
