//! A generated bucket: a shape's keys with drawn attributes.

use std::ops::Range;

use thiserror::Error;

use super::calendar::{Dates, Hive};
use super::cjk::Cjk;
use super::flat::{Hex, Sequence};
use super::mixed::Mixed;
use super::trees::{Deep, Giant, Tiny, Zipf};
use super::{Dice, ShapeName};
use crate::simulator::content::{Attributes, Content};
use crate::simulator::mix::mix;

/// The most objects that a generated bucket can have.
pub const MOST_OBJECTS: u64 = 1_000_000_000_000;

/// Why a bucket could not be generated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// More objects were asked for than names can be made for.
    #[error("a generated bucket holds at most {MOST_OBJECTS} objects, not {0}")]
    TooManyObjects(u64),
}

/// What a key says of its object beside its name.
#[derive(Clone, Copy, Default)]
pub(super) struct Birth {
    /// The object has no bytes, whatever the dice say: a directory marker or a success flag.
    pub(super) empty: bool,
    /// When it was written, in seconds since 1970, where the key tells.
    pub(super) written: Option<i64>,
}

impl Birth {
    /// A directory marker.
    pub(super) const EMPTY: Self = Self { empty: true, written: None };
}

/// Where the last key was found: a hint that saves the next one the search. Any value gives right
/// answers.
pub(super) struct Cursor {
    /// The folder of a composed shape.
    pub(super) outer: usize,
    /// The directory inside a shape.
    pub(super) inner: usize,
}

/// A function from indices to keys, strictly ascending.
pub(super) trait Shape: Send + Sync {
    /// Number of keys.
    fn len(&self) -> u64;

    /// Appends key `index`, which is below [`Shape::len`].
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth;
}

/// Appends the lowest `digits` hex digits of `value`.
pub(super) fn push_hex(out: &mut Vec<u8>, value: u64, digits: usize) {
    out.extend_from_slice(&hex_digits(value)[16 - digits.min(16)..]);
}

/// The sixteen hex digits of a number.
pub(super) fn hex_digits(value: u64) -> [u8; 16] {
    let mut text = [0; 16];
    text[..8].copy_from_slice(&eight_digits(value >> 32));
    text[8..].copy_from_slice(&eight_digits(value & 0xFFFF_FFFF));
    text
}

/// The eight hex digits of a number below 2^32, all at once: one nibble is moved into each byte, and the
/// bytes above 9 are raised to the letters.
fn eight_digits(value: u64) -> [u8; 8] {
    let spread = (value | value << 16) & 0x0000_FFFF_0000_FFFF;
    let spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF;
    let nibbles = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

/// A bucket computed from a shape, a number of objects and a seed.
pub struct Generated {
    shape: Box<dyn Shape>,
    dice: Dice,
}

impl Generated {
    /// Prepares a bucket. Holds at most a few megabytes, whatever the number of objects.
    ///
    /// # Errors
    /// If `objects` exceeds [`MOST_OBJECTS`].
    pub fn new(name: ShapeName, objects: u64, seed: u64) -> Result<Self, ShapeError> {
        if objects > MOST_OBJECTS {
            return Err(ShapeError::TooManyObjects(objects));
        }
        let seed = mix(mix(seed, 0x5EED), name as u64);
        let shape: Box<dyn Shape> = match name {
            ShapeName::Hex => Box::new(Hex { seed, objects }),
            ShapeName::Sequence => Box::new(Sequence { objects, prefix: "obj-", suffix: ".bin" }),
            ShapeName::Dates => Box::new(Dates::new(objects, seed)),
            ShapeName::Hive => Box::new(Hive::new(objects, seed)),
            ShapeName::Zipf => Box::new(Zipf::new(objects, seed)),
            ShapeName::Deep => Box::new(Deep { seed, objects }),
            ShapeName::Tiny => Box::new(Tiny { seed, objects }),
            ShapeName::Giant => Box::new(Giant::new(objects, seed)),
            ShapeName::Cjk => Box::new(Cjk::new(objects, seed)),
            ShapeName::Mixed => Box::new(Mixed::new(objects, seed)),
        };
        Ok(Self { shape, dice: Dice::new(seed) })
    }
}

impl Content for Generated {
    fn len(&self) -> u64 {
        self.shape.len()
    }

    fn key(&self, index: u64, out: &mut Vec<u8>) {
        self.shape.key(index, &mut Cursor::new(), out);
    }

    fn object(&self, index: u64) -> Attributes<'_> {
        let mut key = Vec::with_capacity(128);
        let birth = self.shape.key(index, &mut Cursor::new(), &mut key);
        self.dice.roll(index, birth)
    }

    fn visit(&self, range: Range<u64>, visitor: &mut dyn FnMut(&[u8], Attributes<'_>)) {
        let mut key = Vec::with_capacity(256);
        let mut cursor = Cursor::new();
        for index in range {
            key.clear();
            let birth = self.shape.key(index, &mut cursor, &mut key);
            visitor(&key, self.dice.roll(index, birth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::content::partition_point;

    fn key(content: &dyn Content, index: u64) -> Vec<u8> {
        let mut out = Vec::new();
        content.key(index, &mut out);
        out
    }

    fn any_shape() -> impl proptest::strategy::Strategy<Value = ShapeName> {
        proptest::sample::select(ShapeName::ALL.to_vec())
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

        #[test]
        fn keys_ascend_strictly(name in any_shape(), objects in 0_u64..2_500, seed: u64) {
            let content = Generated::new(name, objects, seed).unwrap();
            let (mut previous, mut index) = (Vec::new(), 0);
            content.visit(0..content.len(), &mut |found, attributes| {
                assert!(previous.as_slice() < found, "{} then {}", previous.escape_ascii(), found.escape_ascii());
                assert!(std::str::from_utf8(found).is_ok() && found.len() <= 1_024);
                assert_eq!(found, key(&content, index));
                assert_eq!(attributes, content.object(index));
                assert!(!found.ends_with(b"/") || attributes.size == 0);
                previous = found.to_vec();
                index += 1;
            });
            proptest::prop_assert_eq!(index, objects);
        }

        #[test]
        fn keys_ascend_in_huge_buckets(name in any_shape(), objects in 1_000_000_u64..=1_000_000_000, seed: u64, at: u64) {
            let content = Generated::new(name, objects, seed).unwrap();
            let start = at % (objects - 1_000);
            let mut previous = Vec::new();
            content.visit(start..start + 1_000, &mut |found, _| {
                assert!(previous.as_slice() < found);
                previous = found.to_vec();
            });
        }

        #[test]
        fn ranks_count_the_keys_not_greater(name in any_shape(), objects in 1_u64..1_500, seed: u64, at: u64, tail in "[ -~]{0,3}") {
            let content = Generated::new(name, objects, seed).unwrap();
            let index = at % objects;
            let present = key(&content, index);
            proptest::prop_assert_eq!(content.rank(&present), index + 1);
            proptest::prop_assert_eq!(content.lower_bound(&present), index);
            let mut absent = present[..present.len() / 2].to_vec();
            absent.extend_from_slice(tail.as_bytes());
            let expected = (0..objects).filter(|&i| key(&content, i) <= absent).count() as u64;
            proptest::prop_assert_eq!(content.rank(&absent), expected);
            let range = partition_point(&content, 0..objects, &mut |k| k < absent.as_slice());
            proptest::prop_assert_eq!(content.lower_bound(&absent), range);
        }
    }

    #[test]
    fn a_billion_objects_take_no_memory_to_speak_of() {
        for name in ShapeName::ALL {
            let content = Generated::new(name, 1_000_000_000, 7).unwrap();
            let last = key(&content, 999_999_999);
            assert_eq!(content.rank(&last), 1_000_000_000, "{name}");
            assert_eq!(content.rank(b""), 0);
        }
    }

    #[test]
    fn totals_are_those_of_the_objects() {
        let content = Generated::new(ShapeName::Mixed, 5_000, 1).unwrap();
        let bytes: u128 = (0..5_000).map(|i| u128::from(content.object(i).size)).sum();
        let totals = content.totals();
        assert_eq!((totals.objects, totals.bytes), (5_000, bytes));
    }

    #[test]
    fn hex_digits_are_those_of_the_number() {
        for value in [0, 0x9a9a_0f0f_1234_5678, u64::MAX, 0xdead_beef] {
            let mut out = Vec::new();
            push_hex(&mut out, value, 16);
            push_hex(&mut out, value, 3);
            assert_eq!(out, format!("{value:016x}{:03x}", value & 0xFFF).as_bytes());
        }
    }

    #[test]
    fn a_shape_is_the_same_on_every_machine() {
        let content = Generated::new(ShapeName::Mixed, 20_000, 1).unwrap();
        assert_eq!(content.totals().bytes, 155_577_435_281);
        let key_4242 = String::from_utf8(key(&content, 4_242)).unwrap();
        assert_eq!(key_4242, "blobs/deaee8e047de88d073f70f228c0d07d3");
    }

    #[test]
    fn more_objects_than_names_are_refused() {
        assert!(Generated::new(ShapeName::Hex, MOST_OBJECTS + 1, 0).is_err());
    }
}
