//! Figure 3: the memory of an idle init.

use crate::fleet::Fleet;
use crate::harness::proc;
use crate::process::Process;
use serde::{Deserialize, Serialize};
use std::fs;
use std::iter::Sum;
use std::ops::Add;

/// The memory of one process, or the sums of many, in KiB.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Memory {
    pub resident: u64,
    /// If processes share a page, each counts its part of it.
    pub proportional: u64,
    pub dirty: u64,
    pub page_tables: u64,
}

impl Memory {
    pub fn of(running: &Process) -> Self {
        let [resident, proportional, dirty] =
            ["Rss", "Pss", "Private_Dirty"].map(|field| proc::memory(running.pid, field));
        Self { resident, proportional, dirty, page_tables: proc::status_number(running.pid, "VmPTE") }
    }
}

impl Add for Memory {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            resident: self.resident + other.resident,
            proportional: self.proportional + other.proportional,
            dirty: self.dirty + other.dirty,
            page_tables: self.page_tables + other.page_tables,
        }
    }
}

impl Sum for Memory {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

/// Measures all processes of each init; `None` for an init that does not have `count`.
pub fn measure(fleet: &Fleet, count: usize) -> Vec<Option<Memory>> {
    let all = |running: &Vec<Process>| (running.len() == count).then(|| running.iter().map(asleep).sum());
    fleet.0.iter().map(all).collect()
}

/// The memory of a process that sleeps: an init still works for a while after its child has started.
fn asleep(running: &Process) -> Memory {
    running.sleeps();
    Memory::of(running)
}

/// The size of all kernel stacks of the machine, in KiB.
pub fn kernel_stacks() -> u64 {
    let memory = fs::read_to_string("/proc/meminfo").expect("/proc is mounted");
    let line = memory.lines().find_map(|line| line.strip_prefix("KernelStack:")).expect("proc(5) has it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
