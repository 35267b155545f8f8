//! The book's "In place of another init", followed to the letter: rinit in place of a packaged init.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::image;
use crate::support::podman::{cgroup_parent, podman};
use std::fs;

#[test]
fn tini_in_an_image_is_replaced_by_the_books_line() {
    is_replaced("tini", 127);
}

#[test]
fn dumb_init_in_an_image_is_replaced_by_the_books_line() {
    is_replaced("dumb-init", 2);
}

/// Checks that the book's line puts rinit in place of the init, and that containers stop and fail as
/// before.
fn is_replaced(init: &str, not_found: i32) {
    let original = image::with_package(init, "");
    let replaced = image::with_package(init, &books_line(init));
    assert!(!version(init, &original).contains("rinit"), "the control: the original is there");
    assert!(version(init, &replaced).contains("rinit"));

    for image in [original, replaced] {
        let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done";
        let container = Container::start([image.as_str(), "/bin/sh", "-c", script]);
        container.wait_for_log("ready");
        assert_eq!(container.stop(60), 7);
        assert_eq!(Container::start([image.as_str(), "no-such-program"]).exit_code(), not_found);
    }
}

/// The line by which the book copies rinit over this init.
fn books_line(init: &str) -> String {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/running/replace.md");
    let page = fs::read_to_string(PAGE).expect("read it");
    let mut lines = page.lines().filter(|line| line.starts_with("COPY --from="));
    lines.find(|line| line.ends_with(&format!("/usr/bin/{init}"))).expect("the page has it").to_owned()
}

/// The version that the image's init prints, on whichever stream.
fn version(init: &str, image: &str) -> String {
    let command = format!("{init} --version 2>&1");
    let parent = format!("--cgroup-parent={}", cgroup_parent());
    run(podman(["run", "--rm", "--network=none", &parent, "--entrypoint=/bin/sh", image, "-c", &command]))
}
