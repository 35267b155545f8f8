//! What rinit, tini, dumb-init and catatonit do with the same things: the README's table, measured.
//!
//! Each row is one experiment, made with every init. An init that has an option for the purpose is given that
//! option.

use crate::harness;
use crate::harness::cgroup::Cgroup;
use crate::harness::shell::interactive;
use crate::harness::terminal::CTRL_Z;
use crate::harness::{Launch, Position, Running, eventually, proc, send};
use nix::libc;
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
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
        peer("dumb-init", |experiment| if experiment == "why" { &["-v"] } else { &[] }),
        peer("catatonit", |_| &[]),
    ]
}

fn rinits(experiment: &str) -> &'static [&'static str] {
    match experiment {
        "survivors" => &["--grace", "1m"],
        "stop" => &["--stop", "TERM/100ms/INT/100ms/KILL"],
        "143" => &["--stop-ok"],
        "why" => &["-v"],
        _ => &[],
    }
}

fn tinis(experiment: &str) -> &'static [&'static str] {
    match experiment {
        "143" => &["-e", "143"],
        "left behind" => &["-s"],
        "why" => &["-vvv"],
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
fn happens(mut has_happened: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !has_happened() {
        if start.elapsed() > NEVER {
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

/// A program that does not react to SIGTERM.
fn deaf_program(init: &Init) -> String {
    let mut running = init.launch(Position::Pid1, "stop").probe(&["signals"]).start().ready();
    running.signal(libc::SIGTERM);
    if !happens(|| !running.is_running()) {
        return "SIGTERM, and runs on".into();
    }
    let got: Vec<_> = running.stdout.rest().lines().map(str::to_owned).collect();
    assert_eq!(got, [libc::SIGTERM.to_string(), libc::SIGINT.to_string()], "{}", init.name);
    "SIGTERM, SIGINT, SIGKILL".into()
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

/// A job in the background that does not read the terminal.
fn background(init: &Init) -> String {
    let mut running = shell(init);
    running.type_in("$INIT $OPTIONS sh -c 'echo ready; exec sleep 1000' &\n");
    running.stdout.expect("ready");
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

/// A script that was saved with the line ends of Windows.
fn carriage_return(init: &Init) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\r\necho started\r\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
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

/// A service manager that names the init in `LISTEN_PID`.
fn socket_activation(init: &Init) -> String {
    let script = "LISTEN_PID=$$ exec $INIT -- sh -c '[ $LISTEN_PID = $$ ] && echo yes || echo no'";
    let launch = Launch::program(Position::Outside, "/bin/sh").args(["-c", script]).env("INIT", &init.path);
    match launch.output().stdout.as_str() {
        "yes\n" => "takes the socket".into(),
        "no\n" => "sees a socket for somebody else".into(),
        other => panic!("{}: {other:?}", init.name),
    }
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

const EXPERIMENTS: [(&str, Experiment); 10] = [
    ("a background job that needs 0.5 s to end when the container is stopped", background_job),
    ("a program that does not listen to SIGTERM gets", deaf_program),
    ("exit code where a JVM is asked to stop, and where it gets a stray SIGTERM", exit_code_143),
    ("Ctrl-Z at a job of a shell", ctrl_z),
    ("a shell that starts `INIT program &`", background),
    ("what is left when the program ends, outside a container", left_behind),
    ("a script whose `#!` line ends with a carriage return", carriage_return),
    ("a program that the OOM killer kills", out_of_memory),
    ("a socket-activated program", socket_activation),
    ("`INIT -P` as a pod's infra container", infra_container),
];

#[test]
fn the_readmes_comparison_is_what_the_inits_do() {
    let inits = inits();
    if let Some(missing) = inits.iter().find(|init| !Path::new(&init.path).exists()) {
        harness::skip(&format!("{}, to compare with", missing.name));
        return;
    }
    if Cgroup::small().is_none() {
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
