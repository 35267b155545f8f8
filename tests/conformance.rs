//! What tini, dumb-init, catatonit and Kubernetes' pause promise in their documentation: the original, from
//! Debian's package, keeps each promise, and so does rinit under its name.
//!
//! The documentation is the README, the manual page, and what a program prints when it is asked for help;
//! the comments quote it. Where rinit differs on purpose, `doc/compatibility.md` has a command that shows
//! it, and these commands are run here as well.

use crate::harness;
use crate::harness::{Launch, Output, Place, Running, below, eventually, eventually_eq, everywhere, proc};
use nix::libc;
use nix::unistd::{Pid, getpgid, getsid};
use std::path::{Path, PathBuf};
use std::time::Duration;

const TINI: [&str; 3] = ["tini", "tini-static", "docker-init"];
const DUMB_INIT: [&str; 1] = ["dumb-init"];
const CATATONIT: [&str; 2] = ["catatonit", "podman-init"];
const ALL: [&str; 6] = ["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init"];

/// Who is held to a promise: the init that has this name, or rinit.
struct Init {
    name: &'static str,
    path: PathBuf,
}

impl Init {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }

    fn launch(&self, place: Place, options: &[&str]) -> Launch {
        // "Tini will issue a warning if it detects that it isn't running as PID 1 and isn't registered as
        // a subreaper."
        let quiet: &[&str] = if self.is_one_of(&TINI) { &["-s"] } else { &[] };
        Launch::program(place, &self.path).args(quiet).args(options).env("PROBE", harness::probe())
    }

    fn signals(&self, place: Place, options: &[&str]) -> Running {
        self.launch(place, options).probe(&["signals"]).start().ready()
    }

    fn output(&self, place: Place, options: &[&str], script: &str) -> Output {
        self.launch(place, options).shell(script).output()
    }

    /// What it says to these arguments and no others.
    fn says(&self, arguments: &[&str]) -> Output {
        Launch::program(Place::Outside, &self.path).args(arguments).output()
    }
}

/// Holds the originals and rinit to a promise.
fn each(names: &[&'static str], promise: impl Fn(&Init)) {
    for name in names {
        // Docker and Podman give these names to an init of their choice.
        let original = Path::new("/usr/bin").join(name);
        if !["docker-init", "podman-init"].contains(name) && (original.exists() || harness::skip(name)) {
            eprintln!("{original:?}");
            promise(&Init { name, path: original });
        }
        eprintln!("rinit as {name}");
        promise(&Init { name, path: harness::names().join(name) });
    }
}

/// As PID 1 and as any process.
fn each_everywhere(names: &[&'static str], promise: impl Fn(&Init, Place)) {
    each(names, |init| everywhere(|place| promise(init, place)));
}

/// The child gets `expected`, and nothing more before the signal that is sent after it.
fn reaches_as(running: &mut Running, signal: i32, expected: &[i32]) {
    let last = libc::SIGRTMAX(); // pending signals are taken in the order of their numbers, signal(7)
    running.signal(signal);
    running.signal(last);
    for received in expected.iter().chain([&last]) {
        assert_eq!(running.stdout.next(), received.to_string(), "signal {signal} was sent");
    }
}

fn reaches(running: &mut Running, signal: i32) {
    reaches_as(running, signal, &[signal]);
}

/// A shell that ignores `signal`, and whose child says when it gets it.
fn grandchild(signal: i32) -> String {
    format!("trap : {signal}; $PROBE trap {signal} 5 & wait; wait")
}

/// Whether a signal to the init reaches its grandchild.
fn reaches_the_group(launch: Launch) {
    let mut running = launch.shell(&grandchild(libc::SIGTERM)).start().ready();
    running.signal(libc::SIGTERM);
    running.stdout.expect("got 15");
}

fn reaches_the_child_alone(launch: Launch) {
    let script = "trap 'echo shell; kill -USR1 $!' TERM; $PROBE signals & wait; wait";
    let mut running = launch.shell(script).start().ready();
    let probe = below(running.pid, "probe");
    running.signal(libc::SIGTERM);
    running.stdout.expect("shell");
    assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
    harness::send(probe, libc::SIGKILL);
}

/// Waits until the init has no child but its own.
fn has_reaped_all(running: &Running) {
    eventually_eq(1, || proc::children(running.pid).len());
}

/// Waits until the init is the parent of an orphan that was outside its group and session.
fn adopts_orphans(launch: Launch) {
    let mut running = launch.shell("(setsid sleep 1000 & echo $!); exec sleep 1000").start();
    let orphan = Pid::from_raw(running.stdout.next().parse().expect("a process ID"));
    eventually_eq(running.pid.to_string(), || proc::status(orphan, "PPid").expect("it runs"));
}

/// Text was asked for: it comes, and nothing else happens.
fn is_asked(init: &Init, arguments: &[&str]) -> Output {
    let output = init.says(arguments);
    assert_eq!(output.code(), 0, "{arguments:?}: {output:?}");
    assert!(!output.stdout.contains("started"), "{output:?}");
    output
}

/// "Tini exits as well, with the exit code of the child process"; "dumb-init will also die".
#[test]
fn the_childs_exit_code_is_the_inits() {
    each_everywhere(&ALL, |init, place| {
        for code in [0, 1, 2, 125, 126, 127, 255] {
            assert_eq!(init.output(place, &[], &format!("exit {code}")).code(), code);
        }
    });
}

#[test]
fn a_child_killed_by_a_signal_gives_128_plus_its_number() {
    each_everywhere(&ALL, |init, place| {
        for signal in [libc::SIGHUP, libc::SIGKILL, libc::SIGTERM, libc::SIGRTMAX()] {
            let output = init.output(place, &[], &format!("kill -{signal} $$"));
            assert_eq!((output.code(), output.stdout + &output.stderr), (128 + signal, String::new()));
        }
    });
}

/// "Tini is […] performing signal forwarding"; dumb-init "proxies all received signals".
#[test]
fn signals_are_forwarded() {
    each_everywhere(&ALL, |init, place| {
        let mut running = init.signals(place, &[]);
        for signal in [
            libc::SIGHUP,
            libc::SIGINT,
            libc::SIGQUIT,
            libc::SIGUSR1,
            libc::SIGUSR2,
            libc::SIGPIPE,
            libc::SIGALRM,
            libc::SIGTERM,
            libc::SIGCONT,
            libc::SIGWINCH,
            libc::SIGPWR,
            libc::SIGRTMIN(),
            libc::SIGRTMAX() - 1,
        ] {
            reaches(&mut running, signal);
        }
    });
}

/// "reaping zombies"; dumb-init and Debian's manual page of it speak of PID 1 alone.
#[test]
fn orphans_are_reaped() {
    each_everywhere(&ALL, |init, place| {
        if init.name == "dumb-init" && place == Place::Outside {
            return;
        }
        let running = init.launch(place, &[]).probe(&["orphans", "100"]).start().ready();
        has_reaped_all(&running);
    });
}

#[test]
fn what_follows_two_dashes_is_the_programs() {
    each_everywhere(&ALL, |init, place| {
        let command = ["printf", "%s.", "-V", "--", "-e", "--version", "-", ""];
        let output = init.launch(place, &[]).command(command).output();
        assert_eq!(output.stdout, "-V.--.-e.--version.-..\n");
        assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    });
}

/// A name that is not an option ends the options, and needs no dashes before it.
#[test]
fn two_dashes_can_be_left_out() {
    each_everywhere(&ALL, |init, place| {
        let output = init.launch(place, &[]).args(["echo", "started"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "started\n"));
    });
}

#[test]
fn a_wrong_command_line_runs_nothing_and_gives_1() {
    each(&ALL, |init| {
        for arguments in [&[][..], &["--"], &["-z", "echo", "started"], &["--no-such", "echo", "started"]] {
            let output = init.says(arguments);
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{arguments:?}");
            assert_ne!(output.stderr, "", "{arguments:?}");
        }
    });
}

/// No documentation has these codes; scripts know them all the same.
#[test]
fn a_program_that_cannot_be_started_gives_the_code_that_it_gives_with_the_original() {
    each_everywhere(&ALL, |init, place| {
        let [not_found, not_executable] = match init.name {
            "dumb-init" => [2, 2],
            "catatonit" | "podman-init" => [1, 1],
            _ => [127, 126],
        };
        for (program, code) in
            [("no-such-program", not_found), ("/no/such/program", not_found), ("/usr/bin", not_executable)]
        {
            let output = init.launch(place, &[]).command([program]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (code, ""), "{program}");
            assert_ne!(output.stderr, "");
        }
    });
}

/// A child that goes, and leaves a process behind that gets `expected` and nothing else.
fn leaves_behind(init: &Init, options: &[&str], expected: &[i32]) {
    let script = "trap 'exit 7' USR1; $PROBE signals & while :; do wait; done";
    let launch = init.launch(Place::Outside, options);
    // With -c the child may lead a group by its own doing.
    let command: &[_] = if options == ["-c"] { &["setsid", "sh"] } else { &["sh"] };
    let mut running = launch.command(command).args(["-c", script]).start().ready();
    let survivor = below(running.pid, "probe");
    harness::send(running.child(), libc::SIGUSR1);
    assert_eq!(running.code(), 7);
    harness::send(survivor, libc::SIGRTMAX()); // pending signals are taken in the order of their numbers
    for signal in expected.iter().chain([&libc::SIGRTMAX()]) {
        assert_eq!(running.stdout.next(), signal.to_string());
    }
    harness::send(survivor, libc::SIGKILL);
}

#[test]
fn what_the_child_leaves_behind_is_left_alone() {
    each(&ALL, |init| {
        let options: &[&str] = if init.name == "dumb-init" { &["-c"] } else { &[] };
        leaves_behind(init, options, &[]);
    });
}

/// "If your process dies, `dumb-init` will also die, taking care to clean up any other processes that
/// might still remain."
#[test]
fn dumb_init_asks_what_the_child_leaves_behind_to_end() {
    each(&DUMB_INIT, |init| leaves_behind(init, &[], &[libc::SIGTERM]));
}

/// "-h: Show this help message and exit." "-l: Show license and exit." "--version: Show version and exit."
/// Docker reads the version.
#[test]
fn tini_prints_its_help_license_and_version() {
    each(&TINI, |init| {
        assert!(is_asked(init, &["-h"]).stdout.contains("-g"));
        assert!(is_asked(init, &["-l"]).stdout.contains("MIT"));
        let version = is_asked(init, &["--version"]).stdout;
        let number = version.strip_prefix("tini version ").expect(&version);
        assert!(number.starts_with(|digit: char| digit.is_ascii_digit()), "{version}");
        assert_eq!(version.lines().count(), 1);
    });
}

/// "Usage: tini [OPTIONS] PROGRAM -- [ARGS]"
#[test]
fn tinis_dashes_can_follow_the_program() {
    each_everywhere(&TINI, |init, place| {
        let output = init.launch(place, &[]).args(["echo", "--", "-s", "-z"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "-s -z\n"));
        let output = init.launch(place, &[]).command(["echo", "--", "two"]).output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "-- two\n"));
    });
}

/// "-e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0." "You can pass the flag multiple times if needed."
#[test]
fn tini_remaps_exit_codes_to_0() {
    each_everywhere(&TINI, |init, place| {
        let code = |options: &[&str], script: &str| init.output(place, options, script).code();
        assert_eq!(code(&["-e", "143"], "kill -TERM $$"), 0);
        assert_eq!(code(&["-e143"], "exit 143"), 0);
        assert_eq!(code(&["-e", "1", "-e", "255", "-e", "3"], "exit 255"), 0);
        assert_eq!(code(&["-e", "1", "-e", "255"], "exit 3"), 3);
        assert_eq!(code(&["-e", "0"], "exit 0"), 0);
        for wrong in ["256", "-1", "x"] {
            let output = init.output(place, &["-e", wrong], "echo started");
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{wrong}");
        }
    });
}

/// "-g: Send signals to the child's process group."
/// "TINI_KILL_PROCESS_GROUP: Send signals to the child's process group."
#[test]
fn tini_signals_the_group_if_asked_to() {
    each_everywhere(&TINI, |init, place| {
        reaches_the_group(init.launch(place, &["-g"]));
        reaches_the_group(init.launch(place, &["-vg"]));
        for value in ["", "0", "1"] {
            reaches_the_group(init.launch(place, &[]).env("TINI_KILL_PROCESS_GROUP", value));
        }
    });
}

/// "By default, Tini only kills its immediate child process."
#[test]
fn tini_signals_the_child_alone_by_default() {
    each_everywhere(&TINI, |init, place| reaches_the_child_alone(init.launch(place, &[])));
}

/// "Passing the `-s` argument to Tini", or "Setting the environment variable `TINI_SUBREAPER` (e.g.
/// `export TINI_SUBREAPER=`)": "zombies get re-parented to Tini despite Tini not running as PID 1."
#[test]
fn tini_adopts_orphans_as_a_subreaper() {
    each(&TINI, |init| {
        let launch = || Launch::program(Place::Outside, &init.path);
        adopts_orphans(launch().args(["-s"]));
        for value in ["", "0", "1"] {
            adopts_orphans(launch().env("TINI_SUBREAPER", value));
        }
    });
}

/// "If you don't see a warning, you're fine."
#[test]
fn tini_says_nothing_as_pid_1_or_a_subreaper() {
    each_everywhere(&TINI, |init, place| {
        let output = init.output(place, &[], "(true &)");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    });
}

/// "-p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL"."
#[test]
fn tini_gets_a_signal_when_its_parent_ends() {
    each(&TINI, |init| {
        let launch = |signal| init.launch(Place::Outside, &["-p", signal]);
        let mut parent = launch("SIGTERM").with_parent().probe(&["count", "15"]).start().ready();
        parent.signal(libc::SIGKILL);
        parent.stdout.expect("15x1");

        let parent = launch("SIGKILL").with_parent().probe(&["wait"]).start().ready();
        let init = parent.child();
        let child = eventually("the child", || proc::children(init).first().copied());
        parent.signal(libc::SIGKILL);
        eventually_eq(None, || proc::state(init).filter(|state| *state != 'Z'));
        harness::send(child, libc::SIGKILL);

        let output = launch("SIGNONE").shell("echo started").output();
        assert_eq!((output.code(), output.stdout.as_str()), (1, ""));
    });
}

/// How many lines the init says, to whatever stream, of a child that leaves orphans and is told to end.
fn talk(launch: Launch, orphans: &str) -> usize {
    let mut running = launch.probe(&["orphans", orphans]).start().ready();
    has_reaped_all(&running);
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 128 + libc::SIGTERM);
    (running.stdout.rest() + &running.stderr.rest()).lines().count()
}

/// "-v: Generate more verbose output. Repeat up to 3 times."
/// "TINI_VERBOSITY: Set the verbosity level (default: 1)."
#[test]
fn tini_says_more_with_each_v() {
    each_everywhere(&TINI, |init, place| {
        let options = [&[][..], &["-v"], &["-v", "-v"], &["-vvv"]];
        let lines = options.map(|options| talk(init.launch(place, options), "1"));
        let verbosity = |level| talk(init.launch(place, &[]).env("TINI_VERBOSITY", level), "1");
        for lines in [lines, ["1", "2", "3", "4"].map(verbosity)] {
            assert!(lines[0] == 0 && lines.is_sorted_by(|less, more| less < more), "{lines:?}");
        }
        assert_eq!(verbosity("0"), 0);
        assert_eq!(verbosity("debug"), 0); // which is no level, and no reason to run nothing
    });
}

/// "-w: Print a warning when processes are getting reaped."
#[test]
fn tini_warns_of_what_it_reaps_if_asked_to() {
    each_everywhere(&TINI, |init, place| {
        assert_eq!(talk(init.launch(place, &["-w"]), "3"), 3);
    });
}

/// "-V, --version: Print the current version and exit." "-h, --help: Print this help message and exit."
#[test]
fn dumb_init_prints_its_help_and_version() {
    each(&DUMB_INIT, |init| {
        for option in ["-h", "--help"] {
            let output = is_asked(init, &[option, "echo", "started"]);
            assert!((output.stdout + &output.stderr).contains("--rewrite"));
        }
        for option in ["-V", "--version"] {
            let output = is_asked(init, &[option, "echo", "started"]);
            let version = output.stdout + &output.stderr;
            assert_eq!(version.lines().count(), 1, "{version}");
            assert!(version.contains(|digit: char| digit.is_ascii_digit()), "{version}");
        }
    });
}

/// "-v, --verbose: Print debugging information to stderr."
#[test]
fn dumb_init_says_what_it_does_on_stderr_if_asked_to() {
    each_everywhere(&DUMB_INIT, |init, place| {
        let stderr = |launch: Launch| {
            let output = launch.shell("exit 0").output();
            assert_eq!(output.stdout, "");
            output.stderr
        };
        for option in ["-v", "--verbose"] {
            assert_ne!(stderr(init.launch(place, &[option])), "");
        }
        assert_ne!(stderr(init.launch(place, &[]).env("DUMB_INIT_DEBUG", "1")), "");
        assert_eq!(stderr(init.launch(place, &[])), "");
        assert_eq!(stderr(init.launch(place, &[]).env("DUMB_INIT_DEBUG", "0")), "");
    });
}

/// "In its default mode, dumb-init establishes a session rooted at the child, and sends signals to the
/// entire process group."
#[test]
fn dumb_init_signals_the_group_of_the_childs_session() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for value in ["1", ""] {
            let launch = || init.launch(place, &[]).env("DUMB_INIT_SETSID", value);
            let running = launch().probe(&["wait"]).start().ready();
            let child = running.child();
            assert_eq!((getsid(Some(child)), getpgid(Some(child))), (Ok(child), Ok(child)));
            reaches_the_group(launch());
        }
    });
}

/// "If you'd like for signals to only be sent to the direct child, you can run with the `--single-child`
/// argument, or set the environment variable `DUMB_INIT_SETSID=0`. In this mode, dumb-init is completely
/// transparent; you can even string multiple together (like `dumb-init dumb-init echo 'oh, hi'`)."
#[test]
fn dumb_init_is_transparent_with_a_single_child() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for (options, setsid) in [(&["-c"][..], "1"), (&["--single-child"], "1"), (&[], "0")] {
            let launch = || init.launch(place, options).env("DUMB_INIT_SETSID", setsid);
            let running = launch().probe(&["wait"]).start().ready();
            let child = running.child();
            assert_eq!(getsid(Some(child)), getsid(Some(running.pid)), "{options:?}");
            reaches_the_child_alone(launch());
            let output = launch().args([&init.path]).args(["echo", "oh, hi"]).output();
            assert_eq!((output.code(), output.stdout.as_str()), (0, "oh, hi\n"));
        }
    });
}

/// "With dumb-init, you can just write shell scripts with dumb-init in the shebang", and "your subprocesses
/// will receive the same signals your shell does".
#[test]
fn dumb_init_can_be_a_scripts_interpreter() {
    each_everywhere(&DUMB_INIT, |init, place| {
        let folder = harness::folder::Folder::new();
        let path = init.path.to_str().expect("a name of ours");
        let script = format!("#!{path} /bin/sh\n{}\n", grandchild(libc::SIGTERM));
        let script = folder.file("script", 0o755, script);
        let mut running = Launch::program(place, script).env("PROBE", harness::probe()).start().ready();
        running.signal(libc::SIGTERM);
        running.stdout.expect("got 15");
    });
}

/// "to rewrite the signal SIGTERM (number 15) to SIGQUIT (number 3), just add `--rewrite 15:3`". "To drop a
/// signal entirely, you can rewrite it to the special number `0`." "This option can be specified multiple
/// times."
#[test]
fn dumb_init_rewrites_and_drops_signals() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for options in
            [&["-r", "15:3"][..], &["-r15:3"], &["--rewrite", "15:3"], &["--rewrite=15:3"], &["-cr15:3"]]
        {
            reaches_as(&mut init.signals(place, options), libc::SIGTERM, &[libc::SIGQUIT]);
        }
        let mut running = init.signals(place, &["-r", "15:3", "-r", "1:0", "-r", "3:10", "-r", "12:9"]);
        reaches_as(&mut running, libc::SIGTERM, &[libc::SIGQUIT]);
        reaches_as(&mut running, libc::SIGHUP, &[]);
        reaches_as(&mut running, libc::SIGQUIT, &[libc::SIGUSR1]);
        reaches(&mut running, libc::SIGINT);
        running.signal(libc::SIGUSR2);
        assert_eq!(running.code(), 128 + libc::SIGKILL);
    });
}

#[test]
fn dumb_init_takes_no_rewriting_that_makes_no_sense() {
    each(&DUMB_INIT, |init| {
        for wrong in ["", "15", "15:", ":15", "0:15", "15:65", "65:15", "15:-1", "x:15", "15:x"] {
            let output = init.output(Place::Outside, &["-r", wrong], "echo started");
            assert_eq!((output.code(), output.stdout.as_str()), (1, ""), "{wrong:?}");
            assert_ne!(output.stderr, "");
        }
    });
}

const JOB_CONTROL: [i32; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

fn is_stopped(pid: Pid) {
    eventually_eq(Some('T'), || proc::state(pid));
}

fn goes_on(pid: Pid) {
    eventually_eq(false, || proc::state(pid) == Some('T'));
}

/// What a job-control signal does to the child.
#[derive(Clone, Copy, PartialEq)]
enum Effect {
    Stops,
    Comes(i32),
    Nothing,
}

/// The child gets that, dumb-init suspends itself, and SIGCONT continues both.
fn suspends(running: &mut Running, place: Place, signal: i32, effect: Effect) {
    let child = running.child();
    running.signal(signal);
    match effect {
        Effect::Stops => is_stopped(child),
        Effect::Comes(received) => assert_eq!(running.stdout.next(), received.to_string()),
        Effect::Nothing => {}
    }
    let mut expected = vec![libc::SIGCONT];
    match place {
        Place::Outside => is_stopped(running.pid),
        // The kernel does not stop PID 1, but to try discards a pending SIGCONT. When it has forwarded
        // another signal, it has tried.
        Place::Pid1 => {
            running.signal(libc::SIGUSR1);
            if effect == Effect::Stops {
                let pending = || u64::from_str_radix(&proc::status(child, "ShdPnd")?, 16).ok();
                eventually_eq(Some(1 << (libc::SIGUSR1 - 1)), pending);
                expected.insert(0, libc::SIGUSR1);
            } else {
                assert_eq!(running.stdout.next(), libc::SIGUSR1.to_string());
            }
        }
    }
    running.signal(libc::SIGCONT);
    goes_on(running.pid);
    goes_on(child);
    for signal in expected {
        assert_eq!(running.stdout.next(), signal.to_string());
    }
    reaches(running, libc::SIGTERM);
}

/// "it is not sufficient to forward `SIGTSTP`/`SIGTTIN`/`SIGTTOU` in most cases, since […] it is a member
/// of an orphaned process group. For this reason, we set default rewrites to `SIGSTOP`".
/// "for job control signals (`SIGTSTP`, `SIGTTIN`, `SIGTTOU`), dumb-init will always suspend itself after
/// receiving the signal".
#[test]
fn dumb_init_stops_the_child_and_itself_on_job_control_signals() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for signal in JOB_CONTROL {
            suspends(&mut init.signals(place, &[]), place, signal, Effect::Stops);
            let launch = init.launch(place, &[]).on_terminal();
            suspends(&mut launch.probe(&["signals"]).start().ready(), place, signal, Effect::Stops);
        }
    });
}

/// "You can opt out of this behavior by rewriting the signals back to their original values"; it suspends
/// itself "even if you rewrite it to something else".
#[test]
fn dumb_init_can_pass_job_control_signals_on_and_suspends_itself_all_the_same() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for signal in JOB_CONTROL {
            for (rewritten, effect) in [
                (signal, Effect::Comes(signal)),
                (libc::SIGUSR2, Effect::Comes(libc::SIGUSR2)),
                (0, Effect::Nothing),
            ] {
                let mut running = init.signals(place, &["-r", &format!("{signal}:{rewritten}")]);
                suspends(&mut running, place, signal, effect);
            }
        }
    });
}

/// "When running in setsid mode", the rewriting is done.
#[test]
fn dumb_init_passes_job_control_signals_on_to_a_single_child() {
    each_everywhere(&DUMB_INIT, |init, place| {
        for signal in JOB_CONTROL {
            suspends(&mut init.signals(place, &["-c"]), place, signal, Effect::Comes(signal));
        }
    });
}

/// The terminal of `docker run -it` becomes the child's.
#[test]
fn dumb_init_gives_the_terminal_to_the_childs_session() {
    each_everywhere(&DUMB_INIT, |init, place| {
        let launch = init.launch(place, &[]).on_terminal();
        let script = "echo ready; read line </dev/tty; echo got $line; exec $PROBE signals";
        let mut running = launch.shell(script).start().ready();
        let child = running.child();
        assert_eq!(getsid(Some(child)), Ok(child));
        eventually_eq(child, || running.terminal().foreground());
        running.type_in("hello\n");
        running.stdout.expect("got hello");
        running.stdout.expect("ready");
        running.type_in("\x03");
        assert_eq!(running.stdout.next(), libc::SIGINT.to_string());
        reaches(&mut running, libc::SIGUSR1);
    });
}

/// In a shell, Ctrl-Z gives dumb-init a SIGTSTP: child and dumb-init stop, and `fg` continues both.
#[test]
fn dumb_init_is_a_job_of_a_shell() {
    each(&DUMB_INIT, |init| {
        let mut shell = Launch::program(Place::Outside, "/bin/bash")
            .args(["--norc", "--noprofile", "--noediting", "-i"])
            .env("PS1", "")
            .env("INIT", &init.path)
            .on_terminal()
            .start();
        shell.type_in("$INIT sh -c 'echo ready; while read line; do echo got $line; done'\n");
        shell.stdout.expect("ready");
        let job = below(shell.pid, init.name);
        shell.type_in("\x1a");
        shell.stdout.expect_part("Stopped");
        is_stopped(job);
        eventually("the shell", || {
            shell.type_in("echo prompt\n"); // again: a shell throws away what came too early
            shell.stdout.next_within(Duration::from_millis(100)).filter(|line| line == "prompt")
        });
        shell.type_in("fg\n");
        let group = getpgid(Some(job)).expect("it is there");
        eventually_eq(group, || shell.terminal().foreground());
        shell.type_in("hello\n");
        // There may be some rest before it of what the shell did not throw away.
        let mut answer = || shell.stdout.next_within(Duration::from_millis(100));
        eventually("the job to go on", || answer().filter(|line| line.starts_with("got ")));
        harness::send(eventually("the child", || proc::children(job).first().copied()), libc::SIGKILL);
    });
}

/// "Print version information." "Print license information." "Print this help page."
#[test]
fn catatonit_prints_its_help_license_and_version() {
    each(&CATATONIT, |init| {
        let help = is_asked(init, &["-h"]);
        assert!((help.stdout + &help.stderr).contains("-P"));
        assert!(is_asked(init, &["-L"]).stdout.to_lowercase().contains("licen"));
        for option in ["-V", "--version"] {
            let version = is_asked(init, &[option, "echo", "started"]).stdout;
            assert!(version.starts_with("tini version "), "{version}");
            assert_eq!(version.lines().count(), 1);
        }
    });
}

/// "Forward signals to pid1's process group."
#[test]
fn catatonit_signals_the_group_if_asked_to() {
    each_everywhere(&CATATONIT, |init, place| {
        reaches_the_group(init.launch(place, &["-g"]));
        reaches_the_child_alone(init.launch(place, &[]));
    });
}

#[test]
fn catatonit_is_a_subreaper_in_silence() {
    each(&CATATONIT, |init| {
        adopts_orphans(init.launch(Place::Outside, &[]));
        let output = init.output(Place::Outside, &[], "(true &)");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    });
}

/// sd_listen_fds(3): the sockets are for the process that `LISTEN_PID` names, and that is to be the child.
#[test]
fn catatonit_passes_sockets_on() {
    each_everywhere(&CATATONIT, |init, place| {
        let child = "echo $(( LISTEN_PID == $$ )) $LISTEN_FDS";
        let script = format!("LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" -- sh -c '{child}'");
        let launch = Launch::program(place, "/bin/sh").args(["-c", &script]).args([&init.path]);
        assert_eq!(launch.output().stdout, "1 1\n");
    });
}

/// "Run in pause mode (no program is run and quit on SIGINT)." Engines stop with SIGTERM.
#[test]
fn catatonit_pauses_until_it_is_told_to_end() {
    each_everywhere(&CATATONIT, |init, place| {
        for arguments in [&["-P"][..], &["-P", "echo", "started"]] {
            pauses(|| init.launch(place, &[]).args(arguments), place);
        }
    });
}

/// Kubernetes: the container of a pod that "holds" its namespaces; it reaps, and SIGINT and SIGTERM end it.
/// Debian has none to compare with.
#[test]
fn pause_pauses_until_it_is_told_to_end() {
    let pause = harness::names().join("pause");
    everywhere(|place| pauses(|| Launch::program(place, &pause), place));
    let output = Launch::program(Place::Outside, &pause).args(["-v"]).output();
    assert_eq!((output.code(), output.stdout.lines().count()), (0, 1), "{output:?}");
}

fn pauses(launch: impl Fn() -> Launch, place: Place) {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut running = launch().start();
        eventually_eq(Some('S'), || proc::state(running.pid));
        running.signal(libc::SIGUSR1);
        // As with `shareProcessNamespace: true`: the other containers' processes enter the namespace.
        let member = (place == Place::Pid1).then(|| {
            let member = Launch::probe_inside(running.pid, &["orphans", "100"]).start().ready();
            eventually_eq(0, || proc::children(running.pid).len());
            member
        });
        assert!(running.is_running());
        running.signal(signal);
        assert_eq!((running.code(), running.stdout.rest()), (0, String::new()));
        drop(member);
    }
}

const PAGE: &str = include_str!("../doc/compatibility.md");

#[test]
fn the_page_names_every_option_of_the_originals() {
    for name in ["tini", "dumb-init", "catatonit"] {
        let path = Path::new("/usr/bin").join(name);
        if path.exists() || harness::skip(name) {
            let output = is_asked(&Init { name, path }, &["-h"]);
            let help = output.stdout + &output.stderr;
            let options = help.split_whitespace().filter(|word| word.starts_with('-'));
            for option in options.map(|option| option.trim_end_matches([',', ':'])) {
                assert!(PAGE.contains(&format!("`{option}")), "{name} {option}");
            }
        }
    }
}

/// A command of the page, and what it prints with an init: the original that has this name and
/// these options, or rinit.
struct Example<'a> {
    command: &'a str,
    init: &'a str,
    rinit: bool,
    prints: &'a str,
}

/// Each block of shell code with the table after it.
fn examples(page: &str) -> Vec<Example<'_>> {
    let mut examples: Vec<Example> = vec![];
    for block in page.split("```sh\n").skip(1) {
        let (command, after) = block.split_once("```\n").expect("the block ends");
        let table = after.lines().skip_while(|line| line.is_empty()).take_while(|line| line.starts_with('|'));
        let mut inits = vec![];
        for row in table.skip(2) {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let &[who, prints] = cells.as_slice() else { panic!("two cells: {row}") };
            let example = |init, rinit| Example { command, init, rinit, prints };
            match who.strip_prefix("rinit as ") {
                None => {
                    inits.push(who.trim_matches('`'));
                    examples.push(example(who.trim_matches('`'), false));
                }
                Some("each") => examples.extend(inits.iter().map(|init| example(init, true))),
                Some(init) => examples.push(example(init.trim_matches('`'), true)),
            }
        }
        assert!(!inits.is_empty(), "no table follows {command}");
    }
    examples
}

/// In one test, since the commands wait most of the time and so can run side by side.
#[test]
fn what_differs_on_purpose_is_what_the_commands_of_the_page_show() {
    let names = harness::names();
    let run = |example: &Example| {
        let name = example.init.split(' ').next().expect("a name");
        if example.command.contains("setpriv") && !harness::is_root_or_skip("a child that is another user")
            || !example.rinit && !Path::new("/usr/bin").join(name).exists() && !harness::skip(name)
        {
            return;
        }
        let path = "/usr/bin:/bin:/usr/sbin:/sbin";
        let path = if example.rinit { format!("{}:{path}", names.display()) } else { path.into() };
        let launch = Launch::program(Place::Outside, "/bin/sh").args(["-c", example.command]);
        let output = launch.env("INIT", example.init).env("PATH", path).output();
        let printed: Vec<_> = output.stdout.split_whitespace().collect();
        let who = if example.rinit { "rinit as" } else { "the original" };
        assert_eq!(
            printed.join(" "),
            example.prints,
            "{who} {}: {}{output:?}",
            example.init,
            example.command
        );
    };
    let examples = examples(PAGE);
    assert!(!examples.is_empty());
    for some in examples.chunks(12) {
        std::thread::scope(|scope| some.iter().for_each(|example| drop(scope.spawn(move || run(example)))));
    }
}
