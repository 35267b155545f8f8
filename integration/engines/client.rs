//! podman and docker. Their command lines are the same in most of what users do.

use super::docker::Daemon;
use super::engine::{Engine, Init, NO_KUBERNETES, Offers, Order};
use super::user::User;
use crate::support::command::run;
use crate::support::image;
use crate::support::podman::{Podman, cgroup_parent, podman};
use nix::unistd::Pid;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

pub(super) struct Client {
    kind: Kind,
    image: String,
}

enum Kind {
    Podman { runtime: &'static str, rootless: Option<Rootless> },
    Docker(Daemon),
}

pub(super) fn podman_with(runtime: &'static str) -> Client {
    Client { kind: Kind::Podman { runtime, rootless: None }, image: image::MATRIX.clone() }
}

pub(super) fn docker() -> Client {
    let daemon = Daemon::start();
    daemon.load(&image::MATRIX);
    Client { kind: Kind::Docker(daemon), image: image::MATRIX.clone() }
}

impl Client {
    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        match &self.kind {
            Kind::Docker(daemon) => daemon.command(arguments),
            Kind::Podman { runtime, rootless } => {
                let arguments = ["--runtime", runtime].into_iter().chain(arguments);
                match rootless {
                    None => podman(arguments),
                    Some(rootless) => rootless.command(arguments),
                }
            }
        }
    }

    fn inspect(&self, name: &str, what: &str) -> String {
        run(self.command(["inspect", "--format", what, name]))
    }
}

impl Engine for Client {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Docker(_) => "docker",
            Kind::Podman { runtime: "runc", .. } => "podman, runc",
            Kind::Podman { .. } => "podman, crun",
        }
    }

    fn run(&self, order: &Order) -> Offers<Command> {
        let mut run = self.command(["run", "--name", &order.name, "--network=none", "--read-only"]);
        run.args(["--cap-drop=all", "--security-opt=no-new-privileges"]);
        if let Kind::Podman { rootless, .. } = &self.kind {
            run.arg("--read-only-tmpfs=false");
            if rootless.is_none() {
                run.arg(format!("--cgroup-parent={}", cgroup_parent()));
            }
        }
        if order.init == Init::Engine {
            run.arg("--init");
        }
        if order.terminal {
            run.args(["--interactive", "--tty"]);
        }
        if let Some(signal) = order.stop_signal {
            run.args(["--stop-signal", signal]);
        }
        if let Some((container, _)) = &order.within {
            run.arg(format!("--pid=container:{container}"));
        }
        for (name, value) in &order.variables {
            run.arg(format!("--env={name}={value}"));
        }
        let arguments = order.arguments();
        run.args(["--entrypoint", arguments[0], order.image.as_ref().unwrap_or(&self.image)]);
        run.args(&arguments[1..]);
        Ok(run)
    }

    fn pid_1(&self, name: &str, _client: Pid) -> Option<Pid> {
        let output = self.command(["inspect", "--format", "{{.State.Pid}}", name]).output().ok()?;
        let pid = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
        Some(Pid::from_raw(pid)).filter(|pid| pid.as_raw() != 0)
    }

    fn stop(&self, name: &str, _client: Pid) -> Command {
        self.command(["stop", "--time=60", name])
    }

    fn remove(&self, name: &str) {
        // No second panic, if the test is failing.
        let _ = self.command(["rm", "--force", "--volumes", name]).output();
    }

    fn rootless(&self) -> Offers<Box<dyn Engine>> {
        let kind = match self.kind {
            Kind::Docker(_) => {
                let daemon = Daemon::start_rootless();
                daemon.load(&self.image);
                Kind::Docker(daemon)
            }
            Kind::Podman { runtime, .. } => {
                let rootless = Rootless::new();
                image::copy(&self.image, rootless.command(["load"]));
                Kind::Podman { runtime, rootless: Some(rootless) }
            }
        };
        Ok(Box::new(Self { kind, image: self.image.clone() }))
    }

    fn execute(&self, name: &str, commands: &str) -> Offers<Command> {
        Ok(self.command(["exec", name, "/bin/sh", "-c", commands]))
    }

    fn has_init(&self) -> Offers<()> {
        Ok(())
    }

    fn has_images(&self) -> Offers<()> {
        Ok(())
    }

    fn is_healthy(&self, name: &str) -> Offers<bool> {
        Ok(match self.kind {
            Kind::Docker(_) => self.inspect(name, "{{.State.Health.Status}}") == "healthy",
            // podman's timer needs systemd.
            Kind::Podman { .. } => {
                self.command(["healthcheck", "run", name]).output().expect("run podman").status.success()
            }
        })
    }

    fn build(&self) -> Offers<String> {
        match &self.kind {
            Kind::Docker(daemon) => {
                daemon.load(&image::DEBIAN);
                daemon.load(&image::RUST);
                daemon.build("Dockerfile", image::NAME_OF_RINIT);
                Ok(daemon.build("Dockerfile.example", "localhost/haproxy-example").to_owned())
            }
            Kind::Podman { .. } => Ok(image::HAPROXY.clone()),
        }
    }

    fn info(&self) -> Offers<String> {
        match self.kind {
            Kind::Docker(_) => {
                Ok(run(self.command(["info", "--format", "{{.InitBinary}} {{.InitCommit.ID}}"])))
            }
            Kind::Podman { .. } => Err("`podman info` says nothing of inits."),
        }
    }

    fn play(&self, name: &str, file: &Path, check: &dyn Fn(Pid)) -> Offers<i32> {
        if let Kind::Docker(_) = self.kind {
            return Err(NO_KUBERNETES);
        }
        // podman makes its infra image of the init that it finds, and keeps it when the init has changed. With an image
        // go the containers that are made of it, also those of another runtime's pod.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        for image in run(self.command(["images", "--quiet", "localhost/podman-pause"])).lines() {
            run(self.command(["image", "rm", "--force", image]));
        }
        let _pod = PlayedPod { client: self, name };
        let mut play = self.command(["kube", "play", "--network=none"]);
        play.arg(file);
        run(play);
        let infra = run(self.command(["pod", "inspect", "--format", "{{.InfraContainerID}}", name]));
        check(self.pid_1(&infra, Pid::this()).expect("it runs"));
        run(self.command(["pod", "stop", "--time=60", name]));
        Ok(self.inspect(&infra, "{{.State.ExitCode}}").parse().expect("an exit code is a number"))
    }

    fn can_do_without_proc(&self) -> Offers<()> {
        Err("It mounts `/proc` in every container.")
    }

    fn passes_sockets(&self) -> Offers<()> {
        match self.kind {
            Kind::Docker(_) => {
                Err("Containers are the daemon's children and get no descriptor of the client's.")
            }
            Kind::Podman { .. } => Ok(()),
        }
    }
}

/// podman of a user without privileges.
struct Rootless {
    podman: Podman,
    user: User,
}

impl Rootless {
    fn new() -> Self {
        let user = User::new();
        let folder = user.home().join("podman");
        let podman = Podman::in_folder(folder.clone(), folder.clone(), "vfs".to_owned());
        user.owns(&folder);
        Self { podman, user }
    }

    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        User::run(Some(&self.user), self.podman.command(arguments))
    }
}

impl Drop for Rootless {
    /// Ends the process that keeps podman's user namespace.
    fn drop(&mut self) {
        let _ = self.command(["system", "migrate"]).output();
    }
}

/// The pod of a file for Kubernetes. It ends with the test that started it.
struct PlayedPod<'a> {
    client: &'a Client,
    name: &'a str,
}

impl Drop for PlayedPod<'_> {
    fn drop(&mut self) {
        let _ = self.client.command(["pod", "rm", "--force", "--time=0", self.name]).output();
    }
}
