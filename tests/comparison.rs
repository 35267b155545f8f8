//! What rinit, tini, dumb-init and catatonit do with the same things: the README's table, measured.
//!
//! Each row is one experiment, made with every init. An init that has an option for the purpose is given that
//! option.

use crate::harness;
use crate::harness::cgroup::Cgroup;
use crate::harness::folder::Folder;
use crate::harness::shell::interactive;
use crate::harness::terminal::{CTRL_C, CTRL_Z, Terminal};
use crate::harness::{End, Launch, Position, Running, eventually, must, proc, send};
use nix::libc::{self, c_int};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, dup2_stderr, dup2_stdout};
use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// An init, and the options that it has for an experiment.
struct Init {
    name: &'static str,
    path: OsString,
    options: fn(&str) -> &'static [&'static str],
}

fn inits() -> [Init; 4] {
    let peer = |name, options| Init { name, path: format!("/usr/bin/{name}").into(), options };
    [
        Init { name: "rinit", path: harness::release_binary().into(), options: rinits },
        peer("tini", tinis),
        peer("dumb-init", |experiment| if matches!(experiment, "why" | "log") { &["-v"] } else { &[] }),
        peer("catatonit", |_| &[]),
    ]
}

fn rinits(experiment: &str) -> &'static [&'static str] {
    match experiment {
        "survivors" => &["--grace", "1m"],
        "daemon" => &["--stay"],
        "stop" => &["--stop", "TERM/100ms/INT/100ms/KILL"],
        "line" => &["--stop", "'stop'/1m/KILL"],
        "143" => &["--stop-ok"],
        "why" => &["-v"],
        "log" => &["-vv"],
        _ => &[],
    }
}

fn tinis(experiment: &str) -> &'static [&'static str] {
    match experiment {
        "143" => &["-e", "143"],
        "left behind" => &["-s"],
        "why" | "log" => &["-vvv"],
        _ => &[],
    }
}

impl Init {
    fn launch(&self, position: Position, experiment: &str) -> Launch {
        let launch = Launch::program(position, &self.path).args((self.options)(experiment));
        launch.env("PROBE", harness::probe())
    }
}

/// How long a thing that never happens is waited for.
const NEVER: Duration = Duration::from_secs(2);

/// Whether something happens before that.
fn happens(has_happened: impl FnMut() -> bool) -> bool {
    happens_within(NEVER, has_happened)
}

fn happens_within(time: Duration, mut has_happened: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !has_happened() {
        if start.elapsed() > time {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

/// A shell with a job in the background that needs half a second to finish its file when it is told to end.
fn background_job(init: &Init) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let script = "(trap 'sleep 0.5; echo end >$FILE; exit' TERM; echo ready; while :; do sleep 0.05; done) &
                  trap 'exit 0' TERM; while :; do wait; done";
    let launch = init.launch(Position::Pid1, "survivors").env("FILE", &file);
    let mut running = launch.shell(script).start().ready();
    running.signal(libc::SIGTERM);
    running.wait();
    if file.exists() { "finishes its file" } else { "is killed before" }.into()
}

/// A server that goes to the background, or that an upgrade has replaced: its parent ends, and then the container
/// is stopped.
fn daemon(init: &Init) -> String {
    let launch = init.launch(Position::Pid1, "daemon");
    let mut running = launch.shell("(setsid $PROBE trap 15 0 &); exec sleep 0.2").start();
    let is_ended = happens(|| !running.is_running());
    if !is_ended {
        running.signal(libc::SIGTERM);
        running.wait();
    }
    if running.stdout.rest().contains("got 15") { "runs on, ends in order" } else { "is killed with it" }
        .into()
}

/// A program that reacts to no signal, in an image with this STOPSIGNAL.
fn deaf_program(init: &Init, signal: c_int) -> String {
    let mut running = init.launch(Position::Pid1, "stop").probe(&["signals"]).start().ready();
    running.signal(signal);
    let is_killed = happens(|| !running.is_running());
    if !is_killed {
        running.signal(libc::SIGKILL); // from outside of its namespace
    }
    let got = running.stdout.rest();
    let continued = libc::SIGCONT.to_string(); // with each, lest it be stopped
    let numbers = got.lines().filter(|line| *line != continued).map(|line| line.parse().expect("a number"));
    let names: Vec<_> =
        numbers.map(|number: c_int| Signal::try_from(number).expect("a signal").as_str()).collect();
    format!("{}, {}", names.join(", "), if is_killed { "SIGKILL" } else { "and runs on" })
}

/// A console, as game servers have one, that saves only when it reads `stop`, and is given nothing to read.
fn console(init: &Init) -> String {
    let script =
        "echo ready; while read line; do [ $line = stop ] && echo saved && exit; done; exec sleep 1000";
    let mut running = init.launch(Position::Pid1, "line").shell(script).start().ready();
    running.signal(libc::SIGTERM);
    running.wait();
    if running.stdout.rest() == "saved\n" { "saves its world" } else { "loses its world" }.into()
}

/// A Java virtual machine that is told to stop, and one that a process inside has sent a SIGTERM.
fn exit_code_143(init: &Init) -> String {
    let jvm = "trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done";
    let mut asked = init.launch(Position::Pid1, "143").shell(jvm).start().ready();
    asked.signal(libc::SIGTERM);
    let stray =
        init.launch(Position::Pid1, "143").shell(&format!("(sleep 0.1; kill -TERM $$) & {jvm}")).output();
    format!("{} and {}", asked.code(), stray.code())
}

/// A shell in a terminal, whose job is stopped by Ctrl-Z.
fn ctrl_z(init: &Init) -> String {
    let mut running = shell(init);
    running.type_in("$INIT $OPTIONS sh -c 'echo ready; read line; echo got $line'\n");
    running.stdout.expect("ready");
    running.type_in(CTRL_Z);
    let start = Instant::now();
    loop {
        running.type_in("echo prompt\n"); // again and again: a shell discards what is typed too early
        match running.stdout.next_within(Duration::from_millis(100)) {
            Some(line) if line == "prompt" => return "the shell is back".into(),
            None if start.elapsed() > NEVER => return "the shell waits for ever".into(),
            _ => {}
        }
    }
}

/// A shell's loop over a program that Ctrl-C kills. A shell ends the loop if it sees that death.
fn ctrl_c_at_a_loop(init: &Init) -> String {
    let mut running = shell(init);
    running.type_in("for i in 1 2 3; do $INIT $OPTIONS sh -c 'echo ready; exec sleep 1000'; done\n");
    running.stdout.expect("ready");
    running.type_in(CTRL_C);
    let start = Instant::now();
    loop {
        running.type_in("echo prompt\n"); // again and again: a shell throws away what came too early
        match running.stdout.next_within(Duration::from_millis(100)).as_deref() {
            Some("prompt") => return "ends".into(),
            Some("ready") => return "goes on".into(),
            _ => assert!(start.elapsed() < harness::deadline(), "{}: neither", init.name),
        }
    }
}

/// A job in the background that does not read the terminal.
fn background(init: &Init) -> String {
    let mut running = shell(init);
    running.type_in("$INIT $OPTIONS sh -c 'echo ready; exec sleep 1000' &\n");
    loop {
        match running.stdout.next_or_end().as_deref() {
            Some("ready") => break,
            Some(_) => {}
            None => return "loses its terminal".into(), // and the shell has ended for it
        }
    }
    let foreground = running.terminal().foreground();
    if foreground == running.pid { "keeps its terminal" } else { "loses its terminal" }.into()
}

fn shell(init: &Init) -> Running {
    let mut running = interactive("bash").env("INIT", &init.path).env("OPTIONS", "--").start();
    running.type_in("echo shell\n");
    running.stdout.expect("shell");
    running
}

/// A program that ends while a process that it has started, and that ignores SIGTERM, goes on, on a
/// developer's machine.
fn left_behind(init: &Init) -> String {
    let script = "trap '' TERM; sleep 1000 & echo $!; exit 0";
    let mut running = init.launch(Position::Outside, "left behind").shell(script).start();
    let survivor = Pid::from_raw(running.stdout.next().parse().expect("a pid"));
    running.wait();
    if happens(|| proc::state(survivor).is_none_or(|state| state == 'Z')) {
        return "nothing".into();
    }
    send(survivor, libc::SIGKILL);
    "the process".into()
}

/// The same, but what is left makes processes for ever, as many as its cgroup may have.
fn fork_bomb_left_behind(init: &Init) -> String {
    let cgroup = Cgroup::of_processes(30).expect("a cgroup, which the caller has had too");
    let script = "trap 'exit 0' TERM; $PROBE bomb of-processes & while :; do wait; done";
    let launch = init.launch(Position::Outside, "left behind").caller(cgroup.enter());
    let mut running = launch.shell(script).start().ready();
    running.signal(libc::SIGTERM);
    let ends = happens_within(Duration::from_secs(10), || !running.is_running());
    let nothing_is_left = ends && happens(|| cgroup.processes().is_empty());
    cgroup.end_all();
    match (ends, nothing_is_left) {
        (false, _) => "the init waits for ever",
        (true, false) => "the processes",
        (true, true) => "nothing",
    }
    .into()
}

/// A supervisor that has asked the kernel to kill the init when the supervisor ends, and that is killed.
fn supervisor_killed(init: &Init) -> String {
    let launch = init.launch(Position::Outside, "left behind").with_parent();
    let launch = launch.caller(|| must(set_pdeathsig(Signal::SIGKILL)));
    let mut supervisor = launch.shell("echo $$; exec sleep 1000").start();
    let program = Pid::from_raw(supervisor.stdout.next().parse().expect("a pid"));
    send(supervisor.pid, libc::SIGKILL);
    let ends = happens(|| proc::state(program).is_none_or(|state| state == 'Z'));
    if ends { "is killed" } else { "runs on" }.into()
}

/// A terminal that nobody reads any more, on which the init logs each signal.
fn unread_terminal(init: &Init) -> String {
    const SIGNALS: u32 = 3000; // a line for each is more than a terminal holds
    let (_terminal, slave) = Terminal::open();
    let mut settings = tcgetattr(&slave).expect("a terminal");
    settings.output_flags.insert(OutputFlags::OPOST); // as a user's terminal has it
    tcsetattr(&slave, SetArg::TCSANOW, &settings).expect("a terminal");
    let descriptor = slave.as_raw_fd();
    let take_it = move || {
        // SAFETY: descriptors that are open in the caller, which the test has made.
        let (terminal, pipe) = unsafe { (BorrowedFd::borrow_raw(descriptor), BorrowedFd::borrow_raw(1)) };
        // SAFETY: an integer.
        must(if unsafe { libc::dup2(pipe.as_raw_fd(), 3) } == 3 { Ok(()) } else { Err(()) });
        must(dup2_stdout(terminal).and_then(|()| dup2_stderr(terminal)));
    };
    let launch = init.launch(Position::Pid1, "log").caller(take_it);
    let mut running = launch.shell("exec $PROBE signals >&3 3>&-").start().ready();
    for _ in 0..SIGNALS {
        running.signal(libc::SIGUSR1);
        if running.stdout.next_within(NEVER).is_none() {
            return "it hangs".into();
        }
    }
    "it goes on".into()
}

/// A script that was saved with the line ends of Windows.
fn carriage_return(init: &Init) -> String {
    let folder = Folder::new();
    let script = folder.file("script", 0o755, "#!/bin/sh\r\necho started\r\n");
    let output = init.launch(Position::Pid1, "script").command([&script]).output();
    let names_it = output.stderr.contains("carriage return");
    format!("{}, {}", output.code(), if names_it { "names it" } else { "“No such file or directory”" })
}

/// A program that needs more memory than its cgroup has, with all that the init can be asked to say.
fn out_of_memory(init: &Init) -> String {
    let cgroup = Cgroup::small().expect("a cgroup, which the caller has had too");
    let launch = init.launch(Position::Pid1, "why").caller(cgroup.enter());
    let output = launch.probe(&["eat-memory"]).output();
    let names_it = output.stderr.contains("OOM");
    format!("{}, {}", output.code(), if names_it { "names it" } else { "no word of it" })
}

/// A parent that waits for a program which a signal kills, as make and service managers do.
fn death(init: &Init) -> String {
    match init.launch(Position::Outside, "death").shell("kill -TERM $$").output().end {
        End::Killed(libc::SIGTERM) => "SIGTERM".into(),
        End::Exited(code) => format!("exit code {code}"),
        other => panic!("{}: {other:?}", init.name),
    }
}

/// A service manager that names the init in this variable, and means the program.
fn named(init: &Init, variable: &str) -> bool {
    let script = format!(
        "{variable}=$$ exec $INIT -- sh -c '[ ${variable} = $$ ] && echo the program || echo the init'"
    );
    let launch = Launch::program(Position::Outside, "/bin/sh").args(["-c", &script]).env("INIT", &init.path);
    match launch.output().stdout.as_str() {
        "the program\n" => true,
        "the init\n" => false,
        other => panic!("{}: {other:?}", init.name),
    }
}

fn socket_activation(init: &Init) -> String {
    if named(init, "LISTEN_PID") { "takes the socket" } else { "sees a socket for somebody else" }.into()
}

fn watchdog(init: &Init) -> String {
    if named(init, "WATCHDOG_PID") { "gives the sign of life" } else { "sees a watchdog for somebody else" }
        .into()
}

/// As the infra container of a pod.
fn infra_container(init: &Init) -> String {
    let mut running = Launch::program(Position::Pid1, &init.path).args(["-P"]).start();
    eventually("it to sleep or end", || {
        (!running.is_running() || proc::state(running.pid) == Some('S')).then_some(())
    });
    if running.is_running() {
        running.signal(libc::SIGTERM);
    }
    if running.code() == 0 { "reaps, ends with 0" } else { "has no such mode" }.into()
}

type Experiment = fn(&Init) -> String;

const EXPERIMENTS: &[(&str, Experiment)] = &[
    ("a background job that needs 0.5 s to end when the container is stopped", background_job),
    ("a daemon, when the program that has started it ends", daemon),
    ("a program that reacts to no signal gets", |init| deaf_program(init, libc::SIGTERM)),
    ("the same with `STOPSIGNAL SIGINT`", |init| deaf_program(init, libc::SIGINT)),
    ("a game server that saves when it reads `stop`, in `docker run --detach`", console),
    ("exit code where a JVM is asked to stop, and where it gets a stray SIGTERM", exit_code_143),
    ("Ctrl-Z at a job of a shell", ctrl_z),
    ("a shell's loop over a program that Ctrl-C kills", ctrl_c_at_a_loop),
    ("what the init's parent sees when SIGTERM kills the program, outside a container", death),
    ("a shell that starts `INIT program &`", background),
    ("what is left when the program ends, outside a container", left_behind),
    ("the same where a process is left that forks for ever", fork_bomb_left_behind),
    ("a program under a supervisor that is killed and has set PR_SET_PDEATHSIG", supervisor_killed),
    ("an init that logs to a terminal that nobody reads (catatonit logs nothing)", unread_terminal),
    ("a script whose `#!` line ends with a carriage return", carriage_return),
    ("a program that the OOM killer kills", out_of_memory),
    ("a socket-activated program", socket_activation),
    ("a program with a watchdog (`WATCHDOG_PID`)", watchdog),
    ("`INIT -P` as a pod's infra container", infra_container),
];

#[test]
fn the_readmes_comparison_is_what_the_inits_do() {
    let inits = inits();
    if let Some(missing) = inits.iter().find(|init| !Path::new(&init.path).exists()) {
        harness::skip(&format!("{}, to compare with", missing.name));
        return;
    }
    if Cgroup::small().is_none() || Cgroup::of_processes(30).is_none() {
        return;
    }
    let names: Vec<_> = inits.iter().map(|init| init.name).collect();
    let mut table = format!("| | {} |\n|---|---|---|---|---|\n", names.join(" | "));
    for (what, experiment) in EXPERIMENTS {
        let results = std::thread::scope(|scope| {
            let threads = inits.each_ref().map(|init| scope.spawn(|| experiment(init)));
            threads.map(|thread| thread.join().expect("a result"))
        });
        table += &format!("| {what} | {} |\n", results.join(" | "));
    }
    println!("{table}");
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&table), "the README's table is another than this:\n{table}");
}
