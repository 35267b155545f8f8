//! Every feature with every engine: the book's table. Each cell is a container that ran.
//!
//! All containers have a read-only root, no capabilities and no network but their own loopback, and run as a
//! user that is not root.

use super::engine::Engine;
use super::features::FEATURES;
use super::{bubblewrap, client, runtime};
use nix::mount::{MsFlags, mount, umount};
use nix::sched::{CloneFlags, unshare};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

#[test]
fn podman_with_runc() {
    column(|| Box::new(client::podman_with("runc")));
}

#[test]
fn podman_with_crun() {
    column(|| Box::new(client::podman_with("crun")));
}

#[test]
fn docker() {
    column(|| Box::new(client::docker()));
}

#[test]
fn runc() {
    column(|| Box::new(runtime::Runtime::new("runc")));
}

#[test]
fn crun() {
    column(|| Box::new(runtime::Runtime::new("crun")));
}

#[test]
fn bubblewrap() {
    column(|| Box::new(bubblewrap::Bubblewrap::new()));
}

/// The titles of the columns in their order.
const ENGINES: [&str; 6] = ["podman, runc", "podman, crun", "docker", "runc", "crun", "bwrap"];

/// The cells of a column: for each feature that it works, or why the engine does not offer it.
type Column = Vec<Result<(), &'static str>>;

/// Tries all features with one engine, in a thread that has a mount namespace of its own. A mount that is left
/// there ends with the thread and the processes that it has started.
fn column(engine: impl FnOnce() -> Box<dyn Engine> + Send) {
    let run = || {
        unshare(CloneFlags::CLONE_NEWNS).expect("make a mount namespace");
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("make the mounts private");
        // crun 1.8 refuses a machine with cgroups of both versions. Here it sees the first version alone.
        let _ = umount("/sys/fs/cgroup/unified");

        let engine = engine();
        let mut column = Column::new();
        let mut failed = vec![];
        for (title, feature) in FEATURES {
            match catch_unwind(AssertUnwindSafe(|| feature(&*engine))) {
                Ok(cell) => column.push(cell),
                Err(_) => failed.push(title),
            }
        }
        assert!(failed.is_empty(), "{}: failed, see above: {failed:#?}", engine.name());
        (engine.name(), column)
    };
    let (engine, column) = thread::scope(|scope| scope.spawn(run).join()).expect("a whole column");
    enter(engine, column);
}

/// Enters a column into the matrix. When the last one has come, the matrix is printed and compared with the
/// book's.
fn enter(engine: &'static str, column: Column) {
    static COLUMNS: Mutex<BTreeMap<&str, Column>> = Mutex::new(BTreeMap::new());
    let mut columns = COLUMNS.lock().expect("no column has failed while it had the lock");
    columns.insert(engine, column);
    if columns.len() == ENGINES.len() {
        let matrix = print(&columns);
        // Past the test runner's capture.
        let _ = nix::unistd::write(std::io::stdout(), format!("\n{matrix}\n").as_bytes());
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/running/engines.md");
        let page = fs::read_to_string(PAGE).expect("read it");
        assert!(page.contains(&matrix), "{PAGE} has another matrix than:\n{matrix}");
    }
}

/// Returns the table, and below it the notes.
fn print(columns: &BTreeMap<&str, Column>) -> String {
    let mut table = format!("| | {} |\n|---|{}\n", ENGINES.join(" | "), "---|".repeat(ENGINES.len()));
    let mut reasons = vec![];
    for (row, (title, _)) in FEATURES.iter().enumerate() {
        write!(table, "| {title} |").expect("a string takes it");
        for engine in ENGINES {
            match columns[engine][row] {
                Ok(()) => table += " yes |",
                Err(reason) => write!(table, " — ({}) |", note(&mut reasons, reason)).expect("so does this"),
            }
        }
        table += "\n";
    }
    for (number, reason) in (1..).zip(reasons) {
        write!(table, "\n{number}. {reason}").expect("and this");
    }
    table
}

/// Returns the number of the note, which is added unless it is there.
fn note(notes: &mut Vec<&'static str>, text: &'static str) -> usize {
    notes.iter().position(|note| *note == text).unwrap_or_else(|| {
        notes.push(text);
        notes.len() - 1
    }) + 1
}
