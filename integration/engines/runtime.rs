//! runc and crun by themselves. A container of theirs is a bundle, a folder with the configuration.

use super::engine::{Engine, Offers, Order};
use super::user::User;
use crate::support::command::run;
use crate::support::image;
use crate::support::podman::{cgroup_parent, podman};
use crate::support::setup::set_up;
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(super) struct Runtime {
    program: &'static str,
    root: PathBuf,
    /// Holds the runtime's state and the bundles.
    folder: TempDir,
    user: Option<User>,
}

/// Mounts the matrix's image, and returns the folder.
pub(super) fn root() -> PathBuf {
    set_up(podman(["image", "mount", &image::MATRIX])).into()
}

impl Runtime {
    pub(super) fn new(program: &'static str) -> Self {
        Self { program, root: root(), folder: TempDir::new().expect("make a folder"), user: None }
    }

    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(self.program);
        command.arg("--root").arg(self.folder.path().join("state"));
        if self.program == "crun" && self.user.is_some() {
            command.arg("--cgroup-manager=disabled"); // only root may make cgroups
        }
        command.args(arguments);
        User::run(self.user.as_ref(), command)
    }

    fn bundle(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration that the runtime proposes, changed to what is ordered.
    fn configure(&self, order: &Order, bundle: &Path) {
        let mut spec = Command::new(self.program);
        spec.args(["spec", "--bundle"]).arg(bundle);
        if let Some(user) = &self.user {
            user.owns(bundle);
            spec.arg("--rootless");
        }
        run(User::run(self.user.as_ref(), spec));

        let path = bundle.join("config.json");
        let text = fs::read(&path).expect("read the configuration");
        let mut config: Value = serde_json::from_slice(&text).expect("it is JSON");
        config["root"] = json!({ "path": self.root, "readonly": true });
        let process = &mut config["process"];
        process["args"] = json!(order.arguments());
        process["terminal"] = json!(order.terminal);
        process["capabilities"] = json!({});
        if self.user.is_none() {
            process["user"] = json!({ "uid": 10000, "gid": 10000 });
        }
        let environment = process["env"].as_array_mut().expect("a list");
        environment.extend(order.variables.iter().map(|(name, value)| json!(format!("{name}={value}"))));
        if self.program == "crun" {
            // crun passes sockets on and sets LISTEN_PID, but not their number.
            environment.push(json!("LISTEN_FDS=1"));
        }
        let linux = &mut config["linux"];
        if self.user.is_none() {
            linux["cgroupsPath"] = json!(format!("{}/{}", cgroup_parent(), order.name));
        }
        if let Some((_, pid)) = order.within {
            for namespace in linux["namespaces"].as_array_mut().expect("a list") {
                if namespace["type"] == "pid" {
                    namespace["path"] = json!(format!("/proc/{pid}/ns/pid"));
                }
            }
        }
        if !order.has_proc {
            // These are folders and files in /proc.
            linux["maskedPaths"] = json!([]);
            linux["readonlyPaths"] = json!([]);
            let mounts = config["mounts"].as_array_mut().expect("a list");
            mounts.retain(|mount| mount["destination"] != "/proc");
        }
        fs::write(&path, config.to_string()).expect("write the configuration");
    }
}

impl Engine for Runtime {
    fn name(&self) -> &'static str {
        self.program
    }

    fn run(&self, order: &Order) -> Offers<Command> {
        let bundle = self.bundle(&order.name);
        fs::create_dir(&bundle).expect("make the bundle");
        self.configure(order, &bundle);
        let bundle = bundle.to_str().expect("UTF-8");
        Ok(self.command(["run", "--bundle", bundle, &order.name]))
    }

    fn pid_1(&self, name: &str, _client: Pid) -> Option<Pid> {
        let output = self.command(["state", name]).output().ok()?;
        let state: Value = serde_json::from_slice(&output.stdout).ok()?;
        state["pid"].as_i64()?.try_into().ok().map(Pid::from_raw)
    }

    fn stop(&self, name: &str, _client: Pid) -> Command {
        self.command(["kill", name, "TERM"])
    }

    fn remove(&self, name: &str) {
        // A container that has ended is gone already.
        let _ = self.command(["delete", "--force", name]).output();
    }

    fn rootless(&self) -> Offers<Box<dyn Engine>> {
        let user = User::new();
        let folder = TempDir::new().expect("make a folder");
        user.owns(folder.path());
        let root = user.shows(&self.root);
        Ok(Box::new(Self { program: self.program, root, folder, user: Some(user) }))
    }

    fn execute(&self, name: &str, commands: &str) -> Offers<Command> {
        Ok(self.command(["exec", name, "/bin/sh", "-c", commands]))
    }

    fn sizes_terminals(&self) -> Offers<()> {
        match self.program {
            "crun" => Err("By itself, crun 1.8 passes SIGWINCH on and not the size."),
            _ => Ok(()),
        }
    }

    fn can_do_without_proc(&self) -> Offers<()> {
        match self.program {
            "runc" => Err("runc does not start a container without `/proc`."),
            _ => Ok(()),
        }
    }
}
