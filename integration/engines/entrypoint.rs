//! The book's "An image that has an ENTRYPOINT already": its lines, on a base that has a script and a CMD.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::podman::podman;
use crate::support::{image, proc};
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/recipes/entrypoint.md");

/// The base that the page begins with.
const FROM: &str = "FROM redis:7";

#[test]
fn the_books_lines_put_rinit_in_front_of_an_images_entrypoint() {
    let container = Container::start([of_the_book("in-front", &[]).as_str()]);
    assert_eq!(proc::name(container.pid()).as_deref(), Some("rinit"));
    container.wait_for_log("prepared");
    container.until("the program in the script's place", || match proc::name(container.child()) {
        Some(name) if name == "redis-server" => Ok(()),
        name => Err(format!("{name:?}")),
    });
    assert_eq!(container.stop(60), 128 + libc::SIGTERM);
}

/// The control is an image that has no new ENTRYPOINT either.
#[test]
fn a_new_entrypoint_clears_the_cmd_of_the_base_image() {
    let inherited = of_the_book("inherited", &["ENTRYPOINT", "CMD"]);
    let cleared = of_the_book("cleared", &["CMD"]);
    assert_eq!([inherited, cleared].map(|image| cmd(&image)), [r#"["redis-server"]"#, "null"]);
}

/// The image of the page's Dockerfile without these instructions, on a base that is made here.
fn of_the_book(name: &str, left_out: &[&str]) -> String {
    let page = fs::read_to_string(PAGE).expect("read it");
    let (_, block) = page.split_once(&format!("```dockerfile\n{FROM}\n")).expect("it has a Dockerfile");
    let (block, _) = block.split_once("```").expect("the block ends");
    let from = format!("FROM {}", base());
    let is_wanted = |line: &&str| !left_out.iter().any(|word| line.starts_with(word));
    let lines: Vec<_> = [from.as_str()].into_iter().chain(block.lines().filter(is_wanted)).collect();
    image::from_lines(name, &lines)
}

/// An image as Redis has one: a script that prepares things and is then replaced by the program of the CMD.
fn base() -> String {
    let script = r##"printf '#!/bin/sh\necho prepared\nexec "$@" infinity\n'"##;
    image::from_lines(
        "base-with-an-entrypoint",
        &[
            &format!("FROM {}", *image::DEBIAN),
            &format!("RUN {script} > /usr/local/bin/docker-entrypoint.sh"),
            "RUN chmod +x /usr/local/bin/docker-entrypoint.sh && cp /bin/sleep /usr/local/bin/redis-server",
            r#"ENTRYPOINT ["docker-entrypoint.sh"]"#,
            r#"CMD ["redis-server"]"#,
        ],
    )
}

fn cmd(image: &str) -> String {
    run(podman(["image", "inspect", "--format", "{{json .Config.Cmd}}", image]))
}
