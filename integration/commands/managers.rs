//! The package managers of Node, from npm's registry, in a folder below `target`.

use crate::support::Launch;
use crate::support::setup::{Shared, set_up};
use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// The managers' names. Each knows `start` and `test`.
pub(super) const MANAGERS: [&str; 3] = ["npm", "yarn", "pnpm"];

/// Their versions, all for Node 18 and later. The version of yarn is the last of yarn 1.
const PACKAGES: [&str; 3] = ["npm@10.9.4", "yarn@1.22.22", "pnpm@9.15.9"];

/// The `PATH` on which these managers are found before others.
static PATH: Shared<OsString> = Shared::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("managers");
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
    install.arg("--cache").arg(folder.join("cache"));
    set_up({
        install.args(PACKAGES);
        install
    });
    let others = env::var_os("PATH").expect("there is a PATH");
    let folders = [folder.join("node_modules/.bin")].into_iter().chain(env::split_paths(&others));
    env::join_paths(folders).expect("no colon in them")
});

/// Has the managers be found, and has them write what they write to this folder, which the test removes. They ask
/// no registry whether there is a newer version.
pub(super) fn with_managers(launch: Launch, folder: &Path) -> Launch {
    let launch = launch.env("PATH", &*PATH).env("HOME", folder).env("TMPDIR", folder);
    launch.env("npm_config_update_notifier", "false")
}
