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

impl FromIterator<i64> for Series {
    fn from_iter<T: IntoIterator<Item = i64>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}
