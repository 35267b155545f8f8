//! Where there is no room for more.

use super::orphans::wave_after_wave;
use super::{CODE, Memory, alone, size};
use crate::harness::cgroup::Cgroup;
use crate::harness::{self, Launch, eventually_eq, everywhere, proc};
use nix::libc;

/// rinit, its child, and no room for the wave that the child makes.
#[test]
fn where_orphans_have_no_room_those_that_end_make_it() {
    let _alone = alone();
    everywhere(|position| {
        let Some(cgroup) = Cgroup::of_processes(30) else { return };
        let launch = Launch::init(position).caller(cgroup.enter());
        // One wave is 20 and its parent: that of the next comes before all of the last are reaped.
        wave_after_wave(position, launch, size(20, 500), 20, " where there is room for 30");
    });
}

/// The OOM killer takes those that eat, and not rinit.
#[test]
fn orphans_that_the_oom_killer_kills_are_reaped() {
    let _alone = alone();
    everywhere(|position| {
        let Some(cgroup) = Cgroup::small() else { return };
        let count = size(3, 30);
        // On a busy machine it takes one more before the memory of the last is free: one of those that sleep.
        let script = format!(
            "for i in 1 2 3; do (echo 1000 >/proc/self/oom_score_adj; exec sleep 1000) & done; \
             trap 'exit {CODE}' TERM; i=0; while [ $i -lt {count} ]; do ($PROBE eat-memory &); i=$((i + 1)); done; \
             echo ready; while :; do sleep 0.05; done"
        );
        let launch = Launch::init(position).caller(cgroup.enter()).env("PROBE", harness::probe());
        let mut running = launch.shell(&script).start();
        let memory = Memory::before(&running);
        running.stdout.expect("ready");
        eventually_eq((vec!["sh".to_owned()], true), || {
            let mut left: Vec<_> =
                proc::descendants(running.pid).into_iter().filter_map(proc::name).collect();
            left.retain(|name| name != "sleep");
            (left, cgroup.oom_kills() > 0)
        });
        memory.after(position, &format!("{} orphans that the OOM killer killed", cgroup.oom_kills()));
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), CODE);
        let said = running.stderr.rest(); // the shell may say that it was told to end
        assert!(!said.contains("rinit"), "{said}");
    });
}
