//! Personalities: the inits whose command line rinit speaks when it has their name.
//!
//! All that one does otherwise is a method here. No other module can ask which one it is.

use super::settings::{ChildGroup, Leftovers, Request, Settings, Target};
use crate::message::Reason;
use crate::policy::exit::OwnCodes;
use crate::sys::arguments::Prefix;
use crate::sys::bytes::{equal, parse_number, parts};
use log::LevelFilter;

/// Whose command line, variables and exit codes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personality(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// rinit itself.
    Rinit,
    /// tini, which Docker installs as docker-init.
    Tini,
    DumbInit,
    /// catatonit, which Podman mounts as podman-init.
    Catatonit,
    /// Kubernetes' pause.
    Pause,
}

/// The names of the other inits. (One text, since a table of strings would hold addresses, which would have to
/// be relocated; a `match` on byte strings takes 768 bytes more.)
const NAMES: &[u8] = b"tini tini-static docker-init dumb-init catatonit podman-init pause";

/// The init of each name.
const NAMED: [Kind; 7] =
    [Kind::Tini, Kind::Tini, Kind::Tini, Kind::DumbInit, Kind::Catatonit, Kind::Catatonit, Kind::Pause];

/// What `-v` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbose {
    /// Say one level more.
    OneMore,
    /// Say everything.
    Everything,
    /// Print the version.
    Version,
}

impl Personality {
    /// The one for the path that rinit was called by: only its last part counts.
    pub fn named(path: &[u8]) -> Self {
        // As most starts are, and without 80 instructions.
        if path.ends_with(b"/rinit") {
            return Self(Kind::Rinit);
        }
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let index = parts(NAMES, b' ').position(|known| equal(known, name));
        Self(index.and_then(|index| NAMED.get(index).copied()).unwrap_or(Kind::Rinit))
    }

    /// What that init does without being asked.
    pub fn settings(self) -> Settings {
        let mut settings = Settings::default();
        if self.0 != Kind::Rinit {
            settings.leftovers = Leftovers::Leave;
            settings.exit.die_alike = false;
            settings.own_codes = self.own_codes();
        }
        if self.0 == Kind::DumbInit {
            settings.target = Target::Group;
            settings.group = ChildGroup::OwnSession;
            settings.leftovers = Leftovers::Terminate;
            settings.suspend = true;
        }
        if self.0 == Kind::Pause {
            settings.request = Request::Pause;
        }
        settings
    }

    /// What `--version` prints: of dumb-init the version of the one that is matched. Docker's daemon reads tini's form,
    /// which catatonit has as well: `docker version` shows what is before the dash, and `docker info` only what should
    /// be a commit.
    pub fn version(self) -> &'static str {
        match self.0 {
            Kind::Tini | Kind::Catatonit => {
                concat!("tini version ", env!("CARGO_PKG_VERSION"), "_rinit - git.rinit\n")
            }
            Kind::DumbInit => "dumb-init v1.2.5_rinit\n",
            Kind::Rinit | Kind::Pause => concat!("rinit ", env!("CARGO_PKG_VERSION"), "\n"),
        }
    }

    /// The exit codes of its failures.
    fn own_codes(self) -> OwnCodes {
        match self.0 {
            Kind::Rinit => OwnCodes::RINITS,
            Kind::Tini => OwnCodes::new(1, 126, 127),
            Kind::DumbInit => OwnCodes::new(1, 2, 2),
            Kind::Catatonit | Kind::Pause => OwnCodes::new(1, 1, 1),
        }
    }

    /// How the names of that init's own variables begin, which rinit reads as well as `RINIT_`.
    pub fn variables(self) -> Option<Prefix<'static>> {
        match self.0 {
            Kind::Rinit | Kind::Tini => Some(const { Prefix::new(b"TINI_") }),
            Kind::DumbInit => Some(const { Prefix::new(b"DUMB_INIT_") }),
            Kind::Catatonit | Kind::Pause => None,
        }
    }

    /// Applies one of those variables, as the READMEs of tini and dumb-init describe them; `name` is what comes
    /// after the prefix. One that they do not name is another program's.
    ///
    /// # Errors
    ///
    /// What is wrong with the value.
    pub fn apply_variable(self, name: &[u8], value: &[u8], settings: &mut Settings) -> Result<(), Reason> {
        if self.0 == Kind::DumbInit {
            if equal(name, b"SETSID") && value == b"0" {
                settings.run_child_alone();
            } else if equal(name, b"DEBUG") && value == b"1" {
                settings.verbosity = LevelFilter::Trace;
            }
        } else if equal(name, b"KILL_PROCESS_GROUP") {
            settings.target = Target::Group; // tini only asks whether it is there
        } else if equal(name, b"SUBREAPER") {
            settings.subreaper = true;
        } else if equal(name, b"VERBOSITY") && !value.is_empty() {
            // Its 1 is for warnings, and what is no number is its 0.
            let steps = parse_number(value);
            settings.set_verbosity(LevelFilter::Error, steps.unwrap_or(0));
            if self.0 == Kind::Rinit {
                steps.ok_or(Reason::NotAVerbosity)?;
            }
        }
        Ok(())
    }

    /// What `-v` means.
    pub fn verbose(self) -> Verbose {
        match self.0 {
            Kind::DumbInit => Verbose::Everything,
            Kind::Pause => Verbose::Version,
            Kind::Rinit | Kind::Tini | Kind::Catatonit => Verbose::OneMore,
        }
    }

    /// Whether it accepts a program beside `-P`, which it does not run.
    pub fn pauses_beside_a_program(self) -> bool {
        matches!(self.0, Kind::Catatonit | Kind::Pause)
    }

    /// Whether `--` after the program's name is not the program's: tini's usage is `PROGRAM -- ARGUMENTS`.
    pub fn drops_dashes_after_the_program(self) -> bool {
        self.0 == Kind::Tini
    }

    /// Whether SIGTSTP and its like stop the child also in a session of its own.
    pub fn stops_a_session(self) -> bool {
        self.0 == Kind::DumbInit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::exit::OwnCode;

    #[test]
    fn only_the_whole_last_part_of_the_path_counts() {
        for (path, kind) in [
            ("/rinit", Kind::Rinit),
            ("tini", Kind::Tini),
            ("/usr/bin/tini-static", Kind::Tini),
            ("/sbin/docker-init", Kind::Tini),
            ("./dumb-init", Kind::DumbInit),
            ("/catatonit", Kind::Catatonit),
            ("/run/podman-init", Kind::Catatonit),
            ("/pause", Kind::Pause),
            ("", Kind::Rinit),
            ("/", Kind::Rinit),
            ("/tini/", Kind::Rinit),
            ("/tini/rinit", Kind::Rinit),
            ("tini2", Kind::Rinit),
            ("my-tini", Kind::Rinit),
            ("tini dumb-init", Kind::Rinit),
            ("TINI", Kind::Rinit),
        ] {
            assert_eq!(Personality::named(path.as_bytes()), Personality(kind), "{path:?}");
        }
    }

    /// As Debian's packages exit: for an unknown option, and for a program that may not be executed and one
    /// that is not there.
    #[test]
    fn failures_have_the_codes_of_the_original() {
        for (kind, expected) in [
            (Kind::Rinit, [125, 126, 127]),
            (Kind::Tini, [1, 126, 127]),
            (Kind::DumbInit, [1, 2, 2]),
            (Kind::Catatonit, [1, 1, 1]),
        ] {
            let codes = Personality(kind).settings().own_codes;
            let failures = [OwnCode::Failure, OwnCode::CannotExecute, OwnCode::NotFound];
            assert_eq!(failures.map(|failure| codes.of(failure)), expected, "{kind:?}");
        }
    }
}
