//! What a test does on a machine that lacks something.

use nix::unistd::geteuid;

/// Whether the test may go on: not without root.
pub fn is_root_or_skip(why: &str) -> bool {
    geteuid().is_root() || skip(&format!("root: {why}"))
}

/// Says on the terminal, past the test runner's capture, that a test lacks something. In CI it fails.
pub fn skip(what: &str) -> bool {
    assert!(std::env::var_os("CI").is_none(), "CI has to run this, which needs {what}");
    lane_skipped(what);
    false
}

/// Says so too, and is no failure in CI: a target or an emulator is not to be had everywhere.
pub fn lane_skipped(what: &str) {
    let _ = nix::unistd::write(std::io::stderr(), format!("\nSKIPPED: needs {what}\n").as_bytes());
}
