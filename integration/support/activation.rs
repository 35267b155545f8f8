//! Programs that get their listening socket from systemd.

use std::path::Path;
use std::process::{Command, Stdio};

/// The command by which systemd listens in place of the program, and runs it when a client connects.
pub(crate) fn activated(program: &Command, socket: &Path) -> Command {
    let mut activate = Command::new("systemd-socket-activate");
    activate.arg("--listen").arg(socket);
    // systemd-socket-activate passes on few variables but those it is told to.
    for (name, value) in program.get_envs() {
        let value = value.expect("none is removed");
        activate.arg(format!("--setenv={}={}", name.display(), value.display()));
    }
    activate.arg(program.get_program()).args(program.get_args());
    activate.stdin(Stdio::null()).stderr(Stdio::piped());
    activate
}
