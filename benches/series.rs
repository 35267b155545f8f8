//! What was measured again and again.

use serde::{Deserialize, Serialize};

/// Measurements in the order in which they were made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series(pub Vec<i64>);

impl Series {
    /// The value that this share of the measurements does not exceed.
    pub fn quantile(&self, share: f64) -> i64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted[rank.clamp(1, sorted.len()) - 1]
    }

    pub fn median(&self) -> i64 {
        self.quantile(0.5)
    }

    /// Measurement by measurement, as both were made in the same round.
    pub fn minus(&self, other: &Series) -> Series {
        Series(self.0.iter().zip(&other.0).map(|(own, others)| own - others).collect())
    }
}

/// How many times as much one is as another, and what the bounds are that this lies between with a
/// confidence of 95 %.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Series {
    /// Of the medians; the bounds are those of the median of the difference of each round, by ranks, for
    /// which it does not matter how the measurements are distributed.
    pub fn ratio(&self, other: &Series) -> Ratio {
        let base = other.median() as f64;
        let value = self.median() as f64 / base;
        let rounds = self.0.iter().zip(&other.0);
        let mut differences: Vec<_> =
            rounds.map(|(own, other)| *own as f64 - value * *other as f64).collect();
        differences.sort_unstable_by(f64::total_cmp);
        let count = differences.len() as f64;
        let bound = |ranks: f64| {
            let rank = (count / 2.0 + ranks).clamp(0.0, count - 1.0);
            value + (differences[rank as usize] - differences[differences.len() / 2]) / base
        };
        let ranks = 0.98 * count.sqrt();
        Ratio { value, low: bound(-ranks), high: bound(ranks) }
    }
}

impl FromIterator<i64> for Series {
    fn from_iter<T: IntoIterator<Item = i64>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}
