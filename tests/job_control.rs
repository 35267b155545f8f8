//! Under a user's shell a job is a job: Ctrl-Z, `fg`, `bg` and `jobs` work as if rinit were not there.
//!
//! What is typed at bash and dash, and what comes of it, is one table. It is played twice, with
//! `$RINIT` as the init under test and with `$RINIT` as nothing at all, and must come out the same.

use crate::harness;
use crate::harness::{Launch, Place, Running, eventually_eq, proc};
use nix::libc::{self, c_int};
use nix::unistd::{Pid, getpgid};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";
const CTRL_BACKSLASH: &str = "\x1c";

const SHELLS: &[&str] = &["bash", "dash"];
const BASH: &[&str] = &["bash"];

/// How the shell's prompt begins, a line of its own; `$?` follows.
const PROMPT: &str = "? ";

/// How what the shell says of its first job begins.
const JOB: &str = "[1]";

/// The programs, for `sh NAME`. One that is `ready` gives its process ID, and is the child from then on.
const PROGRAMS: &[(&str, &str)] = &[
    ("reader", "echo ready $$; while read line; do echo got $line; done"),
    ("sleeper", "echo ready $$; exec sleep 1000"),
    ("stubborn", "trap '' HUP TERM; echo ready $$; exec sleep 1000"),
    ("catcher", "trap 'echo caught; exit 5' INT; echo ready $$; sleep 1000 & wait"),
    // `last PROGRAM` is that, on the terminal, when the one before it in a pipeline is ready.
    ("last", "read line; exec sh $1 </dev/tty"),
    // Tells that the one before it in a pipeline is ready, and reads from the terminal.
    ("relay", "read line; echo $line; while read line; do echo got $line; done </dev/tty"),
    // `stopper SIGNAL` stops itself, and `stopper SIGNAL 0` its group, as vim does.
    ("stopper", "echo ready $$; kill -$1 ${2:-$$}; echo resumed; read line; echo got $line"),
    // Runs the child as a child of its own.
    ("parent", "sh sleeper; echo over"),
    // Reads from the terminal after SIGUSR1.
    ("later", "trap 'exec sh reader' USR1; echo ready $$; sleep 1000 & wait"),
    // Sets the terminal's modes, to what they are.
    ("setter", "echo ready $$; stty $(stty -g); echo set; exec sleep 1000"),
    // Sets them to what only itself can use.
    ("editor", "stty -icanon -isig; echo ready $$; kill -TSTP $$; echo resumed; stty -g; read line; stty -g"),
    ("script", "$RINIT sh reader; echo ready $$; read line; echo script got $line"),
    ("nested", "echo ready $$; exec dash -i"),
    // Waits until its parent has ended, and starts the rest then.
    ("orphan", "echo ready $$; read line <go; exec $RINIT sh $*"),
    ("orphaned-reader", "echo ready $$; read line </dev/tty || echo no terminal; exec sleep 1000"),
];

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A line is typed; `{child}` in it is the child's process ID, and `{init}` that of the init in
    /// front of it, or if there is none the child's as well.
    Line(&'static str),
    /// A key is typed.
    Key(&'static str),
    /// `jobs` is typed until the shell, which learns of its jobs a little later, says this.
    Jobs(&'static str),
    /// Somebody elsewhere sends the child a signal.
    Send(c_int),
    /// The terminal goes, as when its window is closed.
    HangUp,
    /// Other programs run for a while, and the init does not.
    Idle,
}

/// How the child is then, and the init with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
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

use Act::{HangUp, Idle, Jobs, Key, Line, Send};
use Now::{Apart, Background, Foreground, ForegroundJob, Gone, Stopped};

/// What happens, lines that begin like this in any order, and how it is then.
type Step = (Act, &'static [&'static str], Now);

/// Plays the steps in each shell, with the init and without, and compares what was printed.
fn as_without_an_init(steps: &[Step]) {
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

/// In all shells at the same time; a test fails if one of them does.
fn in_each(shells: &[&str], test: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for shell in shells {
            let test = &test;
            scope.spawn(move || test(shell));
        }
    });
}

fn play(shell: &str, init: &OsStr, steps: &[Step]) -> Vec<Vec<String>> {
    let mut session = Session::start(shell, init);
    steps.iter().map(|step| session.play(step)).collect()
}

/// A shell on a terminal, and somebody who types.
struct Session {
    running: Running,
    name: String,
    /// This shell and those that were started in it.
    shells: Vec<Pid>,
    child: Pid,
    init: Pid,
    _programs: tempfile::TempDir,
}

impl Session {
    fn start(shell: &str, init: &OsStr) -> Self {
        let programs = tempfile::tempdir().expect("a folder");
        for (name, text) in PROGRAMS {
            std::fs::write(programs.path().join(name), text).expect("a file");
        }
        let folder = programs.path().to_owned();
        let running = Launch::program(Place::Outside, format!("/bin/{shell}"))
            .args(if shell == "bash" { &["--norc", "--noprofile", "--noediting"][..] } else { &[] })
            .args(["-i"])
            .caller(move || harness::must(nix::unistd::chdir(&folder)))
            .env("PS1", format!("{PROMPT}$?\n"))
            .env("HISTFILE", "")
            .env("RINIT", init)
            .env("TINI_SUBREAPER", "1") // without it tini warns
            .on_terminal()
            .start();
        let name = format!("{shell} {}", if init.is_empty() { "without" } else { "with" });
        let pid = running.pid;
        let mut session =
            Self { running, name, shells: vec![pid], child: pid, init: pid, _programs: programs };
        session.lines(&[PROMPT]);
        session
    }

    fn play(&mut self, (act, awaited, now): &Step) -> Vec<String> {
        eprintln!("{}: {act:?}", self.name);
        let lines = match act {
            Line(line) => {
                let line = line.replace("{child}", &self.child.to_string());
                self.type_in(&(line.replace("{init}", &self.init.to_string()) + "\n"));
                self.lines(awaited)
            }
            Key(key) => {
                self.type_in(key);
                self.lines(awaited)
            }
            Jobs(state) => self.jobs_until(state),
            Send(signal) => {
                harness::send(self.child, *signal);
                self.lines(awaited)
            }
            HangUp => {
                self.running.hang_up();
                vec![]
            }
            Idle => {
                self.init_is_idle();
                vec![]
            }
        };
        eprintln!("{}: {lines:?}, to be {now:?}", self.name);
        eventually_eq(Ok(*now), || match self.now() {
            Ok(Foreground) if *now == ForegroundJob => Ok(ForegroundJob),
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
        // The exit code of an init tells the shell less than the signal that it stands for.
        lines.retain(|line| !(line.is_empty() || line.starts_with("Quit") || line.starts_with("Terminated")));
        lines.retain(|line| !line.starts_with(JOB) || awaited.contains(&JOB));
        lines.sort();
        lines
    }

    fn is_ready(&mut self, child: Pid) {
        let subject = harness::subject(); // and options of it, perhaps
        let subject = subject.to_str().and_then(|words| words.split_whitespace().next());
        let subject = subject.and_then(|path| Path::new(path).file_name()?.to_str());
        let parent = |pid| Some(Pid::from_raw(proc::status(pid, "PPid")?.parse().ok()?));
        let leader = getpgid(Some(child)).unwrap_or(child);
        let mut parents = [child, leader].into_iter().filter_map(parent);
        let init = parents.find(|pid| proc::name(*pid).as_deref() == subject);
        self.shells.retain(|shell| *shell != child);
        (self.child, self.init) = (child, init.unwrap_or(child));
    }

    fn jobs_until(&mut self, state: &str) -> Vec<String> {
        harness::eventually(&format!("{}: jobs that are {state}", self.name), || {
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
        harness::eventually("an idle init", || {
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
        let foreground = self.running.terminal.as_ref().map(|terminal| terminal.foreground());
        let foreground = foreground.filter(|group| group.as_raw() > 0);
        let is_shells = foreground.is_none_or(|group| self.shells.contains(&group));
        let states = [self.child, self.init].map(|pid| proc::state(pid).unwrap_or('Z'));
        let [has, init_has] =
            [self.child, self.init].map(|pid| foreground.is_some() && getpgid(Some(pid)).ok() == foreground);
        match states {
            ['Z', 'Z'] if is_shells => Ok(Gone),
            ['T', 'T'] if is_shells => Ok(Stopped),
            ['R' | 'S', 'T'] | ['T', 'R' | 'S'] if is_shells => Ok(Apart),
            ['R' | 'S', 'R' | 'S'] if is_shells => Ok(Background),
            ['R' | 'S', 'R' | 'S'] if has => Ok(Foreground),
            ['R' | 'S', 'R' | 'S'] if init_has => Ok(ForegroundJob),
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
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }
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

const CTRL_Z_AND_FG: &[Step] = &[
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

/// SIGSTOP cannot be received, so the child does not hear of one that only the init gets. And of a
/// SIGCONT that only the child gets, the init does not hear.
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

/// In an orphaned group a program goes on where it would have stopped. The child's own group is none,
/// since the init is in the same session. Here the shell makes the init lead a group, as dash cannot.
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

/// A shell goes no further when a signal ends its program, and an exit code is none.
#[test]
fn after_ctrl_c_a_shell_goes_on_with_what_follows_the_init() {
    with_an_init_in(
        SHELLS,
        &[
            (Line("$RINIT sh sleeper; echo after"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["after", "? 0"], Gone),
        ],
    );
}
