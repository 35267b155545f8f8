//! Personalities: the inits whose command line rinit speaks when it has their name.
#![forbid(unsafe_code)]

use crate::options::settings::{Settings, Survivors, Target, Wish};
use crate::policy::exit::OwnCode;

/// Whose command line, variables and exit codes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personality {
    /// rinit's own.
    Rinit,
    /// tini's, which Docker installs as docker-init.
    Tini,
    /// dumb-init's.
    DumbInit,
    /// catatonit's, which Podman mounts as podman-init.
    Catatonit,
    /// Those of Kubernetes' pause.
    Pause,
}

impl Personality {
    /// The one for the path that rinit was called by: only its last part counts.
    pub fn of(path: &[u8]) -> Self {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if name == b"tini" || name == b"tini-static" || name == b"docker-init" {
            Self::Tini
        } else if name == b"dumb-init" {
            Self::DumbInit
        } else if name == b"catatonit" || name == b"podman-init" {
            Self::Catatonit
        } else if name == b"pause" {
            Self::Pause
        } else {
            Self::Rinit
        }
    }

    /// What that init does without being asked.
    pub fn settings(self) -> Settings {
        let mut settings = Settings::default();
        if self != Self::Rinit {
            settings.survivors = Survivors::Leave;
        }
        if self == Self::DumbInit {
            settings.target = Target::Group;
            settings.wish = Wish::Session;
            settings.survivors = Survivors::Terminate;
            settings.suspend = true;
        }
        settings
    }

    /// What `--version` prints. Docker's daemon reads tini's form, which catatonit has as well: `docker
    /// version` shows what is before the dash, and `docker info` only what should be a commit.
    pub fn version(self) -> &'static str {
        match self {
            Self::Tini | Self::Catatonit => {
                concat!("tini version ", env!("CARGO_PKG_VERSION"), "_rinit - git.rinit\n")
            }
            _ => concat!("rinit ", env!("CARGO_PKG_VERSION"), "\n"),
        }
    }

    /// The exit code that stands for `code`.
    pub fn code(self, code: OwnCode) -> u8 {
        match (self, code) {
            (Self::Rinit, _) | (Self::Tini, OwnCode::CannotExecute | OwnCode::NotFound) => code as u8,
            (Self::DumbInit, OwnCode::CannotExecute | OwnCode::NotFound) => 2,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_last_part_of_the_path_counts() {
        for (path, personality) in [
            ("/rinit", Personality::Rinit),
            ("tini", Personality::Tini),
            ("/usr/bin/tini-static", Personality::Tini),
            ("/sbin/docker-init", Personality::Tini),
            ("./dumb-init", Personality::DumbInit),
            ("/catatonit", Personality::Catatonit),
            ("/run/podman-init", Personality::Catatonit),
            ("/pause", Personality::Pause),
            ("", Personality::Rinit),
            ("/", Personality::Rinit),
            ("/tini/", Personality::Rinit),
            ("/tini/rinit", Personality::Rinit),
            ("tini2", Personality::Rinit),
            ("my-tini", Personality::Rinit),
            ("tini dumb-init", Personality::Rinit),
            ("TINI", Personality::Rinit),
        ] {
            assert_eq!(Personality::of(path.as_bytes()), personality, "{path:?}");
        }
    }

    /// As Debian's packages exit: for an unknown option, and for a program that may not be executed and one
    /// that is not there.
    #[test]
    fn failures_have_the_codes_of_the_original() {
        for (personality, expected) in [
            (Personality::Rinit, [125, 126, 127]),
            (Personality::Tini, [1, 126, 127]),
            (Personality::DumbInit, [1, 2, 2]),
            (Personality::Catatonit, [1, 1, 1]),
        ] {
            let codes = [OwnCode::Failure, OwnCode::CannotExecute, OwnCode::NotFound];
            assert_eq!(codes.map(|code| personality.code(code)), expected, "{personality:?}");
        }
    }
}
