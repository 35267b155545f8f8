//! Nobody has to read what rinit says, and what it says takes nothing from anybody.

use crate::harness::{self, Launch, Running, eventually, eventually_eq, everywhere, must, proc};
use nix::fcntl::OFlag;
use nix::libc;
use nix::pty::openpty;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// How many signals come, and how many of them before the test looks how far they have got.
const SIGNALS: usize = 3000;
const AT_ONCE: usize = 100;

/// The caller's descriptors of these numbers are this one.
fn with(launch: Launch, numbers: &'static [i32], descriptor: &impl AsFd) -> Launch {
    let descriptor = descriptor.as_fd().try_clone_to_owned().expect("a descriptor");
    launch.caller(move || {
        for number in numbers {
            // SAFETY: two descriptors.
            must(match unsafe { libc::dup2(descriptor.as_raw_fd(), *number) } {
                -1 => Err(()),
                _ => Ok(()),
            });
        }
    })
}

/// A terminal as a user has it, of which the test reads or does not.
fn terminal() -> (OwnedFd, OwnedFd) {
    let pty = openpty(None, None).expect("a pty");
    for descriptor in [&pty.master, &pty.slave] {
        // SAFETY: a descriptor and an integer.
        unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    (pty.master, pty.slave)
}

/// The flags of a process's descriptor, proc(5).
fn flags(pid: Pid, descriptor: i32) -> OFlag {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).expect("it is open");
    let line = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("it has flags");
    OFlag::from_bits_retain(i32::from_str_radix(line.trim(), 8).expect("an octal number"))
}

/// Sends them, some at a time: they are all different to the kernel, which queues them.
fn send_signals(running: &Running, mut have_come: impl FnMut(usize)) {
    for sent in (0..SIGNALS).step_by(AT_ONCE) {
        for _ in 0..AT_ONCE {
            running.signal(libc::SIGRTMIN());
        }
        have_come(sent + AT_ONCE);
    }
}

#[test]
fn a_terminal_that_nobody_reads_stops_nothing() {
    everywhere(|position| {
        let (master, slave) = terminal();
        let launch = with(Launch::init(position).args(["-vv"]), &[2], &slave);
        let mut running = launch.probe(&["count", &libc::SIGRTMAX().to_string()]).start().ready();
        drop(slave);
        // Each is taken from rinit's queue before more come, so that none is lost there.
        let nothing_pending = |pid| {
            eventually_eq(Some("0000000000000000".into()), || proc::status(pid, "ShdPnd"));
        };
        let child = running.child();
        send_signals(&running, |_| [running.pid, child].into_iter().for_each(nothing_pending));
        running.signal(libc::SIGRTMAX());
        running.stdout.expect(&format!("{}x{SIGNALS} {}x1", libc::SIGRTMIN(), libc::SIGRTMAX()));
        assert_eq!(running.code(), 0);
        drop(master);
    });
}

/// Its end, reaping and the wait for survivors are held up no more than signals are.
#[test]
fn a_terminal_that_nobody_reads_holds_up_no_end() {
    everywhere(|position| {
        let (master, slave) = terminal();
        let options = ["-wvvv", "--grace", "1000"];
        let launch = with(Launch::init(position).args(options), &[2], &slave);
        drop(slave);
        let script = "i=0; while [ $i -lt 500 ]; do (sleep 1000 &); i=$((i + 1)); done; exit 7";
        let mut running = launch.shell(script).start();
        assert_eq!(running.code(), super::CODE);
        drop(master);
    });
}

/// The negative control of both.
#[test]
fn a_terminal_that_is_read_gets_each_message() {
    everywhere(|position| {
        let (master, slave) = terminal();
        let launch = with(Launch::init(position).args(["-vv"]), &[2], &slave);
        let mut running = launch.probe(&["signals"]).start().ready();
        drop(slave);
        let mut lines = BufReader::new(File::from(master)).lines();
        for signal in ["SIGUSR1", "SIGWINCH", "SIGHUP"] {
            running.signal(signal.parse::<Signal>().expect("a signal") as i32);
            running.stdout.next();
            let line = lines.next().expect("a line").expect("a terminal");
            assert!(line.starts_with("rinit: ") && line.contains(signal), "{line}");
        }
    });
}

/// Another description of the terminal is rinit's own: the child's does not become one that fails to write
/// when the terminal is slow, nor is a descriptor more open.
#[test]
fn the_childs_terminal_blocks_as_the_callers_does() {
    everywhere(|position| {
        let (master, slave) = terminal();
        let launch = with(Launch::init(position).args(["-vv"]), &[0, 2], &slave);
        let mut running = launch.probe(&["signals"]).start().ready();
        running.signal(libc::SIGUSR1);
        running.stdout.expect(&libc::SIGUSR1.to_string());
        eventually_eq(Some('S'), || proc::state(running.pid));
        for descriptor in [0, 2] {
            assert!(!flags(running.child(), descriptor).contains(OFlag::O_NONBLOCK));
        }
        let open = fs::read_dir(format!("/proc/{}/fd", running.pid)).expect("it runs").count();
        assert_eq!(open, 3);
        drop((master, slave));
    });
}

/// rinit and the child write to one file by one description, as after `>log 2>&1`.
#[test]
fn of_a_file_to_which_the_child_writes_too_not_a_byte_is_lost() {
    everywhere(|position| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let launch = with(Launch::init(position).args(["-vv"]), &[1, 2], &File::create(&path).unwrap());
        let mut running = launch.probe(&["signals"]).start();
        let lines = || fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
        eventually("ready", || lines().contains(&"ready".to_owned()).then_some(()));
        let signal = libc::SIGRTMIN().to_string();
        send_signals(&running, |sent| {
            eventually_eq(sent, || lines().iter().filter(|line| **line == signal).count());
        });
        harness::send(running.child(), libc::SIGKILL);
        running.wait();
        let (said, others): (Vec<_>, Vec<_>) =
            lines().into_iter().partition(|line| line.starts_with("rinit: "));
        let forwarded = said.iter().filter(|line| line.contains("SIGRTMIN")).count();
        assert_eq!(forwarded, SIGNALS, "{:?}", said.last());
        assert_eq!(said.len(), SIGNALS + 1, "{:?}", said.last()); // and how the child ended
        assert_eq!(others.len(), SIGNALS + 1, "{:?}", others.last()); // and `ready`
    });
}
