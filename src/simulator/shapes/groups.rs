//! Dividing objects among directories.

use super::Cursor;

/// A division of consecutive indices into groups of given weights, some of which may be empty.
pub(super) struct Groups {
    /// One past the last index of each group.
    ends: Vec<u64>,
}

/// Where an index stands within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The group's number.
    pub(super) group: usize,
    /// Position inside the group.
    pub(super) offset: u64,
    /// Objects in the group.
    pub(super) size: u64,
}

impl Groups {
    /// Divides `objects` by weight. The sizes sum to `objects` exactly.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn by_weight(weights: &[u64], objects: u64) -> Self {
        let total: u128 = weights.iter().map(|&w| u128::from(w)).sum::<u128>().max(1);
        let mut sum = 0_u128;
        let ends = weights
            .iter()
            .map(|&weight| {
                sum += u128::from(weight);
                (u128::from(objects) * sum / total) as u64
            })
            .collect();
        Self { ends }
    }

    /// Groups of exactly these sizes.
    pub(super) fn of_sizes(sizes: impl IntoIterator<Item = u64>) -> Self {
        let ends = sizes
            .into_iter()
            .scan(0, |sum, size| {
                *sum += size;
                Some(*sum)
            })
            .collect();
        Self { ends }
    }

    /// The largest group's size.
    pub(super) fn largest(&self) -> u64 {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let sizes = starts.zip(&self.ends).map(|(start, &end)| end - start);
        sizes.max().unwrap_or(0)
    }

    /// Finds the group of `index`, trying the one found last and its successor before searching.
    pub(super) fn locate(&self, index: u64, cursor: &mut usize) -> Place {
        for group in [*cursor, *cursor + 1] {
            if let Some(&end) = self.ends.get(group) {
                let start = self.start(group);
                if (start..end).contains(&index) {
                    *cursor = group;
                    return Place { group, offset: index - start, size: end - start };
                }
            }
        }
        let group = self.ends.partition_point(|&end| end <= index);
        let start = self.start(group);
        let end = self.ends.get(group).copied().unwrap_or(index + 1);
        *cursor = group;
        Place { group, offset: index - start, size: end - start }
    }

    fn start(&self, group: usize) -> u64 {
        match group.checked_sub(1) {
            Some(previous) => self.ends.get(previous).copied().unwrap_or(0),
            None => 0,
        }
    }
}

/// Divides `count` items evenly among `parts` and says in which part item `index` falls.
pub(super) fn divide(index: u64, count: u64, parts: u64) -> (u64, u64, u64) {
    let parts = parts.clamp(1, count.max(1));
    let part = index * parts / count.max(1);
    let start = (part * count).div_ceil(parts);
    let end = ((part + 1) * count).div_ceil(parts);
    (part, index - start, end - start)
}

impl Cursor {
    /// A cursor that knows nothing yet.
    pub(super) fn new() -> Self {
        Self { outer: 0, inner: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_index_is_found_in_its_group(weights in proptest::collection::vec(0_u64..50, 1..40), objects in 0_u64..2_000) {
            proptest::prop_assume!(weights.iter().any(|&w| w > 0));
            let groups = Groups::by_weight(&weights, objects);
            let mut cursor = 0;
            let mut next = (0, 0);
            for index in 0..objects {
                let place = groups.locate(index, &mut cursor);
                let fresh = groups.locate(index, &mut 0);
                proptest::prop_assert_eq!(place, fresh);
                if place.group != next.0 {
                    next = (place.group, 0);
                }
                proptest::prop_assert_eq!(place.offset, next.1);
                proptest::prop_assert!(place.offset < place.size);
                next.1 += 1;
            }
        }

        #[test]
        fn division_is_even_and_in_order(count in 1_u64..500, parts in 1_u64..60) {
            let mut expected = (0, 0);
            for index in 0..count {
                let (part, offset, size) = divide(index, count, parts);
                if part != expected.0 {
                    proptest::prop_assert_eq!(part, expected.0 + 1);
                    expected = (part, 0);
                }
                proptest::prop_assert_eq!(offset, expected.1);
                proptest::prop_assert!(offset < size);
                expected.1 += 1;
            }
        }
    }
}
