//! Orphans, in waves.

use super::{CODE, Memory, alone, size};
use crate::harness::{self, Launch, Position, Running, everywhere, proc};
use nix::libc;

/// Lets waves of orphans come to the init, and sees that none is left, and that the child's code is kept.
pub fn wave_after_wave(position: Position, launch: Launch, waves: usize, orphans: usize, what: &str) {
    let arguments = ["waves", &waves.to_string(), &orphans.to_string(), &CODE.to_string()];
    let mut running: Running = launch.probe(&arguments).start();
    let memory = Memory::before(&running);
    running.stdout.expect("ready");
    harness::eventually_eq((vec![], 1), || (proc::zombies(running.pid), proc::children(running.pid).len()));
    memory.after(position, &format!("{} orphans in {waves} waves{what}", waves * orphans));
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), CODE);
    assert_eq!(running.stderr.rest(), "");
}

#[test]
fn waves_of_orphans_are_reaped_and_take_no_memory() {
    let _alone = alone();
    everywhere(|position| {
        wave_after_wave(position, Launch::init(position), size(10, 100), size(200, 1000), "");
    });
}
