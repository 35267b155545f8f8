//! Programs that get their listening socket from systemd.

use std::path::Path;
use std::process::{Command, Stdio};

/// Listens in the place of the program, which is run when somebody connects.
pub(crate) fn activated(program: &Command, socket: &Path) -> Command {
    let mut activate = Command::new("systemd-socket-activate");
    activate.arg("--listen").arg(socket);
    // It passes on no variables but a few of its own.
    for (name, value) in program.get_envs() {
        let value = value.expect("none is removed");
        activate.arg(format!("--setenv={}={}", name.display(), value.display()));
    }
    activate.arg(program.get_program()).args(program.get_args());
    activate.stdin(Stdio::null()).stderr(Stdio::piped());
    activate
}
