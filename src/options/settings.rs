//! What the command line asks for, whatever language it was said in.
#![forbid(unsafe_code)]

use crate::policy::remap::Remap;
use crate::policy::rewrite::Rewrite;
use crate::policy::stop::Schedule;
use crate::sys::clock::Milliseconds;
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

/// What is wished of the child's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A process group of its own, if the terminal does not speak against it.
    Group,
    /// A session of its own.
    Session,
    /// Neither.
    NoGroup,
}

/// What becomes of the survivors, if they are not given time to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivors {
    /// They are killed.
    Kill,
    /// Those in the child's process group are asked to end, and not waited for.
    Terminate,
    /// They are left alone.
    Leave,
}

/// How rinit does what it does.
#[repr(C)] // the two large tables at the end: what is near the start is reached by shorter instructions
pub struct Settings {
    /// Who gets the signals.
    pub target: Target,
    /// The place that the child is to have.
    pub wish: Wish,
    /// What to do in the place of forwarding SIGTERM.
    pub stop: Option<Schedule>,
    /// Whether to exit with 0 where a forwarded signal ended the child.
    pub stop_ok: bool,
    /// How long survivors have to end.
    pub grace: Option<Milliseconds>,
    /// What becomes of survivors without `grace`.
    pub survivors: Survivors,
    /// Whether SIGTSTP, SIGTTIN and SIGTTOU stop rinit too, whatever is sent in their place.
    pub suspend: bool,
    /// The signal that rinit asks to get when its parent ends.
    pub parent_death: Option<Signal>,
    /// Whether rinit adopts orphans when it is not PID 1.
    pub subreaper: bool,
    /// Whether each reaped orphan is worth a warning.
    pub warn_reaped: bool,
    /// What is said: warnings by default, then the child's end, each signal, each reaped process.
    pub verbosity: LevelFilter,
    /// Which signals are sent in the place of those received.
    pub rewrite: Rewrite,
    /// Which exit codes are given in the place of the child's.
    pub remap: Remap,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: Target::Child,
            wish: Wish::Group,
            stop: None,
            stop_ok: false,
            grace: None,
            survivors: Survivors::Kill,
            suspend: false,
            parent_death: None,
            subreaper: true,
            warn_reaped: false,
            verbosity: LevelFilter::Warn,
            rewrite: Rewrite::none(),
            remap: Remap::none(),
        }
    }
}
