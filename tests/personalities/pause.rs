//! What Kubernetes' pause promises, and catatonit in its pause mode.

use crate::harness;
use crate::harness::{Launch, Position, eventually_eq, everywhere, proc};
use nix::libc;

/// Kubernetes: the container of a pod that "holds" its namespaces; it reaps, and SIGINT and SIGTERM end it.
/// Debian has none to compare with.
#[test]
fn pauses_until_it_is_told_to_end() {
    let pause = harness::names().join("pause");
    everywhere(|position| pauses(|| Launch::program(position, &pause), position));
    let output = Launch::program(Position::Outside, &pause).args(["-v"]).output();
    assert_eq!((output.code(), output.stdout.lines().count()), (0, 1), "{output:?}");
}

/// Sleeps, reaps what others leave in its namespace, and ends with 0 when it is told to.
pub fn pauses(launch: impl Fn() -> Launch, position: Position) {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut running = launch().start();
        eventually_eq(Some('S'), || proc::state(running.pid));
        running.signal(libc::SIGUSR1);
        // As with `shareProcessNamespace: true`: the other containers' processes enter the namespace.
        let member = (position == Position::Pid1).then(|| {
            let member = Launch::probe_inside(running.pid, &["orphans", "100"]).start().ready();
            eventually_eq(0, || proc::children(running.pid).len());
            member
        });
        assert!(running.is_running());
        running.signal(signal);
        assert_eq!((running.code(), running.stdout.rest()), (0, String::new()));
        drop(member);
    }
}
