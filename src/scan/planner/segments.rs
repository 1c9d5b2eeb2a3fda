//! What lies between a range's cursor and its bound, level by level, and where it can be cut.

use std::sync::Arc;

use super::digits::DigitMap;
use super::interpolate::{self, Walk};
use super::lore::Lore;
use super::range::Range;
use super::trace::CutKind;
use super::unlisted::{Level, Unlisted};
use super::{kin, text, tuning};

/// Child prefixes of one directory.
pub(super) type Children = Arc<Vec<Box<[u8]>>>;

/// A directory whose children are taken to be called as those of another.
#[derive(Debug)]
pub(super) struct Stead {
    pub(super) path: Vec<u8>,
    /// Length of the other's path.
    pub(super) like: usize,
}

/// Where a segment can be cut.
#[derive(Debug)]
pub(super) enum Cuts {
    /// Nowhere: its structure is not known.
    Unknown,
    /// Before the children `low..high` of a listed directory, evenly by the running `sums` of what they are
    /// expected to hold: never empty, unless they stand for those of another directory.
    Children { list: Children, sums: Arc<Vec<f64>>, low: usize, high: usize, stead: Option<Stead> },
    /// Evenly between two values of the digit map.
    Linear { map: DigitMap, from: u128, to: u128 },
    /// At growing distances, the last page being much denser than the walk.
    Geometric { map: DigitMap, from: u128, to: u128, step: f64 },
    /// Into space of which the end is not known.
    Open {
        map: DigitMap,
        from: u128,
        to: u128,
        page_width: f64,
        first: Option<Vec<u8>>,
        failed: bool,
    },
    /// After the node of the cursor at each level, highest first.
    Ladder(Arc<Vec<Vec<u8>>>),
    /// One place only.
    One(Vec<u8>),
}

impl Cuts {
    /// What its cuts rest on.
    pub(super) fn kind(&self) -> Option<CutKind> {
        match self {
            Self::Unknown => None,
            Self::Children { stead: Some(_), .. } => Some(CutKind::Kin),
            Self::Children { .. } | Self::One(_) => Some(CutKind::Child),
            Self::Linear { .. } => Some(CutKind::Linear),
            Self::Geometric { .. } => Some(CutKind::Geometric),
            Self::Open { .. } => Some(CutKind::Open),
            Self::Ladder(_) => Some(CutKind::Ladder),
        }
    }
}

/// A part of what a range has left.
#[derive(Debug)]
pub(super) struct Segment {
    /// Estimated keys.
    pub(super) mass: f64,
    pub(super) cuts: Cuts,
}

/// The segments of a range in key order.
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub(super) list: Vec<Segment>,
    /// The directory whose structure would tell most.
    pub(super) need: Option<Vec<u8>>,
}

pub(super) fn within<'a>(key: Option<&'a [u8]>, stem: &[u8]) -> Option<&'a [u8]> {
    key.filter(|key| key.starts_with(stem))
}

/// The segments of `range`, which has accepted at least one key.
pub(super) fn of(lore: &mut Lore, range: &Range) -> Segments {
    let mut out = Segments::default();
    let Some(cursor) = range.cursor.as_deref() else { return out };
    let upper = range.upper.as_deref();
    let floor = lore.prefix.len();
    let level = text::shared_level(lore.order, cursor, upper);
    let own_end =
        lore.delimiter.map_or(floor, |delimiter| text::directory_end(cursor, delimiter, floor));
    let own = &cursor[..own_end];
    let flat = own_names(lore, range, cursor, own, within(upper, own));
    let flat = flat.map(|segment| {
        let walked = (range.dir_before + range.dir_keys) as f64;
        Segment { mass: lore.lengths.within(walked, segment.mass), ..segment }
    });
    let own_mass = flat.as_ref().map_or(0.0, |segment| segment.mass);
    if flat.is_some()
        && let Some(segment) = cluster(lore, range, cursor, level)
    {
        out.list.push(segment);
    }
    out.list.extend(flat);
    if let Some(delimiter) = lore.delimiter {
        above(lore, range, delimiter, own_mass, &mut out);
    }
    out
}

/// Segments of the directories above the cursor's own, deepest first.
fn above(lore: &mut Lore, range: &Range, delimiter: u8, own_mass: f64, out: &mut Segments) {
    let Some(cursor) = range.cursor.as_deref() else { return };
    let (order, floor) = (lore.order, lore.prefix.len());
    let upper = range.upper.as_deref();
    let mut below = range.dir_keys as f64 + own_mass;
    let mut unlisted = Unlisted::default();
    for (child, parent) in range.levels(order, delimiter, floor) {
        let listed = lore.directories.get(parent);
        let (Some(directory), Some(stretch)) =
            (listed, listed.and_then(|d| d.around(order, cursor)))
        else {
            if listed.is_none()
                && let Some(segment) = kin::rest(lore, range, delimiter, child, parent)
            {
                below += segment.mass;
                out.list.push(segment);
            } else {
                let level = Level { child, path: parent, delimiter };
                out.list.push(unlisted.rest(lore, range, level, below));
            }
            continue;
        };
        let (children, sums) = (Arc::clone(&stretch.children), stretch.sizes.sums());
        let low = children.partition_point(|c| !order.precedes(child, c));
        let high = upper
            .map_or(children.len(), |upper| children.partition_point(|c| order.precedes(c, upper)));
        let left = high.saturating_sub(low) as f64;
        let mut average = directory.average();
        let mut expected = sums.get(high).zip(sums.get(low)).map_or(0.0, |(to, from)| to - from);
        if directory.passed < 3 && left > 0.0 {
            // the child one is in tends to be larger than its siblings
            average = average.max(below * left.min(3.0 + left.sqrt()) / left);
            expected = expected.max(average * left);
        }
        let mut added = 0.0;
        let goes_on =
            stretch.to.clone().filter(|to| upper.is_none_or(|upper| order.precedes(to, upper)));
        if left > 0.0 {
            let mass = expected.min(lore.cap());
            added += mass;
            out.list.push(Segment {
                mass,
                cuts: Cuts::Children { list: Arc::clone(&children), sums, low, high, stead: None },
            });
        }
        if let Some(to) = goes_on
            && let Some(segment) = more_children(lore, range, parent, &children, to, average)
        {
            added += segment.mass;
            out.list.push(segment);
        }
        below += added;
    }
    out.need = unlisted.need();
}

/// Children beyond the end of a cut list, extrapolated from their names.
fn more_children(
    lore: &mut Lore,
    range: &Range,
    parent: &[u8],
    children: &Children,
    to: Vec<u8>,
    average: f64,
) -> Option<Segment> {
    let (first, last) = (children.first()?, children.last()?);
    let bare = |child: &'_ [u8]| -> usize { child.len().saturating_sub(1) };
    let keys = children.len() as f64 * average;
    let walk = Walk {
        stem: parent,
        first: &first[..bare(first)],
        cursor: &last[..bare(last)],
        upper: within(range.upper.as_deref(), parent),
        next_known: within(range.next_known.as_deref(), parent),
        keys,
        samples: children
            .iter()
            .step_by((children.len() / 40).max(1))
            .map(|child| &child[..bare(child)])
            .collect(),
        fails: range.fails,
        continued: true,
        page: None,
        landing: range.landing.as_deref(),
        learned: false,
    };
    interpolate::segment(lore, &walk).or(Some(Segment { mass: keys * 0.5, cuts: Cuts::One(to) }))
}

/// Names next to the cursor in its own directory.
fn own_names(
    lore: &mut Lore,
    range: &Range,
    cursor: &[u8],
    own: &[u8],
    upper: Option<&[u8]>,
) -> Option<Segment> {
    if range.dir_keys == 0 {
        return None;
    }
    let mut stem = own.to_vec();
    let mut upper = upper;
    if let Some(delimiter) = lore.delimiter
        && own.last() == Some(&delimiter)
        && let Some(template) = lore.directories.template(own, delimiter)
        && template.directories > 2
        && cursor[own.len()..].starts_with(&template.common)
        && range.dir_first.get(own.len()..).is_some_and(|name| name.starts_with(&template.common))
    {
        // no ladder over "part-"
        let mut longer = stem.clone();
        longer.extend_from_slice(&template.common);
        let cut = text::floor_boundary(cursor, longer.len());
        longer.truncate(cut);
        if upper.is_none_or(|upper| upper.starts_with(&longer)) {
            stem = longer;
        } else if upper.is_some_and(|upper| lore.order.precedes(&longer, upper)) {
            stem = longer;
            upper = None;
        }
    }
    let page_inside =
        !lore.order.precedes(&range.page_first, &stem) && range.dir_keys > range.page_keys;
    let walk = Walk {
        stem: &stem,
        first: &range.dir_first,
        cursor,
        upper,
        next_known: within(range.next_known.as_deref(), own),
        keys: range.dir_keys as f64,
        samples: range.sample.iter().collect(),
        fails: range.fails,
        continued: false,
        page: page_inside.then_some((&*range.page_first, range.page_keys as f64)),
        landing: range.landing.as_deref(),
        learned: true,
    };
    interpolate::segment(lore, &walk)
}

/// The second half of the walk stayed below a longer common prefix than the whole walk: an implicit directory.
fn cluster(lore: &mut Lore, range: &Range, cursor: &[u8], level: usize) -> Option<Segment> {
    if (range.dir_keys as f64) < tuning::CLUSTER * lore.page {
        return None;
    }
    let since = range.keys as f64 - range.dir_keys as f64 / 2.0;
    let at = range.marks.partition_point(|(_, before)| (*before as f64) < since);
    let (first, before) = range.marks.get(at)?;
    let common = text::common_prefix(cursor, first);
    if common <= level + 1 || common <= text::common_prefix(cursor, &range.dir_first) + 1 {
        return None;
    }
    let walk = Walk {
        stem: &cursor[..common],
        first,
        cursor,
        upper: None,
        next_known: None,
        keys: (range.keys - before) as f64,
        samples: range.sample.iter().collect(),
        fails: range.fails,
        continued: false,
        page: None,
        landing: None,
        learned: true,
    };
    interpolate::segment(lore, &walk)
}
