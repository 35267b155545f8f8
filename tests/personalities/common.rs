//! What all of them promise.

use super::{ALL, each, each_everywhere, has_reaped_all, leaves_behind, reaches};
use crate::harness;
use crate::harness::{Launch, Position, must};
use nix::libc;

/// "Tini exits as well, with the exit code of the child process"; "dumb-init will also die".
#[test]
fn the_childs_exit_code_is_the_inits() {
    each_everywhere(&ALL, |init, position| {
        for code in [0, 1, 2, 125, 126, 127, 255] {
            assert_eq!(init.output(position, &[], &format!("exit {code}")).code(), code);
        }
    });
}

#[test]
fn a_child_killed_by_a_signal_gives_128_plus_its_number() {
    each_everywhere(&ALL, |init, position| {
        for signal in [libc::SIGHUP, libc::SIGKILL, libc::SIGTERM, libc::SIGRTMAX()] {
            let output = init.output(position, &[], &format!("kill -{signal} $$"));
            assert_eq!((output.code(), output.stdout + &output.stderr), (128 + signal, String::new()));
        }
    });
}

/// "Tini is […] performing signal forwarding"; dumb-init "proxies all received signals".
#[test]
fn signals_are_forwarded() {
    each_everywhere(&ALL, |init, position| {
        let mut running = init.signals(position, &[]);
        for signal in [
            libc::SIGHUP,
            libc::SIGINT,
            libc::SIGQUIT,
            libc::SIGUSR1,
            libc::SIGUSR2,
            libc::SIGPIPE,
            libc::SIGALRM,
            libc::SIGTERM,
            libc::SIGCONT,
            libc::SIGWINCH,
            libc::SIGPWR,
            libc::SIGRTMIN() + 2,
            libc::SIGRTMAX() - 1,
        ] {
            reaches(&mut running, signal);
        }
    });
}

/// "reaping zombies"; dumb-init and Debian's manual page of it speak of PID 1 alone.
#[test]
fn orphans_are_reaped() {
    each_everywhere(&ALL, |init, position| {
        if init.name == "dumb-init" && position == Position::Outside {
            return;
        }
        let running = init.launch(position, &[]).probe(&["orphans", "100"]).start().ready();
        has_reaped_all(&running);
    });
}

#[test]
fn what_follows_two_dashes_is_the_programs() {
    each_everywhere(&ALL, |init, position| {
        let command = ["printf", "%s.", "-V", "--", "-e", "--version", "-", ""];
        let output = init.launch(position, &[]).command(command).output();
        assert_eq!(output.stdout, "-V.--.-e.--version.-..\n");
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    });
}

/// A name that is not an option ends the options, and needs no dashes before it.
#[test]
fn two_dashes_can_be_left_out() {
    each_everywhere(&ALL, |init, position| {
        let output = init.launch(position, &[]).args(["echo", "started"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "started\n"));
    });
}

#[test]
fn a_wrong_command_line_runs_nothing_and_gives_1() {
    each(&ALL, |init| {
        for arguments in [&[][..], &["--"], &["-z", "echo", "started"], &["--no-such", "echo", "started"]] {
            let output = init.says(arguments);
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{arguments:?}");
            assert_ne!(output.stderr, "", "{arguments:?}");
        }
    });
}

/// No documentation has these codes; scripts know them all the same.
#[test]
fn a_program_that_cannot_be_started_gives_the_code_that_it_gives_with_the_original() {
    each_everywhere(&ALL, |init, position| {
        let [not_found, not_executable] = match init.name {
            "dumb-init" => [2, 2],
            "catatonit" | "podman-init" => [1, 1],
            _ => [127, 126],
        };
        for (program, code) in
            [("no-such-program", not_found), ("/no/such/program", not_found), ("/usr/bin", not_executable)]
        {
            let output = init.launch(position, &[]).command([program]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (code, ""), "{program}");
            assert_ne!(output.stderr, "");
        }
    });
}

#[test]
fn what_the_child_leaves_behind_is_left_alone() {
    each(&ALL, |init| {
        let options: &[&str] = if init.name == "dumb-init" { &["-c"] } else { &[] };
        leaves_behind(init, options, &[]);
    });
}

/// Of rinit alone: where the child has left its group without a member, the originals' signals go to nobody. dumb-init's
/// child leads a session, which it cannot leave.
#[test]
fn with_g_a_child_that_has_left_its_group_gets_the_signals() {
    for name in ["tini", "tini-static", "docker-init", "catatonit", "podman-init"] {
        let launch = Launch::program(Position::Pid1, harness::names().join(name)).args(["-g"]);
        let own_session = || {
            must(nix::unistd::setsid());
        };
        let mut running = launch.caller(own_session).probe(&["leave-group"]).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!(running.stdout.next(), libc::SIGTERM.to_string(), "{name}");
    }
}
