//! Commands that are run to their end.

use std::process::Command;

/// Runs a command to its end, and returns what it printed on stdout.
///
/// # Panics
/// When the command fails, with all that it printed.
pub(crate) fn run(mut command: Command) -> String {
    try_run(&mut command).unwrap_or_else(|failure| panic!("{failure}"))
}

/// Runs a command to its end, and returns what it printed on stdout, or all that it printed if it fails.
pub(crate) fn try_run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("run {command:?}: {error}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(stdout.trim_end().to_owned()),
        false => Err(format!("{command:?}: {}\n{stdout}\n{stderr}", output.status)),
    }
}
