//! podman, with all its state in a folder of its own below `target`.

use crate::support::subject;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// In this order: limits that need not be raised, rinit where podman finds its inits, cgroups without systemd, a runtime that is content with
/// any layout of them, events without a journal. It suits every machine; some would refuse the defaults.
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

static PODMAN: LazyLock<Podman> = LazyLock::new(Podman::set_up);

/// podman with a folder for what it keeps.
pub(crate) struct Podman {
    folder: PathBuf,
    storage_driver: String,
    /// Held to the end: what another run of this suite has in the folder is not ours to remove.
    _lock: File,
}

impl Podman {
    fn set_up() -> Self {
        let storage_driver = storage_driver();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("podman").join(&storage_driver);
        let podman = Self::in_folder(folder, storage_driver);
        // What a run leaves that was killed.
        run(podman.command(["pod", "rm", "--all", "--force", "--time=0"]));
        run(podman.command(["rm", "--all", "--force", "--time=0", "--volumes"]));
        run(podman.command(["volume", "prune", "--force"]));
        podman
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

    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut podman = Command::new("podman");
        podman.env("CONTAINERS_CONF", self.folder.join("containers.conf"));
        // The timer for health checks would need systemd; the tests ask for themselves.
        podman.env("DISABLE_HC_SYSTEMD", "true");
        for (option, folder) in [("--root", "images"), ("--runroot", "run"), ("--tmpdir", "state")] {
            podman.arg(option).arg(self.folder.join(folder));
        }
        podman.arg(format!("--storage-driver={}", self.storage_driver));
        podman.args(arguments).stdin(Stdio::null());
        podman
    }
}

/// How images are kept. "vfs" is for a folder that is itself on an overlay, as in a container.
pub(crate) fn storage_driver() -> String {
    env::var("STORAGE_DRIVER").unwrap_or("overlay".to_owned())
}

/// Has an engine find the init under test there, by that name.
pub(crate) fn install_init(folder: &Path, name: &str) -> PathBuf {
    fs::create_dir_all(folder).expect("make a folder for the init");
    let init = folder.join(name);
    let _ = fs::remove_file(&init); // it may be a running container's
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

/// Runs it to its end, and answers what it printed.
///
/// # Panics
/// When it fails, with all that it said.
pub(crate) fn run(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{printed}\n{said}", output.status);
    printed.trim_end().to_owned()
}
