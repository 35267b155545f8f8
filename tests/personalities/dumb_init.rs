//! What dumb-init promises.

use super::{
    DUMB_INIT, each, each_everywhere, grandchild, is_asked, leaves_behind, reaches, reaches_as,
    reaches_the_child_alone, reaches_the_group,
};
use crate::harness;
use crate::harness::shell::interactive;
use crate::harness::terminal::{CTRL_C, CTRL_Z};
use crate::harness::{Launch, Position, Running, below, eventually, eventually_eq, proc};
use nix::libc;
use nix::unistd::{Pid, getpgid, getsid};
use std::time::Duration;

/// "If your process dies, `dumb-init` will also die, taking care to clean up any other processes that
/// might still remain."
#[test]
fn asks_what_the_child_leaves_behind_to_end() {
    each(&DUMB_INIT, |init| leaves_behind(init, &[], &[libc::SIGTERM]));
}

#[test]
fn asks_by_the_signal_that_sigterm_is_rewritten_to() {
    each(&DUMB_INIT, |init| {
        leaves_behind(init, &["-r", "15:12"], &[libc::SIGUSR2]);
        leaves_behind(init, &["-r", "15:0"], &[]);
    });
}

/// "-V, --version: Print the current version and exit." "-h, --help: Print this help message and exit."
#[test]
fn prints_its_help_and_version() {
    each(&DUMB_INIT, |init| {
        for option in ["-h", "--help"] {
            let output = is_asked(init, &[option, "echo", "started"]);
            assert!((output.stdout + &output.stderr).contains("--rewrite"));
        }
        for option in ["-V", "--version"] {
            let output = is_asked(init, &[option, "echo", "started"]);
            let version = output.stdout + &output.stderr;
            assert_eq!(version.lines().count(), 1, "{version}");
            assert!(version.starts_with("dumb-init v1.2.5"), "{version}"); // scripts search for this
        }
    });
}

/// "-v, --verbose: Print debugging information to stderr."
#[test]
fn says_what_it_does_on_stderr_if_asked_to() {
    each_everywhere(&DUMB_INIT, |init, position| {
        let stderr = |launch: Launch| {
            let output = launch.shell("exit 0").output();
            assert_eq!(output.stdout, "");
            output.stderr
        };
        for option in ["-v", "--verbose"] {
            assert_ne!(stderr(init.launch(position, &[option])), "");
        }
        assert_ne!(stderr(init.launch(position, &[]).env("DUMB_INIT_DEBUG", "1")), "");
        assert_eq!(stderr(init.launch(position, &[])), "");
        assert_eq!(stderr(init.launch(position, &[]).env("DUMB_INIT_DEBUG", "0")), "");
    });
}

/// "In its default mode, dumb-init establishes a session rooted at the child, and sends signals to the
/// entire process group."
#[test]
fn signals_the_group_of_the_childs_session() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for value in ["1", ""] {
            let launch = || init.launch(position, &[]).env("DUMB_INIT_SETSID", value);
            let running = launch().probe(&["wait"]).start().ready();
            let child = running.child();
            assert_eq!((getsid(Some(child)), getpgid(Some(child))), (Ok(child), Ok(child)));
            reaches_the_group(launch());
        }
    });
}

/// "If you'd like for signals to only be sent to the direct child, you can run with the `--single-child`
/// argument, or set the environment variable `DUMB_INIT_SETSID=0`. In this mode, dumb-init is completely
/// transparent; you can even string multiple together (like `dumb-init dumb-init echo 'oh, hi'`)."
#[test]
fn is_transparent_with_a_single_child() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for (options, setsid) in [(&["-c"][..], "1"), (&["--single-child"], "1"), (&[], "0")] {
            let launch = || init.launch(position, options).env("DUMB_INIT_SETSID", setsid);
            let running = launch().probe(&["wait"]).start().ready();
            let child = running.child();
            assert_eq!(getsid(Some(child)), getsid(Some(running.pid)), "{options:?}");
            reaches_the_child_alone(launch());
            let output = launch().args([&init.path]).args(["echo", "oh, hi"]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (0, "oh, hi\n"));
        }
    });
}

/// "With dumb-init, you can just write shell scripts with dumb-init in the shebang", and "your subprocesses
/// will receive the same signals your shell does".
#[test]
fn can_be_a_scripts_interpreter() {
    each_everywhere(&DUMB_INIT, |init, position| {
        let folder = harness::folder::Folder::new();
        let path = init.path.to_str().expect("a name of ours");
        let script = format!("#!{path} /bin/sh\n{}\n", grandchild(libc::SIGTERM));
        let script = folder.file("script", 0o755, script);
        let mut running = Launch::program(position, script).env("PROBE", harness::probe()).start().ready();
        running.signal(libc::SIGTERM);
        running.stdout.expect("got 15");
    });
}

/// "to rewrite the signal SIGTERM (number 15) to SIGQUIT (number 3), just add `--rewrite 15:3`". "To drop a
/// signal entirely, you can rewrite it to the special number `0`." "This option can be specified multiple
/// times."
#[test]
fn rewrites_and_drops_signals() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for options in
            [&["-r", "15:3"][..], &["-r15:3"], &["--rewrite", "15:3"], &["--rewrite=15:3"], &["-cr15:3"]]
        {
            reaches_as(&mut init.signals(position, options), libc::SIGTERM, &[libc::SIGQUIT]);
        }
        let mut running = init.signals(position, &["-r", "15:3", "-r", "1:0", "-r", "3:10", "-r", "12:9"]);
        reaches_as(&mut running, libc::SIGTERM, &[libc::SIGQUIT]);
        reaches_as(&mut running, libc::SIGHUP, &[]);
        reaches_as(&mut running, libc::SIGQUIT, &[libc::SIGUSR1]);
        reaches(&mut running, libc::SIGINT);
        running.signal(libc::SIGUSR2);
        assert_eq!(running.code(), 128 + libc::SIGKILL);
    });
}

#[test]
fn takes_no_rewriting_that_makes_no_sense() {
    each(&DUMB_INIT, |init| {
        for wrong in ["", "15", "15:", ":15", "0:15", "15:65", "65:15", "15:-1", "x:15", "15:x"] {
            let output = init.output(Position::Outside, &["-r", wrong], "echo started");
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{wrong:?}");
            assert_ne!(output.stderr, "");
        }
    });
}

const JOB_CONTROL: [i32; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

fn is_stopped(pid: Pid) {
    eventually_eq(Some('T'), || proc::state(pid));
}

fn goes_on(pid: Pid) {
    eventually_eq(false, || proc::state(pid) == Some('T'));
}

/// What a job-control signal does to the child.
#[derive(Clone, Copy, PartialEq)]
enum Effect {
    Stops,
    Comes(i32),
    Nothing,
}

/// The child gets that, dumb-init suspends itself, and SIGCONT continues both.
fn suspends(running: &mut Running, position: Position, signal: i32, effect: Effect) {
    let child = running.child();
    running.signal(signal);
    match effect {
        Effect::Stops => is_stopped(child),
        Effect::Comes(received) => assert_eq!(running.stdout.next(), received.to_string()),
        Effect::Nothing => {}
    }
    let mut expected = vec![libc::SIGCONT];
    match position {
        Position::Outside => is_stopped(running.pid),
        // The kernel does not stop PID 1, but to try discards a pending SIGCONT. When it has forwarded
        // another signal, it has tried.
        Position::Pid1 => {
            running.signal(libc::SIGUSR1);
            if effect == Effect::Stops {
                let pending = || u64::from_str_radix(&proc::status(child, "ShdPnd")?, 16).ok();
                eventually_eq(Some(1 << (libc::SIGUSR1 - 1)), pending);
                expected.insert(0, libc::SIGUSR1);
            } else {
                assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
            }
        }
    }
    running.signal(libc::SIGCONT);
    goes_on(running.pid);
    goes_on(child);
    for signal in expected {
        assert_eq!(running.stdout.next(), signal.to_string());
    }
    reaches(running, libc::SIGTERM);
}

/// "it is not sufficient to forward `SIGTSTP`/`SIGTTIN`/`SIGTTOU` in most cases, since […] it is a member
/// of an orphaned process group. For this reason, we set default rewrites to `SIGSTOP`".
/// "for job control signals (`SIGTSTP`, `SIGTTIN`, `SIGTTOU`), dumb-init will always suspend itself after
/// receiving the signal".
#[test]
fn stops_the_child_and_itself_on_job_control_signals() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for signal in JOB_CONTROL {
            suspends(&mut init.signals(position, &[]), position, signal, Effect::Stops);
            let launch = init.launch(position, &[]).on_terminal();
            suspends(&mut launch.probe(&["signals"]).start().ready(), position, signal, Effect::Stops);
        }
    });
}

/// "You can opt out of this behavior by rewriting the signals back to their original values"; it suspends
/// itself "even if you rewrite it to something else".
#[test]
fn can_pass_job_control_signals_on_and_suspends_itself_all_the_same() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for signal in JOB_CONTROL {
            for (rewritten, effect) in [
                (signal, Effect::Comes(signal)),
                (libc::SIGUSR2, Effect::Comes(libc::SIGUSR2)),
                (0, Effect::Nothing),
            ] {
                let mut running = init.signals(position, &["-r", &format!("{signal}:{rewritten}")]);
                suspends(&mut running, position, signal, effect);
            }
        }
    });
}

/// "When running in setsid mode", the rewriting is done.
#[test]
fn passes_job_control_signals_on_to_a_single_child() {
    each_everywhere(&DUMB_INIT, |init, position| {
        for signal in JOB_CONTROL {
            suspends(&mut init.signals(position, &["-c"]), position, signal, Effect::Comes(signal));
        }
    });
}

/// The terminal of `docker run -it` becomes the child's.
#[test]
fn gives_the_terminal_to_the_childs_session() {
    each_everywhere(&DUMB_INIT, |init, position| {
        let launch = init.launch(position, &[]).on_terminal();
        let script = "echo ready; read line </dev/tty; echo got $line; exec $PROBE signals";
        let mut running = launch.shell(script).start().ready();
        let child = running.child();
        assert_eq!(getsid(Some(child)), Ok(child));
        eventually_eq(child, || running.terminal().foreground());
        running.type_in("hello\n");
        running.stdout.expect("got hello");
        running.stdout.expect("ready");
        running.type_in(CTRL_C);
        assert_eq!(running.stdout.next(), libc::SIGINT.to_string());
        reaches(&mut running, libc::SIGUSR1);
    });
}

/// In a shell, Ctrl-Z gives dumb-init a SIGTSTP: child and dumb-init stop, and `fg` continues both.
#[test]
fn is_a_job_of_a_shell() {
    each(&DUMB_INIT, |init| {
        let mut shell = interactive("bash").env("INIT", &init.path).start();
        shell.type_in("$INIT sh -c 'echo ready; while read line; do echo got $line; done'\n");
        shell.stdout.expect("ready");
        let job = below(shell.pid, init.name);
        shell.type_in(CTRL_Z);
        shell.stdout.expect_part("Stopped");
        is_stopped(job);
        eventually("the shell", || {
            shell.type_in("echo prompt\n"); // again: a shell discards what is typed too early
            shell.stdout.next_within(Duration::from_millis(100)).filter(|line| line == "prompt")
        });
        shell.type_in("fg\n");
        let group = getpgid(Some(job)).expect("it is there");
        eventually_eq(group, || shell.terminal().foreground());
        shell.type_in("hello\n");
        // Before it there may be a part of what the shell did not discard.
        let mut answer = || shell.stdout.next_within(Duration::from_millis(100));
        eventually("the job to go on", || answer().filter(|line| line.starts_with("got ")));
        harness::send(eventually("the child", || proc::children(job).first().copied()), libc::SIGKILL);
    });
}
