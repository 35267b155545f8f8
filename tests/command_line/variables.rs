//! Which environment variables are rinit's, and which wins.

use super::{gets, signals};
use crate::harness::{Launch, everywhere};
use nix::libc;

#[test]
fn a_rule_on_the_command_line_wins_over_the_variables_for_its_signals_alone() {
    everywhere(|position| {
        let variable = ("RINIT_REWRITE", "TERM:HUP INT:QUIT");
        let mut running = signals(position, &["-r", "TERM:USR1"], &[variable]);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGUSR1);
        assert_eq!(gets(&mut running, libc::SIGINT), libc::SIGQUIT);
    });
}

#[test]
fn variables_that_are_not_known_are_not_rinits() {
    everywhere(|position| {
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
        let launch = Launch::init(position).no_environment();
        let launch = variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
        let output = launch.command(["/usr/bin/env"]).output();
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
        let expected: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        assert_eq!(output.stdout, expected);
    });
}

#[test]
fn variables_that_are_known_are_passed_on_as_well() {
    everywhere(|position| {
        let launch = Launch::init(position).no_environment();
        let output =
            launch.env("RINIT_GROUP", "1").env("TINI_SUBREAPER", "").command(["/usr/bin/env"]).output();
        assert_eq!(output.stdout, "RINIT_GROUP=1\nTINI_SUBREAPER=\n");
    });
}
