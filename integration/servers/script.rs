//! A shell script and its job in the background, which outlives the shell: `integration/examples/script`.

use crate::support::container::{Container, Volume};
use crate::support::image;

const KILLED: i32 = 128 + libc::SIGTERM;

#[test]
fn a_job_in_the_background_finishes_its_file_when_the_script_is_stopped() {
    let script = Script::start([&image::SCRIPT]);
    script.wait_for("report", "begun\n");
    assert_eq!(script.container.stop(60), KILLED, "the code is the shell's; {}", script.container.logs());
    assert_eq!(
        script.data.read("report").expect("read it"),
        "begun\ncomplete\n",
        "{}",
        script.container.logs()
    );
}

/// The control: the shell has ended, so the container has.
#[test]
fn a_job_in_the_background_is_cut_off_when_the_script_is_stopped_without_grace() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/local/bin/report"]"#;
    let script = Script::start([entrypoint, &image::SCRIPT]);
    script.wait_for("report", "begun\n");
    assert_eq!(script.container.stop(60), KILLED, "{}", script.container.logs());
    assert_eq!(script.data.read("report").expect("read it"), "begun\n", "{}", script.container.logs());
}

#[test]
fn who_came_in_from_outside_is_sent_nothing_while_survivors_are_waited_for() {
    let script = Script::with_survivor_and_bystander();
    script.container.kill("TERM");
    script.wait_for("survivor", "ready\nSIGTERM\n");
    // A signal of a higher number than the others: when it is felt, they would have been.
    script.container.execute("kill -WINCH $(cat /data/bystander)");
    script.wait_for("felt", "WINCH\n");
    script.data.touch("go");
    assert_eq!(script.container.exit_code(), KILLED, "{}", script.container.logs());
}

/// The control: what is sent to everybody is felt from outside, too.
#[test]
fn who_came_in_from_outside_feels_what_is_sent_to_everybody() {
    let script = Script::with_survivor_and_bystander();
    script.container.execute("kill -TERM -1");
    script.wait_for("felt", "TERM\n");
    script.data.touch("go");
    assert_eq!(script.container.exit_code(), KILLED, "{}", script.container.logs());
}

/// A running script, and what it writes.
struct Script {
    container: Container,
    data: Volume,
}

impl Script {
    fn start<const N: usize>(arguments: [&str; N]) -> Self {
        let data = Volume::create();
        let volume = data.at("/data");
        let container = Container::start([volume.as_str()].into_iter().chain(arguments));
        Self { container, data }
    }

    /// A shell that ends at SIGTERM, the survivor that it leaves, who takes its time until there is a
    /// file `go`, and a bystander, who has come in by `podman exec` and notes what signals it feels.
    fn with_survivor_and_bystander() -> Self {
        const CHILD: &str = "
            survivor() {
                trap 'echo SIGTERM >> /data/survivor' TERM
                echo ready > /data/survivor
                until [ -e /data/go ]; do sleep 0.1; done
            }
            survivor &
            wait
        ";
        const BYSTANDER: &str = "
            for signal in HUP INT QUIT TERM CONT WINCH; do
                trap \"echo $signal >> /data/felt\" $signal
            done
            echo $$ > /data/bystander
            : > /data/felt
            while :; do sleep 0.1; done
        ";
        let entrypoint = r#"--entrypoint=["/rinit","--grace","60","--","/bin/sh","-c"]"#;
        let script = Self::start([entrypoint, &image::SCRIPT, CHILD]);
        script.wait_for("survivor", "ready\n");
        script.container.begin_to_execute(BYSTANDER);
        script.wait_for("felt", "");
        script
    }

    /// Waits until there is a file with this content.
    fn wait_for(&self, file: &str, content: &str) {
        self.container.until(&format!("{content:?} in {file}"), || match self.data.read(file) {
            Ok(seen) if seen == content => Ok(()),
            seen => Err(format!("{seen:?}")),
        });
    }
}
