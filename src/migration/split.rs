//! Dividing weighed pieces among jobs so that the longest job is as short as possible.
//!
//! The pieces are [`Block`]s: consecutive keys with what they hold. Three divisions are known, from the
//! simplest to the best:
//!
//! * **contiguous**: each job one range of keys. The shortest longest job is found by bisection over its
//!   duration, since filling jobs from the left to a given duration is optimal.
//! * **dealt**: each job some ranges. Duration is the larger of two sums, so that contiguous jobs can be
//!   far from the lower bound where small objects lie in one part of the key space and large ones in
//!   another. Pieces are dealt, the heaviest first, each to the job whose load it adds to least in both
//!   sums (`deal`); with twice as many pieces, the jobs come closer to the bound.
//! * the first division within [`GOOD_ENOUGH`] of the lower bound is taken, the simplest first.

use std::ops::Range;

use super::duration::Speed;
use crate::tally::{ByteString, Counts, Hazard};

/// Consecutive keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first key.
    pub first: ByteString,
    /// The last key.
    pub last: ByteString,
    /// What they hold.
    pub counts: Counts,
    /// What is wrong with how many of them.
    pub hazards: Vec<(Hazard, Counts)>,
}

/// Parts in ten thousand by which a division may be slower than the lower bound if it is simpler: 1 %.
pub const GOOD_ENOUGH: u128 = 100;

/// No division of so much into so many jobs is faster, in nanoseconds: neither the mean of the jobs nor
/// the largest single object can be undercut.
#[must_use]
pub fn lower_bound(speed: Speed, total: &Counts, largest: u64, jobs: usize) -> u128 {
    let mean = speed.nanos(total).div_ceil(jobs.max(1) as u128);
    let single = if total.objects == 0 { 0 } else { speed.byte_nanos(largest.into()) };
    mean.max(single)
}

/// Whether a division that takes `nanos` is as good as the lower bound for all purposes.
#[must_use]
pub fn is_good(nanos: u128, bound: u128) -> bool {
    nanos <= bound.saturating_add(bound.saturating_mul(GOOD_ENOUGH) / 10_000)
}

/// The blocks of each job, as ranges of indices in ascending order; no job is empty.
pub type Division = Vec<Vec<Range<usize>>>;

/// Divides blocks among at most `jobs` jobs; the simplest division that is good, or the best one.
#[must_use]
pub fn divide(blocks: &[Block], jobs: usize, speed: Speed, largest: u64) -> Division {
    let jobs = jobs.clamp(1, blocks.len().max(1));
    let weights: Vec<Counts> = blocks.iter().map(|block| block.counts).collect();
    let total = super::plan::sum(weights.iter().copied());
    let bound = lower_bound(speed, &total, largest, jobs);
    let mut best: Division =
        contiguous(&weights, jobs, speed).into_iter().map(|range| vec![range]).collect();
    let mut best_nanos = longest(&weights, &best, speed);
    let mut pieces = jobs;
    while !is_good(best_nanos, bound) && pieces < blocks.len() {
        pieces = pieces.saturating_mul(2);
        let cut = slices(&weights, pieces, speed);
        let dealt = deal(&weights, &cut, jobs, speed);
        let nanos = longest(&weights, &dealt, speed);
        if nanos < best_nanos {
            (best, best_nanos) = (dealt, nanos);
        }
    }
    best
}

/// Nanoseconds of the longest job.
#[must_use]
pub fn longest(weights: &[Counts], division: &Division, speed: Speed) -> u128 {
    division.iter().map(|ranges| speed.nanos(&weigh(weights, ranges))).max().unwrap_or(0)
}

fn weigh(weights: &[Counts], ranges: &[Range<usize>]) -> Counts {
    let blocks = ranges.iter().flat_map(|range| weights[range.clone()].iter().copied());
    super::plan::sum(blocks)
}

/// The contiguous division into at most `jobs` parts whose longest part is shortest.
fn contiguous(weights: &[Counts], jobs: usize, speed: Speed) -> Vec<Range<usize>> {
    let whole = speed.nanos(&super::plan::sum(weights.iter().copied()));
    // The least duration for which filling from the left needs no more than `jobs` parts.
    let (mut low, mut high) = (0, whole);
    while low < high {
        let middle = low + (high - low) / 2;
        match fill(weights, middle, speed) {
            Some(parts) if parts.len() <= jobs => high = middle,
            _ => low = middle + 1,
        }
    }
    fill(weights, low, speed).unwrap_or_default()
}

/// Fills parts from the left up to a duration; `None` if a single block takes longer.
fn fill(weights: &[Counts], most: u128, speed: Speed) -> Option<Vec<Range<usize>>> {
    let (mut parts, mut start, mut load) = (Vec::new(), 0, Counts::ZERO);
    for (index, weight) in weights.iter().enumerate() {
        let mut with = load;
        with.merge(weight);
        if speed.nanos(&with) > most {
            if speed.nanos(weight) > most {
                return None;
            }
            parts.push(start..index);
            start = index;
            load = *weight;
        } else {
            load = with;
        }
    }
    if start < weights.len() {
        parts.push(start..weights.len());
    }
    Some(parts)
}

/// Cuts into about so many slices of equal work, where the work of a slice is the time of its bytes and
/// the time of its objects together.
fn slices(weights: &[Counts], pieces: usize, speed: Speed) -> Vec<Range<usize>> {
    let total: f64 = weights.iter().map(|counts| work(speed, counts)).sum();
    #[expect(clippy::cast_precision_loss, reason = "only weighed against each other")]
    let share = total / pieces.max(1) as f64;
    let (mut slices, mut start, mut load) = (Vec::new(), 0, 0.0);
    for (index, weight) in weights.iter().enumerate() {
        let next = work(speed, weight);
        if index > start && load + next / 2.0 > share {
            slices.push(start..index);
            (start, load) = (index, 0.0);
        }
        load += next;
    }
    if start < weights.len() {
        slices.push(start..weights.len());
    }
    slices
}

/// Deals slices to jobs, the heaviest first.
///
/// Each goes to the job for which the product of its load and the slice, as vectors of the time of bytes
/// and the time of objects, is smallest: the one that is emptiest in what the slice has most of. The sum
/// of squared deviations from the mean then grows by no more than the square of each slice, which bounds
/// the imbalance in both sums at once, and fine slices vanish in it.
fn deal(weights: &[Counts], slices: &[Range<usize>], jobs: usize, speed: Speed) -> Division {
    let vector = |range: &Range<usize>| {
        speed.seconds(&super::plan::sum(weights[range.clone()].iter().copied()))
    };
    let mut order: Vec<([f64; 2], usize)> = slices.iter().map(vector).zip(0..).collect();
    let heavier = |vector: &[f64; 2]| vector[0].max(vector[1]);
    order.sort_by(|(left, a), (right, b)| heavier(right).total_cmp(&heavier(left)).then(a.cmp(b)));
    let mut loads = vec![[0.0_f64; 2]; jobs];
    let mut dealt: Vec<Vec<usize>> = vec![Vec::new(); jobs];
    for (slice, index) in order {
        let cost = |load: &[f64; 2]| load[0] * slice[0] + load[1] * slice[1];
        let job =
            (0..jobs).min_by(|left, right| cost(&loads[*left]).total_cmp(&cost(&loads[*right])));
        if let Some(job) = job {
            loads[job][0] += slice[0];
            loads[job][1] += slice[1];
            dealt[job].push(index);
        }
    }
    dealt.retain(|indices| !indices.is_empty());
    for indices in &mut dealt {
        indices.sort_unstable();
    }
    // Jobs in the order of their first keys.
    dealt.sort_unstable();
    dealt.into_iter().map(|indices| joined(slices, &indices)).collect()
}

/// The ranges of these slices, neighbours joined.
fn joined(slices: &[Range<usize>], indices: &[usize]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for range in indices.iter().filter_map(|index| slices.get(*index)) {
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => ranges.push(range.clone()),
        }
    }
    ranges
}

/// Gathers objects in the order of their keys into a bounded number of blocks.
///
/// Blocks are joined with their neighbours whenever there are too many, and only as long as the result
/// stays below a grain; so they stay fine where much lies together, and a giant object stays alone.
#[derive(Debug)]
pub struct Gatherer {
    blocks: Vec<Block>,
    /// The last key so far, which is the last of the last block.
    last: Vec<u8>,
    speed: Speed,
    /// Work up to which neighbours are joined.
    grain: f64,
    most: usize,
}

impl Gatherer {
    /// Blocks to keep: fine enough for any number of jobs that the service allows, small in memory.
    pub const MOST: usize = 1 << 16;

    /// Gathers into at most `most` blocks.
    #[must_use]
    pub fn new(speed: Speed, most: usize) -> Self {
        Self { blocks: Vec::new(), last: Vec::new(), speed, grain: 0.0, most: most.max(4) }
    }

    /// Adds the next object and what is wrong with it.
    pub fn add(&mut self, key: &[u8], size: u64, hazards: impl IntoIterator<Item = Hazard>) {
        let counts = Counts { objects: 1, bytes: size.into() };
        let joins = self
            .blocks
            .last()
            .is_some_and(|block| work(self.speed, &both(&block.counts, &counts)) <= self.grain);
        if !joins {
            if self.blocks.len() >= self.most {
                self.coarsen();
            }
            self.seal();
            let (first, last) = (key.into(), ByteString::default());
            self.blocks.push(Block { first, last, counts: Counts::ZERO, hazards: Vec::new() });
        }
        if let Some(block) = self.blocks.last_mut() {
            block.counts.merge(&counts);
            for hazard in hazards {
                count_hazard(&mut block.hazards, hazard, &counts);
            }
        }
        self.last.clear();
        self.last.extend_from_slice(key);
    }

    /// Notes the last key of the last block.
    fn seal(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.last = self.last.as_slice().into();
        }
    }

    /// Joins neighbours until there are at most half as many blocks as allowed.
    fn coarsen(&mut self) {
        self.seal();
        while self.blocks.len() > self.most / 2 {
            // No smaller grain than the work of the lightest pair joins any.
            let pairs = self.blocks.iter().zip(self.blocks.iter().skip(1));
            let least = pairs
                .map(|(left, right)| work(self.speed, &both(&left.counts, &right.counts)))
                .min_by(f64::total_cmp);
            self.grain = (self.grain * 2.0).max(least.unwrap_or(f64::MAX));
            let (speed, grain) = (self.speed, self.grain);
            self.blocks.dedup_by(|next, kept| {
                let with = both(&kept.counts, &next.counts);
                let joins = work(speed, &with) <= grain;
                if joins {
                    kept.counts = with;
                    kept.last = std::mem::take(&mut next.last);
                    for (hazard, counts) in &next.hazards {
                        count_hazard(&mut kept.hazards, *hazard, counts);
                    }
                }
                joins
            });
        }
    }

    /// The blocks in key order.
    #[must_use]
    pub fn finish(mut self) -> Vec<Block> {
        self.seal();
        self.blocks
    }
}

fn both(left: &Counts, right: &Counts) -> Counts {
    let mut sum = *left;
    sum.merge(right);
    sum
}

/// The time of the bytes and the time of the objects together: a weight that adds up. It is worked out for
/// every object, so it is no exact figure; what it decides is only where blocks end.
fn work(speed: Speed, counts: &Counts) -> f64 {
    let [bytes, objects] = speed.seconds(counts);
    bytes + objects
}

/// Adds objects with a hazard to a short list by hazard.
pub(super) fn count_hazard(list: &mut Vec<(Hazard, Counts)>, hazard: Hazard, counts: &Counts) {
    match list.iter_mut().find(|(known, _)| *known == hazard) {
        Some((_, sum)) => sum.merge(counts),
        None => list.push((hazard, *counts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPEED: u64 = 1_000;

    fn speed() -> Speed {
        // A byte takes 1 ms, an object 100 ms.
        Speed::new(8 * SPEED, 10)
    }

    fn gathered(sizes: &[u64], most: usize) -> Vec<Block> {
        let mut gatherer = Gatherer::new(speed(), most);
        for (number, size) in sizes.iter().enumerate() {
            gatherer.add(format!("{number:06}").as_bytes(), *size, []);
        }
        gatherer.finish()
    }

    fn weights(sizes: &[u64]) -> Vec<Counts> {
        sizes.iter().map(|size| Counts { objects: 1, bytes: (*size).into() }).collect()
    }

    /// The shortest longest part of any contiguous division, by trying them all.
    fn best_contiguous(weights: &[Counts], jobs: usize) -> u128 {
        if jobs == 1 || weights.len() <= 1 {
            return speed().nanos(&super::super::plan::sum(weights.iter().copied()));
        }
        (1..=weights.len())
            .map(|cut| {
                let (left, right) = weights.split_at(cut);
                let left = speed().nanos(&super::super::plan::sum(left.iter().copied()));
                left.max(if right.is_empty() { 0 } else { best_contiguous(right, jobs - 1) })
            })
            .min()
            .unwrap_or(0)
    }

    #[test]
    fn a_giant_object_stays_alone() {
        let mut sizes = vec![1; 200];
        sizes[77] = 1_000_000;
        let blocks = gathered(&sizes, 16);
        assert!(blocks.len() <= 16);
        let giant = blocks.iter().find(|block| block.counts.bytes >= 1_000_000).unwrap();
        assert_eq!(giant.counts.objects, 1);
        assert_eq!((&*giant.first, &*giant.last), (&b"000077"[..], &b"000077"[..]));
    }

    #[test]
    fn jobs_of_both_kinds_of_load_are_dealt() {
        // Many small objects before a few large ones: no contiguous division is near the bound.
        let sizes: Vec<u64> = (0..4_000).map(|n| if n < 2_000 { 0 } else { 200 }).collect();
        let blocks = gathered(&sizes, 1 << 12);
        let total = Counts { objects: 4_000, bytes: 400_000 };
        let bound = lower_bound(speed(), &total, 200, 4);
        let weights: Vec<Counts> = blocks.iter().map(|block| block.counts).collect();
        let alone: Division =
            contiguous(&weights, 4, speed()).into_iter().map(|range| vec![range]).collect();
        assert!(!is_good(longest(&weights, &alone, speed()), bound));
        assert!(is_good(longest(&weights, &divide(&blocks, 4, speed(), 200), speed()), bound));
    }

    proptest! {
        #[test]
        fn blocks_hold_every_object_once(sizes in prop::collection::vec(0_u64..5_000, 0..600), most in 4_usize..40) {
            let blocks = gathered(&sizes, most);
            prop_assert!(blocks.len() <= most);
            let mut next = 0;
            for block in &blocks {
                let upto = next + usize::try_from(block.counts.objects).unwrap();
                let names = [next, upto - 1].map(|number| ByteString::from(&*format!("{number:06}")));
                prop_assert_eq!([block.first.clone(), block.last.clone()], names);
                let bytes: u64 = sizes[next..upto].iter().sum();
                prop_assert_eq!(block.counts.bytes, u128::from(bytes));
                next = upto;
            }
            prop_assert_eq!(next, sizes.len());
        }

        #[test]
        fn every_block_belongs_to_exactly_one_job(sizes in prop::collection::vec(0_u64..5_000, 0..300), jobs in 1_usize..12) {
            let blocks = gathered(&sizes, 1 << 12);
            let division = divide(&blocks, jobs, speed(), sizes.iter().copied().max().unwrap_or(0));
            prop_assert!(division.len() <= jobs);
            let mut indices: Vec<usize> = division.iter().flatten().cloned().flatten().collect();
            indices.sort_unstable();
            prop_assert_eq!(indices, (0..blocks.len()).collect::<Vec<_>>());
        }

        #[test]
        fn contiguous_jobs_are_as_short_as_can_be(sizes in prop::collection::vec(0_u64..500, 1..9), jobs in 1_usize..5) {
            let weights = weights(&sizes);
            let division: Division =
                contiguous(&weights, jobs, speed()).into_iter().map(|range| vec![range]).collect();
            prop_assert!(division.len() <= jobs);
            prop_assert_eq!(longest(&weights, &division, speed()), best_contiguous(&weights, jobs));
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn many_small_objects_come_close_to_the_lower_bound(seed: u64, jobs in 1_usize..16) {
            let mut state = seed | 1;
            let sizes: Vec<u64> = (0..20_000).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // From nothing to ten times what an object takes anyway.
                (state >> 40) % 1_000
            }).collect();
            let blocks = gathered(&sizes, 1 << 12);
            let total = super::super::plan::sum(weights(&sizes));
            let bound = lower_bound(speed(), &total, 1_000, jobs);
            let weights: Vec<Counts> = blocks.iter().map(|block| block.counts).collect();
            let nanos = longest(&weights, &divide(&blocks, jobs, speed(), 1_000), speed());
            prop_assert!(nanos * 100 <= bound * 105, "{} {}", nanos, bound);
        }
    }
}
