//! What holds for any input: tried with inputs that are made up, and compared with models in plain Rust.
//!
//! `PROPTEST_CASES` is how many of them, `PROPTEST_RNG_SEED` repeats those of a run that failed. What is found becomes a test with a name, or a file in `fuzz/corpus`.

mod command_line;
mod decisions;
mod files;
mod stops;
mod supervisor;

#[path = "../../fuzz/checks.rs"]
mod checks;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// `cases` of them, for those that start programs, unless a number is asked for.
fn a_few(cases: u32) -> ProptestConfig {
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let mut default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if default.rng_seed == RngSeed::Random {
        default.rng_seed = RngSeed::Fixed(fastrand::u64(..));
    }
    if let RngSeed::Fixed(seed) = default.rng_seed {
        eprintln!("PROPTEST_RNG_SEED={seed}"); // the test runner shows it if the test fails
    }
    if asked_for { default } else { ProptestConfig { cases, ..default } }
}

/// Pieces of which inputs are made that come close to what is accepted, and any bytes between them.
fn near(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

const SCHEDULE: &[&str] = &[
    "TERM", "INT", "KILL", "-9", "sigterm", "RTMIN+3", "/", "/", "/", "20", "0", "500ms", "1h", "'", "stop",
    ":", ",",
];
const RULES: &[&str] =
    &["TERM", "usr1", "15", "0", "drop", "DROP", "KILL", "CHLD", ":", ":", ",", "255", "256", "00", " "];
const WORDS: &[&str] = &[
    "SIG", "sig", "TERM", "RTMIN", "RTMAX", "rtmin", "+", "-", "0", "15", "30", "31", "64", "ms", "s", "m",
    "h", "IO", "IOT",
];
const HEADS: &[&str] = &[
    "#!",
    "#!",
    " ",
    "\t",
    "\n",
    "\r",
    "\0",
    "/bin/sh",
    "\u{7f}ELF",
    "MZ\0",
    "/a/path/that/is/rather/long/",
    "x",
];

/// Options and words of all names, with the NUL that ends each. Two of these are the beginning of the environment.
const ARGUMENTS: &[&str] = &[
    "rinit\0",
    "/sbin/tini\0",
    "dumb-init\0",
    "catatonit\0",
    "pause\0",
    "--\0",
    "-\0",
    "-g\0",
    "-vv\0",
    "-e\0",
    "143\0",
    "-e9:10\0",
    "-rTERM:INT\0",
    "--rewrite=15:0\0",
    "--stop\0",
    "'x'/1/KILL\0",
    "--session\0",
    "-p\0",
    "KILL\0",
    "--pause\0",
    "-P\0",
    "--install\0",
    "-h\0",
    "--no-such\0",
    "program\0",
    "\0",
    "\0",
    "RINIT_",
    "TINI_VERBOSITY=3\0",
    "GROUP=1\0",
    "REWRITE=15:0 2:x\0",
    "DUMB_INIT_DEBUG=1\0",
    "=",
];

proptest! {
    #![proptest_config(a_few(512))]

    #[test]
    fn any_schedule_is_refused_or_comes_to_an_end(text in near(SCHEDULE)) {
        checks::schedule(&text);
    }

    #[test]
    fn any_rule_means_what_the_manual_says_or_is_refused(text in near(RULES)) {
        checks::rules(&text);
    }

    #[test]
    fn any_name_and_any_duration_is_what_signal_7_and_sleep_1_take_it_for(text in near(WORDS)) {
        checks::words(&text);
    }

    #[test]
    fn any_beginning_of_a_file_has_a_kind_and_the_kernels_interpreter(head in near(HEADS)) {
        checks::heads(&head);
    }

    #[test]
    fn any_bytes_are_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for check in [checks::schedule, checks::rules, checks::words, checks::heads, checks::messages] {
            check(&bytes);
        }
    }
}

#[test]
fn any_arguments_and_any_environment_are_walked_to_their_end_and_not_beyond() {
    quietly("properties::any_arguments_and_any_environment_are_walked_to_their_end_and_not_beyond", || {
        let result = TestRunner::new(a_few(512)).run(&near(ARGUMENTS), |text| {
            checks::command_line(&text);
            Ok(())
        });
        result.unwrap_or_else(|failure| panic!("{failure}"));
    });
}

/// The files from which the fuzz targets begin, and those that they have found.
#[test]
fn the_corpus_of_the_fuzz_targets_passes() {
    type Check = fn(&[u8]);
    let targets: [(&str, Check); 6] = [
        ("schedule", checks::schedule),
        ("rules", checks::rules),
        ("words", checks::words),
        ("heads", checks::heads),
        ("messages", checks::messages),
        ("command_line", checks::command_line),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    assert_eq!(fs::read_dir(&corpus).expect("it is there").count(), targets.len());
    quietly("properties::the_corpus_of_the_fuzz_targets_passes", || {
        for (target, check) in targets {
            let files = fs::read_dir(corpus.join(target)).expect("it is there");
            let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            assert!(files.len() >= 3, "{target}");
            for file in files {
                eprintln!("{file:?}");
                check(&fs::read(file).unwrap());
            }
        }
    });
}

/// Runs this test in a process of its own, where it may write to standard error what nobody reads: what a command line
/// is refused with goes past the test runner's capture.
fn quietly(name: &str, test: impl FnOnce()) {
    const INSIDE: &str = "RINIT_TEST_IS_QUIET";
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let program = std::env::current_exe().expect("this program has a name");
    let output =
        Command::new(program).args(["--exact", name]).env(INSIDE, "1").stderr(Stdio::null()).output();
    let output = output.expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains(" 1 passed"), "{text}");
}
