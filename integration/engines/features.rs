//! What rinit and an engine do together: the rows of the matrix.

use super::attached::{Attached, is_rinit_as_pid_1, reaps_its_orphan};
use super::engine::{Engine, Init, Offers, Order};
use crate::support::activation::activated;
use crate::support::{eventually_eq, image, poll};
use serde_json::json;
use std::fs;
use std::os::unix::net::UnixStream;
use tempfile::{NamedTempFile, TempDir};

type Feature = fn(&dyn Engine) -> Offers<()>;

pub(super) const FEATURES: [(&str, Feature); 18] = [
    ("`build` of `Dockerfile` and `Dockerfile.example`", build),
    ("rinit is PID 1, put into the command", pid_1_by_command),
    ("rinit is PID 1, put there by `--init`", pid_1_by_the_engine),
    ("`info` names rinit as the init", is_named_in_info),
    ("options come by variables", options_by_variables),
    ("stop: the signal reaches the child, its exit code is the container's", stop),
    ("stop: the image's STOPSIGNAL", stopsignal),
    ("the image's HEALTHCHECK finds it healthy", healthcheck),
    ("orphans are reaped", orphans),
    ("exec: an orphan that it leaves is reaped", exec),
    ("terminal: Ctrl-C reaches the child", ctrl_c),
    ("terminal: Ctrl-Z does not freeze it", ctrl_z),
    ("terminal: the child sees a new size", terminal_size),
    ("socket activation", socket_activation),
    ("`-P` is PID 1 for other containers, and reaps", pause),
    ("`kube play` with `shareProcessNamespace: true`", play),
    ("without `/proc`", no_proc),
    ("rootless: all that starts it is an ordinary user's", rootless),
];

/// A shell's commands: it exits with 42 on SIGTERM.
const UNTIL_TERM: &str = "trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done";

/// A shell's commands: it leaves an orphan to PID 1.
const ORPHAN: &str = "(sleep 1000 &); echo ready; exec tail -f /dev/null";

/// The ways in which the engine runs rinit: as its own init, where it has one, and in the command.
fn inits(engine: &dyn Engine) -> Vec<Init> {
    if engine.has_init().is_ok() { vec![Init::Engine, Init::Command] } else { vec![Init::Command] }
}

fn build(engine: &dyn Engine) -> Offers<()> {
    let mut order = Order::new(Init::Command, ["/usr/sbin/haproxy", "-v"]);
    order.image = Some(engine.build()?);
    let mut haproxy = Attached::begin(engine, &order, &engine.run(&order)?);
    haproxy.expect_part("HAProxy version");
    assert_eq!(haproxy.exit_code(), 0);
    Ok(())
}

fn pid_1_by_command(engine: &dyn Engine) -> Offers<()> {
    let container = Attached::start(engine, &Order::shell(Init::Command, "echo ready; exec sleep 1000"))?;
    container.has_rinit_as_pid_1();
    Ok(())
}

fn pid_1_by_the_engine(engine: &dyn Engine) -> Offers<()> {
    engine.has_init()?;
    let container = Attached::start(engine, &Order::shell(Init::Engine, "echo ready; exec sleep 1000"))?;
    container.has_rinit_as_pid_1();
    Ok(())
}

fn is_named_in_info(engine: &dyn Engine) -> Offers<()> {
    let info = engine.info()?;
    assert!(info.ends_with("/docker-init rinit"), "{info}");
    Ok(())
}

fn options_by_variables(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        let commands = "trap 'exit 43' USR1; echo ready; while :; do sleep 0.05; done";
        let mut order = Order::shell(init, commands);
        order.variables = vec![("RINIT_REWRITE", "TERM:USR1")];
        order.stop_signal = Some("TERM");
        assert_eq!(Attached::start(engine, &order)?.stop(), 43);
    }
    Ok(())
}

fn stop(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        let mut order = Order::shell(init, UNTIL_TERM);
        order.stop_signal = Some("TERM");
        assert_eq!(Attached::start(engine, &order)?.stop(), 42);
    }
    Ok(())
}

fn stopsignal(engine: &dyn Engine) -> Offers<()> {
    engine.has_images()?;
    for init in inits(engine) {
        let commands = "trap 'exit 43' USR1; echo ready; while :; do sleep 0.05; done";
        assert_eq!(Attached::start(engine, &Order::shell(init, commands))?.stop(), 43);
    }
    Ok(())
}

fn healthcheck(engine: &dyn Engine) -> Offers<()> {
    engine.has_images()?;
    for init in inits(engine) {
        let container = Attached::start(engine, &Order::shell(init, "echo ready; exec sleep 1000"))?;
        assert!(!container.is_healthy()?);
        container.execute("touch /dev/shm/healthy")?;
        eventually_eq(Ok(true), || container.is_healthy());
    }
    Ok(())
}

fn orphans(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        let order = Order::shell(init, ORPHAN);
        Attached::start(engine, &order)?.reaps_its_orphan();
    }
    Ok(())
}

fn exec(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        // No shell, because one that is PID 1 reaps, too.
        let container = Attached::start(engine, &Order::shell(init, "echo ready; exec tail -f /dev/null"))?;
        container.execute("sleep 1000 </dev/null >/dev/null 2>&1 &")?;
        container.reaps_its_orphan();
    }
    Ok(())
}

fn ctrl_c(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        let mut order =
            Order::shell(init, "trap 'echo interrupted; exit' INT; echo ready; while :; do sleep 0.05; done");
        order.terminal = true;
        let mut container = Attached::start(engine, &order)?;
        container.type_in("\x03");
        container.expect_part("interrupted"); // "^C" may stand before it
    }
    Ok(())
}

fn ctrl_z(engine: &dyn Engine) -> Offers<()> {
    for init in inits(engine) {
        let mut order = Order::shell(init, "echo ready; while read line; do echo \"got $line\"; done");
        order.terminal = true;
        let mut container = Attached::start(engine, &order)?;
        container.type_in("\x1a");
        container.type_in("a line\n");
        container.expect("got a line");
    }
    Ok(())
}

fn terminal_size(engine: &dyn Engine) -> Offers<()> {
    engine.sizes_terminals()?;
    for init in inits(engine) {
        let mut order =
            Order::shell(init, "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done");
        order.terminal = true;
        let mut container = Attached::start(engine, &order)?;
        container.resize(33, 101);
        container.expect("33 101");
    }
    Ok(())
}

fn socket_activation(engine: &dyn Engine) -> Offers<()> {
    engine.passes_sockets()?;
    for init in inits(engine) {
        let order = Order::shell(
            init,
            "test -S /proc/self/fd/3 && echo $LISTEN_FDS socket for $LISTEN_PID, here is $$",
        );
        let folder = TempDir::new().expect("make a folder");
        let socket = folder.path().join("socket");
        let mut container = Attached::begin(engine, &order, &activated(&engine.run(&order)?, &socket));
        let _client = poll::until("systemd", || UnixStream::connect(&socket));
        let said = container.expect_part("1 socket for ");
        let pids = said.trim_start_matches("1 socket for ").split_once(", here is ");
        assert!(pids.is_some_and(|(named, own)| named == own), "{said}");
    }
    Ok(())
}

fn pause(engine: &dyn Engine) -> Offers<()> {
    let mut order = Order::new(Init::None, ["/rinit", "-P"]);
    order.stop_signal = Some("TERM");
    let mut infra = Attached::begin(engine, &order, &engine.run(&order)?);
    let mut order = Order::shell(Init::None, ORPHAN);
    order.within = Some(infra.to_join());
    let _member = Attached::start(engine, &order)?;
    infra.reaps_its_orphan();
    assert_eq!(infra.stop(), 0);
    Ok(())
}

fn play(engine: &dyn Engine) -> Offers<()> {
    let name = Order::new(Init::Engine, []).name;
    let file = NamedTempFile::new().expect("make a file");
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name },
        "spec": {
            "shareProcessNamespace": true,
            "containers": [{ "name": "member", "image": *image::MATRIX, "command": ["/bin/sh", "-c", ORPHAN] }],
        },
    });
    fs::write(file.path(), pod.to_string()).expect("write the file");
    let code = engine.play(&name, file.path(), &|init| {
        is_rinit_as_pid_1(init);
        reaps_its_orphan(init);
    })?;
    assert_eq!(code, 0);
    Ok(())
}

fn no_proc(engine: &dyn Engine) -> Offers<()> {
    engine.can_do_without_proc()?;
    let mut order = Order::shell(Init::Command, UNTIL_TERM);
    order.has_proc = false;
    assert_eq!(Attached::start(engine, &order)?.stop(), 42);
    Ok(())
}

fn rootless(engine: &dyn Engine) -> Offers<()> {
    let engine = engine.rootless()?;
    stop(&*engine)
}
