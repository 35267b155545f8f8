//! What a child that somebody else controls can do to rinit, and what it cannot: SECURITY.md.

use crate::harness::{self, Launch, Output, Position};

/// Tries to signal process 1, to open its memory, which takes what tracing it takes, proc_pid_mem(5), and to read its
/// environment; says what it could do.
const TRY: &str = "
    kill -URG 1 2>/dev/null && echo signal
    (: < /proc/1/mem) 2>/dev/null && echo trace
    (cat /proc/1/environ >/dev/null) 2>/dev/null && echo read
    exit 7";

/// What a shell can do under an init with PID 1, started by `prefix`.
fn as_pid_1(prefix: &[&str]) -> Output {
    let shell = ["/bin/sh", "-c", TRY];
    Launch::init(Position::Pid1).command(prefix.iter().chain(&shell)).output()
}

#[test]
fn another_user_can_neither_signal_nor_trace_nor_read_it() {
    if !harness::is_root_or_skip("a child that is another user") {
        return;
    }
    let output = as_pid_1(&["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]);
    assert_eq!((output.stdout.as_str(), output.code()), ("", 7), "{output:?}");
    let control = as_pid_1(&[]);
    assert_eq!((control.stdout.as_str(), control.code()), ("signal\ntrace\nread\n", 7), "{control:?}");
}

/// rinit holds one that it has lost, ptrace(2).
#[test]
fn who_has_dropped_its_capabilities_can_signal_it_and_no_more() {
    let output = as_pid_1(&["setpriv", "--bounding-set=-all", "--inh-caps=-all"]);
    assert_eq!((output.stdout.as_str(), output.code()), ("signal\n", 7), "{output:?}");
}

/// Of its own PID namespace these do nothing to PID 1, pid_namespaces(7).
#[test]
fn sigkill_and_sigstop_from_its_namespace_do_nothing_to_it() {
    let script = "kill -KILL 1; kill -STOP 1; sleep 0.1 & wait; exit 7";
    let output = Launch::init(Position::Pid1).command(["/bin/sh", "-c", script]).output();
    assert_eq!(output.code(), 7, "{output:?}");
}
