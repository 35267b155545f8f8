//! A test suite at a terminal that reacts to nothing: neither to Ctrl-C nor to the end of its terminal.

use super::managers::{MANAGERS, with_managers};
use crate::support::{CTRL_C, Running, eventually, eventually_eq, interactive, must, proc, send, subject};
use nix::libc;
use nix::unistd::{Pid, chdir};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const SHELLS: [&str; 2] = ["bash", "dash"];

/// It notes the signals that it gets, and goes on.
const SUITE: &str = "#!/bin/sh
trap '' HUP
for signal in INT TERM USR1; do trap \"echo SIG$signal\" $signal; done
echo suite $$
while :; do sleep 0.05; done
";

const MAKEFILE: &str = "check:\n\t@./suite\n";

const PACKAGE: &str = r#"{ "name": "application", "version": "1.0.0", "scripts": { "test": "./suite" } }"#;

#[test]
fn a_test_suite_that_does_not_react_is_ended_after_ctrl_c() {
    for shell in SHELLS {
        for command in commands() {
            let mut user = User::run(shell, &format!("--stop TERM/1/KILL -- {command}"));
            user.shell.type_in(CTRL_C);
            user.shell.stdout.expect("SIGINT");
            user.shell.type_in("echo the shell is back\n");
            user.shell.stdout.expect("the shell is back");
            assert_eq!(proc::state(user.suite), None, "{shell}, {command}");
        }
    }
}

#[test]
fn a_test_suite_that_does_not_react_is_ended_after_its_terminal() {
    for shell in SHELLS {
        for command in commands() {
            let mut user = User::run(shell, &format!("--stop TERM/1/KILL -- {command}"));
            user.shell.hang_up();
            eventually(&format!("{shell}: the end of {command}"), || {
                proc::state(user.suite).is_none().then_some(())
            });
        }
    }
}

/// bash passes the terminal's SIGHUP on to its jobs. If rinit has not run meanwhile, the kernel merges that with
/// its own, and rinit sees one signal, which a process has sent.
#[test]
fn a_test_suite_is_ended_after_its_terminal_whoever_tells_rinit_of_that() {
    for shell in SHELLS {
        let mut user = User::run(shell, "--stop TERM/1/KILL -- make check");
        let init = proc::parent(user.suite).and_then(proc::parent).expect("a parent");
        send(init, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(init));
        user.shell.hang_up(); // which continues it as well
        eventually(&format!("{shell}: the end of the suite"), || {
            proc::state(user.suite).is_none().then_some(())
        });
    }
}

/// The control: without `--stop` the key's signal is all that comes to the suite.
#[test]
fn a_test_suite_that_does_not_react_goes_on_after_ctrl_c_without_a_stop() {
    for shell in SHELLS {
        let mut user = User::run(shell, "-- make check");
        user.shell.type_in(CTRL_C);
        user.shell.stdout.expect("SIGINT");
        send(user.suite, libc::SIGUSR1);
        assert_eq!(user.shell.stdout.next(), "SIGUSR1");
    }
}

fn commands() -> impl Iterator<Item = String> {
    ["make check".to_owned()].into_iter().chain(MANAGERS.map(|manager| format!("{manager} test")))
}

/// A shell at a terminal, in which rinit runs a suite.
struct User {
    shell: Running,
    suite: Pid,
    _folder: TempDir,
}

impl User {
    /// Types rinit's command line, and waits until the suite runs.
    fn run(shell: &str, arguments: &str) -> Self {
        let folder = TempDir::new().expect("make a folder");
        for (name, text) in [("suite", SUITE), ("Makefile", MAKEFILE), ("package.json", PACKAGE)] {
            fs::write(folder.path().join(name), text).expect("write a file");
        }
        let suite = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path().join("suite"), suite).expect("make it a program");
        let place = folder.path().to_owned();
        let launch = with_managers(interactive(shell), folder.path()).env("RINIT", subject());
        let mut shell = launch.caller(move || must(chdir(&place))).start();
        shell.type_in(&format!("$RINIT {arguments}\n"));
        let line = shell.stdout.expect_part("suite ");
        let suite = line.rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("a process ID");
        Self { shell, suite: Pid::from_raw(suite), _folder: folder }
    }
}
