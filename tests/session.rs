//! `--session` and `--no-group`: the child's session and process group are what was asked for.

use crate::harness;
use crate::harness::shell::{BASH, job_has_terminal, shell};
use crate::harness::terminal::{CTRL_C, CTRL_Z, ctrl_z_freezes_nothing};
use crate::harness::{Launch, Position, Running, everywhere, must, probe, send};
use nix::libc;
use nix::unistd::{getpgid, getsid};

fn wait(position: Position, options: &[&str]) -> Running {
    Launch::init(position).args(options).probe(&["wait"]).start().ready()
}

#[test]
fn with_session_the_child_leads_one_and_a_group_in_it() {
    everywhere(|position| {
        let running = wait(position, &["--session"]);
        let child = running.child();
        assert_eq!((getsid(Some(child)), getpgid(Some(child))), (Ok(child), Ok(child)));
    });
}

#[test]
fn with_no_group_the_child_stays_in_rinits() {
    everywhere(|position| {
        let mut running = wait(position, &["-c"]);
        let child = running.child();
        assert_eq!(getpgid(Some(child)), getpgid(Some(running.pid)));
        assert_eq!(getsid(Some(child)), getsid(Some(running.pid)));
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
    });
}

/// The negative control of the tests above.
#[test]
fn without_them_the_child_leads_a_group_in_rinits_session() {
    everywhere(|position| {
        let running = wait(position, &[]);
        let child = running.child();
        assert_eq!(getpgid(Some(running.pid)), getpgid(None));
        assert_eq!(getpgid(Some(child)), Ok(child));
        assert_eq!(getsid(Some(child)), getsid(Some(running.pid)));
    });
}

/// Where rinit leads the session of the terminal, as PID 1 does under a container runtime.
#[test]
fn with_session_the_terminal_goes_to_the_childs_session() {
    everywhere(|position| {
        for options in [&["--session"][..], &["--session", "-g"]] {
            let launch = Launch::init(position).args(options).on_terminal();
            let script = "echo ready; read line </dev/tty; echo got $line; exec sleep 1000";
            let mut running = launch.shell(script).start().ready();
            let child = running.child();
            assert_eq!(getsid(Some(child)), Ok(child));
            assert_eq!(running.terminal().foreground(), child);
            running.type_in("hello\n");
            running.stdout.expect("got hello");
            running.type_in(CTRL_C);
            assert_eq!(running.wait(), position.killed_by(libc::SIGINT));
        }
    });
}

/// The kernel sends SIGHUP and SIGCONT when a terminal is given up; they are not for the child.
#[test]
fn the_terminals_change_of_hands_sends_the_child_nothing() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--session"]).on_terminal();
        let mut running = launch.probe(&["signals"]).start().ready();
        running.signal(harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string());
    });
}

/// Those that were sent before that are not lost with them.
#[test]
fn signals_pending_before_the_terminals_change_of_hands_are_forwarded() {
    everywhere(|position| {
        let pending = || {
            must(nix::sys::signal::SigSet::all().thread_block());
            if harness::fork_is_child() {
                for number in [libc::SIGHUP, libc::SIGCONT] {
                    // SAFETY: integers.
                    unsafe { libc::kill(libc::getppid(), number) };
                }
                // SAFETY: it does not return.
                unsafe { libc::_exit(0) }
            }
            // SAFETY: the kernel writes nothing.
            unsafe { libc::waitid(libc::P_ALL, 0, std::ptr::null_mut(), libc::WEXITED | libc::WNOWAIT) };
        };
        let launch = Launch::init(position).args(["--session"]).on_terminal().caller(pending);
        let mut running = launch.probe(&["signals"]).start().ready();
        let mut received = [running.stdout.next(), running.stdout.next()];
        received.sort();
        assert_eq!(received, [libc::SIGHUP.to_string(), libc::SIGCONT.to_string()]);
    });
}

/// Without a terminal rinit is no job of a shell, and what is sent to it is for the child.
#[test]
fn with_session_and_no_terminal_the_signals_of_job_control_come_as_they_are() {
    everywhere(|position| {
        let mut running = Launch::init(position).args(["--session"]).probe(&["signals"]).start().ready();
        for signal in [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
            running.signal(signal);
            assert_eq!(running.stdout.next(), signal.to_string());
        }
    });
}

/// In a session of its own no shell could continue the child, so the kernel lets no key stop it: setpgid(2)
/// under "orphaned process group".
#[test]
fn with_session_ctrl_z_freezes_nothing() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--session"]).on_terminal();
        ctrl_z_freezes_nothing(launch);
    });
}

/// A shell that leads a session has job control, for which it wants the terminal.
#[test]
fn with_session_a_shell_has_job_control() {
    let launch = Launch::init(Position::Pid1).args(["--session"]).on_terminal().env("PS1", "");
    let mut running = launch.command(BASH).start();
    running.type_in("sh -c 'echo ready; exec sleep 1000'\n");
    running.stdout.expect("ready");
    running.type_in(CTRL_Z);
    running.stdout.expect_part("Stopped");
    running.type_in("kill -KILL %1; exit 7\n");
    running.type_in("exit 7\n");
    assert_eq!(running.code(), 7);
}

/// With `--no-group` a key reaches both, and the child once.
#[test]
fn with_no_group_ctrl_c_reaches_the_child_once() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--no-group"]).on_terminal();
        let mut running = launch.probe(&["signals"]).start().ready();
        running.type_in(CTRL_C);
        assert_eq!(running.stdout.next(), libc::SIGINT.to_string());
        send(running.child(), harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string());
    });
}

/// The key's signal comes to rinit, which the shell has given the terminal, and not to a program in another session.
#[test]
fn with_session_under_a_shell_ctrl_c_can_be_rewritten() {
    let mut shell = shell("bash");
    shell.type_in("$RINIT --session -r INT:TERM -- $PROBE trap 15 7\n");
    shell.stdout.expect("ready");
    job_has_terminal(&shell);
    shell.type_in(CTRL_C);
    shell.stdout.expect_part("got 15"); // "^C" may stand before it
}

/// Where rinit leads the session of the terminal, the program has to leave that by itself.
#[test]
fn ctrl_c_can_be_rewritten_for_a_program_that_has_left_the_terminals_session() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--no-group", "-r", "INT:TERM"]).on_terminal();
        let program = ["setsid".into(), probe(), "trap".into(), "15".into(), "7".into()];
        let mut running = launch.command(program).start().ready();
        running.type_in(CTRL_C);
        running.stdout.expect_part("got 15");
        assert_eq!(running.code(), 7);
    });
}

/// The controls: with one of the two alone the key's signal goes past rinit, as it is.
#[test]
fn ctrl_c_is_not_rewritten_for_a_program_that_has_the_terminal() {
    everywhere(|position| {
        for options in [&["--no-group"][..], &["--session"], &[]] {
            let launch = Launch::init(position).args(options).args(["-r", "INT:TERM"]).on_terminal();
            let mut running = launch.probe(&["trap", "2", "7"]).start().ready();
            running.type_in(CTRL_C);
            running.stdout.expect_part("got 2");
            assert_eq!(running.code(), 7, "{options:?}");
        }
    });
}
