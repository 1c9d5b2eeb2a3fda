//! Estimates for names on one level: what was walked, scaled to what is left.

use std::sync::Arc;

use super::digits::{DigitMap, TOP};
use super::lore::Lore;
use super::range::Landing;
use super::segments::{Cuts, Segment};
use super::{text, tuning};

/// Names walked on one level.
pub(super) struct Walk<'a> {
    /// All names start with this.
    pub(super) stem: &'a [u8],
    pub(super) first: &'a [u8],
    pub(super) cursor: &'a [u8],
    /// The range's upper bound if it lies on this level; `None`: the end of the stem.
    pub(super) upper: Option<&'a [u8]>,
    /// A real key beyond the upper bound, if it starts with the stem.
    pub(super) next_known: Option<&'a [u8]>,
    /// Keys counted from `first` to `cursor`.
    pub(super) keys: f64,
    pub(super) samples: Vec<&'a [u8]>,
    /// Empty cuts in a row.
    pub(super) fails: u32,
    /// `cursor` is the end of a child list that goes on: data surely follows it.
    pub(super) continued: bool,
    /// First key and number of keys of the last page, if it lies on this level.
    pub(super) page: Option<(&'a [u8], f64)>,
    pub(super) landing: Option<&'a Landing>,
    /// Use learned character frequencies.
    pub(super) learned: bool,
}

/// What lies between the cursor and the upper bound.
pub(super) fn segment(lore: &mut Lore, walk: &Walk<'_>) -> Option<Segment> {
    let order = lore.order;
    let cursor = walk.cursor;
    let stem = match walk.upper {
        Some(upper) => text::shared_level(order, cursor, Some(upper)).max(walk.stem.len()),
        None => walk.stem.len(),
    };
    let common = text::common_prefix(cursor, walk.first);
    let deep = cursor.get(stem..common).is_some_and(|part| count_chars(lore, part) > 3);
    if deep { ladder(lore, walk, stem, common) } else { interpolate(lore, walk, stem, common) }
}

fn count_chars(lore: &Lore, mut bytes: &[u8]) -> usize {
    let mut n = 0;
    while let Some((_, length)) = text::decode(lore.order, bytes) {
        bytes = &bytes[length..];
        n += 1;
    }
    n
}

fn interpolate(lore: &mut Lore, walk: &Walk<'_>, stem: usize, common: usize) -> Option<Segment> {
    let order = lore.order;
    let cursor = walk.cursor;
    let head = cursor.get(..stem)?;
    let bound_prefix = walk.upper.map(|upper| &cursor[..text::common_prefix(cursor, upper)]);
    let closed = bound_prefix
        .is_some_and(|prefix| walk.next_known.is_some_and(|next| next.starts_with(prefix)));
    let inner = walk.upper.filter(|upper| upper.starts_with(head) && upper.len() > stem);
    let mut extra: Vec<&[u8]> = vec![cursor];
    extra.extend(inner);
    extra.extend(walk.next_known.filter(|_| closed));
    let map = DigitMap::new(
        order,
        head,
        walk.samples.iter().copied(),
        &extra,
        common.saturating_sub(stem),
        &mut lore.alphabets,
        walk.learned,
    );
    let model = &mut lore.model;
    let from = map.value(cursor, model);
    let first = if walk.first.starts_with(head) { map.value(walk.first, model) } else { 0 };
    let to = inner.map_or(TOP, |upper| map.value(upper, model));
    if to <= from {
        return None;
    }
    let span = (to - from) as f64;
    let mut density = walk.keys / (from.saturating_sub(first).max(1)) as f64;
    if closed
        && !walk.continued
        && let (Some(landing), Some(prefix)) = (walk.landing, bound_prefix)
    {
        let shared = text::common_prefix(&landing.first, &landing.last);
        let usable = landing.first.len() > stem && landing.last.len() > stem && shared + 1 >= stem;
        if usable && landing.first.starts_with(prefix) {
            let low = map.value(&landing.first, model);
            let high = if shared < stem { TOP } else { map.value(&landing.last, model) };
            if high > low {
                density = f64::midpoint(density, landing.count as f64 / (high - low) as f64);
            }
        }
    }
    let mut mass = density * span;
    let mut dense_step = None;
    if let Some((page_first, keys)) = walk.page.filter(|(first, _)| first.starts_with(head)) {
        let low = map.value(page_first, model);
        if from > low {
            let width = (from - low) as f64;
            let by_page = keys / width * span;
            if by_page > tuning::DENSE_RATIO * mass {
                dense_step = Some(width.max(1.0));
            }
            mass = (mass * by_page).sqrt().min(tuning::DENSE_MOST * mass);
        }
    }
    mass = mass.min(lore.cap());
    if closed {
        return Some(match dense_step.filter(|width| span > 8.0 * width) {
            Some(width) => Segment { mass, cuts: Cuts::Geometric { map, from, to, step: width } },
            None => Segment { mass, cuts: Cuts::Linear { map, from, to } },
        });
    }
    if walk.keys < lore.page {
        mass = mass.min(walk.keys);
    }
    mass = mass.min(walk.keys * tuning::OPEN_MOST);
    let cuts = Cuts::Open {
        map,
        from,
        to,
        page_width: lore.page / density,
        first: walk.continued.then(|| cursor.to_vec()),
        failed: walk.fails > 0,
    };
    Some(Segment { mass, cuts })
}

/// The page lies deeper than the level the range branches at: the scale is unknown, only the levels are.
fn ladder(lore: &mut Lore, walk: &Walk<'_>, stem: usize, common: usize) -> Option<Segment> {
    let order = lore.order;
    let cursor = walk.cursor;
    let head = cursor.get(..common)?;
    let samples = walk.samples.iter().copied();
    let map = DigitMap::new(order, head, samples, &[cursor], 0, &mut lore.alphabets, walk.learned);
    let from = map.value(cursor, &mut lore.model);
    let first = map.value(walk.first, &mut lore.model);
    let cap = lore.cap();
    let own = if walk.first.len() > common {
        walk.keys * (TOP - from) as f64 / from.saturating_sub(first).max(1) as f64
    } else {
        walk.keys
    };
    let own = own.min(cap);
    let mut levels = Vec::new();
    let mut at = stem;
    while at < common {
        let Some((rank, length)) = text::decode(order, &cursor[at..]) else { break };
        let mut seen = super::alphabet::Seen::default();
        seen.add(rank);
        if at == stem
            && let Some((other, _)) = walk
                .upper
                .filter(|upper| upper.starts_with(&cursor[..stem]))
                .and_then(|u| text::decode(order, &u[stem..]))
        {
            seen.add(other);
        }
        let alphabet = lore.alphabets.get(order, &seen);
        if alphabet.position(rank).0 < alphabet.size()
            && let Some(cut) = text::successor(order, &cursor[..at + length])
            && walk.upper.is_none_or(|upper| order.precedes(&cut, upper))
        {
            levels.push(cut);
        }
        at += length;
    }
    if levels.is_empty() {
        return (own > 0.0)
            .then_some(Segment { mass: own, cuts: Cuts::Linear { map, from, to: TOP } });
    }
    Some(Segment {
        mass: (own * 2.0 + walk.keys * 2.0).min(cap),
        cuts: Cuts::Ladder(Arc::new(levels)),
    })
}
