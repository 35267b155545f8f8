//! Each option in all its spellings, its variable included, and where the program begins.

use super::{
    Leads, Variable, adopts, all, asks_survivors, bytes, code_of, folder_of_programs, gets,
    gets_at_parents_end, group_and_session, init, reaches_group, says, signals,
};
use crate::harness::{End, Launch, Position, eventually_eq, everywhere, proc};
use nix::libc;
use std::ffi::OsStr;
use std::process::Command;

#[test]
fn group_sends_signals_to_the_childs_group() {
    let spellings: [&[&str]; 6] =
        [&["-g"], &["--group"], &["-gv"], &["-vg"], &["-gw"], &["-gr", "USR1:USR2"]];
    let variables = [("RINIT_GROUP", "1"), ("TINI_KILL_PROCESS_GROUP", "1"), ("TINI_KILL_PROCESS_GROUP", "")];
    all(&spellings, &variables, |position, options, variables| {
        assert!(reaches_group(position, options, variables));
    });
    all(&[&[], &["-v"]], &[("RINIT_GROUP", "0"), ("RINIT_GROUP", "")], |position, options, variables| {
        assert!(!reaches_group(position, options, variables));
    });
    everywhere(|position| {
        assert!(reaches_group(position, &["-g"], &[("RINIT_GROUP", "0")]));
        // rinit's own variable wins over tini's.
        assert!(!reaches_group(position, &[], &[("TINI_KILL_PROCESS_GROUP", "1"), ("RINIT_GROUP", "0")]));
        assert!(!reaches_group(position, &[], &[("RINIT_GROUP", "0"), ("TINI_KILL_PROCESS_GROUP", "1")]));
    });
}

#[test]
fn no_group_and_single_child_leave_the_child_in_rinits_group_and_signals_to_it_alone() {
    let spellings: [&[&str]; 5] = [
        &["--no-group"],
        &["-c"],
        &["--single-child"],
        &["-g", "--single-child"],
        &["--session", "--no-group"],
    ];
    all(&spellings, &[], |position, options, variables| {
        assert_eq!(group_and_session(position, options, variables), Leads::Nothing);
        assert!(!reaches_group(position, options, variables));
    });
}

#[test]
fn session_gives_the_child_a_session() {
    let spellings: [&[&str]; 4] =
        [&["--session"], &["--no-group", "--session"], &["--session", "-g"], &["-g", "--session"]];
    all(&spellings, &[("RINIT_SESSION", "1")], |position, options, variables| {
        assert_eq!(group_and_session(position, options, variables), Leads::Session);
    });
    all(&[&[]], &[("RINIT_SESSION", "0"), ("RINIT_SESSION", "")], |position, options, variables| {
        assert_eq!(group_and_session(position, options, variables), Leads::Group);
    });
}

#[test]
fn stop_begins_with_the_schedules_first_signal() {
    let spellings: [&[&str]; 3] =
        [&["--stop", "INT/1000/KILL"], &["--stop=INT/1000/KILL"], &["-g", "--stop", "sigint/17m/-9"]];
    all(&spellings, &[("RINIT_STOP", "INT/1000/KILL")], |position, options, variables| {
        assert_eq!(gets(&mut signals(position, options, variables), libc::SIGTERM), libc::SIGINT);
    });
}

#[test]
fn stop_ok_makes_a_stop_a_success() {
    let end = |position, options: &[&str], variables: &[Variable<'_>]| {
        let mut running = init(position, options, variables).probe(&["wait"]).start().ready();
        running.signal(libc::SIGTERM);
        running.wait()
    };
    all(&[&["--stop-ok"]], &[("RINIT_STOP_OK", "1")], |position, options, variables| {
        assert_eq!(end(position, options, variables), End::Exited(0));
    });
    all(&[&[]], &[("RINIT_STOP_OK", "0"), ("RINIT_STOP_OK", "")], |position, options, variables| {
        assert_eq!(end(position, options, variables), position.killed_by(libc::SIGTERM));
    });
}

#[test]
fn stay_makes_the_code_that_of_the_last_to_end() {
    let code = |position, options: &[&str], variables: &[Variable<'_>]| {
        let script = "(sh -c 'while kill -0 $0 2>/dev/null; do :; done; exit 5' $$ &)";
        init(position, options, variables).shell(script).output().code()
    };
    all(&[&["--stay"]], &[("RINIT_STAY", "1")], |position, options, variables| {
        assert_eq!(code(position, options, variables), 5);
    });
    all(&[&[]], &[("RINIT_STAY", "0"), ("RINIT_STAY", "")], |position, options, variables| {
        assert_eq!(code(position, options, variables), 0);
    });
}

#[test]
fn grace_asks_survivors_to_end() {
    let spellings: [&[&str]; 4] =
        [&["--grace", "1000"], &["--grace=17m"], &["--grace=1000s"], &["-g", "--grace", "900000ms"]];
    all(&spellings, &[("RINIT_GRACE", "1000")], |position, options, variables| {
        assert!(asks_survivors(position, options, variables));
    });
}

#[test]
fn pause_needs_no_program() {
    let spellings: [&[&str]; 4] = [&["-P"], &["--pause"], &["-vP"], &["-sP"]];
    all(&spellings, &[], |position, options, variables| {
        let mut running = init(position, options, variables).start();
        eventually_eq(Some(libc::SYS_rt_sigtimedwait), || proc::system_call(running.pid));
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn rewrite_sends_another_signal() {
    let spellings: [&[&str]; 10] = [
        &["-r", "TERM:USR1"],
        &["-rTERM:USR1"],
        &["-rSIGTERM:SIGUSR1"],
        &["-r15:10"],
        &["-r15:usr1"],
        &["--rewrite=Term:10"],
        &["--rewrite", "TERM:USR1"],
        &["--rewrite=TERM:USR1"],
        &["-gr", "TERM:USR1"],
        &["-vgrTERM:USR1"],
    ];
    all(&spellings, &[("RINIT_REWRITE", "TERM:USR1")], |position, options, variables| {
        assert_eq!(gets(&mut signals(position, options, variables), libc::SIGTERM), libc::SIGUSR1);
    });
}

#[test]
fn several_rules_stand_in_several_options_or_one_variable() {
    let options: [&[&str]; 1] = [&["-rTERM:USR1", "-r", "HUP,INT:QUIT", "--rewrite=RTMIN+2:RTMAX"]];
    let variables = [
        ("RINIT_REWRITE", "TERM:USR1 HUP,INT:QUIT RTMIN+2:RTMAX"),
        ("RINIT_REWRITE", "  TERM:USR1   HUP,INT:QUIT RTMIN+2:RTMAX "),
    ];
    all(&options, &variables, |position, options, variables| {
        let mut running = signals(position, options, variables);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGUSR1);
        assert_eq!(gets(&mut running, libc::SIGHUP), libc::SIGQUIT);
        assert_eq!(gets(&mut running, libc::SIGINT), libc::SIGQUIT);
        assert_eq!(gets(&mut running, libc::SIGRTMIN() + 2), libc::SIGRTMAX());
    });
}

#[test]
fn remap_gives_another_exit_code() {
    let spellings: [&[&str]; 6] =
        [&["-e", "3:7"], &["-e3:7"], &["--remap", "3:7"], &["--remap=3:7"], &["-ge3:7"], &["-vge", "3:7"]];
    all(&spellings, &[("RINIT_REMAP", "3:7")], |position, options, variables| {
        assert_eq!(code_of(position, options, variables, "exit 3"), 7);
    });
    let spellings: [&[&str]; 4] = [&["-e143"], &["-e", "143"], &["--remap=143"], &["--remap", "143"]];
    all(&spellings, &[("RINIT_REMAP", "143")], |position, options, variables| {
        assert_eq!(code_of(position, options, variables, "exit 143"), 0);
    });
    all(&[&["-e3:7", "-e4:8", "-e5"]], &[("RINIT_REMAP", "3:7 4:8 5")], |position, options, variables| {
        for (code, new) in [(3, 7), (4, 8), (5, 0), (6, 6)] {
            assert_eq!(code_of(position, options, variables, &format!("exit {code}")), new);
        }
    });
    everywhere(|position| {
        let variable = ("RINIT_REMAP", "3:7 4:8");
        assert_eq!(code_of(position, &["-e", "3:9"], &[variable], "exit 3"), 9);
        assert_eq!(code_of(position, &["-e", "3:9"], &[variable], "exit 4"), 8);
        assert_eq!(code_of(position, &[], &[("RINIT_REMAP", "")], "exit 3"), 3);
    });
}

#[test]
fn parent_death_sends_a_signal_when_the_parent_ends() {
    let spellings: [&[&str]; 7] = [
        &["-p", "USR1"],
        &["-p10"],
        &["-pSIGUSR1"],
        &["--parent-death", "usr1"],
        &["--parent-death=USR1"],
        &["-vp", "USR1"],
        &["-gpUSR1"],
    ];
    for options in spellings {
        assert_eq!(gets_at_parents_end(options, &[]), libc::SIGUSR1, "{options:?}");
    }
    assert_eq!(gets_at_parents_end(&[], &[("RINIT_PARENT_DEATH", "USR1")]), libc::SIGUSR1);
    assert_eq!(gets_at_parents_end(&["-p", "USR1"], &[("RINIT_PARENT_DEATH", "HUP")]), libc::SIGUSR1);
}

#[test]
fn subreaper_adopts_orphans_and_is_the_default() {
    let spellings: [&[&str]; 6] =
        [&[], &["-s"], &["--subreaper"], &["-gs"], &["-sv"], &["--no-subreaper", "-s"]];
    let variables = [("RINIT_SUBREAPER", "1"), ("TINI_SUBREAPER", ""), ("TINI_SUBREAPER", "0")];
    all(&spellings, &variables, |position, options, variables| assert!(adopts(position, options, variables)));
    everywhere(|position| {
        assert!(adopts(position, &["-s"], &[("RINIT_SUBREAPER", "0")]));
        assert!(adopts(position, &["-s"], &[("RINIT_SUBREAPER", "")]));
    });
}

#[test]
fn no_subreaper_leaves_orphans_to_others_but_for_those_of_pid_1() {
    let options: [&[&str]; 2] = [&["--no-subreaper"], &["-s", "--no-subreaper"]];
    let variables = [("RINIT_SUBREAPER", "0")];
    all(&options, &variables, |position, options, variables| {
        assert_eq!(adopts(position, options, variables), position == Position::Pid1);
    });
    everywhere(|position| {
        for variable in [("RINIT_SUBREAPER", "1"), ("TINI_SUBREAPER", "1")] {
            assert_eq!(adopts(position, &["--no-subreaper"], &[variable]), position == Position::Pid1);
        }
        let variables = [("TINI_SUBREAPER", "1"), ("RINIT_SUBREAPER", "0")];
        assert_eq!(adopts(position, &[], &variables), position == Position::Pid1);
    });
}

#[test]
fn warn_reaped_says_which_orphans_were_reaped() {
    let spellings: [&[&str]; 4] = [&["-w"], &["--warn-reaped"], &["-gw"], &["-ws"]];
    all(&spellings, &[("RINIT_WARN_REAPED", "1")], |position, options, variables| {
        assert_eq!(says(position, options, variables), ["reap"]);
    });
    let variables = [("RINIT_WARN_REAPED", "0"), ("RINIT_WARN_REAPED", "")];
    all(&[&[], &["-gs"]], &variables, |position, options, variables| {
        assert_eq!(says(position, options, variables), [""; 0]);
    });
    everywhere(|position| assert_eq!(says(position, &["-w"], &[("RINIT_WARN_REAPED", "0")]), ["reap"]));
}

#[test]
fn verbose_says_the_childs_end_then_signals_then_orphans() {
    let silent: [&[&str]; 4] = [&[], &["-s"], &["--verbosity=0"], &["-vv", "--verbosity", "0"]];
    all(
        &silent,
        &[("RINIT_VERBOSITY", "0"), ("TINI_VERBOSITY", "1"), ("TINI_VERBOSITY", "")],
        |position, options, variables| {
            assert_eq!(says(position, options, variables), [""; 0]);
        },
    );
    let once: [&[&str]; 5] = [&["-v"], &["--verbose"], &["-gv"], &["-vs"], &["--verbosity=1"]];
    all(&once, &[("RINIT_VERBOSITY", "1"), ("TINI_VERBOSITY", "2")], |position, options, variables| {
        assert_eq!(says(position, options, variables), ["child"]);
    });
    let twice: [&[&str]; 5] = [&["-vv"], &["-v", "-v"], &["--verbose", "-v"], &["-vgv"], &["-vve143"]];
    all(&twice, &[("RINIT_VERBOSITY", "2"), ("TINI_VERBOSITY", "3")], |position, options, variables| {
        assert_eq!(says(position, options, variables), ["forward", "child"]);
    });
    let thrice: [&[&str]; 5] = [&["-vvv"], &["-v", "-vv"], &["-vvvvvvvv"], &["-vvwv"], &["--verbosity=255"]];
    let variables = [
        ("RINIT_VERBOSITY", "3"),
        ("RINIT_VERBOSITY", "4"),
        ("RINIT_VERBOSITY", "255"),
        ("TINI_VERBOSITY", "4"),
    ];
    all(&thrice, &variables, |position, options, variables| {
        assert_eq!(says(position, options, variables), ["reap", "forward", "child"]);
    });
    everywhere(|position| {
        assert_eq!(says(position, &["-v"], &[("RINIT_VERBOSITY", "0")]), ["child"]);
        assert_eq!(says(position, &[], &[("RINIT_VERBOSITY", "1"), ("TINI_VERBOSITY", "4")]), ["child"]);
        // tini's 0 leaves out the warnings.
        assert_eq!(says(position, &["-w"], &[("TINI_VERBOSITY", "0")]), [""; 0]);
    });
}

const OPTION_LIKE: [&str; 7] = ["-v", "--help", "--", "-", "-e", "--no-such-option", "-Z"];

#[test]
fn what_follows_the_program_is_the_programs() {
    everywhere(|position| {
        let expected = OPTION_LIKE.map(|argument| format!("{argument}\n")).concat();
        for options in [&[][..], &["-g"], &["--"], &["-g", "--"], &["-e", "3", "--"]] {
            let launch = Launch::init(position).args(options).args(["printf", "%s\\n"]);
            let output = launch.args(OPTION_LIKE).output();
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{options:?}");
            assert_eq!(output.stdout, expected, "{options:?}");
        }
    });
}

#[test]
fn after_two_dashes_anything_is_a_program_and_one_dash_always_is() {
    let folder = folder_of_programs(&OPTION_LIKE.map(OsStr::new));
    everywhere(|position| {
        let launch = || Launch::init(position).env("PATH", folder.path());
        for name in OPTION_LIKE {
            let output = launch().args(["--", name, "ran"]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (0, "ran\n"), "{name}");
        }
        let output = launch().args(["-", "ran"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "ran\n"));
        let output = Launch::init(position).env("PATH", "/bin").args(["-"]).output();
        assert_eq!(output.code(), 127);
        assert!(output.stderr.starts_with("rinit: spawn -: "), "{output:?}");
    });
}

#[test]
fn two_dashes_after_the_programs_name_are_the_programs() {
    everywhere(|position| {
        for before in [&["--"][..], &[]] {
            let output = Launch::init(position).args(before).args(["echo", "--", "ran"]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (0, "-- ran\n"));
        }
    });
}

#[test]
fn names_and_arguments_may_be_any_bytes() {
    let name = bytes(b"\xff\n\xfe");
    let folder = folder_of_programs(&[&name]);
    everywhere(|position| {
        for program in [name.clone(), folder.path().join(&name).into()] {
            for dashes in [&["--"][..], &[]] {
                let launch = Launch::init(position).env("PATH", folder.path());
                let output = launch.args(dashes).args([&program, &bytes(b"a\\b")]).output();
                assert_eq!((output.code(), output.stdout.as_str()), (0, "a\\b\n"));
            }
        }
    });
}

/// The shell's own names of all signals that have one.
fn names_by_bash() -> Vec<(i32, String)> {
    const SCRIPT: &str = "for ((n = 1; n <= 64; n++)); do echo $n $(kill -l $n); done";
    let output = Command::new("bash").args(["-c", SCRIPT]).output().expect("bash");
    let output = String::from_utf8(output.stdout).unwrap();
    let names: Vec<_> = output
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| !name.is_empty())
        .map(|(number, name)| (number.parse().unwrap(), name.to_owned()))
        .collect();
    assert!(names.len() >= 60, "{names:?}");
    names
}

#[test]
fn every_signal_goes_by_the_name_that_the_shell_gives_it() {
    let names = names_by_bash();
    const NEVER_RECEIVED: [i32; 3] = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD];
    let next =
        |number: i32| (1..).map(|step| (number + step - 1) % 64 + 1).find(|n| !NEVER_RECEIVED.contains(n));
    let spellings: [fn(&str) -> String; 4] = [
        str::to_owned,
        |name| format!("SIG{name}"),
        str::to_ascii_lowercase,
        |name| format!("Sig{}", name.to_ascii_lowercase()),
    ];
    let received = || names.iter().filter(|(number, _)| !NEVER_RECEIVED.contains(number));
    everywhere(|position| {
        for spelling in spellings {
            // Each name as FROM, with the next number as TO.
            let rules = received().map(|(number, name)| {
                format!("-r{}:{}", spelling(name), next(*number).expect("there is one"))
            });
            let rules: Vec<_> = rules.collect();
            let mut running = Launch::init(position).args(&rules).probe(&["signals"]).start().ready();
            for (number, name) in received() {
                assert_eq!(gets(&mut running, *number), next(*number).unwrap(), "{name}");
            }
            // Each name as TO, with the number before it as FROM.
            let rules: Vec<_> = received()
                .map(|(number, name)| format!("-r{}:{}", next(*number).unwrap(), spelling(name)))
                .collect();
            let mut running = Launch::init(position).args(&rules).probe(&["signals"]).start().ready();
            for (number, name) in received() {
                assert_eq!(gets(&mut running, next(*number).unwrap()), *number, "{name}");
            }
        }
    });
}

#[test]
fn a_signal_that_is_never_received_can_be_sent() {
    everywhere(|position| {
        let mut running = signals(position, &["-r", "TERM:CHLD", "-r", "HUP:KILL"], &[]);
        assert_eq!(gets(&mut running, libc::SIGTERM), libc::SIGCHLD);
        running.signal(libc::SIGHUP);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}
