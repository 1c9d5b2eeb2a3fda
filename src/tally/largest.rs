//! The largest objects.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::bytestring::ByteString;
use super::millis;
use crate::object::{Object, Timestamp};

/// One of the largest objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeObject {
    /// Its key.
    pub key: ByteString,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified.
    #[serde(with = "millis")]
    pub modified: Timestamp,
    /// Its storage class as the store gave it, possibly empty.
    pub storage_class: ByteString,
}

/// The N largest objects: by size descending, then by key. The order is total over everything that is
/// kept, so which objects these are never depends on the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Largest {
    kept: Vec<LargeObject>,
}

impl Largest {
    #[inline]
    pub(super) fn add(&mut self, object: &Object<'_>, bound: usize) {
        // Nearly every object ends here, on one comparison.
        if self.kept.len() >= bound
            && self.kept.last().is_none_or(|smallest| object.size < smallest.size)
        {
            return;
        }
        self.consider(object, bound);
    }

    #[inline(never)]
    fn consider(&mut self, object: &Object<'_>, bound: usize) {
        let at = self.kept.partition_point(|kept| rank(kept, object) == Ordering::Less);
        if at >= bound {
            return;
        }
        self.kept.truncate(bound - 1);
        self.kept.insert(
            at,
            LargeObject {
                key: object.key.into(),
                size: object.size,
                modified: object.modified,
                storage_class: object.storage_class.into(),
            },
        );
    }

    pub(super) fn merge(&mut self, other: &Self, bound: usize) {
        for theirs in &other.kept {
            let object = Object {
                key: &theirs.key,
                size: theirs.size,
                modified: theirs.modified,
                etag: b"",
                storage_class: &theirs.storage_class,
            };
            self.add(&object, bound);
        }
    }

    /// The objects, largest first.
    #[must_use]
    pub fn objects(&self) -> &[LargeObject] {
        &self.kept
    }
}

/// How a kept object ranks against another: `Less` comes first.
fn rank(kept: &LargeObject, object: &Object<'_>) -> Ordering {
    let by_size = object.size.cmp(&kept.size);
    by_size
        .then_with(|| (*kept.key).cmp(object.key))
        .then_with(|| kept.modified.cmp(&object.modified))
        .then_with(|| (*kept.storage_class).cmp(object.storage_class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_comes_first_and_equal_sizes_go_by_key() {
        let mut largest = Largest::default();
        for (key, size) in [("d", 5), ("b", 9), ("c", 5), ("a", 1), ("e", 5)] {
            let object = Object {
                key: key.as_bytes(),
                size,
                modified: Timestamp(0),
                etag: b"",
                storage_class: b"",
            };
            largest.add(&object, 3);
            largest.add(&object, 0);
        }
        let keys: Vec<_> =
            largest.objects().iter().map(|object| object.key.to_text().into_owned()).collect();
        assert_eq!(keys, ["b", "c", "d"]);
    }
}
