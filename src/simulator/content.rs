//! What a simulated bucket holds: an ordered sequence of objects, addressed by index.
//!
//! A listing needs two things of a bucket: where a key would stand, and what stands from there on.
//! [`Content`] asks for a key by index and finds positions by bisection over it, so a bucket of a
//! billion objects needs no memory.

use std::ops::Range;

use crate::object::Timestamp;

/// An entity tag: 128 bits, rendered as hex, and the number of parts for multipart uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EntityTag {
    /// The digest.
    pub digest: [u8; 16],
    /// Parts of a multipart upload; 0 for an object that was put in one piece.
    pub parts: u32,
}

/// Everything a listing says of an object beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// Size in bytes.
    pub size: u64,
    /// When the object was last modified.
    pub modified: Timestamp,
    /// The storage class as the store spells it.
    pub storage_class: &'a [u8],
    /// The entity tag.
    pub etag: EntityTag,
}

/// Exact totals of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ContentTotals {
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
}

/// A bucket's objects in strictly ascending order of their keys' bytes.
///
/// Implementations answer the same for the same index for ever: a listing is read in many requests.
pub trait Content: Send + Sync {
    /// Number of objects.
    fn len(&self) -> u64;

    /// Whether there is no object.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the key of object `index`, which is below [`Content::len`].
    fn key(&self, index: u64, out: &mut Vec<u8>);

    /// The attributes of object `index`, which is below [`Content::len`].
    fn object(&self, index: u64) -> Attributes<'_>;

    /// Number of keys not greater than `after`, which is the index of the first key past it.
    fn rank(&self, after: &[u8]) -> u64 {
        partition_point(self, 0..self.len(), &mut |key| key <= after)
    }

    /// Number of keys smaller than `from`, which is the index of the first key at or past it.
    fn lower_bound(&self, from: &[u8]) -> u64 {
        partition_point(self, 0..self.len(), &mut |key| key < from)
    }

    /// Calls `visitor` with each object of `range` in order. Implementations that would search for an
    /// index override this and walk.
    fn visit(&self, range: Range<u64>, visitor: &mut dyn FnMut(&[u8], Attributes<'_>)) {
        let mut key = Vec::with_capacity(128);
        for index in range {
            key.clear();
            self.key(index, &mut key);
            visitor(&key, self.object(index));
        }
    }

    /// Exact totals, by visiting every object (about 20 million objects a second for generated shapes).
    fn totals(&self) -> ContentTotals {
        let mut totals = ContentTotals::default();
        self.visit(0..self.len(), &mut |_, attributes| {
            totals.objects += 1;
            totals.bytes += u128::from(attributes.size);
        });
        totals
    }
}

/// The first index of `range` whose key does not satisfy `before`, which must hold for a leading part of
/// the range only.
pub(crate) fn partition_point<C: Content + ?Sized>(
    content: &C,
    range: Range<u64>,
    before: &mut dyn FnMut(&[u8]) -> bool,
) -> u64 {
    let mut key = Vec::with_capacity(128);
    bisect(range, |index| {
        key.clear();
        content.key(index, &mut key);
        before(&key)
    })
}

/// The first number of `range` that does not satisfy `before`.
pub(crate) fn bisect(range: Range<u64>, mut before: impl FnMut(u64) -> bool) -> u64 {
    let (mut low, mut high) = (range.start, range.end.max(range.start));
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
