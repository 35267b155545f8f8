//! A run of rinit in a mode, with a fault.

use super::modes::{Act, Mode, When};
use super::plan::{Fault, Phase, Site, Which, Who, call_name};
use super::trace::{self, Stop};
use super::world::{Folder, World, children};
use nix::libc::{self, c_int, c_long};
use nix::unistd::Pid;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// How often the test looks at a run.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// How long a run may take in all.
const MOST_TIME: Duration = Duration::from_secs(60);

/// The most calls that rinit may make without one that rests or gets on, and without those that go through a list.
const MOST_CALLS: u32 = 200;

/// So many IDs in a row are a part of the search of all, which gets on with each, and takes seconds.
const PART_OF_A_SEARCH: u32 = 1000;

/// The most that it may make in all: a sleep of no time is no rest.
const MOST_CALLS_IN_ALL: u32 = 100_000;

/// How much longer the child may be quiet before it says that it can be acted upon, in milliseconds.
const TO_BEGIN: u64 = 1000;

/// How long a call is delayed.
const DELAY: Duration = Duration::from_millis(30);

/// What came of a run.
#[derive(Default)]
pub struct Outcome {
    /// rinit's wait status, if it ended.
    pub end: Option<c_int>,
    /// What it was at when it was given up.
    pub given_up: String,
    /// Its calls, and those of the processes that it made up to their exec.
    pub calls: Vec<Site>,
    /// How many of them had the fault, and which were answered an error.
    pub fired: u32,
    pub failed: BTreeSet<c_long>,
    /// Whether there was a new process for the program, and whether it executed the program.
    pub has_spawned: bool,
    pub has_executed: bool,
    /// The wait statuses that the kernel has given rinit: of the child, and of all.
    pub childs_status: Option<c_int>,
    pub statuses: Vec<c_int>,
    /// What a SIGCHLD has told it of the child's end.
    pub signalled_status: Option<c_int>,
    /// The child's state when rinit ended, proc(5).
    pub childs_state: Option<char>,
    /// Who was sent a signal, or could have been.
    pub harmed: Vec<String>,
    /// What rinit said.
    pub said: String,
    /// Whether the test had to end what rinit had started.
    pub rescued: bool,
    /// What is wrong with what it has left of files.
    pub left: Option<String>,
    pub took: Duration,
}

/// A process that is traced.
#[derive(Default)]
struct Tracee {
    /// The call that it is in, and its arguments.
    call: Option<(c_long, [u64; 6])>,
    /// What that is to be answered.
    answer: Option<c_int>,
}

struct Run<'a> {
    mode: &'a Mode,
    fault: Fault,
    world: World,
    outcome: Outcome,
    tracees: HashMap<Pid, Tracee>,
    sites: BTreeMap<Site, u32>,
    matches: u32,
    /// The child, as this process knows it, and by the number that rinit knows.
    child: Option<Pid>,
    childs_number: Option<i32>,
    /// Where the dynamic loader of the init's program begins.
    loader: Option<u64>,
    acts: &'static [Act],
    /// How long all have slept since something happened, and how long after they had been quiet for too long, in
    /// looks: on a busy machine these take longer, and so does rinit.
    quiet: u32,
    overdue: Option<u32>,
    looked: Instant,
    begun: Instant,
    /// The calls since rinit has rested or got on, and all of them.
    repeated: u32,
    counted: u32,
    /// The calls in a row that went on in a list, and the last one.
    listed: u32,
    last: (c_long, u64, u64),
}

/// Runs rinit.
pub fn run(mode: &Mode, fault: Fault, folder: &Folder) -> Outcome {
    folder.prepare(mode);
    let world = World::new(mode, folder);
    let now = Instant::now();
    let mut run = Run {
        mode,
        fault,
        world,
        outcome: Outcome::default(),
        tracees: HashMap::new(),
        sites: BTreeMap::new(),
        matches: 0,
        child: None,
        childs_number: None,
        loader: None,
        acts: mode.acts,
        quiet: 0,
        overdue: None,
        looked: now,
        begun: now,
        repeated: 0,
        listed: 0,
        counted: 0,
        last: (0, 0, 0),
    };
    trace::seize(run.world.rinit);
    run.world.open_gate();
    run.watch();
    run.outcome.took = now.elapsed();
    run.clean_up();
    if mode.installs() {
        let can_remove = !run.outcome.failed.contains(&libc::SYS_unlinkat);
        run.outcome.left = folder.judge_installed(mode, run.outcome.end == Some(0), can_remove);
    }
    run.outcome
}

impl Run<'_> {
    /// Until rinit has ended, or is given up.
    fn watch(&mut self) {
        while self.outcome.end.is_none() && self.outcome.given_up.is_empty() {
            let mut status = 0;
            // SAFETY: the kernel writes an integer. The timer interrupts it.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
            if pid > 0 {
                self.changed(Pid::from_raw(pid), status);
            }
            if self.looked.elapsed() >= BETWEEN_LOOKS {
                self.look();
            }
        }
        self.read_said();
    }

    fn changed(&mut self, pid: Pid, status: c_int) {
        if !libc::WIFSTOPPED(status) {
            if pid == self.world.rinit {
                self.outcome.end = Some(status);
            }
            self.tracees.remove(&pid);
            return;
        }
        let is_rinit = pid == self.world.rinit;
        let is_new = !self.tracees.contains_key(&pid);
        self.tracees.entry(pid).or_default();
        if is_new && !is_rinit && self.child.is_none() {
            self.child = Some(pid);
            self.outcome.has_spawned = true;
        }
        match trace::stop(pid, status) {
            Stop::Entry(call, arguments) => self.entry(pid, call, arguments),
            Stop::Exit(result) => self.exit(pid, result),
            Stop::Exec if is_rinit && is_new => self.loader = trace::loader(pid),
            Stop::Exec => {
                if self.child == Some(pid) {
                    self.outcome.has_executed = true;
                    self.quiet = 0;
                }
                self.tracees.remove(&pid);
                return trace::detach(pid);
            }
            Stop::Ending if is_rinit => self.inspect(),
            Stop::Group => return trace::stay_stopped(pid),
            Stop::Signal(signal) if is_rinit && trace::has_crashed(pid, signal) => {
                self.inspect();
                self.outcome.end = Some(signal);
            }
            Stop::Signal(signal) => return trace::go_on(pid, signal),
            Stop::Ending | Stop::Other => {}
        }
        trace::go_on(pid, 0);
    }

    fn entry(&mut self, pid: Pid, call: c_long, arguments: [u64; 6]) {
        let is_rinit = pid == self.world.rinit;
        if is_rinit && self.loader.is_some_and(|loader| trace::is_of_loader(pid, loader)) {
            return; // what fails there is none of the init's doing
        }
        let has_executed = self.outcome.has_executed || self.childs_number.is_some();
        let phase = if has_executed { Phase::After } else { Phase::Before };
        let site = Site { phase, who: if is_rinit { Who::Rinit } else { Who::Made }, call };
        let nth = self.sites.entry(site).or_default();
        *nth += 1;
        let nth = *nth;
        self.outcome.calls.push(site);
        self.count(call, arguments);
        if call == libc::SYS_kill || call == libc::SYS_rt_sigqueueinfo {
            self.check_target(pid, arguments[0] as i32);
        }
        let answer = self.strike(pid, site, nth);
        if answer.is_some() {
            trace::skip_call(pid);
            self.outcome.failed.insert(call);
        }
        self.outcome.fired += u32::from(answer.is_some());
        self.tracees.insert(pid, Tracee { call: Some((call, arguments)), answer });
    }

    /// Does what the fault does to this call; returns the error that it is to be answered.
    fn strike(&mut self, pid: Pid, site: Site, nth: u32) -> Option<c_int> {
        match self.fault {
            Fault::Error(phase, call, which, error) if (phase, call) == (site.phase, site.call) => {
                self.matches += 1;
                let strikes = match which {
                    Which::First => self.matches == 1,
                    Which::Every => true,
                    Which::EverySecond => self.matches.is_multiple_of(2),
                };
                strikes.then_some(error)
            }
            Fault::ErrorAt(at, number, error) => ((at, number) == (site, nth)).then_some(error),
            Fault::Errors(calls, error) => calls.contains(&site.call).then_some(error),
            Fault::Refused(call, known, error) => {
                let is_new = known.is_some_and(|known| !known.contains(&site.call));
                (call == site.call || is_new).then_some(error)
            }
            Fault::Signal(at, number, signal) if (at, number) == (site, nth) => {
                self.outcome.fired += 1;
                kill(pid, signal);
                None
            }
            Fault::Delay(at, number) if (at, number) == (site, nth) => {
                self.outcome.fired += 1;
                std::thread::sleep(DELAY);
                None
            }
            _ => None,
        }
    }

    /// Counts it, unless it goes on in a list: of IDs or descriptors.
    fn count(&mut self, call: c_long, arguments: [u64; 6]) {
        let it = (call, arguments[0], arguments[1]);
        let goes_on = match call {
            libc::SYS_waitid => arguments[0] == u64::from(libc::P_PID) && it != self.last,
            libc::SYS_close => it != self.last,
            _ => false,
        };
        let is_counted = u32::from(!goes_on);
        self.repeated += is_counted;
        self.listed = if goes_on { self.listed + 1 } else { 0 };
        if self.listed == PART_OF_A_SEARCH {
            self.repeated = 0;
        }
        self.counted += is_counted;
        self.last = it;
        if self.repeated > MOST_CALLS || self.counted > MOST_CALLS_IN_ALL {
            let name = call_name(call);
            self.outcome.given_up =
                format!("spins: {} calls without a rest, {} in all, {name}", self.repeated, self.counted);
        }
    }

    /// rinit signals its child, its child's group, survivors and itself: those that are below it.
    fn check_target(&mut self, pid: Pid, target: i32) {
        let own_child = self.childs_number.unwrap_or(0);
        let is_right = target > 1 || target == -own_child && own_child > 1 || self.mode.place.is_init();
        let is_all = matches!(target, -1 | 0) || target == 1 && !self.mode.place.is_init();
        if is_all || !is_right {
            self.outcome.harmed.push(format!("kill({target}) by {pid}"));
        }
    }

    fn exit(&mut self, pid: Pid, result: i64) {
        let tracee = std::mem::take(self.tracees.entry(pid).or_default());
        let Some((call, arguments)) = tracee.call else { return };
        if let Some(error) = tracee.answer {
            return trace::fail_call(pid, error);
        }
        if pid != self.world.rinit {
            return;
        }
        if rests_or_gets_on(pid, call, arguments, result) {
            self.repeated = 0;
        }
        if result < 0 {
            return;
        }
        match call {
            libc::SYS_clone | libc::SYS_clone3 | libc::SYS_vfork | libc::SYS_fork => {
                self.childs_number.get_or_insert(result as i32);
            }
            libc::SYS_wait4 if result > 0 => {
                self.collected(result as i32, trace::read_int(pid, arguments[1]))
            }
            libc::SYS_waitid if arguments[2] != 0 && arguments[3] & libc::WNOWAIT as u64 == 0 => {
                if let Some((number, status)) = end_in(pid, arguments[2]) {
                    self.collected(number, status);
                }
            }
            libc::SYS_rt_sigtimedwait if result == i64::from(libc::SIGCHLD) => {
                let end = end_in(pid, arguments[1]);
                let own = end.filter(|(number, _)| self.childs_number == Some(*number));
                self.outcome.signalled_status =
                    self.outcome.signalled_status.or(own.map(|(_, status)| status));
            }
            _ => {}
        }
    }

    /// The kernel has told rinit of this change of a child's.
    fn collected(&mut self, number: i32, status: c_int) {
        if libc::WIFSTOPPED(status) || libc::WIFCONTINUED(status) {
            return;
        }
        let status = status & 0xff7f; // without the core
        self.outcome.statuses.push(status);
        if self.childs_number == Some(number) {
            self.outcome.childs_status.get_or_insert(status);
        }
    }

    /// What is to be seen while rinit is there, and with it the namespace of a PID 1.
    fn inspect(&mut self) {
        self.outcome.childs_state = self.child.and_then(state);
        for bystander in &self.world.bystanders {
            self.outcome.harmed.extend(harm(*bystander));
        }
    }

    /// Does what is due, and gives up what does not end.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.read_said();
        let mut words = [0; 64];
        let count = self.world.words.read(&mut words).unwrap_or(0);
        for word in &words[..count] {
            self.quiet = 0;
            self.act(When::Said(*word));
        }
        self.pass();
        if self.quiet > looks(50) && state(self.world.rinit) == Some('S') {
            self.act(When::Quiet);
        }
        let comes_yet = if self.acts.is_empty() { 0 } else { TO_BEGIN };
        if self.quiet > looks(self.mode.quiet + comes_yet) {
            self.rescue();
        }
        if self.overdue.is_some_and(|time| time > looks(self.mode.patience()))
            || self.begun.elapsed() > MOST_TIME
        {
            self.give_up();
        }
    }

    /// The time since the last look has passed, and if nobody did anything in it, it was quiet.
    fn pass(&mut self) {
        if self.is_busy() {
            self.quiet = 0;
        } else if state(self.world.rinit) != Some('R') {
            self.quiet += 1;
            self.overdue = self.overdue.map(|time| time + 1);
        }
    }

    /// Ends what rinit has started, for which nothing else does that. It had better not be needed.
    fn rescue(&mut self) {
        self.quiet = 0;
        self.overdue.get_or_insert(0);
        if self.outcome.has_executed {
            let descendants = self.descendants();
            self.outcome.rescued |=
                descendants.iter().any(|pid| state(*pid).is_some_and(|state| state != 'Z'));
            descendants.into_iter().for_each(|pid| kill(pid, libc::SIGKILL));
        }
    }

    fn give_up(&mut self) {
        let at = fs::read_to_string(format!("/proc/{}/syscall", self.world.rinit)).unwrap_or_default();
        let state = state(self.world.rinit);
        let call = at.split(' ').next().unwrap_or_default().to_owned();
        self.inspect();
        self.outcome.given_up = format!("does not end: {state:?} in call {call}");
    }

    fn act(&mut self, when: When) {
        if let [(due, what), rest @ ..] = self.acts
            && *due == when
        {
            self.acts = rest;
            self.quiet = 0;
            what.happens_to(self.world.rinit, self.world.terminal.as_mut());
        }
    }

    /// Whether rinit has not begun yet, or what it has started does something.
    fn is_busy(&self) -> bool {
        let does = |pid: &Pid| state(*pid).is_some_and(|state| "RDt".contains(state));
        self.outcome.calls.is_empty() || self.descendants().iter().any(does)
    }

    /// All that rinit has started.
    fn descendants(&self) -> Vec<Pid> {
        let mut all = children(self.world.rinit);
        let mut next = 0;
        while let Some(pid) = all.get(next) {
            all.extend(children(*pid));
            next += 1;
        }
        all
    }

    fn read_said(&mut self) {
        let mut said = vec![];
        let _ = self.world.errors.read_to_end(&mut said); // until nothing is there
        if let Some(terminal) = &mut self.world.terminal {
            let _ = terminal.read_to_end(&mut said);
        }
        self.outcome.said.push_str(&String::from_utf8_lossy(&said));
    }

    /// Ends the namespace, and waits for all that this process has started: first for the namespace, which ends when
    /// the parent of the bystanders has collected them.
    fn clean_up(&mut self) {
        for pid in self.tracees.keys().chain([&self.world.rinit, &self.world.top]) {
            kill(*pid, libc::SIGKILL);
        }
        let own = Pid::this();
        while let Some(first) = children(own).first() {
            if !children(own).contains(&self.world.top) {
                kill(*first, libc::SIGKILL);
            }
            let mut status = 0;
            // SAFETY: the kernel writes an integer.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
            if pid > 0 && libc::WIFSTOPPED(status) {
                trace::go_on(Pid::from_raw(pid), 0);
            }
        }
    }
}

/// It may have ended.
fn kill(pid: Pid, signal: c_int) {
    // SAFETY: integers.
    unsafe { libc::kill(pid.as_raw(), signal) };
}

impl super::modes::What {
    fn happens_to(self, rinit: Pid, terminal: Option<&mut fs::File>) {
        match self {
            Self::Signal(signal) => kill(rinit, signal),
            Self::Queue => {
                let value = libc::sigval { sival_ptr: std::ptr::without_provenance_mut(5) };
                // SAFETY: integers.
                unsafe { libc::sigqueue(rinit.as_raw(), libc::SIGRTMIN() + 1, value) };
            }
            Self::Type(keys) => {
                let terminal = terminal.expect("this mode has a terminal");
                let _ = terminal.write_all(keys);
            }
        }
    }
}

/// How many looks there are in so many milliseconds.
fn looks(time: u64) -> u32 {
    (u128::from(time) / BETWEEN_LOOKS.as_millis()) as u32
}

/// Whether a call that the kernel has answered has slept, or has taken a signal or a zombie, of which there is an end.
/// A look that takes nothing, and a wait that lasts no time, are neither.
fn rests_or_gets_on(pid: Pid, call: c_long, arguments: [u64; 6], result: i64) -> bool {
    match call {
        libc::SYS_clock_nanosleep => result == 0,
        libc::SYS_wait4 => result > 0,
        libc::SYS_waitid => {
            let takes = arguments[3] & libc::WNOWAIT as u64 == 0;
            result == 0 && arguments[2] != 0 && takes && end_in(pid, arguments[2]).is_some()
        }
        libc::SYS_rt_sigtimedwait => {
            let time = arguments[2];
            let sleeps =
                time != 0 && (0..16).step_by(4).any(|offset| trace::read_int(pid, time + offset) != 0);
            result > 0 || result == -i64::from(libc::EAGAIN) && sleeps
        }
        _ => false,
    }
}

/// Which child has ended, and how, by a siginfo_t in a process's memory.
fn end_in(pid: Pid, info: u64) -> Option<(i32, c_int)> {
    let field = |offset| trace::read_int(pid, info + offset);
    let status = match field(8) {
        libc::CLD_EXITED => field(24) << 8,
        libc::CLD_KILLED | libc::CLD_DUMPED => field(24),
        _ => return None,
    };
    Some((field(16), status))
}

/// The letter in /proc/PID/stat.
fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// What was done to a process that blocks every signal.
fn harm(pid: Pid) -> Option<String> {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return Some(format!("bystander {pid} is gone"));
    };
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim_start_matches(':').trim().to_owned()
    };
    let set = |name| u64::from_str_radix(&field(name), 16).unwrap_or(0);
    let pending = (set("SigPnd") | set("ShdPnd")) & !(1 << (libc::SIGCHLD - 1));
    let state = field("State");
    let is_well = pending == 0 && state.starts_with(['S', 'R', 'D']);
    (!is_well).then(|| format!("bystander {pid}: {state}, pending {pending:x}"))
}
