//! Measures rinit beside other inits and the floor: `cargo bench`. See `README.md` here.

mod bytes;
mod crun;
mod fleet;
mod floor;
mod forwarding;
#[path = "../tests/harness/mod.rs"]
mod harness;
mod idle;
mod inits;
mod life;
mod machine;
mod memory;
mod process;
mod progress;
mod reaping;
mod results;
mod series;
mod startup;

use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{getegid, geteuid};
use std::fs;

fn main() {
    let is_root = geteuid().is_root();
    prepare(is_root);
    let bench = inits::Bench::new(is_root);
    let results = results::measure(&bench);
    fs::write("/tmp/help/bench-target/results.json", serde_json::to_string(&results).unwrap()).unwrap();
}

/// Mounts are this process's own from here on. Who is not root is root in a user namespace.
fn prepare(is_root: bool) {
    let (user, group) = (geteuid(), getegid());
    let user_namespace = if is_root { CloneFlags::empty() } else { CloneFlags::CLONE_NEWUSER };
    unshare(user_namespace | CloneFlags::CLONE_NEWNS).expect("root, or unprivileged user namespaces");
    if !is_root {
        let maps = [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("0 {user} 1")),
            ("gid_map", format!("0 {group} 1")),
        ];
        for (name, map) in maps {
            fs::write(format!("/proc/self/{name}"), map).expect("a user's own may be mapped");
        }
    }
    use nix::mount::{MsFlags, mount};
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("the mounts are its own");
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("it can be read");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("up to there anybody may");
}
