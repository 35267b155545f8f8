//! A system call that a seccomp filter or the kernel refuses costs what it does, and not the rest.

use super::{CODE, is_within};
use crate::harness::{
    self, End, Launch, Output, Position, Running, eventually_eq, everywhere, proc, queue, send,
};
use nix::libc::{self, c_long, c_ulong};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// What filters refuse with: Docker's, and those of engines whose default is an old kernel's.
const ERRORS: [i32; 2] = [libc::EPERM, libc::ENOSYS];

/// The steps of a seccomp(2) filter.
pub const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
pub const IS_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
pub const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// One of them: its code, its number, and how many steps it leaves out if that is so and if not.
pub fn step(code: u32, number: u32, [if_so, if_not]: [u8; 2]) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: if_so, jf: if_not, k: number }
}

/// For [`Launch::caller`]: a filter of these steps, in all that comes after it.
pub fn filter(steps: Vec<libc::sock_filter>) -> impl Fn() + 'static {
    move || {
        let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_ptr().cast_mut() };
        // SAFETY: integers, and a program that is alive.
        let set = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER as c_ulong, &raw const program)
                    == 0
        };
        harness::must(if set { Ok(()) } else { Err(()) });
    }
}

/// One that refuses these system calls.
pub fn refuse(calls: &[c_long], error: i32) -> impl Fn() + 'static {
    // In a filter for i386 programs the others, which have other numbers, are not refused anything.
    const ARCHITECTURE: u32 = 4;
    let is_i386 = harness::target().machine == goblin::elf::header::EM_386;
    let calls: Vec<_> = match is_i386 {
        true => calls.iter().flat_map(|call| harness::target::to_i386(*call)).collect(),
        false => calls.to_vec(),
    };
    let mut steps = vec![];
    if is_i386 {
        steps.push(step(LOAD, ARCHITECTURE, [0, 0]));
        steps.push(step(IS_EQUAL, harness::target::AUDIT_ARCH_I386, [1, 0]));
        steps.push(step(RETURN, libc::SECCOMP_RET_ALLOW, [0, 0]));
    }
    steps.push(step(LOAD, 0, [0, 0])); // the call's number
    for (index, call) in calls.iter().enumerate() {
        steps.push(step(IS_EQUAL, *call as u32, [(calls.len() - index) as u8, 0]));
    }
    steps.push(step(RETURN, libc::SECCOMP_RET_ALLOW, [0, 0]));
    steps.push(step(RETURN, libc::SECCOMP_RET_ERRNO | error as u32, [0, 0]));
    filter(steps)
}

/// A child that exits on SIGUSR1, below an init to which calls are refused.
fn refused(position: Position, calls: &[c_long], error: i32) -> Launch {
    Launch::init(position).caller(refuse(calls, error)).probe(&["trap", "10", &CODE.to_string()])
}

/// The time that a process has had of a CPU.
pub fn cpu_time(pid: Pid) -> Duration {
    let ticks: u64 = proc::stat(pid, [14, 15]).expect("it runs").iter().sum();
    Duration::from_millis(ticks * 10) // USER_HZ is 100
}

/// It waits for a length of time: that nothing happens has no event. On a busy machine a process that spins
/// may get little of the CPU; that it has been interrupted shows then.
fn sleeps(pid: Pid) {
    eventually_eq(Some('S'), || proc::state(pid));
    let interrupted = || proc::status_number(pid, "nonvoluntary_ctxt_switches");
    let before = (cpu_time(pid), interrupted());
    std::thread::sleep(Duration::from_secs(1));
    let (used, interruptions) = (cpu_time(pid) - before.0, interrupted() - before.1);
    assert!(used < Duration::from_millis(100) && interruptions < 20, "{used:?}, {interruptions} times");
}

/// Its child ends by itself; returns what it has said when it has ended too, with the child's code.
fn ends_with_its_child(mut running: Running) -> String {
    send(running.child(), libc::SIGUSR1);
    running.stdout.expect("got 10");
    assert_eq!(running.code(), CODE);
    running.stderr.rest()
}

#[test]
fn without_the_wait_for_signals_rinit_sleeps_says_so_and_gives_the_childs_code() {
    everywhere(|position| {
        for error in ERRORS {
            let running = refused(position, &[libc::SYS_rt_sigtimedwait], error).start().ready();
            sleeps(running.pid);
            let said = ends_with_its_child(running);
            assert!(said.starts_with("rinit: ") && said.contains("forward"), "{said:?}");
            let more: Vec<_> = said.lines().skip(1).filter(|line| !line.starts_with("hint: ")).collect();
            assert!(more.is_empty(), "it is said once: {said:?}");
        }
    });
}

#[test]
fn without_the_wait_for_signals_orphans_are_reaped() {
    everywhere(|position| {
        for error in ERRORS {
            for calls in [&[libc::SYS_rt_sigtimedwait][..], &[libc::SYS_wait4, libc::SYS_rt_sigtimedwait]] {
                let launch = Launch::init(position).caller(refuse(calls, error));
                let running = launch.probe(&["orphans", "10"]).start().ready();
                eventually_eq((vec![], 1), || {
                    (proc::zombies(running.pid), proc::children(running.pid).len())
                });
            }
        }
    });
}

/// What was left for the timed part of a wait is not left out.
#[test]
fn without_the_wait_for_signals_a_grace_ends_in_time() {
    everywhere(|position| {
        for error in ERRORS {
            is_within(Duration::from_secs(2), || {
                let script = format!("trap 'exit {CODE}' USR1; $PROBE wait & read line <$PIPE");
                let folder = tempfile::tempdir().unwrap();
                let pipe = folder.path().join("pipe");
                nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
                let ignores = "trap '' TERM; ".to_owned() + &script;
                let launch = Launch::init(position).args(["--grace", "1"]).env("PROBE", harness::probe());
                let launch = launch.caller(refuse(&[libc::SYS_rt_sigtimedwait], error)).env("PIPE", &pipe);
                let mut running = launch.shell(&ignores).start().ready();
                let survivor = harness::below(running.child(), "probe");
                let start = Instant::now();
                send(running.child(), libc::SIGUSR1);
                assert_eq!(running.code(), CODE);
                let took = start.elapsed();
                assert!(took >= Duration::from_secs(1), "{took:?}");
                proc::ended(survivor);
                took
            });
        }
    });
}

/// A look counts as a quarter of a second then.
#[test]
fn without_a_clock_a_grace_and_a_stop_end_all_the_same() {
    everywhere(|position| {
        for error in ERRORS {
            let clock = [libc::SYS_clock_gettime];
            let launch = Launch::init(position).args(["--grace", "1"]).caller(refuse(&clock, error));
            assert_eq!(launch.shell("trap '' TERM; sleep 1000 & exit 7").output().code(), CODE);
            let launch = Launch::init(position).args(["--stop", "TERM/1/KILL"]).caller(refuse(&clock, error));
            let mut running =
                launch.shell("trap '' TERM; echo ready; while :; do wait; done").start().ready();
            running.signal(libc::SIGTERM);
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        }
    });
}

/// kill(2) has no value to give, but the signal.
#[test]
fn without_rt_sigqueueinfo_a_queued_signal_reaches_the_child_all_the_same() {
    everywhere(|position| {
        for error in ERRORS {
            let mut running = refused(position, &[libc::SYS_rt_sigqueueinfo], error).start().ready();
            assert!(queue(running.pid, libc::SIGUSR1, 1));
            running.stdout.expect("got 10");
            assert_eq!(running.code(), CODE);
            assert_eq!(running.stderr.rest(), "");
        }
    });
}

#[test]
fn without_wait4_rinit_sleeps_forwards_signals_and_gives_the_childs_code() {
    everywhere(|position| {
        for error in ERRORS {
            let mut running = refused(position, &[libc::SYS_wait4], error).start().ready();
            sleeps(running.pid);
            running.signal(libc::SIGUSR1);
            running.stdout.expect("got 10");
            assert_eq!(running.code(), CODE);
        }
    });
}

#[test]
fn without_either_rinit_sleeps_and_gives_the_childs_code() {
    everywhere(|position| {
        for error in ERRORS {
            let calls = [libc::SYS_wait4, libc::SYS_rt_sigtimedwait];
            let running = refused(position, &calls, error).start().ready();
            sleeps(running.pid);
            let said = ends_with_its_child(running);
            assert!(said.contains("forward"), "{said}");
        }
    });
}

/// A code that says how the child was killed needs it read as waitid(2) gives it.
#[test]
fn without_wait4_a_killed_childs_code_is_that_of_its_signal() {
    a_killed_childs_code_is_kept_without(libc::SYS_wait4);
}

fn a_killed_childs_code_is_kept_without(call: c_long) {
    everywhere(|position| {
        for error in ERRORS {
            let options = ["-e", "137:9"]; // a code, also where rinit would die of the signal itself
            let launch = Launch::init(position).args(options).caller(refuse(&[call], error));
            let mut running = launch.probe(&["wait"]).start().ready();
            send(running.child(), libc::SIGKILL);
            assert_eq!(running.code(), 9);
        }
    });
}

/// Errors that have a meaning of their own, of which none is true of a child that has ended.
#[test]
fn a_wait4_that_says_there_is_no_child_or_is_interrupted_does_not_hide_the_childs_end() {
    everywhere(|position| {
        for error in [libc::ECHILD, libc::EINTR] {
            let running = refused(position, &[libc::SYS_wait4], error).start().ready();
            sleeps(running.pid);
            assert_eq!(ends_with_its_child(running), "");
        }
    });
}

/// A wait that returns at once is not to become a loop without a rest.
#[test]
fn a_wait_for_signals_that_is_always_interrupted_takes_little_of_the_cpu() {
    everywhere(|position| {
        for error in [libc::EINTR, libc::EAGAIN] {
            let running = refused(position, &[libc::SYS_rt_sigtimedwait], error).start().ready();
            let before = cpu_time(running.pid);
            std::thread::sleep(Duration::from_secs(1));
            let used = cpu_time(running.pid) - before;
            assert!(used < Duration::from_millis(200), "{used:?}");
            // On a busy machine a loop without a rest gets little too, but gives nothing up by itself.
            let rests = || proc::status_number(running.pid, "voluntary_ctxt_switches");
            let enough = rests() + 100;
            eventually_eq(true, || rests() >= enough);
            assert_eq!(ends_with_its_child(running), "");
        }
    });
}

/// SIGCHLD itself says which child has ended, and how.
#[test]
fn without_wait4_and_waitid_the_childs_code_is_known_from_its_signal() {
    everywhere(|position| {
        for error in ERRORS {
            let calls = [libc::SYS_wait4, libc::SYS_waitid];
            let mut running = refused(position, &calls, error).start().ready();
            sleeps(running.pid);
            running.signal(libc::SIGUSR1);
            running.stdout.expect("got 10");
            assert_eq!(running.code(), CODE);
        }
    });
}

#[test]
fn without_wait4_and_waitid_the_end_of_another_is_not_the_childs() {
    everywhere(|position| {
        let calls = [libc::SYS_wait4, libc::SYS_waitid];
        let mut running = refused(position, &calls, libc::EPERM).with_earlier_child().start().ready();
        let other = harness::below(running.pid, "sleep");
        sleeps(running.pid);
        send(other, libc::SIGKILL);
        eventually_eq(Some('Z'), || proc::state(other));
        running.signal(libc::SIGUSR1);
        running.stdout.expect("got 10");
        assert_eq!(running.code(), CODE);
    });
}

/// It would else sit beside the child's zombie for ever.
#[test]
fn without_any_call_that_tells_of_the_childs_end_rinit_says_so_and_ends() {
    everywhere(|position| {
        for error in ERRORS {
            let calls = [libc::SYS_wait4, libc::SYS_waitid, libc::SYS_rt_sigtimedwait];
            let mut running = refused(position, &calls, error).start();
            let said = running.stderr.next();
            assert!(said.starts_with("rinit: forward signals: "), "{said:?}");
            assert_eq!(running.code(), 125);
        }
    });
}

/// With no child to wait for there is nothing that could end it but SIGKILL.
#[test]
fn a_pause_that_cannot_be_told_to_end_says_so_and_ends() {
    everywhere(|position| {
        for error in ERRORS {
            let launch = Launch::init(position).args(["--pause"]);
            let output = launch.caller(refuse(&[libc::SYS_rt_sigtimedwait], error)).output();
            assert_eq!(output.code(), 125, "{output:?}");
            assert!(output.stderr.starts_with("rinit: forward signals: "), "{output:?}");
            assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        }
    });
}

/// The child dies of a signal, since the C library has no other way to exit.
#[test]
fn without_exit_group_rinit_ends_with_the_childs_code() {
    a_killed_childs_code_is_kept_without(libc::SYS_exit_group);
}

/// Nothing is left to exit by, and a loop would keep the container for ever. An instruction that is none raises SIGILL,
/// on some architectures SIGTRAP.
#[test]
fn without_exit_group_and_exit_rinit_ends_by_a_signal() {
    everywhere(|position| {
        for error in ERRORS {
            let calls = [libc::SYS_exit_group, libc::SYS_exit];
            let launch = Launch::init(position).args(["-e", "137:9"]).caller(refuse(&calls, error));
            let mut running = launch.probe(&["wait"]).start().ready();
            send(running.child(), libc::SIGKILL);
            let (End::Killed(signal) | End::DumpedCore(signal)) = running.wait() else {
                panic!("it was not killed");
            };
            assert!([libc::SIGILL, libc::SIGTRAP].contains(&signal), "{signal}");
        }
    });
}

/// With SIGCHLD ignored, as rinit may have inherited it, the kernel tells nobody how the child ends.
#[test]
fn without_a_way_to_have_sigchld_reset_no_child_is_started() {
    everywhere(|position| {
        for error in ERRORS {
            let launch = Launch::init(position).caller(refuse(&[libc::SYS_rt_sigaction], error));
            let Output { end: _, stdout, stderr } = output_with_code(launch, 125);
            assert_eq!(stdout, "");
            assert!(stderr.starts_with("rinit: ") && stderr.lines().count() == 1, "{stderr:?}");
        }
    });
}

/// Before the spawn nothing is lost yet.
#[test]
fn without_a_way_to_block_signals_no_child_is_started() {
    everywhere(|position| {
        for error in ERRORS {
            let launch = Launch::init(position).caller(refuse(&[libc::SYS_rt_sigprocmask], error));
            let Output { end: _, stdout, stderr } = output_with_code(launch, 125);
            assert_eq!(stdout, "");
            assert!(stderr.starts_with("rinit: "), "{stderr:?}");
        }
    });
}

/// Runs a command that would print a line, to its end.
fn output_with_code(launch: Launch, code: i32) -> Output {
    let output = launch.command(["/bin/echo", "started"]).output();
    assert_eq!(output.code(), code, "{output:?}");
    output
}
