//! Every zombie is reaped, whatever else happens.

use crate::harness;
use crate::harness::{
    Launch, Position, eventually, eventually_eq, everywhere, must, proc, wait_to_be_killed,
};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, pipe2, write};
use std::os::fd::{AsRawFd, OwnedFd};

/// Waits until the init has no child but one.
fn only_the_child_is_left(init: Pid) {
    eventually_eq((vec![], 1), || (proc::zombies(init), proc::children(init).len()));
}

#[test]
fn two_thousand_orphans_are_reaped_and_none_is_left() {
    everywhere(|position| {
        let mut running = Launch::init(position).probe(&["orphans", "2000"]).start().ready();
        only_the_child_is_left(running.pid);
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
    });
}

#[test]
fn a_daemon_that_forked_twice_is_reaped_when_it_ends() {
    everywhere(|position| {
        // The daemon is the subshell's child, and the subshell ends at once.
        let launch = Launch::init(position).shell("(sleep 1000 & echo $!); echo ready; exec sleep 1000");
        let running = launch.start().ready();
        let children = eventually("the daemon to be adopted", || {
            Some(proc::children(running.pid)).filter(|children| children.len() == 2)
        });
        kill(children[1], Signal::SIGTERM).unwrap();
        only_the_child_is_left(running.pid);
    });
}

#[test]
fn an_orphan_does_not_change_the_exit_code() {
    everywhere(|position| {
        let script =
            "(sh -c 'exit 9' & exec sh -c 'exit 8') ; (kill -KILL $(exec sh -c 'echo $PPID')); exit 7";
        assert_eq!(Launch::init(position).shell(script).output().code(), 7);
    });
}

#[test]
fn children_that_were_there_before_rinit_are_reaped() {
    everywhere(|position| {
        // One has ended by the time rinit starts, and one ends later.
        let caller = || {
            for lives in [false, true] {
                if harness::fork_is_child() {
                    if lives {
                        wait_to_be_killed();
                    }
                    // SAFETY: it does not return.
                    unsafe { libc::_exit(42) }
                }
            }
            // SAFETY: any bytes are a siginfo_t; the kernel writes one.
            unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                libc::waitid(libc::P_ALL, 0, &raw mut info, libc::WEXITED | libc::WNOWAIT);
            }
        };
        let mut running = Launch::init(position).caller(caller).probe(&["wait"]).start().ready();
        eventually_eq((vec![], 2), || (proc::zombies(running.pid), proc::children(running.pid).len()));
        kill(proc::children(running.pid)[0], Signal::SIGKILL).unwrap();
        only_the_child_is_left(running.pid);
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
    });
}

#[test]
fn sigchld_inherited_as_ignored_does_not_hang() {
    everywhere(|position| {
        let caller = || {
            // SAFETY: SIG_IGN is no function of ours.
            must(unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) });
        };
        let output = Launch::init(position).caller(caller).shell("sleep 0 & wait; exit 3").output();
        assert_eq!(output.code(), 3);
        let mut running = Launch::init(position).caller(caller).probe(&["orphans", "10"]).start().ready();
        only_the_child_is_left(running.pid);
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
    });
}

/// Makes the caller's stderr this descriptor.
fn stderr_is(launch: Launch, descriptor: OwnedFd) -> Launch {
    launch.caller(move || {
        // SAFETY: two descriptors.
        must(match unsafe { libc::dup2(descriptor.as_raw_fd(), 2) } {
            -1 => Err(()),
            _ => Ok(()),
        });
    })
}

/// Orphans, for each of which rinit has a message.
fn talkative(position: Position) -> Launch {
    Launch::init(position).args(["-wvvv"]).probe(&["orphans", "500"])
}

fn reaps_all_and_forwards(position: Position, launch: Launch) {
    let mut running = launch.start().ready();
    only_the_child_is_left(running.pid);
    running.signal(libc::SIGTERM);
    assert_eq!(running.wait(), position.killed_by(libc::SIGTERM));
}

#[test]
fn a_closed_stderr_stops_nothing() {
    everywhere(|position| {
        reaps_all_and_forwards(position, talkative(position).caller(|| must(nix::unistd::close(2))));
    });
}

#[test]
fn a_full_stderr_stops_nothing() {
    everywhere(|position| {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        while write(&writer, &[b'x'; 4096]).is_ok() {}
        fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
        reaps_all_and_forwards(position, stderr_is(talkative(position), writer));
        drop(reader);
    });
}

/// The SIGPIPE that each message raises is not taken for one from outside.
#[test]
fn a_stderr_that_nobody_reads_stops_nothing() {
    everywhere(|position| {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).unwrap();
        drop(reader);
        reaps_all_and_forwards(position, stderr_is(talkative(position), writer));
    });
}

/// Nor is the SIGXFSZ, setrlimit(2).
#[test]
fn a_stderr_at_its_size_limit_stops_nothing() {
    everywhere(|position| {
        let no_size = || must(setrlimit(Resource::RLIMIT_FSIZE, 0, 0));
        let file = tempfile::tempfile().unwrap();
        reaps_all_and_forwards(position, stderr_is(talkative(position), file.into()).caller(no_size));
    });
}

#[test]
fn each_reaped_orphan_is_a_warning_if_asked_for_and_else_not() {
    everywhere(|position| {
        for (options, count) in [(&["-w"][..], 3), (&[], 0)] {
            let mut running = Launch::init(position).args(options).probe(&["orphans", "3"]).start().ready();
            only_the_child_is_left(running.pid);
            running.signal(libc::SIGTERM);
            running.wait();
            let warnings = running.stderr.rest();
            assert_eq!(warnings.lines().count(), count, "{warnings}");
            for line in warnings.lines() {
                assert!(line.starts_with("rinit: reap ") && line.ends_with(": exited with code 0"), "{line}");
            }
        }
    });
}

#[test]
fn nothing_is_said_when_all_goes_well() {
    everywhere(|position| {
        let output = Launch::init(position).shell("(true &); kill -HUP $$").output();
        assert_eq!((output.end, output.stderr.as_str()), (position.killed_by(libc::SIGHUP), ""));
    });
}
