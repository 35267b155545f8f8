//! Under an emulator rinit says the same and exits with the same codes. In qemu-user and valgrind vfork is fork: the
//! child shares no memory with rinit, and has to say itself that it could not execute the program.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::{End, Launch, Output, Position, everywhere};
use nix::libc;
use std::ffi::OsStr;
use std::path::Path;

/// A program that runs another, and its options.
struct Emulator {
    program: String,
    options: &'static [&'static str],
}

/// Those that this machine has.
fn emulators() -> Vec<Emulator> {
    let qemu = format!("/usr/bin/qemu-{}-static", harness::target().qemu);
    let valgrind = "/usr/bin/valgrind".to_owned();
    let all = [
        Emulator { program: qemu, options: &[] },
        Emulator { program: valgrind, options: &["--quiet", "--vgdb=no", "--tool=none"] },
    ];
    let is_there = |emulator: &Emulator| {
        let is_there = Path::new(&emulator.program).exists();
        if !is_there {
            harness::lane_skipped(&emulator.program);
        }
        is_there
    };
    all.into_iter().filter(is_there).collect()
}

/// Runs an init by its path, as it is and under the emulators.
fn natively_and_emulated(
    position: Position,
    init: &OsStr,
    arguments: &[&str],
    test: impl Fn(&Output, &Output),
) {
    let native = Launch::program(position, init).args(arguments).output();
    for emulator in emulators() {
        let launch = Launch::program(position, &emulator.program).args(emulator.options);
        // valgrind names its files by the process ID, which several may have, each in a namespace of its own.
        let files = Folder::new();
        let emulated = launch.args([init]).args(arguments).env("TMPDIR", files.path()).output();
        eprintln!("{} {init:?} {arguments:?}: {emulated:?}", emulator.program);
        test(&native, &emulated);
    }
}

/// As PID 1, since qemu-user does not know what a subreaper is, and rinit says so.
#[test]
fn a_failed_exec_is_told_with_the_same_words_and_the_code_of_the_inits_name() {
    let folder = Folder::new();
    folder.file("text", 0o644, "text\n");
    folder.file("script", 0o755, "#!/no/such/interpreter\n");
    let names = harness::names();
    for (init, not_found, not_executable) in [
        (harness::subject(), 127, 126),
        (names.join("tini").into(), 127, 126),
        (names.join("dumb-init").into(), 2, 2),
        (names.join("catatonit").into(), 1, 1),
    ] {
        for (program, code) in [
            ("/nonexistent", not_found),
            ("no-such-program", not_found),
            ("@/script", not_found),
            ("@/text", not_executable),
            ("@", not_executable),
        ] {
            let program = folder.expand(program);
            natively_and_emulated(Position::Pid1, &init, &["--", &program], |native, emulated| {
                if emulated.stderr.contains("I can't recover from execve() failing") {
                    return; // valgrind itself looks no further than the script, and ends with the failed exec
                }
                assert!(native.stderr.starts_with(&format!("rinit: spawn {program}: ")), "{native:?}");
                assert_eq!((emulated.code(), &emulated.stderr), (code, &native.stderr));
            });
        }
    }
}

#[test]
fn it_is_told_outside_pid_1_as_well() {
    for (program, code) in [("/nonexistent", 127), ("/etc/passwd", 126)] {
        natively_and_emulated(
            Position::Outside,
            &harness::subject(),
            &["--", program],
            |native, emulated| {
                assert!(!native.stderr.is_empty() && emulated.stderr.ends_with(&native.stderr));
                assert_eq!(emulated.code(), code);
            },
        );
    }
}

/// It is what is in memory, where the emulator has put it.
#[test]
fn it_installs_itself_there_too() {
    let folder = Folder::new();
    let path = folder.path().join("init");
    let arguments = ["--install", path.to_str().unwrap()];
    natively_and_emulated(Position::Pid1, &harness::subject(), &arguments, |_, emulated| {
        assert_eq!((emulated.code(), emulated.stderr.as_str()), (0, ""));
        assert!(std::fs::read(&path).unwrap() == std::fs::read(harness::subject()).unwrap());
    });
}

/// A program's own 126 and 127 are no failed exec, and nothing is said.
#[test]
fn the_programs_own_codes_pass_through() {
    for code in [0, 1, 125, 126, 127, 255] {
        let arguments = ["--", "sh", "-c", &format!("exit {code}")];
        natively_and_emulated(Position::Pid1, &harness::subject(), &arguments, |_, emulated| {
            assert_eq!((emulated.code(), emulated.stderr.as_str()), (code, ""));
        });
    }
}

/// The emulators tell of rinit's own death in words of their own.
#[test]
fn a_death_by_a_signal_is_one_there_too() {
    everywhere(|position| {
        let arguments = ["--", "sh", "-c", "kill -TERM $$"];
        natively_and_emulated(position, &harness::subject(), &arguments, |native, emulated| {
            let end = match position {
                Position::Pid1 => End::Exited(128 + libc::SIGTERM),
                Position::Outside => End::Killed(libc::SIGTERM),
            };
            assert_eq!((native.end, emulated.end), (end, end));
        });
    });
}
