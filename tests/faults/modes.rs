//! The modes: what rinit is asked for, where it runs, and what happens meanwhile.

use super::child::{CONTINUED, READY};
use nix::libc::{self, c_int};

/// Where rinit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is PID 1.
    Init,
    /// It is PID 1, and leads the session of a terminal.
    InitAtTerminal,
    /// It has a parent, and leads a process group with another member.
    Job,
    /// It is all of the job that a shell has in the foreground of its terminal.
    ShellJob,
}

impl Place {
    pub fn is_init(self) -> bool {
        matches!(self, Self::Init | Self::InitAtTerminal)
    }

    pub fn has_terminal(self) -> bool {
        matches!(self, Self::InitAtTerminal | Self::ShellJob)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Init => "pid1",
            Self::InitAtTerminal => "pid1-tty",
            Self::Job => "job",
            Self::ShellJob => "shell",
        }
    }
}

/// What happens to rinit.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Signal(c_int),
    /// A real-time signal with a value.
    Queue,
    Type(&'static [u8]),
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The child has said this word.
    Said(u8),
    /// Nothing goes on any more: there is no child that could say a word.
    Quiet,
}

/// What happens to rinit, and when.
pub type Act = (When, What);

/// What rinit starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starts {
    /// A child of `child.rs`, with these arguments.
    Child(&'static [&'static str]),
    /// A command, in which `@` is the folder of the run.
    Command(&'static [&'static str]),
    /// Nothing.
    Nothing,
}

#[derive(Clone)]
pub struct Mode {
    pub what: &'static str,
    pub place: Place,
    /// The name of the init that rinit is called by.
    pub called: &'static str,
    /// In which `@` is the folder of the run.
    pub options: &'static [&'static str],
    pub environment: &'static [(&'static str, &'static str)],
    pub starts: Starts,
    pub acts: &'static [Act],
    /// SIGCHLD is inherited as ignored.
    pub ignores_sigchld: bool,
    /// Standard input is closed.
    pub has_no_input: bool,
    /// --install finds a file in its place.
    pub finds_a_file: bool,
    /// The init is not bound to what rinit alone promises.
    pub is_another: bool,
    /// How long all may be quiet, in milliseconds, before the test ends the child itself: more than any wait of
    /// rinit's.
    pub quiet: u64,
}

impl Mode {
    pub fn name(&self) -> String {
        format!("{} {}", self.what, self.place.name())
    }

    /// Whether it makes a copy of rinit.
    pub fn installs(&self) -> bool {
        self.options.contains(&"--install")
    }

    /// How long rinit may sleep when all that it has started is dead, in milliseconds. Where a fault hides that from
    /// it, it looks for them once a second, and has patience with survivors.
    pub fn patience(&self) -> u64 {
        match () {
            () if self.is_another => 5000,
            () if self.drains() => DRAIN,
            () => 2000,
        }
    }

    /// Whether it ends survivors.
    fn drains(&self) -> bool {
        let is_subreaper = !self.place.is_init() && !self.options.contains(&"--no-subreaper");
        self.options.contains(&"--grace") || is_subreaper && self.called == "rinit"
    }

    /// Whether its child may be one that rinit has no exit code of.
    pub fn stays(&self) -> bool {
        self.options.contains(&"--stay")
    }
}

pub const TERM: &[Act] = &[(When::Said(READY), What::Signal(libc::SIGTERM))];
const CTRL_C: &[Act] = &[(When::Said(READY), What::Type(b"\x03"))];
const CTRL_Z: &[Act] =
    &[(When::Said(READY), What::Type(b"\x1a")), (When::Said(CONTINUED), What::Type(b"\x03"))];

/// The longest that rinit waits for survivors, and some more: a second for them to end, and two when they are killed.
const DRAIN: u64 = 4000;

/// A child that ends by itself.
const ENDS: Starts = Starts::Child(&["exit", "7"]);
/// A child that ends when it is asked to.
const TRAPS: Starts = Starts::Child(&["trap"]);

const OUTSIDE: &[Place] = &[Place::Job];
const INIT: &[Place] = &[Place::Init];
const BOTH: &[Place] = &[Place::Init, Place::Job];
const TERMINAL: &[Place] = &[Place::InitAtTerminal];
const ANY_TERMINAL: &[Place] = &[Place::InitAtTerminal, Place::ShellJob];

pub fn mode(
    what: &'static str,
    options: &'static [&'static str],
    starts: Starts,
    acts: &'static [Act],
) -> Mode {
    Mode {
        what,
        place: Place::Init,
        called: "rinit",
        options,
        environment: &[],
        starts,
        acts,
        ignores_sigchld: false,
        has_no_input: false,
        finds_a_file: false,
        is_another: false,
        quiet: 150,
    }
}

/// The inits that take the place of rinit, if they are tested.
pub const OTHERS: [&str; 3] = ["tini", "dumb-init", "catatonit"];

/// The modes of another init, or of rinit under its name: those that it documents.
pub fn of_another(name: &'static str) -> Vec<Mode> {
    const ORPHANS: Starts = Starts::Child(&["orphans"]);
    const DIES: Starts = Starts::Child(&["die"]);
    const NOT_FOUND: Starts = Starts::Command(&["no-such-program"]);
    const CLOSED: Starts = Starts::Command(&["@/closed/program"]);
    type Words = &'static [&'static str];
    let (places, plain, others): (_, Words, &[(&str, Words)]) = match name {
        "tini" => (
            BOTH,
            &["-s"],
            &[("-g", &["-s", "-g"]), ("-vvv", &["-s", "-vvv"]), ("-p", &["-s", "-p", "SIGTERM"])],
        ),
        "dumb-init" => (BOTH, &[], &[("-c", &["-c"]), ("-v", &["-v"]), ("-r", &["-r", "15:10"])]),
        _ => (INIT, &[], &[("-g", &["-g"])]),
    };
    let same = [
        mode("ends", plain, ENDS, &[]),
        mode("dies", plain, DIES, &[]),
        mode("plain", plain, TRAPS, TERM),
        mode("orphans", plain, ORPHANS, TERM),
        mode("not found", plain, NOT_FOUND, &[]),
        mode("no permission", plain, CLOSED, &[]),
    ];
    let others = others.iter().map(|(what, options)| mode(what, options, TRAPS, TERM));
    let all = same.into_iter().chain(others).map(|mode| Mode { called: name, is_another: true, ..mode });
    all.flat_map(|mode| places.iter().map(move |place| Mode { place: *place, ..mode.clone() })).collect()
}

/// All of rinit's.
pub fn all() -> Vec<Mode> {
    let mut modes = vec![];
    let mut add = |places: &[Place], mode: Mode| {
        modes.extend(places.iter().map(|place| Mode { place: *place, ..mode.clone() }));
    };
    let called = |name, options, starts, acts| Mode { called: name, ..mode(name, options, starts, acts) };

    // The child, its end, and what it is sent.
    add(BOTH, mode("ends", &[], ENDS, &[]));
    add(BOTH, mode("dies", &[], Starts::Child(&["die"]), &[]));
    add(BOTH, mode("plain", &[], TRAPS, TERM));
    add(BOTH, mode("queue", &[], TRAPS, &[(When::Said(READY), What::Queue)]));
    add(BOTH, mode("-g", &["-g"], TRAPS, TERM));
    add(BOTH, mode("-vvv", &["-vvv"], Starts::Child(&["orphans"]), TERM));
    add(BOTH, mode("-v", &["-v"], ENDS, &[]));
    add(BOTH, mode("-w", &["-w"], Starts::Child(&["orphans"]), TERM));
    add(BOTH, mode("-r", &["-r", "TERM:USR1"], TRAPS, TERM));
    add(BOTH, mode("-e", &["-e", "55:3"], TRAPS, TERM));
    add(BOTH, mode("-p", &["-p", "TERM"], TRAPS, TERM));
    add(BOTH, mode("--session", &["--session"], TRAPS, TERM));
    add(BOTH, mode("--no-group", &["--no-group"], TRAPS, TERM));
    let ignored = mode("ignored SIGCHLD", &[], ENDS, &[]);
    add(BOTH, Mode { ignores_sigchld: true, ..ignored });
    add(OUTSIDE, mode("--no-subreaper", &["--no-subreaper"], TRAPS, TERM));

    // Stops, and survivors.
    let stubborn = Starts::Child(&["ignore-term"]);
    let stop = mode("--stop", &["--stop", "TERM/100ms/KILL"], stubborn, TERM);
    add(BOTH, Mode { quiet: 1000, ..stop });
    let line = mode("--stop line", &["--stop", "'stop'/2/KILL"], Starts::Child(&["line"]), TERM);
    add(BOTH, Mode { quiet: 3000, ..line });
    add(BOTH, mode("--grace without survivors", &["--grace", "100ms"], ENDS, &[]));
    let leaves = Starts::Child(&["leave", "any"]);
    add(BOTH, Mode { quiet: DRAIN, ..mode("--grace", &["--grace", "400ms"], leaves, &[]) });
    let leaves = Starts::Child(&["leave", "stubborn"]);
    add(BOTH, Mode { quiet: DRAIN, ..mode("--grace stubborn", &["--grace", "100ms"], leaves, &[]) });
    add(OUTSIDE, Mode { quiet: DRAIN, ..mode("survivors", &[], leaves, &[]) });
    // Without memory rinit does not stay, and outside ends the daemon as any survivor.
    add(BOTH, Mode { quiet: 2000, ..mode("--stay", &["--stay"], Starts::Child(&["daemon"]), TERM) });

    // Terminals.
    add(ANY_TERMINAL, mode("terminal", &[], TRAPS, CTRL_C));
    add(ANY_TERMINAL, mode("Ctrl-Z", &[], TRAPS, CTRL_Z));
    add(TERMINAL, mode("--session", &["--session"], TRAPS, CTRL_C));
    add(ANY_TERMINAL, mode("--no-group", &["--no-group"], TRAPS, CTRL_C));
    add(ANY_TERMINAL, mode("--stop", &["--stop", "100ms/INT/2/KILL"], TRAPS, CTRL_C));
    add(&[Place::ShellJob], mode("--grace", &["--grace", "100ms"], TRAPS, CTRL_Z));
    add(&[Place::ShellJob], called("dumb-init", &["-c"], TRAPS, CTRL_Z));

    // The program, and what is addressed to it.
    let listen = mode("LISTEN_PID", &[], ENDS, &[]);
    add(INIT, Mode { environment: &[("LISTEN_PID", "1"), ("WATCHDOG_PID", "1")], ..listen.clone() });
    add(OUTSIDE, Mode { environment: &[("LISTEN_PID", "2"), ("LISTEN_PIDFDID", "3")], ..listen });
    let search = mode("PATH", &[], Starts::Command(&["program", "child", "trap"]), TERM);
    add(INIT, Mode { environment: &[("PATH", "/no/such:@/closed:@/bin")], ..search });
    add(INIT, mode("not found", &[], Starts::Command(&["no-such-program"]), &[]));
    add(INIT, mode("no such file", &[], Starts::Command(&["@/no/such"]), &[]));
    add(BOTH, mode("no permission", &[], Starts::Command(&["@/closed/program"]), &[]));
    add(INIT, mode("no interpreter", &[], Starts::Command(&["@/no-interpreter"]), &[]));
    add(INIT, mode("no #!", &[], Starts::Command(&["@/script"]), &[]));

    // No program.
    add(INIT, mode("--help", &["--help"], Starts::Nothing, &[]));
    add(INIT, mode("bad option", &["--no-such-option"], ENDS, &[]));
    let install = mode("--install", &["--install", "@/installed/"], Starts::Nothing, &[]);
    let replace = Mode { what: "--install over a file", finds_a_file: true, ..install.clone() };
    add(INIT, Mode { what: "--install without stdin", has_no_input: true, ..replace.clone() });
    add(INIT, replace);
    add(BOTH, install);
    let quiet: &[_] = &[(When::Quiet, What::Signal(libc::SIGTERM))];
    add(BOTH, mode("--pause", &["--pause"], Starts::Nothing, quiet));

    // Personalities.
    add(BOTH, called("tini", &["-s"], TRAPS, TERM));
    add(BOTH, called("dumb-init", &[], TRAPS, TERM));
    add(INIT, called("catatonit", &[], TRAPS, TERM));
    add(INIT, called("pause", &[], Starts::Nothing, quiet));
    add(INIT, Mode { what: "tini bad option", ..called("tini", &["-X"], ENDS, &[]) });
    add(INIT, Mode { what: "catatonit -P", ..called("catatonit", &["-P"], Starts::Nothing, quiet) });
    modes
}
