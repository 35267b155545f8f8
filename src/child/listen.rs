//! Variables that name the process they are for: where that is rinit, it is to be the child.
//!
//! The descriptors of a socket activation are for the process that `LISTEN_PID` names, sd_listen_fds(3).

use crate::message::append;
use crate::message::text::Text;
use crate::sys::arguments::{InChild, Prefix, Program};
use crate::sys::bytes::parse_decimal;
use crate::sys::process;
use crate::sys::types::{Errno, Pid};

/// Names the process that the descriptors are for.
const LISTEN_PID: Prefix = Prefix::new(b"LISTEN_PID=");

/// Names the same process in a way of systemd's own, which no program has to use.
const LISTEN_PIDFDID: Prefix = Prefix::new(b"LISTEN_PIDFDID=");

/// Whether the descriptors that the program inherits are for `rinit`.
pub fn is_for(program: Program, rinit: Pid) -> bool {
    let named = program.environment.after(LISTEN_PID).and_then(parse_decimal);
    named == Some(rinit.number() as u32)
}

/// Runs `execute` with the caller in the place of rinit. `LISTEN_PIDFDID` gets the same string: to say the
/// same twice is to leave that out.
pub fn readdressed(
    program: Program,
    child: &mut InChild,
    execute: impl FnOnce(&mut InChild) -> Errno,
) -> Errno {
    let caller = match process::pid() {
        Ok(caller) => caller,
        Err(error) => return error,
    };
    let mut text = Text::empty();
    append!(text, "LISTEN_PID={}\0", caller);
    let Some(variable) = text.c_string() else {
        return Errno(libc::EINVAL);
    };
    let environment = program.environment;
    child.with_replaced(environment.find(LISTEN_PID), variable, |child| {
        child.with_replaced(environment.find(LISTEN_PIDFDID), variable, execute)
    })
}
