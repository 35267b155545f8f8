//! The child's place: its session, its process group, and whether the terminal is its own.

use crate::options::settings::{ChildGroup, Settings, Target};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::terminal::Terminal;
use crate::sys::types::{Pid, Signal, Stops};

/// Where the child is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It leads a process group of its own.
    OwnGroup,
    /// It leads a process group of its own, in the foreground of rinit's terminal.
    Foreground,
    /// It stays in rinit's process group, next to the others that share the terminal.
    RinitsGroup,
    /// It leads a session of its own.
    OwnSession,
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

/// How rinit stands to its terminal, which decides about the child's place.
#[derive(Clone, Copy, Debug)]
struct Standing {
    is_init: bool,
    leads_session: bool,
    /// Whether the process group is its own. One whose leader is outside the PID namespace is not.
    leads_group: bool,
    in_foreground: bool,
    stdout_is_terminal: bool,
}

impl Standing {
    /// Whether rinit has the terminal to itself: as PID 1, or as all of a shell's job, which the shell made
    /// rinit lead. In a pipeline or a script it belongs to the others in rinit's group as well.
    fn is_whole_job(self) -> bool {
        self.leads_group && (self.is_init || self.stdout_is_terminal)
    }
}

/// The place for a child of rinit, which stands so to its terminal, if it has one.
///
/// Without a terminal the child leads a group. With one it gets the terminal if rinit has it to itself.
/// With `-g` the child leads a group in any case, without the terminal if need be: a signal to rinit's group
/// would reach the others in it, and come back to rinit.
fn choose_place(wanted: ChildGroup, target: Target, standing: Option<Standing>) -> Place {
    match (wanted, standing) {
        (ChildGroup::OwnSession, _) => Place::OwnSession,
        (ChildGroup::Inherited, _) => Place::RinitsGroup,
        (ChildGroup::Own, None) => Place::OwnGroup,
        (ChildGroup::Own, Some(standing)) => match (standing.is_whole_job(), target) {
            (true, _) if standing.in_foreground => Place::Foreground,
            (true, _) | (false, Target::Group) => Place::OwnGroup,
            (false, Target::Child) => Place::RinitsGroup,
        },
    }
}

/// What rinit, which stands so to its terminal, does when a child at `place` is stopped.
fn choose_when_stopped(place: Place, suspend: bool, standing: Option<Standing>) -> WhenStopped {
    match standing {
        Some(standing) if standing.leads_session => match place {
            Place::Foreground => WhenStopped::Continue,
            _ => WhenStopped::Wait,
        },
        Some(standing) if !standing.is_init && !suspend => WhenStopped::Follow,
        _ => WhenStopped::Wait,
    }
}

/// The place of the child, and what goes with it.
#[derive(Clone, Copy)]
pub struct Position {
    /// Where the child is put.
    pub place: Place,
    /// What rinit does when the child is stopped there.
    pub when_stopped: WhenStopped,
    /// The terminal that the child takes with it.
    terminal: Option<Terminal>,
}

impl Position {
    /// Chooses the position of a child of `rinit`. If the child is to have rinit's terminal in a session of
    /// its own, rinit gives it up.
    pub fn choose(settings: &Settings, rinit: Pid) -> Self {
        let (terminal, standing) = match Terminal::controlling() {
            None => (None, None),
            Some((terminal, foreground)) => {
                let group = process::own_group();
                let standing = Standing {
                    is_init: rinit.is_init(),
                    leads_session: process::leads_session(rinit),
                    leads_group: group.is_some_and(|group| group.is_led_by(rinit)),
                    in_foreground: group == Some(foreground),
                    stdout_is_terminal: terminal.is_stdout(),
                };
                (Some(terminal), Some(standing))
            }
        };
        let place = choose_place(settings.group, settings.target, standing);
        let when_stopped = choose_when_stopped(place, settings.suspend, standing);
        let leads_session = standing.is_some_and(|standing| standing.leads_session);
        let terminal = match place {
            Place::Foreground => terminal,
            Place::OwnSession if leads_session => terminal.inspect(|terminal| give_up(*terminal, rinit)),
            _ => None,
        };
        Self { place, when_stopped, terminal }
    }

    /// Whether rinit wants to know when the child stops.
    pub fn stops(self) -> Stops {
        self.when_stopped.stops()
    }

    /// Takes the place; for the child to call, with all signals blocked.
    pub fn take(self) {
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
    pub fn stops(self) -> Stops {
        match self {
            Self::Wait => Stops::PassedOver,
            Self::Continue | Self::Follow => Stops::Reported,
        }
    }
}

/// Gives the terminal up, and discards the SIGHUP and SIGCONT that the kernel sends for it: those that
/// another process sent before are pending again.
fn give_up(terminal: Terminal, rinit: Pid) {
    terminal.give_up();
    for signal in [Signal::HUP, Signal::CONT] {
        if let Some(received) = signal::take_pending(signal)
            && received.sender() != Some(rinit)
        {
            let _ = signal::queue(rinit, signal, &received); // it was pending, so there is room for it
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn standings() -> Vec<Standing> {
        let bit = |number: u32, index: u32| number >> index & 1 == 1;
        let standing = |number| Standing {
            is_init: bit(number, 0),
            leads_session: bit(number, 1),
            leads_group: bit(number, 2),
            in_foreground: bit(number, 3),
            stdout_is_terminal: bit(number, 4),
        };
        (0..32).map(standing).collect()
    }

    #[test]
    fn without_a_terminal_the_child_leads_what_was_asked_for() {
        for target in [Target::Child, Target::Group] {
            assert_eq!(choose_place(ChildGroup::Own, target, None), Place::OwnGroup);
            assert_eq!(choose_place(ChildGroup::OwnSession, target, None), Place::OwnSession);
            assert_eq!(choose_place(ChildGroup::Inherited, target, None), Place::RinitsGroup);
        }
    }

    #[test]
    fn the_child_gets_the_terminal_only_where_rinit_has_it_to_itself() {
        for standing in standings() {
            let alone = standing.leads_group && (standing.is_init || standing.stdout_is_terminal);
            for target in [Target::Child, Target::Group] {
                let place = choose_place(ChildGroup::Own, target, Some(standing));
                assert_eq!(place == Place::Foreground, alone && standing.in_foreground, "{standing:?}");
                // With -g it must not be in rinit's group.
                assert!(place != Place::RinitsGroup || target == Target::Child && !alone, "{standing:?}");
            }
        }
    }

    #[test]
    fn only_a_member_of_another_process_session_follows_its_child() {
        for standing in standings() {
            for place in [Place::OwnGroup, Place::Foreground, Place::RinitsGroup, Place::OwnSession] {
                let when_stopped = choose_when_stopped(place, false, Some(standing));
                let follows = !standing.is_init && !standing.leads_session;
                assert_eq!(when_stopped == WhenStopped::Follow, follows, "{standing:?}");
                let continues = standing.leads_session && place == Place::Foreground;
                assert_eq!(when_stopped == WhenStopped::Continue, continues, "{standing:?}");
                assert_ne!(choose_when_stopped(place, true, Some(standing)), WhenStopped::Follow);
                assert_eq!(choose_when_stopped(place, false, None), WhenStopped::Wait);
            }
        }
    }
}
