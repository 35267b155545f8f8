//! Python's shared memory, in a `/dev/shm` that outlives the container, as with `--ipc=host`. Python's resource
//! tracker, a process beside the program, removes what the program has left there, if it has the time.

use crate::support::{Launch, Position, must, subject};
use nix::libc;
use nix::mount::{MsFlags, mount};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// SIGTERM ends it as it is.
const PROGRAM: &str = "
from multiprocessing import shared_memory
import time
block = shared_memory.SharedMemory(create=True, size=1)
print('ready', flush=True)
time.sleep(1000)
";

#[test]
fn with_grace_nothing_stays_in_shared_memory() {
    assert_eq!(left_in_shared_memory(&["--grace", "60"]), 0);
}

/// The control: the kernel kills the tracker when rinit has ended.
#[test]
fn without_grace_the_block_stays() {
    assert_eq!(left_in_shared_memory(&[]), 1);
}

/// How many files the program has left in `/dev/shm`, which is a folder of the test's.
fn left_in_shared_memory(options: &[&str]) -> usize {
    let folder = TempDir::new().expect("make a folder");
    let place = folder.path().to_owned();
    let with_folder = move || {
        must(mount(Some(&place), "/dev/shm", None::<&Path>, MsFlags::MS_BIND, None::<&Path>));
    };
    let launch = Launch::program(Position::Pid1, subject()).args(options);
    let mut init = launch.command(["python3", "-c", PROGRAM]).caller(with_folder).start().ready();
    init.signal(libc::SIGTERM);
    assert_eq!(init.wait(), Position::Pid1.killed_by(libc::SIGTERM));
    fs::read_dir(folder.path()).expect("read the folder").count()
}
