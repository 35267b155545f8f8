//! Outside a container rinit tells who had to be killed, where nobody has asked for the end: a test suite that
//! leaves processes behind wants to know.

use crate::harness::terminal::CTRL_C;
use crate::harness::{self, Launch, Position, Running, eventually, eventually_eq, proc, send};
use nix::libc;
use nix::unistd::Pid;
use std::fs;

/// What ignores SIGTERM, as its caller did.
const DEAF: &str = "trap '' TERM; sleep 1000 &";

/// Waits until it is that: before its exec it has the shell's name.
const EXECUTED: &str = "while read -r name </proc/$!/comm && [ $name != sleep ]; do :; done";

/// Checks that these words name one process by this name, and count the others.
pub fn is_told(said: &str, name: &str, count: usize) {
    let line = said.strip_prefix("rinit: end survivors: killed ").unwrap_or_else(|| panic!("{said:?}"));
    let (named, more) = line.split_once(')').unwrap_or_else(|| panic!("{said:?}"));
    let (actual, pid) = named.split_once(" (").unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(actual, name, "{said:?}");
    assert!(pid.parse::<i32>().is_ok(), "{said:?}");
    match count {
        1 => assert_eq!(more, "\n", "{said:?}"),
        _ => assert_eq!(more, format!(" and {} more\n", count - 1), "{said:?}"),
    }
}

fn init(options: &[&str]) -> Launch {
    Launch::init(Position::Outside).args(options).env("PROBE", harness::probe())
}

/// What rinit says when the child has run this script, and has exited with 3.
fn said(options: &[&str], script: &str) -> String {
    let output = init(options).shell(&format!("{script}\nexit 3")).output();
    assert_eq!(output.code(), 3, "{output:?}");
    output.stderr
}

#[test]
fn who_had_to_be_killed_is_named_and_the_others_are_counted() {
    is_told(&said(&[], DEAF), "sleep", 1);
    is_told(&said(&["--grace", "100ms"], &format!("{DEAF} sleep 1000 & (setsid sleep 1000 &)")), "sleep", 3);
}

#[test]
fn the_named_one_has_its_own_number() {
    let mut running = init(&["--grace", "0"]).shell(&format!("{DEAF} {EXECUTED}; echo $!; exit 3")).start();
    let pid = running.stdout.next();
    assert_eq!(running.code(), 3);
    assert_eq!(running.stderr.rest(), format!("rinit: end survivors: killed sleep ({pid})\n"));
}

/// Also what comes from below one of them.
#[test]
fn descendants_are_counted_too() {
    let family = "trap '' TERM; sh -c 'sleep 1000 & sleep 1000 & echo ready >$FIFO; wait' &";
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = format!("{family} read line <$FIFO; exit 3");
    let output = init(&["--grace", "0"]).env("FIFO", &fifo).shell(&script).output();
    is_told(&output.stderr, "sh", 3);
}

#[test]
fn who_ends_when_asked_is_not_named() {
    assert_eq!(said(&[], "sleep 1000 & (setsid sleep 1000 &)"), "");
    assert_eq!(said(&[], ""), "");
}

/// The name is what the program chose, or its file has.
#[test]
fn a_strange_name_is_shown_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\x1b[31m) b\\c");
    fs::copy("/bin/sleep", &file).unwrap();
    let launch = init(&["--grace", "0"]).env("FILE", &file);
    let output = launch
        .shell(
            "trap '' TERM; \"$FILE\" 1000 & exec 2>/dev/null; P=$!
        while [ \"$(readlink /proc/$P/exe)\" != \"$FILE\" ]; do :; done; exit 3",
        )
        .output();
    let line = output.stderr.strip_prefix(r"rinit: end survivors: killed a\x1b[31m) b\x5cc (");
    assert!(line.is_some_and(|rest| rest.ends_with(")\n")), "{output:?}");
}

/// A shell that leaves what ignores SIGTERM; it exits with 3 on SIGUSR1 and SIGTERM.
fn left_by_signal(launch: Launch, by: impl Fn(&Running)) -> String {
    let mut running = launch
        .shell("trap '' TERM; sleep 1000 & trap 'exit 3' USR1 TERM INT; echo ready; while :; do wait; done")
        .start()
        .ready();
    by(&running);
    assert_eq!(running.code(), 3);
    running.stderr.rest()
}

#[test]
fn who_has_sent_a_signal_is_not_told() {
    for signal in [libc::SIGUSR1, libc::SIGTERM, libc::SIGINT] {
        assert_eq!(left_by_signal(init(&[]), |running| running.signal(signal)), "");
    }
    // The control: the same signal, past rinit.
    let past_rinit = |running: &Running| send(running.child(), libc::SIGUSR1);
    is_told(&left_by_signal(init(&[]), past_rinit), "sleep", 1);
}

/// In a script rinit gets the key with the child.
#[test]
fn who_has_pressed_ctrl_c_is_not_told() {
    let stderr = tempfile::tempdir().unwrap();
    let file = stderr.path().join("stderr");
    let script = "trap : INT; \"$@\" 2>$FILE; echo ended $?; exec sleep 1000";
    let child = "trap '' TERM; sleep 1000 & trap 'exit 3' INT; echo ready; while :; do wait; done";
    let launch = Launch::program(Position::Outside, "/bin/sh").args(["-c", script, "sh"]);
    let launch = launch.args([harness::subject()]).env("FILE", &file).on_terminal();
    let mut running = launch.args(["--", "sh", "-c", child]).start().ready();
    running.type_in(CTRL_C);
    running.stdout.expect("ended 3");
    assert_eq!(fs::read_to_string(&file).unwrap(), "");
}

/// A child that a signal has killed was ended by somebody, too.
#[test]
fn the_childs_death_by_a_signal_is_no_exit() {
    let output = init(&[]).shell(&format!("{DEAF} kill -INT $$")).output();
    assert_eq!(output.end, Position::Outside.killed_by(libc::SIGINT));
    assert_eq!(output.stderr, "");
}

/// A stop signal that comes during the wait ends it: who sent it wants no more than that.
#[test]
fn who_ends_the_wait_is_not_told() {
    let ends = "trap 'exit 0' USR1; $PROBE signals & while :; do wait; done";
    let mut running = init(&[]).shell(ends).start().ready();
    send(running.child(), libc::SIGUSR1); // which rinit knows nothing of
    running.stdout.expect(&libc::SIGTERM.to_string());
    running.signal(libc::SIGINT);
    assert_eq!((running.code(), running.stderr.rest()), (0, String::new()));
}

#[test]
fn without_being_a_subreaper_rinit_ends_nobody_and_names_nobody() {
    let mut running = init(&["--no-subreaper"]).shell(&format!("{DEAF} echo $!; exit 3")).start();
    let left = Pid::from_raw(running.stdout.next().parse().unwrap());
    assert_eq!(running.code(), 3);
    eventually_eq(Some('S'), || proc::state(left));
    send(left, libc::SIGKILL);
    assert_eq!(running.stderr.rest(), "");
}

/// A container's processes all end with its PID 1, and that is what containers are for.
#[test]
fn pid_1_names_nobody() {
    let launch = Launch::init(Position::Pid1);
    assert_eq!(launch.shell(&format!("{DEAF} exit 3")).output().stderr, "");
}

/// With a /proc that does not know it the number alone is known.
#[test]
fn without_proc_the_number_is_told() {
    if !harness::is_root_or_skip("a /proc that is mounted over") {
        return;
    }
    let script = "mount -t tmpfs none /proc; \"$@\"; exec sleep 1000";
    let launch = Launch::program(Position::Pid1, "/bin/sh").args(["-c", script, "sh"]);
    let launch = launch.args([harness::subject()]).args(["--grace", "0", "--"]);
    let mut running = launch.args(["sh", "-c", &format!("{DEAF} echo $!; exit 3")]).start();
    let pid = running.stdout.next();
    let line = running.stderr.next();
    assert_eq!(line, format!("rinit: end survivors: killed process ({pid})"));
    eventually("its end", || (proc::children(running.pid).is_empty()).then_some(()));
}
