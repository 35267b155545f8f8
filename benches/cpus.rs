//! Which CPU does it: two that could share one and do not are a matter of luck, which would be measured too.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Does it there, as do the processes that are started meanwhile.
pub fn on<R>(cpu: CpuSet, work: impl FnOnce() -> R) -> R {
    let all = allowed();
    sched_setaffinity(Pid::from_raw(0), &cpu).expect("it is among those allowed");
    let result = work();
    sched_setaffinity(Pid::from_raw(0), &all).expect("they are allowed");
    result
}

/// The first of those that may be used.
pub fn first() -> CpuSet {
    only(numbers().next())
}

/// The last, which is the first again where there is no other.
pub fn last() -> CpuSet {
    only(numbers().last())
}

fn numbers() -> impl Iterator<Item = usize> {
    let all = allowed();
    (0..CpuSet::count()).filter(move |cpu| all.is_set(*cpu) == Ok(true))
}

fn only(number: Option<usize>) -> CpuSet {
    let mut cpu = CpuSet::new();
    cpu.set(number.expect("this runs on one")).expect("there is such a CPU");
    cpu
}

fn allowed() -> CpuSet {
    sched_getaffinity(Pid::from_raw(0)).expect("it can be read")
}
