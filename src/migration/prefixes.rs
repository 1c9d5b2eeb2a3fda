//! Dividing a source by prefixes, as far as what is known about prefixes adds up to the byte.
//!
//! A job takes one prefix, so a division is a set of prefixes none of which begins with another and which
//! hold every object. Beginning with the whole, the longest job is replaced by the prefixes one level
//! below it, as long as these are known completely: their objects and bytes add up to those of the
//! parent. Where they do not, either the table of that level is cut off, or objects lie directly in the
//! parent, and no prefix would select these alone.

use super::duration::Speed;
use crate::scan::ledger::Ledger;
use crate::summary::Summary;
use crate::tally::{ByteString, Counts};

/// What is known about the prefixes of a source, one table a depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrefixTables {
    levels: Vec<Level>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Level {
    /// Sorted by prefix.
    entries: Vec<(ByteString, Counts)>,
    /// How many prefixes of this depth there are.
    distinct: u64,
}

/// A division by prefixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixDivision {
    /// Prefixes and what they hold, in their order.
    pub parts: Vec<(String, Counts)>,
    /// Why the longest is not divided further.
    pub stopped: Stopped,
}

/// Why a prefix is not divided further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// There are as many jobs as allowed, or more prefixes below it than there is room for.
    Full {
        /// The prefix.
        prefix: String,
        /// Prefixes below it.
        below: u64,
    },
    /// No deeper prefixes are known.
    Deepest {
        /// The prefix.
        prefix: String,
    },
    /// The summary lists only the first of the prefixes below it.
    CutOff {
        /// The prefix.
        prefix: String,
    },
    /// Objects lie directly in it.
    Loose {
        /// The prefix.
        prefix: String,
        /// How many.
        objects: u64,
    },
    /// A prefix below it is one that the service does not take: not UTF-8, beginning with a slash, or
    /// with control characters.
    Unfit {
        /// The prefix.
        prefix: String,
    },
}

impl Stopped {
    /// In words, to go on after "not divided further by prefix: ".
    #[must_use]
    pub fn reason(&self) -> String {
        let named = |prefix: &str| match prefix {
            "" => "the bucket".to_owned(),
            prefix => format!("`{}`", prefix.escape_debug()),
        };
        match self {
            Self::Full { prefix, below } => {
                format!("{} holds {below} prefixes, more than there are jobs left", named(prefix))
            }
            Self::Deepest { prefix } => {
                format!("no prefixes below {} are known", named(prefix))
            }
            Self::CutOff { prefix } => {
                format!("the summary lists only the largest prefixes below {}", named(prefix))
            }
            Self::Loose { prefix, objects } => {
                format!(
                    "{objects} objects lie directly in {}, which no prefix selects alone",
                    named(prefix)
                )
            }
            Self::Unfit { prefix } => {
                format!("below {} lies a prefix that the service does not take", named(prefix))
            }
        }
    }
}

impl PrefixTables {
    /// The tables of a summary: the largest prefixes of each depth.
    #[must_use]
    pub fn of_summary(summary: &Summary) -> Self {
        if summary.prefixes.delimiter != "/" {
            return Self::default();
        }
        let level = |depth: &crate::summary::PrefixDepth| {
            let shares = depth.top_by_bytes.iter().chain(&depth.top_by_objects);
            let counts = |share: &crate::summary::PrefixShare| {
                (share.prefix.clone(), Counts { objects: share.objects, bytes: share.bytes })
            };
            Level::new(shares.map(counts).collect(), depth.distinct)
        };
        Self { levels: summary.prefixes.depths.iter().map(level).collect() }
    }

    /// The tables of a ledger: all prefixes of each depth that was kept.
    #[must_use]
    pub fn of_ledger(ledger: &Ledger) -> Self {
        if ledger.tally.options().delimiter != b'/' {
            return Self::default();
        }
        let level = |level: &crate::tally::PrefixLevel| {
            let entries = level.entries();
            let counts = |entry: &crate::tally::PrefixCounts| (entry.prefix.clone(), entry.counts);
            Level::new(entries.iter().map(counts).collect(), entries.len() as u64)
        };
        Self { levels: ledger.tally.prefixes().levels().iter().map(level).collect() }
    }

    /// Divides the whole, which lies below `prefix`, among at most `jobs` jobs.
    #[must_use]
    pub fn divide(&self, prefix: &str, whole: Counts, jobs: usize, speed: Speed) -> PrefixDivision {
        let mut parts = vec![Part { prefix: prefix.to_owned(), counts: whole, depth: 0 }];
        loop {
            let longest = (0..parts.len()).max_by_key(|at| speed.nanos(&parts[*at].counts));
            let Some(at) = longest else {
                return PrefixDivision {
                    parts: Vec::new(),
                    stopped: Stopped::Deepest { prefix: prefix.to_owned() },
                };
            };
            match self.below(&parts[at], jobs.saturating_sub(parts.len() - 1)) {
                Ok(children) => {
                    parts.splice(at..=at, children);
                }
                Err(stopped) => {
                    let parts = parts.into_iter().map(|part| (part.prefix, part.counts));
                    return PrefixDivision { parts: parts.collect(), stopped };
                }
            }
        }
    }

    /// The parts one level below a part, if they are at most `room` and hold all of it.
    fn below(&self, part: &Part, room: usize) -> Result<Vec<Part>, Stopped> {
        let prefix = part.prefix.clone();
        let Some(level) = self.levels.get(part.depth) else {
            return Err(Stopped::Deepest { prefix });
        };
        let children = level.below(prefix.as_bytes());
        if children.is_empty() {
            return Err(if level.is_cut_off() {
                Stopped::CutOff { prefix }
            } else {
                Stopped::Deepest { prefix }
            });
        }
        if children.len() > room {
            return Err(Stopped::Full { prefix, below: children.len() as u64 });
        }
        let sum = super::plan::sum(children.iter().map(|(_, counts)| *counts));
        if sum != part.counts {
            return Err(if level.is_cut_off() {
                Stopped::CutOff { prefix }
            } else {
                let objects = part.counts.objects.saturating_sub(sum.objects);
                Stopped::Loose { prefix, objects }
            });
        }
        let fit = |(child, counts): &(ByteString, Counts)| {
            // What XML cannot say cannot be said in a request.
            let fits = |child: &&str| !child.starts_with('/') && !child.contains(char::is_control);
            let child = std::str::from_utf8(child).ok().filter(fits)?;
            Some(Part { prefix: child.to_owned(), counts: *counts, depth: part.depth + 1 })
        };
        children.iter().map(fit).collect::<Option<Vec<_>>>().ok_or(Stopped::Unfit { prefix })
    }
}

struct Part {
    prefix: String,
    counts: Counts,
    depth: usize,
}

impl Level {
    fn new(mut entries: Vec<(ByteString, Counts)>, distinct: u64) -> Self {
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        entries.dedup_by(|left, right| left.0 == right.0);
        Self { entries, distinct }
    }

    fn is_cut_off(&self) -> bool {
        (self.entries.len() as u64) < self.distinct
    }

    fn below(&self, prefix: &[u8]) -> &[(ByteString, Counts)] {
        let start = self.entries.partition_point(|(entry, _)| **entry < *prefix);
        let rest = &self.entries[start..];
        let end = rest.partition_point(|(entry, _)| entry.starts_with(prefix));
        &rest[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Object, Timestamp};
    use crate::summary::RunFacts;
    use crate::tally::{Options, Tally};
    use proptest::prelude::*;

    fn summary(keys: &[&str], top: usize) -> Summary {
        let mut tally = Tally::new(Options { depth: 3, ..Options::new(Timestamp(0)) });
        for key in keys {
            let object = Object {
                key: key.as_bytes(),
                size: key.len() as u64,
                modified: Timestamp(0),
                etag: b"",
                storage_class: b"",
            };
            tally.add(&object);
        }
        let facts = RunFacts { top_prefixes: top, ..RunFacts::default() };
        Summary::from_parts(&tally, facts)
    }

    fn divide(keys: &[&str], top: usize, jobs: usize) -> PrefixDivision {
        let summary = summary(keys, top);
        let whole = Counts { objects: summary.totals.objects, bytes: summary.totals.bytes };
        PrefixTables::of_summary(&summary).divide("", whole, jobs, Speed::new(8, 1))
    }

    fn prefixes(division: &PrefixDivision) -> Vec<&str> {
        division.parts.iter().map(|(prefix, _)| &**prefix).collect()
    }

    #[test]
    fn the_longest_is_divided_until_there_is_no_room() {
        let keys = ["a/b/1", "a/b/2", "a/c/1", "a/c/2", "d/e/1"];
        assert_eq!(prefixes(&divide(&keys, 20, 1)), [""]);
        assert_eq!(prefixes(&divide(&keys, 20, 2)), ["a/", "d/"]);
        let three = divide(&keys, 20, 3);
        assert_eq!(prefixes(&three), ["a/b/", "a/c/", "d/"]);
        assert_eq!(three.stopped, Stopped::Deepest { prefix: "a/c/".into() });
        assert_eq!(divide(&keys, 20, 2).stopped, Stopped::Full { prefix: "a/".into(), below: 2 });
    }

    #[test]
    fn loose_objects_and_cut_off_tables_are_told_apart() {
        let loose = divide(&["a/1", "b/1", "top"], 20, 9);
        assert_eq!(
            (prefixes(&loose), loose.stopped.clone()),
            (vec![""], Stopped::Loose { prefix: String::new(), objects: 1 })
        );
        let keys = ["a/1", "b/1", "c/1"];
        assert_eq!(divide(&keys, 2, 9).stopped, Stopped::CutOff { prefix: String::new() });
        assert!(!divide(&keys, 2, 9).stopped.reason().is_empty());
    }

    #[test]
    fn a_prefix_that_the_service_refuses_is_not_made_a_job() {
        assert_eq!(
            divide(&["/a/1", "b/1"], 20, 9).stopped,
            Stopped::Unfit { prefix: String::new() }
        );
    }

    proptest! {
        #[test]
        fn every_object_lies_below_exactly_one_prefix(
            keys in prop::collection::btree_set("[a-c]/?[a-c]?/?[a-c]?/?[a-c]", 1..40), jobs in 1_usize..12, top in 1_usize..20,
        ) {
            let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
            let division = divide(&keys, top, jobs);
            prop_assert!(division.parts.len() <= jobs);
            for key in &keys {
                prop_assert_eq!(division.parts.iter().filter(|(prefix, _)| key.starts_with(&**prefix)).count(), 1);
            }
            for (prefix, counts) in &division.parts {
                let below: Vec<_> = keys.iter().filter(|key| key.starts_with(&**prefix)).collect();
                let bytes: usize = below.iter().map(|key| key.len()).sum();
                prop_assert_eq!(counts, &Counts { objects: below.len() as u64, bytes: bytes as u128 });
            }
        }
    }
}
