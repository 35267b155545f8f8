//! Thousands of survivors that end, ignore the request, and make others when it comes.

use super::{alone, figures, size};
use crate::harness::{Position, eventually, proc};
use crate::waits::Inside;

/// A third each ends, ignores SIGTERM, and makes another process when it comes.
fn all_are_ended(position: Position) {
    let _alone = alone();
    let third = size(100, 1667);
    let survivors =
        format!("$PROBE brood {third} & $PROBE ignoring-brood {third} & $PROBE forking-brood {third} &");
    let inside = Inside { position, before: "", options: &["--grace", "1"], survivors: &survivors };
    let mut init = inside.start(3);
    eventually("that many survivors", || (proc::children(init.pid).len() >= 3 * third).then_some(()));
    let (count, before) = (proc::descendants(init.pid).len(), proc::memory(init.pid, "Rss"));
    let took = init.takes(); // and the child's code is kept
    if position == Position::Outside {
        init.nobody_is_left();
    }
    figures(position, &format!("{count} survivors, {took:.1?}; memory before {before} KiB"));
}

#[test]
fn a_pid_1_ends_thousands_of_survivors_of_all_kinds() {
    all_are_ended(Position::Pid1);
}

#[test]
fn a_subreaper_ends_thousands_of_survivors_of_all_kinds_and_leaves_nobody() {
    all_are_ended(Position::Outside);
}
