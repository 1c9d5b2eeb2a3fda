//! From segments to one number per range, and from a share of it to cut points.

use super::digits::DigitMap;
use super::lore::Lore;
use super::range::Range;
use super::segments::{self, Cuts, Segment, Stead};
use super::trace::CutKind;
use super::{text, tuning};

/// A range's estimated remainder.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) mass: f64,
    /// The part of it with known cut points.
    pub(super) known: f64,
    /// The part of that below listed children, which are no guess.
    pub(super) listed: f64,
    pub(super) segments: Vec<Segment>,
    pub(super) need: Option<Vec<u8>>,
}

/// Estimates `range`, shrinking towards what was predicted for it: the largest of many noisy estimates is
/// nearly always an over-estimate. A range that has outlived its prediction is raised instead.
pub(super) fn plan(lore: &mut Lore, range: &mut Range) -> Plan {
    let mut found = segments::of(lore, range);
    // where nothing was found before, there is less than names suggest
    for segment in &mut found.list {
        segment.mass *= segment.cuts.kind().map_or(1.0, |kind| lore.chance(kind));
    }
    let mut mass: f64 = found.list.iter().map(|segment| segment.mass).sum();
    if mass > 0.0 && range.keys > 0 {
        match range.predicted {
            None => {
                if mass < 0.5 * lore.cap() {
                    range.predicted = Some(mass);
                    range.predicted_at = range.keys;
                }
            }
            Some(predicted) => {
                let since = (range.keys - range.predicted_at) as f64;
                let prior = (predicted - since)
                    .max(tuning::PRIOR_LEAST * predicted.max(since))
                    .max(since - predicted);
                let mixed = mass.powf(1.0 - tuning::PRIOR) * prior.powf(tuning::PRIOR);
                let mixed = mixed.min(tuning::PRIOR_MOST * prior).max(since - predicted);
                let factor = mixed / mass;
                for segment in &mut found.list {
                    segment.mass *= factor;
                }
                mass = mixed;
            }
        }
    }
    let (mut known, mut listed) = (0.0, 0.0);
    for segment in &found.list {
        match segment.cuts.kind() {
            None => {}
            Some(CutKind::Child | CutKind::Kin) => {
                known += segment.mass;
                listed += segment.mass;
            }
            Some(_) => known += segment.mass,
        }
    }
    Plan { mass, known, listed, segments: found.list, need: found.need }
}

/// A cut point.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) key: Vec<u8>,
    pub(super) kind: CutKind,
}

/// Up to `count` cuts that divide the range evenly by estimated mass, ascending, strictly inside it.
pub(super) fn cuts(lore: &mut Lore, range: &Range, plan: &Plan, count: usize) -> Vec<Cut> {
    let mut out: Vec<Cut> = Vec::new();
    let mut below = 0.0;
    let steps = count as f64 + 1.0;
    for segment in &plan.segments {
        let fractions: Vec<f64> = (1..=count)
            .map(|i| plan.mass * i as f64 / steps)
            .filter(|target| below <= *target && *target < below + segment.mass)
            .map(|target| (target - below) / segment.mass)
            .collect();
        if !fractions.is_empty() {
            let fractions = lore.ration(segment.cuts.kind(), fractions);
            points(lore, &segment.cuts, &fractions, &mut out);
        }
        below += segment.mass;
    }
    let order = lore.order;
    out.retain(|cut| fits(lore, range, &cut.key));
    out.sort_by(|a, b| order.compare(&a.key, &b.key));
    out.dedup_by(|a, b| a.key == b.key);
    out
}

/// Whether `key` may cut `range`.
fn fits(lore: &Lore, range: &Range, key: &[u8]) -> bool {
    !key.is_empty()
        && key.len() <= text::MAX_KEY
        && key.starts_with(&lore.prefix)
        && range.cursor.as_ref().is_some_and(|cursor| lore.order.precedes(cursor, key))
        && range.upper.as_ref().is_none_or(|upper| lore.order.precedes(key, upper))
        && text::is_clean(key)
}

fn points(lore: &mut Lore, cuts: &Cuts, fractions: &[f64], out: &mut Vec<Cut>) {
    let count = fractions.len();
    let parts = count as f64 + 1.0;
    let mut named = |lore: &mut Lore,
                     map: &DigitMap,
                     from: u128,
                     distance: f64,
                     tolerance: f64,
                     kind: CutKind| {
        if let Some(key) =
            map.name(from.saturating_add(distance as u128), tolerance as u128, &mut lore.model)
        {
            out.push(Cut { key, kind });
        }
    };
    match cuts {
        Cuts::Unknown => {}
        Cuts::One(key) => out.push(Cut { key: key.clone(), kind: CutKind::Child }),
        Cuts::Children { list, sums, low, high, stead } => {
            let part = sums.get(*low..*high).unwrap_or_default();
            let (from, to) = (part.first().copied(), sums.get(*high).copied());
            let (from, to) = (from.unwrap_or(0.0), to.unwrap_or(0.0));
            for fraction in fractions {
                let target = from + (to - from) * fraction;
                let at = low + part.partition_point(|sum| *sum <= target).saturating_sub(1);
                out.extend(list.get(at).map(|child| match stead {
                    None => Cut { key: child.to_vec(), kind: CutKind::Child },
                    Some(Stead { path, like }) => {
                        let name = child.get(*like..).unwrap_or_default();
                        Cut { key: [path, name].concat(), kind: CutKind::Kin }
                    }
                }));
            }
        }
        Cuts::Linear { map, from, to } => {
            let span = (to - from) as f64;
            for fraction in fractions {
                named(lore, map, *from, span * fraction, span / (8.0 * parts), CutKind::Linear);
            }
        }
        Cuts::Geometric { map, from, to, step } => {
            let growth = (to - from) as f64 / step;
            for i in 1..=count {
                let distance = step * growth.powf(i as f64 / parts);
                named(lore, map, *from, distance, distance / 8.0, CutKind::Geometric);
            }
        }
        Cuts::Open { map, from, to, page_width, first, failed } => {
            let span = (to - from) as f64;
            let mut count = count.min(tuning::OPEN_CUTS);
            let mut distances = Vec::new();
            if first.is_some() {
                count -= 1;
            }
            if count == 0 {
                // nothing beyond the first
            } else if span <= 3.0 * page_width {
                distances.push(span / 2.0);
            } else if count == 1 {
                distances.push(if *failed {
                    (page_width * span).sqrt()
                } else {
                    span * tuning::OPEN_FIRST
                });
            } else {
                if count > 2 {
                    distances.push(span * 0.875);
                }
                distances.push(span / 2.0);
                let steps = count - distances.len();
                distances.extend((1..=steps).map(|i| {
                    page_width * (span / page_width).powf(i as f64 / (steps as f64 + 1.0))
                }));
            }
            for distance in distances {
                named(lore, map, *from, distance, distance / 8.0, CutKind::Open);
            }
            out.extend(first.iter().map(|key| Cut { key: key.clone(), kind: CutKind::Child }));
        }
        Cuts::Ladder(levels) => {
            for i in 1..=count.min(levels.len()) {
                let at = if count >= levels.len() { i - 1 } else { levels.len() * i / (count + 1) };
                out.extend(
                    levels.get(at).map(|key| Cut { key: key.clone(), kind: CutKind::Ladder }),
                );
            }
        }
    }
}
