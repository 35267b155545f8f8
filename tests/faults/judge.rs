//! The verdict on a run: by what rinit promises, and by a run without a fault, not by its code.

use super::modes::{Mode, Starts};
use super::plan::{ENDINGS, Fault, Which};
use super::run::Outcome;
use nix::libc::{self, c_int};
use std::collections::BTreeSet;

/// The calls that messages need.
const OF_MESSAGES: [i64; 3] = [libc::SYS_write, libc::SYS_pwritev2, libc::SYS_ppoll];

/// What is said before a child is there, and is no reason not to start it.
const WARNINGS: [&str; 2] = ["rinit: become subreaper", "rinit: set parent-death signal"];

/// What is said of a child that has run, beside the warnings. Nothing is fatal any more, and so all else is wrong.
const OF_A_CHILD: [&str; 7] = [
    "rinit: child ",
    "rinit: reap ",
    "rinit: forward ",
    "rinit: drop ",
    "rinit: send ",
    "rinit: kill survivor ",
    "rinit: end survivors: ",
];

/// Where one of these fails, what asks a child to end may not come to rinit, or not go on to the child, which is then
/// the test's to end. No other failure is a reason to wait for what nobody will do.
const FORWARD: [i64; 3] = [libc::SYS_rt_sigtimedwait, libc::SYS_kill, libc::SYS_rt_sigqueueinfo];

/// A key does not go by rinit: it comes by the terminal, which a child takes with these.
const TAKE_THE_TERMINAL: [i64; 2] = [libc::SYS_setsid, libc::SYS_ioctl];

/// What gives rinit its child's status. Where both fail, a signal alone tells of the end.
const WAITS: [i64; 2] = [libc::SYS_wait4, libc::SYS_waitid];

/// What a wait status is in a shell's `$?`.
pub fn code(status: c_int) -> c_int {
    if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) }
}

/// What is not to be had: without a child, rinit ends when a signal tells it to, and a wait that is
/// interrupted each time gives it none. The kernel never does that, and cannot be told from one that goes on to wait. It
/// must not spin meanwhile.
fn is_deaf(mode: &Mode, fault: Fault) -> bool {
    let is_interrupted = |error| error == libc::EINTR || error == libc::EAGAIN;
    let Fault::Error(_, libc::SYS_rt_sigtimedwait, Which::Every, error) = fault else { return false };
    mode.starts == Starts::Nothing && is_interrupted(error)
}

/// The SIGCHLD of the child, which alone could tell where a filter refuses both waits, has gone with that of an orphan,
/// which was pending, signal(7).
fn is_merged(outcome: &Outcome) -> bool {
    waits_fail(&outcome.failed) && outcome.signalled_status.is_none()
}

fn waits_fail(failing: &BTreeSet<i64>) -> bool {
    WAITS.iter().all(|call| failing.contains(call))
}

/// All by which rinit can rest. Where a filter refuses all of them it spins until its child has ended.
const REST: [i64; 3] = [libc::SYS_rt_sigtimedwait, libc::SYS_waitid, libc::SYS_clock_nanosleep];

/// It cannot rest, and may spin as long as its child lives.
fn cannot_rest(outcome: &Outcome) -> bool {
    outcome.given_up.starts_with("spins") && REST.iter().all(|call| outcome.failed.contains(call))
}

/// What is wrong with a run, beside one `without` a fault.
pub fn judge(mode: &Mode, fault: Fault, outcome: &Outcome, without: &Outcome) -> Result<(), String> {
    let is_not_told = is_deaf(mode, fault) || is_merged(outcome);
    let may_be_deaf = outcome.given_up.starts_with("does not end") && is_not_told;
    if !outcome.given_up.is_empty() && !may_be_deaf && !cannot_rest(outcome) {
        return Err(outcome.given_up.clone());
    }
    if !outcome.harmed.is_empty() {
        return Err(format!("a signal to somebody else: {}", outcome.harmed.join("; ")));
    }
    if let Some(left) = &outcome.left {
        return Err(left.clone());
    }
    let Some(end) = outcome.end else { return Ok(()) };
    let failing = &outcome.failed;
    let has_run = outcome.has_executed || outcome.childs_status.is_some_and(is_killed);
    if !mode.is_another {
        if outcome.rescued && !may_wait(mode, failing) {
            return Err("waits for what the test had to end".to_owned());
        }
        judge_messages(outcome, without)?;
    }
    if ENDINGS.iter().all(|call| failing.contains(call)) && is_killed(end) {
        return Ok(());
    }
    // Then rinit knows neither how its child ends nor when. It says so and ends, with the code of its own failures.
    let nothing_tells = waits_fail(failing) && failing.contains(&libc::SYS_rt_sigtimedwait);
    let says = outcome.said.contains("rinit: forward signals: ") || !can_speak(outcome);
    let says_so = code(end) == 125 && says;
    if nothing_tells && (says_so || mode.is_another && code(end) != 0) {
        return Ok(());
    }
    if mode.is_another {
        return judge_another(mode, outcome, without);
    }
    if has_run { judge_code(mode, outcome, without) } else { judge_own(mode, outcome, without, end) }
}

/// Whether a child may not get what is to end it, where these calls fail.
fn may_wait(mode: &Mode, failing: &BTreeSet<i64>) -> bool {
    let has_terminal = mode.place.has_terminal();
    FORWARD.iter().any(|call| failing.contains(call))
        || has_terminal && TAKE_THE_TERMINAL.iter().any(|call| failing.contains(call))
}

/// Before the program runs there is one fatal message at the most, and afterwards none. None is said over and over.
fn judge_messages(outcome: &Outcome, without: &Outcome) -> Result<(), String> {
    let fatal = fatal(&outcome.said);
    // One that the kernel kills with its PID 1 may not have been seen to execute.
    if outcome.has_executed || outcome.said.contains("rinit: child ") {
        let is_of_a_child = |line: &&&str| OF_A_CHILD.iter().any(|beginning| line.starts_with(beginning));
        if let Some(other) = fatal.iter().find(|line| !is_of_a_child(line)) {
            return Err(format!("with a child it says: {other}"));
        }
    } else if fatal.len() > 1 {
        return Err(format!("{} messages: {}", fatal.len(), outcome.said));
    }
    let is_repeated = |line: &&str| times(&outcome.said, line) > times(&without.said, line) + 1;
    let repeated = messages(&outcome.said).into_iter().find(is_repeated);
    repeated.map_or(Ok(()), |line| Err(format!("it repeats: {line}")))
}

/// Whether a signal has ended it.
fn is_killed(status: c_int) -> bool {
    libc::WIFSIGNALED(status)
}

/// Of another init: the code is the child's, if a wait has told it that, and not 0 if it has started nothing.
fn judge_another(mode: &Mode, outcome: &Outcome, without: &Outcome) -> Result<(), String> {
    let end = outcome.end.expect("it was not given up");
    let is_told = outcome.childs_status.or(outcome.signalled_status).is_some();
    let lives = outcome.childs_state.is_some_and(|state| state != 'Z');
    if outcome.has_executed && (is_told || lives) {
        return judge_code(mode, outcome, without);
    }
    match code(end) {
        0 => Err("its code is 0, of nothing".to_owned()),
        _ => Ok(()),
    }
}

/// The code is the child's.
fn judge_code(mode: &Mode, outcome: &Outcome, without: &Outcome) -> Result<(), String> {
    let end = outcome.end.expect("it was not given up");
    let told = outcome.childs_status.or(outcome.signalled_status);
    let Some(status) = told else {
        return match outcome.childs_state {
            Some(state) if state != 'Z' => Err(format!("it ends before its child, with {}", code(end))),
            _ => Err(format!("its child's code is lost: {}", code(end))),
        };
    };
    let mapped = |status| mapped(mode, code(status));
    let mut expected = vec![mapped(status)];
    if mode.stays() && status == 0 {
        expected.extend(outcome.statuses.iter().map(|status| mapped(*status)));
    }
    if !expected.contains(&code(end)) {
        return Err(format!("its code is {}, its child's {}", code(end), code(status)));
    }
    // What rinit needs to die as its child did.
    let dies = [libc::SYS_kill, libc::SYS_rt_sigprocmask];
    let can_die = outcome.failed.iter().all(|call| !dies.contains(call));
    if without.end.is_some_and(is_killed) && can_die && is_killed(status) && end & 0x7f != status & 0x7f {
        return Err(format!("it ends with {end:#x} and its child with {status:#x}"));
    }
    Ok(())
}

/// What `-e` makes of a child's code.
fn mapped(mode: &Mode, code: c_int) -> c_int {
    if mode.options.contains(&"-e") && code == 55 { 3 } else { code }
}

/// No program was executed: it ends as without the fault, or with a code of its own, and says why.
fn judge_own(mode: &Mode, outcome: &Outcome, without: &Outcome, end: c_int) -> Result<(), String> {
    let is_as_without = end == without.end.expect("it ends without a fault") && !without.has_executed;
    let codes = own_codes(mode.called, outcome.has_spawned);
    let is_own = libc::WIFEXITED(end) && codes.contains(&libc::WEXITSTATUS(end));
    if !is_as_without && !is_own {
        return Err(format!("without a child it ends with {end:#x}: {}", outcome.said));
    }
    let says_as_without = is_as_without && outcome.said.contains(&without.said); // and a warning
    if can_speak(outcome) && !says_as_without && fatal(&outcome.said).is_empty() {
        return Err(format!("it ends with {} and says nothing of why", code(end)));
    }
    Ok(())
}

/// The codes of the failures of an init of this name: its own ones, or those to execute a program.
fn own_codes(called: &str, has_spawned: bool) -> &'static [c_int] {
    match (called, has_spawned) {
        ("rinit", false) => &[125],
        ("rinit" | "tini", true) => &[126, 127],
        ("dumb-init", true) => &[2],
        _ => &[1],
    }
}

fn can_speak(outcome: &Outcome) -> bool {
    outcome.failed.iter().all(|call| !OF_MESSAGES.contains(call))
}

fn messages(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.starts_with("rinit: ")).collect()
}

fn times(said: &str, message: &str) -> usize {
    messages(said).iter().filter(|other| **other == message).count()
}

/// Those of them that are no warnings.
fn fatal(said: &str) -> Vec<&str> {
    let is_warning = |line: &str| WARNINGS.iter().any(|warning| line.starts_with(warning));
    messages(said).into_iter().filter(|line| !is_warning(line)).collect()
}

/// What is wrong with a run without a fault.
pub fn judge_without(mode: &Mode, outcome: &Outcome) -> Result<(), String> {
    judge(mode, Fault::None, outcome, outcome)?;
    let must_start = matches!(mode.starts, Starts::Command(_)) && !outcome.has_executed;
    if must_start && fatal(&outcome.said).is_empty() && !mode.is_another {
        return Err("it starts nothing, and says nothing of why".to_owned());
    }
    let runs = matches!(mode.starts, Starts::Child(_)) && !mode.what.contains("bad option");
    let is_as_wanted = runs == outcome.has_executed || matches!(mode.starts, Starts::Command(_));
    is_as_wanted.then_some(()).ok_or(format!("the child has run: {}", outcome.has_executed))
}
