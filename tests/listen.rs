//! The descriptors of a socket activation are for the process that `LISTEN_PID` names. Where that is rinit,
//! it names the child to the child. sd_listen_fds(3) is the protocol.

use crate::harness;
use crate::harness::{Launch, Position, everywhere, keep_as};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

/// A shell that becomes the init with `LISTEN_PID` set to its own process ID, as a service manager does.
/// PID 1 has that number in its own namespace.
fn activated(position: Position, options: &str, script: &str) -> Launch {
    const ACTIVATE: &str = "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec";
    shell(position, &format!("{ACTIVATE} \"$0\" {options} -- sh -c '{script}'"))
}

/// A shell, to which `$0` is the init.
fn shell(position: Position, script: &str) -> Launch {
    let script = [OsStr::new("-c"), OsStr::new(script), &harness::subject()];
    Launch::program(position, "/bin/sh").args(script)
}

#[test]
fn listen_pid_names_the_child_where_it_named_rinit() {
    everywhere(|position| {
        for options in ["", "-g", "--session", "--no-group"] {
            let script = "echo $LISTEN_PID; echo $$; echo $LISTEN_FDS $LISTEN_FDNAMES";
            let output = activated(position, options, script).output();
            let lines: Vec<_> = output.stdout.lines().collect();
            assert_eq!(lines.len(), 3, "{output:?}");
            assert_eq!(lines[0], lines[1], "{output:?}");
            assert_eq!(lines[2], "1 web");
        }
    });
}

#[test]
fn listen_pid_stays_as_it_is_where_it_names_another_process() {
    everywhere(|position| {
        for other in ["", "0", "4711", "01x", "1 ", " 1", "-1", "99999999999"] {
            let launch = Launch::init(position).env("LISTEN_PID", other).shell("echo \"<$LISTEN_PID>\"");
            assert_eq!(launch.output().stdout, format!("<{other}>\n"));
        }
    });
}

/// systemd also names the process by the ID of its pidfd, which is rinit's then.
#[test]
fn listen_pidfdid_goes_where_listen_pid_names_the_child_and_stays_where_it_does_not() {
    everywhere(|position| {
        for (pid, expected) in [("$$", "none"), ("4711", "17")] {
            let script = "echo ${LISTEN_PIDFDID-none}; env | grep -c ^LISTEN_PIDFDID=";
            let before = format!("env LISTEN_PIDFDID=17 LISTEN_PID={pid} LISTEN_FDS=1");
            let output = shell(position, &format!("exec {before} \"$0\" -- sh -c '{script}'")).output();
            assert_eq!(output.stdout.lines().next(), Some(expected), "{output:?}");
        }
    });
}

/// Nothing else of the environment changes, nor its order.
#[test]
fn the_rest_of_the_environment_is_left_as_it_is() {
    everywhere(|position| {
        let before = "env -i A=1 LISTEN_PIX=1 LISTEN_PID=$$ B=2 LISTEN_PID=7";
        let output = shell(position, &format!("exec {before} \"$0\" -- /usr/bin/env")).output();
        let kept: Vec<_> = output.stdout.lines().filter(|line| !line.starts_with("LISTEN_PID=")).collect();
        assert_eq!(kept, ["A=1", "LISTEN_PIX=1", "B=2"], "{output:?}");
    });
}

/// A program that is not found is looked for in the PATH of the same environment, and the message is the
/// same.
#[test]
fn a_failed_exec_finds_the_environment_as_it_was() {
    everywhere(|position| {
        let output = shell(position, "LISTEN_PID=$$ PATH=/no:/where exec \"$0\" -- nothing").output();
        assert_eq!(output.code(), 127);
        assert!(output.stderr.starts_with("rinit: spawn nothing: "), "{output:?}");
    });
}

/// With a real socket: the child that is named accepts a connection on it.
#[test]
fn a_socket_activated_child_serves_the_socket() {
    everywhere(|position| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let probe = harness::probe();
        let script = format!("exec {} serve", probe.display());
        let mut running =
            activated(position, "", &script).caller(move || keep_as(3, listener.as_raw_fd())).start().ready();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "hello");
        assert_eq!(running.code(), 0);
    });
}
