//! Learned character frequencies: which characters follow which in the names of this store.
//!
//! An order-1 model, trained on the varying parts of neighbouring sample keys (so that every branch of the
//! trie counts about once) and smoothed after Witten and Bell: pair counts back off to single counts, those
//! to uniform. It turns the digit map of flat name spaces into arithmetic coding: equal steps in the map are
//! about equal numbers of keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::alphabet::Alphabet;
use super::text;
use crate::object::KeyOrder;

/// Resolution of one position.
pub(super) const SHARE_BITS: u32 = 24;
const ASCII: usize = 128;
/// Characters learned from after the first difference of two neighbouring names.
const TAIL: usize = 12;
/// Different characters (or pairs) beyond ASCII that are counted.
const MAX_WIDE: usize = 16_384;
/// Cached tables beyond this are forgotten all at once.
const MAX_TABLES: usize = 4096;

/// How the width of one position is divided among its characters.
#[derive(Debug)]
pub(super) struct Table {
    /// Weight that each character has at least.
    base: f64,
    /// Alphabet positions with more than that, ascending, and the running sums of what they have more.
    positions: Vec<u32>,
    sums: Vec<f64>,
    /// Weight of 'the name ends here', which comes first.
    end: f64,
    total: f64,
}

impl Table {
    pub(super) fn uniform(size: u32) -> Self {
        Self { base: 1.0, positions: Vec::new(), sums: vec![0.0], end: 1.0, total: f64::from(size) + 1.0 }
    }

    /// The share of the width below the character at 1-based `position`, in 2^-[`SHARE_BITS`].
    pub(super) fn share_below(&self, position: u32) -> u64 {
        let extra = self.sums[self.positions.partition_point(|p| *p < position)];
        let weight = self.end + self.base * (f64::from(position) - 1.0) + extra;
        ((weight / self.total).clamp(0.0, 1.0) * f64::from(1u32 << SHARE_BITS)) as u64
    }
}

/// The frequencies learned so far.
#[derive(Debug)]
pub(super) struct Model {
    pairs: Vec<u32>,
    singles: Vec<u32>,
    wide_pairs: BTreeMap<(u32, u32), u32>,
    wide_singles: BTreeMap<u32, u32>,
    count: u64,
    refresh_at: u64,
    tables: HashMap<(u32, Option<u32>), Arc<Table>>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            pairs: vec![0; (ASCII + 1) * ASCII],
            singles: vec![0; ASCII],
            wide_pairs: BTreeMap::new(),
            wide_singles: BTreeMap::new(),
            count: 0,
            refresh_at: 200,
            tables: HashMap::new(),
        }
    }

    /// Learns from keys in order.
    pub(super) fn learn<'a>(&mut self, order: KeyOrder, keys: impl Iterator<Item = &'a [u8]>) {
        let mut previous: Option<&[u8]> = None;
        for key in keys {
            if let Some(previous) = previous {
                let start = text::common_prefix(key, previous);
                let before = start.checked_sub(1).map(|last| text::floor_boundary(key, last));
                let mut last = before.and_then(|at| text::decode(order, &key[at..])).map(|(rank, _)| rank);
                let mut at = start;
                for _ in 0..TAIL {
                    let Some((rank, length)) = text::decode(order, &key[at..]) else { break };
                    self.count_pair(last, rank);
                    last = Some(rank);
                    at += length;
                }
            }
            previous = Some(key);
        }
        if self.count >= self.refresh_at {
            self.refresh_at = self.count + self.count / 2 + 200;
            self.tables.clear();
        }
    }

    fn count_pair(&mut self, before: Option<u32>, rank: u32) {
        self.count += 1;
        let row = before.map_or(ASCII, |b| b as usize);
        let column = rank as usize;
        if column < ASCII {
            self.singles[column] += 1;
        } else if self.wide_singles.len() < MAX_WIDE || self.wide_singles.contains_key(&rank) {
            *self.wide_singles.entry(rank).or_default() += 1;
        }
        if column < ASCII && row <= ASCII && before != Some(128) {
            self.pairs[row * ASCII + column] += 1;
        } else if let Some(before) = before {
            let pair = (before, rank);
            if self.wide_pairs.len() < MAX_WIDE || self.wide_pairs.contains_key(&pair) {
                *self.wide_pairs.entry(pair).or_default() += 1;
            }
        }
    }

    /// The division of a position with this alphabet after the character `before`.
    pub(super) fn table(&mut self, alphabet: &Alphabet, before: Option<u32>) -> Arc<Table> {
        let key = (alphabet.id, before);
        if let Some(known) = self.tables.get(&key) {
            return Arc::clone(known);
        }
        if self.tables.len() >= MAX_TABLES {
            self.tables.clear();
        }
        let made = Arc::new(if alphabet.numeral { Table::uniform(alphabet.size()) } else { self.build(alphabet, before) });
        self.tables.insert(key, Arc::clone(&made));
        made
    }

    fn build(&self, alphabet: &Alphabet, before: Option<u32>) -> Table {
        let held = |rank: u32, count: u32| match alphabet.position(rank) {
            (position, true) if count > 0 => Some((position, f64::from(count))),
            _ => None,
        };
        let wide = self.wide_singles.iter().map(|(rank, count)| (*rank, *count));
        let singles: Vec<(u32, f64)> =
            (0u32..).zip(self.singles.iter().copied()).chain(wide).filter_map(|(rank, count)| held(rank, count)).collect();
        let row = before.map_or(ASCII, |b| b as usize);
        let mut pairs: Vec<(u32, f64)> = Vec::new();
        if row <= ASCII && before != Some(128) {
            let counts = &self.pairs[row * ASCII..(row + 1) * ASCII];
            pairs.extend((0u32..).zip(counts).filter_map(|(rank, count)| held(rank, *count)));
        }
        if let Some(before) = before {
            let wide = self.wide_pairs.range((before, 0)..=(before, u32::MAX));
            pairs.extend(wide.filter_map(|((_, rank), count)| held(*rank, *count)));
        }
        let (single_total, single_kinds) = (singles.iter().map(|s| s.1).sum::<f64>(), singles.len() as f64 + 1.0);
        let pair_kinds = pairs.len() as f64 + 1.0;
        let scale = pair_kinds / (single_total + single_kinds);
        let base = scale * single_kinds / f64::from(alphabet.size().max(1));
        // both lists ascend by position: merge
        let mut weights: BTreeMap<u32, f64> = singles.into_iter().map(|(position, count)| (position, count * scale)).collect();
        for (position, count) in pairs {
            *weights.entry(position).or_default() += count;
        }
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for weight in weights.values() {
            sum += weight;
            sums.push(sum);
        }
        let total = base + base * f64::from(alphabet.size()) + sum;
        Table { base, positions: weights.into_keys().collect(), sums, end: base, total }
    }
}
