//! The program that the tests run under an init. It prints `ready` when it can be acted upon.

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{SigHandler, SigSet, Signal, raise};
use nix::sys::wait::waitpid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{ForkResult, Pid, fork, getpgid, getppid, setpgid, setsid};
use std::ffi::CString;
use std::io::{Read, Write};
use std::iter;
use std::mem;
use std::net::TcpListener;
use std::os::fd::FromRawFd;
use std::process::exit;
use std::ptr;
use std::sync::{Arc, Barrier};
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["signals"] => print_signals(),
        ["count", last] => count(number(last)),
        ["endure", count, code] => endure(number(count), number(code)),
        ["values"] => check_values(),
        ["trap", signal, code] => trap(number(signal), number(code)),
        ["family", members @ ..] => family(members),
        ["wait"] => wait(),
        ["console"] => console(),
        ["die", signal] => die(number(signal)),
        ["parent-death-signal"] => say_parent_death_signal(),
        ["orphans", count] => orphans(number(count)),
        ["waves", count, size, code] => waves(number(count), number(size), number(code)),
        ["brood", counts @ ..] => brood(counts),
        ["ignoring-brood", counts @ ..] => ignoring_brood(counts),
        ["forking-brood", count] => forking_brood(number(count)),
        ["stamp"] => stamp(),
        ["leave-group"] => leave_group(),
        ["bomb", "of-processes"] => bomb(0),
        ["bomb", "of-threads"] => bomb(3),
        ["bomb", "of-copies"] => bomb_of_copies(),
        ["bomb", "of-orphans"] => bomb_of_orphans(),
        ["stop-in-group-1"] => stop_in_group_1(),
        ["become-user", user] => become_user(number(user) as u32),
        ["eat-memory"] => eat_memory(),
        ["execvp", command @ ..] => execvp(command),
        ["serve"] => serve(),
        _ => panic!("probe: {arguments:?}?"),
    }
}

fn number(text: &str) -> c_int {
    text.parse().expect("a number")
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("stdout takes it");
}

/// Waits to be killed.
fn wait() -> ! {
    say("ready");
    loop {
        nix::unistd::pause();
    }
}

/// Prints each line that it reads, each SIGTERM and SIGINT, and the end of its input, and then waits to be killed.
/// The line `quit` ends it, with the code 5.
fn console() -> ! {
    let mut signals =
        signal_hook::iterator::Signals::new([libc::SIGTERM, libc::SIGINT]).expect("they can be caught");
    std::thread::spawn(move || signals.forever().for_each(|signal| say(&signal.to_string())));
    say("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("it can be read");
        say(&format!("{line:?}"));
        if line == "quit" {
            exit(5);
        }
    }
    say("end");
    loop {
        nix::unistd::pause();
    }
}

/// Dies of a signal, whatever was inherited.
fn die(signal: c_int) -> ! {
    // The kernel's sigaction, all zero, is the default action; the C library keeps signals 32 and 33 to itself.
    let (default, all) = ([0u64; 4], u64::MAX);
    // SAFETY: the kernel reads a structure of 32 bytes and a signal set of 8.
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), 0, 8);
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_UNBLOCK, &raw const all, 0, 8);
        libc::syscall(libc::SYS_kill, libc::getpid(), signal);
    }
    panic!("signal {signal} has not killed the process");
}

/// Prints the signal that it is to get when its parent ends, prctl(2), and waits to be killed.
fn say_parent_death_signal() -> ! {
    let mut signal: c_int = -1;
    // SAFETY: the kernel writes an integer.
    unsafe { libc::prctl(libc::PR_GET_PDEATHSIG, &raw mut signal) };
    say(&format!("parent-death signal {signal}"));
    wait()
}

/// Prints each signal that it receives, with its value if it came with one. The system calls are
/// made directly, because the C library keeps signals 32 and 33 to itself.
fn print_signals() -> ! {
    receive_signals(|info| {
        if info.si_code == libc::SI_QUEUE {
            // SAFETY: a queued signal has a value.
            let value = unsafe { info.si_value() }.sival_ptr as usize;
            say(&format!("{} with {value}", info.si_signo));
        } else {
            say(&info.si_signo.to_string());
        }
    })
}

/// Counts signals, and on `last` prints in which order and how many came: `34x1000 35x10`.
fn count(last: c_int) -> ! {
    let mut runs: Vec<(c_int, usize)> = vec![];
    receive_signals(|info| {
        match runs.last_mut() {
            Some((signal, count)) if *signal == info.si_signo => *count += 1,
            _ => runs.push((info.si_signo, 1)),
        }
        if info.si_signo == last {
            let runs: Vec<_> = runs.iter().map(|(signal, count)| format!("{signal}x{count}")).collect();
            say(&runs.join(" "));
            exit(0);
        }
    })
}

/// Exits with `code` when that many signals have come.
fn endure(count: c_int, code: c_int) -> ! {
    let mut left = count;
    receive_signals(|_| {
        left -= 1;
        if left == 0 {
            exit(code);
        }
    })
}

/// Counts the first real-time signal, and how many of them have a higher value than all before; on the last
/// real-time signal prints both.
fn check_values() -> ! {
    let (mut count, mut in_order, mut next) = (0, 0, 0);
    receive_signals(|info| {
        if info.si_signo == libc::SIGRTMAX() {
            say(&format!("{count} came, {in_order} in order"));
            exit(0);
        }
        if info.si_signo != libc::SIGRTMIN() {
            return;
        }
        // SAFETY: a signal that was queued has a value, and of another the bytes are zero.
        let value = unsafe { info.si_value() }.sival_ptr as usize;
        count += 1;
        if info.si_code == libc::SI_QUEUE && value >= next {
            in_order += 1;
            next = value + 1;
        }
    })
}

fn receive_signals(mut receive: impl FnMut(&libc::siginfo_t)) -> ! {
    let all = u64::MAX;
    // SAFETY: the kernel's signal set is 8 bytes.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &raw const all, 0, 8) };
    say("ready");
    loop {
        // SAFETY: any bytes are a siginfo_t, and the kernel writes one.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let timeout: *const libc::timespec = ptr::null();
        // SAFETY: as above.
        let signal =
            unsafe { libc::syscall(libc::SYS_rt_sigtimedwait, &raw const all, &raw mut info, timeout, 8) };
        if signal > 0 {
            receive(&info);
        }
    }
}

/// Exits with `code` when `signal` comes, having said so.
fn trap(signal: c_int, code: c_int) -> ! {
    let mut signals = signal_hook::iterator::Signals::new([signal]).expect("it can be caught");
    say("ready");
    let signal = signals.forever().next().expect("signals come for ever");
    say(&format!("got {signal}"));
    exit(code);
}

/// For each further `SIGNAL:CODE` leaves an orphan, in a session of its own. These and the child each print the signals
/// that they get, as `NUMBER got SIGNAL`, and exit with their code when their signal has come.
fn family(members: &[&str]) -> ! {
    SigSet::all().thread_block().expect("they can be blocked");
    let orphan = (1..members.len()).find(|_| match make_process() {
        ForkResult::Parent { child } => waitpid(child, None).is_err(),
        ForkResult::Child => match make_process() {
            ForkResult::Parent { .. } => exit(0),
            ForkResult::Child => setsid().is_ok(),
        },
    });
    let number_of_this = orphan.unwrap_or(0);
    let (signal, code) = members[number_of_this].split_once(':').expect("SIGNAL:CODE");
    receive_signals(|info| {
        if ![libc::SIGCHLD, libc::SIGCONT].contains(&info.si_signo) {
            say(&format!("{number_of_this} got {}", info.si_signo));
        }
        if info.si_signo == number(signal) {
            exit(number(code));
        }
    })
}

/// Leaves that many orphans again and again, which have ended or do so soon, and exits with `code` when SIGTERM comes.
fn waves(count: c_int, size: c_int, code: c_int) -> ! {
    for _ in 0..count {
        match make_process() {
            ForkResult::Parent { child } => waitpid(child, None).map(drop).expect("it is a child"),
            ForkResult::Child => {
                (0..size).for_each(|_| ending_child());
                exit(0);
            }
        }
    }
    trap(libc::SIGTERM, code)
}

/// Makes a child in the same memory, which ends at once; where there is no room for it, as soon as there is.
fn ending_child() {
    loop {
        let mut result = libc::SYS_clone;
        // SAFETY: the child stays between the labels and has all that it needs in registers.
        unsafe {
            std::arch::asm!(
                "syscall",
                "test rax, rax",
                "jnz 3f",
                "mov eax, {exit}",
                "xor edi, edi",
                "syscall",
                "3:",
                exit = const libc::SYS_exit,
                inout("rax") result,
                inout("rdi") libc::CLONE_VM | libc::SIGCHLD => _,
                in("rsi") 0, // the same stack
                out("rcx") _,
                out("r11") _,
                options(nostack)
            );
        }
        match Errno::from_raw(-result as i32) {
            Errno::EAGAIN => std::thread::yield_now(),
            error => return assert!(result > 0, "clone: {error}"),
        }
    }
}

/// Leaves that many orphans, which end as soon as the last is made.
fn orphans(count: c_int) -> ! {
    let (reader, writer) = nix::unistd::pipe().expect("a pipe");
    let parent = match make_process() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            drop(writer);
            for _ in 0..count {
                if make_process().is_child() {
                    // Ends when the last of the orphans' ancestors closes the other end.
                    let _ = nix::unistd::read(&reader, &mut [0]);
                    exit(0);
                }
            }
            exit(0);
        }
    };
    let _ = waitpid(parent, None); // with SIGCHLD ignored it gives ECHILD, once the parent has ended
    drop((reader, writer));
    wait()
}

/// fork(2); where there is no room for another process, as soon as there is.
fn make_process() -> ForkResult {
    loop {
        // SAFETY: this program has one thread.
        match unsafe { fork() } {
            Err(Errno::EAGAIN) => std::thread::yield_now(),
            forked => return forked.expect("fork"),
        }
    }
}

/// Leaves that many orphans, which live until they are killed, in a process group for each count. They share
/// their memory, so that tens of thousands are no burden.
fn brood(counts: &[&str]) -> ! {
    for count in counts {
        match make_process() {
            ForkResult::Parent { child } => {
                waitpid(child, None).expect("it is a child");
            }
            ForkResult::Child => {
                setpgid(Pid::this(), Pid::this()).expect("a group of its own");
                (0..number(count)).for_each(|_| sharing_child());
                exit(0);
            }
        }
    }
    wait()
}

/// The same, and no signal that may be ignored ends them.
fn ignoring_brood(counts: &[&str]) -> ! {
    ignore_requests();
    // SAFETY: the default action is no function of ours.
    unsafe { nix::sys::signal::signal(Signal::SIGCHLD, SigHandler::SigDfl) }.expect("it can be set");
    brood(counts)
}

/// Leaves that many orphans, each of which makes a process whenever SIGTERM comes, and so do those.
fn forking_brood(count: c_int) -> ! {
    SigSet::from(Signal::SIGTERM).thread_block().expect("it can be blocked");
    match make_process() {
        ForkResult::Parent { child } => {
            waitpid(child, None).expect("it is a child");
            wait()
        }
        ForkResult::Child => {
            (0..count).for_each(|_| forking_child());
            exit(0);
        }
    }
}

/// Makes a child in the same memory, which waits for SIGTERM and makes another then, which does so too.
fn forking_child() {
    const TERM: u64 = 1 << (libc::SIGTERM - 1);
    let mut result = libc::SYS_clone;
    // SAFETY: the child stays between the labels, and has all that it needs in registers but a constant.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 3f",
            "2:",
            "mov eax, {wait}",
            "mov rdi, {set}",
            "xor esi, esi", // no siginfo_t
            "xor edx, edx", // no timeout
            "mov r10d, 8",
            "syscall",
            "mov eax, {clone}",
            "mov edi, {flags}",
            "xor esi, esi", // the same stack
            "syscall",
            "jmp 2b",
            "3:",
            wait = const libc::SYS_rt_sigtimedwait,
            clone = const libc::SYS_clone,
            flags = const libc::CLONE_VM | libc::SIGCHLD,
            set = in(reg) &raw const *Box::leak(Box::new(TERM)),
            inout("rax") result,
            inout("rdi") libc::CLONE_VM | libc::SIGCHLD => _,
            inout("rsi") 0 => _, // the same stack
            out("rdx") _,
            out("r10") _,
            out("rcx") _,
            out("r11") _,
            options(nostack)
        );
    }
    assert!(result > 0, "clone: {}", Errno::from_raw(-result as i32));
}

/// Makes a child in the same memory, which sleeps and touches none of it.
fn sharing_child() {
    let mut result = libc::SYS_clone;
    // SAFETY: the child stays between the labels and has all that it needs in registers.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 3f",
            "2:",
            "mov eax, {pause}",
            "syscall",
            "jmp 2b",
            "3:",
            pause = const libc::SYS_pause,
            inout("rax") result,
            in("rdi") libc::CLONE_VM | libc::SIGCHLD,
            in("rsi") 0, // the same stack
            out("rcx") _,
            out("r11") _,
            options(nostack)
        );
    }
    assert!(result > 0, "clone: {}", Errno::from_raw(-result as i32));
}

/// Writes when signals came: for each but the first real-time one, which is counted, the nanoseconds of
/// CLOCK_MONOTONIC and the count.
fn stamp() -> ! {
    let mut count = 0u64;
    receive_signals(|info| {
        let now = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).expect("there is one"));
        if info.si_signo == libc::SIGRTMIN() {
            count += 1;
            return;
        }
        let stamp = [now.as_nanos() as u64, count].map(u64::to_le_bytes);
        std::io::stdout().write_all(stamp.as_flattened()).expect("stdout takes it");
        std::io::stdout().flush().expect("stdout takes it");
        count = 0;
    })
}

/// Moves to its parent's process group, and so leaves its own without a member.
fn leave_group() -> ! {
    let group = getpgid(Some(getppid())).expect("the parent has a group");
    setpgid(Pid::this(), group).expect("it is in the same session");
    print_signals()
}

/// Moves to process group 1, which PID 1 leads in the same session, and stops.
fn stop_in_group_1() -> ! {
    setpgid(Pid::this(), Pid::from_raw(1)).expect("PID 1 leads a group in the same session");
    say("ready");
    raise(Signal::SIGSTOP).expect("it can be sent");
    wait()
}

/// Makes processes for ever, each of which does so too, and so do `threads` of this one's own. Only what
/// bounds the number of processes in advance may run this, such as a cgroup.
fn bomb(threads: usize) -> ! {
    ignore_requests();
    // All threads are there before there is no room left.
    let start = Arc::new(Barrier::new(threads + 1));
    for start in iter::repeat_n(start.clone(), threads) {
        std::thread::spawn(move || -> () {
            start.wait();
            make_processes()
        });
    }
    say("ready");
    start.wait();
    make_processes()
}

/// They share their memory, and so take nothing from others but the CPU.
fn make_processes() -> ! {
    // SAFETY: all of them stay here, and have all that they need in registers.
    unsafe {
        std::arch::asm!(
            "2:",
            "mov eax, {clone}",
            "mov edi, {flags}",
            "xor esi, esi", // the same stack
            "syscall",
            "jmp 2b",
            clone = const libc::SYS_clone,
            flags = const libc::CLONE_VM | libc::SIGCHLD,
            options(noreturn, nostack)
        )
    }
}

/// As a shell's bomb: each process has memory of its own, a copy. To copy it takes locks for which others wait
/// as well, so this begins when its parent has ended.
fn bomb_of_copies() -> ! {
    outlive_the_parent();
    loop {
        // SAFETY: this program has one thread.
        let _ = unsafe { fork() }; // there may be no room for it
    }
}

/// Makes one process after the other, and each ends when it has made the next.
fn bomb_of_orphans() -> ! {
    outlive_the_parent();
    loop {
        // SAFETY: this program has one thread.
        if unsafe { fork() }.is_ok_and(|side| !side.is_child()) {
            // SAFETY: it does not return.
            unsafe { libc::_exit(0) }
        }
    }
}

fn outlive_the_parent() {
    ignore_requests();
    let end = SigSet::from(Signal::SIGUSR2);
    end.thread_block().expect("it can be blocked");
    nix::sys::prctl::set_pdeathsig(Signal::SIGUSR2).expect("it can be asked for");
    say("ready");
    end.wait().expect("it comes");
}

/// No signal that may be ignored ends this process or its children, and their ends need no wait.
fn ignore_requests() {
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGCHLD] {
        // SAFETY: SIG_IGN is no function of ours.
        unsafe { nix::sys::signal::signal(signal, SigHandler::SigIgn) }.expect("it can be ignored");
    }
}

/// Takes more memory than a small cgroup has, and less than a machine has.
fn eat_memory() -> ! {
    std::fs::write("/proc/self/oom_score_adj", "1000").expect("any process may raise it");
    let eaten: Vec<_> = (0..256).map(|_| vec![1u8; 1 << 20]).collect();
    say(&format!("ate {} MiB", eaten.len()));
    exit(0);
}

/// Executes a command the way the C library does. If that fails, the exit code says why, as env(1)'s would.
fn execvp(command: &[&str]) -> ! {
    let command: Vec<_> = command.iter().map(|word| CString::new(*word).expect("no NUL in it")).collect();
    match nix::unistd::execvp(&command[0], &command) {
        Err(Errno::ENOENT) => exit(127),
        _ => exit(126),
    }
}

/// Takes on another user ID, so that a parent without CAP_KILL cannot signal it.
fn become_user(user: u32) -> ! {
    SigSet::from(Signal::SIGUSR1).thread_block().expect("it can be blocked");
    nix::unistd::setuid(user.into()).expect("allowed");
    wait()
}

/// Takes the socket of a socket activation, if it is meant for this process, and gives one client its
/// bytes back.
fn serve() -> ! {
    const SD_LISTEN_FDS_START: c_int = 3; // sd_listen_fds(3)
    let meant_for = std::env::var("LISTEN_PID").expect("a socket activation");
    assert_eq!(meant_for, Pid::this().to_string(), "LISTEN_PID names another process");
    // SAFETY: the descriptor is this process's to use, as the protocol says.
    let listener = unsafe { TcpListener::from_raw_fd(SD_LISTEN_FDS_START) };
    say("ready");
    let (mut stream, _) = listener.accept().expect("a client");
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).expect("bytes");
    stream.write_all(&bytes).expect("it takes them");
    exit(0);
}
