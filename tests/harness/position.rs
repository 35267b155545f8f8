//! The two positions that an init can be in.

/// Where the init under test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// As PID 1 of a PID namespace of its own, with a `/proc` of its own.
    Pid1,
    /// As any other process.
    Outside,
}

/// Runs a test in both positions, or in the one that `RINIT_TEST_POSITION` names.
pub fn everywhere(test: impl Fn(Position)) {
    let only = std::env::var("RINIT_TEST_POSITION");
    for position in [Position::Pid1, Position::Outside] {
        if only.as_ref().is_ok_and(|only| *only != format!("{position:?}")) {
            continue;
        }
        eprintln!("position: {position:?}");
        test(position);
    }
}
