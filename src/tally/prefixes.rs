//! Objects per prefix, up to a depth.

use std::collections::HashMap;

use memchr::memchr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bytestring::ByteString;
use super::counts::Counts;
use super::millis;
use super::options::Options;
use crate::object::{Object, Timestamp};

/// What lies below one prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixCounts {
    /// The whole prefix, from the start of the key to its last delimiter inclusive.
    pub prefix: ByteString,
    /// Objects and bytes below it, at any depth.
    pub counts: Counts,
    /// The latest modification below it.
    #[serde(with = "millis")]
    pub newest: Timestamp,
}

/// Objects per prefix at each depth below the scanned prefix.
///
/// At depth d an object is counted under the part of its key up to the d-th delimiter after the scanned
/// prefix. Objects with fewer delimiters have no prefix of that depth and are counted in
/// [`PrefixLevel::above`], so each depth adds up to the totals.
///
/// A depth with more distinct prefixes than the bound is dropped whole, with all deeper ones
/// ([`Prefixes::dropped_from`]): a cut-off table would depend on the order in which keys came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prefixes {
    levels: Vec<PrefixLevel>,
    dropped_from: Option<u8>,
    /// Whether the last object was counted in the last entry of every level. Keys come mostly sorted,
    /// so the next one mostly belongs to the same entries, and one comparison of bytes with the deepest
    /// prefix replaces the hashing at every depth.
    #[serde(skip)]
    aligned: bool,
}

impl PartialEq for Prefixes {
    fn eq(&self, other: &Self) -> bool {
        (&self.levels, self.dropped_from) == (&other.levels, other.dropped_from)
    }
}

/// All prefixes of one depth.
#[derive(Clone, Debug, Default)]
pub struct PrefixLevel {
    above: Counts,
    entries: Vec<PrefixCounts>,
    index: HashMap<Box<[u8]>, usize>,
    /// The entry that was counted in last.
    last: usize,
}

impl Prefixes {
    pub(super) fn new(depth: u8) -> Self {
        Self {
            levels: (0..depth).map(|_| PrefixLevel::default()).collect(),
            dropped_from: None,
            aligned: false,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, object: &Object<'_>, options: &Options) {
        if self.aligned
            && let Some(deepest) = self.levels.last()
            && deepest
                .entries
                .get(deepest.last)
                .is_some_and(|entry| object.key.starts_with(&entry.prefix))
        {
            for level in &mut self.levels {
                level.entries[level.last].add(object);
            }
        } else {
            self.add_elsewhere(object, options);
        }
    }

    #[inline(never)]
    fn add_elsewhere(&mut self, object: &Object<'_>, options: &Options) {
        let key = object.key;
        let scanned = options.prefix.as_bytes();
        // Nothing outside of the scanned prefix should arrive; what does has no depth below it.
        let mut end = key.starts_with(scanned).then_some(scanned.len());
        let mut outgrown = None;
        for (level, depth) in self.levels.iter_mut().zip(0_usize..) {
            end = end.and_then(|start| {
                memchr(options.delimiter, &key[start..]).map(|at| start + at + 1)
            });
            match end.map(|end| &key[..end]) {
                None => level.above.add(object.size),
                Some(prefix) => {
                    level.entry(prefix).add(object);
                    if level.entries.len() > options.prefix_bound {
                        outgrown = outgrown.or(Some(depth));
                    }
                }
            }
        }
        self.aligned = end.is_some();
        if let Some(depth) = outgrown {
            self.drop_from(depth);
        }
    }

    pub(super) fn merge(&mut self, other: &Self, bound: usize) {
        self.aligned = false;
        let kept = self.levels.len().min(other.levels.len());
        if kept < self.levels.len() {
            self.drop_from(kept);
        }
        let mut outgrown = None;
        for ((mine, theirs), depth) in self.levels.iter_mut().zip(&other.levels).zip(0_usize..) {
            mine.above.merge(&theirs.above);
            for theirs in &theirs.entries {
                mine.entry(&theirs.prefix).merge(theirs);
                if mine.entries.len() > bound {
                    outgrown = Some(depth);
                    break;
                }
            }
            if outgrown.is_some() {
                break;
            }
        }
        if let Some(depth) = outgrown {
            self.drop_from(depth);
        }
    }

    /// Gives up the level at this index and all deeper ones.
    fn drop_from(&mut self, index: usize) {
        self.levels.truncate(index);
        // The number of levels is a `u8`, so this cannot cut anything off.
        self.dropped_from = u8::try_from(index + 1).ok();
    }

    /// The levels that were kept; the first is depth 1.
    #[must_use]
    pub fn levels(&self) -> &[PrefixLevel] {
        &self.levels
    }

    /// The first depth (counted from 1) that had more distinct prefixes than
    /// [`Options::prefix_bound`] and was dropped, with all deeper ones.
    #[must_use]
    pub fn dropped_from(&self) -> Option<u8> {
        self.dropped_from
    }
}

impl PrefixLevel {
    /// Finds or makes the entry of a prefix and remembers it for the next object.
    fn entry(&mut self, prefix: &[u8]) -> &mut PrefixCounts {
        let at = if self.entries.get(self.last).is_some_and(|entry| *entry.prefix == *prefix) {
            self.last
        } else if let Some(at) = self.index.get(prefix) {
            *at
        } else {
            let at = self.entries.len();
            self.index.insert(prefix.into(), at);
            let newest = Timestamp(i64::MIN);
            self.entries.push(PrefixCounts { prefix: prefix.into(), counts: Counts::ZERO, newest });
            at
        };
        self.last = at;
        &mut self.entries[at]
    }

    /// Objects with too few delimiters to have a prefix of this depth.
    #[must_use]
    pub fn above(&self) -> &Counts {
        &self.above
    }

    /// The prefixes of this depth, in no particular order.
    #[must_use]
    pub fn entries(&self) -> &[PrefixCounts] {
        &self.entries
    }

    /// The prefixes of this depth, sorted.
    #[must_use]
    pub fn sorted(&self) -> Vec<&PrefixCounts> {
        let mut sorted: Vec<_> = self.entries.iter().collect();
        sorted.sort_unstable_by(|left, right| left.prefix.cmp(&right.prefix));
        sorted
    }
}

impl PrefixCounts {
    #[inline]
    fn add(&mut self, object: &Object<'_>) {
        self.counts.add(object.size);
        self.newest = self.newest.max(object.modified);
    }

    fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.newest = self.newest.max(other.newest);
    }
}

impl PartialEq for PrefixLevel {
    /// Equal content, in whatever order it came.
    fn eq(&self, other: &Self) -> bool {
        self.above == other.above && self.sorted() == other.sorted()
    }
}

/// The serialized form: sorted, so that equal tallies have equal checkpoints.
#[derive(Serialize)]
struct LevelOut<'a> {
    above: Counts,
    entries: Vec<&'a PrefixCounts>,
}

#[derive(Deserialize)]
struct LevelIn {
    above: Counts,
    entries: Vec<PrefixCounts>,
}

impl Serialize for PrefixLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LevelOut { above: self.above, entries: self.sorted() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PrefixLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let LevelIn { above, entries } = LevelIn::deserialize(deserializer)?;
        let mut level = Self { above, ..Self::default() };
        for entry in &entries {
            level.entry(&entry.prefix).merge(entry);
        }
        Ok(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(keys: &[&str], options: &Options) -> Prefixes {
        let mut prefixes = Prefixes::new(options.depth);
        for key in keys {
            let object = Object {
                key: key.as_bytes(),
                size: 10,
                modified: Timestamp(5),
                etag: b"",
                storage_class: b"",
            };
            prefixes.add(&object, options);
        }
        prefixes
    }

    fn names(level: &PrefixLevel) -> Vec<(String, u64)> {
        level
            .sorted()
            .iter()
            .map(|entry| (entry.prefix.to_text().into_owned(), entry.counts.objects))
            .collect()
    }

    fn owned(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
        pairs.iter().map(|(name, objects)| ((*name).to_owned(), *objects)).collect()
    }

    #[test]
    fn each_depth_adds_up_to_the_whole() {
        let keys = ["a/b/1", "a/b/2", "a/c/1", "a/x", "b/b/1", "top", "a/b/3", "/", "//"];
        let prefixes = counted(&keys, &Options::new(Timestamp(0)));
        assert_eq!(names(&prefixes.levels()[0]), owned(&[("/", 2), ("a/", 5), ("b/", 1)]));
        assert_eq!(
            names(&prefixes.levels()[1]),
            owned(&[("//", 1), ("a/b/", 3), ("a/c/", 1), ("b/b/", 1)])
        );
        assert_eq!(prefixes.levels()[0].above().objects, 1);
        assert_eq!(prefixes.levels()[1].above().objects, 3);
    }

    #[test]
    fn depths_are_counted_below_the_scanned_prefix() {
        let options = Options { prefix: "logs/2024-".into(), ..Options::new(Timestamp(0)) };
        let prefixes = counted(
            &["logs/2024-01/a/x", "logs/2024-01/b/x", "logs/2024-02/y", "other/z"],
            &options,
        );
        assert_eq!(
            names(&prefixes.levels()[0]),
            owned(&[("logs/2024-01/", 2), ("logs/2024-02/", 1)])
        );
        assert_eq!(prefixes.levels()[0].above().objects, 1);
    }

    #[test]
    fn a_depth_past_the_bound_is_dropped_with_all_deeper_ones() {
        let options = Options { prefix_bound: 2, depth: 3, ..Options::new(Timestamp(0)) };
        let prefixes = counted(&["a/1/x", "a/2/x", "b/1/x"], &options);
        assert_eq!(prefixes.dropped_from(), Some(2));
        assert_eq!(names(&prefixes.levels()[0]), owned(&[("a/", 2), ("b/", 1)]));
        assert_eq!(prefixes.levels().len(), 1);
    }

    #[test]
    fn the_remembered_prefix_of_a_depth_does_not_leak_into_another_parent() {
        let prefixes = counted(&["a/b/1", "c/x", "c/b/1"], &Options::new(Timestamp(0)));
        assert_eq!(names(&prefixes.levels()[1]), owned(&[("a/b/", 1), ("c/b/", 1)]));
    }

    #[test]
    fn a_prefix_that_only_starts_alike_is_another_one() {
        let prefixes = counted(
            &["ab/x/1", "a/x/1", "abc/x/1", "ab/x/2", "ab/xy/1"],
            &Options::new(Timestamp(0)),
        );
        assert_eq!(names(&prefixes.levels()[0]), owned(&[("a/", 1), ("ab/", 3), ("abc/", 1)]));
        assert_eq!(
            names(&prefixes.levels()[1]),
            owned(&[("a/x/", 1), ("ab/x/", 2), ("ab/xy/", 1), ("abc/x/", 1)])
        );
    }
}
