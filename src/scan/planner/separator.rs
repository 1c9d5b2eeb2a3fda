//! Which character divides the names of this store into directories.
//!
//! Nearly always the usual delimiter. But `user:4:session:9` and `usr-share-icons-…` are trees as well, of another
//! character, and stores group by that one just as they do by `/`. Where the names hold none of the usual one, the
//! character that many neighbours share a directory of, if there were directories of it, takes its place.

use super::text::KeyList;

/// Characters that people put between the parts of a name.
const CANDIDATES: [u8; 9] = *b":-_.|#=~+";
/// Pages that are learned from, all of them up to here, then one in [`SELDOM`].
const EAGER: u64 = 64;
const SELDOM: u64 = 16;
/// Pages before the first look where every name so far holds the usual delimiter somewhere.
const PATIENCE: u64 = 8;
/// The usual delimiter stays where it divides more than one name in so many.
const USUAL: u64 = 20;
/// Least share of neighbouring samples that lie in one directory.
const ALIKE: f64 = 0.1;
/// Least levels of directories in a name, on average, and least product of both.
const LEVELS: f64 = 1.5;
const STRUCTURE: f64 = 0.35;

/// What a candidate has shown.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    occurrences: u64,
    alike: u64,
}

/// Counts over samples of the pages.
#[derive(Debug)]
pub(super) struct Separators {
    usual: u8,
    current: u8,
    /// The store does not group by other characters.
    refused: bool,
    pages: u64,
    next_look: u64,
    /// What all samples begin with.
    common: Option<Vec<u8>>,
    keys: u64,
    pairs: u64,
    /// Samples that hold the usual delimiter behind what they have in common.
    divided: u64,
    records: [Record; CANDIDATES.len()],
}

impl Separators {
    pub(super) fn new(usual: u8) -> Self {
        Self {
            usual,
            current: usual,
            refused: false,
            pages: 0,
            next_look: 1,
            common: None,
            keys: 0,
            pairs: 0,
            divided: 0,
            records: [Record::default(); CANDIDATES.len()],
        }
    }

    /// The usual delimiter from now on.
    pub(super) fn refuse(&mut self) -> u8 {
        self.refused = true;
        self.current = self.usual;
        self.usual
    }

    /// Learns from the samples of one page; the new delimiter if another one fits the names better than the current.
    /// Nothing is looked for in the first `floor` bytes.
    pub(super) fn learn(&mut self, samples: &KeyList, floor: usize) -> Option<u8> {
        self.pages += 1;
        if self.refused || (self.pages > EAGER && !self.pages.is_multiple_of(SELDOM)) {
            return None;
        }
        for key in samples.iter() {
            match &mut self.common {
                None => self.common = Some(key.to_vec()),
                Some(common) => {
                    let same = common.iter().zip(key).take_while(|(a, b)| a == b).count();
                    common.truncate(same);
                }
            }
        }
        let common = self.common.as_ref().map_or(0, Vec::len).max(floor);
        let mut before: Option<(&[u8], [usize; CANDIDATES.len()])> = None;
        for key in samples.iter() {
            let mut ends = [0; CANDIDATES.len()];
            self.keys += 1;
            let mut divided = false;
            for (at, byte) in key.iter().enumerate().skip(common) {
                divided |= *byte == self.usual;
                if let Some(index) = CANDIDATES.iter().position(|candidate| candidate == byte) {
                    self.records[index].occurrences += 1;
                    ends[index] = at + 1;
                }
            }
            self.divided += u64::from(divided);
            if let Some((other, others)) = before {
                self.pairs += 1;
                let same = other.iter().zip(key).take_while(|(a, b)| a == b).count();
                for ((record, end), other) in self.records.iter_mut().zip(ends).zip(others) {
                    record.alike += u64::from(end > 0 && end == other && end <= same);
                }
            }
            before = Some((key, ends));
        }
        self.look(floor)
    }

    fn look(&mut self, floor: usize) -> Option<u8> {
        if self.pages < self.next_look {
            return None;
        }
        self.next_look = self.pages * 2;
        let hidden = self.common.as_ref().is_some_and(|common| {
            common.get(floor..).is_some_and(|stem| stem.contains(&self.usual))
        });
        let better = if self.divided * USUAL > self.keys || (hidden && self.pages < PATIENCE) {
            self.usual
        } else {
            self.best().unwrap_or(self.usual)
        };
        (std::mem::replace(&mut self.current, better) != better).then_some(better)
    }

    /// The candidate that shows most structure, if any shows enough.
    fn best(&self) -> Option<u8> {
        let of = |record: &Record| {
            let levels = record.occurrences as f64 / self.keys.max(1) as f64;
            let alike = record.alike as f64 / self.pairs.max(1) as f64;
            (levels >= LEVELS && alike >= ALIKE).then_some(levels * alike)
        };
        self.records
            .iter()
            .zip(CANDIDATES)
            .filter_map(|(record, candidate)| Some((of(record)?, candidate)))
            .filter(|(structure, _)| *structure >= STRUCTURE)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, candidate)| candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(keys: impl IntoIterator<Item = String>) -> KeyList {
        let mut list = KeyList::default();
        keys.into_iter().for_each(|key| list.push(key.as_bytes()));
        list
    }

    #[test]
    fn names_without_the_usual_delimiter_are_divided_by_the_one_they_have() {
        let mut separators = Separators::new(b'/');
        let page = samples((0..40).map(|i| format!("user:{}:session:{i:04x}", i / 10)));
        assert_eq!(separators.learn(&page, 0), Some(b':'));
        assert_eq!(separators.learn(&page, 0), None);
    }

    #[test]
    fn paths_plain_names_and_identifiers_keep_the_usual_one() {
        for page in [
            samples((0..40).map(|i| format!("a/b-c-d/{}-{}-x/{i}", i / 20, i / 10))),
            samples(
                (0..40).map(|i| format!("lib{}{i:02}-dev_1.2-3.deb", ["a", "ssl", "z"][i % 3])),
            ),
            samples((0..40u64).map(|i| {
                let x = i * 0x0666_6666;
                format!("{x:08x}-{:04x}-4a1c-9f00-{:012x}", i * 97, i * 31)
            })),
        ] {
            let mut separators = Separators::new(b'/');
            for _ in 0..PATIENCE * 2 {
                assert_eq!(separators.learn(&page, 0), None);
            }
        }
    }

    #[test]
    fn a_stem_with_the_usual_delimiter_delays_the_choice_and_paths_behind_it_take_it_back() {
        let mut separators = Separators::new(b'/');
        let flat = samples((0..40).map(|i| format!("data/{}_{}_{i:03}", i / 20, i / 10)));
        let chosen: Vec<_> = (0..PATIENCE).map(|_| separators.learn(&flat, 0)).collect();
        assert_eq!(chosen.iter().flatten().collect::<Vec<_>>(), [&b'_']);
        assert_eq!(chosen.last(), Some(&Some(b'_')));
        let paths = samples((0..40).map(|i| format!("data/x/{}/{i}", i / 10)));
        let again = (0..2 * PATIENCE).find_map(|_| separators.learn(&paths, 0));
        assert_eq!(again, Some(b'/'));
    }

    #[test]
    fn what_the_store_refuses_is_not_tried_again() {
        let mut separators = Separators::new(b'/');
        let page = samples((0..40).map(|i| format!("{}.{}.{i}", i / 20, i / 10)));
        assert_eq!(separators.learn(&page, 0), Some(b'.'));
        assert_eq!(separators.refuse(), b'/');
        assert!((0..40).all(|_| separators.learn(&page, 0).is_none()));
    }
}
