//! Personalities: the inits whose command line rinit speaks when it has their name.
#![forbid(unsafe_code)]

use crate::bytes::parts;
use crate::exit::OwnCode;
use crate::settings::{Settings, Survivors, Target, Wish};
use crate::sys::arguments::Strings;

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

/// The names of the others, in that order: in one piece, since to compare with a pattern each takes much code.
const NAMES: &[u8] = b"tini tini-static docker-init dumb-init catatonit podman-init pause";

impl Personality {
    /// The one for the name that rinit was called by, its directories aside.
    pub fn of(argv: Strings) -> Self {
        let path = argv.first().map_or(&b""[..], |path| path.to_bytes());
        let name = parts(path, b'/').last();
        match parts(NAMES, b' ').position(|known| Some(known) == name) {
            Some(0..=2) => Self::Tini,
            Some(3) => Self::DumbInit,
            Some(4 | 5) => Self::Catatonit,
            Some(6) => Self::Pause,
            _ => Self::Rinit,
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

    /// What `--version` prints. Docker and Podman know tini's form, and catatonit keeps to it as well.
    pub fn version(self) -> &'static str {
        match self {
            Self::Tini | Self::Catatonit => concat!("tini version ", env!("CARGO_PKG_VERSION"), "_rinit\n"),
            _ => concat!("rinit ", env!("CARGO_PKG_VERSION"), "\n"),
        }
    }

    /// The exit code that stands for `code`.
    pub fn code(self, code: OwnCode) -> u8 {
        match (self, code) {
            (_, OwnCode::Success) => 0,
            (Self::Rinit, _) | (Self::Tini, OwnCode::CannotExecute | OwnCode::NotFound) => code as u8,
            (Self::DumbInit, OwnCode::CannotExecute | OwnCode::NotFound) => 2,
            _ => 1,
        }
    }
}
