//! The child: everything up to and including its exec.

mod addressed;
mod diagnosis;
pub mod elf;
mod input;
pub mod place;
pub mod search;

use crate::message::say;
use crate::options::settings::Settings;
use crate::policy::exit::OwnCode;
use crate::sys::arguments::Program;
use crate::sys::process;
use crate::sys::signal::{self, Disposition};
use crate::sys::types::{Errno, JobStops, Pid, Signal, SignalSet};
use place::{Place, Placement, WhenStopped};

/// The spawned child.
pub struct Child {
    /// Its process ID, which is that of its process group too if it has one of its own.
    pub pid: Pid,
    /// Where it was put.
    pub place: Place,
    /// What to do when a signal stops it.
    pub when_stopped: WhenStopped,
}

/// What rinit's caller has set for it, and the child gets as if it had been started instead of rinit.
#[derive(Clone, Copy)]
pub struct Inherited {
    /// The signal mask.
    pub mask: SignalSet,
    /// The parent-death signal.
    pub parent_death: Option<Signal>,
}

/// Spawns the program as a child of `rinit`, whose signals are all blocked.
///
/// # Errors
///
/// There is no child, of which a message has been sent, and nothing is left of the attempt.
pub fn spawn(
    program: Program,
    settings: &Settings,
    rinit: Pid,
    inherited: Inherited,
) -> Result<Child, OwnCode> {
    let placement = Placement::choose(settings, rinit);
    input::prepare(settings)?;
    placement.release_terminal(rinit);
    // While SIGCHLD is ignored the kernel keeps no wait status, wait(2) under NOTES.
    let sigchld = signal::set_sigchld(Disposition::Default, placement.when_stopped.stops())
        .map_err(|error| OwnCode::refused("set up signals", error))?;

    let mut failure = None;
    let pid = process::vfork(|child| {
        placement.enter(); // before the exec, and so before the first signal is forwarded
        if sigchld == Disposition::Ignore {
            let _ = signal::set_sigchld(Disposition::Ignore, JobStops::Reported);
        }
        if let Some(signal) = inherited.parent_death {
            let _ = process::follow_parent(Some(rinit), signal); // it is blocked until right before the exec
        }
        let _ = signal::set_mask(inherited.mask);
        let error = addressed::execute(program, rinit, child);
        let code = report_failure(program, error);
        failure = Some(code);
        settings.own_codes.of(code)
    });
    let pid = pid.map_err(|error| {
        say!("fork for {}: {}\nhint: raise pids.max, ulimit -u or memory", program.name(), error);
        OwnCode::Failure
    })?;
    // Where the child had the memory of its own, it is supervised, and its code passes through.
    if let Some(code) = failure {
        process::wait_for(pid);
        return Err(code);
    }
    Ok(Child { pid, place: placement.place, when_stopped: placement.when_stopped })
}

/// Says why the program cannot be executed, and returns the exit code; for the child to call, which alone
/// knows it under an emulator.
fn report_failure(program: Program, error: Errno) -> OwnCode {
    // The message must not end or stop the child, whatever stderr is.
    let _ = signal::set_mask(SignalSet::ALL);
    diagnosis::report(program, error);
    match error {
        Errno(libc::ENOENT) => OwnCode::NotFound,
        _ => OwnCode::CannotExecute,
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
        self.place == Place::RinitsGroup
            && process::own_group().is_some_and(|own| process::group_of(self.pid) == Some(own))
    }
}
