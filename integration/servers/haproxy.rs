//! HAProxy, to which SIGTERM means "cut off" and SIGUSR1 "finish". The image: `Dockerfile.example`.

use crate::support::container::Container;
use crate::support::image;
use crate::support::load::{self, Load};

const HTTP: u16 = 8080;

#[test]
fn haproxy_loses_no_request_when_stopped_under_load() {
    let haproxy = Container::start([image::HAPROXY.as_str()]);
    Load::on(&haproxy, HTTP, load::http).stop_loses_nothing(0);
}

/// As the book's recipe has it: a master, and the worker that has the requests.
#[test]
fn haproxy_with_a_master_and_a_worker_loses_no_request_when_stopped_under_load() {
    let haproxy = Container::start([&image::HAPROXY, "-W", "-f", "/etc/haproxy/haproxy.cfg"]);
    Load::on(&haproxy, HTTP, load::http).stop_loses_nothing(0);
}

/// The control: HAProxy has no handler for SIGTERM, so for a PID 1 the kernel discards it.
#[test]
fn haproxy_loses_the_requests_under_way_when_stopped_without_rinit() {
    let entrypoint = "--entrypoint=/usr/sbin/haproxy";
    let haproxy = Container::start([entrypoint, &image::HAPROXY, "-db", "-f", "/etc/haproxy/haproxy.cfg"]);
    Load::on(&haproxy, HTTP, load::http).stop_loses_requests(1, 128 + libc::SIGKILL);
}

/// The control: it is not enough that rinit forwards SIGTERM.
#[test]
fn haproxy_loses_the_requests_under_way_when_sigterm_is_not_rewritten() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/sbin/haproxy"]"#;
    let haproxy = Container::start([entrypoint, &image::HAPROXY, "-db", "-f", "/etc/haproxy/haproxy.cfg"]);
    Load::on(&haproxy, HTTP, load::http).stop_loses_requests(60, 128 + libc::SIGTERM);
}

#[test]
fn haproxy_is_found_healthy_without_a_shell() {
    Container::start([image::HAPROXY.as_str()]).wait_until_healthy();
}
