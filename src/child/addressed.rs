//! Variables that name the process they are for: where that is rinit, it is to be the child.
//!
//! `LISTEN_PID` names the process that the descriptors of a socket activation are for, sd_listen_fds(3),
//! `WATCHDOG_PID` the one that has to notify, sd_watchdog_enabled(3), and `SYSTEMD_EXEC_PID` the one that a
//! service manager has executed, systemd.exec(5).

use super::search;
use crate::message::append;
use crate::message::text::Text;
use crate::sys::arguments::{Execution, InChild, Prefix, Program, Replacement};
use crate::sys::bytes::{after, c_string};
use crate::sys::process;
use crate::sys::types::{Errno, Pid};
use core::ffi::CStr;

const LISTEN_PID: Prefix = Prefix::new(b"LISTEN_PID=");
const WATCHDOG_PID: Prefix = Prefix::new(b"WATCHDOG_PID=");
const SYSTEMD_EXEC_PID: Prefix = Prefix::new(b"SYSTEMD_EXEC_PID=");

/// Says as `LISTEN_PID` does, in a way of systemd's own that no program has to use, for whom the descriptors
/// are.
const LISTEN_PIDFDID: Prefix = Prefix::new(b"LISTEN_PIDFDID=");

/// Executes `program`, with what names `rinit` in its environment naming the caller. Returns only if that
/// fails.
pub fn execute(program: Program, rinit: Pid, child: &mut InChild) -> Errno {
    // One walk for all: most environments have none.
    if program.environment.find_any([LISTEN_PID, WATCHDOG_PID, SYSTEMD_EXEC_PID]).is_none() {
        return search::execute_program(&mut Execution { program, replacements: &[], child });
    }
    execute_readdressed(program, rinit, child)
}

#[inline(never)] // so that the page for the text is touched only if it is needed
fn execute_readdressed(program: Program, rinit: Pid, child: &mut InChild) -> Errno {
    let caller = match process::pid() {
        Ok(caller) => caller,
        Err(error) => return error,
    };
    let mut text = Text::empty();
    append!(
        text,
        "LISTEN_PID={}\0LISTEN_PID={}\0WATCHDOG_PID={}\0WATCHDOG_PID={}\0SYSTEMD_EXEC_PID={}\0SYSTEMD_EXEC_PID={}\0",
        rinit,
        caller,
        rinit,
        caller,
        rinit,
        caller,
    );
    let mut rest = text.bytes();
    let mut replacements = [Replacement { at: None, by: c"" }; 4];
    for replacement in &mut replacements {
        let naming_rinit = Prefix::whole(take_string(&mut rest));
        *replacement = Replacement { at: program.environment.find(naming_rinit), by: take_string(&mut rest) };
    }
    let [listen, .., pidfd] = &mut replacements;
    // A variable that is there twice counts once, so this one is gone.
    *pidfd = Replacement { at: listen.at.and_then(|_| program.environment.find(LISTEN_PIDFDID)), ..*listen };
    search::execute_program(&mut Execution { program, replacements: &replacements, child })
}

#[inline(never)]
fn take_string<'a>(rest: &mut &'a [u8]) -> &'a CStr {
    let string = c_string(rest).unwrap_or_default();
    *rest = after(rest, string.count_bytes() + 1);
    string
}
