//! What the caller addressed to rinit and means for the program is passed on: the variables of a service manager
//! that name its process, and the signal that is to come when the caller ends. Those of a socket activation are in
//! `listen`.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::trace::{self, Stop};
use crate::harness::{Launch, Position, eventually, eventually_eq, everywhere, must, proc};
use nix::libc;
use nix::sys::signal::{SigSet, Signal};
use std::ffi::{OsStr, OsString, c_int};
use std::time::Duration;

/// What systemd.exec(5) and sd_watchdog_enabled(3) have the service manager set to the process ID of the program that
/// it starts.
const NAMING_VARIABLES: [&str; 2] = ["WATCHDOG_PID", "SYSTEMD_EXEC_PID"];

/// A shell, to which `$0` is an init.
fn shell(position: Position, init: OsString, script: &str) -> Launch {
    Launch::program(position, "/bin/sh").args([OsStr::new("-c"), OsStr::new(script), &init])
}

#[test]
fn watchdog_pid_and_systemd_exec_pid_name_the_child_where_they_named_rinit() {
    everywhere(|position| {
        for variable in NAMING_VARIABLES {
            for options in ["", "-g", "--session", "--no-group"] {
                let script = format!("{variable}=$$ exec \"$0\" {options} -- sh -c 'echo ${variable} $$'");
                let output = shell(position, harness::subject(), &script).output();
                let numbers: Vec<_> = output.stdout.split_whitespace().collect();
                assert!(matches!(numbers[..], [named, child] if named == child), "{script}: {output:?}");
            }
        }
    });
}

#[test]
fn they_do_so_under_the_names_of_other_inits_too() {
    for name in ["tini", "dumb-init", "catatonit"] {
        for variable in NAMING_VARIABLES {
            let script = format!("{variable}=$$ exec \"$0\" sh -c 'echo ${variable} $$' 2>/dev/null");
            let output = shell(Position::Pid1, harness::names().join(name).into(), &script).output();
            let numbers: Vec<_> = output.stdout.split_whitespace().collect();
            assert!(matches!(numbers[..], [named, child] if named == child), "{name}, {script}: {output:?}");
        }
    }
}

/// A script without a `#!` line, which the shell has to run, is found in PATH after a file that cannot be executed.
#[test]
fn they_do_so_however_the_program_is_found() {
    let folder = Folder::new();
    folder.file("first/program", 0o644, "");
    folder.file("second/program", 0o755, "echo $WATCHDOG_PID $SYSTEMD_EXEC_PID $LISTEN_PID $$\n");
    let path = folder.expand("@/first:@/second:/usr/bin:/bin");
    everywhere(|position| {
        let script = "WATCHDOG_PID=$$ SYSTEMD_EXEC_PID=$$ LISTEN_PID=$$ exec \"$0\" -- program";
        let output = shell(position, harness::subject(), script).env("PATH", &path).output();
        let numbers: Vec<_> = output.stdout.split_whitespace().collect();
        assert!(numbers.len() == 4 && numbers.iter().all(|number| *number == numbers[3]), "{output:?}");
    });
}

#[test]
fn they_stay_as_they_are_where_they_name_another_process() {
    everywhere(|position| {
        for variable in NAMING_VARIABLES {
            for other in ["", "0", "4711", "01x", "1 ", " 1", "-1", "99999999999"] {
                let launch = Launch::init(position).env(variable, other);
                let output = launch.shell(&format!("echo \"<${variable}>\"")).output();
                assert_eq!(output.stdout, format!("<{other}>\n"));
            }
        }
    });
}

/// A service manager sets them together, and an earlier one may have left some behind.
#[test]
fn each_of_the_variables_is_looked_at_by_itself() {
    const ALL: [&str; 3] = ["LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"];
    everywhere(|position| {
        for which in 0..8 {
            let names_rinit = |number: usize| which & (1 << number) != 0;
            let variables: String = (0..3)
                .map(|number| format!("{}={} ", ALL[number], if names_rinit(number) { "$$" } else { "4711" }))
                .collect();
            let script =
                format!("{variables} exec \"$0\" -- sh -c 'echo $$ ${} ${} ${}'", ALL[0], ALL[1], ALL[2]);
            let output = shell(position, harness::subject(), &script).output();
            let numbers: Vec<_> = output.stdout.split_whitespace().collect();
            let expected = [numbers[0]]
                .into_iter()
                .chain((0..3).map(|it| if names_rinit(it) { numbers[0] } else { "4711" }));
            assert_eq!(numbers, expected.collect::<Vec<_>>(), "{script}");
        }
    });
}

/// Neither what else is in it changes, nor its order.
#[test]
fn the_rest_of_a_service_managers_environment_is_left_as_it_is() {
    everywhere(|position| {
        let before = "env -i A=1 NOTIFY_SOCKET=/n WATCHDOG_PIX=1 WATCHDOG_PID=$$ WATCHDOG_USEC=5 XWATCHDOG_PID=$$ B=2 \
                      SYSTEMD_EXEC_PID=$$ INVOCATION_ID=x";
        let script = format!("echo $$; exec {before} \"$0\" -- /usr/bin/env");
        let output = shell(position, harness::subject(), &script).output();
        let (init, environment) = output.stdout.split_once('\n').expect("a line");
        let lines: Vec<_> = environment.lines().collect();
        let child = lines[3].strip_prefix("WATCHDOG_PID=").expect("it is in its place");
        assert_ne!(child, init);
        let expected = format!(
            "A=1\nNOTIFY_SOCKET=/n\nWATCHDOG_PIX=1\nWATCHDOG_PID={child}\nWATCHDOG_USEC=5\nXWATCHDOG_PID={init}\nB=2\n\
             SYSTEMD_EXEC_PID={child}\nINVOCATION_ID=x\n"
        );
        assert_eq!(environment, expected);
    });
}

/// What a program asks: sd_watchdog_enabled(3) has a value above 0 where it is to report, and sd_listen_fds(3) the
/// number of sockets.
#[test]
fn libsystemd_says_in_the_child_that_it_is_meant() {
    const ASK: &str = "\
import ctypes
try:
    systemd = ctypes.CDLL('libsystemd.so.0')
except OSError:
    print('none')
else:
    usec = ctypes.c_uint64()
    print(systemd.sd_watchdog_enabled(0, ctypes.byref(usec)) > 0, usec.value, systemd.sd_listen_fds(0))
";
    everywhere(|position| {
        let meant = |init: OsString, command: &str| {
            let variables = "WATCHDOG_PID=$$ WATCHDOG_USEC=30000000 LISTEN_PID=$$ LISTEN_FDS=1";
            let launch =
                shell(position, init, &format!("{variables} exec {command} 3</dev/null")).env("ASK", ASK);
            launch.output().stdout
        };
        let alone = meant("".into(), "python3 -c \"$ASK\"");
        if alone != "True 30000000 1\n" {
            return harness::lane_skipped(&format!("python3 with libsystemd, and not {alone:?}"));
        }
        assert_eq!(meant(harness::subject(), "\"$0\" -- python3 -c \"$ASK\""), alone);
    });
}

/// For [`Launch::caller`]: the signal that the process is to get when its parent ends, prctl(2).
fn at_parents_end(signal: c_int) -> impl Fn() {
    move || {
        // SAFETY: integers.
        must(match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) } {
            0 => Ok(()),
            _ => Err(()),
        });
    }
}

/// The parent-death signal that the child has.
fn of_the_child(launch: Launch) -> c_int {
    let mut running = launch.probe(&["parent-death-signal"]).start();
    let line = running.stdout.expect_part("parent-death signal ");
    line.split(' ').next_back().and_then(|word| word.parse().ok()).expect("a number")
}

#[test]
fn the_child_has_the_parent_death_signal_that_its_caller_gave_rinit() {
    for options in [&[][..], &["-g"], &["--session"], &["--no-group"], &["--no-subreaper"]] {
        for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGUSR1, 64] {
            let launch = Launch::init(Position::Outside).args(options).caller(at_parents_end(signal));
            assert_eq!(of_the_child(launch), signal, "{options:?}");
        }
    }
}

/// The negative control of the test above. The end of PID 1 is the end of all that are in its namespace, so that it
/// does not ask.
#[test]
fn the_child_has_none_where_rinit_has_none_and_where_rinit_is_pid_1() {
    everywhere(|position| assert_eq!(of_the_child(Launch::init(position)), 0));
    let launch = Launch::init(Position::Pid1).caller(at_parents_end(libc::SIGTERM));
    assert_eq!(of_the_child(launch), 0);
}

/// `-p` is for rinit itself, and the child has what the caller gave.
#[test]
fn the_parent_death_signal_of_the_option_is_not_the_childs() {
    let launch = || Launch::init(Position::Outside).args(["-p", "TERM"]);
    assert_eq!(of_the_child(launch()), 0);
    assert_eq!(of_the_child(launch().caller(at_parents_end(libc::SIGUSR1))), libc::SIGUSR1);
}

/// By SIGKILL, say, which it cannot forward.
#[test]
fn the_child_of_a_rinit_that_was_killed_gets_the_signal() {
    let launch = Launch::init(Position::Outside).caller(at_parents_end(libc::SIGUSR1));
    let mut running = launch.probe(&["signals"]).start().ready();
    let child = running.child();
    running.signal(libc::SIGKILL);
    running.wait();
    assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
    harness::send(child, libc::SIGKILL);
}

/// rinit is killed right before the child asks the kernel to tell of its end. The child has the signal blocked by
/// then, as the caller had.
#[test]
fn the_child_of_a_rinit_that_is_already_gone_gets_the_signal_too() {
    let blocks = || must(SigSet::from(Signal::SIGTERM).thread_block());
    let launch = Launch::init(Position::Outside).caller(blocks).caller(at_parents_end(libc::SIGTERM));
    let (mut running, init) =
        trace::start(launch.probe(&["count", &libc::SIGTERM.to_string()]), |running| running.pid);
    while let Stop::Call(_) = init.go_on() {}
    let child = init.new_process();
    let mut calls = vec![];
    while calls.last() != Some(&libc::SYS_prctl) {
        match child.go_on() {
            Stop::Call(call) => calls.push(call),
            stop => panic!("{stop:?} after {calls:?}"),
        }
    }
    running.signal(libc::SIGKILL);
    running.wait();
    let pid = child.0;
    child.detach();
    // Before its exec it may die of the signal, or have it pending.
    eventually("the signal", || match running.stdout.next_within(Duration::from_millis(10)) {
        Some(line) => (line == "15x1").then_some(()),
        None => proc::state(pid).is_none_or(|state| state == 'Z').then_some(()),
    });
}

/// A supervisor that wants its program to end with it, whatever happens, asks for SIGKILL. It is the parent of rinit.
#[test]
fn the_program_does_not_outlive_its_supervisor() {
    let launch = Launch::init(Position::Outside).with_parent().caller(at_parents_end(libc::SIGKILL));
    let mut supervisor = launch.probe(&["wait"]).start().ready();
    let program = harness::below(supervisor.pid, "probe");
    supervisor.signal(libc::SIGKILL);
    supervisor.wait();
    eventually_eq(true, || proc::state(program).is_none_or(|state| state == 'Z'));
}
