//! Under a user's shell a job is a job: Ctrl-Z, `fg`, `bg` and `jobs` work as if rinit were not there.
//!
//! One table has what is typed at bash and dash, and what happens then. Each session is played twice, with
//! `$RINIT` as the init under test and with `$RINIT` as nothing at all, and both give the same.

use crate::harness;
use crate::harness::shell::Act::{HangUp, Idle, Jobs, Key, Line, Send};
use crate::harness::shell::Now::{Apart, Background, Foreground, ForegroundJob, Gone, Stopped};
use crate::harness::shell::{JOB, PROMPT, Session, Step, in_each, interactive_as, shell};
use crate::harness::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z};
use crate::harness::{Position, Running, eventually, eventually_eq, everywhere, proc};
use crate::process_group::reaches_the_child_only;
use nix::libc;
use nix::unistd::Pid;
use std::ffi::OsStr;

const SHELLS: &[&str] = &["bash", "dash"];
const BASH: &[&str] = &["bash"];

/// The programs, for `sh NAME`. One that is `ready` gives its process ID, and is the child from then on.
const PROGRAMS: &[(&str, &str)] = &[
    ("reader", "echo ready $$; while read line; do echo got $line; done"),
    ("sleeper", "echo ready $$; exec sleep 1000"),
    ("stubborn", "trap '' HUP TERM; echo ready $$; exec sleep 1000"),
    ("catcher", "trap 'echo caught; exit 5' INT; echo ready $$; sleep 1000 & wait"),
    // `last PROGRAM` becomes that program, on the terminal, when the one before it in a pipeline is ready.
    ("last", "read line; exec sh $1 </dev/tty"),
    // Tells that the one before it in a pipeline is ready, and reads from the terminal.
    ("relay", "read line; echo $line; while read line; do echo got $line; done </dev/tty"),
    // `stopper SIGNAL` stops itself, and `stopper SIGNAL 0` its group, as vim does.
    ("stopper", "echo ready $$; kill -$1 ${2:-$$}; echo resumed; read line; echo got $line"),
    // Runs the child as a child of its own.
    ("parent", "sh sleeper; echo over"),
    // Reads from the terminal after SIGUSR1.
    ("later", "trap 'exec sh reader' USR1; echo ready $$; sleep 1000 & wait"),
    // Sets the terminal's modes to what they are already.
    ("setter", "echo ready $$; stty $(stty -g); echo set; exec sleep 1000"),
    // Sets them to what only this program can use.
    ("editor", "stty -icanon -isig; echo ready $$; kill -TSTP $$; echo resumed; stty -g; read line; stty -g"),
    ("script", "$RINIT sh reader; echo ready $$; read line; echo script got $line"),
    ("nested", "echo ready $$; exec dash -i"),
    // Waits until its parent has ended, and starts the rest then.
    ("orphan", "echo ready $$; read line <go; exec $RINIT sh $*"),
    ("loop", "for i in 1 2 3; do $RINIT sh sleeper; done; echo end"),
    ("orphaned-reader", "echo ready $$; read line </dev/tty || echo no terminal; exec sleep 1000"),
];

/// Plays the steps in each shell, with the init and without, and compares what was printed.
pub fn as_without_an_init(steps: &[Step]) {
    as_without_an_init_in(SHELLS, steps);
}

fn as_without_an_init_in(shells: &[&str], steps: &[Step]) {
    in_each(shells, |shell| {
        let [without, with] = ["".into(), harness::subject()].map(|init| play(shell, &init, steps));
        for ((step, without), with) in steps.iter().zip(without).zip(with) {
            assert_eq!(with, without, "{shell}: {step:?}");
        }
    });
}

/// Plays the steps in each shell with the init only, where that makes a difference.
fn with_an_init_in(shells: &[&str], steps: &[Step]) {
    in_each(shells, |shell| drop(play(shell, &harness::subject(), steps)));
}

fn play(shell: &str, init: &OsStr, steps: &[Step]) -> Vec<Vec<String>> {
    let mut session = Session::start(shell, init, PROGRAMS);
    steps.iter().map(|step| session.play(step)).collect()
}

#[test]
fn ctrl_z_stops_a_job_and_fg_continues_it() {
    as_without_an_init(CTRL_Z_AND_FG);
}

#[test]
fn ctrl_z_stops_a_job_and_fg_continues_it_with_g() {
    let with_g = (Line("RINIT=${RINIT:+$RINIT -g}"), &[PROMPT][..], Background);
    as_without_an_init(&[&[with_g], CTRL_Z_AND_FG].concat());
}

/// In a session of its own the kernel lets no SIGTSTP stop the child, so it is a SIGSTOP that does. The
/// shell sees that in `$?`.
#[test]
fn ctrl_z_stops_a_job_and_fg_continues_it_with_session() {
    with_an_init_in(
        SHELLS,
        &[
            (Line("RINIT=\"$RINIT --session\""), &[PROMPT], Background),
            (Line("$RINIT sh reader"), &["ready"], ForegroundJob),
            (Line("one"), &["got one"], ForegroundJob),
            (Key(CTRL_Z), &[JOB, "? 147"], Stopped),
            (Line("fg"), &[], ForegroundJob),
            (Line("two"), &["got two"], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Gone),
            // In the background a reader would take the shell's lines: the kernel stops it only if it is
            // in the terminal's session.
            (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
            (Key(CTRL_Z), &[JOB, "? 147"], Stopped),
            (Line("bg"), &[PROMPT], Background),
            (Line("kill -TSTP {init}"), &[PROMPT], Stopped),
            (Line("fg"), &[], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Gone),
        ],
    );
}

pub const CTRL_Z_AND_FG: &[Step] = &[
    (Line("$RINIT sh reader"), &["ready"], ForegroundJob),
    (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
    (Line("jobs"), &[JOB, PROMPT], Stopped),
    (Line("fg"), &[], Foreground),
    (Line("one"), &["got one"], Foreground),
    (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
    (Line("fg"), &[], Foreground),
    (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
    (Line("fg"), &[], Foreground),
    (Line("two"), &["got two"], Foreground),
    (Key(CTRL_C), &["? 130"], Gone),
    (Line("jobs"), &[PROMPT], Gone),
];

#[test]
fn bg_continues_a_job_and_fg_brings_it_back() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("jobs"), &[JOB, PROMPT], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_job_in_the_background_that_reads_the_terminal_stops_until_it_has_it() {
    as_without_an_init(&[
        (Line("$RINIT sh reader &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("bg"), &[PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["got two"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_job_in_the_background_runs_and_fg_gives_it_the_terminal() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper &"), &["ready", PROMPT], Background),
        (Line("jobs"), &[JOB, PROMPT], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

/// bash sends no SIGCONT to a job that is running already.
#[test]
fn a_job_that_fg_brought_back_while_it_ran_can_read_the_terminal() {
    as_without_an_init(&[
        (Line("$RINIT sh later &"), &["ready", PROMPT], Background),
        (Line("fg"), &[], ForegroundJob),
        (Send(libc::SIGUSR1), &["ready"], ForegroundJob),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["got two"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

/// bash only gives the terminal to the group of a job that runs, and that is the init's.
#[test]
fn keys_reach_the_childs_children_after_fg_of_a_job_that_ran() {
    as_without_an_init(&[
        (Line("$RINIT sh parent &"), &["ready", PROMPT], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn the_last_of_a_pipeline_is_stopped_and_continued_with_it() {
    as_without_an_init(&[
        (Line("sh sleeper | $RINIT sh last reader"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["got two"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn the_first_of_a_pipeline_is_stopped_and_continued_with_it() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper | sh relay"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["got two"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn sigcont_continues_one_of_a_pipeline_alone() {
    as_without_an_init(&[
        (Line("sh sleeper | $RINIT sh last sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("kill -CONT {init}"), &["? 0"], Background),
        (Line("kill -CONT %1"), &["? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_pipeline_in_the_background_stops_as_a_whole_if_its_last_reads_the_terminal() {
    as_without_an_init(&[
        (Line("sh sleeper | $RINIT sh last reader &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_pipeline_in_the_background_stops_with_its_first_if_another_reads_the_terminal() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper | sh relay &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_pipeline_in_the_background_runs_and_fg_gives_it_the_terminal() {
    as_without_an_init(&[
        (Line("sh sleeper | $RINIT sh last sleeper &"), &["ready", PROMPT], Background),
        (Line("jobs"), &[JOB, PROMPT], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_child_that_stops_itself_stops_the_job() {
    as_without_an_init(&[
        (Line("$RINIT sh stopper STOP"), &["ready", JOB, "? 147"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &["resumed"], Foreground),
        (Line("one"), &["got one", "? 0"], Gone),
        (Line("$RINIT sh stopper TSTP"), &["ready", JOB, "? 148"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &["resumed"], Foreground),
        (Line("one"), &["got one", "? 0"], Gone),
        (Line("$RINIT sh stopper TSTP 0"), &["ready", JOB, "? 148"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &["resumed"], Foreground),
        (Line("one"), &["got one", "? 0"], Gone),
    ]);
}

#[test]
fn a_job_in_the_background_that_writes_to_a_guarded_terminal_stops() {
    as_without_an_init(&[
        (Line("$RINIT sh stopper STOP"), &["ready", JOB, "? 147"], Stopped),
        (Line("stty tostop"), &["? 0"], Stopped),
        (Line("bg"), &[PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &["resumed"], Foreground),
        (Line("one"), &["got one", "? 0"], Gone),
    ]);
}

#[test]
fn a_job_in_the_background_that_sets_the_terminal_stops() {
    as_without_an_init(&[
        (Line("$RINIT sh setter &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &["set"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn sigcont_from_elsewhere_continues_a_job_in_the_background() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("kill -CONT %1"), &["? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("kill -CONT {init}"), &["? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("kill -CONT %1"), &["? 0"], Background),
        (Line("kill -TERM {init}"), &["? 0"], Gone),
    ]);
}

#[test]
fn a_stop_signal_from_elsewhere_stops_a_job_in_the_background() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper &"), &["ready", PROMPT], Background),
        (Line("kill -TSTP %1"), &["? 0"], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("kill -STOP {child}"), &["? 0"], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("kill -TSTP {init}"), &["? 0"], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("kill -TTIN {child}"), &["? 0"], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_stop_signal_from_elsewhere_stops_a_job_in_the_foreground() {
    as_without_an_init(&[
        (Line("$RINIT sh reader"), &["ready"], ForegroundJob),
        (Send(libc::SIGSTOP), &[JOB, "? 147"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Send(libc::SIGTSTP), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["got two"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_job_ends_with_its_terminal() {
    as_without_an_init(&[(Line("$RINIT sh reader"), &["ready"], ForegroundJob), (HangUp, &[], Gone)]);
}

#[test]
fn a_stopped_job_ends_with_its_terminal() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (HangUp, &[], Gone),
    ]);
}

#[test]
fn a_script_stops_and_goes_on_as_a_whole() {
    as_without_an_init(&[
        (Line("sh script"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("jobs"), &[JOB, PROMPT], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Key(CTRL_D), &["ready"], Foreground),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("two"), &["script got two", "? 0"], Gone),
        (Line("sh script"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_stopped_job_ends_when_its_shell_ends() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("exit"), &[PROMPT], Stopped),
        (Line("exit"), &[], Gone),
    ]);
}

#[test]
fn a_stopped_job_that_ignores_hangups_goes_on_when_its_shell_ends() {
    as_without_an_init(&[
        (Line("$RINIT sh stubborn"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("exit"), &[PROMPT], Stopped),
        (Line("exit"), &[], Background),
        (Idle, &[], Background),
    ]);
}

#[test]
fn what_a_subshell_leaves_in_the_background_runs() {
    as_without_an_init(&[
        (Line("($RINIT sh sleeper &)"), &["ready", PROMPT], Background),
        (Line("jobs"), &["? 0"], Background),
        (Line("kill -TERM {child}"), &["? 0"], Gone),
    ]);
}

#[test]
fn an_orphan_in_the_background_cannot_read_the_terminal_and_does_not_stop() {
    as_without_an_init(&[
        (Line("mkfifo go"), &[PROMPT], Background),
        (Line("(sh orphan orphaned-reader &)"), &["ready", PROMPT], Background),
        (Line("echo >go"), &["ready", "no terminal", PROMPT], Background),
        (Idle, &[], Background),
    ]);
}

#[test]
fn an_orphan_in_the_background_does_not_stop_itself() {
    as_without_an_init(&[
        (Line("mkfifo go"), &[PROMPT], Background),
        (Line("(sh orphan stopper TSTP &)"), &["ready", PROMPT], Background),
        (Line("echo >go"), &["ready", "got", PROMPT], Gone),
    ]);
}

/// A shell, the init that is its job in the foreground, and the init's child, which has run this first.
fn shell_with_a_job(name: &str, first: &str) -> (Running, Pid, Pid) {
    let mut shell = shell(name);
    shell.type_in(&format!("$RINIT sh -c '{first}; exec sleep 1000'\n"));
    shell.stdout.expect("ready");
    let child = harness::below(shell.pid, "sleep");
    let init = proc::parent(child).expect("it runs");
    (shell, init, child)
}

/// Some shells, such as zsh, take it back from their job's group and from no other.
#[test]
fn a_job_that_stops_has_the_terminal_in_the_inits_hands() {
    in_each(SHELLS, |name| {
        let (shell, init, child) = shell_with_a_job(name, "echo ready");
        eventually_eq(child, || shell.terminal().foreground());
        // These two would take it from any.
        harness::send(shell.pid, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(shell.pid));
        shell.type_in(CTRL_Z);
        eventually_eq([Some('T'); 2], || [init, child].map(proc::state));
        assert_eq!(shell.terminal().foreground(), init);
        harness::send(shell.pid, libc::SIGCONT);
    });
}

#[test]
fn to_pass_the_terminal_leaves_no_descriptor_open() {
    in_each(SHELLS, |name| {
        let (shell, init, child) = shell_with_a_job(name, "echo ready");
        let descriptors = || proc::descriptors(init);
        eventually_eq((child, vec![0, 1, 2]), || (shell.terminal().foreground(), descriptors()));
        shell.type_in(CTRL_Z);
        eventually_eq([Some('T'); 2], || [init, child].map(proc::state));
        eventually_eq(shell.pid, || shell.terminal().foreground());
        shell.type_in("fg\n");
        eventually_eq([Some('S'); 2], || [init, child].map(proc::state));
        eventually_eq(vec![0, 1, 2], descriptors);
    });
}

/// The child of a pipeline's init is in the pipeline's group.
#[test]
fn a_child_that_was_continued_is_not_continued_again_nor_is_its_group() {
    in_each(SHELLS, |name| {
        let mut shell = shell(name);
        shell.type_in("$PROBE signals >/dev/tty | $RINIT $PROBE signals\n");
        shell.stdout.expect("ready");
        shell.stdout.expect("ready");
        let init = harness::below(shell.pid, "rinit");
        let child = harness::below(init, "probe");
        harness::send(child, libc::SIGSTOP);
        eventually_eq([Some('T'); 2], || [init, child].map(proc::state));
        harness::send(child, libc::SIGCONT);
        shell.stdout.expect(&libc::SIGCONT.to_string());
        harness::send(init, libc::SIGCONT);
        harness::send(init, harness::last_signal());
        let mut lines = vec![];
        while lines.last() != Some(&harness::last_signal().to_string()) {
            lines.push(shell.stdout.next());
        }
        assert_eq!(lines.len(), 1, "{lines:?}");
    });
}

/// It is the child that the shell's job is about.
#[test]
fn an_orphan_that_stops_stops_no_job() {
    in_each(SHELLS, |name| {
        let (_shell, init, child) = shell_with_a_job(name, "($PROBE signals &)");
        let orphan = harness::below(init, "probe");
        eventually_eq(Some(init), || proc::parent(orphan));
        harness::send(orphan, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(orphan));
        // rinit takes it after SIGCHLD, and passes it on if it has not stopped.
        harness::send(init, harness::last_signal());
        proc::ended(child);
    });
}

#[test]
fn the_shell_sees_how_a_job_ended() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_BACKSLASH), &["? 131"], Gone),
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Send(libc::SIGTERM), &["? 143"], Gone),
        (Line("$RINIT sh catcher"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["caught", "? 5"], Gone),
    ]);
}

#[test]
fn the_terminals_modes_are_the_childs_and_the_shells_in_turn() {
    as_without_an_init(&[
        (Line("stty -g"), &["? 0"], Background),
        (Line("$RINIT sh editor"), &["ready", JOB, "? 148"], Stopped),
        (Line("stty -g"), &["? 0"], Stopped),
        (Line("fg"), &["resumed"], Foreground),
        (Line("one"), &["? 0"], Gone),
        (Line("stty -g"), &["? 0"], Gone),
    ]);
}

#[test]
fn a_shell_as_the_child_has_jobs_of_its_own() {
    as_without_an_init(&[
        (Line("$RINIT sh nested"), &["ready", PROMPT], Foreground),
        (Line("echo shell $$"), &["shell", PROMPT], Background),
        (Line("sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("sh reader &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], Foreground),
        (Line("one"), &["got one"], Foreground),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("echo ready $$"), &["ready", PROMPT], Foreground),
        (Line("kill -STOP $$"), &[JOB, "? 147"], Stopped),
        (Line("fg"), &[PROMPT], Foreground),
        (Line("exit 5"), &["? 5"], Gone),
    ]);
}

#[test]
fn a_job_that_ignores_hangups_goes_on_without_its_terminal() {
    as_without_an_init(&[
        (Line("$RINIT sh stubborn"), &["ready"], ForegroundJob),
        (HangUp, &[], Background),
        (Idle, &[], Background),
    ]);
    as_without_an_init(&[
        (Line("$RINIT sh stubborn"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Idle, &[], Stopped),
        (HangUp, &[], Background),
        (Idle, &[], Background),
    ]);
}

/// dash passes no hangup on to its jobs.
#[test]
fn a_job_in_the_background_ends_with_the_terminal_of_bash() {
    as_without_an_init_in(
        BASH,
        &[(Line("$RINIT sh sleeper &"), &["ready", PROMPT], Background), (HangUp, &[], Gone)],
    );
}

/// dash does not ask the kernel about that.
#[test]
fn bash_sees_that_a_job_was_continued_from_elsewhere() {
    as_without_an_init_in(
        BASH,
        &[
            (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
            (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
            (Line("sh -c 'kill -CONT {init}'"), &["? 0"], Background),
            (Jobs("Running"), &[], Background),
            (Line("fg"), &[], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Gone),
        ],
    );
}

/// SIGSTOP cannot be received, so the init cannot forward one that only it gets. Of a SIGCONT that only the
/// child gets the init is not told.
#[test]
fn sigstop_for_the_init_or_sigcont_for_the_child_alone_parts_them_until_fg() {
    with_an_init_in(
        SHELLS,
        &[
            (Line("$RINIT sh sleeper &"), &["ready", PROMPT], Background),
            (Line("kill -STOP {init}"), &["? 0"], Apart),
            (Jobs("Stopped"), &[], Apart),
            (Line("fg"), &[], ForegroundJob),
            (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
            (Line("kill -CONT {child}"), &["? 0"], Apart),
            (Line("fg"), &[], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Gone),
        ],
    );
}

/// In an orphaned group a program goes on where it would have stopped. The child's own group is not orphaned,
/// since the init is in the same session. Here the shell makes the init lead a group, which dash cannot.
#[test]
fn an_orphan_that_leads_its_group_stops_its_child_alone_and_only_to_read_the_terminal() {
    as_without_an_init_in(
        BASH,
        &[
            (Line("mkfifo go"), &[PROMPT], Background),
            (Line("(set -m; sh orphan stopper TSTP &)"), &["ready", PROMPT], Background),
            (Line("echo >go"), &["ready", "got", PROMPT], Gone),
        ],
    );
    with_an_init_in(
        BASH,
        &[
            (Line("mkfifo go"), &[PROMPT], Background),
            (Line("(set -m; sh orphan orphaned-reader &)"), &["ready", PROMPT], Background),
            (Line("echo >go"), &["ready", PROMPT], Apart),
            (Idle, &[], Apart),
        ],
    );
}

/// A shell goes no further in a line, and ends a loop, when Ctrl-C ends a program in it.
#[test]
fn after_ctrl_c_a_shell_goes_no_further_in_the_line_than_without_the_init() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper; echo after"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("$RINIT sh sleeper; echo after"), &["ready"], ForegroundJob),
        (Key(CTRL_BACKSLASH), &["after", "? 0"], Gone),
        (Line("$RINIT sh sleeper; echo after"), &["ready"], ForegroundJob),
        (Send(libc::SIGTERM), &["Terminated", "after", "? 0"], Gone),
    ]);
}

#[test]
fn ctrl_c_ends_a_loop_as_without_the_init() {
    as_without_an_init(&[
        (Line("for i in 1 2 3; do $RINIT sh sleeper; done"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("while :; do $RINIT sh sleeper; done; echo after"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("bash loop; echo after"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("sh loop; echo after"), &["ready"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
    ]);
}

#[test]
fn a_job_that_fg_brought_back_ends_as_without_the_init() {
    as_without_an_init(&[
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_BACKSLASH), &["? 131"], Gone),
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Send(libc::SIGTERM), &["? 143"], Gone),
    ]);
}

/// After `unshare --pid --fork --mount-proc bash` PID 1 is a shell, and its process group has the number 1. The
/// number -1 is not that group to kill(2), but every process that there is.
#[test]
fn fg_of_a_job_whose_child_is_in_the_group_of_pid_1_signals_no_other_process() {
    let in_its_own_group = "sh -c 'echo ready; kill -STOP $$; exec sleep 1000'"; // the negative control
    for command in [in_its_own_group, "$PROBE stop-in-group-1"] {
        eprintln!("{command}");
        let launch = interactive_as(Position::Pid1, "bash");
        let mut shell = launch.env("RINIT", harness::subject()).env("PROBE", harness::probe()).start();
        shell.type_in("$PROBE signals &\n");
        shell.stdout.expect("ready");
        let bystander = harness::below(shell.pid, "probe");
        shell.type_in(&format!("$RINIT -- {command}\n"));
        shell.stdout.expect("ready");
        let is_job = |pid: &Pid| *pid != bystander;
        let job = eventually("the job", || proc::children(shell.pid).into_iter().find(is_job));
        let child = eventually("the child", || proc::children(job).first().copied());
        eventually_eq([Some('T'); 2], || [job, child].map(proc::state));
        shell.type_in("fg\n");
        eventually_eq([Some('S'); 2], || [job, child].map(proc::state));
        harness::send(bystander, harness::last_signal());
        // What the bystander has got first: the shell prints words, and no numbers.
        let received = std::iter::repeat_with(|| shell.stdout.next()).find_map(|line| line.parse().ok());
        assert_eq!(received, Some(harness::last_signal()));
    }
}

/// What would be for all of a job if it were a key.
#[test]
fn a_keys_signal_from_a_process_reaches_the_child_only() {
    everywhere(|position| {
        for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP] {
            reaches_the_child_only(position, signal);
        }
    });
}
