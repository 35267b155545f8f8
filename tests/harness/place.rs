//! As what the init under test runs.

/// Where the init under test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As PID 1 of a PID namespace of its own, with a `/proc` of its own.
    Pid1,
    /// As any process.
    Outside,
}

/// Runs a test in both places, or in the one that `RINIT_TEST_PLACE` names.
pub fn everywhere(test: impl Fn(Place)) {
    let only = std::env::var("RINIT_TEST_PLACE");
    for place in [Place::Pid1, Place::Outside] {
        if only.as_ref().is_ok_and(|only| *only != format!("{place:?}")) {
            continue;
        }
        eprintln!("place: {place:?}");
        test(place);
    }
}
