//! Learned character frequencies: which characters follow which in the names of this store.
//!
//! An order-1 model, trained on the varying parts of neighbouring sample keys (so that every branch of the
//! trie counts about once) and smoothed after Witten and Bell: pair counts back off to single counts, those
//! to uniform. It turns the digit map of flat name spaces into arithmetic coding: equal steps in the map are
//! about equal numbers of keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alphabet::Alphabet;
use super::hash::FastMap;
use super::text;
use crate::object::KeyOrder;

/// Resolution of one position.
pub(super) const SHARE_BITS: u32 = 24;
/// Ranks from here on are counted together where they stand in pairs.
const WIDE: usize = 128;
/// Second characters of pairs: ASCII, and any other.
const COLUMNS: usize = WIDE + 1;
/// First characters of pairs: ASCII, any other, and none.
const ROWS: usize = WIDE + 2;
/// Characters learned from after the first difference of two neighbouring names.
const TAIL: usize = 12;
/// Different characters beyond ASCII that are counted.
const MAX_WIDE: usize = 16_384;
/// From so many counted pairs on, only every so many-th page is learned from.
const ENOUGH: u64 = 100_000;
const SELDOM: u64 = 4;
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
    /// The share of the width below the character at 1-based `position`, in 2^-[`SHARE_BITS`].
    pub(super) fn share_below(&self, position: u32) -> u64 {
        self.share(position, self.positions.partition_point(|p| *p < position))
    }

    /// The shares below the character at `position` and below the next one.
    pub(super) fn shares(&self, position: u32) -> (u64, u64) {
        let index = self.positions.partition_point(|p| *p < position);
        let next = index + usize::from(self.positions.get(index) == Some(&position));
        (self.share(position, index), self.share(position + 1, next))
    }

    /// The share below `position`, before which `index` positions have weights of their own.
    fn share(&self, position: u32, index: usize) -> u64 {
        let extra = self.sums[index];
        let weight = self.end + self.base * (f64::from(position) - 1.0) + extra;
        ((weight / self.total).clamp(0.0, 1.0) * f64::from(1u32 << SHARE_BITS)) as u64
    }
}

/// The frequencies learned so far.
#[derive(Debug)]
pub(super) struct Model {
    pairs: Vec<u32>,
    singles: Vec<u32>,
    wide_singles: BTreeMap<u32, u32>,
    count: u64,
    /// Pages shown since the last one that was learned from.
    skipped: u64,
    refresh_at: u64,
    tables: FastMap<(u32, usize), Arc<Table>>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            pairs: vec![0; ROWS * COLUMNS],
            singles: vec![0; WIDE],
            wide_singles: BTreeMap::new(),
            count: 0,
            skipped: 0,
            refresh_at: 200,
            tables: FastMap::default(),
        }
    }

    /// Learns from keys in order.
    pub(super) fn learn<'a>(&mut self, order: KeyOrder, keys: impl Iterator<Item = &'a [u8]>) {
        if self.count >= ENOUGH {
            self.skipped += 1;
            if self.skipped < SELDOM {
                return;
            }
            self.skipped = 0;
        }
        let mut previous: Option<&[u8]> = None;
        for key in keys {
            if let Some(previous) = previous {
                let start = text::common_prefix(key, previous);
                let before = start.checked_sub(1).map(|last| text::floor_boundary(key, last));
                let mut last =
                    before.and_then(|at| text::decode(order, &key[at..])).map(|(rank, _)| rank);
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
        self.pairs[row(before) * COLUMNS + (rank as usize).min(WIDE)] += 1;
        if (rank as usize) < WIDE {
            self.singles[rank as usize] += 1;
        } else if self.wide_singles.len() < MAX_WIDE || self.wide_singles.contains_key(&rank) {
            *self.wide_singles.entry(rank).or_default() += 1;
        }
    }

    /// The division of a position with this alphabet after the character `before`.
    pub(super) fn table(&mut self, alphabet: &Alphabet, before: Option<u32>) -> Arc<Table> {
        let key = (alphabet.id, row(before));
        if let Some(known) = self.tables.get(&key) {
            return Arc::clone(known);
        }
        if self.tables.len() >= MAX_TABLES {
            self.tables.clear();
        }
        let made = Arc::new(self.build(alphabet, row(before)));
        self.tables.insert(key, Arc::clone(&made));
        made
    }

    fn build(&self, alphabet: &Alphabet, row: usize) -> Table {
        let held = |rank: u32, count: f64| match alphabet.position(rank) {
            (position, true) if count > 0.0 => Some((position, count)),
            _ => None,
        };
        let wide = self.wide_singles.iter().map(|(rank, count)| (*rank, f64::from(*count)));
        let narrow = (0u32..).zip(self.singles.iter().map(|count| f64::from(*count)));
        let singles: Vec<(u32, f64)> =
            narrow.chain(wide.clone()).filter_map(|(rank, count)| held(rank, count)).collect();
        let counts = &self.pairs[row * COLUMNS..(row + 1) * COLUMNS];
        let mut pairs: Vec<(u32, f64)> = (0u32..)
            .zip(&counts[..WIDE])
            .filter_map(|(rank, count)| held(rank, f64::from(*count)))
            .collect();
        if counts[WIDE] > 0 {
            // which of the wide characters follows is as frequent as they are everywhere
            let all: f64 = wide.clone().map(|(_, count)| count).sum();
            let share = f64::from(counts[WIDE]) / all.max(1.0);
            pairs.extend(wide.filter_map(|(rank, count)| held(rank, count * share)));
        }
        let (single_total, single_kinds) =
            (singles.iter().map(|s| s.1).sum::<f64>(), singles.len() as f64 + 1.0);
        let pair_kinds = pairs.len() as f64 + 1.0;
        let scale = pair_kinds / (single_total + single_kinds);
        let base = scale * single_kinds / f64::from(alphabet.size().max(1));
        // both lists ascend by position: merge
        let mut weights: BTreeMap<u32, f64> =
            singles.into_iter().map(|(position, count)| (position, count * scale)).collect();
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

fn row(before: Option<u32>) -> usize {
    before.map_or(WIDE + 1, |rank| (rank as usize).min(WIDE))
}
