//! How large objects are: exact classes, and a histogram for percentiles.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::counts::Counts;
use super::histogram::SizeHistogram;

/// Number of size classes.
pub const SIZE_CLASSES: usize = 65;

/// The class of a size: 0 for zero bytes, k for sizes from 2^(k-1) to below 2^k.
#[inline]
#[must_use]
pub const fn size_class(size: u64) -> usize {
    (u64::BITS - size.leading_zeros()) as usize
}

/// First and last size (both inclusive, in bytes) of a class; classes past the last are empty (`None`).
#[must_use]
pub const fn size_class_bounds(class: usize) -> Option<(u64, u64)> {
    match class {
        0 => Some((0, 0)),
        1..SIZE_CLASSES => {
            let first = 1 << (class - 1);
            Some((first, first + (first - 1)))
        }
        _ => None,
    }
}

/// Sizes of objects: exact per power of two, estimated to 0.1 % between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    #[serde(serialize_with = "write_classes", deserialize_with = "read_classes")]
    classes: Box<[Counts; SIZE_CLASSES]>,
    span: Option<(u64, u64)>,
    histogram: SizeHistogram,
    beyond_histogram: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            classes: Box::new([Counts::ZERO; SIZE_CLASSES]),
            span: None,
            histogram: SizeHistogram::new(),
            beyond_histogram: 0,
        }
    }
}

impl Sizes {
    #[inline]
    pub(super) fn add(&mut self, size: u64) {
        self.classes[size_class(size)].add(size);
        self.cover(size, size);
        if !self.histogram.record(size) && size > 0 {
            self.beyond_histogram = self.beyond_histogram.saturating_add(1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.classes.iter_mut().zip(other.classes.iter()) {
            mine.merge(theirs);
        }
        if let Some((smallest, largest)) = other.span {
            self.cover(smallest, largest);
        }
        self.histogram.merge(&other.histogram);
        self.beyond_histogram = self.beyond_histogram.saturating_add(other.beyond_histogram);
    }

    #[inline]
    fn cover(&mut self, smallest: u64, largest: u64) {
        let (low, high) = self.span.unwrap_or((smallest, largest));
        self.span = Some((low.min(smallest), high.max(largest)));
    }

    /// Objects and bytes of each class ([`size_class`]), exact.
    #[must_use]
    pub fn classes(&self) -> &[Counts; SIZE_CLASSES] {
        &self.classes
    }

    /// Size of the smallest object in bytes, exact; `None` without objects.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        self.span.map(|(smallest, _)| smallest)
    }

    /// Size of the largest object in bytes, exact; `None` without objects.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.span.map(|(_, largest)| largest)
    }

    /// Objects above 2^48 bytes (256 TiB), which the histogram does not hold. They are counted in
    /// everything else, and percentiles that fall among them are given as [`Sizes::max`].
    #[must_use]
    pub fn beyond_histogram(&self) -> u64 {
        self.beyond_histogram
    }

    /// For each percentage (0 to 100) a size in bytes that at least this share of all objects does not
    /// exceed: at most 0.1 % above the true percentile, and never outside the exact minimum and maximum.
    /// Empty objects count. `None` for each without objects.
    #[must_use]
    pub fn percentiles(&self, percentages: &[f64]) -> Vec<Option<u64>> {
        let Some((smallest, largest)) = self.span else { return vec![None; percentages.len()] };
        let zeros = self.classes[0].objects;
        let inside = self.histogram.buckets();
        let outside = std::iter::once((largest, self.beyond_histogram));
        // One walk over the cumulated counts answers all percentiles.
        let mut cumulated = Vec::with_capacity(64);
        let mut seen = 0_u128;
        for (size, count) in std::iter::once((0, zeros)).chain(inside).chain(outside) {
            seen += u128::from(count);
            cumulated.push((seen, size));
        }
        let value = |percentage: &f64| {
            let rank = rank(*percentage, seen);
            let at = cumulated.partition_point(|(upto, _)| *upto < rank);
            let size = cumulated.get(at).map_or(largest, |(_, size)| *size);
            Some(size.clamp(smallest, largest))
        };
        percentages.iter().map(value).collect()
    }
}

/// The 1-based rank of the object at a percentage of `objects`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, and the result is clamped to the valid ranks"
)]
fn rank(percentage: f64, objects: u128) -> u128 {
    let rank = (percentage.clamp(0.0, 100.0) / 100.0 * objects as f64).ceil() as u128;
    rank.clamp(1, objects.max(1))
}

/// Only the classes in use, as `[class, objects, bytes]`.
fn write_classes<S: Serializer>(
    classes: &[Counts; SIZE_CLASSES],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let used = classes.iter().enumerate().filter(|(_, counts)| !counts.is_empty());
    serializer.collect_seq(used.map(|(class, counts)| (class, counts.objects, counts.bytes)))
}

fn read_classes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Box<[Counts; SIZE_CLASSES]>, D::Error> {
    let mut classes = Box::new([Counts::ZERO; SIZE_CLASSES]);
    for (class, objects, bytes) in Vec::<(usize, u64, u128)>::deserialize(deserializer)? {
        let slot = classes
            .get_mut(class)
            .ok_or_else(|| de::Error::custom("there is no such size class"))?;
        *slot = Counts { objects, bytes };
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sizes: impl IntoIterator<Item = u64>) -> Sizes {
        let mut all = Sizes::default();
        sizes.into_iter().for_each(|size| all.add(size));
        all
    }

    #[test]
    fn classes_are_powers_of_two() {
        assert_eq!(
            [0, 1, 2, 3, 4, 1_023, 1_024, u64::MAX].map(size_class),
            [0, 1, 2, 2, 3, 10, 11, 64]
        );
        for class in 0..SIZE_CLASSES {
            let (first, last) = size_class_bounds(class).unwrap();
            assert_eq!((size_class(first), size_class(last)), (class, class));
        }
        assert_eq!(size_class_bounds(64), Some((1 << 63, u64::MAX)));
        assert_eq!(size_class_bounds(65), None);
    }

    #[test]
    fn percentiles_are_within_a_thousandth() {
        let sizes = of((1..=100_000).map(|k| k * 1_000));
        for (percentage, truth) in [(1.0, 1e6), (50.0, 5e7), (99.9, 9.99e7)] {
            let value = sizes.percentiles(&[percentage])[0].unwrap();
            #[expect(clippy::cast_precision_loss, reason = "a comparison within a thousandth")]
            let value = value as f64;
            assert!(value >= truth && value <= truth * 1.001, "p{percentage} = {value}");
        }
    }

    #[test]
    fn empty_and_gigantic_objects_take_part_in_percentiles() {
        let sizes = of([0, 0, 0, 7, u64::MAX]);
        let percentiles = sizes.percentiles(&[0.0, 50.0, 80.0, 100.0]);
        assert_eq!(percentiles, [Some(0), Some(0), Some(7), Some(u64::MAX)]);
        assert_eq!(sizes.beyond_histogram(), 1);
    }

    #[test]
    fn no_objects_have_no_percentiles() {
        assert_eq!(of([]).percentiles(&[50.0, 99.0]), [None, None]);
        assert_eq!((of([]).min(), of([]).max()), (None, None));
    }

    #[test]
    fn percentiles_stay_within_the_exact_extremes() {
        let sizes = of([5_497_510_037_741]);
        assert_eq!(sizes.percentiles(&[1.0, 99.9]), [Some(5_497_510_037_741); 2]);
    }
}
