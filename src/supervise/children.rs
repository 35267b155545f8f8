//! The search for rinit's children.

use super::content::read;
use super::pids::PidSet;
use crate::sys::bytes::{parse_decimal, part};
use crate::sys::file::{File, read_beginning};
use crate::sys::process;
use crate::sys::types::Pid;
use core::mem;

/// The search, by the first of these ways that finds a child: what proc(5) lists as rinit's, all that its /proc
/// lists, all process IDs. The kernel is asked again of each: the /proc of another PID namespace has other
/// numbers.
///
/// To ask of all IDs takes seconds, and is done in parts.
pub struct Search {
    /// How many IDs are to be asked of yet, and the next of them.
    left: i32,
    next: i32,
}

impl Search {
    /// One that has not begun.
    pub fn new() -> Self {
        Self { left: 0, next: 0 }
    }

    /// Whether the last look has ended a search.
    pub fn has_looked_everywhere(&self) -> bool {
        self.left == 0
    }

    /// Begins anew with the next look.
    pub fn restart(&mut self) {
        self.left = 0;
    }

    /// Looks for children, and puts those that it finds into `found`; returns whether it has looked everywhere.
    pub fn look(&mut self, found: &mut PidSet) -> bool {
        if self.left == 0 {
            let mut list = List { found, all: false, has_children: false, has_strangers: false };
            list.add_children();
            // One with strangers is of another PID namespace, whose numbers a few of the children may have by chance.
            if !list.has_strangers {
                if !list.has_children {
                    list.add_processes();
                }
                if list.has_children {
                    return true;
                }
            }
            // The IDs below one that was just given, which the children have, and then the rest: the numbers wrap
            // around.
            self.left = Pid::LIMIT;
            self.next = process::newest().map_or(Pid::LIMIT, Pid::number);
        }
        self.look_at_ids(found)
    }

    /// Asks of some IDs only, so that rinit looks at signals and the clock again within milliseconds.
    fn look_at_ids(&mut self, found: &mut PidSet) -> bool {
        const IDS_AT_ONCE: i32 = 1024;
        loop {
            if let Some(pid) = Pid::new(self.next).filter(|pid| process::is_child(*pid)) {
                found.insert(pid);
            }
            self.left -= 1;
            self.next -= 1;
            if self.next <= 0 {
                self.next = Pid::LIMIT; // which none has
            }
            if self.left % IDS_AT_ONCE == 0 {
                return self.left == 0;
            }
        }
    }
}

/// What /proc lists, proc(5).
pub struct List<'a> {
    /// Those that are looked for.
    pub found: &'a mut PidSet,
    /// Whether that is all, and not children alone.
    pub all: bool,
    /// Whether one was a child, and whether one was not.
    has_children: bool,
    has_strangers: bool,
}

impl List<'_> {
    fn add(&mut self, pid: Pid) {
        if self.all || process::is_child(pid) {
            self.has_children = true;
            self.found.insert(pid);
        } else {
            self.has_strangers = true;
        }
    }

    /// Adds what `/proc/thread-self/children` lists.
    fn add_children(&mut self) {
        let Ok(file) = File::open(c"/proc/thread-self/children") else {
            return;
        };
        let mut buffer = [0; 512];
        let mut number = 0i32;
        loop {
            let bytes = file.read(&mut buffer);
            if bytes.is_empty() {
                return;
            }
            for byte in bytes {
                if byte.is_ascii_digit() {
                    number = number.wrapping_mul(10).wrapping_add((byte - b'0').into());
                } else if let Some(pid) = Pid::new(mem::take(&mut number)) {
                    self.add(pid); // a space comes after each, also after the last
                }
            }
        }
    }

    /// Adds all processes that /proc lists.
    fn add_processes(&mut self) {
        let Ok(directory) = File::open(c"/proc") else {
            return;
        };
        let mut buffer = [0; 2048];
        loop {
            let names = directory.read_names(&mut buffer);
            if names.is_empty() {
                return;
            }
            for pid in names.filter_map(|name| pid_in(name, 0)) {
                self.add(pid);
            }
        }
    }
}

/// Puts all processes that /proc lists into `found`.
pub fn list_processes(found: &mut PidSet) {
    List { found, all: true, has_children: false, has_strangers: false }.add_processes();
}

/// Whether /proc is that of the PID namespace in which rinit is `rinit`.
pub fn is_proc_of(rinit: Pid) -> bool {
    let mut buffer = [0; 32];
    let stat = read_beginning(c"/proc/self/stat", &mut buffer);
    pid_in(stat, 0) == Some(rinit)
}

/// The parent of `pid`, proc_pid_stat(5); `None` if it is outside the PID namespace, or not told.
#[inline(never)] // 48 bytes less
pub fn parent_of(pid: Pid) -> Option<Pid> {
    let mut buffer = [0; 256];
    let stat = read("/proc/{}/stat\0", &[pid.into()], &mut buffer);
    // The name is in parentheses, and may have some itself; after it come the state and the parent.
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    pid_in(stat.get(after_name..)?, 2)
}

/// The process ID that is the word at `index`.
fn pid_in(words: &[u8], index: usize) -> Option<Pid> {
    Pid::new(parse_decimal(part(words, b' ', index))? as i32)
}
