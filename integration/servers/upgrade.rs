//! Hot upgrades: a master that gets SIGUSR2 starts its successor, which serves on when the old one has ended. With
//! `--stay` rinit does, too, and a stop ends all that are there.

use crate::support::container::{Container, children};
use crate::support::load::{self, Load};
use crate::support::{image, send};
use nix::unistd::Pid;
use std::fs;

const HTTP: u16 = 8080;

/// nginx as a daemon: in the foreground it ignores SIGUSR2.
fn nginx(options: &str) -> (tempfile::TempDir, Container) {
    let folder = tempfile::tempdir().expect("a folder");
    let configuration = include_str!("../examples/nginx/nginx.conf");
    assert!(configuration.contains("daemon off;"));
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration.replace("daemon off;", "daemon on;")).expect("write it");
    let volume = format!("--volume={}:/nginx.conf:ro", file.display());
    let entrypoint = format!(r#"--entrypoint=["/rinit",{options}"-r","TERM:QUIT","--","/usr/sbin/nginx"]"#);
    let container = Container::start([&volume, &entrypoint, image::NGINX.as_str(), "-c", "/nginx.conf"]);
    (folder, container)
}

/// Has the only master start its successor; returns both, as soon as the new one has workers.
fn upgrade(server: &Container) -> (Pid, Pid) {
    let old = server.until("a master with workers", || {
        let old = server.child();
        if children(old).is_empty() { Err("none") } else { Ok(old) }
    });
    server.kill("USR2");
    let new = server.until("a new master with workers", || {
        children(old).into_iter().find(|pid| !children(*pid).is_empty()).ok_or("none")
    });
    (old, new)
}

/// Upgrades it, and ends the old master by `signal`; returns when it has ended, and the new one is rinit's child.
fn replace(server: &Container, load: &Load, signal: i32) {
    let (old, new) = upgrade(server);
    send(old, signal);
    load.release(); // it waits for the requests that are under way
    server.until("the new master alone", || {
        let child = server.child();
        if child == new { Ok(()) } else { Err(format!("{child}, and not {new}")) }
    });
}

#[test]
fn upgrade_of_nginx_twice_under_load_loses_no_request() {
    let (_folder, nginx) = nginx(r#""--stay","#);
    let load = Load::on(&nginx, HTTP, load::http);
    replace(&nginx, &load, libc::SIGQUIT);
    replace(&nginx, &load, libc::SIGQUIT);
    load.stop_loses_nothing(0);
}

/// Both end in order, one after the other.
#[test]
fn upgrade_of_nginx_that_is_stopped_while_both_masters_live_loses_no_request() {
    let (_folder, nginx) = nginx(r#""--stay","#);
    let load = Load::on(&nginx, HTTP, load::http);
    upgrade(&nginx);
    load.release();
    load.stop_loses_nothing(0);
}

/// The control: the container ends with the program that has started the daemon.
#[test]
fn upgrade_of_nginx_has_nothing_to_upgrade_without_stay() {
    let (_folder, nginx) = nginx("");
    assert_eq!(nginx.exit_code(), 0);
}

#[test]
fn upgrade_of_gunicorn_twice_under_load_loses_no_request() {
    let gunicorn = Container::start([image::GUNICORN.as_str()]);
    let load = Load::on(&gunicorn, HTTP, load::http);
    replace(&gunicorn, &load, libc::SIGTERM);
    replace(&gunicorn, &load, libc::SIGTERM);
    load.stop_loses_nothing(0);
}

#[test]
fn upgrade_of_gunicorn_that_is_stopped_while_both_masters_live_loses_no_request() {
    let gunicorn = Container::start([image::GUNICORN.as_str()]);
    let load = Load::on(&gunicorn, HTTP, load::http);
    upgrade(&gunicorn);
    load.release();
    load.stop_loses_nothing(0);
}
