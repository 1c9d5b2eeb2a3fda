//! The totals: what the whole run is for.

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use crate::object::Object;

/// Exact totals over all counted objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Objects and their bytes.
    pub counts: Counts,
    /// Objects of zero bytes, directory markers included.
    pub zero_byte_objects: u64,
    /// Zero-byte objects whose key ends in `/`: what consoles create for a folder.
    pub directory_markers: u64,
    /// Sum of the lengths of all keys, in bytes.
    pub key_bytes: u64,
    /// Length of the longest key, in bytes.
    pub longest_key: u64,
}

impl Totals {
    #[inline]
    pub(super) fn add(&mut self, object: &Object<'_>) {
        let key_length = object.key.len() as u64;
        self.counts.add(object.size);
        self.key_bytes = self.key_bytes.saturating_add(key_length);
        self.longest_key = self.longest_key.max(key_length);
        if object.size == 0 {
            self.zero_byte_objects = self.zero_byte_objects.saturating_add(1);
            let marker = u64::from(object.is_directory_marker());
            self.directory_markers = self.directory_markers.saturating_add(marker);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.zero_byte_objects = self.zero_byte_objects.saturating_add(other.zero_byte_objects);
        self.directory_markers = self.directory_markers.saturating_add(other.directory_markers);
        self.key_bytes = self.key_bytes.saturating_add(other.key_bytes);
        self.longest_key = self.longest_key.max(other.longest_key);
    }

    /// Mean object size in bytes, from the exact totals; `None` without objects.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a mean for people and plots; the totals are exact"
    )]
    pub fn mean(&self) -> Option<f64> {
        (self.counts.objects > 0).then(|| self.counts.bytes as f64 / self.counts.objects as f64)
    }
}
