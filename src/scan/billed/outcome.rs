//! What comes out.

use crate::object::Timestamp;
use crate::scan::outcome::RequestCounts;
use crate::store::{Form, Include, Stored, Version};
use crate::tally::{Counts, StorageClasses};

/// Distinct storage classes that are counted by name.
const CLASS_BOUND: usize = 64;

/// What was found beside the current objects.
#[derive(Clone, Debug, Default)]
pub struct BilledOutcome {
    /// What was asked for of versions, snapshots and what was deleted.
    pub include: Include,
    /// All of that, if any was asked for.
    pub versions: Option<VersionsOutcome>,
    /// Unfinished uploads, if they were asked for.
    pub uploads: Option<UploadsOutcome>,
    /// What it took.
    pub requests: RequestCounts,
}

impl BilledOutcome {
    /// Whether everything that was asked for was listed to its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.versions.as_ref().is_none_or(|versions| versions.missing.is_empty())
            && self.uploads.as_ref().is_none_or(|uploads| uploads.missing.is_empty())
    }
}

/// A range of keys that was not listed to its end, and of which nothing is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRange {
    /// Keys after this one are missing; `None` is the start of the key space.
    pub after: Option<Vec<u8>>,
    /// Up to this one inclusive; `None` is the end of the key space.
    pub through: Option<Vec<u8>>,
    /// Why, in one sentence.
    pub reason: String,
}

/// All versions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionsOutcome {
    /// What the ranges hold that were listed to their end.
    pub totals: VersionTotals,
    /// What a sample of ranges says about all; `None` where all were listed. The totals are those of the
    /// sample then.
    pub estimate: Option<VersionsEstimate>,
    /// Ranges that could not be listed to their end, in key order.
    pub missing: Vec<MissingRange>,
}

/// What a random sample of key ranges says about all: not exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VersionsEstimate {
    /// Ranges in the sample.
    pub sampled: usize,
    /// Ranges in all.
    pub ranges: usize,
    /// Number of noncurrent versions.
    pub noncurrent_objects: Estimate,
    /// Their bytes.
    pub noncurrent_bytes: Estimate,
    /// Delete markers.
    pub delete_markers: Estimate,
}

/// Exact totals over versions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionTotals {
    /// Versions that their keys stand for: the current objects, counted once more.
    pub current: Counts,
    /// Versions that are kept behind others or behind a delete marker.
    pub noncurrent: Kept,
    /// Snapshots.
    pub snapshots: Kept,
    /// What was deleted and is kept for its time of retention, snapshots and versions among it.
    pub deleted: Kept,
    /// Delete markers.
    pub delete_markers: u64,
    /// Delete markers that their keys stand for: the key is not listed.
    pub current_delete_markers: u64,
}

/// What is kept in one form beside the current objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// Number and bytes.
    pub counts: Counts,
    /// The same by storage class.
    pub classes: StorageClasses,
    /// When the oldest was written.
    pub oldest: Option<Timestamp>,
}

impl Kept {
    fn add(&mut self, size: u64, class: &[u8], modified: Timestamp) {
        self.counts.add(size);
        self.classes.add(class, size, CLASS_BOUND);
        self.oldest = Some(self.oldest.map_or(modified, |oldest| oldest.min(modified)));
    }

    fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.classes.merge(&other.classes, CLASS_BOUND);
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
    }
}

impl VersionTotals {
    /// Counts one version; `unnamed_class` is the class of those that name none.
    pub(super) fn add(&mut self, version: &Version, unnamed_class: &[u8]) {
        let Some(Stored { size, storage_class }) = &version.stored else {
            self.delete_markers = self.delete_markers.saturating_add(1);
            let current = u64::from(version.latest);
            self.current_delete_markers = self.current_delete_markers.saturating_add(current);
            return;
        };
        let kept = match version.form {
            Form::Version if version.latest => return self.current.add(*size),
            Form::Version => &mut self.noncurrent,
            Form::Snapshot => &mut self.snapshots,
            Form::Deleted => &mut self.deleted,
        };
        let class = if storage_class.is_empty() { unnamed_class } else { storage_class };
        kept.add(*size, class, version.modified);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.current.merge(&other.current);
        self.noncurrent.merge(&other.noncurrent);
        self.snapshots.merge(&other.snapshots);
        self.deleted.merge(&other.deleted);
        self.delete_markers = self.delete_markers.saturating_add(other.delete_markers);
        self.current_delete_markers =
            self.current_delete_markers.saturating_add(other.current_delete_markers);
    }
}

/// All unfinished uploads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UploadsOutcome {
    /// What was found.
    pub totals: UploadTotals,
    /// Bytes of all parts as the sample tells them; `None` where all parts were listed.
    pub estimate: Option<Estimate>,
    /// What is missing, in sentences.
    pub missing: Vec<String>,
}

/// Totals over unfinished uploads. The uploads are all of them; parts and bytes are those that were listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UploadTotals {
    /// Uploads.
    pub uploads: u64,
    /// Uploads, without bytes, by the storage class that they would have.
    pub classes: StorageClasses,
    /// Uploads that were begun more than seven days before the scan: what a lifecycle rule would abort.
    pub older_than_a_week: u64,
    /// When the oldest was begun.
    pub oldest: Option<Timestamp>,
    /// Uploads whose parts were listed.
    pub weighed: u64,
    /// Of these, the ones that were completed or aborted before their parts were listed.
    pub gone: u64,
    /// Their parts.
    pub parts: u64,
    /// Bytes of their parts.
    pub bytes: u128,
}

impl UploadTotals {
    pub(super) fn count_class(&mut self, class: &[u8]) {
        self.classes.add(class, 0, CLASS_BOUND);
    }
}

/// What a sample says about the whole: not exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The expected total.
    pub total: f64,
    /// The lower end of the interval that holds the true total in 95 of 100 samples.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}
