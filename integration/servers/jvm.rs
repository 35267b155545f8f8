//! A Java virtual machine, which runs its shutdown hooks at SIGTERM and exits with 143. The image:
//! `integration/examples/jvm`.

use crate::support::container::Container;
use crate::support::load::{self, Load};
use crate::support::{image, send};

const HTTP: u16 = 8080;

const STOPPED: i32 = 128 + libc::SIGTERM;

#[test]
fn a_jvm_that_is_stopped_under_load_loses_no_request_and_has_succeeded() {
    let jvm = Container::start([image::JVM.as_str()]);
    Load::on(&jvm, HTTP, load::http).stop_loses_nothing(0);
}

/// The control: without rinit the same stop, in which no request is lost either, is a failure.
#[test]
fn a_jvm_that_is_stopped_without_rinit_exits_with_143() {
    let entrypoint = "--entrypoint=/java/bin/java";
    let jvm =
        Container::start([entrypoint, &image::JVM, "-XX:-UsePerfData", "-cp", "/application", "Server"]);
    Load::on(&jvm, HTTP, load::http).stop_loses_nothing(STOPPED);
}

#[test]
fn a_jvm_that_was_ended_by_another_sigterm_has_not_succeeded() {
    let jvm = Container::start([image::JVM.as_str()]);
    jvm.connect(HTTP);
    send(jvm.child(), libc::SIGTERM);
    assert_eq!(jvm.exit_code(), STOPPED);
}

#[test]
fn a_jvm_is_found_healthy_without_a_shell() {
    Container::start([image::JVM.as_str()]).wait_until_healthy();
}
