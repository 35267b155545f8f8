//! Job control: to the shell that started it, rinit and its child are one job.
#![forbid(unsafe_code)]

use crate::sys::file;
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Signal};
use crate::sys::terminal::Terminal;

/// Stops rinit, process `own`, as `signal` has stopped `child`, and continues the child when the shell has
/// continued rinit: in the foreground, if that is where the shell put rinit.
pub fn follow(own: Pid, child: Pid, signal: Signal) {
    let rinits_group = process::process_group();
    let childs_group = process::process_group_of(child);
    // A shell's `fg` of a job that runs only gives it the terminal, and gives it to rinit.
    let wants_terminal = matches!(signal, Signal::TTIN | Signal::TTOU);
    if !(wants_terminal && pass_terminal(rinits_group, childs_group)) {
        pass_terminal(childs_group, rinits_group);
        if !signal::stop(own, signal) && signal != Signal::TSTP {
            return; // no shell could continue it, and it would stop for the same reason again
        }
        pass_terminal(rinits_group, childs_group);
    }
    // Where a security module does not tell the group it is a negative number, and nobody's.
    if childs_group != rinits_group && childs_group.0 > 0 {
        let _ = signal::kill_group(childs_group, Signal::CONT);
    } else if !process::was_continued(child) {
        let _ = signal::kill(child, Signal::CONT);
    }
}

/// Makes `to` the terminal's foreground group if `from` is that now; answers whether it was.
pub fn pass_terminal(from: Pid, to: Pid) -> bool {
    let was_foreground = match Terminal::controlling() {
        // With nothing to change, nothing is set: a shell may be taking the terminal back by now.
        Some((terminal, foreground)) if foreground == from && from != to => {
            terminal.set_foreground(to);
            true
        }
        _ => false,
    };
    file::close_from(file::STDERR + 1);
    was_foreground
}
