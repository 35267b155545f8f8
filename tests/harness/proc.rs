//! What proc(5) says of a process.

use super::{eventually, eventually_eq, target};
use nix::unistd::Pid;
use std::fs;
use std::io::Read;

/// A field of `/proc/PID/status`, such as `SigBlk`.
pub fn status(pid: Pid, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// The number in a field of `/proc/PID/status`.
pub fn status_number(pid: Pid, field: &str) -> u64 {
    let text = status(pid, field).unwrap_or_else(|| panic!("no {field} in the status of {pid}"));
    let number = text.split_whitespace().next().expect("a word");
    number.parse().unwrap_or_else(|error| panic!("{field} {text:?}: {error}"))
}

/// The numbers in these fields of `/proc/PID/stat`, counted as in proc_pid_stat(5), from the fourth on.
pub fn stat<const COUNT: usize>(pid: Pid, fields: [usize; COUNT]) -> Option<[u64; COUNT]> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (_, after_the_name) = stat.rsplit_once(") ")?; // the name is the second
    let words: Vec<_> = after_the_name.split_whitespace().collect();
    Some(fields.map(|field| words[field - 3].parse().expect("a number")))
}

/// A field of `/proc/PID/smaps_rollup`, in KiB.
pub fn memory(pid: Pid, field: &str) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs");
    let line = rollup.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.unwrap_or_else(|| panic!("no {field} in {rollup:?}"))
}

/// The number of the system call that it sleeps in.
pub fn system_call(pid: Pid) -> Option<i64> {
    let number = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?.split(' ').next()?.parse().ok()?;
    let mut head = [0; 5];
    fs::File::open(format!("/proc/{pid}/exe")).ok()?.read_exact(&mut head).ok()?;
    Some(if head == *b"\x7fELF\x01" { target::of_i386(number) } else { number })
}

/// The process's name.
pub fn name(pid: Pid) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim_end().to_owned())
}

/// The parent of a process, if that is there.
pub fn parent(pid: Pid) -> Option<Pid> {
    Some(Pid::from_raw(status(pid, "PPid")?.parse().expect("a process ID")))
}

/// Its children, zombies too, in the order in which they became that. Numbers have none: they begin anew.
pub fn children(pid: Pid) -> Vec<Pid> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(|pid| Pid::from_raw(pid.parse().expect("a pid"))).collect()
}

/// Its children, their children, and so on.
pub fn descendants(pid: Pid) -> Vec<Pid> {
    let mut found = children(pid);
    let mut next = 0;
    while next < found.len() {
        found.extend(children(found[next]));
        next += 1;
    }
    found
}

/// Its children that are zombies.
pub fn zombies(pid: Pid) -> Vec<Pid> {
    let is_zombie = |pid: &Pid| state(*pid) == Some('Z');
    children(pid).into_iter().filter(is_zombie).collect()
}

/// The letter of its state: `T` is stopped, `Z` a zombie.
pub fn state(pid: Pid) -> Option<char> {
    status(pid, "State")?.chars().next()
}

/// Waits until a process is no more, or a zombie.
pub fn ended(pid: Pid) {
    eventually_eq(None, || state(pid).filter(|state| *state != 'Z'));
}

/// Its state if it sleeps and no signal is pending for it.
pub const IDLE: (Option<u64>, Option<char>) = (Some(0), Some('S'));

/// The signals that are pending for all of a process, as bits, and its state.
pub fn activity(pid: Pid) -> (Option<u64>, Option<char>) {
    let pending = status(pid, "ShdPnd").map(|bits| u64::from_str_radix(&bits, 16).expect("a mask"));
    (pending, state(pid))
}

/// The descriptors that it has open.
pub fn descriptors(pid: Pid) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is there");
    let mut numbers: Vec<u32> =
        entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// All processes, zombies too.
pub fn all() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).map(Pid::from_raw)
}

/// Those in a session.
pub fn of_session(leader: Pid) -> Vec<Pid> {
    all().filter(|pid| nix::unistd::getsid(Some(*pid)) == Ok(leader)).collect()
}

/// The nearest descendant of a process that has this name, as soon as there is one.
pub fn below(pid: Pid, wanted: &str) -> Pid {
    eventually(wanted, || descendants(pid).into_iter().find(|pid| name(*pid).as_deref() == Some(wanted)))
}
