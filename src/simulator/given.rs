//! Buckets of given objects, held in memory.

use super::content::{Attributes, Content, EntityTag};
use super::mix::{digest, mix};
use crate::object::Timestamp;

/// One object of a given bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenObject {
    /// The key: any bytes, not empty.
    pub key: Vec<u8>,
    /// Size in bytes.
    pub size: u64,
    /// When it was last modified.
    pub modified: Timestamp,
    /// The storage class, such as `STANDARD`.
    pub storage_class: Vec<u8>,
}

impl GivenObject {
    /// An object of class `STANDARD`, last modified on 2024-01-01.
    #[must_use]
    pub fn new(key: impl Into<Vec<u8>>, size: u64) -> Self {
        Self {
            key: key.into(),
            size,
            modified: Timestamp(1_704_067_200_000),
            storage_class: b"STANDARD".to_vec(),
        }
    }
}

/// Where an object's key lies in the arena, and its attributes.
#[derive(Clone, Copy)]
struct Entry {
    start: u64,
    length: u32,
    class: u32,
    size: u64,
    modified: i64,
}

/// A bucket of given objects: keys in one allocation, 32 bytes per object beside them.
#[derive(Default)]
pub struct Given {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    classes: Vec<Vec<u8>>,
}

impl Given {
    /// Takes objects in any order. Of several with the same key the last counts, as a later upload
    /// would.
    #[must_use]
    pub fn new(objects: impl IntoIterator<Item = GivenObject>) -> Self {
        let mut given = Self::default();
        for object in objects {
            given.push(&object.key, object.size, object.modified, &object.storage_class);
        }
        given.settle();
        given
    }

    /// Objects of these keys with sizes drawn from their digest (below 1 MiB).
    #[must_use]
    pub fn of_keys<K: Into<Vec<u8>>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::new(keys.into_iter().map(|key| {
            let key = key.into();
            let size = size_of_key(&key);
            GivenObject::new(key, size)
        }))
    }

    /// Appends an object; [`Given::settle`] must follow the last.
    pub(super) fn push(&mut self, key: &[u8], size: u64, modified: Timestamp, class: &[u8]) {
        let known = self.classes.iter().rposition(|known| known == class);
        let class = known.unwrap_or_else(|| {
            self.classes.push(class.to_vec());
            self.classes.len() - 1
        });
        self.entries.push(Entry {
            start: self.arena.len() as u64,
            length: u32::try_from(key.len()).unwrap_or(u32::MAX),
            class: u32::try_from(class).unwrap_or(0),
            size,
            modified: modified.0,
        });
        self.arena.extend_from_slice(key);
    }

    /// Sorts, and keeps the last of equal keys.
    pub(super) fn settle(&mut self) {
        let arena = &self.arena;
        self.entries.sort_by(|left, right| slice(arena, *left).cmp(slice(arena, *right)));
        self.entries.dedup_by(|later, earlier| {
            let equal = slice(arena, *later) == slice(arena, *earlier);
            if equal {
                *earlier = *later;
            }
            equal
        });
    }

    fn entry(&self, index: u64) -> Option<Entry> {
        self.entries.get(usize::try_from(index).ok()?).copied()
    }
}

/// The size drawn for an object of which only the key is known, in bytes.
pub(super) fn size_of_key(key: &[u8]) -> u64 {
    digest(0x517E, key) >> 44
}

#[allow(clippy::cast_possible_truncation)]
fn slice(arena: &[u8], entry: Entry) -> &[u8] {
    let start = entry.start as usize;
    arena.get(start..start + entry.length as usize).unwrap_or_default()
}

impl Content for Given {
    fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    fn key(&self, index: u64, out: &mut Vec<u8>) {
        if let Some(entry) = self.entry(index) {
            out.extend_from_slice(slice(&self.arena, entry));
        }
    }

    fn object(&self, index: u64) -> Attributes<'_> {
        let Some(entry) = self.entry(index) else {
            return Attributes {
                size: 0,
                modified: Timestamp(0),
                storage_class: b"",
                etag: EntityTag::default(),
            };
        };
        let of_key = digest(1, slice(&self.arena, entry));
        let mut tag = [0; 16];
        tag[..8].copy_from_slice(&of_key.to_be_bytes());
        tag[8..].copy_from_slice(&mix(of_key, entry.size).to_be_bytes());
        Attributes {
            size: entry.size,
            modified: Timestamp(entry.modified),
            storage_class: self.classes.get(entry.class as usize).map_or(b"", Vec::as_slice),
            etag: EntityTag { digest: tag, parts: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_sorted_by_bytes_and_the_last_of_equals_counts() {
        let given = Given::new([
            GivenObject::new("b", 1),
            GivenObject::new(vec![0xFF], 2),
            GivenObject::new("a/", 0),
            GivenObject::new("b", 3),
            GivenObject::new("a", 4),
        ]);
        let mut found = Vec::new();
        given.visit(0..given.len(), &mut |key, attributes| {
            found.push((key.to_vec(), attributes.size));
        });
        let expected: [(&[u8], u64); 4] = [(b"a", 4), (b"a/", 0), (b"b", 3), (b"\xFF", 2)];
        assert_eq!(found, expected.map(|(key, size)| (key.to_vec(), size)));
        assert_eq!(given.rank(b"a/x"), 2);
        assert_eq!(given.totals().bytes, 9);
    }
}
