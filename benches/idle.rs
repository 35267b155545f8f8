//! Figure 4: what an init does when there is nothing to do.

use crate::fleet::Fleet;
use crate::harness::proc;
use crate::process::Process;
use serde::{Deserialize, Serialize};
use std::fs;
use std::time::Duration;

/// The wake-ups and CPU time of one process, or the sums of many.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Idle {
    pub wake_ups: u64,
    /// The time on a CPU.
    pub nanoseconds: u64,
}

impl Idle {
    /// The counts of a process up to now.
    fn of(running: &Process) -> Self {
        let switches = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
        let schedule = fs::read_to_string(format!("/proc/{}/schedstat", running.pid)).expect("it runs");
        let nanoseconds = schedule.split(' ').next().and_then(|number| number.parse().ok());
        Self {
            wake_ups: switches.map(|field| proc::status_number(running.pid, field)).iter().sum(),
            nanoseconds: nanoseconds.expect("a number"),
        }
    }
}

/// Measures each init, with one process and with `many`; `None` for an init that does not have so many.
pub fn measure(fleet: &Fleet, many: usize, time: Duration) -> [Vec<Option<Idle>>; 2] {
    let look = || -> Vec<Vec<Idle>> {
        fleet.0.iter().map(|running| running.iter().map(Idle::of).collect()).collect()
    };
    let before = look();
    std::thread::sleep(time);
    let after = look();
    let difference = |before: &[Idle], after: &[Idle]| {
        let sum =
            |of: fn(&Idle) -> u64| after.iter().map(of).sum::<u64>() - before.iter().map(of).sum::<u64>();
        Idle { wake_ups: sum(|idle| idle.wake_ups), nanoseconds: sum(|idle| idle.nanoseconds) }
    };
    [1, many].map(|count| {
        let all = before.iter().zip(&after);
        all.map(|(before, after)| Some(difference(before.get(..count)?, after.get(..count)?))).collect()
    })
}
