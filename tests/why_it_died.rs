//! With `-v` rinit says how the child ended, and whether the OOM killer struck.

use crate::harness;
use crate::harness::cgroup::Cgroup;
use crate::harness::trace::{self, Stop};
use crate::harness::{End, Launch, Output, Position, everywhere, must};
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sys::ptrace::Event;
use std::fs;
use std::path::Path;

/// What rinit says of the child: `exited with code 0`.
fn said(output: &Output) -> &str {
    let mut messages = output.stderr.lines().filter_map(|line| line.strip_prefix("rinit: child "));
    match (messages.next().and_then(|message| message.split_once(' ')), messages.next()) {
        (Some((_pid, said)), None) => said,
        _ => panic!("{output:?}"),
    }
}

/// The count of OOM kills in that, if it has one.
fn oom_kills(said: &str) -> Option<u32> {
    let (_, count) = said.split_once("; ")?;
    Some(count.split(' ').next_back()?.parse().expect("a number"))
}

#[test]
fn a_child_that_the_oom_killer_killed_is_said_to_be_one() {
    everywhere(|position| {
        let Some(cgroup) = Cgroup::small() else { return };
        let output =
            Launch::init(position).args(["-v"]).caller(cgroup.enter()).probe(&["eat-memory"]).output();
        assert_eq!(said(&output), "killed by SIGKILL; OOM kills in its cgroup: 1");
        assert_eq!((output.end, output.stdout.as_str()), (position.killed_by(libc::SIGKILL), ""));
    });
}

#[test]
fn a_child_that_exits_because_the_oom_killer_killed_its_workers_is_said_to_be_one() {
    everywhere(|position| {
        let Some(cgroup) = Cgroup::small() else { return };
        let script = r#""$PROBE" eat-memory; "$PROBE" eat-memory; exit 1"#;
        let launch = Launch::init(position).args(["-v"]).caller(cgroup.enter());
        let output = launch.env("PROBE", harness::probe()).shell(script).output();
        assert_eq!(oom_kills(said(&output)), Some(2), "{output:?}");
        assert_eq!(output.code(), 1);
    });
}

#[test]
fn what_the_oom_killer_did_before_rinit_started_is_not_spoken_of() {
    everywhere(|position| {
        let Some(cgroup) = Cgroup::small() else { return };
        let eater = Launch::program(Position::Outside, harness::probe()).args(["eat-memory"]);
        assert_eq!(eater.caller(cgroup.enter()).output().end, End::Killed(libc::SIGKILL));
        assert_eq!(cgroup.oom_kills(), 1);

        for (script, end) in [("kill -KILL $$", "killed by SIGKILL"), ("exit 0", "exited with code 0")] {
            let output = Launch::init(position).args(["-v"]).caller(cgroup.enter()).shell(script).output();
            assert_eq!(said(&output), end);
        }
    });
}

/// How many files an init opens up to the fork, and from there to its end.
fn opened_files(options: &[&str]) -> [usize; 2] {
    let launch = Launch::init(Position::Outside).args(options).command(["/bin/true"]);
    let (_running, init) = trace::start(launch, |running| running.pid);
    let mut opened = [0, 0];
    let mut has_forked = false;
    loop {
        match init.go_on() {
            Stop::Call(libc::SYS_openat) => opened[usize::from(has_forked)] += 1,
            Stop::Call(libc::SYS_exit_group) => break,
            Stop::Call(_) => {}
            Stop::Event(event) if event == Event::PTRACE_EVENT_VFORK as i32 => {
                has_forked = true;
                init.new_process().detach();
            }
            stop => panic!("{stop:?}"),
        }
    }
    init.detach();
    opened
}

/// A later look would miss the end of a child that is killed at once.
#[test]
fn the_count_is_looked_up_before_the_child_exists_and_not_at_all_without_v() {
    assert_eq!(opened_files(&[]), [1, 0]); // the terminal
    let [before, after] = opened_files(&["-v"]);
    assert!(after > 0 && before == 1 + after, "{before} {after}");
}

/// How many OOM kills rinit counts if `/proc/self/cgroup` has these lines, `/sys/fs/cgroup` has these files,
/// `oom_kill 2` in each of them, and it becomes 5 in the first one while the child runs.
fn counted(cgroups: &str, files: &[&str]) -> Option<u32> {
    let folder = tempfile::tempdir().unwrap();
    let [own, root] = ["cgroup", "root"].map(|name| folder.path().join(name));
    fs::write(&own, cgroups).unwrap();
    fs::create_dir(&root).unwrap();
    for file in files {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "oom 3\noom_kill_disable 0\noom_kill 2\noom_group_kill 4\n").unwrap();
    }
    let rising = files.first().map_or("/dev/null".into(), |file| root.join(file));
    let bind =
        |from: &Path, to: &str| must(mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>));
    let launch = Launch::init(Position::Pid1).args(["-v"]).env("RISING", rising).caller(move || {
        bind(&own, "/proc/self/cgroup");
        bind(&root, "/sys/fs/cgroup");
    });
    let output = launch.shell(r#"echo oom_kill 5 > "$RISING"; exit 7"#).output();
    oom_kills(said(&output))
}

#[test]
fn the_count_is_found_in_either_version_of_cgroups_in_a_container_and_outside() {
    for (cgroups, files) in [
        // In a cgroup namespace of its own, which is what a container has today.
        ("0::/\n", &["memory.events"][..]),
        ("2:memory:/\n1:pids:/\n0::/\n", &["memory/memory.oom_control", "memory.events"]),
        // Outside a container the root's count is another one, if it has one.
        ("0::/a/b.scope\n", &["a/b.scope/memory.events", "memory.events"]),
        (
            "3:pids:/\n2:memory:/a/b\n1:name=systemd:/c\n0::/c\n",
            &["memory/a/b/memory.oom_control", "memory/memory.oom_control", "c/memory.events"],
        ),
        // In a container that sees the path on the host, and has its own cgroup mounted alone.
        ("0::/system.slice/docker-5e1f.scope\n", &["memory.events"]),
        ("2:memory:/docker/5e1f\n1:pids:/docker/5e1f\n", &["memory/memory.oom_control"]),
    ] {
        assert_eq!(counted(cgroups, files), Some(3), "{cgroups}{files:?}");
    }
}

#[test]
fn the_count_is_found_behind_all_that_kubernetes_writes() {
    let pod = format!(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{0}.slice/cri-{0}",
        "5".repeat(64)
    );
    let controllers = [
        "name=systemd",
        "hugetlb",
        "net_cls,net_prio",
        "cpuset",
        "blkio",
        "cpu,cpuacct",
        "pids",
        "rdma",
        "freezer",
        "devices",
        "perf_event",
        "misc",
        "memory",
    ];
    let numbers = (1..=controllers.len()).rev();
    let cgroups: String =
        numbers.zip(controllers).map(|(number, name)| format!("{number}:{name}:{pod}\n")).collect();
    let file = format!("memory{pod}/memory.oom_control");
    assert_eq!(counted(&cgroups, &[&file, "memory/memory.oom_control"]), Some(3));
}

#[test]
fn where_there_is_no_count_the_end_is_told_without_it() {
    for (cgroups, files) in [
        ("0::/\n", &[][..]),
        ("0::/a\n", &[]),
        ("2:memory:/\n1:pids:/\n", &[]),
        ("2:pids:/a\n1:cpu:/a\n", &["a/memory.events", "memory/memory.oom_control"]),
        ("", &[]),
    ] {
        assert_eq!(counted(cgroups, files), None, "{cgroups}{files:?}");
    }
}
