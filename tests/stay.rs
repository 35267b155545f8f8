//! With `--stay` rinit stays for what the child leaves: daemons, and the successors of a hot upgrade. They get
//! the signals, and a stop reaches all of them, also those that come later.

use crate::harness::terminal::{CTRL_C, CTRL_Z};
use crate::harness::{
    self, Launch, Position, Running, below, eventually, eventually_eq, everywhere, must, proc, send,
};
use nix::libc::{self, c_int};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};
use std::time::Duration;

/// A daemon that prints the signals that it gets: its parent ends, and it has a session of its own.
const DAEMON: &str = "(setsid $PROBE signals &)";

fn init(position: Position, options: &[&str]) -> Launch {
    Launch::init(position).args(["--stay"]).args(options).env("PROBE", harness::probe())
}

/// A child that starts `daemons`, and says `ready` when they do. It exits with `code` when SIGUSR1 comes, and
/// says `asked` when SIGTERM does.
fn parent(position: Position, options: &[&str], daemons: &str, code: i32) -> Launch {
    let script = format!(
        "trap 'exit {code}' USR1; trap 'echo asked' TERM INT QUIT HUP; {daemons}
        while :; do sleep 1000 & wait $!; kill -KILL $!; done 2>/dev/null"
    );
    init(position, options).shell(&script)
}

/// An init whose child has ended with 0, and has left these.
fn staying(position: Position, options: &[&str], daemons: &str, count: usize) -> Running {
    let mut running = init(position, options).shell(daemons).start();
    (0..count).for_each(|_| running.stdout.expect("ready"));
    is_staying(&running);
    running
}

/// Waits until the child has ended, which is a shell. The next signal is for those that it has left.
fn is_staying(running: &Running) {
    eventually("the child's end", || {
        let children = proc::children(running.pid);
        let is_shell = |pid: &Pid| proc::name(*pid).as_deref() == Some("sh");
        (!children.is_empty() && !children.iter().any(is_shell)).then_some(())
    });
}

fn next(running: &mut Running) -> c_int {
    running.stdout.next().parse().expect("a signal number")
}

/// Checks that `count` daemons get this signal, and each no other before it.
fn all_get(running: &mut Running, expected: &[&str], count: usize) {
    let mut lines: Vec<_> = (0..expected.len() * count).map(|_| running.stdout.next()).collect();
    let mut expected = expected.repeat(count);
    lines.sort();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

/// Checks that a daemon gets nothing that was sent before.
fn nothing_more(running: &mut Running, daemon: Pid) {
    send(daemon, harness::last_signal());
    assert_eq!(next(running), harness::last_signal());
}

fn is_gone(pid: Pid) {
    proc::ended(pid);
}

#[test]
fn rinit_stays_for_a_daemon_forwards_to_it_and_exits_with_its_code() {
    everywhere(|position| {
        let mut running = staying(position, &[], "(setsid $PROBE trap 10 5 &)", 1);
        running.signal(libc::SIGUSR1);
        running.stdout.expect("got 10");
        assert_eq!((running.code(), running.stderr.rest()), (5, String::new()));
    });
}

/// The negative control.
#[test]
fn without_the_option_the_childs_end_is_the_end() {
    everywhere(|position| {
        let launch = Launch::init(position).env("PROBE", harness::probe());
        let output = launch.shell("(setsid $PROBE trap 10 5 &)").output();
        assert_eq!(output.code(), 0);
        assert!(!output.stdout.contains("got 10"), "{output:?}");
    });
}

/// As masters do that are upgraded again and again.
#[test]
fn rinit_stays_for_the_successor_of_a_successor() {
    const GENERATION: &str = r#"
        N=$((N - 1)); export N
        if [ $N = 0 ]; then echo last; read line <$FIFO; exit 9; fi
        sh -c "$GENERATION" & exit 0"#;
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    everywhere(|position| {
        let launch = init(position, &[]).env("N", "20").env("FIFO", &fifo).env("GENERATION", GENERATION);
        let mut running = launch.shell(GENERATION).start();
        running.stdout.expect("last");
        assert!(running.is_running());
        std::fs::write(&fifo, "end\n").unwrap();
        assert_eq!(running.code(), 9);
    });
}

#[test]
fn the_code_is_the_childs_or_if_that_is_0_that_of_the_last_to_end() {
    /// Two daemons, of which one ends when the child has ended, and the other after that.
    fn code(position: Position, options: &[&str], child: i32, [first, last]: [i32; 2]) -> i32 {
        let script = format!(
            "export CHILD=$$; sh -c 'while kill -0 $CHILD 2>/dev/null; do :; done; exit {first}' & export FIRST=$!
            (sh -c 'while kill -0 $FIRST 2>/dev/null; do :; done; exit {last}' &)
            exit {child}"
        );
        init(position, options).shell(&script).output().code()
    }
    everywhere(|position| {
        for (options, child, others, expected) in [
            (&[][..], 0, [0, 0], 0),
            (&[], 0, [8, 4], 4),
            (&[], 0, [8, 0], 0),
            (&[], 7, [8, 4], 7),
            (&[], 7, [0, 0], 7),
            (&["-e", "4:3"], 0, [8, 4], 3),
            (&["-e", "8:3"], 0, [8, 4], 4),
            (&["-e", "0:3"], 0, [8, 4], 4),
            (&["-e", "7"], 7, [8, 4], 0),
        ] {
            assert_eq!(code(position, options, child, others), expected, "{options:?} {child} {others:?}");
        }
        let mut running = staying(position, &[], DAEMON, 1);
        send(below(running.pid, "probe"), libc::SIGKILL);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}

/// What ends by the stop that rinit forwarded has stopped in order, whoever it is.
#[test]
fn stop_ok_holds_for_the_last_to_end() {
    everywhere(|position| {
        let mut running = staying(position, &["--stop-ok"], "(setsid $PROBE wait &)", 1);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn every_child_of_rinits_gets_the_signals_as_rewritten_and_with_their_values() {
    everywhere(|position| {
        let daemons = [DAEMON; 3].join("; ");
        let mut running = staying(position, &["-r", "HUP:USR2"], &daemons, 3);
        for (sent, expected) in [(libc::SIGUSR1, "10"), (libc::SIGHUP, "12"), (libc::SIGWINCH, "28")] {
            running.signal(sent);
            all_get(&mut running, &[expected], 3);
        }
        let signal = libc::SIGRTMIN() + 5;
        for number in 0..100 {
            let value = libc::sigval { sival_ptr: (4700 + number) as *mut libc::c_void };
            // SAFETY: integers.
            assert_eq!(unsafe { libc::sigqueue(running.pid.as_raw(), signal, value) }, 0);
        }
        let expected: Vec<_> = (0..100).map(|number| format!("{signal} with {}", 4700 + number)).collect();
        all_get(&mut running, &expected.iter().map(String::as_str).collect::<Vec<_>>(), 3);
        running.signal(libc::SIGTERM);
        all_get(&mut running, &["15", "18"], 3);
    });
}

/// The old master and the new one, which is no business of rinit's before the old one has ended.
#[test]
fn a_stop_that_came_while_the_child_lived_reaches_the_others_when_it_has_ended() {
    everywhere(|position| {
        for (options, sent, received) in [
            (&[][..], libc::SIGTERM, libc::SIGTERM),
            (&[], libc::SIGQUIT, libc::SIGQUIT),
            (&[], libc::SIGINT, libc::SIGINT),
            (&["-r", "TERM:QUIT"], libc::SIGTERM, libc::SIGQUIT),
            (&["-r", "USR2:TERM"], libc::SIGUSR2, libc::SIGTERM),
        ] {
            let mut running = parent(position, options, DAEMON, 0).start().ready();
            let daemon = below(running.pid, "probe");
            running.signal(sent);
            running.stdout.expect("asked");
            nothing_more(&mut running, daemon);
            running.signal(libc::SIGUSR1);
            assert_eq!([next(&mut running), next(&mut running)], [received, libc::SIGCONT]);
            nothing_more(&mut running, daemon);
            // It is there.
            running.signal(libc::SIGUSR1);
            assert_eq!(next(&mut running), libc::SIGUSR1);
        }
    });
}

/// The negative control: SIGHUP, which many take for "read your configuration".
#[test]
fn what_is_no_stop_signal_is_the_childs_alone_while_it_lives() {
    everywhere(|position| {
        let mut running = parent(position, &["-r", "TERM:HUP", "-r", "INT:drop"], DAEMON, 0).start().ready();
        let daemon = below(running.pid, "probe");
        running.signal(libc::SIGINT);
        running.signal(libc::SIGHUP);
        running.stdout.expect("asked");
        running.signal(libc::SIGUSR1);
        is_staying(&running);
        nothing_more(&mut running, daemon);
    });
}

/// Its parent, which ends because of another signal, is told to end before it is there.
#[test]
fn a_stop_reaches_who_becomes_rinits_child_later() {
    let family = "(setsid sh -c 'exec 3<>$FIFO; trap \"echo asked\" TERM
        trap \"kill -KILL \\$!; wait \\$!; \\$PROBE trap 15 4 >&3 & read ready <&3; exit\" USR2; echo ready
        while :; do sleep 1000 & wait $!; kill -KILL $!; wait $!; done 2>/dev/null' &)";
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    everywhere(|position| {
        let mut running = init(position, &["-v"]).env("FIFO", &fifo).shell(family).start().ready();
        running.stderr.expect_part(" exited with code 0");
        running.signal(libc::SIGTERM);
        running.stdout.expect("asked");
        running.signal(libc::SIGUSR2);
        assert_eq!(running.code(), 4);
    });
}

/// To many programs a second one means "at once".
#[test]
fn a_stop_reaches_each_once_and_a_second_one_again() {
    everywhere(|position| {
        let mut running = staying(position, &[], DAEMON, 1);
        let daemon = below(running.pid, "probe");
        for _ in 0..2 {
            running.signal(libc::SIGTERM);
            assert_eq!([next(&mut running), next(&mut running)], [libc::SIGTERM, libc::SIGCONT]);
            // rinit looks for others now and then.
            let looks = || proc::status_number(running.pid, "voluntary_ctxt_switches");
            let before = looks();
            eventually("three looks", || (looks() >= before + 3).then_some(()));
            nothing_more(&mut running, daemon);
        }
        running.signal(libc::SIGUSR1);
        assert_eq!(next(&mut running), libc::SIGUSR1);
    });
}

/// Who has had the stop as a member of the child's group is not asked again; who has not is.
#[test]
fn who_was_told_with_the_group_is_not_told_again() {
    everywhere(|position| {
        for options in [&["-g"][..], &["-g", "--stop", "TERM/1000/KILL"]] {
            let daemons = format!("$PROBE signals & {DAEMON}");
            let mut running = parent(position, options, &daemons, 0).start().ready().ready();
            let child = eventually("the shell", || {
                proc::children(running.pid).into_iter().find(|pid| proc::name(*pid).as_deref() == Some("sh"))
            });
            let member = below(child, "probe");
            running.signal(libc::SIGTERM);
            let mut lines = vec![];
            let wanted = if options.len() == 1 { &["15", "asked"][..] } else { &["15", "18", "asked"] };
            while lines.len() < wanted.len() {
                lines.push(running.stdout.next());
            }
            lines.sort();
            assert_eq!(lines, wanted);
            send(child, libc::SIGUSR1); // not by rinit, which would send it to the group
            assert_eq!([next(&mut running), next(&mut running)], [libc::SIGTERM, libc::SIGCONT]);
            nothing_more(&mut running, member);
        }
    });
}

#[test]
fn with_grace_a_stop_limits_the_stay_and_nothing_else_does() {
    everywhere(|position| {
        let mut running = staying(position, &["--grace", "200ms", "-r", "TERM:QUIT"], DAEMON, 1);
        let daemon = below(running.pid, "probe");
        std::thread::sleep(Duration::from_secs(1)); // that nothing happens is no event
        running.signal(libc::SIGUSR1);
        assert_eq!(next(&mut running), libc::SIGUSR1);
        running.signal(libc::SIGTERM);
        assert_eq!([next(&mut running), next(&mut running)], [libc::SIGQUIT, libc::SIGCONT]);
        assert_eq!(running.code(), 0);
        assert_eq!(running.stdout.rest(), ""); // and nothing before the end
        is_gone(daemon);
    });
}

#[test]
fn with_grace_a_second_stop_is_the_end() {
    everywhere(|position| {
        let mut running = staying(position, &["--grace", "1000"], DAEMON, 1);
        running.signal(libc::SIGTERM);
        assert_eq!([next(&mut running), next(&mut running)], [libc::SIGTERM, libc::SIGCONT]);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn with_grace_those_that_end_in_time_have_their_code() {
    everywhere(|position| {
        let mut running = staying(position, &["--grace", "1000"], "(setsid $PROBE trap 15 5 &)", 1);
        running.signal(libc::SIGTERM);
        assert_eq!((running.code(), running.stderr.rest()), (5, String::new()));
    });
}

#[test]
fn a_stop_in_stages_goes_on_over_all_that_are_there() {
    everywhere(|position| {
        let daemons = [DAEMON; 2].join("; ");
        let mut running = staying(position, &["--stop", "TERM/1500ms/INT/1500ms/KILL"], &daemons, 2);
        running.signal(libc::SIGTERM);
        all_get(&mut running, &["15", "18"], 2);
        all_get(&mut running, &["2", "18"], 2);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
    });
}

#[test]
fn a_stop_in_stages_has_all_of_its_time_for_what_the_child_leaves() {
    everywhere(|position| {
        let options = ["--stop", "TERM/1500ms/INT/1500ms/KILL"];
        let mut running = parent(position, &options, DAEMON, 0).start().ready();
        running.signal(libc::SIGTERM);
        running.stdout.expect("asked");
        running.stdout.expect("asked");
        let signals: Vec<_> = (0..4).map(|_| next(&mut running)).collect();
        assert_eq!(signals, [libc::SIGTERM, libc::SIGCONT, libc::SIGINT, libc::SIGCONT]);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL)); // as the child was
    });
}

#[test]
fn with_grace_and_stages_those_that_are_left_have_the_first_signal_and_the_grace() {
    everywhere(|position| {
        let options = ["--stop", "QUIT/1000/KILL", "--grace", "300ms"];
        let mut running = staying(position, &options, DAEMON, 1);
        running.signal(libc::SIGTERM);
        assert_eq!([next(&mut running), next(&mut running)], [libc::SIGQUIT, libc::SIGCONT]);
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn with_grace_and_stages_a_second_stop_is_the_end() {
    everywhere(|position| {
        let options = ["--stop", "QUIT/1000/KILL", "--grace", "1000"];
        let mut running = staying(position, &options, DAEMON, 1);
        running.signal(libc::SIGTERM);
        assert_eq!([next(&mut running), next(&mut running)], [libc::SIGQUIT, libc::SIGCONT]);
        running.signal(libc::SIGTERM);
        assert_eq!((running.code(), running.stdout.rest()), (0, String::new()));
    });
}

#[test]
fn children_from_before_rinit_hold_it_and_are_told() {
    everywhere(|position| {
        let launch = init(position, &[]).with_earlier_child();
        let mut running = launch.shell("echo ready").start().ready();
        is_staying(&running);
        let earlier = running.child();
        eventually_eq(Some("sleep".into()), || proc::name(earlier)); // a moment after the exec
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
    });
}

/// As `docker exec` leaves them.
#[test]
fn an_orphan_of_what_came_into_the_container_holds_it() {
    let mut running = staying(Position::Pid1, &[], "($PROBE trap 10 3 &)", 1);
    let entered = Launch::probe_inside(running.pid, &["brood", "1"]).start().ready();
    eventually_eq(2, || proc::children(running.pid).len());
    running.signal(libc::SIGUSR1); // which ends both
    let code = running.code(); // of whichever was the last
    drop(entered); // which would kill its orphan
    assert!([3, 128 + libc::SIGUSR1].contains(&code), "{code}");
}

#[test]
fn without_being_a_subreaper_rinit_stays_for_its_own_children_alone() {
    let launch = Launch::init(Position::Outside).args(["--stay", "--no-subreaper"]);
    let mut running = launch.env("PROBE", harness::probe()).shell(DAEMON).start();
    assert_eq!(running.code(), 0);

    let launch = init(Position::Outside, &["--no-subreaper"]).with_earlier_child();
    let mut running = launch.shell("echo ready").start().ready();
    is_staying(&running);
    running.signal(libc::SIGTERM);
    assert_eq!(running.wait(), Position::Outside.killed_by(libc::SIGTERM));
}

#[test]
fn all_are_found_without_proc_and_with_one_of_another_namespace() {
    let no_proc = || must(mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>));
    let other_proc = || must(umount2("/proc", MntFlags::MNT_DETACH));
    for caller in [no_proc as fn(), other_proc as fn()] {
        let daemons = [DAEMON; 2].join("; ");
        let mut running = init(Position::Pid1, &[]).caller(caller).shell(&daemons).start().ready().ready();
        is_staying(&running);
        running.signal(libc::SIGUSR1);
        all_get(&mut running, &["10"], 2);
        running.signal(libc::SIGTERM);
        all_get(&mut running, &["15", "18"], 2);
        for pid in proc::children(running.pid) {
            send(pid, libc::SIGKILL);
        }
        assert_eq!(running.wait(), Position::Pid1.killed_by(libc::SIGKILL));
    }
}

/// As where a container's process starts rinit with `unshare --pid`, and leaves it the container's /proc.
#[test]
fn all_are_found_where_some_have_numbers_that_are_others_in_the_proc_of_another_namespace() {
    const COUNT: usize = 12;
    let daemons = [DAEMON; COUNT].join("; ");
    let script = format!(
        "for i in $(seq 15); do sleep 1000 & done
        exec unshare --pid --fork $RINIT --stay -- sh -c '{daemons}'"
    );
    let launch = Launch::program(Position::Pid1, "/bin/sh").args(["-c", &script]);
    let mut running = launch.env("RINIT", harness::subject()).env("PROBE", harness::probe()).start();
    (0..COUNT).for_each(|_| running.stdout.expect("ready"));
    let init = below(running.pid, "rinit");
    eventually_eq(COUNT, || proc::children(init).len());
    send(init, libc::SIGUSR1);
    all_get(&mut running, &["10"], COUNT);
    send(init, libc::SIGTERM);
    all_get(&mut running, &["15", "18"], COUNT);
}

#[test]
fn zombies_are_reaped_while_rinit_stays_and_signals_get_through() {
    let mut running = staying(Position::Pid1, &[], DAEMON, 1);
    for _ in 0..3 {
        let entered = Launch::probe_inside(running.pid, &["brood", "500"]).start().ready();
        eventually_eq(501, || proc::children(running.pid).len());
        let daemon = below(running.pid, "probe");
        let other = *proc::children(running.pid).iter().find(|pid| **pid != daemon).expect("orphans");
        let brood = if getpgid(Some(other)) == getpgid(Some(daemon)) { daemon } else { other };
        killpg(getpgid(Some(brood)).unwrap(), Signal::SIGKILL).unwrap();
        running.signal(libc::SIGUSR1);
        assert_eq!(next(&mut running), libc::SIGUSR1);
        eventually_eq(1, || proc::children(running.pid).len());
        drop(entered);
    }
}

/// This test waits for a length of time: that nothing happens is no event.
#[test]
fn rinit_does_not_wake_up_while_it_stays() {
    let running = [Position::Pid1, Position::Outside].map(|position| staying(position, &[], DAEMON, 1));
    eventually_eq([Some('S'); 2], || running.each_ref().map(|running| proc::state(running.pid)));
    let switches = || {
        running.each_ref().map(|running| {
            ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
                .map(|field| proc::status_number(running.pid, field))
        })
    };
    let before = switches();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(switches(), before);
}

#[test]
fn with_vv_rinit_says_to_whom_it_sends() {
    everywhere(|position| {
        let mut running = staying(position, &["-vv"], "(setsid $PROBE trap 15 0 &)", 1);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 0);
        let said = running.stderr.rest();
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert!(lines[0].ends_with(" exited with code 0"), "{said}");
        assert!(lines[1].starts_with("rinit: send SIGTERM to survivor "), "{said}");
    });
}

#[test]
fn ctrl_c_reaches_the_daemons_when_the_child_has_ended_and_ctrl_z_and_a_new_size_do_not() {
    everywhere(|position| {
        let mut running = init(position, &[]).on_terminal().shell(DAEMON).start().ready();
        is_staying(&running);
        eventually_eq(running.pid, || running.terminal().foreground());
        running.terminal().resize(33, 44);
        running.type_in(CTRL_Z);
        running.signal(harness::last_signal());
        assert_eq!(next(&mut running), harness::last_signal());
        running.type_in(CTRL_C);
        assert_eq!([next(&mut running), next(&mut running)], [libc::SIGINT, libc::SIGCONT]);
    });
}
