//! A Python server behind a shell script, which forwards no signal. The image:
//! `integration/examples/python`.

use crate::support::container::Container;
use crate::support::image;
use crate::support::load::{self, Load};

const HTTP: u16 = 8080;

/// The arguments of a shell that sets no trap.
const NO_TRAP: [&str; 2] = ["-c", "python3 /usr/local/lib/server.py; true"];

#[test]
fn a_server_behind_a_shell_loses_no_request_when_stopped_under_load() {
    let server = Container::start([image::PYTHON.as_str()]);
    Load::on(&server, HTTP, load::http).stop_loses_nothing(0);
    assert!(server.logs().contains("The server has ended with code 0."), "{}", server.logs());
}

/// The control: the shell waits for the server, and SIGTERM has not come to the server.
#[test]
fn a_server_behind_a_shell_has_to_be_killed_when_stopped_without_rinit() {
    loses_all(r#"["/usr/local/bin/start"]"#, [], 128 + libc::SIGKILL);
}

/// The control: without `-g` rinit forwards SIGTERM to the shell alone.
#[test]
fn a_server_behind_a_shell_has_to_be_killed_when_the_signal_is_not_for_the_group() {
    loses_all(r#"["/rinit","--","/usr/local/bin/start"]"#, [], 128 + libc::SIGKILL);
}

/// The control: SIGTERM ends a shell that has no trap, and the container with it.
#[test]
fn a_server_behind_a_shell_without_a_trap_is_lost_with_the_shell() {
    loses_all(r#"["/rinit","-g","--","/bin/sh"]"#, NO_TRAP, 128 + libc::SIGTERM);
}

#[test]
fn a_server_behind_a_shell_without_a_trap_finishes_its_requests_with_grace() {
    let entrypoint = r#"--entrypoint=["/rinit","--grace","60","--","/bin/sh"]"#;
    let server = Container::start([entrypoint, &image::PYTHON].into_iter().chain(NO_TRAP));
    Load::on(&server, HTTP, load::http).stop_loses_nothing(128 + libc::SIGTERM);
}

#[test]
fn a_server_behind_a_shell_is_found_healthy() {
    Container::start([image::PYTHON.as_str()]).wait_until_healthy();
}

fn loses_all<const N: usize>(entrypoint: &str, arguments: [&str; N], expected: i32) {
    let entrypoint = format!("--entrypoint={entrypoint}");
    let server = Container::start([entrypoint.as_str(), &image::PYTHON].into_iter().chain(arguments));
    Load::on(&server, HTTP, load::http).stop_loses_requests(1, expected);
}
