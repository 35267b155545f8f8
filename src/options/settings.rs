//! What the command line asks for, whatever personality it was said to: plain data.

use crate::policy::exit::{ExitPolicy, OwnCodes};
use crate::policy::rewrite::Rewrite;
use crate::policy::stop::Stop;
use crate::sys::clock::Milliseconds;
use crate::sys::types::Signal;
use log::LevelFilter;

/// Who gets the signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The child alone.
    Child,
    /// The child's process group.
    Group,
}

/// Which process group or session the child gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildGroup {
    /// A process group of its own, unless the terminal is shared with others.
    Own,
    /// A session of its own.
    OwnSession,
    /// rinit's process group.
    Inherited,
}

impl ChildGroup {
    /// rinit's group in the place of one of its own.
    #[must_use]
    pub fn or_inherited(self) -> Self {
        match self {
            Self::Own => Self::Inherited,
            other => other,
        }
    }
}

/// What becomes of the survivors if they are given no time to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// They are killed.
    Kill,
    /// Those in the child's process group are sent SIGTERM, and not waited for.
    Terminate,
    /// They are left alone.
    Leave,
}

/// What can be printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The options.
    Help,
    /// The version.
    Version,
    /// The license.
    License,
}

/// What is to be done when all is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Run the program.
    Run,
    /// Run none.
    Pause,
    /// Run none, but copy rinit to this path.
    Install(&'static [u8]),
    /// Print this and exit.
    Print(Text),
}

/// What is asked for.
#[repr(C)] // with the large tables at the end: what is near the start is reached by shorter instructions
pub struct Settings {
    /// What is to be done.
    pub request: Request,
    /// Who gets the signals.
    pub target: Target,
    /// The group or session that the child is to get.
    pub group: ChildGroup,
    /// How to stop the child in stages.
    pub stop: Option<Stop>,
    /// Whether rinit stays for survivors.
    pub stay: bool,
    /// How long survivors have to end.
    pub grace: Option<Milliseconds>,
    /// What becomes of survivors without `grace`.
    pub leftovers: Leftovers,
    /// Whether SIGTSTP, SIGTTIN and SIGTTOU stop rinit too, whatever is sent in their place.
    pub suspend: bool,
    /// The signal that the kernel is to send rinit when its parent ends.
    pub parent_death: Option<Signal>,
    /// Whether rinit adopts orphans when it is not PID 1.
    pub subreaper: bool,
    /// Whether each reaped orphan is worth a warning.
    pub warn_reaped: bool,
    /// How much is said: warnings by default; then the child's end, each signal, each reaped process.
    pub verbosity: LevelFilter,
    /// The exit codes of rinit's own failures.
    pub own_codes: OwnCodes,
    /// Which signals are sent in the place of those received.
    pub rewrite: Rewrite,
    /// Which exit code the child's end becomes.
    pub exit: ExitPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request: Request::Run,
            target: Target::Child,
            group: ChildGroup::Own,
            stop: None,
            stay: false,
            grace: None,
            leftovers: Leftovers::Kill,
            suspend: false,
            parent_death: None,
            subreaper: true,
            warn_reaped: false,
            verbosity: LevelFilter::Warn,
            rewrite: Rewrite::none(),
            exit: ExitPolicy::childs_code(),
            own_codes: OwnCodes::RINITS,
        }
    }
}

impl Settings {
    /// Leaves the child in rinit's process group, and forwards signals to it alone.
    pub fn run_child_alone(&mut self) {
        self.group = ChildGroup::Inherited;
        self.target = Target::Child;
    }

    /// Sets the verbosity to the level that is `steps` above `lowest`, or the highest there is.
    pub fn set_verbosity(&mut self, lowest: LevelFilter, steps: u8) {
        self.verbosity = lowest;
        for _ in 0..steps {
            self.verbosity = self.verbosity.increment_severity();
        }
    }
}
