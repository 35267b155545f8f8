//! Which CPU does the work. Whether two processes happen to share a CPU is luck, and would be measured too.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Does `work` on this CPU; processes that are started meanwhile run there too.
pub fn on<R>(cpu: CpuSet, work: impl FnOnce() -> R) -> R {
    let all = allowed();
    sched_setaffinity(Pid::from_raw(0), &cpu).expect("the CPU is allowed");
    let result = work();
    sched_setaffinity(Pid::from_raw(0), &all).expect("the CPUs are allowed");
    result
}

/// The first CPU that may be used.
pub fn first() -> CpuSet {
    only(numbers().next())
}

/// The last CPU that may be used, which is the first again if there is no other.
pub fn last() -> CpuSet {
    only(numbers().last())
}

fn numbers() -> impl Iterator<Item = usize> {
    let all = allowed();
    (0..CpuSet::count()).filter(move |cpu| all.is_set(*cpu) == Ok(true))
}

fn only(number: Option<usize>) -> CpuSet {
    let mut cpu = CpuSet::new();
    cpu.set(number.expect("this process runs on one")).expect("there is such a CPU");
    cpu
}

fn allowed() -> CpuSet {
    sched_getaffinity(Pid::from_raw(0)).expect("it can be read")
}
