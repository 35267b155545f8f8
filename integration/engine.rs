//! podman, with all its state in a folder of its own below `target`.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// In this order: limits that need not be raised, cgroups without systemd, a runtime that is content with
/// any layout of them, events without a journal. It suits every machine; some would refuse the defaults.
const CONFIGURATION: &str = r#"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"#;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::set_up);

struct Engine {
    folder: PathBuf,
    /// How podman keeps images. "vfs" is for a folder that is itself on an overlay, as in a container.
    storage_driver: String,
    /// Held to the end: what another run of this suite has in the folder is not ours to remove.
    _lock: File,
}

impl Engine {
    fn set_up() -> Self {
        let storage_driver = env::var("STORAGE_DRIVER").unwrap_or("overlay".to_owned());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("podman").join(&storage_driver);
        fs::create_dir_all(&folder).expect("make podman's folder");
        let lock = File::create(folder.join("lock")).expect("make the lock");
        lock.lock().expect("wait for another run to end");
        fs::write(folder.join("containers.conf"), CONFIGURATION).expect("write podman's configuration");

        let engine = Self { folder, storage_driver, _lock: lock };
        // What a run leaves that was killed.
        run(engine.podman(["pod", "rm", "--all", "--force", "--time=0"]));
        run(engine.podman(["rm", "--all", "--force", "--time=0", "--volumes"]));
        run(engine.podman(["volume", "prune", "--force"]));
        engine
    }

    fn podman<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut podman = Command::new("podman");
        podman.env("CONTAINERS_CONF", self.folder.join("containers.conf"));
        for (option, folder) in [("--root", "images"), ("--runroot", "run"), ("--tmpdir", "state")] {
            podman.arg(option).arg(self.folder.join(folder));
        }
        podman.arg(format!("--storage-driver={}", self.storage_driver));
        podman.args(arguments).stdin(Stdio::null());
        podman
    }
}

/// A podman command.
pub(crate) fn podman<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    ENGINE.podman(arguments)
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
