//! An order-preserving map from strings with a common stem to integers, for interpolation.
//!
//! Eight positions after the stem; each position divides the width of the one before it among 'the name ends
//! here' and the characters of its alphabet, evenly or by learned weight.

use std::sync::Arc;

use super::alphabet::{Alphabet, Alphabets, Seen};
use super::model::{Model, SHARE_BITS, Table};
use super::text;
use crate::object::KeyOrder;

/// Characters after the stem that take part.
pub(super) const POSITIONS: usize = 8;
/// Upper end of the map.
pub(super) const TOP: u128 = 1 << 120;

/// The map for one stem.
#[derive(Clone, Debug)]
pub(super) struct DigitMap {
    order: KeyOrder,
    stem: Box<[u8]>,
    before: Option<u32>,
    alphabets: Vec<Arc<Alphabet>>,
    learned: bool,
}

/// How one position's width is divided.
enum Division {
    /// Evenly among the end of the name and this many characters.
    Even(u32),
    Learned(Arc<Table>),
}

impl Division {
    fn share_below(&self, position: u32) -> u64 {
        match self {
            Self::Even(size) => (u64::from(position) << SHARE_BITS) / (u64::from(*size) + 1),
            Self::Learned(table) => table.share_below(position),
        }
    }
}

impl DigitMap {
    /// A map for keys that start with `stem`. `samples` show which characters occur; `constant` positions
    /// did not vary in what was walked and so also get the characters of the varying part.
    pub(super) fn new<'a>(
        order: KeyOrder,
        stem: &[u8],
        samples: impl Iterator<Item = &'a [u8]>,
        extra: &[&[u8]],
        constant_bytes: usize,
        alphabets: &mut Alphabets,
        learned: bool,
    ) -> Self {
        let mut seen: [Seen; POSITIONS] = std::array::from_fn(|_| Seen::default());
        let mut varying = Seen::default();
        let constant_end = stem.len() + constant_bytes;
        for key in samples.filter(|key| key.starts_with(stem)) {
            add(order, key, stem.len(), &mut seen);
            if constant_bytes > 0 {
                let mut at = text::floor_boundary(key, constant_end);
                for _ in 0..POSITIONS {
                    let Some((rank, length)) = text::decode(order, &key[at..]) else { break };
                    varying.add(rank);
                    at += length;
                }
            }
        }
        let constant = extra.first().map_or(0, |cursor| {
            let (mut at, mut n) = (stem.len(), 0);
            while at < constant_end && at < cursor.len() {
                let Some((_, length)) = text::decode(order, &cursor[at..]) else { break };
                at += length;
                n += 1;
            }
            n
        });
        for seen in seen.iter_mut().take(constant) {
            seen.merge(&varying);
        }
        for key in extra.iter().filter(|key| key.len() > stem.len()) {
            add(order, key, text::floor_boundary(key, stem.len()), &mut seen);
        }
        let alphabets: Vec<_> = seen.iter().map(|seen| alphabets.get(order, seen)).collect();
        let before = stem.len().checked_sub(1).map(|last| text::floor_boundary(stem, last));
        let before = before.and_then(|at| text::decode(order, &stem[at..])).map(|(rank, _)| rank);
        Self { order, stem: stem.into(), before, alphabets, learned }
    }

    fn division(&self, alphabet: &Alphabet, before: Option<u32>, model: &mut Model) -> Division {
        if self.learned && !alphabet.numeral {
            Division::Learned(model.table(alphabet, before))
        } else {
            Division::Even(alphabet.size())
        }
    }

    /// The number of `key`, which must start with the stem (bytes in its place are skipped unseen).
    pub(super) fn value(&self, key: &[u8], model: &mut Model) -> u128 {
        let (mut low, mut width, mut before) = (0, TOP, self.before);
        let mut at = self.stem.len();
        for alphabet in &self.alphabets {
            let Some((rank, length)) =
                key.get(at..).and_then(|rest| text::decode(self.order, rest))
            else {
                break;
            };
            let table = self.division(alphabet, before, model);
            let (position, exact) = alphabet.position(rank);
            if !exact {
                // just after its predecessor in the alphabet
                return if position == 0 {
                    low
                } else {
                    low + scale(width, table.share_below(position + 1))
                };
            }
            let (from, to) = bounds(&table, position);
            low += scale(width, from);
            width = scale(width, to - from).max(1);
            before = Some(rank);
            at += length;
        }
        low
    }

    /// The string at `value`, with as few characters as keep it within `tolerance`; `None` if it holds a
    /// character that cannot travel.
    pub(super) fn name(&self, value: u128, tolerance: u128, model: &mut Model) -> Option<Vec<u8>> {
        let mut out = self.stem.to_vec();
        let (mut low, mut width, mut before) = (0, TOP, self.before);
        for alphabet in &self.alphabets {
            let table = self.division(alphabet, before, model);
            let (mut x, mut y) = (0, alphabet.size());
            while x < y {
                let middle = (x + y).div_ceil(2);
                if low + scale(width, table.share_below(middle)) <= value {
                    x = middle;
                } else {
                    y = middle - 1;
                }
            }
            if x == 0 {
                break;
            }
            let rank = alphabet.rank_at(x);
            if !text::push(self.order, &mut out, rank) {
                return None;
            }
            let (from, to) = bounds(&table, x);
            low += scale(width, from);
            width = scale(width, to - from).max(1);
            before = Some(rank);
            if width <= tolerance {
                break;
            }
        }
        Some(out)
    }
}

fn add(order: KeyOrder, key: &[u8], start: usize, seen: &mut [Seen; POSITIONS]) {
    let mut at = start;
    for seen in seen {
        let Some((rank, length)) = text::decode(order, &key[at..]) else { break };
        seen.add(rank);
        at += length;
    }
}

fn bounds(table: &Division, position: u32) -> (u64, u64) {
    let (from, to) = match table {
        Division::Even(_) => (table.share_below(position), table.share_below(position + 1)),
        Division::Learned(table) => table.shares(position),
    };
    (from, to.max(from + 1))
}

fn scale(width: u128, share: u64) -> u128 {
    // width is at most 2^120: multiply what is left of it after the shift first, so that nothing overflows
    if width >> 96 == 0 {
        (width * u128::from(share)) >> SHARE_BITS
    } else {
        (width >> SHARE_BITS) * u128::from(share)
    }
}
