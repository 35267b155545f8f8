//! Job control: to the shell that started it, rinit and its child are one job.
#![forbid(unsafe_code)]

use crate::sys::file;
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Signal};
use crate::sys::terminal::Terminal;

/// Stops rinit, process `own`, as `child` has been stopped, and continues the child when a shell has
/// continued rinit: in the foreground, if that is where the shell put rinit.
pub fn follow(own: Pid, child: Pid, signal: Signal) {
    let rinits_group = process::process_group();
    let childs_group = process::process_group_of(child);
    pass_terminal(childs_group, rinits_group);
    let continued = signal::stop(own, signal);
    if !continued && signal != Signal::TSTP {
        return; // the child would be stopped for the same reason again, without end
    }
    pass_terminal(rinits_group, childs_group);
    if childs_group != rinits_group {
        let _ = signal::kill_group(childs_group, Signal::CONT);
    } else if !process::was_continued(child) {
        let _ = signal::kill(child, Signal::CONT);
    }
}

/// Makes `to` the terminal's foreground group if `from` is that now.
pub fn pass_terminal(from: Pid, to: Pid) {
    if let Some((terminal, foreground)) = Terminal::controlling()
        && foreground == from
    {
        terminal.set_foreground(to);
    }
    file::close_from(file::STDERR + 1);
}
