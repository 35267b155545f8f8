//! socat, whose exit code after SIGTERM is 143, as a Java virtual machine's is: `integration/examples/socat`.

use crate::support::container::Container;
use crate::support::{image, send};

const ECHO: u16 = 7000;

const STOPPED: i32 = 128 + libc::SIGTERM;

#[test]
fn socat_that_the_engine_stops_has_succeeded() {
    assert_eq!(ready([&image::SOCAT]).stop(60), 0);
}

/// The control: the code that 0 has replaced.
#[test]
fn socat_that_the_engine_stops_exits_with_143_of_its_own() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/bin/socat"]"#;
    let socat = ready([entrypoint, &image::SOCAT, "TCP-LISTEN:7000,fork,reuseaddr", "PIPE"]);
    assert_eq!(socat.stop(60), STOPPED);
}

#[test]
fn socat_that_somebody_else_has_ended_has_not_succeeded() {
    let socat = ready([&image::SOCAT]);
    send(socat.child(), libc::SIGTERM);
    assert_eq!(socat.exit_code(), STOPPED);
}

#[test]
fn socat_is_found_healthy_without_a_shell() {
    Container::start([image::SOCAT.as_str()]).wait_until_healthy();
}

/// A socat that listens, and so has its handlers for signals.
fn ready<const N: usize>(arguments: [&str; N]) -> Container {
    let socat = Container::start(arguments);
    socat.connect(ECHO);
    socat
}
