//! Job control: to the shell that started it, rinit and its child are one job.

use crate::sys::file;
use crate::sys::process;
use crate::sys::signal;
use crate::sys::terminal::Terminal;
use crate::sys::types::{Group, GroupId, Pid, Signal};

/// Stops `rinit`, as `signal` has stopped `child`, and continues the child when the shell has continued
/// rinit: in the foreground, if that is where the shell put rinit.
pub fn follow(rinit: Pid, child: Pid, signal: Signal) {
    let (Some(rinits_group), Some(childs_group)) = (process::own_group(), process::group_of(child)) else {
        return; // a security module or a filter does not tell: it stays stopped until somebody continues it
    };
    // A shell's `fg` of a job that runs only gives it the terminal, and gives it to rinit.
    let wants_terminal = matches!(signal, Signal::TTIN | Signal::TTOU);
    let got_terminal = wants_terminal && pass_terminal(rinits_group, childs_group);
    if got_terminal || stop_with_child(rinit, signal, rinits_group, childs_group) {
        continue_child(child, rinits_group, childs_group);
    }
}

/// Stops rinit, with the terminal in its hands meanwhile; returns whether the child is to be continued. It
/// is not if the kernel did not let rinit be stopped, for want of a shell that could continue it: the child
/// would stop for the same reason again.
fn stop_with_child(rinit: Pid, signal: Signal, rinits_group: GroupId, childs_group: GroupId) -> bool {
    pass_terminal(childs_group, rinits_group);
    if !signal::stop(rinit, signal) && signal != Signal::TSTP {
        return false;
    }
    pass_terminal(rinits_group, childs_group);
    true
}

/// Continues the child: with its whole group if that is its own, and else unless the shell, which continues
/// rinit's group, has done so.
fn continue_child(child: Pid, rinits_group: GroupId, childs_group: GroupId) {
    match childs_group.group() {
        Some(group) if childs_group != rinits_group => {
            let _ = signal::kill_group(group, Signal::CONT);
        }
        _ if !process::was_continued(child) => {
            let _ = signal::kill(child, Signal::CONT);
        }
        _ => {}
    }
}

/// Continues the group of a child that nobody else could continue.
pub fn resume(child: Pid) {
    if let Some(group) = Group::led_by(child) {
        let _ = signal::kill_group(group, Signal::CONT); // it may have ended meanwhile
    }
}

/// Makes `to` the terminal's foreground group if `from` is that now; returns whether it was.
pub fn pass_terminal(from: GroupId, to: GroupId) -> bool {
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
