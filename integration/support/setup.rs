//! What several tests need and one of them makes: one failure must not be the failure of all.

use crate::support::command::try_run;
use crate::support::poll;
use std::fs;
use std::ops::Deref;
use std::panic::catch_unwind;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A value that the first test to use it makes. If that fails, the test fails, and the next one tries again
/// (a `LazyLock` would fail all that follow).
pub(crate) struct Shared<T> {
    value: OnceLock<T>,
    make: fn() -> T,
}

impl<T> Shared<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Self { value: OnceLock::new(), make }
    }

    /// Makes it, unless it is made.
    pub(crate) fn ensure(&self) {
        self.value.get_or_init(self.make);
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(self.make)
    }
}

/// Runs a command that may be repeated, and returns what it printed on stdout. While the machine has no
/// process or thread to give to the command, it is run again, until patience is over.
///
/// # Panics
/// When the command fails, with all that it printed.
pub(crate) fn set_up(command: Command) -> String {
    try_set_up(command).unwrap_or_else(|failure| panic!("{failure}"))
}

fn try_set_up(mut command: Command) -> Result<String, String> {
    let attempt = || match try_run(&mut command) {
        Err(failure) if is_transient(&failure) => Err(failure),
        outcome => Ok(outcome),
    };
    poll::try_until(attempt).flatten()
}

/// Whether a command failed with EAGAIN, be it its own fork(2) or an engine's pthread_create(3).
fn is_transient(failure: &str) -> bool {
    failure.to_lowercase().contains("resource temporarily unavailable")
}

#[test]
fn set_up_is_repeated_while_no_thread_can_be_made() {
    let folder = TempDir::new().expect("make a folder");
    let message = "runtime/cgo: pthread_create failed: Resource temporarily unavailable";
    assert_eq!(try_set_up(failing_twice(&folder, message)), Ok("done".to_owned()));
    assert_eq!(times(&folder), 3);
}

#[test]
fn set_up_that_fails_for_another_reason_is_not_repeated() {
    let folder = TempDir::new().expect("make a folder");
    let message = "Error: no space left on device";
    let failure = try_set_up(failing_twice(&folder, message)).expect_err("it fails");
    assert!(failure.contains(message), "{failure}");
    assert_eq!(times(&folder), 1);
}

/// A command that fails with this message the first two times.
fn failing_twice(folder: &TempDir, message: &str) -> Command {
    let script = r#"echo >> "$1"; if [ $(wc -l < "$1") -lt 3 ]; then echo "$2" >&2; exit 2; fi; echo done"#;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script, "sh"]).arg(folder.path().join("times")).arg(message);
    shell
}

/// How often the command has been run.
fn times(folder: &TempDir) -> usize {
    fs::read_to_string(folder.path().join("times")).expect("it has been run").lines().count()
}

#[test]
fn what_one_test_fails_to_make_the_next_one_makes() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    static VALUE: Shared<u32> = Shared::new(|| match ATTEMPTS.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("the first attempt fails"),
        attempt => attempt,
    });
    catch_unwind(|| VALUE.ensure()).expect_err("the first user fails");
    assert_eq!((*VALUE, *VALUE), (1, 1));
}
