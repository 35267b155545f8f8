//! A hot upgrade of nginx in Docker, with `--stay`. `servers/upgrade.rs` has more of it, in podman and under load.

use super::docker::Daemon;
use crate::support::command::run;
use crate::support::{image, poll};
use std::fs;

const NAME: &str = "upgrade";

/// The daemon, whose container ends with the test.
struct Docker(Daemon);

impl Docker {
    fn run(&self, arguments: &[&str]) -> String {
        run(self.0.command(arguments.iter().copied()))
    }

    fn wait_for_masters(&self, count: usize) {
        poll::until("masters of nginx", || {
            let processes = self.run(&["top", NAME, "-o", "pid,args"]);
            if processes.matches("nginx: master process").count() == count { Ok(()) } else { Err(processes) }
        });
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let _ = self.0.command(["rm", "--force", "--volumes", NAME]).output();
    }
}

#[test]
fn in_docker_a_stop_ends_both_masters_of_nginx_in_order() {
    let docker = Docker(Daemon::start());
    docker.0.load(&image::NGINX);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nginx.conf");
    let configuration = include_str!("../examples/nginx/nginx.conf").replace("daemon off;", "daemon on;");
    fs::write(&file, configuration).expect("write it");
    let volume = format!("--volume={}:/nginx.conf:ro", file.display());
    let options = ["run", "--detach", "--name", NAME, "--network=none", &volume, "--entrypoint=/rinit"];
    let command = [&image::NGINX, "--stay", "-r", "TERM:QUIT", "--", "/usr/sbin/nginx", "-c", "/nginx.conf"];
    docker.run(&[&options[..], &command[..]].concat());
    docker.wait_for_masters(1);
    docker.run(&["kill", "--signal=USR2", NAME]);
    docker.wait_for_masters(2);

    docker.run(&["stop", "--time=60", NAME]);
    assert_eq!(docker.run(&["wait", NAME]), "0");
    let logs = docker.0.command(["logs", NAME]).output().expect("run the client");
    let logs = String::from_utf8_lossy(&logs.stderr);
    assert_eq!(logs.matches("signal 3 (SIGQUIT) received").count(), 2, "{logs}");
}
