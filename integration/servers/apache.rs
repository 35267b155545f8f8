//! Apache httpd, to which SIGTERM means "cut off" and SIGWINCH "finish". A terminal sends SIGWINCH, too, when
//! its window is resized. The image: `integration/examples/apache`.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::image;
use crate::support::load::{self, Load};
use std::io;
use std::process::Command;

const HTTP: u16 = 8080;

/// The arguments that the image gives to httpd.
const OPTIONS: [&str; 4] = ["-D", "FOREGROUND", "-f", "/etc/apache2/httpd.conf"];

/// The message of httpd when SIGWINCH stops it.
const STOPPED: &str = "caught SIGWINCH, shutting down gracefully";

#[test]
fn apache_loses_no_request_when_stopped_under_load() {
    let apache = Container::start([image::APACHE.as_str()]);
    Load::on(&apache, HTTP, load::http).stop_loses_nothing(0);
}

/// The control: the code is the same without rinit, and the requests are lost.
#[test]
fn apache_loses_the_requests_under_way_when_stopped_without_rinit() {
    let apache = with_entrypoint("/usr/sbin/apache2", []);
    Load::on(&apache, HTTP, load::http).stop_loses_requests(60, 0);
}

#[test]
fn apache_is_not_stopped_by_an_engine_that_forwards_the_resize_of_its_window() {
    let apache = Container::start(["--env=RINIT_VERBOSITY=2", &image::APACHE]);
    ready(&apache);
    apache.kill("WINCH");
    serves_on(&apache);
}

/// The control: without the second rule, which drops SIGWINCH, a resize is a stop.
#[test]
fn apache_is_stopped_by_an_engine_that_forwards_the_resize_of_its_window_unless_it_is_dropped() {
    let apache = with_entrypoint(r#"["/rinit","-r","TERM:WINCH","--","/usr/sbin/apache2"]"#, []);
    ready(&apache);
    apache.kill("WINCH");
    assert_eq!(apache.exit_code(), 0);
    assert!(apache.logs().contains(STOPPED), "{}", apache.logs());
}

#[test]
fn apache_is_not_stopped_by_a_resize_of_its_own_terminal() {
    let apache = Container::start(["--tty", "--env=RINIT_VERBOSITY=2", &image::APACHE]);
    ready(&apache);
    resize(&apache);
    serves_on(&apache);
}

/// The control: the kernel sends SIGWINCH to httpd itself, so there is nothing that rinit could drop.
#[test]
fn apache_is_stopped_by_a_resize_of_its_own_terminal_unless_it_has_left_the_session() {
    let entrypoint = r#"["/rinit","-r","TERM:WINCH","-r","WINCH:drop","--","/usr/sbin/apache2"]"#;
    let apache = with_entrypoint(entrypoint, ["--tty"]);
    ready(&apache);
    resize(&apache);
    assert_eq!(apache.exit_code(), 0);
    assert!(apache.logs().contains(STOPPED), "{}", apache.logs());
}

#[test]
fn apache_is_found_healthy_without_a_shell() {
    Container::start([image::APACHE.as_str()]).wait_until_healthy();
}

fn with_entrypoint<const N: usize>(entrypoint: &str, options: [&str; N]) -> Container {
    let entrypoint = format!("--entrypoint={entrypoint}");
    let arguments = [entrypoint.as_str()].into_iter().chain(options).chain([image::APACHE.as_str()]);
    Container::start(arguments.chain(OPTIONS))
}

/// Waits until httpd responds. Before that its signal handlers may not be set.
fn ready(apache: &Container) {
    let network = apache.network();
    apache.until("a response of httpd", || {
        network.connect(HTTP).and_then(|connection| load::http(connection, 0)).and_then(|response| {
            // There is no application behind the server.
            if response.starts_with("HTTP/1.1 503 ") { Ok(()) } else { Err(io::Error::other(response)) }
        })
    });
}

/// Resizes the container's terminal, so that the kernel sends SIGWINCH to the foreground process group.
fn resize(container: &Container) {
    let mut stty = Command::new("stty");
    stty.args([format!("--file=/proc/{}/fd/0", container.pid()).as_str(), "rows", "50", "columns", "100"]);
    run(stty);
}

/// Asserts that rinit has dropped the SIGWINCH of the resize, and that httpd serves on until it is stopped.
fn serves_on(apache: &Container) {
    apache.wait_for_log("drop SIGWINCH");
    ready(apache);
    assert!(!apache.logs().contains(STOPPED), "{}", apache.logs());
    assert_eq!(apache.stop(60), 0);
    assert!(apache.logs().contains(STOPPED), "{}", apache.logs());
}
