//! Time that a process has been given. The time in which rinit itself was frozen does not count, since the
//! process was frozen with it: by the cgroup freezer, `docker pause`, or a signal to both.

use crate::sys::clock::{Instant, Milliseconds};

/// How much of it is left, and when that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    left: Milliseconds,
    looked: Instant,
}

impl Countdown {
    /// The longest that rinit waits before it looks again. Nothing tells how long of a wait it was frozen, so
    /// this is the most that a process can lose by it.
    pub const SLICE: Milliseconds = Milliseconds(250);

    /// A countdown of `time` that begins `now`.
    pub fn new(time: Milliseconds, now: Instant) -> Self {
        Self { left: time, looked: now }
    }

    /// How long to wait until the next look.
    pub fn slice(&self) -> Milliseconds {
        Milliseconds(self.left.0.min(Self::SLICE.0))
    }

    /// Whether nothing is left.
    pub fn is_over(&self) -> bool {
        self.left.0 == 0
    }

    /// Looks at the clock, which says `now`. What is slept beyond a slice by more than a busy machine explains
    /// is not counted. Where a filter refuses the clock, each look counts as a slice.
    #[inline(never)] // 136 bytes less
    pub fn look(&mut self, now: Instant) {
        let passed = now.since(self.looked).0;
        let counted = if passed > 2 * Self::SLICE.0 || now == Instant::PAST { Self::SLICE.0 } else { passed };
        self.left = Milliseconds(self.left.0.saturating_sub(counted));
        self.looked = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of 10 seconds, in milliseconds, after looks at these times.
    fn left(times: &[u64]) -> u64 {
        let mut countdown = Countdown::new(Milliseconds(10_000), Instant(0));
        times.iter().for_each(|time| countdown.look(Instant(*time)));
        countdown.left.0
    }

    #[test]
    fn time_that_passes_in_slices_counts_in_full() {
        assert_eq!(left(&[250, 500, 750]), 9_250);
        assert_eq!(left(&[1, 2, 251, 400]), 9_600);
        let slices: std::vec::Vec<_> = (1..=40).map(|slice| slice * 250).collect();
        assert_eq!(left(&slices), 0);
        assert_eq!(left(&slices[..39]), 250);
    }

    #[test]
    fn a_slice_that_a_busy_machine_makes_longer_counts_in_full() {
        assert_eq!(left(&[251, 651]), 9_349);
        assert_eq!(left(&[500]), 9_500);
    }

    #[test]
    fn a_slice_in_which_rinit_was_frozen_counts_as_one_slice() {
        assert_eq!(left(&[501]), 9_750);
        assert_eq!(left(&[250, 1_000_000]), 9_500);
    }

    #[test]
    fn where_the_clock_is_refused_each_look_counts_as_a_slice() {
        assert_eq!(left(&[0]), 9_750);
        assert_eq!(left(&[0, 0, 0]), 9_250);
    }

    #[test]
    fn what_is_left_is_never_below_nothing() {
        let mut countdown = Countdown::new(Milliseconds(100), Instant(0));
        assert_eq!((countdown.slice(), countdown.is_over()), (Milliseconds(100), false));
        countdown.look(Instant(120));
        assert_eq!((countdown.slice(), countdown.is_over()), (Milliseconds(0), true));
        countdown.look(Instant(130));
        assert!(countdown.is_over());
    }
}
