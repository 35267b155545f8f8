//! Docker's daemon, with its images in a folder below `target`, and what it notes about a run in the run's own.

use super::attached::words;
use super::user::User;
use crate::support::podman::{cgroup_parent, install_init, lock, podman, state_folder, storage_driver};
use crate::support::setup::set_up;
use crate::support::{image, poll, release_binary, send};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Debian's client, which goes with Debian's daemon; another may come first in PATH.
const DOCKER: &str = "/usr/bin/docker";

/// A daemon that ends with the thread that started it, however that ends.
pub(super) struct Daemon {
    folder: PathBuf,
    /// Where it notes what is running.
    running: PathBuf,
    supervisor: Child,
    /// The owner of the home that the folder is in, if the daemon is rootless.
    _user: Option<User>,
}

impl Daemon {
    /// Starts the daemon under rinit, which sends it SIGTERM when this thread ends, and ends what the daemon
    /// leaves. Its mounts end with the mount namespace.
    pub(super) fn start() -> Self {
        let storage_driver = storage_driver();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docker").join(&storage_driver);
        let running = state_folder("docker", &folder);
        Self::start_in(folder, running, &storage_driver, None)
    }

    /// Starts the daemon of a user without privileges. rootlesskit makes the namespaces that it needs.
    pub(super) fn start_rootless() -> Self {
        let user = User::new();
        let folder = user.home().join("docker");
        Self::start_in(folder.clone(), folder, "vfs", Some(user))
    }

    fn start_in(folder: PathBuf, running: PathBuf, storage_driver: &str, user: Option<User>) -> Self {
        for folder in [&folder, &running] {
            fs::create_dir_all(folder).expect("make the daemon's folders");
        }
        // The daemon inherits the lock, so that another run waits for the daemon's end.
        let lock = lock(&folder);
        // A daemon that was killed has left its PID and its containerd's, which may be others' by now.
        let _ = fs::remove_file(running.join("pid"));
        let temporary = running.join("tmp");
        for left in [&running.join("run"), &temporary] {
            let _ = fs::remove_dir_all(left);
        }
        fs::create_dir(&temporary).expect("make a folder for temporary files");
        let init = install_init(&folder, "docker-init");

        let mut daemon = Command::new("dockerd");
        daemon.arg("--data-root").arg(folder.join("data")).arg("--exec-root").arg(running.join("run"));
        daemon.arg("--pidfile").arg(running.join("pid")).arg("--host").arg(socket(&running));
        daemon.arg("--init-path").arg(&init);
        daemon.args(["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false"]);
        daemon.arg("--storage-driver").arg(if storage_driver == "overlay" {
            "overlay2"
        } else {
            storage_driver
        });
        if let Some(user) = &user {
            user.owns(&folder);
            user.owns(&temporary);
            daemon = User::run(Some(user), rootless(&daemon));
        } else {
            // Without systemd, which would take the PIDs for those of its own namespace.
            daemon.args(["--exec-opt=native.cgroupdriver=cgroupfs", "--cgroup-parent", &cgroup_parent()]);
        }
        let mut supervisor = Command::new(release_binary());
        supervisor.args(["-p", "TERM", "--grace", "20", "--"]).args(words(&daemon));
        let log = File::create(folder.join("log")).expect("make a log");
        // The daemon kills a containerd that is slow to answer, and has it write its stacks there first.
        supervisor.env("TMPDIR", &temporary);
        supervisor.stdin(lock).stdout(Stdio::null()).stderr(log);

        let supervisor = supervisor.spawn().expect("start the daemon");
        let daemon = Self { folder, running, supervisor, _user: user };
        let up = poll::try_until(|| {
            let output = daemon.command(["version"]).output().expect("run docker");
            if output.status.success() { Ok(()) } else { Err(()) }
        });
        let log = || fs::read_to_string(daemon.folder.join("log")).unwrap_or_default();
        assert!(up.is_ok(), "the daemon does not respond:\n{}", log());
        // A run that was killed has left its containers.
        let left = set_up(daemon.command(["ps", "--all", "--quiet"]));
        for container in left.lines() {
            set_up(daemon.command(["rm", "--force", "--volumes", container]));
        }
        daemon
    }

    pub(super) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut docker = Command::new(DOCKER);
        docker.env("DOCKER_HOST", socket(&self.running)).env("DOCKER_CONFIG", &self.folder);
        docker.args(arguments).stdin(Stdio::null());
        docker
    }

    /// Builds an image from the Dockerfile that users get, and returns the image's name.
    pub(super) fn build(&self, dockerfile: &str, name: &'static str) -> &'static str {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut build = self.command(["build", "--quiet", "--network=host", "--tag", name, "--file"]);
        build.env("DOCKER_BUILDKIT", "1").arg(root.join(dockerfile)).arg(root);
        set_up(build);
        name
    }

    /// Loads an image of podman's, which keeps its ID and its names.
    pub(super) fn load(&self, image: &str) {
        let id = set_up(podman(["image", "inspect", "--format", "{{.Id}}", image]));
        let known = self.command(["image", "inspect", &id]).output().expect("run docker");
        if !known.status.success() {
            image::copy(image, self.command(["load"]));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        send(Pid::from_raw(self.supervisor.id().cast_signed()), libc::SIGTERM);
        let _ = self.supervisor.wait();
    }
}

/// Returns the command that runs the daemon in namespaces in which its user is root.
fn rootless(daemon: &Command) -> Command {
    let mut rootlesskit = Command::new("rootlesskit");
    rootlesskit.args(["--net=host", "--copy-up=/etc", "--copy-up=/run", "--propagation=rslave"]);
    // The copy of /run has links to the machine's own folders.
    rootlesskit.args(["sh", "-c", r#"rm -f /run/docker /run/containerd; exec "$@" --rootless"#, "sh"]);
    rootlesskit.args(words(daemon));
    rootlesskit
}

fn socket(folder: &Path) -> String {
    format!("unix://{}", folder.join("socket").display())
}
