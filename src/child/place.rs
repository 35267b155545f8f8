//! The child's place: its session, its process group, and whether the terminal is its own.

use crate::options::settings::{ChildGroup, Settings, Target};
use crate::sys::process;
use crate::sys::signal::{self, Received};
use crate::sys::terminal::Terminal;
use crate::sys::types::{GroupId, JobStops, Pid, Signal, SignalSet};

/// Where the child is put: in the order of [`ChildGroup`], so that each of those is a place as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It leads a process group of its own.
    OwnGroup,
    /// It leads a session of its own.
    OwnSession,
    /// It stays in rinit's process group, next to the others that share the terminal.
    RinitsGroup,
    /// It leads a process group of its own, in the foreground of rinit's terminal.
    Foreground,
}

/// What rinit does when a signal stops the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenStopped {
    /// Nothing: whoever stopped it will continue it.
    Wait,
    /// Continue it, if it was Ctrl-Z: it has the terminal and there is no shell with an `fg`.
    Continue,
    /// Stop as well, so that the shell sees its job stopped.
    Follow,
}

/// rinit's relation to its terminal, which decides about the child's place.
#[derive(Clone, Copy, Debug)]
struct Relation {
    is_init: bool,
    leads_session: bool,
    /// Whether the process group is its own. One whose leader is outside the PID namespace is not.
    leads_group: bool,
    in_foreground: bool,
    stdout_is_terminal: bool,
}

impl Relation {
    fn of(rinit: Pid, terminal: Terminal, foreground: GroupId) -> Self {
        let group = process::own_group();
        let is_init = rinit.is_init();
        let leads_group = group.is_some_and(|group| group.is_led_by(rinit));
        Self {
            is_init,
            leads_session: process::leads_session(rinit),
            leads_group,
            in_foreground: group == Some(foreground),
            stdout_is_terminal: leads_group && !is_init && terminal.is_stdout(), // nobody else asks
        }
    }

    /// What rinit does when a child at `place` is stopped; `suspend`: whether it has stopped with the signal.
    fn when_stopped(self, place: Place, suspend: bool) -> WhenStopped {
        match place {
            Place::Foreground if self.leads_session => WhenStopped::Continue,
            _ if self.leads_session || self.is_init || suspend => WhenStopped::Wait,
            _ => WhenStopped::Follow,
        }
    }

    /// Whether rinit has the terminal to itself: as PID 1, or as all of a shell's job, which the shell made
    /// rinit lead. In a pipeline or a script it belongs to the others in rinit's group as well.
    fn is_whole_job(self) -> bool {
        self.leads_group && (self.is_init || self.stdout_is_terminal)
    }
}

/// The child's place where rinit has no terminal.
fn place_without_terminal(wanted: ChildGroup) -> Place {
    match wanted {
        ChildGroup::Own => Place::OwnGroup,
        ChildGroup::OwnSession => Place::OwnSession,
        ChildGroup::Inherited => Place::RinitsGroup,
    }
}

/// The child's place where rinit has a terminal: the child gets it if rinit has it to itself.
///
/// With `-g` the child leads a group in any case, without the terminal if need be: a signal to rinit's group
/// would reach the others in it, and come back to rinit.
fn place_with_terminal(wanted: ChildGroup, target: Target, relation: Relation) -> Place {
    match wanted {
        ChildGroup::OwnSession => Place::OwnSession,
        ChildGroup::Inherited => Place::RinitsGroup,
        ChildGroup::Own => match (relation.is_whole_job(), target) {
            (true, _) if relation.in_foreground => Place::Foreground,
            (true, _) | (false, Target::Group) => Place::OwnGroup,
            (false, Target::Child) => Place::RinitsGroup,
        },
    }
}

/// The place of the child, and what goes with it.
pub struct Placement {
    /// Where the child is put.
    pub place: Place,
    /// What rinit does when the child is stopped there.
    pub when_stopped: WhenStopped,
    /// The terminal that the child takes with it.
    terminal: Option<Terminal>,
}

impl Placement {
    /// Chooses the placement of a child of `rinit`.
    pub fn choose(settings: &Settings, rinit: Pid) -> Self {
        match Terminal::of(rinit) {
            None => {
                let place = place_without_terminal(settings.group);
                Self { place, when_stopped: WhenStopped::Wait, terminal: None }
            }
            Some((terminal, foreground)) => {
                let relation = Relation::of(rinit, terminal, foreground);
                Self::with_terminal(settings, terminal, relation)
            }
        }
    }

    fn with_terminal(settings: &Settings, terminal: Terminal, relation: Relation) -> Self {
        let wanted = match settings.stop {
            // rinit has to see the keys that begin a stop, as only a member of the foreground group does.
            Some(_) if settings.target == Target::Child => settings.group.or_inherited(),
            _ => settings.group,
        };
        let place = place_with_terminal(wanted, settings.target, relation);
        let takes_terminal = match place {
            Place::Foreground => true,
            Place::OwnSession => relation.leads_session,
            Place::OwnGroup | Place::RinitsGroup => false,
        };
        let when_stopped = relation.when_stopped(place, settings.suspend);
        Self { place, when_stopped, terminal: Some(terminal).filter(|_| takes_terminal) }
    }

    /// Gives rinit's terminal up if the child is to take it into a session of its own; for rinit to call.
    /// The SIGHUP and SIGCONT that the kernel sends for it are discarded: those that another process sent
    /// before are pending again.
    pub fn release_terminal(&self, rinit: Pid) {
        let (Place::OwnSession, Some(terminal)) = (self.place, self.terminal) else {
            return;
        };
        terminal.give_up();
        let mut received = Received::nothing();
        for signal in [Signal::HUP, Signal::CONT] {
            if signal::take_pending(SignalSet::of(signal), &mut received) && received.sender() != Some(rinit)
            {
                let _ = signal::queue(rinit, signal, &received); // it was pending, so there is room for it
            }
        }
    }

    /// Takes the place; for the child to call, with all signals blocked.
    pub fn enter(&self) {
        match self.place {
            Place::OwnGroup => process::lead_group(),
            Place::Foreground => {
                process::lead_group();
                if let (Some(terminal), Some(group)) = (self.terminal, process::own_group()) {
                    terminal.set_foreground(group);
                }
            }
            Place::RinitsGroup => {}
            Place::OwnSession => {
                process::lead_session();
                if let Some(terminal) = self.terminal {
                    terminal.acquire();
                }
            }
        }
    }
}

impl WhenStopped {
    /// Whether rinit wants to know when the child stops.
    pub fn stops(self) -> JobStops {
        match self {
            Self::Wait => JobStops::PassedOver,
            Self::Continue | Self::Follow => JobStops::Reported,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn relations() -> Vec<Relation> {
        let bit = |number: u32, index: u32| number >> index & 1 == 1;
        let relation = |number| Relation {
            is_init: bit(number, 0),
            leads_session: bit(number, 1),
            leads_group: bit(number, 2),
            in_foreground: bit(number, 3),
            stdout_is_terminal: bit(number, 4),
        };
        (0..32).map(relation).collect()
    }

    #[test]
    fn without_a_terminal_the_child_leads_what_was_asked_for() {
        assert_eq!(place_without_terminal(ChildGroup::Own), Place::OwnGroup);
        assert_eq!(place_without_terminal(ChildGroup::OwnSession), Place::OwnSession);
        assert_eq!(place_without_terminal(ChildGroup::Inherited), Place::RinitsGroup);
    }

    #[test]
    fn the_child_gets_the_terminal_only_where_rinit_has_it_to_itself() {
        for relation in relations() {
            let alone = relation.leads_group && (relation.is_init || relation.stdout_is_terminal);
            for target in [Target::Child, Target::Group] {
                let place = place_with_terminal(ChildGroup::Own, target, relation);
                assert_eq!(place == Place::Foreground, alone && relation.in_foreground, "{relation:?}");
                // With -g it must not be in rinit's group.
                assert!(place != Place::RinitsGroup || target == Target::Child && !alone, "{relation:?}");
            }
        }
    }

    #[test]
    fn only_a_member_of_another_process_session_follows_its_child() {
        for relation in relations() {
            for place in [Place::OwnGroup, Place::Foreground, Place::RinitsGroup, Place::OwnSession] {
                let when_stopped = relation.when_stopped(place, false);
                let follows = !relation.is_init && !relation.leads_session;
                assert_eq!(when_stopped == WhenStopped::Follow, follows, "{relation:?}");
                let continues = relation.leads_session && place == Place::Foreground;
                assert_eq!(when_stopped == WhenStopped::Continue, continues, "{relation:?}");
                assert_ne!(relation.when_stopped(place, true), WhenStopped::Follow);
            }
        }
    }
}
