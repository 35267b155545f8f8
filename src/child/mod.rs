//! Spawning the child: everything up to and including its exec.
#![forbid(unsafe_code)]

pub mod diagnosis;
pub mod elf;
pub mod place;
pub mod search;

use crate::child::place::{Place, WhenStopped};
use crate::child::search::execute_program;
use crate::message::say;
use crate::message::text::Text;
use crate::options::settings::Settings;
use crate::policy::exit::OwnCode;
use crate::supervise::oom;
use crate::sys::arguments::Program;
use crate::sys::bytes::parse_decimal;
use crate::sys::errno::Errno;
use crate::sys::file;
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Disposition, Signal, SignalSet};
use log::Level;

/// The spawned child.
pub struct Child {
    /// Its process ID, which is that of its process group too if it has one of its own.
    pub pid: Pid,
    /// Its place.
    pub place: Place,
    /// What to do when a signal stops it.
    pub when_stopped: WhenStopped,
    /// How many processes of the cgroup the OOM killer had killed before, if that is worth saying.
    pub oom_kills_before: u32,
}

/// Why there is no child.
pub enum SpawnError {
    /// No process could be made.
    Fork(Errno),
    /// The process could not execute the program.
    Execute(Errno),
}

/// Spawns the program with `mask`, as process `own`, whose signals are all blocked by now.
pub fn spawn(program: Program, settings: &Settings, own: Pid, mask: SignalSet) -> Result<Child, SpawnError> {
    let (place, when_stopped) = Place::choose(own, settings);
    // While SIGCHLD is ignored the kernel keeps no wait status, wait(2) under NOTES.
    let sigchld = signal::set_sigchld(Disposition::Default, when_stopped != WhenStopped::Wait);

    // Before the fork: a child too big for its cgroup may be dead by the time that rinit runs again.
    let oom_kills_before = if Level::Info <= settings.verbosity { oom::kills() } else { 0 };

    let mut error = None;
    let failure = &mut error;
    let child = move || {
        place.take(); // before the exec, and so before the first signal is forwarded
        if sigchld == Disposition::Ignore {
            signal::set_sigchld(Disposition::Ignore, true);
        }
        signal::set_mask(mask);
        *failure = Some(execute(program, own));
    };
    let pid = process::vfork(program, child).map_err(SpawnError::Fork)?;
    if let Some(error) = error {
        process::wait_for(pid);
        return Err(SpawnError::Execute(error));
    }

    let_go_of_everything();
    Ok(Child { pid, place, when_stopped, oom_kills_before })
}

/// Executes the program. The descriptors of a socket activation are for the process that `LISTEN_PID`
/// names: where that is rinit, process `own`, it is to be the child, sd_listen_fds(3).
fn execute(program: Program, own: Pid) -> Errno {
    match program.listen_pid() {
        Some(pid) if parse_decimal(pid) == Some(own.0 as u32) => execute_listening(program),
        _ => execute_program(program),
    }
}

#[inline(never)] // so that the page for the text is touched only if it is needed
fn execute_listening(program: Program) -> Errno {
    let mut text = Text::empty();
    text.append("LISTEN_PID={}\0", &[process::pid().into()]);
    match text.path() {
        Some(variable) => process::execute_with(variable, program, || execute_program(program)),
        None => Errno(libc::EINVAL),
    }
}

/// From here on rinit pins no file, pipe, socket or mount of its caller's.
pub fn let_go_of_everything() {
    file::close_from(file::STDERR + 1);
    process::change_to_root();
}

impl Child {
    /// The signal that stops the child where `signal` would: in a session of its own there is no shell to
    /// continue it, and so the kernel lets none but SIGSTOP stop it, setpgid(2) on orphaned groups.
    pub fn effective(&self, signal: Signal) -> Signal {
        match (signal, self.place, self.when_stopped) {
            (Signal::TSTP | Signal::TTIN | Signal::TTOU, Place::Session(_), WhenStopped::Follow) => {
                Signal::STOP
            }
            _ => signal,
        }
    }

    /// Whether it was put into rinit's process group, and is there still.
    pub fn is_beside_rinit(&self) -> bool {
        matches!(self.place, Place::RinitsGroup)
            && process::process_group_of(self.pid) == process::process_group()
    }
}

impl SpawnError {
    /// Says why there is no child, and answers the exit code.
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
