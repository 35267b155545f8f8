//! podman, with its images in a folder below `target`, and what it notes about a run in the run's own folder.

use crate::support::command::try_run;
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

/// What podman has beside the images: its database, of version 4 and of version 5, and the volumes in it.
const DATABASE: [&str; 5] = ["libpod", "db.sql", "db.sql-wal", "db.sql-shm", "volumes"];

/// The podman that the tests share.
pub(crate) static PODMAN: Shared<Podman> = Shared::new(Podman::shared);

/// podman with folders for its state.
pub(crate) struct Podman {
    folder: PathBuf,
    /// Where it notes what is running.
    running: PathBuf,
    storage_driver: String,
    /// Held to the end, because what another run of the tests has in the folder must not be removed.
    _lock: File,
}

impl Podman {
    /// podman without the containers, pods and volumes of an earlier run, which was killed.
    fn shared() -> Self {
        let podman = Self::of_run();
        set_up(podman.command(["pod", "rm", "--all", "--force", "--time=0"]));
        set_up(podman.command(["rm", "--all", "--force", "--time=0", "--volumes"]));
        podman.remove_external();
        set_up(podman.command(["volume", "prune", "--force"]));
        podman
    }

    /// podman with all that this run has in it.
    pub(crate) fn of_run() -> Self {
        let folder = Self::folder_of_run();
        let podman = Self::in_folder(folder.clone(), state_folder("podman", &folder), storage_driver());
        // The database names the folder in which podman notes what is running, and podman refuses that of
        // another run. The images are not in it. Nothing of the other run is alive: its PID namespace has ended.
        if let Err(said) = try_run(&mut podman.command(["ps"])) {
            assert!(said.contains("database"), "{said}");
            for name in DATABASE {
                let path = folder.join("images").join(name);
                let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)); // not all are there
            }
            podman.remove_external();
        }
        podman
    }

    /// Removes the containers that are in no database: those of builds, and of another run.
    fn remove_external(&self) {
        for container in set_up(self.command(["ps", "--all", "--external", "--quiet"])).lines() {
            set_up(self.command(["rm", "--force", container]));
        }
    }

    fn folder_of_run() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("podman").join(storage_driver())
    }

    /// Where podman keeps the images and the roots of containers.
    pub(crate) fn storage() -> PathBuf {
        Self::folder_of_run().join("images").join(storage_driver())
    }

    pub(crate) fn in_folder(folder: PathBuf, running: PathBuf, storage_driver: String) -> Self {
        fs::create_dir_all(&folder).expect("make podman's folder");
        let lock = lock(&folder);
        let helpers = folder.join("helpers");
        install_init(&helpers, "catatonit");
        let configuration = CONFIGURATION.replace("HELPERS", helpers.to_str().expect("UTF-8"));
        fs::write(folder.join("containers.conf"), configuration).expect("write podman's configuration");
        Self { folder, running, storage_driver, _lock: lock }
    }

    /// A podman command with these arguments.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut podman = Command::new("podman");
        podman.env("CONTAINERS_CONF", self.folder.join("containers.conf"));
        // podman's timer for health checks needs systemd. The tests run the checks themselves.
        podman.env("DISABLE_HC_SYSTEMD", "true");
        podman.arg("--root").arg(self.folder.join("images"));
        podman.arg("--runroot").arg(self.running.join("run"));
        podman.arg("--tmpdir").arg(self.running.join("state"));
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

/// The folder that `integration/run` has made for this run. It has the temporary files in it, too.
pub(crate) fn run_folder() -> Option<PathBuf> {
    run_id().map(|_| env::temp_dir().parent().expect("it has one").to_owned())
}

/// Where an engine notes what is running: in the run's folder, which has a short path wherever `target` is.
/// podman refuses a path of more than 50 bytes for it, and that of a unix socket has 107 at most. Without
/// such a folder it is `folder`.
pub(crate) fn state_folder(engine: &str, folder: &Path) -> PathBuf {
    run_folder().map_or(folder.to_owned(), |run| run.join(engine))
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
