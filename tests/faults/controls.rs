//! Inits that do wrong, each in a way of its own, and what the judge has to say of that: a judge that lets everything
//! pass would not be noticed otherwise. This program plays them.

use super::judge::judge;
use super::modes::{Act, Mode, Starts, TERM, mode};
use super::plan::Fault;
use super::run::{Outcome, run};
use super::world::Folder;
use nix::libc::{self, c_int};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, execv, fork, pause};
use std::ffi::CString;

const ENDS: Starts = Starts::Child(&["exit", "7"]);

/// What each does, what it starts, what happens to it, and a part of the verdict.
const WRONG: [(&[&str], Starts, &[Act], &str); 11] = [
    (&["stays"], ENDS, &[], "does not end"),
    (&["waits"], Starts::Child(&["trap"]), TERM, "had to end"),
    (&["looks over and over"], Starts::Child(&["trap"]), TERM, "spins"),
    (&["has a code of its own"], ENDS, &[], "its code is 3"),
    (&["ends when it is asked to"], Starts::Child(&["trap"]), TERM, "before its child"),
    (&["signals a bystander"], ENDS, &[], "somebody else"),
    (&["signals all"], ENDS, &[], "somebody else"),
    (&["cannot start it", "after all"], ENDS, &[], "with a child it says"),
    (&["cannot start it", "twice"], Starts::Nothing, &[], "2 messages"),
    (&["starts nothing"], Starts::Nothing, &[], "says nothing"),
    (&["cannot start it", "with a code of tini's"], Starts::Nothing, &[], "ends with 0x100"),
];

/// Whether the judge finds all of them, and nothing in one that does right.
pub fn are_found() -> Result<(), String> {
    let folder = Folder::new(&std::env::current_exe().expect("this program has a name"));
    let right = mode("right", &[], ENDS, &[]);
    let without = run(&right, Fault::None, &folder);
    judge(&right, Fault::None, &without, &without)?;
    WRONG.into_iter().try_for_each(|(options, starts, acts, verdict)| {
        is_found(&mode("wrong", options, starts, acts), &without, &folder, verdict)
    })
}

fn is_found(wrong: &Mode, without: &Outcome, folder: &Folder, verdict: &str) -> Result<(), String> {
    let outcome = run(wrong, Fault::None, folder);
    match judge(wrong, Fault::None, &outcome, without) {
        Err(found) if found.contains(verdict) => Ok(()),
        other => Err(format!("of an init that {:?} the judge says {other:?}", wrong.options)),
    }
}

/// Runs as the init of `arguments`; returns its exit code.
pub fn be_init(arguments: &[String]) -> c_int {
    let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let (options, program) = arguments.split_at(end);
    let does = |what: &str| options.iter().any(|word| word == what);
    let asked = SigSet::from(Signal::SIGTERM);
    asked.thread_block().expect("it can be blocked");
    let child = program.get(1..).map(start);
    do_wrong(does);
    if does("ends when it is asked to") {
        asked.wait().expect("it comes");
        return 7;
    }
    let Some(child) = child else {
        return if does("with a code of tini's") { 1 } else { 125 };
    };
    let code = code_of(child, does("looks over and over"));
    if does("stays") {
        pause();
    }
    if does("has a code of its own") { 3 } else { code }
}

/// What is wrong at any time.
fn do_wrong(does: impl Fn(&str) -> bool) {
    if does("cannot start it") {
        eprintln!("rinit: spawn it: of no mind to");
    }
    if does("twice") {
        eprintln!("rinit: fork for it: of no mind to");
    }
    if does("signals a bystander") {
        let _ = kill(Pid::from_raw(2), Signal::SIGUSR1); // the first that came after PID 1
    }
    if does("signals all") {
        let _ = kill(Pid::from_raw(-1), Signal::SIGCONT);
    }
}

fn start(command: &[String]) -> Pid {
    let word = |word: &String| CString::new(word.as_str()).expect("no NUL");
    let words: Vec<_> = command.iter().map(word).collect();
    // SAFETY: there is one thread.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            let _ = execv(&words[0], &words);
            // SAFETY: it does not return.
            unsafe { libc::_exit(121) }
        }
    }
}

/// Waits for a child, with one call or with many.
fn code_of(child: Pid, looks: bool) -> c_int {
    loop {
        match waitpid(child, looks.then_some(WaitPidFlag::WNOHANG)).expect("it is a child") {
            WaitStatus::Exited(_, code) => return code,
            WaitStatus::Signaled(_, signal, _) => return 128 + signal as c_int,
            _ => {}
        }
    }
}
