//! The programs that take part, built with cargo where they are of this checkout.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The init under test.
pub fn subject() -> OsString {
    match std::env::var_os("RINIT_UNDER_TEST") {
        Some(path) => path,
        None => release_binary().into(),
    }
}

/// Whether that is rinit under its own name.
pub fn subject_is_rinit() -> bool {
    let subject = PathBuf::from(subject());
    !NAMES.iter().any(|name| subject.ends_with(name))
}

/// The binary that ships, built now if it is not up to date.
pub fn release_binary() -> PathBuf {
    built().0.clone()
}

/// Where the `core` in it is from, in the words of `release/build`, which has built it if `RINIT_TARGET` is set.
pub fn core_of_release_binary() -> Option<&'static str> {
    built().1.as_deref()
}

fn built() -> &'static (PathBuf, Option<String>) {
    static BUILT: OnceLock<(PathBuf, Option<String>)> = OnceLock::new();
    let native = || (build(&["--release", "--bin", "rinit"]).join("release/rinit"), None);
    BUILT.get_or_init(|| std::env::var("RINIT_TARGET").map_or_else(|_| native(), |name| build_for(&name)))
}

/// Builds rinit for another target; returns it, and where its `core` is from.
fn build_for(target: &str) -> (PathBuf, Option<String>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/release/build");
    let output = Command::new(script).arg(target).output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    let (_, words) = text.split_once("core is ").expect("TARGET: SIZE, core is CORE: PROGRAM");
    let (core, program) = words.trim_end().split_once(": ").expect("TARGET: SIZE, core is CORE: PROGRAM");
    (program.into(), Some(core.to_owned()))
}

/// The names that make rinit another init.
const NAMES: [&str; 7] =
    ["tini", "tini-static", "docker-init", "dumb-init", "catatonit", "podman-init", "pause"];

/// The folder of the names that make rinit another init: links to the binary that ships.
pub fn names() -> PathBuf {
    let folder = release_binary().with_file_name("names");
    std::fs::create_dir_all(&folder).expect("a folder below target");
    for name in NAMES {
        // Another test may be making the same.
        let made = std::os::unix::fs::symlink(release_binary(), folder.join(name));
        assert!(made.is_ok() || folder.join(name).exists(), "{name}: {made:?}");
    }
    folder
}

/// The environment variables that the help of rinit tells of by a rule: those of the options up to one.
pub fn variables(help: &str) -> Vec<String> {
    let (_, rule) = help.split_once("Options up to --").expect("the rule");
    let (last, _) = rule.split_once(" can be variables, as RINIT_STOP_OK=1").expect("the rule");
    let lines = help.lines().filter(|line| line.starts_with("  -"));
    let names: Vec<_> = lines
        .filter_map(|line| line.split_whitespace().find_map(|word| word.strip_prefix("--")))
        .map(str::to_owned)
        .collect();
    let count = names.iter().position(|name| name == last).expect("an option") + 1;
    names[..count].iter().map(|name| format!("RINIT_{}", name.to_uppercase().replace('-', "_"))).collect()
}

/// The unoptimised binary.
pub fn debug_binary() -> PathBuf {
    build(&["--bin", "rinit"]).join("debug/rinit")
}

/// The program that tests run under the init: see `probe.rs`.
pub fn probe() -> OsString {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(&["--example", "probe"]).join("debug/examples/probe")).clone().into()
}

/// Builds with cargo, unless `RINIT_TEST_BUILT` says that it is done, as `tests/mutants/run` does; returns the target
/// folder, in which this test program is as well.
fn build(arguments: &[&str]) -> PathBuf {
    let program = std::env::current_exe().expect("this program has a name");
    let target = program.ancestors().nth(3).expect("target/PROFILE/deps/TEST").to_owned();
    if std::env::var_os("RINIT_TEST_BUILT").is_some() {
        return target;
    }
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .args(arguments)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo build {arguments:?}: {status}");
    target
}
