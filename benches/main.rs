//! Measures rinit beside other inits and the floor: `cargo bench`. See `README.md` here.
#![allow(clippy::too_many_arguments, reason = "the threshold in clippy.toml is meant for src/")]

mod bytes;
mod chart;
mod cpus;
mod crun;
mod fleet;
mod floor;
mod forwarding;
#[path = "../tests/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it, and this a part")]
mod harness;
mod idle;
mod inits;
mod life;
mod machine;
mod memory;
mod process;
mod progress;
mod reaping;
mod report;
mod results;
mod series;
mod startup;

use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{getegid, geteuid};
use results::Results;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "doc/benchmarks.md";

/// Measures the seven figures, see [`results::measure`], and writes the page. Run as a test, without
/// `--bench`, it checks that the page is what the kept results give.
fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return check();
    }
    if std::env::var_os("REPORT").is_some() {
        return write(&kept());
    }
    let is_root = geteuid().is_root();
    prepare(is_root);
    fs::create_dir_all(in_checkout("benches/results")).expect("the checkout can be written to");
    let results = results::measure(&inits::Bench::new(is_root));
    let raw = serde_json::to_string(&results).expect("results are plain data");
    fs::write(in_checkout(&results.raw_file()), raw).expect("the checkout can be written to");
    write(&results);
}

fn in_checkout(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The page, its charts, and the README with its table, each with the name of its file.
fn pages(results: &Results) -> Vec<(&'static str, String)> {
    let readme = fs::read_to_string(in_checkout("README.md")).expect("it is there");
    let mut pages = vec![(PAGE, report::page(results)), ("README.md", report::readme(&readme, results))];
    pages.extend(chart::all(results));
    pages
}

fn write(results: &Results) {
    for (name, content) in pages(results) {
        fs::write(in_checkout(name), content).expect("the checkout can be written to");
        eprintln!("wrote {name}");
    }
}

/// The results that the existing page was made of.
fn kept() -> Results {
    let page = fs::read_to_string(in_checkout(PAGE)).expect("the page exists");
    let (_, after) = page.split_once("](../benches/results/").expect("the page links its results");
    let (name, _) = after.split_once(')').expect("a link ends");
    let raw = fs::read(in_checkout("benches/results").join(name)).expect("the results are kept");
    serde_json::from_slice(&raw).expect("JSON of this version; else measure again")
}

fn check() {
    if !in_checkout(PAGE).exists() {
        harness::skip(&format!("{PAGE}, which `cargo bench` writes"));
        return;
    }
    let results = kept();
    assert!(!results.is_quick, "{PAGE} shows a quick run: measure with `cargo bench`");
    for (name, content) in pages(&results) {
        let there = fs::read_to_string(in_checkout(name)).expect("it is there");
        assert!(there == content, "{name} differs from the results: REPORT=1 cargo bench writes it");
    }
}

/// Gives this process a mount namespace of its own and, if it is not root, a user namespace in which it is.
/// Raises the limit on open files.
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
            fs::write(format!("/proc/self/{name}"), map).expect("a user may map its own ID");
        }
    }
    use nix::mount::{MsFlags, mount};
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("the mount namespace is its own");
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("it can be read");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("the hard limit may be reached");
}
