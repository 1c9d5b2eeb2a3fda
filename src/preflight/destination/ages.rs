//! How many of the weighed objects were modified before a time, as far as a summary can tell.

use crate::location::Location;
use crate::object::Timestamp;
use crate::summary::{PrefixShare, Summary};

const DAY: i64 = 86_400_000;

/// Objects that were modified before a time. A summary has classes of ages, so this is a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Older {
    /// At least so many.
    pub(super) at_least: u64,
    /// At most so many.
    pub(super) at_most: u64,
}

impl Older {
    /// The number in words.
    pub(super) fn words(self) -> String {
        let Self { at_least, at_most } = self;
        if at_least == at_most {
            return format!("{at_most}");
        }
        format!("{at_least} to {at_most}")
    }
}

/// The objects of `summary` that were last modified at `time` or before.
pub(super) fn modified_by(summary: &Summary, time: Timestamp) -> Older {
    let ages = &summary.ages;
    let all = summary.totals.objects;
    // The first and the last modification are exact, other than the classes.
    if ages.newest.is_some_and(|newest| newest.0.0 <= time.0) {
        return Older { at_least: all, at_most: all };
    }
    if ages.oldest.is_none_or(|oldest| oldest.0.0 > time.0) {
        return Older::default();
    }
    let age = summary.started.0.0.saturating_sub(time.0);
    let at = |days: Option<u32>| days.map(|days| i64::from(days) * DAY);
    let mut older = Older::default();
    for class in &ages.classes {
        if at(class.from_days).is_some_and(|from| from >= age) {
            older.at_least += class.objects;
        }
        if at(class.below_days).is_none_or(|below| below > age) {
            older.at_most += class.objects;
        }
    }
    // One is known by the first modification, and one by the last.
    older.at_least = older.at_least.max(1);
    older.at_most = older.at_most.min(all.saturating_sub(1)).max(older.at_least);
    older
}

/// The same of those below `prefix` alone, where the summary knows that much. A summary has the largest
/// prefixes of the first depths, so this is a range, too.
pub(super) fn modified_by_below(summary: &Summary, prefix: &str, time: Timestamp) -> Older {
    let all = modified_by(summary, time);
    // Of a prefix of the source it is not documented what becomes in the keys of copies.
    let from_top = summary.location.parse().is_ok_and(|from: Location| from.prefix().is_empty());
    let sections = &summary.prefixes;
    let depth = prefix.matches('/').count();
    let known = from_top && prefix.ends_with('/') && sections.delimiter == "/";
    let at_depth = sections.depths.iter().find(|section| usize::from(section.depth) == depth);
    let Some(section) = at_depth.filter(|_| known) else { return Older { at_least: 0, ..all } };
    let mut listed = section.top_by_objects.iter().chain(&section.top_by_bytes);
    let found: Option<&PrefixShare> = listed.find(|share| *share.prefix == *prefix.as_bytes());
    match found {
        Some(share) if share.newest.0.0 <= time.0 => {
            Older { at_least: share.objects, at_most: share.objects }
        }
        Some(share) => Older { at_least: 0, at_most: all.at_most.min(share.objects) },
        None if section.top_by_objects.len() as u64 == section.distinct => Older::default(),
        None => Older { at_least: 0, ..all },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Object;
    use crate::summary::RunFacts;
    use crate::tally::{Options, Tally};

    const NOW: i64 = 1_700_000_000_000;

    fn of_ages(days: &[i64]) -> Summary {
        let options = Options::new(Timestamp(NOW));
        let mut tally = Tally::new(options);
        for (number, days) in days.iter().enumerate() {
            let key = format!("k{number}");
            let modified = Timestamp(NOW - days * DAY);
            let object =
                Object { key: key.as_bytes(), size: 1, modified, etag: b"", storage_class: b"" };
            tally.add(&object);
        }
        Summary::from_parts(&tally, RunFacts::default())
    }

    fn older(days: &[i64], than: i64) -> (u64, u64) {
        let older = modified_by(&of_ages(days), Timestamp(NOW - than * DAY));
        (older.at_least, older.at_most)
    }

    #[test]
    fn a_bound_of_a_class_divides_exactly_and_others_give_a_range() {
        assert_eq!(older(&[2, 10, 40, 100, 400], 30), (3, 3));
        assert_eq!(older(&[2, 10, 40, 80, 400], 60), (1, 3));
    }

    #[test]
    fn the_first_and_the_last_modification_are_known_exactly() {
        assert_eq!(older(&[2, 10, 40], 41), (0, 0));
        assert_eq!(older(&[2, 10, 40], 40), (1, 1));
        assert_eq!(older(&[2, 10, 40], 2), (3, 3));
        assert_eq!(older(&[2, 10, 40], 1_000), (0, 0));
        assert_eq!(older(&[], 1), (0, 0));
    }

    #[test]
    fn below_a_prefix_it_is_what_the_summary_knows_of_it() {
        let mut tally = Tally::new(Options::new(Timestamp(NOW)));
        for (key, days) in [("a/1", 100), ("a/2", 400), ("b/1", 400), ("b/2", 1), ("c", 400)] {
            let modified = Timestamp(NOW - days * DAY);
            let key = key.as_bytes();
            tally.add(&Object { key, size: 1, modified, etag: b"", storage_class: b"" });
        }
        let facts = RunFacts { location: "s3://bucket".into(), ..RunFacts::default() };
        let mut summary = Summary::from_parts(&tally, facts);
        let below = |summary: &Summary, prefix| {
            let older = modified_by_below(summary, prefix, Timestamp(NOW - 90 * DAY));
            (older.at_least, older.at_most)
        };
        assert_eq!(below(&summary, "a/"), (2, 2), "all of it");
        assert_eq!(below(&summary, "b/"), (0, 2), "some of it");
        assert_eq!(below(&summary, "x/"), (0, 0), "nothing is there");
        assert_eq!(below(&summary, "a"), (0, 4), "no whole directory");
        assert_eq!(below(&summary, "a/b/c/d/"), (0, 4), "deeper than was counted");
        summary.location = "s3://bucket/deep/".into();
        assert_eq!(below(&summary, "a/"), (0, 4), "the prefix of the source may be in the way");
    }

    #[test]
    fn the_range_holds_the_truth_for_every_bound() {
        let days = [0, 1, 5, 7, 29, 30, 31, 89, 90, 200, 364, 365, 1_000, 1_825, 4_000];
        let summary = of_ages(&days);
        for than in 0..4_100 {
            let older = modified_by(&summary, Timestamp(NOW - than * DAY));
            let truth = days.iter().filter(|day| **day >= than).count() as u64;
            assert!((older.at_least..=older.at_most).contains(&truth), "{than}: {older:?}");
        }
    }
}
