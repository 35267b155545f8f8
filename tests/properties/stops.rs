//! Stop signals, a child and what it leaves, to the program that ships and to a model of it. No time decides
//! anything: what is to wait waits for an hour.

use super::a_few;
use crate::harness::{Launch, Running, eventually_eq, everywhere, proc, send};
use nix::libc::{SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1};
use nix::unistd::Pid;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The child, which is the first, or a daemon that it has left.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// All other signals it takes and goes on.
    ends_by: i32,
    code: i32,
}

#[derive(Clone, Debug)]
struct Options {
    stay: bool,
    grace: bool,
    /// Signals that are sent at once when a stop begins.
    schedule: Option<Vec<i32>>,
}

impl Options {
    fn written(&self) -> Vec<String> {
        let stay = self.stay.then(|| "--stay".to_owned());
        let grace = self.grace.then(|| "--grace=1h".to_owned());
        let schedule = self.schedule.as_ref().map(|signals| {
            let signals: String = signals.iter().map(|number| format!("-{number}/")).collect();
            format!("--stop={signals}1h/KILL")
        });
        [stay, grace, schedule].into_iter().flatten().collect()
    }
}

/// What the manual page says.
struct Model {
    options: Options,
    members: Vec<Member>,
    alive: Vec<bool>,
    got: Vec<String>,
    /// The stop signals that came last, those of the schedule or the one that was forwarded.
    asked: Vec<i32>,
    has_schedule_begun: bool,
    /// Another stop signal is the end.
    is_asked_to_end: bool,
    /// What the last survivor may have ended with: of several that end at once any may be the last.
    last: BTreeSet<i32>,
    is_over: bool,
}

impl Model {
    fn new(options: Options, members: Vec<Member>) -> Self {
        let alive = vec![true; members.len()];
        let (got, asked, last) = (vec![], vec![], BTreeSet::new());
        let [has_schedule_begun, is_asked_to_end, is_over] = [false; 3];
        Self { options, members, alive, got, asked, has_schedule_begun, is_asked_to_end, last, is_over }
    }

    fn receives(&mut self, number: i32) {
        if self.is_asked_to_end {
            self.is_over = [SIGHUP, SIGINT, SIGTERM].contains(&number);
            return;
        }
        let had_a_child = self.alive[0];
        let begins = |signals: &Vec<i32>| [SIGTERM, SIGINT, signals[0]].contains(&number);
        let schedule = self.options.schedule.clone().filter(begins).filter(|_| !self.has_schedule_begun);
        if let Some(signals) = schedule {
            self.has_schedule_begun = true;
            self.stop(signals);
        } else if [SIGINT, SIGTERM].contains(&number) {
            self.stop(vec![number]);
        } else {
            self.send(&[number]);
        }
        if had_a_child && !self.alive[0] {
            self.child_has_ended();
        }
        self.is_over |= !self.alive.contains(&true);
    }

    /// The child has these while it lives, and then all have them, for whom a grace makes them the last.
    fn stop(&mut self, signals: Vec<i32>) {
        self.is_asked_to_end = !self.alive[0] && self.options.grace;
        self.send(&signals);
        self.asked = signals;
    }

    fn child_has_ended(&mut self) {
        if !self.options.stay {
            self.stop(vec![SIGTERM]);
        } else if let (true, Some(signals)) = (self.has_schedule_begun, self.options.schedule.clone()) {
            self.stop(signals);
        } else if let Some(number) = self.asked.pop() {
            self.stop(vec![number]);
        }
    }

    fn send(&mut self, signals: &[i32]) {
        let to = if self.alive[0] { 0..1 } else { 1..self.members.len() };
        let mut ended = BTreeSet::new();
        for (number, member) in to.flat_map(|member| signals.iter().map(move |number| (*number, member))) {
            if !self.alive[member] {
                continue;
            }
            self.got.push(format!("{member} got {number}"));
            if self.members[member].ends_by == number {
                self.alive[member] = false;
                ended.extend(Some(self.members[member].code).filter(|_| member > 0));
            }
        }
        if !ended.is_empty() {
            self.last = ended;
        }
    }

    /// What is killed is alive no more.
    fn all_are_killed(&mut self) {
        let killed = 128 + SIGKILL;
        if self.alive[0] {
            self.members[0].code = killed;
        } else {
            self.last = BTreeSet::from([killed]);
        }
        self.is_over = true;
    }

    fn is_code(&self, code: i32) -> bool {
        let childs = self.members[0].code;
        let is_childs = childs != 0 || !self.options.stay || self.last.is_empty();
        if is_childs { code == childs } else { self.last.contains(&code) }
    }
}

fn number() -> impl Strategy<Value = i32> {
    prop::sample::select(vec![SIGHUP, SIGINT, SIGUSR1, SIGTERM])
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    let member = (prop_oneof![9 => number(), 1 => Just(0)], prop::sample::select(vec![0, 0, 3, 5]))
        .prop_map(|(ends_by, code)| Member { ends_by, code });
    prop::collection::vec(member, 1..5)
}

fn options() -> impl Strategy<Value = Options> {
    // Of signals that are pending together, the kernel gives the lowest number first.
    let schedule =
        prop::collection::btree_set(number(), 1..4).prop_map(|signals| signals.into_iter().collect());
    let ends = prop::sample::select(vec![(false, true), (true, false), (true, true)]);
    (ends, prop::option::of(schedule)).prop_map(|((stay, grace), schedule)| Options { stay, grace, schedule })
}

/// rinit has nothing in its hands, and has reaped all that have ended.
fn is_idle(running: &Running, model: &Model) {
    let alive = model.alive.iter().filter(|alive| **alive).count();
    eventually_eq((alive, proc::IDLE), || (proc::children(running.pid).len(), proc::activity(running.pid)));
}

proptest! {
    #![proptest_config(a_few(12))]

    #[test]
    fn stop_signals_reach_whom_the_model_says_and_rinit_ends_with_its_code(
        options in options(),
        members in members(),
        signals in prop::collection::vec(number(), 1..6),
    ) {
        everywhere(|position| {
            let mut model = Model::new(options.clone(), members.clone());
            let family: Vec<_> =
                members.iter().map(|member| format!("{}:{}", member.ends_by, member.code)).collect();
            let family: Vec<_> = ["family"].into_iter().chain(family.iter().map(String::as_str)).collect();
            let mut running = Launch::init(position).args(options.written()).probe(&family).start();
            members.iter().for_each(|_| running.stdout.expect("ready"));
            for number in &signals {
                is_idle(&running, &model);
                running.signal(*number);
                model.receives(*number);
                let mut expected = std::mem::take(&mut model.got);
                let mut got: Vec<_> = expected.iter().map(|_| running.stdout.next()).collect();
                expected.sort();
                got.sort();
                assert_eq!(got, expected, "after signal {number}");
                if model.is_over {
                    break;
                }
            }
            if !model.is_over {
                is_idle(&running, &model);
                // The child is the first, and is the last to be killed.
                proc::children(running.pid).into_iter().rev().for_each(|pid: Pid| send(pid, SIGKILL));
                model.all_are_killed();
            }
            let code = running.code_in_a_shell();
            assert!(model.is_code(code), "{code}, and not {} or {:?}", model.members[0].code, model.last);
            assert_eq!(running.stdout.rest(), "");
        });
    }
}
