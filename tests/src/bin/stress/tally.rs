//! How often what was done, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

/// Counts outcomes of actions.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

impl Tally {
    pub(crate) fn count(&mut self, action: &'static str, outcome: &'static str) {
        let outcomes = self.counts.entry(action).or_default();
        *outcomes.entry(outcome).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (action, outcomes) in &other.counts {
            let sums = self.counts.entry(action).or_default();
            for (outcome, count) in outcomes {
                *sums.entry(outcome).or_default() += count;
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = 0;
        for (action, outcomes) in &self.counts {
            let sum: u64 = outcomes.values().sum();
            all += sum;
            write!(f, "{action:<22} {sum:>9}  ")?;
            for (outcome, count) in outcomes {
                write!(f, " {outcome} {count}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "{:<22} {all:>9}", "in all")
    }
}
