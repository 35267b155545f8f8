//! A pod, in which all containers share the PID namespace of the infra container.

use crate::support::command::run;
use crate::support::container::{Container, children};
use crate::support::podman::{cgroup_parent, podman};
use crate::support::{image, poll, proc, send};
use nix::unistd::Pid;
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn rinit_in_the_infra_container_is_pid_1_of_the_pod_and_reaps_its_orphans() {
    reaps_its_orphans(&Pod::start(&image::RINIT, Some("/rinit -P")), "rinit");
}

#[test]
fn rinit_in_the_place_of_kubernetes_pause_needs_no_command() {
    let pod = Pod::start(&image::with_rinit_at("/pause"), None);
    reaps_its_orphans(&pod, "pause");
    assert_eq!(pod.stop(20), 0);
}

fn reaps_its_orphans(pod: &Pod, name: &str) {
    let init = pod.infra.pid();
    let ids = proc::status(init, "NSpid").expect("it runs");
    assert_eq!(ids.split_whitespace().last(), Some("1"), "NSpid: {ids}");
    assert_eq!(proc::name(init).as_deref(), Some(name));
    let (_member, orphan) = pod.member_with_orphan();

    send(orphan, libc::SIGTERM);
    poll::until("no child of PID 1", || match &children(init)[..] {
        [] => Ok(()),
        children => Err(format!("{children:?}")),
    });
}

/// The control: a PID 1 that does not reap.
#[test]
fn a_program_that_is_no_init_leaves_zombies_in_the_pod() {
    let pod = Pod::start(&image::STATIC_CHILD, Some("/sleep infinity"));
    let (_member, orphan) = pod.member_with_orphan();

    send(orphan, libc::SIGTERM);
    poll::until("a zombie", || match proc::state(orphan).expect("there is such a process") {
        'Z' => Ok(()),
        state => Err(state),
    });
}

#[test]
fn rinit_in_the_infra_container_ends_at_once_when_the_pod_is_stopped() {
    let pod = Pod::start(&image::RINIT, Some("/rinit --pause"));
    let start = Instant::now();
    assert_eq!(pod.stop(20), 0);
    assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
}

/// The control: without an init only SIGKILL ends the pod.
#[test]
fn a_program_that_is_no_init_has_to_be_killed_when_the_pod_is_stopped() {
    let pod = Pod::start(&image::STATIC_CHILD, Some("/sleep infinity"));
    assert_eq!(pod.stop(1), 128 + libc::SIGKILL);
}

/// A pod that ends with the test that started it.
struct Pod {
    id: String,
    infra: Container,
}

impl Pod {
    /// Starts a pod that has no container but the infra container.
    fn start(infra_image: &str, infra_command: Option<&str>) -> Self {
        let mut create = podman(["pod", "create", "--network=none", "--share=ipc,net,uts,pid"]);
        create.arg(format!("--cgroup-parent={}", cgroup_parent()));
        create.args(["--infra-image", infra_image]);
        if let Some(command) = infra_command {
            create.args(["--infra-command", command]);
        }
        let id = run(create);
        run(podman(["pod", "start", &id]));
        let infra = run(podman(["pod", "inspect", "--format", "{{.InfraContainerID}}", &id]));
        Self { id, infra: Container::with_id(infra) }
    }

    /// Starts another container, and returns it and the orphan that it has left to the pod's PID 1.
    fn member_with_orphan(&self) -> (Container, Pid) {
        let pod = format!("--pod={}", self.id);
        let entrypoint = r#"--entrypoint=["/bin/sh","-c","(sleep infinity &); exec sleep infinity"]"#;
        let member = Container::start([&pod, entrypoint, &image::SCRIPT]);
        let namespace = |pid| fs::read_link(format!("/proc/{pid}/ns/pid")).expect("it runs");
        assert_eq!(namespace(member.pid()), namespace(self.infra.pid()));
        let orphan = self.infra.child();
        (member, orphan)
    }

    /// Stops the pod as users do, and returns the exit code of its PID 1.
    fn stop(&self, patience: u32) -> i32 {
        run(podman(["pod", "stop", &format!("--time={patience}"), &self.id]));
        self.infra.exit_code()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // No second panic, if the test is failing.
        let _ = podman(["pod", "rm", "--force", "--time=0", &self.id]).output();
    }
}
