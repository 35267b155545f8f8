//! What holds for any input: tried with inputs that are made up, and compared with models in plain Rust.
//!
//! `PROPTEST_CASES` is how many of them. What is found becomes a test with a name, or a file in `fuzz/corpus`.

mod command_line;
mod decisions;
mod supervisor;

#[path = "../../fuzz/checks.rs"]
mod checks;

use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// `cases` of them, for those that start programs, unless a number is asked for.
fn a_few(cases: u32) -> ProptestConfig {
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
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
        for check in [checks::schedule, checks::rules, checks::words, checks::heads] {
            check(&bytes);
        }
    }
}

/// The files from which the fuzz targets begin, and those that they have found.
#[test]
fn the_corpus_of_the_fuzz_targets_passes() {
    type Check = fn(&[u8]);
    let targets: [(&str, Check); 4] = [
        ("schedule", checks::schedule),
        ("rules", checks::rules),
        ("words", checks::words),
        ("heads", checks::heads),
    ];
    for (target, check) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let files: Vec<_> =
            fs::read_dir(&folder).expect("it is there").map(|file| file.unwrap().path()).collect();
        assert!(files.len() >= 3, "{folder:?}");
        for file in files {
            eprintln!("{file:?}");
            check(&fs::read(file).unwrap());
        }
    }
}
