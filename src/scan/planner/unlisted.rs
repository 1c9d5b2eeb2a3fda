//! What is left of a directory around the cursor whose children there nobody has listed, and whether to ask for them.

use std::sync::Arc;

use super::interpolate::{self, Walk};
use super::lore::Lore;
use super::range::Range;
use super::segments::{Cuts, Segment, within};
use super::{text, tuning};

/// A directory around the cursor.
#[derive(Clone, Copy)]
pub(super) struct Level<'a> {
    /// Its child that the cursor is in.
    pub(super) child: &'a [u8],
    pub(super) path: &'a [u8],
    pub(super) delimiter: u8,
}

/// The unlisted directories around one cursor, told from the deepest on.
#[derive(Debug, Default)]
pub(super) struct Unlisted {
    /// Those of which nothing but their existence is known, so far.
    unknown: i32,
    /// The directory whose structure would tell most, and the keys that are supposed to be left in it.
    need: Option<(Vec<u8>, f64)>,
}

impl Unlisted {
    /// The directory whose structure would tell most.
    pub(super) fn need(self) -> Option<Vec<u8>> {
        self.need.map(|(directory, _)| directory)
    }

    /// What is left of a directory behind the cursor's child; `below` are the keys walked and expected in that child.
    pub(super) fn rest(
        &mut self,
        lore: &mut Lore,
        range: &Range,
        level: Level<'_>,
        below: f64,
    ) -> Segment {
        if lore.directories.get(level.path).is_some()
            && let Some(segment) = by_names(lore, range, level)
        {
            if !worth_listing(lore, range, level, &segment) {
                return segment;
            }
            self.ask(level.path, segment.mass);
            return Segment { mass: segment.mass, cuts: Cuts::Unknown };
        }
        let mass = as_much_again(lore, range, level, below);
        let large = mass >= lore.page / 2.0;
        // what was seen below cannot be repeated at every level
        let weight = tuning::HIDDEN * tuning::UNKNOWN.powi(self.unknown);
        self.unknown += i32::from(large);
        let edge = edge(lore, range, level, mass);
        if large && (edge.is_none() || lore.eager) {
            self.ask(level.path, mass);
        }
        let cuts = edge.map_or(Cuts::Unknown, |edge| Cuts::Ladder(Arc::new(vec![edge])));
        Segment { mass: mass * weight, cuts }
    }

    fn ask(&mut self, directory: &[u8], mass: f64) {
        if self.need.as_ref().is_none_or(|(_, largest)| mass >= largest * 0.99) {
            self.need = Some((directory.to_vec(), mass));
        }
    }
}

/// As many keys as the walk has seen of the directory or in the cursor's child, within what its siblings hold.
fn as_much_again(lore: &Lore, range: &Range, level: Level<'_>, below: f64) -> f64 {
    let floor = lore.prefix.len();
    let inside = range.keys_inside(lore.order, level.path) as f64;
    let mass = inside.max(below.min(lore.cap()));
    let above = level
        .path
        .len()
        .checked_sub(1)
        .filter(|_| level.path.len() > floor)
        .map(|last| &level.path[..text::directory_end(&level.path[..last], level.delimiter, floor)])
        .and_then(|above| lore.directories.get(above))
        .filter(|above| above.passed > 2);
    match above {
        Some(above) => mass.min(inside.max(2.0 * above.keys as f64 / above.passed as f64)),
        None => mass,
    }
}

/// Where to cut instead of asking: right behind the cursor's child, where the walk has met one name only and little
/// is at stake. Half of such directories hold no more than four names, and a page tells as much as a list of them.
fn edge(lore: &Lore, range: &Range, level: Level<'_>, mass: f64) -> Option<Vec<u8>> {
    if mass >= tuning::EDGE_MOST * lore.page {
        return None;
    }
    let name = |mark: &[u8]| {
        let name = mark.get(level.path.len()..).unwrap_or_default();
        name.iter().position(|byte| *byte == level.delimiter).unwrap_or(name.len())
    };
    let met = range.marks.get(range.mark_at(lore.order, level.path)..).unwrap_or_default();
    if let (Some((first, _)), Some((last, _))) = (met.first(), met.last()) {
        let end = level.path.len() + name(first);
        if name(last) + level.path.len() != end || first.get(..end) != last.get(..end) {
            return None;
        }
    }
    let edge = text::successor(lore.order, level.child)?;
    let inside = range.upper.as_ref().is_none_or(|upper| lore.order.precedes(&edge, upper));
    inside.then_some(edge)
}

/// The directory's names scaled to what is left, where the walk has passed some and half a page of keys.
fn by_names(lore: &mut Lore, range: &Range, level: Level<'_>) -> Option<Segment> {
    let Level { child, path, .. } = level;
    let at = range.mark_at(lore.order, path);
    let (first, before) = range.marks.get(at)?;
    let keys = (range.keys - before) as f64;
    if !lore.order.precedes(first, child) || keys < lore.page / 2.0 {
        return None;
    }
    let walk = Walk {
        stem: path,
        first,
        cursor: range.cursor.as_deref()?,
        upper: within(range.upper.as_deref(), path),
        next_known: within(range.next_known.as_deref(), path),
        keys,
        samples: range.marks[at..].iter().map(|(key, _)| &**key).collect(),
        fails: range.fails,
        continued: false,
        page: None,
        landing: range.landing.as_deref(),
        learned: false,
    };
    interpolate::segment(lore, &walk)
}

/// Whether one more answer about a wide directory tells more of `segment` than interpolation does.
fn worth_listing(lore: &mut Lore, range: &Range, level: Level<'_>, segment: &Segment) -> bool {
    let reach = lore
        .directories
        .get(level.path)
        .filter(|known| known.wide)
        .map_or(0.0, |known| known.average() * tuning::REACH);
    let first_mark = range.mark_at(lore.order, level.path);
    segment.mass >= lore.page / 2.0
        && segment.mass <= reach
        && reach >= tuning::PART * lore.page
        && !evenly_spread(lore, &segment.cuts, &range.marks[first_mark..], range.keys)
}

/// Whether the walk so far fits the map of its interpolation: then that is as good as a list of what follows.
fn evenly_spread(lore: &mut Lore, cuts: &Cuts, marks: &[(Box<[u8]>, u64)], keys: u64) -> bool {
    let (Cuts::Linear { map, from, .. } | Cuts::Open { map, from, .. }, Some((first, start))) =
        (cuts, marks.first())
    else {
        return false;
    };
    let low = map.value(first, &mut lore.model);
    let (width, count) = (from.saturating_sub(low) as f64, (keys - start) as f64);
    [1, 2, 3].iter().all(|quarter| {
        marks.get(marks.len() * quarter / 4).is_some_and(|(mark, before)| {
            let reached = map.value(mark, &mut lore.model).saturating_sub(low) as f64 / width;
            (reached - (before - start) as f64 / count).abs() <= tuning::EVEN
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::KeyOrder;
    use crate::scan::planner::{PlannerConfig, RangeId};

    const LEVEL: Level<'_> = Level { child: b"a/b/", path: b"a/", delimiter: b'/' };

    fn lore() -> Lore {
        let (prefix, order, delimiter) = (Vec::new(), KeyOrder::Bytes, Some(b'/'));
        Lore::new(PlannerConfig { page_limit: 100, prefix, order, delimiter })
    }

    fn walked(keys: &[&str], upper: Option<&str>) -> Range {
        let upper = upper.map(|upper| Arc::from(upper.as_bytes()));
        let mut range = Range::new(RangeId(0), None, upper, None);
        for key in keys {
            range.mark(key.as_bytes(), range.keys);
            range.keys += 50;
            range.cursor = Some(key.as_bytes().to_vec());
        }
        range
    }

    #[test]
    fn a_directory_of_one_name_is_cut_behind_it() {
        let range = walked(&["a/b/c/1", "a/b/c/5", "a/b/d"], None);
        assert_eq!(edge(&lore(), &range, LEVEL, 100.0), Some(b"a/b0".to_vec()));
    }

    #[test]
    fn it_is_asked_for_where_more_names_were_met_or_much_is_at_stake_or_nothing_lies_behind() {
        let range = walked(&["a/a/c/1", "a/b/c/5"], None);
        assert_eq!(edge(&lore(), &range, LEVEL, 100.0), None);
        let range = walked(&["a/b/c/1", "a/b/c/5"], None);
        assert_eq!(edge(&lore(), &range, LEVEL, 100_000.0), None);
        let range = walked(&["a/b/c/1", "a/b/c/5"], Some("a/b/x"));
        assert_eq!(edge(&lore(), &range, LEVEL, 100.0), None);
    }

    #[test]
    fn without_a_cut_the_largest_is_asked_for() {
        let range = walked(&["a/a/c/1", "a/b/c/5"], None);
        let (mut lore, mut unlisted) = (lore(), Unlisted::default());
        let segment = unlisted.rest(&mut lore, &range, LEVEL, 50.0);
        assert!(segment.cuts.kind().is_none() && segment.mass > 0.0);
        assert_eq!(unlisted.need(), Some(b"a/".to_vec()));
    }
}
