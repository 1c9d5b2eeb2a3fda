//! Which characters a position of a name can hold, guessed from the few that were seen there.

use std::sync::Arc;

use super::hash::FastMap;
use crate::object::KeyOrder;

/// Classes of letters and digits from narrow to wide: the first that holds all seen ones is taken whole,
/// since a page of a sorted listing shows only a slice of what a position can hold.
const CLASSES: [&[(u8, u8)]; 6] = [
    &[(b'0', b'9')],
    &[(b'0', b'9'), (b'a', b'f')],
    &[(b'0', b'9'), (b'A', b'F')],
    &[(b'0', b'9'), (b'a', b'z')],
    &[(b'0', b'9'), (b'A', b'Z')],
    &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
];
/// How many of [`CLASSES`] are numerals, which fill their range evenly.
const NUMERAL_CLASSES: usize = 3;

/// Blocks that are taken whole: CJK ideographs, Hangul, Kana. All others by 128.
const BLOCKS: [(u32, u32); 3] = [(0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x3040, 0x30FF)];

/// Interned alphabets beyond this are forgotten all at once (bounded state).
const MAX_INTERNED: usize = 4096;

/// A set of characters as sorted, disjoint intervals of ranks.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// Unique within a planner: keys the cache of learned weights.
    pub(super) id: u32,
    /// (lowest rank, number of characters before it)
    starts: Vec<(u32, u32)>,
    size: u32,
    /// Only digits or hexadecimal digits were seen: what was walked says nothing about their frequency.
    pub(super) numeral: bool,
}

impl Alphabet {
    fn new(id: u32, ascii: u128, blocks: &[(u32, u32)], numeral: bool) -> Self {
        let (mut starts, mut size): (Vec<(u32, u32)>, u32) = (Vec::new(), 0);
        let mut run = false;
        for rank in 0..128u32 {
            let held = ascii >> rank & 1 == 1;
            if held && !run {
                starts.push((rank, size));
            }
            size += u32::from(held);
            run = held;
        }
        for (low, high) in blocks {
            starts.push((*low, size));
            size += high - low + 1;
        }
        Self { id, starts, size, numeral }
    }

    /// Number of characters.
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// Number of characters with a rank of at most `rank`, and whether `rank` itself is one of them.
    pub(super) fn position(&self, rank: u32) -> (u32, bool) {
        let index = self.starts.partition_point(|(start, _)| *start <= rank);
        let Some(&(start, before)) = index.checked_sub(1).and_then(|i| self.starts.get(i)) else {
            return (0, false);
        };
        let length = self.starts.get(index).map_or(self.size, |(_, next)| *next) - before;
        let offset = rank - start;
        if offset < length { (before + offset + 1, true) } else { (before + length, false) }
    }

    /// The rank of the character at 1-based `position`.
    pub(super) fn rank_at(&self, position: u32) -> u32 {
        let zero = position.saturating_sub(1).min(self.size.saturating_sub(1));
        let index = self.starts.partition_point(|(_, before)| *before <= zero);
        index
            .checked_sub(1)
            .and_then(|i| self.starts.get(i))
            .map_or(0, |(start, before)| start + (zero - before))
    }
}

/// The characters seen at one position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    ascii: u128,
    blocks: Vec<(u32, u32)>,
}

impl Seen {
    #[inline]
    pub(super) fn add(&mut self, rank: u32) {
        if rank < 0x80 {
            self.ascii |= 1 << rank;
        } else {
            self.add_block(rank);
        }
    }

    fn add_block(&mut self, rank: u32) {
        let block = BLOCKS
            .iter()
            .copied()
            .find(|b| (b.0..=b.1).contains(&rank))
            .unwrap_or((rank & !127, rank | 127));
        // U+0080 to U+00A0 cannot travel
        let block = if block.0 == 0x80 { (0xA1, 0xFF) } else { block };
        if let Err(at) = self.blocks.binary_search(&block) {
            self.blocks.insert(at, block);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.ascii |= other.ascii;
        for block in &other.blocks {
            if let Err(at) = self.blocks.binary_search(block) {
                self.blocks.insert(at, *block);
            }
        }
    }
}

fn mask(intervals: &[(u8, u8)]) -> u128 {
    intervals.iter().flat_map(|(low, high)| *low..=*high).fold(0, |mask, byte| mask | 1 << byte)
}

/// Makes alphabets and keeps one copy of each.
#[derive(Debug)]
pub(super) struct Alphabets {
    interned: FastMap<Seen, Arc<Alphabet>>,
    /// Different sightings close to the same alphabet: those share one, and so its learned weights.
    closed: FastMap<(Seen, bool), Arc<Alphabet>>,
    next_id: u32,
    classes: [u128; 6],
}

impl Alphabets {
    pub(super) fn new() -> Self {
        Self {
            interned: FastMap::default(),
            closed: FastMap::default(),
            next_id: 0,
            classes: CLASSES.map(mask),
        }
    }

    /// The alphabet of a position where `seen` was seen, closed over classes.
    pub(super) fn get(&mut self, _order: KeyOrder, seen: &Seen) -> Arc<Alphabet> {
        if let Some(known) = self.interned.get(seen) {
            return Arc::clone(known);
        }
        if self.interned.len() >= MAX_INTERNED {
            self.interned.clear();
            self.closed.clear();
        }
        let made = self.close(seen);
        self.interned.insert(seen.clone(), Arc::clone(&made));
        made
    }

    fn close(&mut self, seen: &Seen) -> Arc<Alphabet> {
        let printable: u128 = mask(&[(b' ', b'~')]);
        let alphanumeric = seen.ascii & self.classes[5];
        let class = self.classes.iter().position(|class| alphanumeric & !class == 0).unwrap_or(5);
        let mut ascii = seen.ascii & printable;
        if alphanumeric != 0 || (ascii == 0 && seen.blocks.is_empty()) {
            ascii |= self.classes[class];
        }
        let numeral = seen.blocks.is_empty()
            && class < NUMERAL_CLASSES
            && (alphanumeric != 0 || seen.ascii & printable == 0);
        let next_id = &mut self.next_id;
        let made = self
            .closed
            .entry((Seen { ascii, blocks: seen.blocks.clone() }, numeral))
            .or_insert_with(|| {
                *next_id = next_id.wrapping_add(1);
                Arc::new(Alphabet::new(*next_id, ascii, &seen.blocks, numeral))
            });
        Arc::clone(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_close_and_positions_are_exact() {
        let mut seen = Seen::default();
        for c in "07-".chars() {
            seen.add(u32::from(c));
        }
        let mut all = Alphabets::new();
        let digits = all.get(KeyOrder::Bytes, &seen);
        assert_eq!(digits.size(), 11);
        assert!(digits.numeral);
        assert_eq!(digits.position(u32::from('-')), (1, true));
        assert_eq!(digits.position(u32::from('9')), (11, true));
        assert_eq!(digits.position(u32::from('a')), (11, false));
        assert_eq!(digits.position(u32::from('.')), (1, false));
        assert_eq!(digits.position(u32::from('!')), (0, false));
        for position in 1..=11 {
            assert_eq!(digits.position(digits.rank_at(position)), (position, true));
        }
        seen.add(u32::from('x'));
        seen.add(u32::from('é'));
        let wide = all.get(KeyOrder::Bytes, &seen);
        assert_eq!(wide.size(), 1 + 36 + 95);
    }
}
