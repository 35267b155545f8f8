//! Job control: to the shell that started it, rinit and its child are one job.

use crate::sys::process;
use crate::sys::signal;
use crate::sys::terminal::Terminal;
use crate::sys::types::{Group, GroupId, Pid, Signal};

/// The process groups between which the terminal goes to and fro; `None` where a security module or a filter
/// does not tell.
struct Groups {
    rinit: Pid,
    rinits: Option<GroupId>,
    childs: Option<GroupId>,
}

/// Stops `rinit`, as `signal` has stopped `child`, and continues the child when the shell has continued
/// rinit: in the foreground, if that is where the shell put rinit.
pub fn follow(rinit: Pid, child: Pid, signal: Signal) {
    let groups = Groups { rinit, rinits: process::own_group(), childs: process::group_of(child) };
    // A shell's `fg` of a job that runs only gives it the terminal, and gives it to rinit.
    let wants_terminal = matches!(signal, Signal::TTIN | Signal::TTOU);
    let got_terminal = wants_terminal && groups.terminal_to_child();
    if got_terminal || groups.stop_with_child(signal) {
        groups.continue_child(child);
    }
}

impl Groups {
    fn terminal_to_child(&self) -> bool {
        pass_terminal(self.rinit, self.rinits, self.childs)
    }

    fn terminal_to_rinit(&self) -> bool {
        pass_terminal(self.rinit, self.childs, self.rinits)
    }

    /// Stops rinit, with the terminal in its hands meanwhile; returns whether the child is to be continued.
    /// It is not if the kernel did not let rinit be stopped, for want of a shell that could continue it: the
    /// child would stop for the same reason again.
    fn stop_with_child(&self, signal: Signal) -> bool {
        self.terminal_to_rinit();
        if !signal::stop(self.rinit, signal) && signal != Signal::TSTP {
            return false;
        }
        self.terminal_to_child();
        true
    }

    /// Continues the child: with its whole group if that is its own, and else unless the shell, which
    /// continues rinit's group, has done so.
    #[inline(never)] // 8 bytes less
    fn continue_child(&self, child: Pid) {
        match self.childs.and_then(GroupId::group) {
            Some(group) if self.childs != self.rinits => {
                let _ = signal::kill_group(group, Signal::CONT);
            }
            _ if !process::was_continued(child) => {
                let _ = signal::kill(child, Signal::CONT);
            }
            _ => {}
        }
    }
}

/// Continues the group of a child that nobody else could continue.
pub fn resume(child: Pid) {
    if let Some(group) = Group::led_by(child) {
        let _ = signal::kill_group(group, Signal::CONT); // it may have ended meanwhile
    }
}

/// Makes `to` the foreground group of rinit's terminal if `from` is that now; returns whether it was.
pub fn pass_terminal(rinit: Pid, from: Option<GroupId>, to: Option<GroupId>) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return false };
    let Some((terminal, foreground)) = Terminal::of(rinit) else { return false };
    // With nothing to change, nothing is set: a shell may be taking the terminal back by now.
    let is_passed = foreground == from && from != to;
    if is_passed {
        terminal.set_foreground(to);
    }
    terminal.close();
    is_passed
}
