//! What the command line asks for, whatever language it was said in.
#![forbid(unsafe_code)]

use crate::remap::Remap;
use crate::rewrite::Rewrite;
use crate::sys::arguments::{Program, Strings};
use crate::sys::signal::Signal;
use log::LevelFilter;

/// Who gets the signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The child alone.
    Child,
    /// The child's process group.
    Group,
}

/// What rinit shall do.
pub struct Config {
    /// The program to run.
    pub program: Program,
    /// The environment, which is passed on as it is.
    pub environment: Strings,
    /// How rinit does it.
    pub settings: Settings,
}

/// How rinit does it.
pub struct Settings {
    /// Who gets the signals.
    pub target: Target,
    /// Which signals are sent in the place of those received.
    pub rewrite: Rewrite,
    /// Which exit codes are given in the place of the child's.
    pub remap: Remap,
    /// The signal that rinit asks to get when its parent ends.
    pub parent_death: Option<Signal>,
    /// Whether rinit adopts orphans when it is not PID 1.
    pub subreaper: bool,
    /// Whether each reaped orphan is worth a warning.
    pub warn_reaped: bool,
    /// What is said: warnings by default, then the child's end, each signal, each reaped process.
    pub verbosity: LevelFilter,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: Target::Child,
            rewrite: Rewrite::none(),
            remap: Remap::none(),
            parent_death: None,
            subreaper: true,
            warn_reaped: false,
            verbosity: LevelFilter::Warn,
        }
    }
}
