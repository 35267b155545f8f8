//! What the child leaves behind is asked to end, waited for, and killed only when the time is over; and
//! no other process is touched.

use crate::harness;
use crate::harness::terminal::CTRL_C;
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, must, proc, send};
use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// The exit code of the child in these tests, when SIGUSR1 comes.
const CODE: i32 = 7;

/// A shell that runs `survivor` beside it, and exits on SIGUSR1. `$PROBE` is the probe.
fn leaving(position: Position, options: &[&str], survivor: &str) -> Launch {
    let script = format!("trap 'exit {CODE}' USR1\n{survivor} & while :; do wait; done");
    Launch::init(position).args(options).env("PROBE", harness::probe()).shell(&script)
}

fn child_exits(running: &Running) {
    running.signal(libc::SIGUSR1);
}

/// The next signal that a survivor says it got, but for the SIGCONT that comes with SIGTERM.
fn next_signal(running: &mut Running) -> i32 {
    let mut signals = std::iter::repeat_with(|| running.stdout.next().parse().expect("a signal number"));
    signals.find(|number| *number != libc::SIGCONT).expect("it never ends")
}

/// The probe that the child has started.
fn survivor(running: &Running) -> Pid {
    harness::below(running.child(), "probe")
}

fn is_gone(pid: Pid) {
    proc::ended(pid);
}

#[test]
fn survivors_are_asked_to_end_and_the_childs_code_is_kept() {
    everywhere(|position| {
        let mut running = leaving(position, &["--grace", "1000"], "$PROBE trap 15 0").start().ready();
        child_exits(&running);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), CODE);
    });
}

/// The negative control of the test above; a subreaper has a grace of its own, see `waits`.
#[test]
fn without_grace_a_pid_1_does_not_ask_survivors() {
    let mut running = leaving(Position::Pid1, &[], "$PROBE trap 15 0").start().ready();
    let survivor = survivor(&running);
    child_exits(&running);
    assert_eq!(running.code(), CODE);
    is_gone(survivor);
    assert_eq!(running.stdout.rest(), "");
}

#[test]
fn a_background_job_that_needs_two_seconds_finishes_its_file() {
    everywhere(|position| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let job = "(trap 'sleep 2; echo end >>$FILE; exit' TERM; echo begin >$FILE; echo ready; \
                   while :; do sleep 0.1; done)";
        let mut running = leaving(position, &["--grace=1m"], job).env("FILE", &file).start().ready();
        child_exits(&running);
        assert_eq!(running.code(), CODE);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "begin\nend\n");
    });
}

#[test]
fn a_process_that_becomes_an_orphan_while_rinit_waits_is_asked_too() {
    everywhere(|position| {
        let family = "sh -c 'trap exit TERM; $PROBE trap 15 0 & while :; do wait; done'";
        let mut running = leaving(position, &["--grace", "1000"], family).start().ready();
        child_exits(&running);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), CODE);
    });
}

/// That is so where its parent was no child of rinit's too, whose end the kernel does not report to rinit.
#[test]
fn a_process_that_becomes_an_orphan_unnoticed_is_asked_too() {
    everywhere(|position| {
        let inner = r#"sh -c "\$PROBE trap 15 0 & read line""#;
        let family = format!("sh -c 'trap \"echo asked\" TERM; {inner} <$PIPE & while :; do wait; done'");
        let pipe = tempfile::tempdir().unwrap();
        let pipe = pipe.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let writer = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let launch = leaving(position, &["--grace", "1000"], &family).env("PIPE", &pipe);
        let mut running = launch.start().ready();
        child_exits(&running);
        running.stdout.expect("asked");
        std::io::Write::write_all(&mut &writer, b"end\n").unwrap();
        running.stdout.expect("got 15");
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), CODE);
    });
}

/// No survivor is asked twice: to many programs a second SIGTERM means "at once".
#[test]
fn a_survivor_is_asked_once_however_often_others_end() {
    everywhere(|position| {
        let family = "$PROBE signals & sh -c 'trap exit TERM; $PROBE trap 15 0 & while :; do wait; done'";
        let mut running = leaving(position, &["--grace", "1000"], family).start().ready().ready();
        let patient = survivor(&running);
        child_exits(&running);
        // The one whose parent has ended is asked when all others have been looked at again.
        let mut lines = vec![running.stdout.next(), running.stdout.next(), running.stdout.next()];
        lines.sort();
        assert_eq!(lines, ["15", "18", "got 15"]);
        send(patient, harness::last_signal());
        assert_eq!(next_signal(&mut running), harness::last_signal());
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), CODE);
    });
}

/// A process ID that has been used by one survivor may be that of another.
#[test]
fn a_survivor_with_the_process_id_of_an_earlier_one_is_asked_too() {
    const HEIR: &str = "
        while kill -0 $FIRST 2>/dev/null; do :; done
        echo $((FIRST - 1)) >/proc/sys/kernel/ns_last_pid # pid_namespaces(7)
        $PROBE trap 15 0 >&3 & heir=$!
        read ready <&3
        echo heir $heir
        exit";
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let family = "$PROBE trap 15 0 & export FIRST=$!; echo first $FIRST
        sh -c 'exec 3<>$FIFO; trap \"$HEIR\" TERM; echo ready; while :; do :; done'";
    let launch = leaving(Position::Pid1, &["--grace", "1000"], family).env("FIFO", &fifo).env("HEIR", HEIR);
    let mut running = launch.start();
    let mut lines = [running.stdout.next(), running.stdout.next(), running.stdout.next()];
    lines.sort();
    assert_eq!(lines[1..], ["ready", "ready"]);
    child_exits(&running);
    running.stdout.expect(&lines[0].replace("first", "heir"));
    assert_eq!(running.code(), CODE);
}

#[test]
fn the_search_leaves_no_descriptor_open() {
    everywhere(|position| {
        let mut running = leaving(position, &["--grace", "1000"], "$PROBE signals").start().ready();
        let init = running.pid;
        let descriptors = || proc::descriptors(init);
        eventually_eq(Some('S'), || proc::state(init));
        let before = descriptors();
        child_exits(&running);
        assert_eq!(next_signal(&mut running), libc::SIGTERM);
        eventually_eq(before, descriptors);
    });
}

#[test]
fn the_child_goes_first() {
    everywhere(|position| {
        let script = "trap 'echo stopping' TERM; trap 'exit 7' USR1; $PROBE signals & while :; do wait; done";
        let launch = Launch::init(position).args(["--grace", "1000"]).env("PROBE", harness::probe());
        let mut running = launch.shell(script).start().ready();
        let survivor = survivor(&running);
        running.signal(libc::SIGTERM);
        running.stdout.expect("stopping");
        send(survivor, harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string()); // and nothing came before
        child_exits(&running);
        assert_eq!(next_signal(&mut running), libc::SIGTERM);
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), CODE);
    });
}

#[test]
fn a_survivor_that_is_stopped_is_continued_to_end() {
    everywhere(|position| {
        let mut running = leaving(position, &["--grace", "1000"], "$PROBE trap 15 0").start().ready();
        let survivor = survivor(&running);
        send(survivor, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(survivor));
        child_exits(&running);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), CODE);
    });
}

#[test]
fn survivors_are_killed_when_the_time_is_over() {
    everywhere(|position| {
        for grace in ["200ms", "0"] {
            let family = "$PROBE signals & sh -c 'trap : TERM; $PROBE signals & while :; do wait; done'";
            let mut running = leaving(position, &["--grace", grace], family).start().ready().ready();
            let survivors = proc::descendants(running.pid);
            child_exits(&running);
            assert_eq!(running.code(), CODE);
            survivors.into_iter().for_each(is_gone);
            let said = running.stderr.rest();
            match position {
                Position::Pid1 => {
                    assert_eq!(said, "rinit: end survivors: killing the rest\n")
                }
                Position::Outside => crate::told::is_told(&said, "probe", 3),
            }
        }
    });
}

#[test]
fn a_further_stop_signal_ends_the_wait_at_once_and_no_other_signal_does() {
    everywhere(|position| {
        for stop in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT, libc::SIGHUP] {
            let mut running = leaving(position, &["--grace", "1000"], "$PROBE signals").start().ready();
            let survivor = survivor(&running);
            child_exits(&running);
            assert_eq!(next_signal(&mut running), libc::SIGTERM);
            for other in [libc::SIGUSR1, libc::SIGWINCH, libc::SIGCHLD, libc::SIGRTMIN() + 2] {
                running.signal(other);
            }
            send(survivor, harness::last_signal());
            assert_eq!(next_signal(&mut running), harness::last_signal()); // nothing is forwarded to survivors
            assert!(running.is_running());
            running.signal(stop);
            assert_eq!(running.code(), CODE);
            is_gone(survivor);
        }
    });
}

/// Two that come together are no exception: the second does not end the killing.
#[test]
fn two_stop_signals_leave_no_process_behind() {
    let family = r#"sh -c 'trap "echo asked" TERM; $PROBE signals & while :; do wait; done'"#;
    let mut running = leaving(Position::Outside, &["--grace", "1000"], family).start().ready();
    let descendants = proc::descendants(running.pid);
    child_exits(&running);
    running.stdout.expect("asked");
    running.signal(libc::SIGSTOP);
    eventually_eq(Some('T'), || proc::state(running.pid));
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGCONT] {
        running.signal(signal);
    }
    assert_eq!(running.code(), CODE);
    descendants.into_iter().for_each(is_gone);
}

/// A tracer that attaches and detaches interrupts the wait, which does not begin anew.
#[test]
fn the_time_goes_on_while_the_wait_is_interrupted() {
    let mut running = leaving(Position::Outside, &["--grace", "500ms"], "$PROBE signals").start().ready();
    child_exits(&running);
    assert_eq!(next_signal(&mut running), libc::SIGTERM);
    harness::trace::interrupt_until_it_ends(running.pid);
    assert_eq!(running.code(), CODE);
}

#[test]
fn ctrl_c_ends_the_wait() {
    everywhere(|position| {
        let launch = leaving(position, &["--grace", "1000"], "$PROBE signals");
        let mut running = launch.on_terminal().start().ready();
        child_exits(&running);
        assert_eq!(next_signal(&mut running), libc::SIGTERM);
        running.type_in(CTRL_C);
        assert_eq!(running.code(), CODE);
    });
}

#[test]
fn survivors_are_found_without_proc_and_with_one_of_another_namespace() {
    let no_proc = || must(mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>));
    let other_proc = || must(umount2("/proc", MntFlags::MNT_DETACH));
    for caller in [no_proc as fn(), other_proc as fn()] {
        let family = "sh -c 'trap exit TERM; $PROBE trap 15 0 & while :; do wait; done'";
        let launch = leaving(Position::Pid1, &["--grace", "1000", "-w"], family).caller(caller);
        let mut running = launch.start().ready();
        child_exits(&running);
        running.stdout.expect("got 15");
        assert_eq!(running.code(), CODE);
        // The two, and no process of rinit's own.
        assert_eq!(running.stderr.rest().lines().count(), 2);
    }
}

#[test]
fn five_hundred_survivors_are_all_asked_and_all_killed() {
    everywhere(|position| {
        let script = "i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i + 1)); done; echo ready; exit 7";
        let mut running = Launch::init(position).args(["--grace", "1000", "-vv"]).shell(script).start();
        running.stdout.expect("ready");
        assert_eq!(running.code(), CODE);
        let asked = running.stderr.rest().matches("send SIGTERM to survivor").count();
        assert_eq!(asked, 500);

        let script = "trap '' TERM; i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i + 1)); done; exit 7";
        assert_eq!(Launch::init(position).args(["--grace", "100ms"]).shell(script).output().code(), CODE);
    });
}

/// A survivor that rinit may not signal is no reason to wait for ever.
#[test]
fn a_survivor_that_may_not_be_killed_is_left() {
    if !harness::is_root_or_skip("an init without CAP_KILL whose survivor becomes another user") {
        return;
    }
    everywhere(|position| {
        let launch = leaving(position, &["--grace", "100ms"], "$PROBE become-user 54321");
        let mut running = launch.without_kill().start().ready();
        let survivor = survivor(&running);
        child_exits(&running);
        assert_eq!(running.code(), CODE);
        if position == Position::Outside {
            send(survivor, libc::SIGKILL);
        }
    });
}

/// A process in the same PID namespace that is no descendant: beside rinit, or entered from outside.
fn stays_untouched(mut bystander: Running, pid: Pid, mut running: Running) {
    child_exits(&running);
    assert_eq!(next_signal(&mut running), libc::SIGTERM); // a survivor was asked
    send(pid, harness::last_signal());
    assert_eq!(bystander.stdout.next(), harness::last_signal().to_string()); // and nothing came before
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), CODE);
}

#[test]
fn a_process_of_the_host_stays_untouched_in_a_shared_pid_namespace() {
    let bystander = Launch::program(Position::Outside, harness::probe()).args(["signals"]).start().ready();
    let running = leaving(Position::Outside, &["--grace", "1000"], "$PROBE signals").start().ready();
    let pid = bystander.pid;
    stays_untouched(bystander, pid, running);
}

/// As `podman exec` does.
#[test]
fn a_process_entered_from_outside_stays_untouched() {
    let running = leaving(Position::Pid1, &["--grace", "1000"], "$PROBE signals").start().ready();
    let bystander = Launch::probe_inside(running.pid, &["signals"]).start().ready();
    let probe = harness::below(bystander.pid, "probe"); // a child of nsenter(1), since only that gets there
    stays_untouched(bystander, probe, running);
}

/// A developer's machine is left as it was, as it would be by a container.
#[test]
fn a_subreaper_leaves_no_process_behind() {
    let family = "sh -c 'trap : TERM HUP; $PROBE signals & while :; do wait; done'";
    let mut running = leaving(Position::Outside, &[], family).start().ready();
    let descendants = proc::descendants(running.pid);
    assert!(descendants.len() >= 3, "{descendants:?}");
    child_exits(&running);
    assert_eq!(running.code(), CODE);
    descendants.into_iter().for_each(is_gone);
}

#[test]
fn without_being_a_subreaper_rinit_leaves_survivors_alone() {
    for options in [&["--no-subreaper"][..], &["--no-subreaper", "--grace", "1"]] {
        let mut running = leaving(Position::Outside, options, "$PROBE signals").start().ready();
        let survivor = survivor(&running);
        child_exits(&running);
        assert_eq!(running.code(), CODE);
        send(survivor, harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string());
        send(survivor, libc::SIGKILL);
    }
}

#[test]
fn without_being_a_subreaper_rinit_leaves_its_earlier_children_alone() {
    let launch =
        Launch::init(Position::Outside).args(["--no-subreaper", "--grace", "1"]).with_earlier_child();
    let mut running = launch.probe(&["wait"]).start().ready();
    let children = proc::children(running.pid);
    let earlier = children[0];
    running.signal(libc::SIGTERM);
    assert_eq!(running.wait(), Position::Outside.killed_by(libc::SIGTERM));
    eventually_eq(Some('S'), || proc::state(earlier));
    send(earlier, libc::SIGKILL);
}

/// That is so when rinit is told to end and the child does not react, too.
#[test]
fn a_subreaper_leaves_no_process_behind_whatever_ends_it() {
    for stop in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let options = ["-r", "HUP,INT:TERM", "--stop", "TERM/100ms/KILL"];
        let launch = Launch::init(Position::Outside).args(options).env("PROBE", harness::probe());
        let script = "trap '' TERM HUP INT; $PROBE signals & sh -c '$PROBE signals; :' & wait";
        let mut running = launch.shell(script).start().ready().ready();
        let descendants = proc::descendants(running.pid);
        running.signal(stop as i32);
        assert_eq!(running.wait(), Position::Outside.killed_by(libc::SIGKILL));
        descendants.into_iter().for_each(is_gone);
    }
}

#[test]
fn children_that_were_there_before_rinit_are_survivors_too() {
    everywhere(|position| {
        let launch = Launch::init(position).args(["--grace", "1000", "-vv"]).with_earlier_child();
        let output = launch.shell("exit 7").output();
        assert_eq!(output.code(), CODE);
        assert!(output.stderr.contains("send SIGTERM to survivor"), "{output:?}");
    });
}
