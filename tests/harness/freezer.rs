//! A cgroup that can be frozen, as `docker pause` does, cgroups(7).

use super::{eventually, eventually_eq, is_root_or_skip, skip};
use nix::errno::Errno;
use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// It is thawed and removed when this goes.
pub struct Freezer {
    folder: PathBuf,
    is_version_1: bool,
}

impl Freezer {
    /// One, if the machine has it and it may be used.
    pub fn new() -> Option<Self> {
        if !is_root_or_skip("a cgroup of the test's own") {
            return None;
        }
        // Version 2, alone or beside version 1, and version 1.
        let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/freezer"];
        let made = mounts.iter().find_map(|mount| Self::make(Path::new(mount)));
        if made.is_none() {
            skip("cgroups that can be frozen");
        }
        made
    }

    fn make(mount: &Path) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        if !mount.join("cgroup.procs").exists() {
            return None;
        }
        let folder = mount.join(format!("rinit-freezer-{}-{number}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let is_version_1 = folder.join("freezer.state").exists();
        let made = Self { folder, is_version_1 };
        (is_version_1 || made.folder.join("cgroup.freeze").exists()).then_some(made)
    }

    /// Moves processes into it. One that has ended meanwhile is no loss.
    pub fn take(&self, pids: &[Pid]) {
        for pid in pids {
            match fs::write(self.folder.join("cgroup.procs"), pid.to_string()) {
                Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {}
                taken => taken.expect("it may be moved"),
            }
        }
    }

    /// Returns when nothing in it runs any more.
    pub fn freeze(&self) {
        if self.is_version_1 {
            self.write("freezer.state", "FROZEN");
            eventually_eq("FROZEN".to_owned(), || self.read("freezer.state").trim().to_owned());
        } else {
            self.write("cgroup.freeze", "1");
            eventually_eq(true, || self.read("cgroup.events").lines().any(|line| line == "frozen 1"));
        }
    }

    pub fn thaw(&self) {
        if self.is_version_1 {
            self.write("freezer.state", "THAWED");
        } else {
            self.write("cgroup.freeze", "0");
        }
    }

    fn write(&self, file: &str, value: &str) {
        fs::write(self.folder.join(file), value).expect("it can be written");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).expect("it can be read")
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let (file, value) =
            if self.is_version_1 { ("freezer.state", "THAWED") } else { ("cgroup.freeze", "0") };
        let _ = fs::write(self.folder.join(file), value); // a kernel that cannot freeze has no such file
        let is_removed = || match fs::remove_dir(&self.folder) {
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => None,
            removed => Some(removed),
        };
        // What was in it has been killed, and may not have ended. A test that has failed does not fail twice.
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
