//! What is wrong is named, in one line and with a hint, and starts nothing.

use super::bytes;
use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::{Launch, Output, Position, everywhere};
use nix::libc;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// A program that leaves a file if it is started.
pub struct Marker(tempfile::TempDir);

impl Marker {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("started")
    }

    pub fn command(&self) -> [OsString; 3] {
        ["--".into(), "touch".into(), self.path().into()]
    }

    /// That this was refused with one line that starts like this, and a hint.
    pub fn refused(&self, output: &Output, start: &str) {
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
fn refuses<A: AsRef<OsStr>>(marker: &Marker, position: Position, options: &[A], parsed: &str) {
    let output = Launch::init(position).args(options).args(marker.command()).output();
    marker.refused(&output, &format!("rinit: parse {parsed}"));
}

#[test]
fn the_marker_shows_that_a_program_was_started() {
    everywhere(|position| {
        let marker = Marker::new();
        let output = Launch::init(position).args(["-vgr", "TERM:INT"]).args(marker.command()).output();
        assert_eq!(output.code(), 0);
        assert!(marker.path().exists());
    });
}

#[test]
fn an_option_that_is_not_known_is_refused_by_name() {
    let marker = Marker::new();
    everywhere(|position| {
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
            refuses(&marker, position, &[option], named);
        }
        refuses(&marker, position, &["--=1"], "--'' 1");
    });
}

#[test]
fn a_missing_value_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
        for option in ["-r", "-e", "-p", "--rewrite", "--remap", "--parent-death"] {
            let output = Launch::init(position).args(["-g", option]).output();
            marker.refused(&output, &format!("rinit: parse {option}"));
            refuses(&marker, position, &[option, ""], &format!("{option} ''"));
        }
        for option in ["r", "e", "p"] {
            let output = Launch::init(position).args([format!("-vg{option}")]).output();
            marker.refused(&output, &format!("rinit: parse -{option}"));
        }
        for option in ["--rewrite", "--remap", "--parent-death"] {
            refuses(&marker, position, &[format!("{option}=")], &format!("{option} ''"));
        }
    });
}

#[test]
fn a_value_for_an_option_that_takes_none_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
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
            refuses(&marker, position, &[format!("{option}=1")], &format!("{option} 1"));
            refuses(&marker, position, &[format!("{option}=")], &format!("{option} ''"));
            refuses(&marker, position, &[format!("{option}=a=b")], &format!("{option} a=b"));
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
    everywhere(|position| {
        for value in NOT_SIGNALS.into_iter().chain(["0", "00", "drop", "CHLD"]) {
            refuses(&marker, position, &["-p", value], &format!("-p {value}"));
            let rule = format!("{value}:USR1");
            refuses(&marker, position, &["-r", &rule], &format!("-r {rule}"));
            let rule = format!("HUP,{value}:USR1");
            refuses(&marker, position, &[format!("--rewrite={rule}")], &format!("--rewrite {rule}"));
        }
        for value in NOT_SIGNALS.into_iter().chain(["00", "drops"]) {
            let rule = format!("USR1:{value}");
            refuses(&marker, position, &["-r", &rule], &format!("-r {rule}"));
        }
    });
}

#[test]
fn what_is_no_rule_for_signals_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
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
            refuses(&marker, position, &["-r", rule], &format!("-r {rule}"));
            refuses(&marker, position, &[format!("-gr{rule}")], &format!("-r {rule}"));
        }
    });
}

#[test]
fn what_is_no_exit_code_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
        for value in
            ["256", "1000", "-1", "+1", "1:", ":1", ":", "1:2:3", "1:256", "256:1", "x", "1 2", "1.0"]
        {
            refuses(&marker, position, &["-e", value], &format!("-e {value}"));
            refuses(&marker, position, &[format!("-e{value}")], &format!("-e {value}"));
            refuses(&marker, position, &[format!("--remap={value}")], &format!("--remap {value}"));
        }
    });
}

#[test]
fn a_wrong_variable_is_refused_by_name_and_value() {
    let marker = Marker::new();
    everywhere(|position| {
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
            ("RINIT_PARENT_DEATH", "TERM INT"), // rules alone add up
            ("RINIT_GRACE", "1 2"),
        ] {
            let output = Launch::init(position).env(name, value).args(marker.command()).output();
            marker.refused(&output, &format!("rinit: parse {name} {value}"));
        }
    });
}

#[test]
fn no_program_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
        for options in [&[][..], &["--"], &["-g"], &["-g", "--"], &["-e", "--"]] {
            let output = Launch::init(position).args(options).output();
            let parsed = if options.contains(&"-e") { "-e --" } else { "the command line" };
            marker.refused(&output, &format!("rinit: parse {parsed}"));
        }
        // Since Linux 5.18 the kernel makes one empty argument of none.
        let output = Launch::init(position).empty_argv().output();
        marker.refused(&output, "rinit: parse the command line");
        let output = Launch::init(position).empty_argv().no_environment().output();
        marker.refused(&output, "rinit: parse the command line");
    });
}

#[test]
fn what_is_not_printable_is_escaped_in_messages() {
    let marker = Marker::new();
    everywhere(|position| {
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
            refuses(&marker, position, &[bytes(option)], parsed);
        }
        let launch = Launch::init(position).env("RINIT_GROUP", bytes(b"\xfe\t"));
        marker.refused(&launch.args(marker.command()).output(), "rinit: parse RINIT_GROUP \\xfe\\x09");

        let output =
            Launch::init(position).env("PATH", bytes(b"/n\xf6")).command([bytes(b"no\nsuch\xff")]).output();
        assert_eq!(output.code(), 127);
        assert!(output.stderr.starts_with("rinit: spawn no\\x0asuch\\xff: "), "{output:?}");
        assert!(output.stderr.ends_with(" /n\\xf6\n"), "{output:?}"); // the hint has the PATH
    });
}

#[test]
fn long_arguments_are_cut_short_in_messages() {
    let marker = Marker::new();
    everywhere(|position| {
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
                let output = Launch::init(position).args(&options).args(marker.command()).output();
                assert!(output.stderr.starts_with(&format!("rinit: parse {named}{start}")), "{output:?}");
                let first = output.stderr.lines().next().expect("a line");
                let (cut, _) = first.rsplit_once(": ").expect("a reason");
                marker.refused(&output, cut);
                assert!(cut.ends_with("..."), "{output:?}");
                // One write(2) of so much is one piece in a pipe, pipe(7).
                assert!(output.stderr.len() <= libc::PIPE_BUF, "{output:?}");
            }
            let output = Launch::init(position).env("RINIT_REWRITE", &long).args(marker.command()).output();
            assert!(output.stderr.starts_with(&format!("rinit: parse RINIT_REWRITE {start}")), "{output:?}");
            assert!(output.stderr.len() <= libc::PIPE_BUF && output.stderr.contains("...: "), "{output:?}");
            assert_eq!(output.code(), 125);

            let output = Launch::init(position).command([with("/")]).output();
            assert!(output.stderr.starts_with(&format!("rinit: spawn /{start}")), "{output:?}");
            assert!(output.stderr.ends_with("...: file name too long\n"), "{output:?}");
            assert_eq!((output.code(), output.stderr.lines().count()), (126, 1));
        }
    });
}

#[test]
fn what_is_no_schedule_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
        for wrong in [
            "",
            "TERM/",
            "TERM//KILL",
            "TERM/1.5/KILL",
            "TERM,KILL",
            "SOON",
            // Signals that begin the stop.
            ":TERM/5/KILL",
            "HUP:",
            "HUP,:TERM/5/KILL",
            "SOON:TERM/5/KILL",
            "HUP:INT:TERM/5/KILL",
        ] {
            let shown = if wrong.is_empty() { "''" } else { wrong };
            refuses(&marker, position, &["--stop", wrong], &format!("--stop {shown}"));
        }
    });
}

/// A wait that nothing follows stops nothing, and a 9 there is not SIGKILL but as many seconds.
#[test]
fn a_schedule_that_ends_with_a_wait_is_refused_and_a_lone_duration_is_not() {
    let marker = Marker::new();
    everywhere(|position| {
        for wrong in [
            "TERM/1/9",
            "TERM/5/",
            "TERM/20/INT/10",
            "5/TERM/5",
            "TERM/500ms",
            "5/10",
            "HUP:TERM/5",
            "TERM/1/0",
        ] {
            refuses(&marker, position, &["--stop", wrong], &format!("--stop {wrong}"));
            let output = Launch::init(position).env("RINIT_STOP", wrong).args(marker.command()).output();
            marker.refused(&output, &format!("rinit: parse RINIT_STOP {wrong}"));
        }
    });
    for right in ["20", "TERM/1/-9", "TERM", "HUP:20", "5/TERM/5/KILL"] {
        let output = Launch::init(Position::Outside).args(["--stop", right]).command(["true"]).output();
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{right}");
    }
}

#[test]
fn what_cannot_go_together_is_refused() {
    let marker = Marker::new();
    everywhere(|position| {
        for options in [&["-g", "--no-group"][..], &["--no-group", "-g"], &["-P"], &["--install", "/no/x"]] {
            refuses(&marker, position, options, "the command line");
        }
    });
}

/// The tests above ask for a reason; these are the words of some.
#[test]
fn the_reason_is_said_in_words() {
    let marker = Marker::new();
    for (options, said) in [
        (&["--stop", "SOON"][..], "--stop SOON: expected a schedule: TERM/20/INT/10/KILL\n"),
        (&["-P"], "the command line: --pause and --install run no program\n"),
        (&["-g", "--no-group"], "the command line: --group with --no-group "),
    ] {
        let output = Launch::init(Position::Outside).args(options).args(marker.command()).output();
        assert!(output.stderr.starts_with(&format!("rinit: parse {said}")), "{output:?}");
    }
}

/// Both lines, for what people write.
#[test]
fn the_way_out_is_said_in_words() {
    const OPTIONS: &str = "-h lists the options; -- ends them";
    const ELEMENTS: &str = "option and value are two elements; #! needs env -S";
    let marker = Marker::new();
    for (options, reason, hint) in [
        // In a list such as a Dockerfile's.
        (&["--grace 5"][..], "--grace 5: no such option", ELEMENTS),
        (&["-r TERM:USR1"], "-r  TERM:USR1: expected FROM[,FROM...]:TO or :drop", ELEMENTS),
        (&["-g -v"], "- : no such option", ELEMENTS),
        // `#!/usr/bin/rinit -g /bin/sh`, of which the kernel makes one argument.
        (&["-g /bin/sh"], "- : no such option", ELEMENTS),
        (&["-r", "TERM,INTT,QUIT:USR1"], "-r TERM,INTT,QUIT:USR1: INTT is not a signal", OPTIONS),
        (&["-r", "TERM,QUIT:USR3"], "-r TERM,QUIT:USR3: USR3 is not a signal", OPTIONS),
        (&["-r", "TERM:"], "-r TERM:: expected FROM[,FROM...]:TO or :drop", OPTIONS),
        (&["-r", "TERM"], "-r TERM: expected FROM[,FROM...]:TO or :drop", OPTIONS),
        (&["-e", "1 2"], "-e 1 2: CODE is not 0 to 255", OPTIONS),
    ] {
        everywhere(|position| {
            let output = Launch::init(position).args(options).args(marker.command()).output();
            assert_eq!(output.stderr, format!("rinit: parse {reason}\nhint: {hint}\n"));
            assert_eq!(output.code(), 125);
            assert!(!marker.path().exists());
        });
    }
    let launch = Launch::init(Position::Outside).env("RINIT_REWRITE", "TERM:drop HUP:INTT");
    let expected =
        format!("rinit: parse RINIT_REWRITE TERM:drop HUP:INTT: INTT is not a signal\nhint: {OPTIONS}\n");
    assert_eq!(launch.args(marker.command()).output().stderr, expected);
}

/// The kernel starts `rinit` with one argument for all that the line has after its name.
#[test]
fn a_script_whose_interpreter_line_has_options_is_told_of_env() {
    let folder = Folder::new();
    let init = harness::subject();
    folder.file("script", 0o755, format!("#!{} -g /bin/sh\nexit 0\n", init.display()));
    let output = Launch::program(Position::Outside, folder.path().join("script")).output();
    let lines = "rinit: parse - : no such option\nhint: option and value are two elements; #! needs env -S\n";
    assert_eq!((output.code(), output.stderr.as_str()), (125, lines));

    let line = format!("#!/usr/bin/env -S {} -g /bin/sh\nexit 7\n", init.display());
    folder.file("script", 0o755, line);
    assert_eq!(Launch::program(Position::Outside, folder.path().join("script")).output().code(), 7);
}
