//! What the child inherits is what rinit's caller gave, as if rinit were not there.

use crate::harness::{Launch, Position, everywhere, keep_as, must};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStringExt;

/// Runs a command with and without the init, from the same caller; returns what each printed.
fn with_and_without(position: Position, caller: fn(), command: &[&str]) -> [String; 2] {
    let with = Launch::init(position).command(command);
    let without = Launch::program(position, format!("/bin/{}", command[0])).args(&command[1..]);
    [with, without].map(|launch| {
        let output = launch.caller(caller).output();
        assert_eq!(output.stderr, "");
        assert!(!output.stdout.is_empty());
        output.stdout
    })
}

/// What proc(5) says of a process that is the same for every process of a caller.
fn inherited(status: &str) -> Vec<&str> {
    const FIELDS: [&str; 14] = [
        "Umask",
        "Uid",
        "Gid",
        "Groups",
        "SigBlk",
        "SigIgn",
        "SigCgt",
        "SigPnd",
        "ShdPnd",
        "CapInh",
        "CapPrm",
        "CapEff",
        "NoNewPrivs",
        "Seccomp",
    ];
    let is_one = |line: &&str| FIELDS.contains(&line.split(':').next().unwrap_or_default());
    status.lines().filter(is_one).collect()
}

/// `field` is a hexadecimal number, and its bits in `mask` show that the caller did what the test wanted.
fn same_status(caller: fn(), field: &str, mask: u64, bits: u64) {
    everywhere(|position| {
        let [with, without] = with_and_without(position, caller, &["cat", "/proc/self/status"]);
        assert_eq!(inherited(&with), inherited(&without));
        assert_eq!(inherited(&with).len(), 14);
        let value = with.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t")).unwrap();
        assert_eq!(u64::from_str_radix(value, 16).unwrap() & mask, bits, "{field}: {value}");
    });
}

fn ignore(signals: &[Signal]) {
    for ignored in signals {
        // SAFETY: SIG_IGN is no function of ours.
        must(unsafe { signal(*ignored, SigHandler::SigIgn) });
    }
}

#[test]
fn an_empty_mask_stays_empty() {
    same_status(|| {}, "SigBlk", u64::MAX, 0);
}

#[test]
fn the_callers_mask_stays() {
    // TERM is 15, CHLD 17 and RTMAX 64: bits 14, 16 and 63.
    same_status(
        || {
            let mask = 1u64 << 14 | 1 << 16 | 1 << 63;
            // SAFETY: the kernel's signal set is 8 bytes; the C library's leaves out some signals.
            unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, 0, 8) };
        },
        "SigBlk",
        u64::MAX,
        1 << 14 | 1 << 16 | 1 << 63,
    );
}

#[test]
fn a_full_mask_stays_full() {
    same_status(|| must(SigSet::all().thread_block()), "SigBlk", u64::MAX, 0xffff_fffe_7ffb_feff);
}

#[test]
fn ignored_signals_stay_ignored() {
    // HUP 1, PIPE 13, CHLD 17: bits 0, 12 and 16.
    same_status(|| ignore(&[Signal::SIGHUP, Signal::SIGPIPE, Signal::SIGCHLD]), "SigIgn", 0x11001, 0x11001);
}

#[test]
fn sigpipe_is_not_ignored_if_the_caller_does_not() {
    same_status(|| {}, "SigIgn", 0x1000, 0);
}

#[test]
fn the_umask_stays() {
    let caller = || {
        // SAFETY: an integer.
        unsafe { libc::umask(0o137) };
    };
    same_status(caller, "Umask", u64::MAX, 0x137);
}

#[test]
fn the_working_directory_stays() {
    everywhere(|position| {
        let [with, without] = with_and_without(position, || must(nix::unistd::chdir("/usr/bin")), &["pwd"]);
        assert_eq!((with.as_str(), without.as_str()), ("/usr/bin\n", "/usr/bin\n"));
    });
}

#[test]
fn limits_and_priority_stay() {
    everywhere(|position| {
        let caller = || {
            must(setrlimit(Resource::RLIMIT_NOFILE, 123, 456));
            // SAFETY: an integer.
            unsafe { libc::nice(3) };
        };
        let [with, without] = with_and_without(position, caller, &["cat", "/proc/self/limits"]);
        assert_eq!(with, without);
        let open_files: Vec<_> =
            with.lines().find(|line| line.contains("open files")).unwrap().split_whitespace().collect();
        assert_eq!(open_files[3..5], ["123", "456"]);
        let [with, without] = with_and_without(position, caller, &["nice"]);
        assert_eq!((with.as_str(), without.as_str()), ("3\n", "3\n"));
    });
}

/// The shell itself is the child: `$$` are its descriptors, not those of a program it starts.
const DESCRIPTORS: [&str; 3] =
    ["sh", "-c", "for fd in 0 1 2 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd || echo $fd closed; done; :"];

fn number_the_pipes(descriptors: &str) -> String {
    let without_inode = |line: &str| line.split(":[").next().unwrap_or_default().to_owned() + "\n";
    descriptors.lines().map(without_inode).collect()
}

#[test]
fn open_and_closed_descriptors_stay_so() {
    everywhere(|position| {
        let caller = || {
            keep_as(7, must(File::open("/etc/passwd")).into_raw_fd());
            // SAFETY: an integer.
            unsafe { libc::close(0) };
        };
        let both = with_and_without(position, caller, &DESCRIPTORS);
        let [with, without] = both.map(|descriptors| number_the_pipes(&descriptors));
        assert_eq!(with, without);
        let lines: Vec<_> = with.lines().collect();
        assert_eq!(lines[0], "0 closed");
        assert_eq!(lines[1..3], ["pipe", "pipe"]);
        assert_eq!(lines[7], "/etc/passwd");
        assert_eq!(lines.iter().filter(|line| line.ends_with("closed")).count(), 7);
    });
}

#[test]
fn all_of_the_environment_goes_on_in_order() {
    everywhere(|position| {
        let strange = OsString::from_vec(b"a b\xff=\n".to_vec());
        let launch = |launch: Launch| {
            launch
                .no_environment()
                .env("RINIT_VERBOSITY", "0")
                .env("STRANGE", &strange)
                .env("", "no name")
                .env("EMPTY", "")
                .output()
                .stdout
        };
        let with = launch(Launch::init(position).command(["/usr/bin/env", "-0"]));
        assert_eq!(with, launch(Launch::program(position, "/usr/bin/env").args(["-0"])));
        assert!(with.starts_with("RINIT_VERBOSITY=0\0STRANGE="), "{with:?}");
    });
}

#[test]
fn an_empty_environment_stays_empty() {
    everywhere(|position| {
        let output = Launch::init(position).no_environment().command(["/usr/bin/env"]).output();
        assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (0, "", ""));
    });
}

#[test]
fn no_byte_of_the_arguments_is_lost() {
    let long = "x".repeat(100_000);
    let every_byte = OsString::from_vec((1..=255).collect());
    everywhere(|position| {
        let arguments: [OsString; 7] = [
            long.clone().into(),
            every_byte.clone(),
            OsString::new(),
            "--".into(),
            "-v".into(),
            "--help".into(),
            "a b".into(),
        ];
        let command = [OsString::from("printf"), "%s\\0".into()];
        let output = Launch::init(position).command(command.iter().chain(&arguments)).output();
        let expected: OsString = arguments.iter().fold(OsString::new(), |mut all, argument| {
            all.push(argument);
            all.push("\0");
            all
        });
        assert_eq!(output.stdout, expected.to_string_lossy().into_owned() + "\n");
    });
}
