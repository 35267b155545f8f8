//! A console, which saves when it reads `stop`: as an engine gives it a standard input, or none. The image:
//! `integration/examples/console`.

use super::docker::Daemon;
use crate::support::command::run;
use crate::support::podman::{cgroup_parent, podman};
use crate::support::{image, poll};
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use tempfile::NamedTempFile;

/// What a console without an input has printed at its end.
const END_OF_INPUT: &str = "ready\nno more commands\n";

/// The name of the pod, which no container may have.
const POD: &str = "console-pod";

#[test]
fn in_docker_it_saves_with_an_input_and_without() {
    let daemon = Daemon::start();
    daemon.load(&image::CONSOLE);
    saves_with_an_input_and_without(&Engine::Docker(daemon));
}

#[test]
fn in_podman_it_saves_with_an_input_and_without() {
    saves_with_an_input_and_without(&Engine::Podman);
}

fn saves_with_an_input_and_without(engine: &Engine) {
    for (has_input, options) in [(false, &["--detach"][..]), (true, &["--detach", "--interactive"])] {
        saves(&Console::start(engine, options, &[]));
        let without_a_line = [options, &["--entrypoint=/rinit"]].concat();
        let console = Console::start(engine, &without_a_line, &["--", "/usr/local/bin/console"]);
        does_not_save(&console, if has_input { "ready\n" } else { END_OF_INPUT });
        assert_eq!(console.log() == END_OF_INPUT, !has_input, "{}", console.log());
    }
    saves_what_a_client_has_built(engine);

    let console = Console::start(engine, &["--detach", "--tty"], &[]);
    assert_eq!(console.exit_code(), 125);
    assert!(console.log().contains("rinit: write to stdin: "), "{}", console.log());
}

/// Stops the console, which saves and ends.
fn saves(console: &Console<'_>) {
    console.wait_for("ready\n");
    assert_eq!(console.stop(), 0, "{}", console.log());
    assert!(console.log().ends_with("saving\n"), "{}", console.log());
}

/// The control: without a line it ends, and does not save. It is stopped when its log begins like this.
fn does_not_save(console: &Console<'_>, ready: &str) {
    console.wait_for(ready);
    assert_eq!(console.stop(), 128 + libc::SIGTERM, "{}", console.log());
    assert!(!console.log().contains("saving"), "{}", console.log());
}

/// A client that types commands, and is there still at the stop.
fn saves_what_a_client_has_built(engine: &Engine) {
    let console = Console { engine, name: "console".to_owned() };
    let mut client = console.run(&["--interactive"], &[]);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("run the client");
    let mut stdin = client.stdin.take().expect("it is piped");
    let mut stdout = BufReader::new(client.stdout.take().expect("it is piped")).lines();
    let mut expect = |line: &str| assert_eq!(stdout.next().expect("a line").expect("it can be read"), line);
    expect("ready");
    stdin.write_all(b"build castle\n").expect("it reads");
    expect("built castle");
    run(engine.command(&["stop", "--time=60", &console.name]));
    expect("saving castle");
    assert_eq!(client.wait().expect("it ends").code(), Some(0));
}

/// podman 4.3 gives no input in either case.
#[test]
fn in_a_pod_of_kubernetes_it_saves_with_an_input_and_without() {
    for has_input in [false, true] {
        saves(&play(&json!({ "stdin": has_input })));
        let without_a_line = json!(["/rinit", "--", "/usr/local/bin/console"]);
        does_not_save(&play(&json!({ "stdin": has_input, "command": without_a_line })), "ready\n");
    }
}

/// Starts the pod of a file for Kubernetes, whose one container has these fields as well.
fn play(fields: &serde_json::Value) -> Console<'static> {
    let mut container = json!({
        "name": "member", "image": *image::CONSOLE,
        "securityContext": { "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } },
        "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
    });
    for (name, value) in fields.as_object().expect("fields") {
        container[name] = value.clone();
    }
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": POD },
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 60,
            "volumes": [{ "name": "data", "emptyDir": {} }], "containers": [container],
        },
    });
    let file = NamedTempFile::new().expect("make a file");
    fs::write(file.path(), pod.to_string()).expect("write the file");
    let console = Console { engine: &Engine::Pod, name: format!("{POD}-member") };
    let mut play = podman(["kube", "play", "--network=none"]);
    play.arg(file.path());
    run(play);
    console
}

enum Engine {
    Docker(Daemon),
    Podman,
    /// podman, with a pod that is played.
    Pod,
}

impl Engine {
    fn command(&self, arguments: &[&str]) -> Command {
        match self {
            Self::Docker(daemon) => daemon.command(arguments.iter().copied()),
            Self::Podman | Self::Pod => podman(arguments.iter().copied()),
        }
    }
}

/// A container that ends with the test that started it.
struct Console<'a> {
    engine: &'a Engine,
    name: String,
}

impl<'a> Console<'a> {
    /// The command that runs it.
    fn run(&self, options: &[&str], arguments: &[&str]) -> Command {
        let mut run = self.engine.command(&["run", "--name", &self.name, "--network=none", "--read-only"]);
        run.args(["--cap-drop=all", "--security-opt=no-new-privileges"]);
        if let Engine::Podman = self.engine {
            run.args(["--read-only-tmpfs=false", &format!("--cgroup-parent={}", cgroup_parent())]);
        }
        run.args(options).arg(&*image::CONSOLE).args(arguments);
        run
    }

    /// Runs it, by a command that returns at once.
    fn start(engine: &'a Engine, options: &[&str], arguments: &[&str]) -> Self {
        let console = Self { engine, name: "console".to_owned() };
        run(console.run(options, arguments));
        console
    }

    fn log(&self) -> String {
        let output = self.engine.command(&["logs", &self.name]).output().expect("run the client");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).replace('\r', "")
    }

    /// Waits until the log begins like this.
    fn wait_for(&self, text: &str) {
        poll::until(text, || match self.log() {
            log if log.starts_with(text) => Ok(()),
            log => Err(log),
        });
    }

    /// Stops it as users do, and returns the exit code.
    fn stop(&self) -> i32 {
        run(self.engine.command(&["stop", "--time=60", &self.name]));
        self.exit_code()
    }

    fn exit_code(&self) -> i32 {
        run(self.engine.command(&["wait", &self.name])).parse().expect("an exit code is a number")
    }
}

impl Drop for Console<'_> {
    fn drop(&mut self) {
        // No second panic, if the test is failing.
        let remove: &[&str] = match self.engine {
            Engine::Pod => &["pod", "rm", "--force", "--time=0", POD],
            Engine::Docker(_) | Engine::Podman => &["rm", "--force", "--volumes", &self.name],
        };
        let _ = self.engine.command(remove).output();
    }
}
