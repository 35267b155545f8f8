//! rinit itself keeps nothing of its caller's.

use crate::harness;
use crate::harness::terminal::Terminal;
use crate::harness::{Launch, Position, eventually_eq, everywhere, keep_as, must, proc};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::fd::{AsRawFd, IntoRawFd};

#[test]
fn descriptors_above_2_are_closed_in_rinit_and_open_in_the_child() {
    everywhere(|position| {
        let caller = || {
            for descriptor in [7, 1500] {
                keep_as(descriptor, must(File::open("/dev/null")).into_raw_fd());
            }
        };
        let running = Launch::init(position).caller(caller).probe(&["wait"]).start().ready();
        // The child may be faster than rinit, which closes them once the child has exec'd.
        eventually_eq(vec![0, 1, 2], || proc::descriptors(running.pid));
        let child = proc::descriptors(running.child());
        assert!(child.contains(&7) && child.contains(&1500), "{child:?}");
    });
}

/// rinit has looked for a terminal by then, and has closed what it has opened for that.
#[test]
fn a_closed_standard_stream_stays_closed_on_a_terminal() {
    everywhere(|position| {
        for closed in 0..=2 {
            let caller = move || must(nix::unistd::close(closed));
            let launch = Launch::init(position).on_terminal().caller(caller);
            let running = launch.command(["/bin/sleep", "1000"]).start();
            let others: Vec<_> = (0..=2).filter(|number| *number != closed as u32).collect();
            let child = running.child();
            harness::eventually_eq(Some("sleep".into()), || proc::name(child));
            let standard = |pid| {
                let mut numbers = proc::descriptors(pid);
                numbers.retain(|number| *number <= 2); // the caller of the tests may have given more
                numbers
            };
            harness::eventually_eq((others.clone(), others), || (standard(running.pid), standard(child)));
        }
    });
}

#[test]
fn rinits_working_directory_is_the_root_and_the_childs_is_the_callers() {
    everywhere(|position| {
        let caller = || must(nix::unistd::chdir("/usr/bin"));
        let running = Launch::init(position).caller(caller).probe(&["wait"]).start().ready();
        let directory = |pid| fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
        eventually_eq("/".into(), || directory(running.pid));
        assert_eq!(directory(running.child()).to_str(), Some("/usr/bin"));
    });
}

/// capability.h's numbers, as bits of the sets in proc(5).
const KILL: u64 = 1 << 5;
const NET_BIND_SERVICE: u64 = 1 << 10;

/// The inheritable, permitted, effective and ambient capabilities of a process.
fn capabilities(pid: Pid) -> [u64; 4] {
    ["CapInh", "CapPrm", "CapEff", "CapAmb"].map(|field| {
        let digits = proc::status(pid, field).expect("the process is there");
        u64::from_str_radix(&digits, 16).expect("hexadecimal digits")
    })
}

/// It may have to signal a child that has become another user.
#[test]
fn rinit_keeps_no_capability_but_that_to_signal() {
    everywhere(|position| {
        let has_all = position == Position::Pid1 || nix::unistd::geteuid().is_root();
        let kept = if has_all { KILL } else { 0 };
        for options in [&[][..], &["-g"], &["--session"], &["--grace", "1"]] {
            let running = Launch::init(position).args(options).probe(&["wait"]).start().ready();
            // The child may be faster than rinit, which drops them once the child has exec'd.
            eventually_eq([0, kept, kept, 0], || capabilities(running.pid));
            let [_, permitted, effective, _] = capabilities(running.child());
            assert!(
                !has_all || permitted & !KILL != 0 && effective == permitted,
                "{permitted:x} {effective:x}"
            );
        }
    });
}

/// It has no child to signal then, and no more than that capability.
#[test]
fn with_pause_it_keeps_no_other_either() {
    everywhere(|position| {
        let running = Launch::init(position).args(["--pause"]).start();
        eventually_eq(0, || capabilities(running.pid).into_iter().fold(0, |all, set| all | set) & !KILL);
    });
}

#[test]
fn rinit_keeps_none_where_it_has_not_had_that_one() {
    everywhere(|position| {
        let running = Launch::init(position).without_kill().probe(&["wait"]).start().ready();
        eventually_eq([0; 4], || capabilities(running.pid));
    });
}

/// As a program that its image or unit runs as a user, with capabilities that are to go on to others.
#[test]
fn inheritable_and_ambient_capabilities_go_on_to_the_child_and_not_to_rinit() {
    if !harness::is_root_or_skip("capabilities for another user") {
        return;
    }
    everywhere(|position| {
        for had in [NET_BIND_SERVICE, NET_BIND_SERVICE | KILL] {
            let user_with_them = move || {
                // SAFETY: integers, and a header and three sets of 64 bits each in halves, capset(2).
                unsafe {
                    libc::prctl(libc::PR_SET_KEEPCAPS, 1);
                    harness::set_user(54321);
                    let header = [0x2008_0522u32, 0];
                    let sets = [had as u32, had as u32, had as u32, 0, 0, 0];
                    must(match libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) {
                        0 => Ok(()),
                        _ => Err(()),
                    });
                    for number in (0..64).filter(|number| had & (1u64 << number) != 0) {
                        let raised =
                            libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE, number, 0, 0);
                        must(if raised == 0 { Ok(()) } else { Err(()) });
                    }
                }
            };
            let running = Launch::init(position).caller(user_with_them).probe(&["wait"]).start().ready();
            assert_eq!(capabilities(running.child()), [had; 4]);
            let kept = had & KILL;
            eventually_eq([kept; 2], || {
                let [_, permitted, effective, _] = capabilities(running.pid);
                [permitted, effective]
            });
            let [inheritable, _, _, ambient] = capabilities(running.pid);
            assert_eq!((inheritable | ambient) & !kept, 0, "{inheritable:x} {ambient:x}");
        }
    });
}

/// As with `sudo rinit` and `su`, whose terminal stays its user's. rinit may not open that any more, once it has
/// no capability to, and messages that nobody reads must not hold it up all the same.
#[test]
fn a_terminal_of_another_user_that_nobody_reads_does_not_hold_up_rinit_without_its_capabilities() {
    if !harness::is_root_or_skip("a terminal of another user") {
        return;
    }
    everywhere(|position| {
        for owner in [0, 54321] {
            eprintln!("the terminal's owner: {owner}");
            let (_unread, slave) = Terminal::open();
            let mut settings = tcgetattr(&slave).unwrap();
            settings.output_flags.insert(OutputFlags::OPOST); // as it is by default
            tcsetattr(&slave, SetArg::TCSANOW, &settings).unwrap();
            let is_stderr = move || {
                // SAFETY: descriptors and integers.
                let done = unsafe {
                    libc::fchown(slave.as_raw_fd(), owner, owner) == 0
                        && libc::fchmod(slave.as_raw_fd(), 0o620) == 0
                        && libc::dup2(slave.as_raw_fd(), 2) == 2
                };
                must(if done { Ok(()) } else { Err(()) });
            };
            let launch = Launch::init(position).args(["-vv"]).caller(is_stderr);
            let mut running = launch.probe(&["count", "64"]).start().ready();
            for _ in 0..3000 {
                running.signal(36);
            }
            running.signal(64);
            assert_eq!(running.stdout.next(), "36x3000 64x1");
            assert_eq!(running.code(), 0);
        }
    });
}

/// An eighth of the places for pending signals, getrlimit(2): see `sys::signal::leave_places_in_the_queue`.
#[test]
fn rinit_lets_senders_have_fewer_places_for_pending_signals_and_the_child_all_of_them() {
    let limit = || setrlimit(Resource::RLIMIT_SIGPENDING, 1000, 2000);
    everywhere(|position| {
        let launch = Launch::init(position).caller(move || must(limit()));
        let running = launch.probe(&["wait"]).start().ready();
        let limits = |pid| {
            let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
            let line = limits.lines().find_map(|line| line.strip_prefix("Max pending signals"));
            line.unwrap().split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(limits(running.child()), ["1000", "2000"]);
        eventually_eq(["875", "2000"].map(str::to_owned).to_vec(), || limits(running.pid));
    });
}

#[test]
fn no_signal_is_handled_by_a_function() {
    everywhere(|position| {
        let running = Launch::init(position).probe(&["wait"]).start().ready();
        assert_eq!(proc::status(running.pid, "SigCgt").as_deref(), Some("0000000000000000"));
    });
}
