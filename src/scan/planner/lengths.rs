//! How many keys directories hold side by side: what the walks through them have shown of their ends.
//!
//! The lengths of directories are heavy-tailed: the longer one has been walked already, the longer it goes on.
//! With a Pareto law the chance that it ends before it has grown by some factor is the same at every length,
//! and that hazard is counted: ends seen, over the logarithms of all growth seen. In a store with one flat
//! name space no end is ever seen, and interpolation is believed; in a tree of small directories few names are
//! expected to follow, whatever the alphabet would leave room for.

use super::tuning;

/// Ends and growth of directories seen so far.
#[derive(Debug)]
pub(super) struct Lengths {
    /// Keys from which on growth counts.
    least: f64,
    ends: f64,
    growth: f64,
}

impl Lengths {
    /// For pages of `page` keys.
    pub(super) fn new(page: f64) -> Self {
        Self { least: page * tuning::LENGTH_LEAST, ends: 0.0, growth: 0.0 }
    }

    /// A walk inside one directory went on from `before` to `after` keys, and ended there or not.
    pub(super) fn grew(&mut self, before: u64, after: u64, ended: bool) {
        let after = after as f64;
        if after > self.least {
            self.growth += (after / self.least.max(before as f64)).ln();
            self.ends += f64::from(u8::from(ended));
        }
    }

    /// Of `keys` that might follow the `walked` ones in a directory, those expected before its end.
    pub(super) fn within(&self, walked: f64, keys: f64) -> f64 {
        let hazard = self.ends / (self.growth + tuning::LENGTH_PRIOR);
        let walked = walked.max(4.0 * self.least);
        // the integral of (1 + x / walked)^-hazard over x from 0 to keys
        let (growth, power) = (1.0 + keys / walked, 1.0 - hazard);
        if power.abs() < 1e-3 {
            walked * growth.ln()
        } else {
            walked * (growth.powf(power) - 1.0) / power
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_directory_has_ended_interpolation_is_believed() {
        let mut lengths = Lengths::new(1000.0);
        lengths.grew(0, 1_000_000, false);
        assert!((lengths.within(1000.0, 5e6) - 5e6).abs() < 1.0);
    }

    #[test]
    fn where_directories_end_early_little_more_is_expected() {
        let mut lengths = Lengths::new(1000.0);
        for _ in 0..100 {
            lengths.grew(0, 200, false);
            lengths.grew(200, 250, true);
        }
        let expected = lengths.within(1000.0, 5e6);
        assert!(expected > 100.0 && expected < 5000.0, "{expected}");
        assert!(lengths.within(100_000.0, 5e6) > expected, "a long one goes on longer");
        assert!(lengths.within(1000.0, 10.0) <= 10.0);
    }
}
