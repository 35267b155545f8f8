//! socat, which exits with 143 after SIGTERM, as a Java virtual machine does. The image:
//! `integration/examples/socat`.

use crate::support::container::Container;
use crate::support::{image, send};

const ECHO: u16 = 7000;

const STOPPED: i32 = 128 + libc::SIGTERM;

#[test]
fn socat_that_the_engine_stops_has_succeeded() {
    assert_eq!(ready([&image::SOCAT]).stop(60), 0);
}

/// The control: the exit code in place of which `--stop-ok` gives 0.
#[test]
fn socat_that_the_engine_stops_exits_with_143_of_its_own() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/bin/socat"]"#;
    let socat = ready([entrypoint, &image::SOCAT, "TCP-LISTEN:7000,fork,reuseaddr", "PIPE"]);
    assert_eq!(socat.stop(60), STOPPED);
}

#[test]
fn socat_that_was_ended_by_another_sigterm_has_not_succeeded() {
    let socat = ready([&image::SOCAT]);
    send(socat.child(), libc::SIGTERM);
    assert_eq!(socat.exit_code(), STOPPED);
}

#[test]
fn socat_is_found_healthy_without_a_shell() {
    Container::start([image::SOCAT.as_str()]).wait_until_healthy();
}

/// Starts a socat, and returns it when it listens, and so has set its signal handlers.
fn ready<const N: usize>(arguments: [&str; N]) -> Container {
    let socat = Container::start(arguments);
    socat.connect(ECHO);
    socat
}
