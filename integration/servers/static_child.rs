//! A static program on an empty root: no shell, no library, no signal handler. The image:
//! `integration/examples/static-child`.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::image;
use crate::support::podman::podman;
use crate::support::proc;
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn the_image_to_copy_from_holds_rinit_and_nothing_else() {
    let root = run(podman(["image", "mount", &image::RINIT]));
    let names: Vec<_> = fs::read_dir(root)
        .expect("list the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    run(podman(["image", "unmount", &image::RINIT]));
    assert_eq!(names, ["rinit"]);
}

#[test]
fn a_static_child_ends_at_once_when_stopped() {
    let container = Container::start([image::STATIC_CHILD.as_str()]);
    let start = Instant::now();
    assert_eq!(container.stop(20), 128 + libc::SIGTERM);
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
}

/// The control: the kernel discards SIGTERM for a PID 1 that has no handler.
#[test]
fn the_same_child_as_pid_1_is_not_ended_by_sigterm_and_has_to_be_killed() {
    let container = Container::start([r#"--entrypoint=["/sleep","infinity"]"#, &image::STATIC_CHILD]);
    let pid = container.pid();
    container.kill("TERM");
    // A signal that ends a process is pending until the process is gone. kill(2) has returned, so one that is
    // not pending now never will be. A process that has ended in between has no pending signal either, so the
    // state is read last.
    for pending in ["SigPnd", "ShdPnd"] {
        assert_eq!(proc::status(pid, pending).as_deref(), Some("0000000000000000"), "{pending}");
    }
    assert_eq!(proc::state(pid), Some('S'));
    assert_eq!(container.stop(1), 128 + libc::SIGKILL);
}
