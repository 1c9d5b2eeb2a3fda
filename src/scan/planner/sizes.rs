//! How many keys the children of a listed directory hold: counted where they were walked, expected elsewhere.
//!
//! Neighbours in key order are alike (`gnat-12-arm/` and `gnat-12-arm64/`, two months of one year), so a child
//! that nobody has walked yet is expected to hold what those around it do, the nearest counting most; a step
//! between names that share less than is usual in the directory counts as several. Where no neighbour was
//! walked, the directory's average remains.

use std::sync::Arc;

use super::{text, tuning};

/// Counted and expected sizes of the children on one stretch of a directory.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    /// Keys counted below each child so far.
    counted: Vec<f32>,
    /// A walk has come to the child.
    seen: Vec<bool>,
    /// Running sums of what each child is expected to hold; one more than there are children.
    sums: Arc<Vec<f64>>,
    /// Pages credited, and how many of them when the sums were made.
    credited: usize,
    summed: usize,
}

impl Sizes {
    /// Running sums of the keys that each child is expected to hold, from zero on.
    pub(super) fn sums(&self) -> Arc<Vec<f64>> {
        Arc::clone(&self.sums)
    }

    /// Makes room for `count` children in all.
    pub(super) fn grow(&mut self, count: usize) {
        self.counted.resize(count, 0.0);
        self.seen.resize(count, false);
    }

    /// Takes over what another stretch knows of its child `index`, as a further child.
    pub(super) fn take(&mut self, other: &Self, index: usize) {
        self.counted.push(other.counted.get(index).copied().unwrap_or(0.0));
        self.seen.push(other.seen.get(index).copied().unwrap_or(false));
    }

    /// Credits a page of `keys` to the children `from..to`; the number of them that no walk had come to before.
    pub(super) fn credit(&mut self, from: usize, to: usize, keys: u64) -> u64 {
        let each = keys as f32 / to.saturating_sub(from).max(1) as f32;
        let mut fresh = 0;
        for (counted, seen) in self.counted.iter_mut().zip(&mut self.seen).take(to).skip(from) {
            *counted += each;
            fresh += u64::from(!*seen);
            *seen = true;
        }
        self.credited += 1;
        fresh
    }

    /// Whether so much was credited since the sums were made that they are worth making again: the work per
    /// page stays small however many children there are, and news counts for less the more is known.
    pub(super) fn stale(&self) -> bool {
        self.credited - self.summed
            > self.counted.len() / tuning::SIZES_CHILDREN + self.summed / tuning::SIZES_PAGES
    }

    /// Makes the sums again. `stem` is the length of the directory's path, `average` its keys per child.
    pub(super) fn expect(&mut self, children: &[Box<[u8]>], stem: usize, average: f64) {
        let shared: Vec<usize> = children
            .iter()
            .zip(children.iter().skip(1))
            .map(|(a, b)| text::common_prefix(a, b).saturating_sub(stem))
            .collect();
        let usual = shared.iter().sum::<usize>() / shared.len().max(1);
        let fade = |step: usize| match shared.get(step) {
            Some(shared) if *shared > usual => tuning::SIBLING_NEAR,
            _ => tuning::SIBLING_FAR,
        };
        let walked = |i: usize| match (self.seen.get(i), self.counted.get(i)) {
            (Some(true), Some(counted)) => Some(f64::from(*counted)),
            _ => None,
        };
        // (keys, weight) of the walked children before each child, then of those after it
        let mut around: Vec<(f64, f64)> = Vec::with_capacity(children.len());
        let (mut keys, mut weight) = (0.0, 0.0);
        for i in 0..children.len() {
            around.push((keys, weight));
            if let Some(counted) = walked(i) {
                keys += counted;
                weight += 1.0;
            }
            keys *= fade(i);
            weight *= fade(i);
        }
        (keys, weight) = (0.0, 0.0);
        for (i, sum) in around.iter_mut().enumerate().rev() {
            keys *= fade(i);
            weight *= fade(i);
            sum.0 += keys;
            sum.1 += weight;
            if let Some(counted) = walked(i) {
                keys += counted;
                weight += 1.0;
            }
        }
        let mut sum = 0.0;
        let sums = std::iter::once(0.0).chain(around.iter().map(|(keys, weight)| {
            let expected =
                (keys + tuning::SIBLING_PRIOR * average) / (weight + tuning::SIBLING_PRIOR);
            sum += expected.max(1.0);
            sum
        }));
        self.sums = Arc::new(sums.collect());
        self.summed = self.credited;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<Box<[u8]>> {
        list.iter().map(|name| Box::from(name.as_bytes())).collect()
    }

    fn expected(sizes: &Sizes, child: usize) -> f64 {
        sizes.sums[child + 1] - sizes.sums[child]
    }

    #[test]
    fn neighbours_of_a_large_child_are_expected_large_and_the_nearest_most() {
        let children = names(&["a/", "b/", "gnat-1/", "gnat-2/", "gnat-3/", "x/", "y/", "z/"]);
        let mut sizes = Sizes::default();
        sizes.grow(children.len());
        assert_eq!(sizes.credit(0, 2, 20), 2);
        assert_eq!(sizes.credit(2, 3, 1000), 1);
        assert_eq!(sizes.credit(2, 3, 1000), 0);
        assert_eq!(sizes.credit(7, 8, 10), 1);
        sizes.expect(&children, 0, 100.0);
        assert!(expected(&sizes, 3) > 500.0);
        assert!(expected(&sizes, 3) > expected(&sizes, 4));
        assert!(expected(&sizes, 4) > expected(&sizes, 6));
    }

    #[test]
    fn without_a_walked_neighbour_the_average_remains() {
        let children = names(&["a/", "b/", "c/"]);
        let mut sizes = Sizes::default();
        sizes.grow(children.len());
        sizes.expect(&children, 0, 7.0);
        assert_eq!(*sizes.sums(), vec![0.0, 7.0, 14.0, 21.0]);
    }
}
