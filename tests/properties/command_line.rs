//! Any command line and any environment, under each of the names.

use super::a_few;
use crate::harness::{self, Launch, Output, Position};
use proptest::prelude::*;

/// Each name, the code of its own failures, and those of a program that may not be executed and that is not there.
pub(super) const NAMES: [(&str, [i32; 3]); 4] =
    [("rinit", [125, 126, 127]), ("tini", [1, 126, 127]), ("dumb-init", [1, 2, 2]), ("catatonit", [1, 1, 1])];

/// The options of all of them, right and wrong ones, and their values. None of them changes the code 7 or waits for
/// anything.
const OPTIONS: &[&str] = &[
    "-g",
    "-s",
    "-w",
    "-v",
    "-vg",
    "-p",
    "SIGTERM",
    "-e",
    "8",
    "-e9:10",
    "-r",
    "15:10",
    "TERM,QUIT:INT",
    "--rewrite",
    "15:0",
    "--session",
    "--no-group",
    "-c",
    "--single-child",
    "--stop",
    "TERM/1/KILL",
    "--stop-ok",
    "--grace",
    "100ms",
    "--stay",
    "--nonsense",
    "-x",
    "",
    "-h",
    "--help",
    "-V",
    "--version",
    "-l",
    "--group=1",
    "--grace=",
    "--remap=3:4",
    "--verbosity",
    "--",
    "--",
];

const VARIABLES: &[(&str, &[&str])] = &[
    ("RINIT_GROUP", &["1", "0", "", "yes"]),
    ("RINIT_REWRITE", &["TERM:INT HUP:USR1", "x", "15:0"]),
    ("RINIT_GRACE", &["100ms", "soon"]),
    ("RINIT_NOBODY", &["1"]),
    ("TINI_VERBOSITY", &["0", "1", "x"]),
    ("TINI_SUBREAPER", &[""]),
    ("TINI_KILL_PROCESS_GROUP", &["1"]),
    ("DUMB_INIT_SETSID", &["0", "1"]),
    ("DUMB_INIT_DEBUG", &["0"]),
];

fn variable() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(VARIABLES).prop_flat_map(|(name, values)| (Just(name), prop::sample::select(values)))
}

/// What is to be started, and what comes of it: a program that says what it was given, one that is not there, one that
/// may not be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Speaks,
    IsMissing,
    IsNone,
}

impl Program {
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Speaks => vec!["/bin/sh", "-c", r#"printf '<%s>' started "$0" "$@"; exit 7"#],
            Self::IsMissing => vec!["/no/such/program"],
            Self::IsNone => vec!["/etc/passwd"],
        }
    }
}

fn program() -> impl Strategy<Value = Program> {
    prop::sample::select(vec![Program::Speaks, Program::Speaks, Program::IsMissing, Program::IsNone])
}

/// A word for the program, which is to be passed on as it is.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z -]{0,6}".prop_map(String::from),
        Just("--".into()),
        Just("-g".into()),
        Just("-e143".into())
    ]
}

/// What is said on standard error, but for what `-v` asks for: messages and hints.
pub(super) fn said(output: &Output) -> (Vec<&str>, Vec<&str>) {
    let is_asked_for = |line: &&str| line.contains(": child ") || line.contains(": reap ");
    output.stderr.lines().filter(|line| !is_asked_for(line)).partition(|line| !line.starts_with("hint: "))
}

fn holds(codes: [i32; 3], program: Program, words: &[String], output: &Output) {
    let [failure, cannot_execute, not_found] = codes;
    let (messages, hints) = said(output);
    assert!(messages.len() <= 1 && hints.len() <= messages.len(), "{output:?}");
    let expected: String = ["started"]
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .map(|word| format!("<{word}>"))
        .collect();
    let code = output.code();
    if output.stdout == expected + "\n" {
        assert!(program == Program::Speaks && code == 7 && messages.is_empty(), "{output:?}");
    } else if messages.is_empty() {
        // A text that was asked for, and an option for a code that the program does not exit with.
        assert!(code == 0 && !output.stdout.is_empty() && !output.stdout.contains("started"), "{output:?}");
    } else {
        assert_eq!(output.stdout, "", "{output:?}");
        let of_program = match program {
            Program::Speaks => failure,
            Program::IsMissing => not_found,
            Program::IsNone => cannot_execute,
        };
        assert!(code == failure || code == of_program, "{output:?}");
    }
}

proptest! {
    #![proptest_config(a_few(96))]

    /// `--` comes last, so that the program is what follows, unless the options want it for a value.
    #[test]
    fn one_program_is_started_as_it_was_given_or_one_message_says_why_not(
        (name, codes) in prop::sample::select(&NAMES[..]),
        options in prop::collection::vec(prop::sample::select(OPTIONS), 0..4),
        environment in prop::collection::vec(variable(), 0..3),
        program in program(),
        words in prop::collection::vec(word(), 1..4),
    ) {
        // An option that takes the `--` for its value, or a word that is taken for the program, is another promise.
        let wants_value = ["-p", "-e", "-r", "--rewrite", "--stop", "--grace", "--verbosity"];
        prop_assume!(options.last().is_none_or(|last| !wants_value.contains(last)));
        prop_assume!(options.iter().enumerate().all(|(index, option)| {
            option.starts_with('-') || index > 0 && wants_value.contains(&options[index - 1])
        }));
        prop_assume!(!options.contains(&"--"));
        let path = if name == "rinit" { harness::subject().into() } else { harness::names().join(name) };
        let mut launch = Launch::program(Position::Pid1, path).args(&options).args(["--"]);
        for (name, value) in &environment {
            launch = launch.env(name, value);
        }
        let output = launch.args(program.words()).args(&words).output();
        holds(codes, program, &words, &output);
    }
}
