//! rinit dies of the signal that killed its child, so that whoever waits for it sees what it would see without
//! rinit: a shell's loop, make, timeout(1), a service manager. As PID 1 it exits with 128 and the signal's number,
//! and so do the other inits, whose names therefore keep that.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::{End, Launch, Output, Position, eventually_eq, everywhere, must, proc, send};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use std::ffi::{OsStr, c_int};

/// What kills a process that does not handle it, signal(7): "Term" and "Core", and all the real-time ones, of which
/// the C library keeps two to itself.
fn fatal() -> impl Iterator<Item = c_int> {
    const STANDARD: [c_int; 23] = [
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGKILL,
        libc::SIGUSR1,
        libc::SIGSEGV,
        libc::SIGUSR2,
        libc::SIGPIPE,
        libc::SIGALRM,
        libc::SIGTERM,
        libc::SIGSTKFLT,
        libc::SIGXCPU,
        libc::SIGXFSZ,
        libc::SIGVTALRM,
        libc::SIGPROF,
        libc::SIGIO,
        libc::SIGPWR,
        libc::SIGSYS,
    ];
    STANDARD.into_iter().chain(32..=64)
}

fn no_core() {
    must(setrlimit(Resource::RLIMIT_CORE, 0, 0));
}

/// Ignores whatever can be ignored, and blocks whatever can be blocked.
fn deaf_caller() {
    let (ignore, all) = ([libc::SIG_IGN as u64, 0, 0, 0], u64::MAX);
    for signal in 1..=64 {
        // SAFETY: the kernel's sigaction has 32 bytes; it refuses two of the signals.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, ignore.as_ptr(), 0, 8) };
    }
    // SAFETY: the kernel's signal set has 8 bytes.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const all, 0, 8) };
}

/// An init whose child dies of a signal.
fn dying(position: Position, options: &[&str], signal: c_int) -> Launch {
    Launch::init(position).args(options).caller(no_core).probe(&["die", &signal.to_string()])
}

#[test]
fn a_child_killed_by_a_signal_is_the_same_death_or_as_pid_1_128_plus_its_number() {
    everywhere(|position| {
        for signal in fatal() {
            let output = dying(position, &[], signal).output();
            assert_eq!((output.end, output.stderr.as_str()), (position.killed_by(signal), ""));
        }
    });
}

/// As from a script's `rinit … &`, whose SIGINT and SIGQUIT are ignored, and from nohup(1).
#[test]
fn so_it_is_where_that_signal_was_inherited_as_ignored_and_blocked() {
    everywhere(|position| {
        for signal in fatal() {
            let output = dying(position, &[], signal).caller(deaf_caller).output();
            assert_eq!((output.end, output.stderr.as_str()), (position.killed_by(signal), ""));
        }
    });
}

/// However the child is placed and the signals reach it.
#[test]
fn so_it_is_with_every_option_that_leaves_the_exit_code_alone() {
    everywhere(|position| {
        for options in
            [&["-g"][..], &["--session"], &["--no-group"], &["--no-subreaper"], &["--grace", "1000"]]
        {
            assert_eq!(
                dying(position, options, libc::SIGTERM).output().end,
                position.killed_by(libc::SIGTERM)
            );
        }
    });
}

/// The kernel would write one for rinit, where the child has left one already, or hand it to a crash reporter.
#[test]
fn its_death_leaves_no_core() {
    const CORE: [c_int; 10] = [
        libc::SIGQUIT,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGSEGV,
        libc::SIGXCPU,
        libc::SIGXFSZ,
        libc::SIGSYS,
    ];
    let folder = Folder::new();
    let in_folder = |launch: Launch| {
        let path = folder.path().to_owned();
        launch.caller(move || {
            let (_, most) = must(getrlimit(Resource::RLIMIT_CORE));
            must(setrlimit(Resource::RLIMIT_CORE, most, most));
            must(nix::unistd::chdir(&path));
        })
    };
    for signal in CORE {
        let die = ["die".into(), signal.to_string()];
        let alone = in_folder(Launch::program(Position::Outside, harness::probe()).args(&die)).output();
        if alone.end != End::DumpedCore(signal) {
            harness::lane_skipped("a machine on which a program leaves a core");
            return;
        }
        let init = in_folder(Launch::init(Position::Outside)).probe(&["die", &die[1]]).output();
        assert_eq!(init.end, Position::Outside.killed_by(signal));
    }
}

/// What is asked for goes before what is seen.
#[test]
fn a_remapped_code_is_an_exit_and_one_that_does_not_match_is_none() {
    everywhere(|position| {
        for (options, end) in [
            (&["-e", "143"][..], End::Exited(0)),
            (&["-e", "143:9"], End::Exited(9)),
            (&["-e", "143:143"], End::Exited(143)),
            (&["-e", "130"], position.killed_by(libc::SIGTERM)),
            (&["-e", "15"], position.killed_by(libc::SIGTERM)),
            (&["--stop-ok"], position.killed_by(libc::SIGTERM)), // nobody has asked it to stop
        ] {
            assert_eq!(dying(position, options, libc::SIGTERM).output().end, end, "{options:?}");
        }
    });
}

#[test]
fn a_child_that_exits_with_128_plus_a_signals_number_has_exited() {
    everywhere(|position| {
        for code in [129, 130, 137, 143, 192] {
            assert_eq!(Launch::init(position).shell(&format!("exit {code}")).output().end, End::Exited(code));
        }
    });
}

#[test]
fn rinit_dies_only_when_the_survivors_are_gone() {
    let launch = Launch::init(Position::Outside).args(["--grace", "1000"]).env("PROBE", harness::probe());
    let mut running = launch.shell("$PROBE trap 15 0 & wait").start().ready();
    let survivor = harness::below(running.pid, "probe");
    send(running.child(), libc::SIGHUP);
    assert_eq!(running.wait(), Position::Outside.killed_by(libc::SIGHUP));
    running.stdout.expect("got 15");
    eventually_eq(true, || proc::state(survivor).is_none_or(|state| state == 'Z'));
}

/// Signals that rinit has not collected yet may be pending when it dies. They are not what killed the child.
#[test]
fn another_signal_that_is_pending_is_not_what_it_dies_of() {
    let mut running = Launch::init(Position::Outside).caller(no_core).probe(&["wait"]).start().ready();
    let (init, child) = (running.pid, running.child());
    send(init, libc::SIGSTOP);
    eventually_eq(Some('T'), || proc::state(init));
    send(child, 40);
    eventually_eq(Some('Z'), || proc::state(child));
    send(init, 36); // after SIGCHLD: pending signals are taken in the order of their numbers
    send(init, libc::SIGCONT);
    assert_eq!(running.wait(), Position::Outside.killed_by(40));
}

const SOME: [c_int; 4] = [libc::SIGTERM, libc::SIGKILL, libc::SIGQUIT, 64];

/// waitid(2): what has happened to a process, and the signal or code that belongs to it. It is left to be
/// collected.
fn happened(pid: Pid) -> (c_int, c_int) {
    // SAFETY: any bytes are a siginfo_t, the kernel writes one, and a child's has a status.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT | libc::__WALL;
        assert_eq!(libc::waitid(libc::P_PID, pid.as_raw() as libc::id_t, &raw mut info, options), 0);
        (info.si_code, info.si_status())
    }
}

#[test]
fn a_parent_that_uses_waitid_sees_the_signal() {
    for signal in SOME {
        let running = dying(Position::Outside, &[], signal).start();
        assert_eq!(happened(running.pid), (libc::CLD_KILLED, signal));
    }
}

/// ptrace(2): a tracer is asked before a signal is delivered, and passes it on.
#[test]
fn a_tracer_sees_the_signal() {
    for signal in SOME {
        let mut running = Launch::init(Position::Outside).caller(no_core).probe(&["wait"]).start().ready();
        // SAFETY: integers.
        let trace =
            |request, signal: c_int| unsafe { libc::ptrace(request, running.pid.as_raw(), 0, signal) };
        assert_eq!(trace(libc::PTRACE_SEIZE, 0), 0);
        send(running.child(), signal);
        let mut delivered = vec![];
        while let (libc::CLD_TRAPPED, stopped_by) = happened(running.pid) {
            delivered.push(stopped_by);
            trace(libc::PTRACE_CONT, stopped_by);
        }
        assert_eq!(running.wait(), Position::Outside.killed_by(signal));
        assert!(signal == libc::SIGKILL || delivered == [signal], "{signal}: {delivered:?}");
    }
}

/// `rinit rinit program`, and in an image whose program is another init's.
#[test]
fn the_signal_comes_through_one_rinit_in_another() {
    let rinit = harness::subject();
    for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGRTMAX()] {
        let twice = [&rinit, OsStr::new("--"), &rinit, OsStr::new("--")];
        let launch = Launch::init(Position::Outside).command(twice).args([&harness::probe()]);
        let output = launch.args(["die".into(), signal.to_string()]).output();
        assert_eq!((output.end, output.stderr.as_str()), (Position::Outside.killed_by(signal), ""));
    }
}

/// What a bash script prints and how it ends, where `$RINIT` is the init and where it is nothing. The numbers of
/// the processes that bash names are other ones each time.
fn with_and_without(script: &str) -> [Output; 2] {
    [harness::subject(), "".into()].map(|init| {
        let launch = Launch::program(Position::Outside, "/bin/bash").args(["-c", script]);
        let launch = launch.env("RINIT", init).env("TERMINATED", "kill -TERM $$").env("MAKEFLAGS", "");
        let mut output = launch.caller(no_core).output();
        output.stderr = output.stderr.replace(|character: char| character.is_ascii_digit(), "");
        output
    })
}

/// The script prints this with the init and without.
fn as_without_an_init(script: &str, expected: &str) {
    let [with, without] = with_and_without(script);
    assert_eq!(without.stdout, expected, "{script}: {without:?}");
    assert_eq!((&with.stdout, with.end), (&without.stdout, without.end), "{script}: {with:?}");
    assert_eq!(with.stderr, without.stderr, "{script}");
}

#[test]
fn a_shell_sees_what_it_sees_without_rinit() {
    for (script, expected) in [
        ("$RINIT sh -c \"$TERMINATED\"; echo $?", "143\n"),
        ("$RINIT sh -c 'kill -INT $$'; echo $?", "130\n"),
        ("$RINIT sh -c 'kill -64 $$'; echo $?", "192\n"),
        ("set -o pipefail; $RINIT sh -c 'kill -KILL $$' | cat; echo $?", "137\n"),
        ("$RINIT sh -c \"$TERMINATED\" & wait $!; echo $?", "143\n"),
        ("set -e; $RINIT sh -c \"$TERMINATED\"; echo after", ""),
        ("exec $RINIT sh -c \"$TERMINATED\"", ""),
        ("(exec $RINIT sh -c \"$TERMINATED\"); echo $?", "143\n"),
    ] {
        as_without_an_init(script, expected);
    }
}

/// make says "Terminated" and not "Error 143", and removes the file that was being made. A command without anything
/// for a shell in it is make's own child.
#[test]
fn make_sees_what_it_sees_without_rinit() {
    let folder = Folder::new();
    folder.file("Makefile", 0o644, "file:\n\t@$(RINIT) ./make-it\n");
    folder.file("make-it", 0o755, "#!/bin/sh\ntouch file\nkill -TERM $$\n");
    let script = format!("cd {}; rm -f file; make; echo $?; ls", folder.path().display());
    as_without_an_init(&script, "2\nMakefile\nmake-it\n");
}

/// 125 is xargs' code for a command that a signal killed, and 123 for one that failed.
#[test]
fn xargs_sees_what_it_sees_without_rinit() {
    as_without_an_init("echo word | xargs $RINIT sh -c \"$TERMINATED\" 2>/dev/null; echo $?", "125\n");
}

/// timeout(1) dies of the signal that killed its command too, unless the time was over.
#[test]
fn timeout_sees_what_it_sees_without_rinit() {
    for (script, expected) in [
        ("exec timeout 1000 $RINIT sh -c \"$TERMINATED\"", ""),
        ("timeout 1000 $RINIT sh -c 'kill -KILL $$'; echo $?", "137\n"),
        ("timeout 0.2 $RINIT sleep 1000; echo $?", "124\n"),
        ("timeout --signal=INT 0.2 $RINIT sleep 1000; echo $?", "124\n"),
        ("timeout --preserve-status 0.2 $RINIT sleep 1000; echo $?", "143\n"),
        ("$RINIT timeout 1000 sh -c \"$TERMINATED\"; echo $?", "143\n"),
    ] {
        as_without_an_init(script, expected);
    }
}

/// Python's subprocess has a negative number for a signal. systemd and other supervisors ask waitid(2).
#[test]
fn a_supervisor_in_python_sees_the_signal() {
    let supervisor = "python3 -c 'import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)'";
    for (signal, expected) in [("TERM", "-15\n"), ("KILL", "-9\n"), ("64", "-64\n")] {
        as_without_an_init(&format!("{supervisor} $RINIT sh -c 'kill -{signal} $$'"), expected);
    }
}

/// sudo dies of the signal that killed its command, and a command under it is a job of the user's.
#[test]
fn sudo_sees_what_it_sees_without_rinit() {
    if !std::path::Path::new("/usr/bin/sudo").exists() {
        return harness::lane_skipped("sudo");
    }
    as_without_an_init("sudo --non-interactive $RINIT sh -c \"kill -TERM \\$\\$\"; echo $?", "143\n");
    as_without_an_init("$RINIT sudo --non-interactive sh -c \"kill -TERM \\$\\$\"; echo $?", "143\n");
}

/// Where rinit is not PID 1 of its namespace, it need not be the one that everybody outside waits for.
#[test]
fn beside_pid_1_of_a_namespace_rinit_dies_of_the_signal_as_well() {
    let script = "\"$RINIT\" sh -c 'kill -TERM $$'; echo $?; python3 -c 'import subprocess, sys; \
                  print(subprocess.run(sys.argv[1:]).returncode)' \"$RINIT\" sh -c 'kill -TERM $$'";
    let launch = Launch::program(Position::Pid1, "/bin/sh").args(["-c", script]);
    assert_eq!(launch.env("RINIT", harness::subject()).output().stdout, "143\n-15\n");
}
