//! The machine, and the date of the measurement.

use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

#[derive(Serialize, Deserialize)]
pub struct Machine {
    /// Year, month and day.
    pub date: String,
    pub host: String,
    pub kernel: String,
    pub cpu: String,
    pub cpus: usize,
}

impl Machine {
    pub fn this() -> Self {
        let kernel = |what: &str| {
            let text = fs::read_to_string(format!("/proc/sys/kernel/{what}")).expect("/proc is mounted");
            text.trim().to_owned()
        };
        let date = Command::new("date").arg("+%F").output().expect("date is installed").stdout;
        let cpus = fs::read_to_string("/proc/cpuinfo").expect("/proc is mounted");
        let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            date: String::from_utf8(date).expect("a date").trim().to_owned(),
            host: kernel("hostname"),
            // Without the part that the kernel's builder has added.
            kernel: kernel("osrelease").split('-').next().expect("a number").to_owned(),
            cpu: cpu.map_or("unknown", |(_, name)| name).to_owned(),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
