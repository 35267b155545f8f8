//! Start-up in a container by an OCI runtime, measured from the runtime's start to its end.

use crate::harness::Position;
use crate::inits::Bench;
use crate::process::now;
use crate::progress::Progress;
use crate::series::Series;
use nix::mount::{MsFlags, mount};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The nanoseconds of each round, for the child alone and for the child under each init.
#[derive(Default, Serialize, Deserialize)]
pub struct Containers {
    pub alone: Series,
    pub inits: Vec<Series>,
}

/// Returns `None` if there is no crun, or this is not root.
pub fn measure(bench: &Bench, progress: &Progress) -> Option<Containers> {
    if Command::new("crun").arg("--version").output().is_err() || !bench.is_root {
        eprintln!("       crun is not installed, or this is not root: left out");
        return None;
    }
    let root = host();
    let bundle = |name: &str, words: Vec<OsString>| {
        let folder = bench.folder.path().join(format!("bundle-{name}"));
        configure(&folder, &root, &words);
        folder
    };
    let alone = bundle("alone", vec![bench.clock.clone().into()]);
    let bundles: Vec<_> = bench
        .inits
        .iter()
        .map(|init| bundle(&init.name, init.words(Position::Pid1, &[&bench.clock])))
        .collect();
    let mut containers =
        Containers { inits: vec![Series::default(); bundles.len()], ..Containers::default() };
    let rounds = bench.or_quick(200, 5);
    for round in 0..rounds {
        progress.round(round, rounds);
        containers.alone.0.push(run(bench, &alone));
        for init in bench.turns(round) {
            containers.inits[init].0.push(run(bench, &bundles[init]));
        }
    }
    Some(containers)
}

/// Mounts the host's files as a container's root, in this process's own mount namespace.
fn host() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host");
    fs::create_dir_all(&root).expect("a folder below target");
    mount(Some("/"), &root, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .expect("root may");
    // crun refuses a machine that has cgroups of both versions.
    if !Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        let flags = MsFlags::empty();
        mount(Some("none"), "/sys/fs/cgroup", Some("tmpfs"), flags, None::<&str>).expect("root may");
    }
    root
}

/// Writes the configuration that crun proposes, with another command and root.
fn configure(bundle: &Path, root: &Path, words: &[OsString]) {
    fs::create_dir(bundle).expect("a new folder");
    let status = Command::new("crun").args(["spec", "--bundle"]).arg(bundle).status();
    assert!(status.expect("it is installed").success());
    let path = bundle.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).expect("it was written")).expect("JSON");
    let words: Vec<_> = words.iter().map(|word| word.to_str().expect("a name in UTF-8")).collect();
    config["process"]["args"] = json!(words);
    config["process"]["terminal"] = json!(false);
    config["root"] = json!({ "path": root, "readonly": true });
    fs::write(&path, config.to_string()).expect("there is room");
}

/// Runs a container to its end; returns how long that took, in nanoseconds.
fn run(bench: &Bench, bundle: &Path) -> i64 {
    let mut crun = Command::new("crun");
    crun.arg("--root").arg(bench.folder.path().join("crun")).arg("--cgroup-manager=disabled");
    crun.args(["run", "--bundle"]).arg(bundle).arg("benchmark").stdin(Stdio::null());
    let start = now();
    let output = crun.output().expect("it is installed");
    let time = now() - start;
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    time
}
