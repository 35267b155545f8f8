//! podman, with all its state in one folder below `target`.

use crate::support::setup::{Shared, set_up};
use crate::support::subject;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// It suits every machine, some of which would refuse the defaults: limits that need not be raised, cgroups
/// without systemd, a runtime that accepts any layout of cgroups, events without a journal. podman finds
/// rinit where it looks for its own inits.
const CONFIGURATION: &str = r#"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
init_path = "HELPERS/catatonit"
[engine]
helper_binaries_dir = ["HELPERS"]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"#;

/// The folders in which podman notes what is running since the machine was started.
const SINCE_BOOT: [&str; 2] = ["run", "state"];

/// The podman that the tests share.
pub(crate) static PODMAN: Shared<Podman> = Shared::new(Podman::shared);

/// podman with a folder for its state.
pub(crate) struct Podman {
    folder: PathBuf,
    storage_driver: String,
    /// Held to the end, because what another run of the tests has in the folder must not be removed.
    _lock: File,
}

impl Podman {
    /// podman without the containers, pods and volumes of an earlier run, which was killed.
    fn shared() -> Self {
        let podman = Self::of_run();
        if run_id().is_some() {
            // This PID namespace is new, so nothing of the earlier run is alive, and a PID that podman has
            // noted may belong to another process now. podman takes it for a restart of the machine.
            for folder in SINCE_BOOT {
                let _ = fs::remove_dir_all(podman.folder.join(folder)); // there is none at the first run
            }
        }
        set_up(podman.command(["pod", "rm", "--all", "--force", "--time=0"]));
        set_up(podman.command(["rm", "--all", "--force", "--time=0", "--volumes"]));
        // Builds have containers, too, which "all" does not include.
        for container in set_up(podman.command(["ps", "--all", "--external", "--quiet"])).lines() {
            set_up(podman.command(["rm", "--force", container]));
        }
        set_up(podman.command(["volume", "prune", "--force"]));
        podman
    }

    /// podman with all that this run has in it.
    pub(crate) fn of_run() -> Self {
        Self::in_folder(Self::folder_of_run(), storage_driver())
    }

    fn folder_of_run() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("podman").join(storage_driver())
    }

    /// Where podman keeps the images and the roots of containers.
    pub(crate) fn storage() -> PathBuf {
        Self::folder_of_run().join("images").join(storage_driver())
    }

    pub(crate) fn in_folder(folder: PathBuf, storage_driver: String) -> Self {
        fs::create_dir_all(&folder).expect("make podman's folder");
        let lock = lock(&folder);
        let helpers = folder.join("helpers");
        install_init(&helpers, "catatonit");
        let configuration = CONFIGURATION.replace("HELPERS", helpers.to_str().expect("UTF-8"));
        fs::write(folder.join("containers.conf"), configuration).expect("write podman's configuration");
        Self { folder, storage_driver, _lock: lock }
    }

    /// A podman command with these arguments.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut podman = Command::new("podman");
        podman.env("CONTAINERS_CONF", self.folder.join("containers.conf"));
        // podman's timer for health checks needs systemd. The tests run the checks themselves.
        podman.env("DISABLE_HC_SYSTEMD", "true");
        for (option, folder) in [("--root", "images"), ("--runroot", "run"), ("--tmpdir", "state")] {
            podman.arg(option).arg(self.folder.join(folder));
        }
        podman.arg(format!("--storage-driver={}", self.storage_driver));
        podman.args(arguments).stdin(Stdio::null());
        podman
    }
}

/// How images are stored. "vfs" is for a folder that is itself on an overlay, as in a container.
pub(crate) fn storage_driver() -> String {
    env::var("STORAGE_DRIVER").unwrap_or("overlay".to_owned())
}

/// The number of the run that `integration/run` has begun, which has namespaces of its own.
pub(crate) fn run_id() -> Option<String> {
    env::var("RINIT_INTEGRATION_RUN").ok()
}

/// The cgroup below which engines make those of their containers.
pub(crate) fn cgroup_parent() -> String {
    format!("/rinit-integration-{}", run_id().as_deref().unwrap_or("by-hand"))
}

/// Installs the init under test under `name` in a folder where an engine looks for it.
pub(crate) fn install_init(folder: &Path, name: &str) -> PathBuf {
    fs::create_dir_all(folder).expect("make a folder for the init");
    let init = folder.join(name);
    let _ = fs::remove_file(&init); // a running container may have the old one
    fs::copy(subject(), &init).expect("install the init");
    init
}

/// Waits until no other run uses the folder.
pub(crate) fn lock(folder: &Path) -> File {
    let lock = File::create(folder.join("lock")).expect("make the lock");
    lock.lock().expect("wait for another run to end");
    lock
}

/// A podman command.
pub(crate) fn podman<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    PODMAN.command(arguments)
}
