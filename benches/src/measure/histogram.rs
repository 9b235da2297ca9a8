//! Gathers latencies, and compares them pairwise.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The latencies of one contestant under one placement, in nanoseconds.
#[derive(Debug)]
pub struct Latencies {
    all: Histogram<u64>,
    medians: Vec<u64>,
}

impl Latencies {
    /// Makes an empty collection that can take `rounds` batches without allocating.
    pub fn with_rounds(rounds: usize) -> Self {
        let all = Histogram::new_with_bounds(1, LONGEST, SIGNIFICANT_DIGITS)
            .expect("the bounds are constants in range");
        Self {
            all,
            medians: Vec::with_capacity(rounds),
        }
    }

    /// Adds one round's batch of samples, which it sorts.
    ///
    /// Samples longer than a minute count as a minute.
    ///
    /// # Panics
    ///
    /// Panics if the batch is empty.
    pub fn add_round(&mut self, samples: &mut [u64]) {
        samples.sort_unstable();
        self.medians.push(samples[samples.len() / 2]);
        for &sample in samples.iter() {
            self.all.saturating_record(sample);
        }
    }

    /// Summarises all samples.
    pub fn summary(&self) -> Summary {
        Summary {
            samples: self.all.len(),
            mean: self.all.mean(),
            p50: self.all.value_at_quantile(0.5),
            p99: self.all.value_at_quantile(0.99),
            p999: self.all.value_at_quantile(0.999),
            max: self.all.max(),
        }
    }

    /// Reads the curve of percentiles, up to the one that the number of samples supports.
    pub fn curve(&self) -> Vec<Point> {
        let samples = self.all.len() as f64;
        CURVE
            .into_iter()
            .filter(|quantile| samples * (1.0 - quantile) >= 1.0)
            .map(|quantile| Point {
                quantile,
                value: self.all.value_at_quantile(quantile),
            })
            .collect()
    }

    /// Compares the medians of each round with those of `reference` in the same round.
    ///
    /// Both batches of a round ran within the same few milliseconds, so what slowed the machine for a while slowed
    /// both of them, and their ratio stays.
    ///
    /// # Panics
    ///
    /// Panics if the two do not hold the same number of rounds, at least one.
    pub fn ratio_to(&self, reference: &Self) -> Ratio {
        assert_eq!(
            self.medians.len(),
            reference.medians.len(),
            "contestants of a run share its rounds"
        );
        let pairs = self.medians.iter().zip(&reference.medians);
        let mut ratios: Vec<f64> = pairs
            .map(|(&own, &other)| own as f64 / other.max(1) as f64)
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        Ratio {
            median: quantile(&ratios, 0.5),
            lower: quantile(&ratios, 0.25),
            upper: quantile(&ratios, 0.75),
        }
    }
}

/// The figures that describe a collection of latencies, all in nanoseconds but for the count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many samples there are.
    pub samples: u64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub p50: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The 99.9th percentile.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

/// One point of a curve of percentiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The share of the samples that are not above the value, 0 to below 1.
    pub quantile: f64,
    /// The value.
    pub value: u64,
}

/// How many times as long one contestant takes as another, over the rounds of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The median of the rounds' ratios.
    pub median: f64,
    /// Their lower quartile.
    pub lower: f64,
    /// Their upper quartile.
    pub upper: f64,
}

/// Evenly spread on an axis that shows how many nines a percentile has.
const CURVE: [f64; 17] = [
    0.0, 0.1, 0.25, 0.5, 0.6, 0.75, 0.85, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995,
    0.9999, 0.99999,
];

/// One minute: a call that takes longer is a failure, not a latency.
const LONGEST: u64 = 60_000_000_000;

const SIGNIFICANT_DIGITS: u8 = 3;

/// Interpolates the quantile `q`, 0 to 1, of values in ascending order.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(rounds: &[&[u64]]) -> Latencies {
        let mut latencies = Latencies::with_rounds(rounds.len());
        for round in rounds {
            latencies.add_round(&mut round.to_vec());
        }
        latencies
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[4.0], 0.75), 4.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.25), 2.0);
        assert_eq!(quantile(&[1.0, 2.0], 1.0), 2.0);
    }

    #[test]
    fn the_summary_spans_all_rounds() {
        let summary = latencies(&[&[300, 100, 200], &[400, 500]]).summary();
        assert_eq!(summary.samples, 5);
        assert_eq!(summary.p50, 300);
        assert_eq!(summary.max, 500);
        assert!((summary.mean - 300.0).abs() < 1.0, "{summary:?}");
    }

    #[test]
    fn a_slow_round_that_slows_both_leaves_their_ratio() {
        let fast = latencies(&[&[100], &[100], &[5_000]]);
        let slow = latencies(&[&[200], &[200], &[10_000]]);
        assert_eq!(
            slow.ratio_to(&fast),
            Ratio {
                median: 2.0,
                lower: 2.0,
                upper: 2.0
            }
        );
        assert_eq!(fast.ratio_to(&slow).median, 0.5);
    }

    #[test]
    fn a_sample_beyond_the_longest_is_kept() {
        assert_eq!(latencies(&[&[u64::MAX]]).summary().samples, 1);
    }
}
