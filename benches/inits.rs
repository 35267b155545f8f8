//! The inits that are measured, and what they run.

use crate::floor;
use crate::harness::{self, Place};
use crate::process::{Line, Process};
use nix::sched::CloneFlags;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the floor and rinit stand among the inits; the peers follow.
pub const FLOOR: usize = 0;
pub const RINIT: usize = 1;

/// The inits of Debian, each a package of its own but for the second.
const PACKAGED: [&str; 4] = ["tini", "tini-static", "dumb-init", "catatonit"];

/// An init with the options that come before the program to run.
#[derive(Clone)]
pub struct Init {
    pub name: String,
    pub path: PathBuf,
    options: Vec<OsString>,
}

impl Init {
    fn new(name: &str, path: impl Into<PathBuf>, options: &[&str]) -> Self {
        Self { name: name.into(), path: path.into(), options: options.iter().map(Into::into).collect() }
    }

    /// The words of its command line. tini has to be told to be a subreaper, without which it says that it
    /// is of no use.
    pub fn words(&self, place: Place, command: &[&Path]) -> Vec<OsString> {
        let subreaper = place == Place::Outside && self.name.starts_with("tini");
        let mut words = vec![self.path.clone().into_os_string()];
        words.extend(subreaper.then(|| "-s".into()));
        words.extend(self.options.iter().cloned());
        words.extend(command.iter().map(Into::into));
        words
    }

    pub fn line(&self, place: Place, command: &[&Path]) -> Line {
        Line::new(self.words(place, command))
    }
}

/// What a place asks of clone(2).
pub fn flags(place: Place) -> CloneFlags {
    match place {
        Place::Pid1 => CloneFlags::CLONE_NEWPID,
        Place::Outside => CloneFlags::empty(),
    }
}

/// What all figures need.
pub struct Bench {
    /// The floor, rinit, and its peers.
    pub inits: Vec<Init>,
    /// The floor of forwarding.
    pub forwarding_floor: Init,
    /// The child that tells the time and exits.
    pub clock: PathBuf,
    /// The child that sleeps.
    pub sleeper: PathBuf,
    /// The child of the tests.
    pub probe: PathBuf,
    /// Less of everything, for who works on this.
    pub is_quick: bool,
    /// Whether it is the machine's root who measures.
    pub is_root: bool,
    pub folder: TempDir,
}

impl Bench {
    pub fn new(is_root: bool) -> Self {
        // Not in /tmp, where there may be nothing to execute.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder below target");
        let executable = |name: &str, content: Vec<u8>| executable(folder.path(), name, &content);
        let floor = executable("floor", floor::init());
        let forwarding_floor = executable("forwarding-floor", floor::forwarding_init());
        let rinit = harness::release_binary();
        // Pages of a file that was just built count as dirty until they are on the disk.
        File::open(&rinit).and_then(|file| file.sync_all()).expect("it was just built");
        let mut inits = vec![Init::new("floor", floor, &[]), Init::new("rinit", rinit, &["--"])];
        inits.extend(packaged());
        inits.extend(named());
        let sleeper = executable("sleeper", floor::sleeper());
        inits.retain(|init| sleeps_or_say(init, &sleeper));
        Self {
            inits,
            forwarding_floor: Init::new("floor", forwarding_floor, &[]),
            clock: executable("clock", floor::clock()),
            sleeper,
            probe: harness::probe().into(),
            is_quick: std::env::var_os("QUICK").is_some(),
            is_root,
            folder,
        }
    }

    /// The numbers of the inits in the order of a round. It changes, since what ran before an init can cost
    /// it something.
    pub fn turns(&self, round: usize) -> impl Iterator<Item = usize> + use<> {
        let count = self.inits.len();
        let turn = move |turn| if round.is_multiple_of(2) { turn } else { count - 1 - turn };
        (0..count).map(move |number| (turn(number) + round) % count)
    }

    /// A number, or the other one where it has to be quick.
    pub fn or_quick(&self, number: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { number }
    }
}

fn executable(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    let mut file = File::create_new(&path).expect("a new file");
    file.write_all(content).expect("there is room");
    file.set_permissions(fs::Permissions::from_mode(0o755)).expect("it is ours");
    file.sync_all().expect("there is room");
    path
}

/// Whether this is one of Debian's.
pub fn is_packaged(name: &str) -> bool {
    PACKAGED.contains(&name)
}

/// Whether it sleeps when there is nothing to do. A thousand that do not would be all that is measured.
fn sleeps_or_say(init: &Init, sleeper: &Path) -> bool {
    let sleeps = Process::start(&init.line(Place::Pid1, &[sleeper]), flags(Place::Pid1)).ready().sleeps();
    if !sleeps {
        eprintln!("{} never sleeps: left out", init.name);
    }
    sleeps
}

/// Those of the packages that are installed.
fn packaged() -> impl Iterator<Item = Init> {
    PACKAGED.into_iter().filter_map(|name| {
        let path = Path::new("/usr/bin").join(name);
        if !path.exists() {
            eprintln!(
                "{name} is not installed (apt-get install {}): left out",
                name.trim_end_matches("-static")
            );
            return None;
        }
        Some(Init::new(name, path, &["--"]))
    })
}

/// `PEER=NAME=PATH [OPTION...]; …`: any other.
fn named() -> Vec<Init> {
    let peers = std::env::var("PEER").unwrap_or_default();
    let peers = peers.split(';').map(str::trim).filter(|peer| !peer.is_empty());
    let init = |peer: &str| {
        let (name, command) = peer.split_once('=').expect("PEER=NAME=PATH [OPTION...]; ...");
        let mut words = command.split_whitespace();
        let path = words.next().expect("PEER=NAME=PATH [OPTION...]; ...");
        let options: Vec<_> = words.collect();
        Init::new(name, path, if options.is_empty() { &["--"] } else { &options })
    };
    peers.map(init).collect()
}
