//! Turns samples into the figures that are shown.

use serde::Serialize;

/// What is to be done with a sample to have it in the unit that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Divide it by this.
    DivideBy(f64),
    /// Divide this by it: what takes less time is done more often.
    Divide(f64),
}

impl Scale {
    /// Converts a sample, or a mean of samples.
    pub fn shown(self, sample: f64) -> f64 {
        match self {
            Self::DivideBy(divisor) => sample / divisor,
            Self::Divide(dividend) => dividend / sample,
        }
    }

    /// Writes a converted sample with as many digits as say something.
    pub fn text(self, sample: f64) -> String {
        match self {
            Self::DivideBy(_) => format!("{:.2}", self.shown(sample)),
            Self::Divide(_) => format!("{:.0}", self.shown(sample)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_time_is_half_the_rate() {
        assert_eq!(Scale::Divide(1e12).text(2e7), "50000");
        assert_eq!(Scale::Divide(1e12).text(4e7), "25000");
        assert_eq!(Scale::DivideBy(1e3).text(1_234.0), "1.23");
    }
}
