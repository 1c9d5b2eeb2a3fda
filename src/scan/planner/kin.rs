//! Which listed directory an unlisted one resembles, and what that tells of it.
//!
//! Directories whose paths differ in one name tend to be alike inside: days of two months, one kind of icon in two
//! themes, a package in two versions. So the children of one are asked for once and stand for those of its kin, as
//! long as the names that a walk has passed are found there too. A wrong guess costs what any wrong cut does.

use std::hash::Hasher as _;
use std::sync::Arc;

use super::directories::Stretch;
use super::hash::{FastMap, Mixer};
use super::lore::Lore;
use super::range::Range;
use super::segments::{Cuts, Segment, Stead, within};
use super::tuning;
use crate::object::KeyOrder;

/// Levels below the prefix at which a name may differ.
const MAX_LEVELS: usize = 16;
/// Patterns remembered; beyond that they are forgotten all at once.
const MAX_PATTERNS: usize = 32_768;

/// Listed directories by their paths with one name left out.
#[derive(Debug, Default)]
pub(super) struct Kin {
    by_pattern: FastMap<u64, Listed>,
}

#[derive(Debug)]
struct Listed {
    path: Box<[u8]>,
    /// Its children up to and including this name are not listed.
    from: Box<[u8]>,
}

impl Kin {
    /// Remembers that the children of `path` behind the key `from` are listed. Of several that are alike, the one
    /// listed from the earliest name on stays.
    pub(super) fn note(&mut self, path: &[u8], from: &[u8], floor: usize, delimiter: u8) {
        let from = from.get(path.len()..).unwrap_or_default();
        if self.by_pattern.len() >= MAX_PATTERNS {
            self.by_pattern.clear();
        }
        for pattern in patterns(path, floor, delimiter) {
            if self.by_pattern.get(&pattern).is_none_or(|known| *from <= *known.from) {
                let listed = Listed { path: path.into(), from: from.into() };
                self.by_pattern.insert(pattern, listed);
            }
        }
    }

    /// Listed directories that differ from `path` in one name: the deepest name above its own first, its own last.
    fn of<'a>(
        &'a self,
        path: &'a [u8],
        floor: usize,
        delimiter: u8,
    ) -> impl Iterator<Item = &'a [u8]> {
        patterns(path, floor, delimiter)
            .filter_map(|pattern| self.by_pattern.get(&pattern).map(|listed| &*listed.path))
            .filter(move |found| *found != path)
    }
}

/// The path with one name left out: the last but one, those above it, the last.
fn patterns(path: &[u8], floor: usize, delimiter: u8) -> impl Iterator<Item = u64> {
    let mut ends = [0; MAX_LEVELS + 1];
    let mut levels = 0;
    ends[0] = floor.min(path.len());
    for (at, _) in path.iter().enumerate().skip(floor).filter(|(_, byte)| **byte == delimiter) {
        if levels == MAX_LEVELS {
            levels = 0;
            break;
        }
        levels += 1;
        ends[levels] = at + 1;
    }
    (0..levels.saturating_sub(1)).rev().chain(levels.checked_sub(1)).map(move |level| {
        let mut hasher = Mixer::default();
        hasher.write(path.get(..ends[level]).unwrap_or_default());
        hasher.write_usize(level);
        hasher.write(path.get(ends[level + 1]..).unwrap_or_default());
        hasher.finish()
    })
}

/// What is left behind the cursor's child of `parent`, a directory that nobody asked for, by a listed one that it
/// resembles; `None` if there is none.
pub(super) fn rest(
    lore: &Lore,
    range: &Range,
    delimiter: u8,
    child: &[u8],
    parent: &[u8],
) -> Option<Segment> {
    let (order, floor) = (lore.order, lore.prefix.len());
    let passed = range.marks.get(range.mark_at(order, parent)..)?;
    let here = child.get(parent.len()..)?;
    let upper = within(range.upper.as_deref(), parent).and_then(|upper| upper.get(parent.len()..));
    for path in lore.directories.kin.of(parent, floor, delimiter) {
        let like = lore.directories.get(path);
        let stretch = like.and_then(|like| like.around(order, &[path, here].concat()));
        let Some(stretch) =
            stretch.filter(|s| agrees(order, s, path.len(), passed, parent, delimiter))
        else {
            continue;
        };
        let children = &stretch.children;
        let until = |bound: &[u8], inclusive: bool| {
            children.partition_point(|child| {
                let name = child.get(path.len()..).unwrap_or_default();
                if inclusive { !order.precedes(bound, name) } else { order.precedes(name, bound) }
            })
        };
        let low = until(here, true);
        let high = upper.map_or(children.len(), |upper| until(upper, false));
        if high <= low {
            return Some(Segment { mass: 0.0, cuts: Cuts::Unknown });
        }
        let first = passed.first().and_then(|(mark, _)| mark.get(parent.len()..));
        let first = first.map_or(low, |first| until(first, false).saturating_sub(1));
        let sums = stretch.sizes.sums();
        let sum = |from: usize, to: usize| {
            sums.get(to).zip(sums.get(from)).map_or(0.0, |(to, from)| to - from)
        };
        let ratio = range.keys_inside(order, parent) as f64 / sum(first, low).max(1.0);
        let ratio = ratio.clamp(1.0 / tuning::KIN_RATIO, tuning::KIN_RATIO);
        let mass = (sum(low, high) * ratio.powf(tuning::KIN_TRUST)).min(lore.cap());
        let stead = Stead { path: parent.to_vec(), like: path.len() };
        let list = Arc::clone(children);
        let cuts = Cuts::Children { list, sums, low, high, stead: Some(stead) };
        return Some(Segment { mass, cuts });
    }
    None
}

/// Whether more of the names that the walk has passed in `parent` are children of `like` than not, of those that lie
/// where its children are listed.
fn agrees(
    order: KeyOrder,
    stretch: &Stretch,
    like: usize,
    passed: &[(Box<[u8]>, u64)],
    parent: &[u8],
    delimiter: u8,
) -> bool {
    let from = stretch.from.get(like..).unwrap_or_default();
    let (mut same, mut other) = (0, 0);
    let mut before: &[u8] = &[];
    for (mark, _) in passed {
        let rest = mark.get(parent.len()..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == delimiter) else { continue };
        let name = &rest[..=end];
        if name == before || !order.precedes(from, name) {
            continue;
        }
        before = name;
        let found = stretch
            .children
            .binary_search_by(|child| order.compare(child.get(like..).unwrap_or_default(), name));
        if found.is_ok() { same += 1 } else { other += 1 }
    }
    same > 0 && same >= other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kin: &Kin, path: &str) -> Vec<String> {
        kin.of(path.as_bytes(), 0, b'/')
            .map(|path| String::from_utf8(path.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn kin_differs_in_one_name_and_its_own_name_counts_least() {
        let mut kin = Kin::default();
        for path in ["a/x/t/", "b/x/s/", "b/x/t/", "a/y/s/", "a/x/t/u/"] {
            kin.note(path.as_bytes(), path.as_bytes(), 0, b'/');
        }
        assert_eq!(of(&kin, "a/x/s/"), ["a/y/s/", "b/x/s/", "a/x/t/"]);
        assert_eq!(of(&kin, "c/z/s/"), Vec::<String>::new());
        assert_eq!(of(&kin, "a/x/t/"), ["b/x/t/"]);
    }

    #[test]
    fn of_directories_that_are_alike_the_one_listed_from_its_beginning_stays() {
        let mut kin = Kin::default();
        kin.note(b"m/1/", b"m/1/07/x", 0, b'/');
        kin.note(b"m/2/", b"m/2/", 0, b'/');
        kin.note(b"m/3/", b"m/3/12/x", 0, b'/');
        assert_eq!(of(&kin, "m/4/"), ["m/2/"]);
    }

    #[test]
    fn paths_that_are_too_deep_have_no_kin() {
        let mut kin = Kin::default();
        let deep = "a/".repeat(40);
        kin.note(deep.as_bytes(), b"", 0, b'/');
        assert!(of(&kin, &format!("b/{}", &deep[2..])).is_empty());
    }
}
