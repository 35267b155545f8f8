//! The namespaces in which a PID 1 runs, namespaces(7).

use super::{Position, must};
use nix::sched::CloneFlags;
use nix::unistd::{geteuid, getgid, getuid};

/// The namespaces that a position needs; a user namespace is one of them if the tests do not run as root.
pub struct Namespace {
    pub flags: CloneFlags,
    maps: [(&'static str, String); 3],
}

impl Namespace {
    pub fn of(position: Position) -> Self {
        let mut flags = CloneFlags::empty();
        if position == Position::Pid1 {
            flags |= CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
            if !geteuid().is_root() {
                flags |= CloneFlags::CLONE_NEWUSER;
            }
        }
        let maps = [
            ("/proc/self/setgroups", "deny".into()),
            ("/proc/self/uid_map", format!("0 {} 1", getuid())),
            ("/proc/self/gid_map", format!("0 {} 1", getgid())),
        ];
        Self { flags, maps }
    }

    /// In the child: system calls only.
    pub fn enter(&self) {
        if self.flags.contains(CloneFlags::CLONE_NEWUSER) {
            for (path, map) in &self.maps {
                let mode = nix::sys::stat::Mode::empty();
                let file = must(nix::fcntl::open(*path, nix::fcntl::OFlag::O_WRONLY, mode));
                must(nix::unistd::write(file, map.as_bytes()));
            }
        }
        if self.flags.contains(CloneFlags::CLONE_NEWNS) {
            use nix::mount::{MsFlags, mount};
            must(mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>));
            must(mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>));
        }
    }
}
