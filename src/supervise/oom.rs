//! Whether the OOM killer struck: the kernel counts for each cgroup how often it did, cgroups(7).
//!
//! Version 2 of cgroups has the count in `memory.events`, version 1 in `memory.oom_control`, each in a
//! line `oom_kill COUNT`. Where neither can be read, it is not known, and nothing is said of it.

use super::content::read;
use crate::message::text::Piece;
use crate::sys::bytes::{parse_decimal, parts};
use crate::sys::file::read_beginning;

/// How many processes of rinit's cgroup the OOM killer has killed; 0 if that is not known.
pub fn kills() -> u32 {
    let mut buffer = [0; 4096]; // a dozen lines, each with as long a path as engines make
    let (file, cgroup) = source(read_beginning(c"/proc/self/cgroup", &mut buffer));
    // A container may see the path that its cgroup has on the host, and have nothing mounted but this
    // cgroup: then it is the mount's root.
    kills_of(file, cgroup).or_else(|| kills_of(file, b"")).unwrap_or(0)
}

fn kills_of(file: &str, cgroup: &[u8]) -> Option<u32> {
    count(read(file, &[Piece::Raw(cgroup)], &mut [0; 256]))
}

/// The file with the count, and the cgroup whose path is part of its name, by what is in
/// `/proc/self/cgroup`. The memory controller is in one of the two versions; if version 1 has it, it has a
/// line there.
fn source(cgroups: &[u8]) -> (&'static str, &[u8]) {
    match after(cgroups, b":memory:") {
        [] => ("/sys/fs/cgroup{}/memory.events\0", after(cgroups, b"0::")),
        cgroup => ("/sys/fs/cgroup/memory{}/memory.oom_control\0", cgroup),
    }
}

/// The count in either file.
fn count(file: &[u8]) -> Option<u32> {
    parse_decimal(after(file, b"oom_kill "))
}

/// The rest of the line in which `marker` is, from there on; nothing if it is in none.
fn after<'a>(text: &'a [u8], marker: &[u8]) -> &'a [u8] {
    let rest = (0..text.len()).find_map(|start| text.get(start..)?.strip_prefix(marker));
    rest.and_then(|rest| parts(rest, b'\n').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION_1: &str = "/sys/fs/cgroup/memory{}/memory.oom_control\0";
    const VERSION_2: &str = "/sys/fs/cgroup{}/memory.events\0";

    #[test]
    fn the_cgroup_is_that_of_the_memory_controller_whichever_version_has_it() {
        for (cgroups, file, cgroup) in [
            // Version 2: in a cgroup namespace of its own, in a session of systemd's, in a container
            // that shares the host's namespace.
            ("0::/\n", VERSION_2, "/"),
            (
                "0::/user.slice/user-0.slice/session-3.scope\n",
                VERSION_2,
                "/user.slice/user-0.slice/session-3.scope",
            ),
            ("0::/system.slice/docker-5e1f.scope\n", VERSION_2, "/system.slice/docker-5e1f.scope"),
            // Version 1 beside version 2, which has no memory controller then.
            (
                "9:name=systemd:/\n8:pids:/\n4:memory:/process_api/b21b\n3:cpuset:/\n1:cpu:/\n0::/\n",
                VERSION_1,
                "/process_api/b21b",
            ),
            ("3:cpu,cpuacct:/a\n2:memory:/\n1:name=systemd:/init.scope\n0::/init.scope\n", VERSION_1, "/"),
            (
                "11:memory:/kubepods.slice:cri-containerd:77ab\n",
                VERSION_1,
                "/kubepods.slice:cri-containerd:77ab",
            ),
            // Version 1 without a memory controller, and no /proc: there is no count then.
            ("2:pids:/a\n1:cpu:/b\n", VERSION_2, ""),
            ("", VERSION_2, ""),
        ] {
            assert_eq!(source(cgroups.as_bytes()), (file, cgroup.as_bytes()), "{cgroups}");
        }
    }

    #[test]
    fn the_count_is_in_a_line_of_its_own() {
        for (file, expected) in [
            ("low 0\nhigh 0\nmax 31\noom 2\noom_kill 1\noom_group_kill 0\nsock_throttled 0\n", Some(1)),
            ("low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 7\n", Some(0)),
            ("oom_kill_disable 0\nunder_oom 0\noom_kill 4711\n", Some(4711)),
            ("oom_kill_disable 1\nunder_oom 1\noom_kill 4294967295\n", Some(u32::MAX)),
            ("oom_kill_disable 0\nunder_oom 0\n", None), // before Linux 4.13
            ("", None),
        ] {
            assert_eq!(count(file.as_bytes()), expected, "{file}");
        }
    }
}
