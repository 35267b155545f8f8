//! The manifests of the book's page on Kubernetes. podman plays those that have what podman knows of, in which
//! rinit comes by an init container or is in the image.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::podman::podman;
use crate::support::{image, proc};
use std::fs;
use tempfile::NamedTempFile;

#[test]
fn an_init_container_gives_rinit_to_an_ordinary_user_on_a_read_only_root() {
    image::RINIT.ensure();
    image::DEBIAN.ensure();
    // podman 4.3 starts an init container that has ended again where the pod's policy is Always, the default.
    let pod = Pod::play("init-container", "server", &[("\nspec:", "\nspec:\n  restartPolicy: Never")]);
    let server = pod.container();
    assert_eq!(proc::name(server.pid()).as_deref(), Some("rinit"));
    assert_eq!(proc::status(server.pid(), "Uid").as_deref(), Some("65534\t65534\t65534\t65534"));
    assert_eq!(proc::status(server.pid(), "CapEff").as_deref(), Some("0000000000000000"));
    server.child();
    assert_eq!(server.stop(60), 128 + libc::SIGTERM);
    assert!(server.logs().contains("killed by SIGTERM"), "{}", server.logs());
}

#[test]
fn a_command_in_the_place_of_the_images_entrypoint_begins_with_rinit() {
    let pod = Pod::play("command", "proxy", &[("localhost/haproxy-example", &image::HAPROXY)]);
    let proxy = pod.container();
    assert_eq!(proc::name(proxy.pid()).as_deref(), Some("rinit"));
    proxy.connect(8080);
    assert_eq!(proxy.stop(60), 0);
}

/// A pod that ends with the test that started it.
struct Pod {
    name: &'static str,
    container: &'static str,
}

impl Pod {
    /// Plays a manifest, with these texts in the place of others.
    fn play(name: &'static str, container: &'static str, changes: &[(&str, &str)]) -> Self {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/running/kubernetes");
        let mut manifest = fs::read_to_string(format!("{page}/{name}.yaml")).expect("read the manifest");
        for (of_manifest, of_test) in changes {
            assert!(manifest.contains(of_manifest), "{manifest}");
            manifest = manifest.replace(of_manifest, of_test);
        }
        let file = NamedTempFile::new().expect("make a file");
        fs::write(file.path(), manifest).expect("write the file");
        let pod = Self { name, container }; // from here on, also if only a part of it is started
        let mut play = podman(["kube", "play", "--network=none"]);
        play.arg(file.path());
        run(play);
        pod
    }

    fn container(&self) -> Container {
        let name = format!("{}-{}", self.name, self.container);
        Container::with_id(run(podman(["inspect", "--format={{.Id}}", &name])))
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // No second panic, if the test is failing.
        let _ = podman(["pod", "rm", "--force", "--time=0", self.name]).output();
    }
}
