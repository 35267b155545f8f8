//! The inits that are measured, and the children that they run.

use crate::floor;
use crate::harness::{self, Position};
use crate::process::{Line, Process};
use nix::libc;
use nix::poll::PollTimeout;
use nix::sched::CloneFlags;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The numbers of the floor and of rinit in the list of inits; the peers follow.
pub const FLOOR: usize = 0;
pub const RINIT: usize = 1;

/// Debian's inits, each in a package of its own, except for the second.
const PACKAGED: [&str; 4] = ["tini", "tini-static", "dumb-init", "catatonit"];

/// Inits written in Rust, each with the name of the program that `cargo install` makes.
const CRATES: [(&str, &str); 2] = [("tino", "tino"), ("pid1-exe", "pid1")];

/// An init with the options that come before the program to run.
#[derive(Clone)]
pub struct Init {
    pub name: String,
    pub path: PathBuf,
    options: Vec<OsString>,
    /// Whether it sleeps when there is nothing to do. If many did not, they would disturb every measurement.
    pub sleeps: bool,
    /// Whether it forwards every signal, judged by SIGUSR1 and a real-time signal.
    pub forwards: bool,
}

impl Init {
    fn new(name: &str, path: impl Into<PathBuf>, options: &[&str]) -> Self {
        let options = options.iter().map(Into::into).collect();
        Self { name: name.into(), path: path.into(), options, sleeps: true, forwards: true }
    }

    /// Finds out whether it forwards signals and sleeps, and prints what it does not do.
    fn try_out(&mut self, sleeper: &Path, probe: &Path) {
        let start = |command: &[&Path]| {
            Process::start(&self.line(Position::Pid1, command), flags(Position::Pid1)).ready()
        };
        let mut receiver = start(&[probe, Path::new("stamp")]);
        let forwards = [libc::SIGUSR1, libc::SIGRTMIN() + 1].into_iter().all(|signal| {
            receiver.signal(signal);
            receiver.writes_within(PollTimeout::from(1000u16)) && receiver.numbers()[0] > 0
        });
        drop(receiver);
        let sleeps = start(&[sleeper]).sleeps();
        (self.forwards, self.sleeps) = (forwards, sleeps);
        if !forwards {
            eprintln!("{} does not forward every signal", self.name);
        }
        if !sleeps {
            eprintln!("{} never sleeps", self.name);
        }
    }

    /// The words of its command line. Outside a PID namespace tini needs `-s`: without it tini writes a
    /// warning.
    pub fn words(&self, position: Position, command: &[&Path]) -> Vec<OsString> {
        let subreaper = position == Position::Outside && self.name.starts_with("tini");
        let mut words = vec![self.path.clone().into_os_string()];
        words.extend(subreaper.then(|| "-s".into()));
        words.extend(self.options.iter().cloned());
        words.extend(command.iter().map(Into::into));
        words
    }

    pub fn line(&self, position: Position, command: &[&Path]) -> Line {
        Line::new(self.words(position, command))
    }
}

/// The flags of clone(2) for a position.
pub fn flags(position: Position) -> CloneFlags {
    match position {
        Position::Pid1 => CloneFlags::CLONE_NEWPID,
        Position::Outside => CloneFlags::empty(),
    }
}

/// Everything that all figures need.
pub struct Bench {
    /// The floor, rinit, and the peers.
    pub inits: Vec<Init>,
    /// The floor for forwarding.
    pub forwarding_floor: Init,
    /// The floor with rinit's system calls.
    pub floor_with_rinits_calls: Init,
    /// The child that writes the time and exits.
    pub clock: PathBuf,
    /// The child that sleeps.
    pub sleeper: PathBuf,
    /// The tests' own child program.
    pub probe: PathBuf,
    /// Whether there are fewer rounds of everything, for work on the benchmarks themselves.
    pub is_quick: bool,
    /// Whether this runs as the machine's root.
    pub is_root: bool,
    pub folder: TempDir,
}

impl Bench {
    pub fn new(is_root: bool) -> Self {
        // Not in /tmp, which may be mounted noexec.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder below target");
        let executable = |name: &str, content: Vec<u8>| executable(folder.path(), name, &content);
        let floor_for = |name: &str, content: Vec<u8>| Init::new("floor", executable(name, content), &[]);
        let mut inits =
            vec![floor_for("floor", floor::init()), Init::new("rinit", harness::release_binary(), &["--"])];
        inits.extend(packaged().chain(crates()).chain(named()));
        // All are new files in one directory: how a file was written and how long its path is cost time too.
        for init in &mut inits[RINIT..] {
            init.path = executable(&init.name, fs::read(&init.path).expect("it is installed"));
        }
        let sleeper = executable("sleeper", floor::sleeper());
        let probe = PathBuf::from(harness::probe());
        inits[RINIT..].iter_mut().for_each(|init| init.try_out(&sleeper, &probe));
        Self {
            inits,
            forwarding_floor: floor_for("forwarding-floor", floor::forwarding_init()),
            floor_with_rinits_calls: floor_for("calls-floor", floor::with_rinits_calls()),
            clock: executable("clock", floor::clock()),
            sleeper,
            probe,
            is_quick: std::env::var_os("QUICK").is_some(),
            is_root,
            folder,
        }
    }

    /// The numbers of the inits, in the order of a round.
    pub fn turns(&self, round: usize) -> Vec<usize> {
        turns(self.inits.len(), round)
    }

    /// `number`, or `quick` in a quick run.
    pub fn or_quick(&self, number: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { number }
    }
}

/// The numbers below `count` in the order of a round. Each round has another order, because what ran before
/// an init can cost it time.
pub fn turns(count: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    fastrand::Rng::with_seed(round as u64).shuffle(&mut order);
    order
}

fn executable(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    let mut file = File::create_new(&path).expect("no other init has this name");
    file.write_all(content).expect("there is room");
    file.set_permissions(fs::Permissions::from_mode(0o755)).expect("the file is this process's own");
    file.sync_all().expect("there is room");
    path
}

/// Whether this is one of Debian's inits.
pub fn is_packaged(name: &str) -> bool {
    PACKAGED.contains(&name)
}

/// Debian's inits that are installed.
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

/// The inits of crates that are in PATH, or where `cargo install` puts them.
fn crates() -> impl Iterator<Item = Init> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::home_dir().map(|home| home.join(".cargo/bin"));
    let folders: Vec<_> = std::env::split_paths(&path).chain(home).collect();
    CRATES.into_iter().filter_map(move |(name, program)| {
        let mut paths = folders.iter().map(|folder| folder.join(program));
        let Some(path) = paths.find(|path| path.exists()) else {
            eprintln!("{name} is not installed (cargo install --locked {name}): left out");
            return None;
        };
        Some(Init::new(name, path, &["--"]))
    })
}

/// Other inits, named by the variable `PEER=NAME=PATH [OPTION...]; …`.
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
