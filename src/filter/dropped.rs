//! What the filters left out.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::tally::Counts;

/// Objects that the filters dropped, each counted under the first filter that dropped it, in the order
/// of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dropped {
    /// No `--include` glob matches.
    pub not_included: Counts,
    /// An `--exclude` glob matches.
    pub excluded: Counts,
    /// `--min-size`, `--max-size`.
    pub size: Counts,
    /// `--modified-since`, `--modified-before`.
    pub time: Counts,
    /// `--storage-class`.
    pub storage_class: Counts,
}

impl Dropped {
    /// Counts one object of `size` bytes.
    pub fn add(&mut self, reason: Reason, size: u64) {
        let counts = match reason {
            Reason::NotIncluded => &mut self.not_included,
            Reason::Excluded => &mut self.excluded,
            Reason::Size => &mut self.size,
            Reason::Time => &mut self.time,
            Reason::StorageClass => &mut self.storage_class,
        };
        counts.add(size);
    }

    /// Adds what another part of the run dropped.
    pub fn merge(&mut self, other: &Self) {
        self.not_included.merge(&other.not_included);
        self.excluded.merge(&other.excluded);
        self.size.merge(&other.size);
        self.time.merge(&other.time);
        self.storage_class.merge(&other.storage_class);
    }

    /// Everything that was dropped.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = self.not_included;
        for counts in [&self.excluded, &self.size, &self.time, &self.storage_class] {
            total.merge(counts);
        }
        total
    }
}
