//! A pod of images that have no init: an init container of rinit's own image gives it to them.

use crate::support::command::{run, try_run};
use crate::support::container::Container;
use crate::support::podman::podman;
use crate::support::{image, proc};
use nix::unistd::gettid;
use serde_json::{Value, json};
use std::fs;
use tempfile::NamedTempFile;

const INTO_THE_VOLUME: [&str; 2] = ["--install", "/init"];

const UNDER_RINIT: [&str; 4] = ["/init/rinit", "--", "/bin/sleep", "infinity"];

#[test]
fn an_init_container_gives_rinit_to_an_image_that_has_none() {
    // The images' own users, of which rinit's is an ordinary one and the other's is root; root; somebody.
    for user in [None, Some(0), Some(45_678)] {
        let pod = Pod::play(&INTO_THE_VOLUME, user, &UNDER_RINIT).expect("it starts");
        let member = pod.member();
        assert_eq!(proc::name(member.pid()).as_deref(), Some("rinit"), "{user:?}");
        member.child();
        assert_eq!(member.stop(20), 128 + libc::SIGTERM);
    }
}

/// The control: the same without rinit.
#[test]
fn a_program_that_is_no_init_has_to_be_killed_in_its_place() {
    let pod = Pod::play(&INTO_THE_VOLUME, None, &UNDER_RINIT[2..]).expect("it starts");
    assert_eq!(pod.member().stop(1), 128 + libc::SIGKILL);
}

#[test]
fn the_pod_does_not_start_if_rinit_cannot_be_installed() {
    let failure = Pod::play(&["--install", "/no/init"], None, &UNDER_RINIT).err().expect("it does not start");
    assert!(failure.contains("exited with code 125"), "{failure}");
}

/// A pod that ends with the test that started it.
struct Pod {
    name: String,
}

impl Pod {
    /// Starts the pod of a file for Kubernetes. All that can be written to is a volume, `/init`, in the init
    /// container. Both containers have the user, if there is one.
    fn play(install: &[&str], user: Option<u32>, command: &[&str]) -> Result<Self, String> {
        let mut context = json!({ "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } });
        if let Some(user) = user {
            context["runAsUser"] = json!(user);
        }
        // Of the tests that run at the same time this is one. podman's volumes have the names that are given here.
        let pod = Self { name: format!("without-init-{}", gettid()) };
        let mounts = |read_only| json!([{ "name": pod.name, "mountPath": "/init", "readOnly": read_only }]);
        let spec = json!({
            "restartPolicy": "Never",
            "volumes": [{ "name": pod.name, "emptyDir": {} }],
            "initContainers": [{
                "name": "install", "image": *image::RINIT, "args": install,
                "securityContext": context, "volumeMounts": mounts(false),
            }],
            "containers": [{
                "name": "member", "image": *image::DEBIAN, "command": command,
                "securityContext": context, "volumeMounts": mounts(true),
            }],
        });
        let file = NamedTempFile::new().expect("make a file");
        fs::write(file.path(), pod.file(&spec).to_string()).expect("write the file");
        let mut play = podman(["kube", "play", "--network=none"]);
        play.arg(file.path());
        try_run(&mut play).map(|_| pod)
    }

    fn file(&self, spec: &Value) -> Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": self.name }, "spec": spec })
    }

    fn member(&self) -> Container {
        let name = format!("{}-member", self.name);
        Container::with_id(run(podman(["inspect", "--format={{.Id}}", &name])))
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // No second panic, if the test is failing.
        let _ = podman(["pod", "rm", "--force", "--time=0", &self.name]).output();
    }
}
