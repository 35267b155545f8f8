//! nginx, to which SIGTERM means "cut off" and SIGQUIT "finish". Its workers outlive a master that is killed.
//! The image: `integration/examples/nginx`.

use crate::support::container::{Container, Volume};
use crate::support::load::{self, Load};
use crate::support::{image, send};
use std::io::{Read, Write};

const HTTP: u16 = 8080;

#[test]
fn nginx_loses_no_request_when_stopped_under_load() {
    let nginx = Container::start([image::NGINX.as_str()]);
    Load::on(&nginx, HTTP, load::http).stop_loses_nothing(0);
}

/// The control: the code is the same without rinit, and the requests are lost.
#[test]
fn nginx_loses_the_requests_under_way_when_stopped_without_rinit() {
    let entrypoint = "--entrypoint=/usr/sbin/nginx";
    let nginx = Container::start([entrypoint, &image::NGINX, "-c", "/etc/nginx/nginx.conf"]);
    Load::on(&nginx, HTTP, load::http).stop_loses_requests(60, 0);
}

#[test]
fn nginx_workers_write_their_log_when_the_master_was_killed() {
    let log = log_after_the_master_was_killed([&image::NGINX]);
    assert!(log.contains("GET /promise "), "{log:?}");
}

/// The control: the kernel kills the workers when PID 1 exits.
#[test]
fn nginx_workers_lose_their_log_when_the_master_was_killed_without_grace() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/sbin/nginx"]"#;
    let log = log_after_the_master_was_killed([entrypoint, &image::NGINX, "-c", "/etc/nginx/nginx.conf"]);
    assert_eq!(log, "");
}

#[test]
fn nginx_is_found_healthy_without_a_shell() {
    Container::start([image::NGINX.as_str()]).wait_until_healthy();
}

/// Returns the access log when the container has ended. A worker writes it when its buffer is full, or at the
/// worker's own end.
fn log_after_the_master_was_killed<const N: usize>(arguments: [&str; N]) -> String {
    let volume = Volume::create();
    let log = || volume.read("access.log").expect("read the log");
    let nginx = Container::start([volume.at("/var/log/nginx").as_str()].into_iter().chain(arguments));
    let mut request = nginx.connect(HTTP);
    request.write_all(b"GET /promise HTTP/1.0\r\n\r\n").expect("make the request");
    let mut response = String::new();
    request.read_to_string(&mut response).expect("read the response");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert_eq!(log(), "");

    send(nginx.child(), libc::SIGKILL);
    assert_eq!(nginx.exit_code(), 128 + libc::SIGKILL, "the code is the master's; {}", nginx.logs());
    log()
}
