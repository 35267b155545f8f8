//! A cgroup of the test's own, cgroups(7): with little memory, with room for a few processes, or frozen.

use super::{eventually, eventually_eq, is_root_or_skip, lane_skipped, must, skip};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, write};
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// More than the programs need, and soon eaten.
const LIMIT: &str = "33554432";

/// What freezes a cgroup of version 2, and one of version 1.
const FREEZE: &str = "cgroup.freeze";
const STATE: &str = "freezer.state";

/// It is thawed and removed when this goes.
pub struct Cgroup {
    folder: PathBuf,
    /// The file with the line `oom_kill COUNT`, if it is one of little memory.
    events: &'static str,
}

/// Where version 1 has a controller, if it has.
fn version_1_of(controller: &str) -> Option<PathBuf> {
    let mount = Path::new("/sys/fs/cgroup").join(controller);
    mount.join("cgroup.procs").exists().then_some(mount)
}

impl Cgroup {
    /// One with 32 MiB and no swap, if the machine has a memory controller that may be used.
    pub fn small() -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        let made = match version_1_of("memory") {
            Some(mount) => Self::small_of_version_1(&mount),
            None => Self::small_of_version_2(),
        };
        made.or_else(|error| no_cgroup("memory", error)).ok()
    }

    /// One in which there may be that many processes and threads, if the machine has a controller for that.
    pub fn of_processes(limit: u32) -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        let made = match version_1_of("pids") {
            Some(mount) => Self::make(&mount, ""),
            None => Self::make_of_version_2("pids", ""),
        };
        let limit = |made: Self| fs::write(made.folder.join("pids.max"), limit.to_string()).map(|()| made);
        made.and_then(limit).or_else(|error| no_cgroup("pids", error)).ok()
    }

    /// One that can be frozen, as `docker pause` does it, if the machine has such cgroups.
    pub fn freezer() -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        // Version 2, alone or beside version 1, and version 1.
        let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/freezer"].map(Path::new);
        let mut mounts = mounts.iter().filter(|mount| mount.join("cgroup.procs").exists());
        let made = mounts.find_map(|mount| Self::make(mount, "").ok().filter(Self::can_freeze));
        if made.is_none() {
            skip("cgroups that can be frozen");
        }
        made
    }

    /// One that can be frozen so that not even SIGKILL ends what is in it: version 2 lets that through.
    pub fn deep_freezer() -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        let Some(mount) = version_1_of("freezer") else {
            lane_skipped("the freezer of cgroups version 1");
            return None;
        };
        Self::make(&mount, "").or_else(|error| no_cgroup("freezer", error)).ok()
    }

    fn small_of_version_1(mount: &Path) -> io::Result<Self> {
        let made = Self::make(mount, "memory.oom_control")?;
        fs::write(made.folder.join("memory.limit_in_bytes"), LIMIT)?;
        made.write_if_there("memory.memsw.limit_in_bytes", LIMIT)?;
        Ok(made)
    }

    fn small_of_version_2() -> io::Result<Self> {
        let made = Self::make_of_version_2("memory", "memory.events")?;
        fs::write(made.folder.join("memory.max"), LIMIT)?;
        made.write_if_there("memory.swap.max", "0")?;
        Ok(made)
    }

    fn make_of_version_2(controller: &str, events: &'static str) -> io::Result<Self> {
        let mount = Path::new("/sys/fs/cgroup");
        let control = mount.join("cgroup.subtree_control");
        let wanted = format!("+{controller}");
        if fs::write(&control, &wanted).is_err() {
            // The root of a container, which has processes: then its children get no controller. So the
            // processes move to a child, as those of a Docker in Docker do.
            let leaf = mount.join("rinit-tests-others");
            fs::create_dir_all(&leaf)?;
            for process in fs::read_to_string(mount.join("cgroup.procs"))?.lines() {
                let _ = fs::write(leaf.join("cgroup.procs"), process); // it may have ended
            }
            fs::write(&control, &wanted)?;
        }
        Self::make(mount, events)
    }

    fn make(mount: &Path, events: &'static str) -> io::Result<Self> {
        // A random name: process IDs are the same in each PID namespace, and tests that are killed leave theirs.
        let folder = tempfile::Builder::new().prefix("rinit-test-").tempdir_in(mount)?.keep();
        Ok(Self { folder, events })
    }

    fn write_if_there(&self, file: &str, value: &str) -> io::Result<()> {
        if self.has(file) { fs::write(self.folder.join(file), value) } else { Ok(()) }
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

    /// How often it has refused a process or thread, as one with room for a few does.
    pub fn refusals(&self) -> u32 {
        let events = fs::read_to_string(self.folder.join("pids.events")).expect("it counts");
        let count = events.lines().find_map(|line| line.strip_prefix("max ")).expect("that too");
        count.parse().expect("a number")
    }

    /// Ends all that is in one of processes: no more can be made, so one round is enough.
    pub fn end_all(&self) {
        fs::write(self.folder.join("pids.max"), "0").expect("a limit");
        for process in self.processes() {
            let _ = kill(process, Signal::SIGKILL); // it may have ended
        }
    }

    /// The processes in it.
    pub fn processes(&self) -> Vec<Pid> {
        let processes = fs::read_to_string(self.folder.join("cgroup.procs")).expect("it lists them");
        processes.lines().map(|line| Pid::from_raw(line.parse().expect("a number"))).collect()
    }

    /// Moves a process into it.
    ///
    /// # Errors
    ///
    /// `ESRCH`: it has ended.
    pub fn take(&self, process: Pid) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), process.to_string())
    }

    fn can_freeze(&self) -> bool {
        self.has(FREEZE) || self.has(STATE)
    }

    fn has(&self, file: &str) -> bool {
        self.folder.join(file).exists()
    }

    /// Freezes what is in a freezer: returns when nothing in it runs any more.
    pub fn freeze(&self) {
        self.set(FREEZE, "1");
        self.set(STATE, "FROZEN");
        eventually_eq(true, || {
            let read = |file| fs::read_to_string(self.folder.join(file)).unwrap_or_default();
            read(STATE).trim() == "FROZEN" || read("cgroup.events").lines().any(|line| line == "frozen 1")
        });
    }

    /// Lets what is in a freezer go on.
    pub fn thaw(&self) {
        self.set(FREEZE, "0");
        self.set(STATE, "THAWED");
    }

    fn set(&self, file: &str, value: &str) {
        self.write_if_there(file, value).expect("it can be written");
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
        // A test that has failed leaves what it has frozen.
        let _ = self.write_if_there(FREEZE, "0");
        let _ = self.write_if_there(STATE, "THAWED");
        let is_removed = || match fs::remove_dir(&self.folder) {
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => None,
            removed => Some(removed),
        };
        // A process that has ended may be in it for a moment yet. A test that has failed does not fail twice.
        if std::thread::panicking() {
            (0..1000).find_map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(2));
                is_removed()
            });
        } else {
            eventually("an empty cgroup", is_removed).expect("it can be removed");
        }
    }
}

/// Says that the machine has no such cgroups, or that they may not be used.
fn no_cgroup(controller: &str, error: io::Error) -> Result<Cgroup, ()> {
    skip(&format!("cgroups with a {controller} controller: {error}"));
    Err(())
}
