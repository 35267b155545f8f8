//! A measurement that was repeated.

use serde::{Deserialize, Serialize};

/// Measurements in the order in which they were made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series(pub Vec<i64>);

impl Series {
    /// The value that `share` of the measurements, from 0 to 1, do not exceed.
    pub fn quantile(&self, share: f64) -> i64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted[rank.clamp(1, sorted.len()) - 1]
    }

    pub fn median(&self) -> i64 {
        self.quantile(0.5)
    }

    /// The differences, measurement by measurement: both were made in the same rounds.
    pub fn minus(&self, other: &Series) -> Series {
        Series(self.0.iter().zip(&other.0).map(|(own, others)| own - others).collect())
    }
}

/// A ratio, with the bounds that it lies between with a confidence of 95 %.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Series {
    /// The ratio of the medians. The bounds are those of the median of each round's difference, by ranks, so
    /// that the distribution of the measurements does not matter.
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
