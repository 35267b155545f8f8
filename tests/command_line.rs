//! The command line and the environment: what is asked for is done, however it is spelled, and what
//! is wrong is named and starts nothing.

use crate::harness;
use crate::harness::{Launch, Output, Place, Running, everywhere, must, proc, subject};
use nix::libc;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An environment variable.
type Variable<'a> = (&'a str, &'a str);

fn init(place: Place, options: &[&str], variables: &[Variable<'_>]) -> Launch {
    variables.iter().fold(Launch::init(place), |launch, (name, value)| launch.env(name, value)).args(options)
}

/// Each command line, and each environment, does the same.
fn all(options: &[&[&str]], variables: &[Variable<'_>], test: impl Fn(Place, &[&str], &[Variable<'_>])) {
    everywhere(|place| {
        for options in options {
            eprintln!("options: {options:?}");
            test(place, options, &[]);
        }
        for variable in variables {
            eprintln!("variable: {variable:?}");
            test(place, &[], &[*variable]);
        }
    });
}

fn code_of(place: Place, options: &[&str], variables: &[Variable<'_>], script: &str) -> i32 {
    init(place, options, variables).shell(script).output().code()
}

/// Starts a child that prints the signals it gets.
fn signals(place: Place, options: &[&str], variables: &[Variable<'_>]) -> Running {
    init(place, options, variables).probe(&["signals"]).start().ready()
}

/// What the child gets for `sent`.
fn gets(running: &mut Running, sent: i32) -> i32 {
    running.signal(sent);
    running.stdout.next().parse().expect("a signal number")
}

/// Whether a signal reaches the child's own child too.
fn reaches_group(place: Place, options: &[&str], variables: &[Variable<'_>]) -> bool {
    // The child says so when it got the signal; the program that it runs prints what it gets.
    const SCRIPT: &str = "trap 'echo child' WINCH; \"$0\" signals & wait; wait";
    let probe = harness::probe();
    let command = [OsStr::new("sh"), OsStr::new("-c"), OsStr::new(SCRIPT), &probe];
    let mut running = init(place, options, variables).command(command).start().ready();
    let grandchild = *proc::descendants(running.pid).last().expect("a grandchild");
    running.signal(libc::SIGWINCH);
    let mut lines = vec![];
    let mut read_until = |line: &str| {
        while lines.last().is_none_or(|last| last != line) {
            lines.push(running.stdout.next());
        }
    };
    // A signal to a group is pending for all of it before one of its processes can say that it came.
    read_until("child");
    let last = libc::SIGRTMAX();
    harness::send(grandchild, last);
    read_until(&last.to_string());
    lines.contains(&libc::SIGWINCH.to_string())
}

/// What rinit says while an orphan is reaped, SIGWINCH is forwarded, and the child exits with 0:
/// the first word of each line.
fn says(place: Place, options: &[&str], variables: &[Variable<'_>]) -> Vec<String> {
    const SCRIPT: &str = "\
        orphan=$(sh -c '(while kill -0 $$; do :; done) >/dev/null 2>&1 & echo $!')
        while kill -0 $orphan 2>/dev/null; do :; done
        trap 'exit 0' WINCH
        kill -WINCH $PPID
        while :; do :; done";
    let output = init(place, options, variables).shell(SCRIPT).output();
    assert_eq!((output.code(), output.stdout.as_str()), (0, ""));
    let first_word = |line: &str| {
        let message = line.strip_prefix("rinit: ").expect("the program's name");
        message.split(' ').next().expect("a word").to_owned()
    };
    output.stderr.lines().map(first_word).collect()
}

/// Whether an orphan becomes a child of rinit's.
fn adopts(place: Place, options: &[&str], variables: &[Variable<'_>]) -> bool {
    const SCRIPT: &str = "\
        orphan=$(sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!')
        grep -qx \"PPid:[[:space:]]$PPID\" /proc/$orphan/status
        adopted=$?
        kill -KILL $orphan
        exit $adopted";
    match code_of(place, options, variables, SCRIPT) {
        0 => true,
        1 => false,
        other => panic!("exit code {other}"),
    }
}

/// The signal that rinit's child gets when rinit's parent has ended, if rinit is not PID 1: a PID 1
/// has its parent outside its PID namespace, and dies with the namespace.
fn gets_at_parents_end(options: &[&str], variables: &[Variable<'_>]) -> i32 {
    let shell = [OsStr::new("-c"), OsStr::new("\"$@\" & wait"), OsStr::new("sh"), &subject()];
    let probe = harness::probe();
    let command = [OsStr::new("--"), &probe, OsStr::new("signals")];
    let launch = variables
        .iter()
        .fold(Launch::program(Place::Outside, "/bin/sh"), |launch, (name, value)| launch.env(name, value));
    let mut parent = launch.args(shell).args(options).args(command).start().ready();
    let started = proc::descendants(parent.pid);
    parent.signal(libc::SIGKILL);
    parent.wait();
    let signal = parent.stdout.next().parse().expect("a signal number");
    for pid in started.into_iter().rev() {
        harness::send(pid, libc::SIGKILL);
    }
    signal
}

#[test]
fn group_sends_signals_to_the_childs_group() {
    let spellings: [&[&str]; 6] =
        [&["-g"], &["--group"], &["-gv"], &["-vg"], &["-gw"], &["-gr", "USR1:USR2"]];
    let variables = [("RINIT_GROUP", "1"), ("TINI_KILL_PROCESS_GROUP", "1"), ("TINI_KILL_PROCESS_GROUP", "")];
    all(&spellings, &variables, |place, options, variables| {
        assert!(reaches_group(place, options, variables));
    });
    all(&[&[], &["-v"]], &[("RINIT_GROUP", "0"), ("RINIT_GROUP", "")], |place, options, variables| {
        assert!(!reaches_group(place, options, variables));
    });
    everywhere(|place| {
        assert!(reaches_group(place, &["-g"], &[("RINIT_GROUP", "0")]));
        // rinit's own variable wins over tini's.
        assert!(!reaches_group(place, &[], &[("TINI_KILL_PROCESS_GROUP", "1"), ("RINIT_GROUP", "0")]));
        assert!(!reaches_group(place, &[], &[("RINIT_GROUP", "0"), ("TINI_KILL_PROCESS_GROUP", "1")]));
    });
}

#[test]
fn rewrite_sends_another_signal() {
    let spellings: [&[&str]; 6] = [
        &["-r", "TERM:USR1"],
        &["-rTERM:USR1"],
        &["--rewrite", "TERM:USR1"],
        &["--rewrite=TERM:USR1"],
        &["-gr", "TERM:USR1"],
        &["-vgrTERM:USR1"],
    ];
    all(&spellings, &[("RINIT_REWRITE", "TERM:USR1")], |place, options, variables| {
        assert_eq!(gets(&mut signals(place, options, variables), libc::SIGTERM), libc::SIGUSR1);
    });
}

#[test]
fn several_rules_stand_in_several_options_or_one_variable() {
    let options: [&[&str]; 1] = [&["-rTERM:USR1", "-r", "HUP,INT:QUIT", "--rewrite=RTMIN:RTMAX"]];
    let variables = [
        ("RINIT_REWRITE", "TERM:USR1 HUP,INT:QUIT RTMIN:RTMAX"),
        ("RINIT_REWRITE", "  TERM:USR1   HUP,INT:QUIT RTMIN:RTMAX "),
    ];
    all(&options, &variables, |place, options, variables| {
        let mut running = signals(place, options, variables);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGUSR1);
        assert_eq!(gets(&mut running, libc::SIGHUP), libc::SIGQUIT);
        assert_eq!(gets(&mut running, libc::SIGINT), libc::SIGQUIT);
        assert_eq!(gets(&mut running, libc::SIGRTMIN()), libc::SIGRTMAX());
    });
}

#[test]
fn a_rule_on_the_command_line_wins_over_the_variables_for_its_signals_alone() {
    everywhere(|place| {
        let variable = ("RINIT_REWRITE", "TERM:HUP INT:QUIT");
        let mut running = signals(place, &["-r", "TERM:USR1"], &[variable]);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGUSR1);
        assert_eq!(gets(&mut running, libc::SIGINT), libc::SIGQUIT);
    });
}

#[test]
fn remap_gives_another_exit_code() {
    let spellings: [&[&str]; 6] =
        [&["-e", "3:7"], &["-e3:7"], &["--remap", "3:7"], &["--remap=3:7"], &["-ge3:7"], &["-vge", "3:7"]];
    all(&spellings, &[("RINIT_REMAP", "3:7")], |place, options, variables| {
        assert_eq!(code_of(place, options, variables, "exit 3"), 7);
    });
    let spellings: [&[&str]; 4] = [&["-e143"], &["-e", "143"], &["--remap=143"], &["--remap", "143"]];
    all(&spellings, &[("RINIT_REMAP", "143")], |place, options, variables| {
        assert_eq!(code_of(place, options, variables, "exit 143"), 0);
    });
    all(&[&["-e3:7", "-e4:8", "-e5"]], &[("RINIT_REMAP", "3:7 4:8 5")], |place, options, variables| {
        for (code, new) in [(3, 7), (4, 8), (5, 0), (6, 6)] {
            assert_eq!(code_of(place, options, variables, &format!("exit {code}")), new);
        }
    });
    everywhere(|place| {
        let variable = ("RINIT_REMAP", "3:7 4:8");
        assert_eq!(code_of(place, &["-e", "3:9"], &[variable], "exit 3"), 9);
        assert_eq!(code_of(place, &["-e", "3:9"], &[variable], "exit 4"), 8);
        assert_eq!(code_of(place, &[], &[("RINIT_REMAP", "")], "exit 3"), 3);
    });
}

#[test]
fn parent_death_sends_a_signal_when_the_parent_ends() {
    let spellings: [&[&str]; 6] = [
        &["-p", "USR1"],
        &["-pSIGUSR1"],
        &["--parent-death", "usr1"],
        &["--parent-death=USR1"],
        &["-vp", "USR1"],
        &["-gpUSR1"],
    ];
    for options in spellings {
        assert_eq!(gets_at_parents_end(options, &[]), libc::SIGUSR1, "{options:?}");
    }
    assert_eq!(gets_at_parents_end(&[], &[("RINIT_PARENT_DEATH", "USR1")]), libc::SIGUSR1);
    assert_eq!(gets_at_parents_end(&["-p", "USR1"], &[("RINIT_PARENT_DEATH", "HUP")]), libc::SIGUSR1);
    assert_eq!(gets_at_parents_end(&["-p", "HUP", "-r", "HUP:RTMIN"], &[]), libc::SIGRTMIN());
}

#[test]
fn subreaper_adopts_orphans_and_is_the_default() {
    let spellings: [&[&str]; 6] =
        [&[], &["-s"], &["--subreaper"], &["-gs"], &["-sv"], &["--no-subreaper", "-s"]];
    let variables = [("RINIT_SUBREAPER", "1"), ("TINI_SUBREAPER", ""), ("TINI_SUBREAPER", "0")];
    all(&spellings, &variables, |place, options, variables| assert!(adopts(place, options, variables)));
    everywhere(|place| {
        assert!(adopts(place, &["-s"], &[("RINIT_SUBREAPER", "0")]));
        assert!(adopts(place, &["-s"], &[("RINIT_SUBREAPER", "")]));
    });
}

#[test]
fn no_subreaper_leaves_orphans_to_others_but_for_those_of_pid_1() {
    let options: [&[&str]; 2] = [&["--no-subreaper"], &["-s", "--no-subreaper"]];
    let variables = [("RINIT_SUBREAPER", "0")];
    all(&options, &variables, |place, options, variables| {
        assert_eq!(adopts(place, options, variables), place == Place::Pid1);
    });
    everywhere(|place| {
        for variable in [("RINIT_SUBREAPER", "1"), ("TINI_SUBREAPER", "1")] {
            assert_eq!(adopts(place, &["--no-subreaper"], &[variable]), place == Place::Pid1);
        }
        let variables = [("TINI_SUBREAPER", "1"), ("RINIT_SUBREAPER", "0")];
        assert_eq!(adopts(place, &[], &variables), place == Place::Pid1);
    });
}

#[test]
fn warn_reaped_says_which_orphans_were_reaped() {
    let spellings: [&[&str]; 4] = [&["-w"], &["--warn-reaped"], &["-gw"], &["-ws"]];
    all(&spellings, &[("RINIT_WARN_REAPED", "1")], |place, options, variables| {
        assert_eq!(says(place, options, variables), ["reap"]);
    });
    let variables = [("RINIT_WARN_REAPED", "0"), ("RINIT_WARN_REAPED", "")];
    all(&[&[], &["-gs"]], &variables, |place, options, variables| {
        assert_eq!(says(place, options, variables), [""; 0]);
    });
    everywhere(|place| assert_eq!(says(place, &["-w"], &[("RINIT_WARN_REAPED", "0")]), ["reap"]));
}

#[test]
fn verbose_says_the_childs_end_then_signals_then_orphans() {
    let silent: [&[&str]; 2] = [&[], &["-s"]];
    all(
        &silent,
        &[("RINIT_VERBOSITY", "0"), ("TINI_VERBOSITY", "1"), ("TINI_VERBOSITY", "")],
        |place, options, variables| {
            assert_eq!(says(place, options, variables), [""; 0]);
        },
    );
    let once: [&[&str]; 4] = [&["-v"], &["--verbose"], &["-gv"], &["-vs"]];
    all(&once, &[("RINIT_VERBOSITY", "1"), ("TINI_VERBOSITY", "2")], |place, options, variables| {
        assert_eq!(says(place, options, variables), ["child"]);
    });
    let twice: [&[&str]; 5] = [&["-vv"], &["-v", "-v"], &["--verbose", "-v"], &["-vgv"], &["-vve143"]];
    all(&twice, &[("RINIT_VERBOSITY", "2"), ("TINI_VERBOSITY", "3")], |place, options, variables| {
        assert_eq!(says(place, options, variables), ["forward", "child"]);
    });
    let thrice: [&[&str]; 4] = [&["-vvv"], &["-v", "-vv"], &["-vvvvvvvv"], &["-vvwv"]];
    let variables = [
        ("RINIT_VERBOSITY", "3"),
        ("RINIT_VERBOSITY", "4"),
        ("RINIT_VERBOSITY", "255"),
        ("TINI_VERBOSITY", "4"),
    ];
    all(&thrice, &variables, |place, options, variables| {
        assert_eq!(says(place, options, variables), ["reap", "forward", "child"]);
    });
    everywhere(|place| {
        assert_eq!(says(place, &["-v"], &[("RINIT_VERBOSITY", "0")]), ["child"]);
        assert_eq!(says(place, &[], &[("RINIT_VERBOSITY", "1"), ("TINI_VERBOSITY", "4")]), ["child"]);
        // tini's 0 leaves out the warnings.
        assert_eq!(says(place, &["-w"], &[("TINI_VERBOSITY", "0")]), [""; 0]);
    });
}

#[test]
fn variables_that_are_not_known_are_somebody_elses() {
    everywhere(|place| {
        let variables = [
            ("RINIT_NO_SUCH_THING", "what"),
            ("RINIT_", "x"),
            ("RINIT_VERBOSITY_", "3"),
            ("RINIT_HELP", "1"),
            ("RINIT_VERSION", "1.2.3"),
            ("RINIT_LICENSE", "MIT"),
            ("RINIT", "3"),
            ("TINI_VERSION", "v0.19.0"),
            ("TINI_", "x"),
            ("TINI_GROUP", "x"),
            ("TINI_REWRITE", "x"),
            ("xRINIT_GROUP", "x"),
        ];
        let launch = Launch::init(place).no_environment();
        let launch = variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
        let output = launch.command(["/usr/bin/env"]).output();
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
        let expected: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        assert_eq!(output.stdout, expected);
    });
}

#[test]
fn variables_that_are_known_are_passed_on_as_well() {
    everywhere(|place| {
        let launch = Launch::init(place).no_environment();
        let output =
            launch.env("RINIT_GROUP", "1").env("TINI_SUBREAPER", "").command(["/usr/bin/env"]).output();
        assert_eq!(output.stdout, "RINIT_GROUP=1\nTINI_SUBREAPER=\n");
    });
}

const OPTION_LIKE: [&str; 7] = ["-v", "--help", "--", "-", "-e", "--no-such-option", "-Z"];

#[test]
fn what_follows_the_program_is_the_programs() {
    everywhere(|place| {
        let expected = OPTION_LIKE.map(|argument| format!("{argument}\n")).concat();
        for options in [&[][..], &["-g"], &["--"], &["-g", "--"], &["-e", "3", "--"]] {
            let launch = Launch::init(place).args(options).args(["printf", "%s\\n"]);
            let output = launch.args(OPTION_LIKE).output();
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{options:?}");
            assert_eq!(output.stdout, expected, "{options:?}");
        }
    });
}

/// A folder for a PATH, with a program under each of these names that prints it and its arguments.
fn folder_of_programs(names: &[&OsStr]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        symlink("/bin/echo", folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn after_two_dashes_anything_is_a_program_and_one_dash_always_is() {
    let folder = folder_of_programs(&OPTION_LIKE.map(OsStr::new));
    everywhere(|place| {
        let launch = || Launch::init(place).env("PATH", folder.path());
        for name in OPTION_LIKE {
            let output = launch().args(["--", name, "ran"]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (0, "ran\n"), "{name}");
        }
        let output = launch().args(["-", "ran"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "ran\n"));
        let output = Launch::init(place).env("PATH", "/bin").args(["-"]).output();
        assert_eq!(output.code(), 127);
        assert_eq!(output.stderr, "rinit: spawn -: not found in PATH\nhint: PATH is /bin\n");
    });
}

/// A program that leaves a file if it is started.
struct Marker(tempfile::TempDir);

impl Marker {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("started")
    }

    fn command(&self) -> [OsString; 3] {
        ["--".into(), "touch".into(), self.path().into()]
    }

    /// That this was refused with one line that starts like this, and a hint.
    fn refused(&self, output: &Output, start: &str) {
        let context = format!("expected {start:?} and a reason: {output:?}");
        assert_eq!(output.code(), 125, "{context}");
        assert_eq!(output.stdout, "", "{context}");
        let lines: Vec<_> = output.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{context}");
        let reason = lines[0].strip_prefix(start).and_then(|rest| rest.strip_prefix(": "));
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{context}");
        assert!(lines[1].starts_with("hint: "), "{context}");
        assert!(!self.path().exists(), "started: {context}");
    }
}

/// `options` and then a program are refused: with what the message says was parsed.
fn refuses<A: AsRef<OsStr>>(marker: &Marker, place: Place, options: &[A], parsed: &str) {
    let output = Launch::init(place).args(options).args(marker.command()).output();
    marker.refused(&output, &format!("rinit: parse {parsed}"));
}

#[test]
fn the_marker_shows_that_a_program_was_started() {
    everywhere(|place| {
        let marker = Marker::new();
        let output = Launch::init(place).args(["-vgr", "TERM:INT"]).args(marker.command()).output();
        assert_eq!(output.code(), 0);
        assert!(marker.path().exists());
    });
}

#[test]
fn an_option_that_is_not_known_is_refused_by_name() {
    let marker = Marker::new();
    everywhere(|place| {
        for (option, named) in [
            ("-Z", "-Z"),
            ("-gZ", "-Z"),
            ("-Zg", "-Z"),
            ("-g-", "--"),
            ("-g=1", "-="),
            ("-g1", "-1"),
            ("-,", "-,"),
            ("- ", "- "),
            ("--no-such-option", "--no-such-option"),
            ("--no-such-option=1", "--no-such-option 1"),
            ("--Group", "--Group"),
            ("--grou", "--grou"),
            ("--groups", "--groups"),
            ("--g", "--g"),
            ("--roup", "--roup"),
            ("---group", "---group"),
            ("---", "---"),
        ] {
            refuses(&marker, place, &[option], named);
        }
        refuses(&marker, place, &["--=1"], "--'' 1");
    });
}

#[test]
fn a_missing_value_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for option in ["-r", "-e", "-p", "--rewrite", "--remap", "--parent-death"] {
            let output = Launch::init(place).args(["-g", option]).output();
            marker.refused(&output, &format!("rinit: parse {option}"));
            refuses(&marker, place, &[option, ""], &format!("{option} ''"));
        }
        for option in ["r", "e", "p"] {
            let output = Launch::init(place).args([format!("-vg{option}")]).output();
            marker.refused(&output, &format!("rinit: parse -{option}"));
        }
        for option in ["--rewrite", "--remap", "--parent-death"] {
            refuses(&marker, place, &[format!("{option}=")], &format!("{option} ''"));
        }
    });
}

#[test]
fn a_value_for_an_option_that_takes_none_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for option in [
            "--group",
            "--subreaper",
            "--no-subreaper",
            "--warn-reaped",
            "--verbose",
            "--license",
            "--help",
            "--version",
        ] {
            refuses(&marker, place, &[format!("{option}=1")], &format!("{option} 1"));
            refuses(&marker, place, &[format!("{option}=")], &format!("{option} ''"));
            refuses(&marker, place, &[format!("{option}=a=b")], &format!("{option} a=b"));
        }
    });
}

/// No signal goes by these names: below and above the numbers, and not quite the names, of signal(7).
const NOT_SIGNALS: [&str; 26] = [
    "65",
    "66",
    "255",
    "256",
    "271",
    "-1",
    "+15",
    "1.5",
    "0x0f",
    "15x",
    "TERMX",
    "TER",
    "SIG",
    "SIGSIGTERM",
    "SIG15",
    "SIG_TERM",
    " TERM",
    "TERM ",
    "HUP INT",
    "RTMIN+31",
    "RTMAX-31",
    "RTMIN-1",
    "RTMAX+1",
    "RTMIN+",
    "RTMIN+1+1",
    "RTMAX-255",
];

#[test]
fn what_is_no_signal_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for value in NOT_SIGNALS.into_iter().chain(["0", "00", "drop", "CHLD"]) {
            refuses(&marker, place, &["-p", value], &format!("-p {value}"));
            let rule = format!("{value}:USR1");
            refuses(&marker, place, &["-r", &rule], &format!("-r {rule}"));
            let rule = format!("HUP,{value}:USR1");
            refuses(&marker, place, &[format!("--rewrite={rule}")], &format!("--rewrite {rule}"));
        }
        for value in NOT_SIGNALS.into_iter().chain(["00", "drops"]) {
            let rule = format!("USR1:{value}");
            refuses(&marker, place, &["-r", &rule], &format!("-r {rule}"));
        }
    });
}

#[test]
fn what_is_no_rule_for_signals_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for rule in [
            "TERM",
            ":",
            "TERM:",
            ":TERM",
            ",:TERM",
            "TERM,:INT",
            ",TERM:INT",
            "TERM:INT,HUP",
            "TERM:INT:HUP",
            "TERM=INT",
            "TERM:INT HUP:USR1",
            // These never come: signal(7), and SIGCHLD is what rinit lives on.
            "KILL:TERM",
            "STOP:drop",
            "CHLD:USR1",
            "SIGKILL:TERM",
            "TERM,STOP:INT",
            "9:TERM",
            "17:USR1",
            "cld:USR1",
        ] {
            refuses(&marker, place, &["-r", rule], &format!("-r {rule}"));
            refuses(&marker, place, &[format!("-gr{rule}")], &format!("-r {rule}"));
        }
    });
}

#[test]
fn what_is_no_exit_code_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for value in
            ["256", "1000", "-1", "+1", "1:", ":1", ":", "1:2:3", "1:256", "256:1", "x", "1 2", "1.0"]
        {
            refuses(&marker, place, &["-e", value], &format!("-e {value}"));
            refuses(&marker, place, &[format!("-e{value}")], &format!("-e {value}"));
            refuses(&marker, place, &[format!("--remap={value}")], &format!("--remap {value}"));
        }
    });
}

#[test]
fn a_wrong_variable_is_refused_by_name_and_value() {
    let marker = Marker::new();
    everywhere(|place| {
        for (name, value) in [
            ("RINIT_GROUP", "yes"),
            ("RINIT_GROUP", "2"),
            ("RINIT_SUBREAPER", "on"),
            ("RINIT_WARN_REAPED", "true"),
            ("RINIT_VERBOSITY", "loud"),
            ("RINIT_VERBOSITY", "-1"),
            ("RINIT_VERBOSITY", "256"),
            ("TINI_VERBOSITY", "loud"),
            ("RINIT_REWRITE", "TERM"),
            ("RINIT_REWRITE", "TERM:INT USR1:NOPE"),
            ("RINIT_REWRITE", "KILL:INT"),
            ("RINIT_REMAP", "256"),
            ("RINIT_REMAP", "3:7 x"),
            ("RINIT_PARENT_DEATH", "TERMX"),
        ] {
            let output = Launch::init(place).env(name, value).args(marker.command()).output();
            marker.refused(&output, &format!("rinit: parse {name} {value}"));
        }
    });
}

#[test]
fn no_program_is_refused() {
    let marker = Marker::new();
    everywhere(|place| {
        for options in [&[][..], &["--"], &["-g"], &["-g", "--"], &["-e", "--"]] {
            let output = Launch::init(place).args(options).output();
            let parsed = if options.contains(&"-e") { "-e --" } else { "the command line" };
            marker.refused(&output, &format!("rinit: parse {parsed}"));
        }
        // Since Linux 5.18 the kernel makes one empty argument of none.
        let output = Launch::init(place).empty_argv().output();
        marker.refused(&output, "rinit: parse the command line");
        let output = Launch::init(place).empty_argv().no_environment().output();
        marker.refused(&output, "rinit: parse the command line");
    });
}

fn bytes(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

#[test]
fn what_is_not_printable_is_escaped_in_messages() {
    let marker = Marker::new();
    everywhere(|place| {
        for (option, parsed) in [
            (&b"-\xff"[..], "-\\xff"),
            (b"-g\n", "-\\x0a"),
            (b"--\xc3\xa4", "--\\xc3\\xa4"),
            (b"--\x1b[31m", "--\\x1b[31m"),
            (b"-e\xff", "-e \\xff"),
            (b"-e1\n2", "-e 1\\x0a2"),
            (b"-e\\", "-e \\x5c"),
            (b"--rewrite=TERM:\x7f", "--rewrite TERM:\\x7f"),
            (b"-r\xe2\x82:INT", "-r \\xe2\\x82:INT"),
            (b"-p\x01", "-p \\x01"),
        ] {
            refuses(&marker, place, &[bytes(option)], parsed);
        }
        let launch = Launch::init(place).env("RINIT_GROUP", bytes(b"\xfe\t"));
        marker.refused(&launch.args(marker.command()).output(), "rinit: parse RINIT_GROUP \\xfe\\x09");

        let output =
            Launch::init(place).env("PATH", bytes(b"/n\xf6")).command([bytes(b"no\nsuch\xff")]).output();
        assert_eq!(output.code(), 127);
        let expected = "rinit: spawn no\\x0asuch\\xff: not found in PATH\nhint: PATH is /n\\xf6\n";
        assert_eq!(output.stderr, expected);
    });
}

#[test]
fn names_and_arguments_may_be_any_bytes() {
    let name = bytes(b"\xff\n\xfe");
    let folder = folder_of_programs(&[&name]);
    everywhere(|place| {
        for program in [name.clone(), folder.path().join(&name).into()] {
            for dashes in [&["--"][..], &[]] {
                let launch = Launch::init(place).env("PATH", folder.path());
                let output = launch.args(dashes).args([&program, &bytes(b"a\\b")]).output();
                assert_eq!((output.code(), output.stdout.as_str()), (0, "a\\b\n"));
            }
        }
    });
}

#[test]
fn long_arguments_are_cut_short_in_messages() {
    let marker = Marker::new();
    everywhere(|place| {
        for byte in [b'x', b'\xff'] {
            let long = bytes(&[byte; 100_000]);
            let start: String = if byte == b'x' { "xxxxxxxx".into() } else { "\\xff\\xff".into() };
            let with = |prefix: &str| {
                let mut argument = OsString::from(prefix);
                argument.push(&long);
                argument
            };
            for (options, named) in [
                (vec![with("--")], "--"),
                (vec![with("--group=")], "--group "),
                (vec![with("--remap=")], "--remap "),
                (vec![with("-e")], "-e "),
                (vec!["-r".into(), long.clone()], "-r "),
                (vec!["-p".into(), long.clone()], "-p "),
            ] {
                let output = Launch::init(place).args(&options).args(marker.command()).output();
                assert!(output.stderr.starts_with(&format!("rinit: parse {named}{start}")), "{output:?}");
                let first = output.stderr.lines().next().expect("a line");
                let (cut, _) = first.rsplit_once(": ").expect("a reason");
                marker.refused(&output, cut);
                assert!(cut.ends_with("..."), "{output:?}");
                // One write(2) of so much is one piece in a pipe, pipe(7).
                assert!(output.stderr.len() <= libc::PIPE_BUF, "{output:?}");
            }
            let output = Launch::init(place).env("RINIT_REWRITE", &long).args(marker.command()).output();
            assert!(output.stderr.starts_with(&format!("rinit: parse RINIT_REWRITE {start}")), "{output:?}");
            assert!(output.stderr.len() <= libc::PIPE_BUF && output.stderr.contains("...: "), "{output:?}");
            assert_eq!(output.code(), 125);

            let output = Launch::init(place).command([with("/")]).output();
            assert!(output.stderr.starts_with(&format!("rinit: spawn /{start}")), "{output:?}");
            assert!(output.stderr.ends_with("...: file name too long\n"), "{output:?}");
            assert_eq!((output.code(), output.stderr.lines().count()), (126, 1));
        }
    });
}

#[test]
fn texts_that_were_asked_for_go_to_stdout_and_start_nothing() {
    let marker = Marker::new();
    let license = Path::new(env!("CARGO_MANIFEST_DIR")).join("LICENSE-MIT");
    let license = fs::read_to_string(license).unwrap();
    let copyright = license.lines().find(|line| line.starts_with("Copyright")).unwrap().to_lowercase();
    everywhere(|place| {
        let text = |options: &[&str]| {
            let output = Launch::init(place).args(options).args(marker.command()).output();
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{options:?}");
            assert!(!marker.path().exists());
            let alone = Launch::init(place).args(options).output();
            assert_eq!((alone.code(), &alone.stdout), (0, &output.stdout));
            output.stdout
        };
        let help = text(&["--help"]);
        assert!(help.starts_with("Usage: ") && help.ends_with('\n'), "{help}");
        for options in [&["-h"][..], &["-gh"], &["-hg"], &["-g", "-h"], &["-e", "3", "--help"]] {
            assert_eq!(text(options), help);
        }
        let version = text(&["--version"]);
        assert!(version.contains(env!("CARGO_PKG_VERSION")) && version.lines().count() == 1, "{version}");
        for options in [&["-V"][..], &["-gV"]] {
            assert_eq!(text(options), version);
        }
        for options in [&["--license"][..], &["-l"], &["-L"], &["-vl"]] {
            let notice = text(options).to_lowercase();
            for part in [copyright.as_str(), "mit", "apache-2.0"] {
                assert!(notice.contains(part), "{notice}");
            }
        }
    });
}

/// The options that the help lists are those that are there: each line of it, as it stands.
#[test]
fn every_option_and_variable_that_the_help_lists_is_there() {
    let help = Launch::init(Place::Outside).args(["--help"]).output().stdout;
    let marker = Marker::new();
    let mut count = 0;
    for line in help.lines().filter(|line| line.starts_with("  -")) {
        for flag in line.split([' ', ',']).filter(|word| word.starts_with('-')) {
            // The program is run, or the value is wrong: the option itself is known.
            let wrong = if flag.starts_with("--") { format!("{flag}=\x01") } else { flag.to_owned() };
            let output = Launch::init(Place::Outside).args([&wrong, "true"]).output();
            assert!(!output.stderr.contains("no such option"), "{flag}: {output:?}");
            count += 1;
        }
    }
    assert!(count >= 10, "{help}");
    let variables: Vec<_> = help.split('[').filter_map(|rest| rest.split_once(']')).collect();
    let variables = variables.iter().filter(|(name, _)| name.starts_with("RINIT_"));
    for (name, _) in variables {
        let output = Launch::init(Place::Outside).env(name, "\x01").args(marker.command()).output();
        marker.refused(&output, &format!("rinit: parse {name} \\x01"));
    }
}

#[test]
fn a_text_that_stdout_does_not_take_gives_125() {
    everywhere(|place| {
        for option in ["--help", "--version", "-V", "--license", "-l", "-h"] {
            let full = || {
                let full = must(File::options().write(true).open("/dev/full")).into_raw_fd();
                // SAFETY: integers.
                unsafe { libc::dup2(full, 1) };
            };
            assert_eq!(Launch::init(place).args([option]).caller(full).output().code(), 125, "{option}");
            let closed = || {
                // SAFETY: an integer.
                unsafe { libc::close(1) };
            };
            assert_eq!(Launch::init(place).args([option]).caller(closed).output().code(), 125, "{option}");
        }
    });
}

/// The shell's own names of all signals that have one.
fn names_by_bash() -> Vec<(i32, String)> {
    const SCRIPT: &str = "for ((n = 1; n <= 64; n++)); do echo $n $(kill -l $n); done";
    let output = Command::new("bash").args(["-c", SCRIPT]).output().expect("bash");
    let output = String::from_utf8(output.stdout).unwrap();
    let names: Vec<_> = output
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| !name.is_empty())
        .map(|(number, name)| (number.parse().unwrap(), name.to_owned()))
        .collect();
    assert!(names.len() >= 60, "{names:?}");
    names
}

#[test]
fn every_signal_goes_by_the_name_that_the_shell_gives_it() {
    let names = names_by_bash();
    const NEVER_RECEIVED: [i32; 3] = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD];
    let next =
        |number: i32| (1..).map(|step| (number + step - 1) % 64 + 1).find(|n| !NEVER_RECEIVED.contains(n));
    let spellings: [fn(&str) -> String; 4] = [
        str::to_owned,
        |name| format!("SIG{name}"),
        str::to_ascii_lowercase,
        |name| format!("Sig{}", name.to_ascii_lowercase()),
    ];
    let received = || names.iter().filter(|(number, _)| !NEVER_RECEIVED.contains(number));
    everywhere(|place| {
        for spelling in spellings {
            // Each name as FROM, with the next number as TO.
            let rules = received().map(|(number, name)| {
                format!("-r{}:{}", spelling(name), next(*number).expect("there is one"))
            });
            let rules: Vec<_> = rules.collect();
            let mut running = Launch::init(place).args(&rules).probe(&["signals"]).start().ready();
            for (number, name) in received() {
                assert_eq!(gets(&mut running, *number), next(*number).unwrap(), "{name}");
            }
            // Each name as TO, with the number before it as FROM.
            let rules: Vec<_> = received()
                .map(|(number, name)| format!("-r{}:{}", next(*number).unwrap(), spelling(name)))
                .collect();
            let mut running = Launch::init(place).args(&rules).probe(&["signals"]).start().ready();
            for (number, name) in received() {
                assert_eq!(gets(&mut running, next(*number).unwrap()), *number, "{name}");
            }
        }
    });
}

#[test]
fn a_signal_that_is_never_received_can_be_sent() {
    everywhere(|place| {
        let mut running = signals(place, &["-r", "TERM:CHLD", "-r", "HUP:KILL"], &[]);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGCHLD);
        running.signal(libc::SIGHUP);
        assert_eq!(running.code(), 128 + libc::SIGKILL);
    });
}
