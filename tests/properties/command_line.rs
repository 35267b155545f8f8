//! Any command line and any environment, under each of the names.

use super::a_few;
use crate::harness::{self, Launch, Output, Position};
use proptest::prelude::*;

/// Each name, the code of its own failures, and those of a program that may not be executed and that is not there.
pub(super) const NAMES: [(&str, [i32; 3]); 4] =
    [("rinit", [125, 126, 127]), ("tini", [1, 126, 127]), ("dumb-init", [1, 2, 2]), ("catatonit", [1, 1, 1])];

/// What shows of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Nothing,
    Refused,
    Prints(Text),
    SignalsTheGroup,
    KeepsTheGroup,
    LeavesTheChildAlone,
    MakesASession,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Help,
    Version,
    License,
}

/// Options of all of them, right and wrong ones, that are one word. None of these and of the next changes the code 7 or
/// waits for anything.
const ALONE: &[(&str, Effect)] = &[
    ("-g", Effect::SignalsTheGroup),
    ("-vg", Effect::SignalsTheGroup),
    ("--no-group", Effect::KeepsTheGroup),
    ("-c", Effect::LeavesTheChildAlone),
    ("--single-child", Effect::LeavesTheChildAlone),
    ("--session", Effect::MakesASession),
    ("-s", Effect::Nothing),
    ("-w", Effect::Nothing),
    ("-v", Effect::Nothing),
    ("-e9:10", Effect::Nothing),
    ("--remap=3:4", Effect::Nothing),
    ("--stop-ok", Effect::Nothing),
    ("--stay", Effect::Nothing),
    ("-h", Effect::Prints(Text::Help)),
    ("--help", Effect::Prints(Text::Help)),
    ("-V", Effect::Prints(Text::Version)),
    ("--version", Effect::Prints(Text::Version)),
    ("-l", Effect::Prints(Text::License)),
    ("-x", Effect::Refused),
    ("--nonsense", Effect::Refused),
    ("--group=1", Effect::Refused),
    ("--grace=", Effect::Refused),
];

/// Options that take the next word, and which of those that they get are right for them.
const WITH_VALUE: &[(&str, &[&str])] = &[
    ("-p", &["SIGTERM", "8"]),
    ("-e", &["8", "15:10", "15:0"]),
    ("-r", &["15:10", "15:0", "TERM,QUIT:INT"]),
    ("--rewrite", &["15:10", "15:0", "TERM,QUIT:INT"]),
    ("--stop", &["SIGTERM", "8", "100ms", "TERM/1/KILL", "15:10", "15:0", "TERM,QUIT:INT"]),
    ("--grace", &["8", "100ms"]),
    ("--verbosity", &["8"]),
];

const VALUES: &[&str] =
    &["SIGTERM", "8", "15:10", "15:0", "TERM,QUIT:INT", "TERM/1/KILL", "100ms", "", "-g", "--help"];

/// An option with its value, if it takes one, and what is to come of it.
fn option() -> impl Strategy<Value = (Vec<&'static str>, Effect)> {
    let with_value = (prop::sample::select(WITH_VALUE), prop::sample::select(VALUES));
    prop_oneof![
        prop::sample::select(ALONE).prop_map(|(option, effect)| (vec![option], effect)),
        with_value.prop_map(|((option, right), value)| {
            let effect = if right.contains(&value) { Effect::Nothing } else { Effect::Refused };
            (vec![option, value], effect)
        }),
    ]
}

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

/// Variables with a wrong value, and under which name alone it is one.
const WRONG: &[(&str, &str, Option<&str>)] = &[
    ("RINIT_GROUP", "yes", None),
    ("RINIT_REWRITE", "x", None),
    ("RINIT_GRACE", "soon", None),
    ("TINI_VERBOSITY", "x", Some("rinit")),
];

/// What is to come of a command line.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    Prints(Text),
    Starts,
}

/// What the manual page says of it.
fn expected(name: &str, options: &[Effect], environment: &[(&str, &str)]) -> Outcome {
    let is_set = |(variable, value)| {
        environment.iter().rfind(|(other, _)| *other == variable).is_some_and(|it| it.1 == value)
    };
    let reads_tinis = ["rinit", "tini"].contains(&name);
    let mut signals_group = name == "dumb-init" || reads_tinis && is_set(("TINI_KILL_PROCESS_GROUP", "1"));
    let mut keeps_group = false;
    if name == "dumb-init" && is_set(("DUMB_INIT_SETSID", "0")) {
        (signals_group, keeps_group) = (false, true);
    }
    signals_group = is_set(("RINIT_GROUP", "1")) || signals_group && !is_set(("RINIT_GROUP", "0"));
    for effect in options {
        match effect {
            Effect::Refused => return Outcome::Refused,
            Effect::Prints(text) => return Outcome::Prints(*text),
            Effect::SignalsTheGroup => signals_group = true,
            Effect::KeepsTheGroup => keeps_group = true,
            Effect::LeavesTheChildAlone => (signals_group, keeps_group) = (false, true),
            Effect::MakesASession => keeps_group = false,
            Effect::Nothing => {}
        }
    }
    let is_wrong = |(variable, value, under): &(&'static str, &'static str, Option<&str>)| {
        under.is_none_or(|only| only == name) && is_set((*variable, *value))
    };
    // Signals to its own group would come back to it.
    if WRONG.iter().any(is_wrong) || signals_group && keeps_group {
        Outcome::Refused
    } else {
        Outcome::Starts
    }
}

fn is_the_text(text: Text, name: &str, stdout: &str) -> bool {
    match text {
        Text::Help => stdout.starts_with("Usage: rinit "),
        Text::License => stdout.contains("license: "),
        Text::Version => stdout.starts_with(match name {
            "rinit" => "rinit ",
            "dumb-init" => "dumb-init v",
            _ => "tini version ",
        }),
    }
}

fn holds(
    (name, [failure, cannot_execute, not_found]): (&str, [i32; 3]),
    program: Program,
    words: &[String],
    expected: &Outcome,
    output: &Output,
) {
    let (messages, hints) = said(output);
    let started: String = words.iter().fold("<started>".into(), |line, word| format!("{line}<{word}>"));
    let code = match (expected, program) {
        (Outcome::Refused, _) => failure,
        (Outcome::Prints(_), _) => 0,
        (Outcome::Starts, Program::Speaks) => 7,
        (Outcome::Starts, Program::IsMissing) => not_found,
        (Outcome::Starts, Program::IsNone) => cannot_execute,
    };
    let is_right = match (expected, program) {
        (Outcome::Prints(text), _) => messages.is_empty() && is_the_text(*text, name, &output.stdout),
        (Outcome::Starts, Program::Speaks) => messages.is_empty() && output.stdout == started + "\n",
        _ => messages.len() == 1 && output.stdout.is_empty(),
    };
    assert!(
        is_right && output.code() == code && hints.len() <= messages.len(),
        "{expected:?}, {code}: {output:?}"
    );
}

proptest! {
    #![proptest_config(a_few(96))]

    /// `--` comes last, so that the program is what follows.
    #[test]
    fn one_program_is_started_as_it_was_given_or_one_message_says_why_not(
        (name, codes) in prop::sample::select(&NAMES[..]),
        options in prop::collection::vec(option(), 0..4),
        environment in prop::collection::vec(variable(), 0..3),
        program in program(),
        words in prop::collection::vec(word(), 1..4),
    ) {
        let (options, effects): (Vec<_>, Vec<_>) = options.into_iter().unzip();
        let path = if name == "rinit" { harness::subject().into() } else { harness::names().join(name) };
        let mut launch = Launch::program(Position::Pid1, path).args(options.concat()).args(["--"]);
        for (name, value) in &environment {
            launch = launch.env(name, value);
        }
        let output = launch.args(program.words()).args(&words).output();
        holds((name, codes), program, &words, &expected(name, &effects, &environment), &output);
    }
}
