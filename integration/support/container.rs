//! podman's containers and volumes. They end with the test that has made them.

use crate::support::command::run;
use crate::support::network::Network;
use crate::support::podman::{cgroup_parent, podman};
use crate::support::poll;
use crate::support::proc;
use nix::unistd::Pid;
use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, JoinHandle};

/// A container on a read-only root, without capabilities and with no network but its own loopback.
pub(crate) struct Container {
    id: String,
}

impl Container {
    /// Starts a container. The arguments are those of `podman run` and end with the image and its arguments.
    pub(crate) fn start<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_id(run(Self::command(arguments)))
    }

    /// The command that starts a container, and prints its ID.
    pub(crate) fn command<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut start = podman(["run", "--detach", "--network=none", "--cap-drop=all"]);
        start.arg(format!("--cgroup-parent={}", cgroup_parent()));
        start.args(["--security-opt=no-new-privileges", "--read-only", "--read-only-tmpfs=false"]);
        start.args(arguments);
        start
    }

    /// A container that the engine has started.
    pub(crate) fn with_id(id: String) -> Self {
        Self { id }
    }

    /// The process that is PID 1 in the container.
    ///
    /// # Panics
    /// When the container has ended.
    pub(crate) fn pid(&self) -> Pid {
        let pid = self.inspect("{{.State.Pid}}").parse().expect("a pid is a number");
        assert_ne!(pid, 0, "the container has ended; its log:\n{}", self.logs());
        Pid::from_raw(pid)
    }

    /// The only child of PID 1, as soon as there is one.
    pub(crate) fn child(&self) -> Pid {
        let init = self.pid();
        self.until("one child of PID 1", || match children(init)[..] {
            [child] => Ok(child),
            ref children => Err(format!("{children:?}")),
        })
    }

    /// The container's network, which lasts as long as the container runs or the network is in use.
    pub(crate) fn network(&self) -> Network {
        Network::of_process(self.pid()).expect("open the container's network")
    }

    /// The container's log so far.
    pub(crate) fn logs(&self) -> String {
        let output = podman(["logs", &self.id]).output().expect("run podman");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Attempts it until it succeeds, and returns its result.
    ///
    /// # Panics
    /// When patience is over, with the last failure and the container's log.
    pub(crate) fn until<T, E: Display>(&self, goal: &str, attempt: impl FnMut() -> Result<T, E>) -> T {
        poll::try_until(attempt).unwrap_or_else(|seen| {
            panic!("waited for {goal}; last seen: {seen}; the container's log:\n{}", self.logs())
        })
    }

    /// Waits until this text is in the container's log.
    pub(crate) fn wait_for_log(&self, text: &str) {
        self.until(text, || if self.logs().contains(text) { Ok(()) } else { Err("a log without it") });
    }

    /// Connects to a port of the container's loopback as soon as a server listens there.
    pub(crate) fn connect(&self, port: u16) -> TcpStream {
        let network = self.network();
        self.until("a connection", || network.connect(port))
    }

    /// Waits until the image's HEALTHCHECK succeeds.
    pub(crate) fn wait_until_healthy(&self) {
        self.until("a healthy container", || {
            let output = podman(["healthcheck", "run", &self.id]).output().expect("run podman");
            if output.status.success() { Ok(()) } else { Err(format!("{output:?}")) }
        });
    }

    /// Has the engine send a signal.
    pub(crate) fn kill(&self, signal: &str) {
        run(podman(["kill", "--signal", signal, &self.id]));
    }

    /// Stops the container as users do, and returns the exit code. The engine sends SIGKILL after `patience`
    /// seconds.
    pub(crate) fn stop(&self, patience: u32) -> i32 {
        stop(&self.id, patience)
    }

    /// Stops the container while the test goes on.
    pub(crate) fn begin_to_stop(&self, patience: u32) -> JoinHandle<i32> {
        let id = self.id.clone();
        thread::spawn(move || stop(&id, patience))
    }

    /// Waits for the container's end, and returns the exit code.
    pub(crate) fn exit_code(&self) -> i32 {
        exit_code(&self.id)
    }

    /// Runs a shell's commands in the container.
    pub(crate) fn execute(&self, commands: &str) {
        run(podman(["exec", &self.id, "/bin/sh", "-c", commands]));
    }

    /// Runs a shell's commands in the container while the test goes on.
    pub(crate) fn begin_to_execute(&self, commands: &str) {
        run(podman(["exec", "--detach", &self.id, "/bin/sh", "-c", commands]));
    }

    fn inspect(&self, what: &str) -> String {
        run(podman(["inspect", "--format", what, &self.id]))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // No second panic, if the test is failing.
        let _ = podman(["rm", "--force", "--time=0", "--volumes", &self.id]).output();
    }
}

/// The children of a container's PID 1.
///
/// # Panics
/// When there is no such process, which has no children either.
pub(crate) fn children(init: Pid) -> Vec<Pid> {
    let children = proc::children(init);
    assert!(proc::state(init).is_some(), "there is no process {init}");
    children
}

fn stop(id: &str, patience: u32) -> i32 {
    run(podman(["stop", &format!("--time={patience}"), id]));
    exit_code(id)
}

fn exit_code(id: &str) -> i32 {
    run(podman(["wait", id])).parse().expect("an exit code is a number")
}

/// A volume. It ends with the test that has made it.
pub(crate) struct Volume {
    name: String,
    folder: PathBuf,
}

impl Volume {
    pub(crate) fn create() -> Self {
        let name = run(podman(["volume", "create"]));
        let folder = run(podman(["volume", "inspect", "--format", "{{.Mountpoint}}", &name])).into();
        Self { name, folder }
    }

    /// The option of `podman run` that mounts the volume at this path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("--volume={}:{path}", self.name)
    }

    /// The content of a file.
    pub(crate) fn read(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.folder.join(name))
    }

    /// Makes an empty file.
    pub(crate) fn touch(&self, name: &str) {
        File::create(self.folder.join(name)).expect("make a file");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = podman(["volume", "rm", "--force", &self.name]).output();
    }
}
