//! What tini promises; docker-init is tini by another name.

use super::{
    TINI, adopts_orphans, each, each_everywhere, has_reaped_all, is_asked, reaches_the_child_alone,
    reaches_the_group,
};
use crate::harness;
use crate::harness::{Launch, Position, eventually, proc};
use nix::libc;

/// "-h: Show this help message and exit." "-l: Show license and exit." "--version: Show version and exit."
/// Docker reads the version.
#[test]
fn prints_its_help_license_and_version() {
    each(&TINI, |init| {
        assert!(is_asked(init, &["-h"]).stdout.contains("-g"));
        assert!(is_asked(init, &["-l"]).stdout.contains("MIT"));
        let version = is_asked(init, &["--version"]).stdout;
        let number = version.strip_prefix("tini version ").expect(&version);
        assert!(number.starts_with(|digit: char| digit.is_ascii_digit()), "{version}");
        assert_eq!(version.lines().count(), 1);
    });
}

/// "Usage: tini [OPTIONS] PROGRAM -- [ARGS]"
#[test]
fn dashes_can_follow_the_program() {
    each_everywhere(&TINI, |init, position| {
        let output = init.launch(position, &[]).args(["echo", "--", "-s", "-z"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "-s -z\n"));
        let output = init.launch(position, &[]).command(["echo", "--", "two"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "-- two\n"));
    });
}

/// "-e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0." "You can pass the flag multiple times if needed."
#[test]
fn remaps_exit_codes_to_0() {
    each_everywhere(&TINI, |init, position| {
        let code = |options: &[&str], script: &str| init.output(position, options, script).code();
        assert_eq!(code(&["-e", "143"], "kill -TERM $$"), 0);
        assert_eq!(code(&["-e143"], "exit 143"), 0);
        assert_eq!(code(&["-e", "1", "-e", "255", "-e", "3"], "exit 255"), 0);
        assert_eq!(code(&["-e", "1", "-e", "255"], "exit 3"), 3);
        assert_eq!(code(&["-e", "0"], "exit 0"), 0);
        for wrong in ["256", "-1", "x"] {
            let output = init.output(position, &["-e", wrong], "echo started");
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{wrong}");
        }
    });
}

/// "-g: Send signals to the child's process group."
/// "TINI_KILL_PROCESS_GROUP: Send signals to the child's process group."
#[test]
fn signals_the_group_if_asked_to() {
    each_everywhere(&TINI, |init, position| {
        reaches_the_group(init.launch(position, &["-g"]));
        reaches_the_group(init.launch(position, &["-vg"]));
        for value in ["", "0", "1"] {
            reaches_the_group(init.launch(position, &[]).env("TINI_KILL_PROCESS_GROUP", value));
        }
    });
}

/// "By default, Tini only kills its immediate child process."
#[test]
fn signals_the_child_alone_by_default() {
    each_everywhere(&TINI, |init, position| reaches_the_child_alone(init.launch(position, &[])));
}

/// "Passing the `-s` argument to Tini", or "Setting the environment variable `TINI_SUBREAPER` (e.g.
/// `export TINI_SUBREAPER=`)": "zombies get re-parented to Tini despite Tini not running as PID 1."
#[test]
fn adopts_orphans_as_a_subreaper() {
    each(&TINI, |init| {
        let launch = || Launch::program(Position::Outside, &init.path);
        adopts_orphans(launch().args(["-s"]));
        for value in ["", "0", "1"] {
            adopts_orphans(launch().env("TINI_SUBREAPER", value));
        }
    });
}

/// "If you don't see a warning, you're fine."
#[test]
fn says_nothing_as_pid_1_or_a_subreaper() {
    each_everywhere(&TINI, |init, position| {
        let output = init.output(position, &[], "(true &)");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    });
}

/// "-p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL"."
#[test]
fn gets_a_signal_when_its_parent_ends() {
    each(&TINI, |init| {
        let launch = |signal| init.launch(Position::Outside, &["-p", signal]);
        let mut parent = launch("SIGTERM").with_parent().probe(&["count", "15"]).start().ready();
        parent.signal(libc::SIGKILL);
        parent.stdout.expect("15x1");

        let parent = launch("SIGKILL").with_parent().probe(&["wait"]).start().ready();
        let init = parent.child();
        let child = eventually("the child", || proc::children(init).first().copied());
        parent.signal(libc::SIGKILL);
        proc::ended(init);
        harness::send(child, libc::SIGKILL);

        let output = launch("SIGNONE").shell("echo started").output();
        assert_eq!((output.code(), output.stdout.as_str()), (1, ""));
    });
}

/// How many lines the init says, to whatever stream, of a child that leaves orphans and is told to end.
fn talk(launch: Launch, orphans: &str) -> usize {
    let mut running = launch.probe(&["orphans", orphans]).start().ready();
    has_reaped_all(&running);
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 128 + libc::SIGTERM);
    (running.stdout.rest() + &running.stderr.rest()).lines().count()
}

/// "-v: Generate more verbose output. Repeat up to 3 times."
/// "TINI_VERBOSITY: Set the verbosity level (default: 1)."
#[test]
fn says_more_with_each_v() {
    each_everywhere(&TINI, |init, position| {
        let options = [&[][..], &["-v"], &["-v", "-v"], &["-vvv"]];
        let lines = options.map(|options| talk(init.launch(position, options), "1"));
        let verbosity = |level| talk(init.launch(position, &[]).env("TINI_VERBOSITY", level), "1");
        for lines in [lines, ["1", "2", "3", "4"].map(verbosity)] {
            assert!(lines[0] == 0 && lines.is_sorted_by(|less, more| less < more), "{lines:?}");
        }
        assert_eq!(verbosity("0"), 0);
        assert_eq!(verbosity("debug"), 0); // which is no level, and no reason to run nothing
    });
}

/// "-w: Print a warning when processes are getting reaped."
#[test]
fn warns_of_what_it_reaps_if_asked_to() {
    each_everywhere(&TINI, |init, position| {
        assert_eq!(talk(init.launch(position, &["-w"]), "3"), 3);
    });
}

#[test]
fn has_no_pause_mode() {
    each(&TINI, |init| {
        let output = init.says(&["-P", "echo", "started"]);
        assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{output:?}");
    });
}
