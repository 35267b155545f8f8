//! A cgroup with little memory, cgroups(7), in which the OOM killer strikes.

use super::{eventually, is_root_or_skip, must, skip};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::write;
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// More than the programs need, and soon eaten.
const LIMIT: &str = "33554432";

/// It is removed when this goes.
pub struct Cgroup {
    folder: PathBuf,
    /// The file with the line `oom_kill COUNT`.
    events: &'static str,
}

impl Cgroup {
    /// One with 32 MiB and no swap, if the machine has a memory controller that may be used.
    pub fn small() -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        let version_1 = Path::new("/sys/fs/cgroup/memory");
        let made = match version_1.join("cgroup.procs").exists() {
            true => Self::version_1(version_1),
            false => Self::version_2(Path::new("/sys/fs/cgroup")),
        };
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                skip(&format!("cgroups with a memory controller: {error}"));
                None
            }
        }
    }

    fn version_1(mount: &Path) -> io::Result<Self> {
        let made = Self::make(mount, "memory.oom_control")?;
        fs::write(made.folder.join("memory.limit_in_bytes"), LIMIT)?;
        made.write_if_there("memory.memsw.limit_in_bytes", LIMIT)?;
        Ok(made)
    }

    fn version_2(mount: &Path) -> io::Result<Self> {
        let control = mount.join("cgroup.subtree_control");
        if fs::write(&control, "+memory").is_err() {
            // The root of a container, which has processes: then its children get no controller. So the
            // processes move to a child, as those of a Docker in Docker do.
            let leaf = mount.join("rinit-tests-others");
            fs::create_dir_all(&leaf)?;
            for process in fs::read_to_string(mount.join("cgroup.procs"))?.lines() {
                let _ = fs::write(leaf.join("cgroup.procs"), process); // it may have ended
            }
            fs::write(&control, "+memory")?;
        }
        let made = Self::make(mount, "memory.events")?;
        fs::write(made.folder.join("memory.max"), LIMIT)?;
        made.write_if_there("memory.swap.max", "0")?;
        Ok(made)
    }

    fn make(mount: &Path, events: &'static str) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = mount.join(format!("rinit-test-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self { folder, events })
    }

    fn write_if_there(&self, file: &str, value: &str) -> io::Result<()> {
        let file = self.folder.join(file);
        if file.exists() { fs::write(file, value) } else { Ok(()) }
    }

    /// For [`Launch::caller`](super::Launch::caller): moves the calling process into it.
    pub fn enter(&self) -> impl Fn() + 'static {
        let processes = CString::new(self.folder.join("cgroup.procs").as_os_str().as_bytes());
        let processes = processes.expect("no NUL in it");
        move || {
            let file = must(open(processes.as_c_str(), OFlag::O_WRONLY, Mode::empty()));
            must(write(file, b"0"));
        }
    }

    /// How often the OOM killer has struck in it.
    pub fn oom_kills(&self) -> u32 {
        let events = fs::read_to_string(self.folder.join(self.events)).expect("it counts");
        let count = events.lines().find_map(|line| line.strip_prefix("oom_kill ")).expect("that too");
        count.parse().expect("a number")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A process that has ended may be in it for a moment yet.
        eventually("an empty cgroup", || match fs::remove_dir(&self.folder) {
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => None,
            removed => Some(removed),
        })
        .expect("it can be removed");
    }
}
