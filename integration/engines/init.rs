//! rinit as the init that podman puts in front of the program.

use crate::support::container::Container;
use crate::support::{image, proc, subject};
use std::fs;

#[test]
fn rinit_is_pid_1_where_init_path_names_it() {
    let path = format!("--init-path={}", subject().display());
    let options = ["--init", &path];
    has_rinit(&Container::start(options.into_iter().chain(program())));
}

#[test]
fn rinit_is_pid_1_where_containers_conf_names_it() {
    has_rinit(&Container::start(["--init"].into_iter().chain(program())));
}

/// The control: without `--init` the program is PID 1.
#[test]
fn the_program_is_pid_1_without_the_option() {
    let container = Container::start(program());
    assert_eq!(proc::name(container.pid()).as_deref(), Some("sleep"));
}

/// An image that has no init, and a program in it.
fn program() -> [&'static str; 3] {
    [*image::DEBIAN, "sleep", "1000"]
}

fn has_rinit(container: &Container) {
    let pid = container.pid();
    assert_eq!(proc::name(pid).as_deref(), Some("podman-init"));
    let program = fs::read(format!("/proc/{pid}/exe")).expect("read its program");
    assert!(program == fs::read(subject()).expect("read the init"), "PID 1 is not rinit");
}
