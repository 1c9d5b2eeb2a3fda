//! Shapes without directories: hashed names and running numbers.

use super::{Birth, Cursor, Shape, push_hex};
use crate::simulator::civil::push_padded;
use crate::simulator::mix::{ascending, mix};

/// Flat names of 32 hex digits, as content-addressed stores write them.
pub(super) struct Hex {
    pub(super) seed: u64,
    pub(super) objects: u64,
}

impl Shape for Hex {
    fn key(&self, index: u64, _: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        push_hex(out, ascending(self.seed, index, self.objects, u64::MAX), 16);
        push_hex(out, mix(!self.seed, index), 16);
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Flat running numbers, padded with zeros.
pub(super) struct Sequence {
    pub(super) objects: u64,
    pub(super) prefix: &'static str,
    pub(super) suffix: &'static str,
}

impl Shape for Sequence {
    fn key(&self, index: u64, _: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        out.extend_from_slice(self.prefix.as_bytes());
        push_padded(out, index, 12);
        out.extend_from_slice(self.suffix.as_bytes());
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// A fixed list of the awkward names that real buckets hold: the first so many of it.
pub(super) struct Oddities {
    names: Vec<&'static str>,
}

/// In order; all of them sort below every folder of the mixed shape.
const ODD_NAMES: [&str; 12] = [
    "$RECYCLE.BIN",
    "%2B literal.txt",
    "%zz",
    "+plus+and space.txt",
    "50% off & <tags>.html",
    "Quarterly \"final\" (2).xlsx",
    "README.md",
    "Thumbs.db",
    "a=b;c,d.txt",
    "all/",
    "all//double",
    "all/tab\tand\nnewline",
];

impl Oddities {
    /// How many there are at most.
    pub(super) const MOST: u64 = ODD_NAMES.len() as u64;

    pub(super) fn new(objects: u64) -> Self {
        let mut names = ODD_NAMES.to_vec();
        names.truncate(usize::try_from(objects).unwrap_or(usize::MAX));
        names.sort_unstable();
        Self { names }
    }
}

impl Shape for Oddities {
    fn key(&self, index: u64, _: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let name = usize::try_from(index)
            .ok()
            .and_then(|index| self.names.get(index))
            .copied()
            .unwrap_or_default();
        out.extend_from_slice(name.as_bytes());
        Birth { empty: name.ends_with('/'), written: None }
    }

    fn len(&self) -> u64 {
        self.names.len() as u64
    }
}
