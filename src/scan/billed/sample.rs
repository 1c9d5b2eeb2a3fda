//! Samples, drawn from a stream of unknown length or from what is known, and what they say about the whole.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::outcome::Estimate;

/// Of the normal distribution, 95 % lie within so many standard deviations.
const WITHIN: f64 = 1.96;

/// Keeps `most` of all that it is offered, each with the same chance (reservoir sampling, Vitter's
/// algorithm R): all of them where there are no more.
#[derive(Debug)]
pub(super) struct Reservoir<T> {
    most: usize,
    offered: u64,
    kept: Vec<T>,
    random: StdRng,
}

impl<T> Reservoir<T> {
    pub(super) fn new(most: usize, seed: u64) -> Self {
        Self { most, offered: 0, kept: Vec::new(), random: StdRng::seed_from_u64(seed) }
    }

    pub(super) fn offer(&mut self, item: T) {
        self.offered += 1;
        if self.kept.len() < self.most {
            self.kept.push(item);
            return;
        }
        let at = usize::try_from(self.random.random_range(0..self.offered)).unwrap_or(usize::MAX);
        if let Some(place) = self.kept.get_mut(at) {
            *place = item;
        }
    }

    /// Whether something that was offered is not kept.
    pub(super) fn is_partial(&self) -> bool {
        self.offered > self.kept.len() as u64
    }

    pub(super) fn into_kept(self) -> Vec<T> {
        self.kept
    }
}

/// Sums over a sample, by which the whole is estimated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    number: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn add(&mut self, value: u128) {
        let value = value as f64;
        self.number += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// The total of `whole` items of which these are a simple random sample, with the interval of the
    /// normal approximation and the correction for a finite whole. The whole holds at least what was seen.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn estimate(&self, whole: u64) -> Option<Estimate> {
        if self.number < 2.0 {
            return None;
        }
        let whole = (whole as f64).max(self.number);
        let mean = self.sum / self.number;
        let variance = (self.squares - self.sum * mean).max(0.0) / (self.number - 1.0);
        let unseen = 1.0 - self.number / whole;
        let error = WITHIN * whole * (variance / self.number * unseen).sqrt();
        let total = mean * whole;
        Some(Estimate { total, low: (total - error).max(self.sum), high: total + error })
    }
}

/// Parts of a whole of which something is known about each, and something else was found in a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Ratio {
    /// What was known and what was found, for each part of the sample.
    pairs: Vec<(f64, f64)>,
}

impl Ratio {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn add(&mut self, known: u64, found: u128) {
        self.pairs.push((known as f64, found as f64));
    }

    /// The total of what would be found in all `parts`, of which `known` is known in all (ratio estimator
    /// over a simple random sample of the parts), with the interval of the normal approximation.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn estimate(&self, known: u64, parts: usize) -> Option<Estimate> {
        let number = self.pairs.len() as f64;
        let sum = |of: fn(&(f64, f64)) -> f64| self.pairs.iter().map(of).sum::<f64>();
        let (seen, found) = (sum(|pair| pair.0), sum(|pair| pair.1));
        if number < 2.0 || seen <= 0.0 {
            return None;
        }
        let ratio = found / seen;
        let off = self.pairs.iter().map(|(known, found)| (found - ratio * known).powi(2));
        let variance = off.sum::<f64>() / (number - 1.0);
        let parts = (parts as f64).max(number);
        let error = WITHIN * parts * (variance / number * (1.0 - number / parts)).sqrt();
        let total = (ratio * known as f64).max(found);
        Some(Estimate { total, low: (total - error).max(found), high: total + error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_kept_where_there_are_no_more_than_wanted() {
        let mut reservoir = Reservoir::new(5, 1);
        (0..5).for_each(|item| reservoir.offer(item));
        assert!(!reservoir.is_partial());
        assert_eq!(reservoir.into_kept(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn each_has_the_same_chance() {
        let mut hits = [0_u32; 20];
        for seed in 0..4_000 {
            let mut reservoir = Reservoir::new(5, seed);
            (0..20).for_each(|item| reservoir.offer(item));
            assert!(reservoir.is_partial());
            reservoir.into_kept().into_iter().for_each(|item: usize| hits[item] += 1);
        }
        assert!(hits.iter().all(|hits| (850..1_150).contains(hits)), "{hits:?}");
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "compared with an estimate")]
    fn the_interval_holds_the_truth_about_as_often_as_it_says() {
        let sizes: Vec<u128> = (0..10_000_u128).map(|n| n * n % 7_919 * 1_000).collect();
        let truth = sizes.iter().sum::<u128>() as f64;
        let mut within = 0;
        for seed in 0..400 {
            let mut reservoir = Reservoir::new(200, seed);
            for size in &sizes {
                reservoir.offer(*size);
            }
            let mut sums = Sums::default();
            for size in reservoir.into_kept() {
                sums.add(size);
            }
            let Estimate { total, low, high } = sums.estimate(10_000).unwrap();
            assert!(low <= total && total <= high);
            within += usize::from((low..=high).contains(&truth));
        }
        assert!((365..=398).contains(&within), "{within} of 400");
    }

    #[test]
    fn what_is_found_in_proportion_to_what_is_known_is_told_exactly_from_a_few_parts() {
        let mut ratio = Ratio::default();
        for known in [10_u64, 30, 20] {
            ratio.add(known, u128::from(known) * 7);
        }
        let Estimate { total, low, high } = ratio.estimate(1_000, 50).unwrap();
        assert!((total - 7_000.0).abs() < 1e-6 && high - low < 1e-6);
        ratio.add(20, 900);
        let uneven = ratio.estimate(1_000, 50).unwrap();
        assert!(uneven.low < uneven.total && uneven.total < uneven.high);
        assert_eq!(Ratio::default().estimate(5, 5), None);
    }

    #[test]
    fn the_whole_as_a_sample_is_exact() {
        let mut sums = Sums::default();
        (1..=9).for_each(|size| sums.add(size));
        assert_eq!(sums.estimate(9), Some(Estimate { total: 45.0, low: 45.0, high: 45.0 }));
        assert_eq!(Sums::default().estimate(9), None);
    }
}
