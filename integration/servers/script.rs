//! A shell script and its job in the background, which outlives the shell. The image:
//! `integration/examples/script`.

use crate::support::container::{Container, Volume};
use crate::support::image;

const ENDED_BY_SIGTERM: i32 = 128 + libc::SIGTERM;

#[test]
fn a_job_in_the_background_finishes_its_file_when_the_script_is_stopped() {
    let script = Script::start([&image::SCRIPT]);
    script.wait_for("report", "begun\n");
    assert_eq!(
        script.container.stop(60),
        ENDED_BY_SIGTERM,
        "the code is the shell's; {}",
        script.container.logs()
    );
    assert_eq!(
        script.data.read("report").expect("read it"),
        "begun\ncomplete\n",
        "{}",
        script.container.logs()
    );
}

/// The control: without `--grace` the container ends with the shell.
#[test]
fn a_job_in_the_background_is_cut_off_when_the_script_is_stopped_without_grace() {
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/local/bin/report"]"#;
    let script = Script::start([entrypoint, &image::SCRIPT]);
    script.wait_for("report", "begun\n");
    assert_eq!(script.container.stop(60), ENDED_BY_SIGTERM, "{}", script.container.logs());
    assert_eq!(script.data.read("report").expect("read it"), "begun\n", "{}", script.container.logs());
}

#[test]
fn what_exec_has_started_is_sent_nothing_while_survivors_are_waited_for() {
    let script = Script::with_survivor_and_bystander();
    script.container.kill("TERM");
    script.wait_for("survivor", "ready\nSIGTERM\n");
    // The number is higher than the other signals', so the bystander notes those before, if it got any.
    script.container.execute("kill -WINCH $(cat /data/bystander)");
    script.wait_for("signals", "WINCH\n");
    script.data.touch("go");
    assert_eq!(script.container.exit_code(), ENDED_BY_SIGTERM, "{}", script.container.logs());
}

/// The control: a signal that is sent to all processes comes to the bystander, too.
#[test]
fn what_exec_has_started_gets_a_signal_that_is_sent_to_all() {
    let script = Script::with_survivor_and_bystander();
    script.container.execute("kill -TERM -1");
    script.wait_for("signals", "TERM\n");
    script.data.touch("go");
    assert_eq!(script.container.exit_code(), ENDED_BY_SIGTERM, "{}", script.container.logs());
}

/// A running script, and the volume that it writes to.
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

    /// Starts a shell that ends at SIGTERM and leaves a survivor, which ends when there is a file `go`; and a
    /// bystander, which `podman exec` has started and which notes the signals that it gets.
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
                trap \"echo $signal >> /data/signals\" $signal
            done
            echo $$ > /data/bystander
            : > /data/signals
            while :; do sleep 0.1; done
        ";
        let entrypoint = r#"--entrypoint=["/rinit","--grace","60","--","/bin/sh","-c"]"#;
        let script = Self::start([entrypoint, &image::SCRIPT, CHILD]);
        script.wait_for("survivor", "ready\n");
        script.container.begin_to_execute(BYSTANDER);
        script.wait_for("signals", "");
        script
    }

    /// Waits until a file has this content.
    fn wait_for(&self, file: &str, content: &str) {
        self.container.until(&format!("{content:?} in {file}"), || match self.data.read(file) {
            Ok(seen) if seen == content => Ok(()),
            seen => Err(format!("{seen:?}")),
        });
    }
}
