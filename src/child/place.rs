//! The child's place: its session, its process group, and whether the terminal is its own.
#![forbid(unsafe_code)]

use crate::options::settings::{Settings, Target, Wish};
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Received, Signal};
use crate::sys::terminal::Terminal;

/// The child's place.
#[derive(Clone, Copy)]
pub enum Place {
    /// It leads a process group of its own.
    OwnGroup,
    /// It leads a process group of its own, in the foreground of this terminal.
    Foreground(Terminal),
    /// It stays in rinit's process group, next to the others whose terminal it is as well.
    RinitsGroup,
    /// It leads a session of its own, with the terminal that rinit has given up for it.
    Session(Option<Terminal>),
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

impl Place {
    /// Chooses the place for the child of process `own`, and what to do when it is stopped there.
    ///
    /// Without a terminal the child leads a group. With one it gets the terminal if rinit has it to
    /// itself: as a container's PID 1, or as all of a shell's job, which the shell made rinit lead.
    /// In a pipeline or a script the terminal belongs to the others in rinit's group as well. With
    /// `-g` the child leads a group there too, without the terminal: a signal to rinit's group would
    /// reach those others, and come back to rinit.
    pub fn choose(own: Pid, settings: &Settings) -> (Self, WhenStopped) {
        let Some((terminal, foreground)) = Terminal::controlling() else {
            let place = match settings.wish {
                Wish::Group => Self::OwnGroup,
                Wish::Session => Self::Session(None),
                Wish::NoGroup => Self::RinitsGroup,
            };
            return (place, WhenStopped::Wait);
        };
        // A group or session whose leader is outside the PID namespace has the number 0.
        let leads_session = process::session() == own;
        let group = process::process_group();
        let is_whole_job = group == own && (own == Pid::INIT || terminal.is_stdout());
        let place = match settings.wish {
            Wish::Session if leads_session => {
                give_up(terminal, own);
                Self::Session(Some(terminal))
            }
            Wish::Session => Self::Session(None),
            Wish::NoGroup => Self::RinitsGroup,
            Wish::Group if is_whole_job && group == foreground => Self::Foreground(terminal),
            Wish::Group if is_whole_job || settings.target == Target::Group => Self::OwnGroup,
            Wish::Group => Self::RinitsGroup,
        };
        let when_stopped = match place {
            Self::Foreground(_) if leads_session => WhenStopped::Continue,
            _ if leads_session || own == Pid::INIT || settings.suspend => WhenStopped::Wait,
            _ => WhenStopped::Follow,
        };
        (place, when_stopped)
    }

    /// Takes the place; for the child to call, with all signals blocked.
    pub fn take(self) {
        match self {
            Self::OwnGroup => process::lead_process_group(),
            Self::Foreground(terminal) => {
                process::lead_process_group();
                terminal.set_foreground(process::pid());
            }
            Self::RinitsGroup => {}
            Self::Session(terminal) => {
                process::lead_session();
                if let Some(terminal) = terminal {
                    terminal.take();
                }
            }
        }
    }
}

/// Gives the terminal up, and takes back the signals which that has the kernel send to rinit, unless
/// they came from somebody else before.
fn give_up(terminal: Terminal, own: Pid) {
    terminal.give_up();
    let mut received = Received::nothing();
    for signal in [Signal::HUP, Signal::CONT] {
        if received.take_pending(signal) && received.sender() != own {
            let _ = signal::queue(own, signal, &received);
        }
    }
}
