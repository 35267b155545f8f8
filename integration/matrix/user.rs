//! A user without any rights, for engines that need no root.

use super::attached::words;
use nix::mount::{MsFlags, mount};
use nix::unistd::{Gid, Uid, chown};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Nobody's on an ordinary machine.
const ID: u32 = 54_321;

/// It exists for the calling thread alone, which has mounts of its own: the machine's lists of users and of
/// the IDs that they may map, with one line more, cover the real ones.
pub(super) struct User {
    home: TempDir,
}

impl User {
    pub(super) fn new() -> Self {
        let user = Self { home: TempDir::new().expect("make a home") };
        fs::set_permissions(user.home(), Permissions::from_mode(0o755)).expect("let containers see it");
        user.owns(user.home());
        let entry = format!("rinit-test:x:{ID}:{ID}::{}:/bin/sh", user.home().display());
        for (file, line) in [
            ("passwd", entry.as_str()),
            ("group", &format!("rinit-test:x:{ID}:")),
            ("subuid", "rinit-test:600000:65536"),
            ("subgid", "rinit-test:600000:65536"),
        ] {
            let real = Path::new("/etc").join(file);
            let list = fs::read_to_string(&real).unwrap_or_default();
            let ours = user.home().join(file);
            fs::write(&ours, format!("{list}{line}\n")).expect("write a list");
            bind(&ours, &real);
        }
        user
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Gives a file or a folder to this user.
    pub(super) fn owns(&self, path: &Path) {
        chown(path, Some(Uid::from_raw(ID)), Some(Gid::from_raw(ID))).expect("give it away");
    }

    /// Where the user sees a folder that is below one of root's own.
    pub(super) fn shows(&self, folder: &Path) -> PathBuf {
        let place = self.home().join("root");
        fs::create_dir(&place).expect("make a place for it");
        bind(folder, &place);
        place
    }

    /// The command as this user runs it; without a user, as it is.
    pub(super) fn run(user: Option<&Self>, command: Command) -> Command {
        let Some(user) = user else { return command };
        let mut run = Command::new("setpriv");
        run.args([format!("--reuid={ID}"), format!("--regid={ID}"), "--clear-groups".into()]);
        run.args(["--", "env", "--chdir"]).arg(user.home()).args(words(&command));
        run.env("HOME", user.home()).env("XDG_RUNTIME_DIR", user.home());
        run
    }
}

fn bind(what: &Path, place: &Path) {
    let none = None::<&str>;
    mount(Some(what), place, none, MsFlags::MS_BIND, none).expect("show it elsewhere");
}
