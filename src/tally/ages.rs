//! How long ago objects were modified, seen from the start of the scan.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use crate::object::{Object, Timestamp};

const DAY: i64 = 86_400_000;

/// One class of ages: from `from_days` (inclusive) to below `below_days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeClass {
    /// What people read.
    pub label: &'static str,
    /// Lower bound in days, inclusive; `None` for the class of times in the future.
    pub from_days: Option<u32>,
    /// Upper bound in days, exclusive; `None` for the oldest class.
    pub below_days: Option<u32>,
}

/// The age classes, from the future to the past. A day has 86,400 seconds and a year 365 days. An
/// object modified exactly at the start of the scan is of the second class; times after it are real:
/// objects are written during the scan, and clocks differ.
pub const AGE_CLASSES: [AgeClass; 11] = [
    AgeClass { label: "in the future", from_days: None, below_days: Some(0) },
    AgeClass { label: "under 1 day", from_days: Some(0), below_days: Some(1) },
    AgeClass { label: "1 to 7 days", from_days: Some(1), below_days: Some(7) },
    AgeClass { label: "7 to 30 days", from_days: Some(7), below_days: Some(30) },
    AgeClass { label: "30 to 90 days", from_days: Some(30), below_days: Some(90) },
    AgeClass { label: "90 to 180 days", from_days: Some(90), below_days: Some(180) },
    AgeClass { label: "180 days to 1 year", from_days: Some(180), below_days: Some(365) },
    AgeClass { label: "1 to 2 years", from_days: Some(365), below_days: Some(730) },
    AgeClass { label: "2 to 3 years", from_days: Some(730), below_days: Some(1_095) },
    AgeClass { label: "3 to 5 years", from_days: Some(1_095), below_days: Some(1_825) },
    AgeClass { label: "over 5 years", from_days: Some(1_825), below_days: None },
];

/// The first day of the oldest class.
const LAST_DAY: usize = 1_825;

/// The class of each whole day of age: one load instead of a search with unpredictable branches.
const CLASS_OF_DAY: [u8; LAST_DAY + 1] = {
    let mut table = [0; LAST_DAY + 1];
    let (mut day, mut class) = (0, 1);
    while day <= LAST_DAY {
        while let Some(below) = AGE_CLASSES[class as usize].below_days
            && day >= below as usize
        {
            class += 1;
        }
        table[day] = class;
        day += 1;
    }
    table
};

/// The class of an age in milliseconds.
#[inline]
fn class_of_age(age: i64) -> usize {
    // Fails for negative ages only, which are of class 0.
    let Ok(days) = usize::try_from(age.div_euclid(DAY)) else { return 0 };
    usize::from(CLASS_OF_DAY[days.min(LAST_DAY)])
}

/// Objects and bytes per age class, and the exact first and last modification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    classes: [Counts; AGE_CLASSES.len()],
    span: Option<(i64, i64)>,
}

impl Ages {
    #[inline]
    pub(super) fn add(&mut self, object: &Object<'_>, as_of: Timestamp) {
        // Saturating: a time hundreds of millions of years away is in the outermost class either way.
        let age = as_of.0.saturating_sub(object.modified.0);
        self.classes[class_of_age(age)].add(object.size);
        self.cover(object.modified.0, object.modified.0);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.classes.iter_mut().zip(&other.classes) {
            mine.merge(theirs);
        }
        if let Some((oldest, newest)) = other.span {
            self.cover(oldest, newest);
        }
    }

    #[inline]
    fn cover(&mut self, oldest: i64, newest: i64) {
        let (first, last) = self.span.unwrap_or((oldest, newest));
        self.span = Some((first.min(oldest), last.max(newest)));
    }

    /// Objects and bytes of each class, in the order of [`AGE_CLASSES`].
    #[must_use]
    pub fn classes(&self) -> &[Counts; AGE_CLASSES.len()] {
        &self.classes
    }

    /// The earliest modification; `None` without objects.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        self.span.map(|(oldest, _)| Timestamp(oldest))
    }

    /// The latest modification; `None` without objects.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        self.span.map(|(_, newest)| Timestamp(newest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(age: i64) -> usize {
        let mut ages = Ages::default();
        let as_of = Timestamp(1_700_000_000_000);
        let modified = Timestamp(as_of.0.saturating_sub(age));
        ages.add(&Object { key: b"k", size: 1, modified, etag: b"", storage_class: b"" }, as_of);
        ages.classes().iter().position(|counts| counts.objects == 1).unwrap()
    }

    #[test]
    fn a_bound_belongs_to_the_older_class() {
        for (index, class) in AGE_CLASSES.iter().enumerate().skip(1) {
            let start = i64::from(class.from_days.unwrap()) * DAY;
            assert_eq!(class_of(start), index, "{}", class.label);
            assert_eq!(class_of(start - 1), index - 1, "just before {}", class.label);
        }
    }

    #[test]
    fn classes_tile_all_ages() {
        assert!(AGE_CLASSES.windows(2).all(|pair| pair[0].below_days == pair[1].from_days));
    }

    #[test]
    fn extreme_times_are_counted_in_the_outer_classes() {
        assert_eq!(class_of(i64::MAX), 10);
        assert_eq!(class_of(i64::MIN), 0);
    }
}
