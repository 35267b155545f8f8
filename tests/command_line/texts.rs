//! Help, version and license.

use super::refusals::Marker;
use crate::harness::{self, Launch, Position, everywhere, must};
use nix::libc;
use std::fs::{self, File};
use std::os::fd::IntoRawFd;
use std::path::Path;

#[test]
fn texts_that_were_asked_for_go_to_stdout_and_start_nothing() {
    let marker = Marker::new();
    let license = Path::new(env!("CARGO_MANIFEST_DIR")).join("LICENSE-MIT");
    let license = fs::read_to_string(license).unwrap();
    let copyright = license.lines().find(|line| line.starts_with("Copyright")).unwrap().to_lowercase();
    everywhere(|position| {
        let text = |options: &[&str]| {
            let output = Launch::init(position).args(options).args(marker.command()).output();
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{options:?}");
            assert!(!marker.path().exists());
            let alone = Launch::init(position).args(options).output();
            assert_eq!((alone.code(), &alone.stdout), (0, &output.stdout));
            output.stdout
        };
        let help = text(&["--help"]);
        assert!(help.starts_with("Usage: ") && help.ends_with('\n'), "{help}");
        for options in
            [&["-h"][..], &["-gh"], &["-hg"], &["-g", "-h"], &["-e", "3", "--help"], &["-hV"], &["-h", "-P"]]
        {
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
    let help = Launch::init(Position::Outside).args(["--help"]).output().stdout;
    let marker = Marker::new();
    let mut count = 0;
    for line in help.lines().filter(|line| line.starts_with("  -")) {
        let (flags, _help) = line.trim_start().split_once("  ").unwrap_or((line, ""));
        for flag in flags.split([' ', ',']).filter(|word| word.starts_with('-')) {
            // The program is run, or the value is wrong: the option itself is known.
            let wrong = if flag.starts_with("--") { format!("{flag}=\x01") } else { flag.to_owned() };
            let output = Launch::init(Position::Outside).args([&wrong, "true"]).output();
            assert!(!output.stderr.contains("no such option"), "{flag}: {output:?}");
            count += 1;
        }
    }
    assert!(count > 20, "{help}");
    let variables = harness::variables(&help);
    assert!(variables.len() > 10, "{help}");
    for name in variables {
        let output = Launch::init(Position::Outside).env(&name, "\x01").args(marker.command()).output();
        marker.refused(&output, &format!("rinit: parse {name} \\x01"));
    }
}

#[test]
fn a_text_that_stdout_does_not_take_gives_125() {
    everywhere(|position| {
        for option in ["--help", "--version", "-V", "--license", "-l", "-h"] {
            let full = || {
                let full = must(File::options().write(true).open("/dev/full")).into_raw_fd();
                // SAFETY: integers.
                unsafe { libc::dup2(full, 1) };
            };
            assert_eq!(Launch::init(position).args([option]).caller(full).output().code(), 125, "{option}");
            let closed = || {
                // SAFETY: an integer.
                unsafe { libc::close(1) };
            };
            assert_eq!(Launch::init(position).args([option]).caller(closed).output().code(), 125, "{option}");
        }
    });
}

/// `rinit --help | head -1`: the reader may leave when it has read enough, and nobody complains.
#[test]
fn a_reader_that_has_left_is_no_failure() {
    everywhere(|position| {
        for option in ["--help", "--version", "--license"] {
            let output = Launch::init(position).args([option]).caller(without_a_reader).output();
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{option}");
        }
    });
}

/// Makes standard output a pipe whose reader is gone.
fn without_a_reader() {
    let mut pipe = [0; 2];
    // SAFETY: two ints are written, and the rest is integers.
    unsafe {
        libc::pipe(pipe.as_mut_ptr());
        libc::dup2(pipe[1], 1);
        libc::close(pipe[0]);
        libc::close(pipe[1]);
    }
}
