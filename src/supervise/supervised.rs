//! The child under supervision: how far it has come.

use super::survivors::Survivors;
use crate::child::Child;
use crate::policy::stop::Stage;
use crate::sys::types::{Signal, SignalSet};

/// A child that is supervised, and what has come of it.
#[repr(C)] // with what is large at the end: what is near the start is reached by shorter instructions
pub struct Supervised<'a> {
    /// The child.
    pub child: &'a Child,
    /// Every signal that came to rinit.
    pub received: SignalSet,
    /// Every signal that rinit sent: to the child, and with `--stay` to those that it has left.
    pub forwarded: SignalSet,
    /// Whether one of them was to end the child, or with `-g` its group.
    pub was_asked_to_end: bool,
    /// With `--stay`: the stop signal that was sent last.
    pub last_stop: Option<Signal>,
    /// Those that the child has left, and who get the signals when it has ended.
    pub survivors: Option<Survivors>,
    /// How far a stop has come.
    pub stage: Stage,
}

impl<'a> Supervised<'a> {
    /// One that has just been spawned.
    pub fn new(child: &'a Child) -> Self {
        Self {
            child,
            stage: Stage::Running,
            received: SignalSet::NONE,
            forwarded: SignalSet::NONE,
            was_asked_to_end: false,
            last_stop: None,
            survivors: None,
        }
    }
}
