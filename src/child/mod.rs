//! The child: everything up to and including its exec.

pub mod diagnosis;
mod elf;
mod listen;
pub mod place;
mod search;

use crate::message::say;
use crate::options::settings::Settings;
use crate::policy::exit::OwnCode;
use crate::sys::arguments::{InChild, Program};
use crate::sys::process;
use crate::sys::signal::{self, Disposition};
use crate::sys::types::{Errno, Pid, Signal, SignalSet, Stops};
use place::{Place, Position, WhenStopped};

/// The spawned child.
pub struct Child {
    /// Its process ID, which is that of its process group too if it has one of its own.
    pub pid: Pid,
    /// Where it was put.
    pub place: Place,
    /// What to do when a signal stops it.
    pub when_stopped: WhenStopped,
}

/// Why there is no child.
pub enum SpawnError {
    /// No process could be made.
    Fork(Errno),
    /// The process could not execute the program.
    Execute(Errno),
}

/// Spawns the program with the signal mask `mask`, as a child of `rinit`, whose signals are all blocked.
///
/// # Errors
///
/// There is no child, and nothing is left of the attempt.
pub fn spawn(
    program: Program,
    settings: &Settings,
    rinit: Pid,
    mask: SignalSet,
) -> Result<Child, SpawnError> {
    let position = Position::choose(settings, rinit);
    // While SIGCHLD is ignored the kernel keeps no wait status, wait(2) under NOTES.
    let sigchld = signal::set_sigchld(Disposition::Default, position.stops());

    let mut error = None;
    let pid = process::vfork(|child| {
        position.take(); // before the exec, and so before the first signal is forwarded
        if sigchld == Disposition::Ignore {
            signal::set_sigchld(Disposition::Ignore, Stops::Reported);
        }
        signal::set_mask(mask);
        error = Some(execute(program, rinit, child));
    })
    .map_err(SpawnError::Fork)?;
    if let Some(error) = error {
        process::wait_for(pid);
        return Err(SpawnError::Execute(error));
    }
    Ok(Child { pid, place: position.place, when_stopped: position.when_stopped })
}

/// Executes the program, with what is addressed to rinit readdressed to it.
fn execute(program: Program, rinit: Pid, child: &mut InChild) -> Errno {
    if listen::is_for(program, rinit) {
        listen::readdressed(program, child, |child| search::execute_program(program, child))
    } else {
        search::execute_program(program, child)
    }
}

impl Child {
    /// The signal that stops the child where `signal` would: in a session of its own there is no shell to
    /// continue it, and so the kernel lets none but SIGSTOP stop it, setpgid(2) on orphaned groups.
    pub fn as_stopping(&self, signal: Signal) -> Signal {
        match (signal, self.place, self.when_stopped) {
            (Signal::TSTP | Signal::TTIN | Signal::TTOU, Place::OwnSession, WhenStopped::Follow) => {
                Signal::STOP
            }
            _ => signal,
        }
    }

    /// Whether it was put into rinit's process group, and is there still.
    pub fn shares_rinits_group(&self) -> bool {
        self.place == Place::RinitsGroup && process::group_of(self.pid) == process::own_group()
    }
}

impl SpawnError {
    /// Says why there is no child, and returns the exit code.
    pub fn report(&self, program: Program) -> OwnCode {
        match self {
            Self::Fork(error) => {
                say!("fork for {}: {}", program.name(), *error);
                OwnCode::Failure
            }
            Self::Execute(error) => {
                diagnosis::report(program, *error);
                match error {
                    Errno(libc::ENOENT) => OwnCode::NotFound,
                    _ => OwnCode::CannotExecute,
                }
            }
        }
    }
}
