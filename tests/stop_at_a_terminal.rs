//! With `--stop` a key that is typed at the terminal, or its hang-up, begins the stop. The child has the key from
//! the kernel already and works on its end, so that the schedule begins at its first wait; where it has not had it,
//! at its beginning.

use crate::harness;
use crate::harness::cgroup::Cgroup;
use crate::harness::shell::Act::{HangUp, Idle, Jobs, Key, Line, Send};
use crate::harness::shell::Now::{Background, ForegroundJob, Gone, Stopped};
use crate::harness::shell::{JOB, PROMPT, Session, Step, in_each, job_has_terminal, shell, timeout_waits};
use crate::harness::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, ctrl_z_freezes_nothing};
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, must, proc};
use crate::job_control::{CTRL_Z_AND_FG, as_without_an_init};
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_int};
use nix::sys::stat::Mode;
use nix::unistd::{dup2_stdin, dup2_stdout, getpgid, getsid};

const SHELLS: &[&str] = &["bash", "dash"];
const DASH: &[&str] = &["dash"];

/// The programs, for `sh NAME`. They say that they are ready on the terminal, wherever their output goes.
const PROGRAMS: &[(&str, &str)] = &[
    // Reacts to no key but Ctrl-Z. (A shell that is making a process waits for its exec, vfork(2), and where Ctrl-Z
    // has stopped that before, for ever.)
    ("deaf", "trap '' INT QUIT; echo ready $$ >/dev/tty; exec sleep 1000"),
    // Reacts to nothing.
    ("hard", "trap '' HUP INT QUIT TERM; echo ready $$ >/dev/tty; while :; do sleep 0.1; done"),
    // Needs half a second to end, and SIGTERM would end it at once.
    (
        "cleaner",
        "trap 'sleep 0.5; echo cleaned; exit 5' INT; echo ready $$ >/dev/tty; while :; do sleep 0.1; done",
    ),
    ("sleeper", "echo ready $$; exec sleep 1000"),
    // `last PROGRAM` is that, on the terminal, when the one before it in a pipeline is ready.
    ("last", "read line; exec sh $1 </dev/tty"),
    // `cat` that says when it is there.
    ("reader", "echo reader >/dev/tty; exec cat"),
    ("script", "$RINIT sh deaf; echo after"),
    ("background", "$RINIT sh sleeper & wait"),
];

/// Plays the steps in each shell, with the options in `$RINIT`.
fn with_an_init_in(shells: &[&str], steps: &[Step]) {
    in_each(shells, |shell| {
        let mut session = Session::start(shell, &harness::subject(), PROGRAMS);
        steps.iter().for_each(|step| drop(session.play(step)));
    });
}

/// The wait is long enough that a program's own end is told from the schedule's next signal.
const STOPS_IN_A_SECOND: Step = (Line("RINIT=\"$RINIT --stop TERM/1/KILL\""), &[PROMPT], Background);
const STOPS_LATE: Step = (Line("RINIT=\"$RINIT --stop TERM/1000/KILL\""), &[PROMPT], Background);
const STOPS_AT_ONCE: Step = (Line("RINIT=\"$RINIT --stop TERM/10ms/KILL\""), &[PROMPT], Background);

/// Ctrl-C, or another key, ends the program that does not react to it, by SIGKILL: SIGTERM, which it would
/// have reacted to, is not sent after a key.
const ENDS_AT_CTRL_C: Step = (Key(CTRL_C), &["? 137"], Gone);
const ENDS_AT_CTRL_BACKSLASH: Step = (Key(CTRL_BACKSLASH), &["? 137"], Gone);

#[test]
fn ctrl_c_and_ctrl_backslash_end_a_program_that_ignores_them() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("$RINIT sh deaf"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
            (Line("$RINIT sh hard"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
            (Line("$RINIT sh deaf"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_BACKSLASH,
        ],
    );
}

#[test]
fn ctrl_c_ends_a_program_that_ignores_it_whatever_its_output_goes_to() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("$RINIT sh deaf >out"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
            (Line("$RINIT sh deaf </dev/null >out 2>&1"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
        ],
    );
}

/// A shell goes on, or ends, at the key; the program ends in either case.
#[test]
fn ctrl_c_ends_a_program_of_a_script_that_ignores_it() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("dash script"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &[PROMPT], Gone),
            (Line("bash script"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &[PROMPT], Gone),
        ],
    );
}

#[test]
fn ctrl_c_ends_a_program_of_a_pipeline_that_ignores_it() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("sh sleeper | $RINIT sh last deaf"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
            (Line("$RINIT sh deaf | sh reader"), &["ready", "reader"], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Gone),
        ],
    );
}

#[test]
fn ctrl_c_ends_a_program_that_ignores_it_with_no_group() {
    with_an_init_in(
        SHELLS,
        &[STOPS_IN_A_SECOND, (Line("$RINIT --no-group sh deaf"), &["ready"], ForegroundJob), ENDS_AT_CTRL_C],
    );
}

/// The rule is for what somebody sends; the program has had the key as it is.
#[test]
fn ctrl_c_ends_a_program_that_ignores_it_where_it_is_rewritten() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("$RINIT -r HUP,INT:TERM sh deaf"), &["ready"], ForegroundJob),
            ENDS_AT_CTRL_C,
        ],
    );
}

/// From a shell rinit has the key, and a child in a session of its own has not: it gets SIGTERM.
#[test]
fn ctrl_c_begins_at_the_schedules_beginning_with_session() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_LATE,
            (
                Line("$RINIT --session sh -c 'trap \"\" INT; echo ready $$; while :; do sleep 0.1; done'"),
                &["ready"],
                ForegroundJob,
            ),
            (Key(CTRL_C), &["? 143"], Gone),
        ],
    );
}

#[test]
fn a_program_that_cleans_up_at_ctrl_c_is_not_disturbed() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_LATE,
            (Line("$RINIT sh cleaner"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["cleaned", "? 5"], Gone),
            (Line("$RINIT --no-group sh cleaner"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["cleaned", "? 5"], Gone),
            (Line("$RINIT -r HUP,INT:TERM sh cleaner"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["cleaned", "? 5"], Gone),
            (Line("sh sleeper | $RINIT sh last cleaner"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["cleaned", "? 5"], Gone),
            // The control: SIGTERM ends it at once.
            (Line("$RINIT sh cleaner"), &["ready"], ForegroundJob),
            (Send(libc::SIGTERM), &["? 143"], Gone),
        ],
    );
}

/// A shell without job control starts what it starts in the background with SIGINT and SIGQUIT ignored, since
/// it stays in the shell's group. rinit, which waits for signals, receives them all the same.
#[test]
fn a_key_does_not_stop_what_a_script_runs_in_the_background() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_AT_ONCE,
            (Line("dash background"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Background),
            (Idle, &[], Background),
            // Nothing is wrong with the schedule.
            (Line("kill -TERM {init}"), &["? 0"], Gone),
            (Line("dash background"), &["ready"], ForegroundJob),
            (Key(CTRL_BACKSLASH), &["? 131"], Background),
            (Idle, &[], Background),
            (Line("kill -TERM {init}"), &["? 0"], Gone),
            (Line("bash background"), &["ready"], ForegroundJob),
            (Key(CTRL_C), &["? 130"], Background),
            (Idle, &[], Background),
            // Sent by somebody it does begin the stop.
            (Line("kill -INT {init}"), &["? 0"], Gone),
        ],
    );
}

/// The child is in rinit's group then, where keys and the terminal's limits reach both.
#[test]
fn jobs_are_jobs_with_stop() {
    let with_stop = (Line("RINIT=${RINIT:+$RINIT --stop TERM/1000/KILL}"), &[PROMPT][..], Background);
    as_without_an_init(&[&[with_stop], CTRL_Z_AND_FG].concat());
    as_without_an_init(&[
        with_stop,
        (Line("$RINIT sh sleeper"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("bg"), &[JOB, "? 0"], Background),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("$RINIT sh reader &"), &["ready", PROMPT], Stopped),
        (Jobs("Stopped"), &[], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Line("one"), &["got one"], ForegroundJob),
        (Send(libc::SIGSTOP), &[JOB, "? 147"], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("sh sleeper | $RINIT sh last reader"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Line("two"), &["got two"], ForegroundJob),
        (Key(CTRL_C), &["? 130"], Gone),
        (Line("sh script"), &["ready"], ForegroundJob),
        (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
        (Line("fg"), &[], ForegroundJob),
        (Key(CTRL_D), &["ready"], ForegroundJob),
        (Line("three"), &["script got three", "? 0"], Gone),
        (Line("$RINIT sh stopper TSTP 0"), &["ready", JOB, "? 148"], Stopped),
        (Line("fg"), &["resumed"], ForegroundJob),
        (Line("four"), &["got four", "? 0"], Gone),
    ]);
}

#[test]
fn a_key_does_not_stop_a_job_in_the_background() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_AT_ONCE,
            (Line("$RINIT sh sleeper &"), &["ready", PROMPT], Background),
            (Key(CTRL_C), &[PROMPT], Background),
            (Idle, &[], Background),
            (Line("kill -TERM {init}"), &["? 0"], Gone),
        ],
    );
}

#[test]
fn ctrl_c_ends_a_program_that_ignores_it_after_fg() {
    with_an_init_in(
        SHELLS,
        &[
            STOPS_IN_A_SECOND,
            (Line("$RINIT sh deaf &"), &["ready", PROMPT], Background),
            (Line("fg"), &[], ForegroundJob),
            ENDS_AT_CTRL_C,
            (Line("$RINIT sh deaf"), &["ready"], ForegroundJob),
            (Key(CTRL_Z), &[JOB, "? 148"], Stopped),
            (Line("fg"), &[], ForegroundJob),
            ENDS_AT_CTRL_C,
        ],
    );
}

#[test]
fn the_end_of_the_terminal_ends_a_program_that_ignores_it() {
    for command in ["$RINIT sh hard", "$RINIT --no-group sh hard", "$RINIT -r HUP,INT:TERM sh hard"] {
        with_an_init_in(
            SHELLS,
            &[STOPS_IN_A_SECOND, (Line(command), &["ready"], ForegroundJob), (HangUp, &[], Gone)],
        );
    }
}

/// bash passes the terminal's SIGHUP on to its jobs, and the kernel sends no second one while that is pending. An
/// init that has not run meanwhile sees a single signal, which a process has sent.
#[test]
fn the_end_of_the_terminal_is_seen_though_it_is_the_shell_that_tells_of_it() {
    for options in ["", "--no-group", "-r HUP,INT:TERM"] {
        let Some(freezer) = Cgroup::freezer() else { return };
        let mut shell = shell("bash");
        let hard = "trap '' HUP TERM; echo ready; while :; do sleep 0.1; done";
        shell.type_in(&format!("$RINIT --stop TERM/1/KILL {options} sh -c \"{hard}\"\n"));
        shell.stdout.expect("ready");
        job_has_terminal(&shell);
        let child = harness::below(shell.pid, "sh");
        let init = proc::parent(child).expect("it runs");
        freezer.take(init).expect("it may be moved");
        freezer.freeze();
        shell.hang_up();
        proc::ended(shell.pid);
        freezer.thaw();
        proc::ended(child);
    }
}

/// As nohup(1) does. dash passes no hangup on to its jobs, so that the kernel's is the only one.
#[test]
fn the_end_of_the_terminal_does_not_stop_what_was_started_to_outlive_it() {
    with_an_init_in(
        DASH,
        &[
            STOPS_AT_ONCE,
            (Line("(trap '' HUP; exec $RINIT sh hard)"), &["ready"], ForegroundJob),
            (HangUp, &[], Background),
            (Idle, &[], Background),
        ],
    );
}

/// A user's second Ctrl-C does what the first one did: the child has it from the kernel.
#[test]
fn the_child_of_a_shells_job_gets_each_key_once() {
    in_each(SHELLS, |name| {
        let mut shell = shell(name);
        shell.type_in("$RINIT --stop TERM/1000/KILL $PROBE signals\n");
        shell.stdout.expect("ready");
        job_has_terminal(&shell);
        let probe = harness::below(shell.pid, "probe");
        for (key, signal) in [(CTRL_C, libc::SIGINT), (CTRL_C, libc::SIGINT), (CTRL_BACKSLASH, libc::SIGQUIT)]
        {
            shell.type_in(key);
            assert_eq!(number(&mut shell), signal);
            let init = proc::parent(probe).expect("it runs");
            harness::send(init, harness::last_signal());
            assert_eq!(number(&mut shell), harness::last_signal());
        }
        harness::send(probe, libc::SIGKILL);
    });
}

/// timeout(1) moves to a group of its own, which the key does not reach.
#[test]
fn a_child_that_has_left_the_group_gets_the_schedules_first_signal_at_ctrl_c() {
    let mut shell = shell("bash");
    shell.type_in("sleep 1000 | $RINIT --stop TERM/1000/KILL timeout 1000 $PROBE trap 15 5\n");
    shell.stdout.expect("ready");
    job_has_terminal(&shell);
    timeout_waits(&shell);
    shell.type_in(CTRL_C);
    shell.stdout.expect("got 15");
}

/// The next line, of those that are not empty, as a signal number.
fn number(running: &mut Running) -> c_int {
    let line = std::iter::repeat_with(|| running.stdout.next()).find(|line| !line.is_empty());
    let line = line.expect("it never ends");
    line.parse().unwrap_or_else(|_| panic!("{line:?} is no signal number"))
}

/// rinit and the probe on a terminal without a shell: as PID 1 of `docker run -it`, or as the leader of a session.
fn on_terminal(position: Position, options: &[&str]) -> Running {
    asleep(Launch::init(position).args(options).on_terminal().probe(&["signals"]).start().ready())
}

/// The init, as soon as it waits for signals: the child may be ready before that. A key at which the child ends
/// would else be the first of two.
fn asleep(running: Running) -> Running {
    eventually_eq(Some('S'), || proc::state(running.pid));
    running
}

fn nothing_more(running: &mut Running) {
    running.signal(harness::last_signal());
    assert_eq!(number(running), harness::last_signal());
}

#[test]
fn keys_end_a_program_that_ignores_them_where_there_is_no_shell() {
    everywhere(|position| {
        for (key, signal) in [(CTRL_C, libc::SIGINT), (CTRL_BACKSLASH, libc::SIGQUIT)] {
            for options in [&["--stop", "TERM/1/KILL"][..], &["--stop", "TERM/1/KILL", "--no-group"]] {
                let mut running = on_terminal(position, options);
                running.type_in(key);
                assert_eq!(number(&mut running), signal);
                assert_eq!(running.code_in_a_shell(), 128 + libc::SIGKILL);
                assert_eq!(running.stdout.rest(), "");
            }
        }
    });
}

#[test]
fn at_a_key_that_the_child_had_the_schedule_begins_at_its_first_wait() {
    everywhere(|position| {
        for schedule in ["QUIT/1/TERM/1000/KILL", "1/TERM/1000/KILL"] {
            let mut running = on_terminal(position, &["--stop", schedule]);
            running.type_in(CTRL_C);
            assert_eq!(number(&mut running), libc::SIGINT);
            assert_eq!((number(&mut running), number(&mut running)), (libc::SIGTERM, libc::SIGCONT));
            nothing_more(&mut running);
        }
    });
}

/// Somebody's SIGINT is not the terminal's.
#[test]
fn at_a_signal_that_somebody_sends_the_schedule_begins_at_its_beginning_on_a_terminal_too() {
    everywhere(|position| {
        for begin in [libc::SIGINT, libc::SIGTERM] {
            let mut running = on_terminal(position, &["--stop", "QUIT/1000/KILL"]);
            running.signal(begin);
            assert_eq!((number(&mut running), number(&mut running)), (libc::SIGQUIT, libc::SIGCONT));
            nothing_more(&mut running);
        }
    });
}

#[test]
fn the_child_gets_each_key_and_each_new_size_once() {
    everywhere(|position| {
        let mut running = on_terminal(position, &["--stop", "TERM/1000/KILL"]);
        running.terminal().resize(30, 100);
        assert_eq!(number(&mut running), libc::SIGWINCH);
        nothing_more(&mut running);
        for (key, signal) in [(CTRL_C, libc::SIGINT), (CTRL_C, libc::SIGINT), (CTRL_BACKSLASH, libc::SIGQUIT)]
        {
            running.type_in(key);
            assert_eq!(number(&mut running), signal);
            nothing_more(&mut running);
        }
        running.terminal().resize(40, 100);
        assert_eq!(number(&mut running), libc::SIGWINCH);
        nothing_more(&mut running);
        // The stop has begun, so that this is forwarded.
        running.signal(libc::SIGTERM);
        assert_eq!(number(&mut running), libc::SIGTERM);
        nothing_more(&mut running);
    });
}

#[test]
fn a_second_ctrl_c_ends_the_wait_for_survivors() {
    everywhere(|position| {
        let options = ["--stop", "TERM/1000/KILL", "--grace", "1000"];
        let launch = Launch::init(position).args(options).env("PROBE", harness::probe()).on_terminal();
        let script = "trap 'exit 7' INT; $PROBE signals & while :; do wait; done";
        let mut running = asleep(launch.shell(script).start().ready());
        running.type_in(CTRL_C);
        assert_eq!(number(&mut running), libc::SIGINT); // which the survivor has in the group
        assert_eq!(number(&mut running), libc::SIGTERM); // when the child has ended
        running.type_in(CTRL_C);
        assert_eq!(running.code(), 7);
    });
}

#[test]
fn a_key_that_is_dropped_begins_no_stop() {
    everywhere(|position| {
        let mut running = on_terminal(position, &["-r", "INT:drop", "--stop", "QUIT/1000/KILL"]);
        running.type_in(CTRL_C);
        assert_eq!(number(&mut running), libc::SIGINT); // from the terminal itself
        nothing_more(&mut running);
        begins_now(&mut running);
    });
}

/// The names are those of what processes send; who presses Ctrl-C wants an end, whatever an image names.
#[test]
fn a_key_begins_the_stop_though_other_signals_are_named() {
    everywhere(|position| {
        let mut running = on_terminal(position, &["--stop", "USR1:QUIT/1/TERM/1000/KILL"]);
        running.type_in(CTRL_C);
        assert_eq!(number(&mut running), libc::SIGINT);
        assert_eq!((number(&mut running), number(&mut running)), (libc::SIGTERM, libc::SIGCONT));
        nothing_more(&mut running);
    });
}

/// The child's group has the terminal there, so that rinit does not see keys.
#[test]
fn with_g_and_with_session_where_rinit_leads_the_session_keys_begin_no_stop() {
    everywhere(|position| {
        for option in ["-g", "--session"] {
            let mut running = on_terminal(position, &[option, "--stop", "QUIT/1000/KILL"]);
            running.type_in(CTRL_C);
            assert_eq!(number(&mut running), libc::SIGINT);
            nothing_more(&mut running);
            begins_now(&mut running);
        }
    });
}

/// Checks that no stop has begun: during one a SIGTERM would be forwarded.
fn begins_now(running: &mut Running) {
    running.signal(libc::SIGTERM);
    assert_eq!((number(running), number(running)), (libc::SIGQUIT, libc::SIGCONT));
    nothing_more(running);
}

/// The kernel tells the session's leader alone that its terminal is no more.
#[test]
fn the_end_of_the_terminal_begins_the_stop_at_its_beginning_where_rinit_leads_the_session() {
    everywhere(|position| {
        for options in [&[][..], &["-g"], &["--no-group"], &["-r", "HUP,INT:TERM"]] {
            let launch =
                Launch::init(position).args(["--stop", "TERM/1000/KILL"]).args(options).on_terminal();
            let program = "trap '' HUP; trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
            let mut running = launch.shell(program).start().ready();
            running.hang_up();
            assert_eq!(running.code(), 5, "{options:?}");
        }
    });
}

/// bash sends its jobs SIGHUP when its terminal is no more, and the kernel merges its own into one that is pending:
/// rinit sees one SIGHUP, and that is from a process.
#[test]
fn the_end_of_the_terminal_begins_the_stop_though_a_sighup_was_sent_before() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--stop", "TERM/1000/KILL"]).on_terminal();
        let program = "trap '' HUP; trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
        let mut running = launch.shell(program).start().ready();
        running.signal(libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(running.pid));
        running.signal(libc::SIGHUP);
        running.hang_up(); // which continues rinit
        assert_eq!(running.code(), 5);
    });
}

#[test]
fn ctrl_z_freezes_nothing_where_there_is_no_shell_with_stop() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--stop", "TERM/1000/KILL"]).on_terminal();
        let mut running = ctrl_z_freezes_nothing(launch);
        running.type_in(CTRL_C);
        assert_eq!(running.code_in_a_shell(), 128 + libc::SIGINT);
    });
}

#[test]
fn with_stop_and_a_terminal_the_child_stays_in_rinits_group_unless_another_is_asked_for() {
    everywhere(|position| {
        const STOP: [&str; 2] = ["--stop", "TERM/1000/KILL"];
        let start = |options: &[&str], terminal: bool| {
            let launch = Launch::init(position).args(STOP).args(options);
            let launch = if terminal { launch.on_terminal() } else { launch };
            launch.probe(&["wait"]).start().ready()
        };
        let running = start(&[], true);
        let init = running.pid;
        assert_eq!(getpgid(Some(running.child())), getpgid(Some(init)));
        assert_eq!(running.terminal().foreground(), getpgid(Some(init)).expect("it runs"));

        // The terminal may be one of three descriptors only, such as for `docker run -t`.
        let no_stdin = || {
            let null = must(open("/dev/null", OFlag::O_RDONLY, Mode::empty()));
            must(dup2_stdin(null));
        };
        let launch = Launch::init(position).args(STOP).caller(no_stdin).on_terminal();
        let running = launch.probe(&["wait"]).start().ready();
        assert_eq!(getpgid(Some(running.child())), getpgid(Some(running.pid)));

        let running = start(&["-g"], true);
        let child = running.child();
        assert_eq!(getpgid(Some(child)), Ok(child));
        assert_eq!(running.terminal().foreground(), child);

        let running = start(&["--session"], true);
        let child = running.child();
        assert_eq!(getsid(Some(child)), Ok(child));

        let running = start(&[], false); // outside the test may have a terminal, so that rinit has to leave it
        if !has_terminal(&running) {
            let child = running.child();
            assert_eq!(getpgid(Some(child)), Ok(child));
        }
    });
}

/// Whether its session has a terminal: its number is 0 if not.
fn has_terminal(running: &Running) -> bool {
    proc::stat(running.pid, [7]).expect("it runs") != [0]
}

/// And does not begin the stop, as the end of the terminal would, which here is standard error alone.
#[test]
fn a_hangup_that_a_process_sends_is_forwarded_while_the_terminal_is_there() {
    let nothing = std::fs::File::open("/dev/null").unwrap();
    let streams = move || {
        must(dup2_stdin(&nothing));
        must(dup2_stdout(&nothing));
    };
    let launch = Launch::init(Position::Pid1).on_terminal().caller(streams);
    let mut running =
        launch.args(["-vv", "--stop", "TERM/1000/KILL"]).command(["/bin/sleep", "1000"]).start();
    let child = running.child();
    eventually_eq(Some("sleep".into()), || proc::name(child));
    running.signal(libc::SIGHUP);
    let said = running.stdout.expect_part("SIGHUP");
    assert!(said.starts_with("rinit: forward SIGHUP "), "{said}");
    assert_eq!(running.wait(), Position::Pid1.killed_by(libc::SIGHUP));
}
