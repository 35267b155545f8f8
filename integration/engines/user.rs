//! A user without privileges, for engines that need no root.

use super::attached::words;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{Gid, Uid, chown};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The user's ID, which belongs to nobody on an ordinary machine.
const ID: u32 = 45_678;

/// The lists of the machine's users and groups, and of the IDs that they may map.
const LISTS: [&str; 4] = ["/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid"];

/// A user that exists for the calling thread alone. In its mount namespace, copies of the machine's lists
/// with one more line cover the real ones.
pub(super) struct User {
    home: TempDir,
}

impl User {
    pub(super) fn new() -> Self {
        let user = Self { home: TempDir::new().expect("make a home") };
        fs::set_permissions(user.home(), Permissions::from_mode(0o755)).expect("let containers read it");
        user.owns(user.home());
        let entry = format!("rinit-test:x:{ID}:{ID}::{}:/bin/sh", user.home().display());
        let ids = "rinit-test:600000:65536";
        for (real, line) in LISTS.iter().zip([&entry, &format!("rinit-test:x:{ID}:"), ids, ids]) {
            let list = fs::read_to_string(real).expect("read a list");
            let ours = user.home().join("list");
            fs::write(&ours, format!("{list}{line}\n")).expect("write a list");
            bind(&ours, real.as_ref());
            fs::remove_file(&ours).expect("remove the copy, which stays mounted");
        }
        user
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    fn root(&self) -> PathBuf {
        self.home().join("root")
    }

    /// Makes this user the owner of a file or a folder.
    pub(super) fn owns(&self, path: &Path) {
        chown(path, Some(Uid::from_raw(ID)), Some(Gid::from_raw(ID))).expect("change the owner");
    }

    /// Mounts a folder, which lies in a private one of root's, where the user can reach it, and returns the
    /// place.
    pub(super) fn shows(&self, folder: &Path) -> PathBuf {
        let place = self.root();
        fs::create_dir(&place).expect("make a place for it");
        bind(folder, &place);
        place
    }

    /// Returns the command that runs this one as the user. Without a user it is the same.
    pub(super) fn run(user: Option<&Self>, command: Command) -> Command {
        let Some(user) = user else { return command };
        let mut run = Command::new("setpriv");
        run.args([format!("--reuid={ID}"), format!("--regid={ID}"), "--clear-groups".into()]);
        run.args(["--", "env", "--chdir"]).arg(user.home()).args(words(&command));
        run.env("HOME", user.home()).env("XDG_RUNTIME_DIR", user.home());
        run
    }
}

impl Drop for User {
    /// Unmounts, before the home is removed with all that is in it.
    fn drop(&mut self) {
        for place in LISTS.iter().map(PathBuf::from).chain([self.root()]) {
            let _ = umount2(&place, MntFlags::MNT_DETACH); // not every user has a folder mounted
        }
    }
}

/// Mounts a file or a folder at another place, read-only.
fn bind(what: &Path, place: &Path) {
    let none = None::<&str>;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_BIND;
    for flags in [MsFlags::MS_BIND, read_only] {
        mount(Some(what), place, none, flags, none).expect("mount it at another place");
    }
}
