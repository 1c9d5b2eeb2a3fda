//! The part of a summary about what is billed beside the current objects.

use serde::{Deserialize, Serialize};

use super::outcome::requests;
use super::{ClassShare, Gap, Moment, Requests};
use crate::scan::billed::{
    BilledOutcome, Estimate, Kept, MissingRange, UploadsOutcome, VersionsOutcome,
};
use crate::scan::ledger::Ledger;
use crate::tally::{ByteString, Counts, StorageClasses};

/// What is billed beside the current objects, as far as it was asked for. Filters do not apply to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BilledSection {
    /// Whether everything that was asked for was listed to its end. If false, the figures of the parts that
    /// name something as missing are lower bounds.
    pub complete: bool,
    /// Versions and delete markers; `null` where they were not asked for.
    #[serde(default)]
    pub versions: Option<VersionsSection>,
    /// Snapshots; `null` where they were not asked for.
    #[serde(default)]
    pub snapshots: Option<KeptSection>,
    /// What was deleted and is kept for its time of retention, snapshots and versions among it; `null` where
    /// it was not asked for.
    #[serde(default)]
    pub deleted: Option<KeptSection>,
    /// Unfinished multipart uploads; `null` where they were not asked for.
    #[serde(default)]
    pub uploads: Option<UploadsSection>,
    /// What it took, beside the requests of the scan.
    #[serde(default)]
    pub requests: Requests,
}

/// All versions of all keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VersionsSection {
    /// The current objects as the scan listed them before, filtered ones among them.
    pub listed: Counts,
    /// The current versions: the same objects, listed again. They differ from `listed` where the bucket
    /// changed in between.
    pub current: Counts,
    /// Versions behind others or behind a delete marker.
    pub noncurrent: Counts,
    /// Noncurrent versions by storage class, most bytes first.
    #[serde(default)]
    pub noncurrent_classes: Vec<ClassShare>,
    /// When the oldest noncurrent version was written; `null` without one.
    #[serde(default)]
    pub oldest_noncurrent: Option<Moment>,
    /// Delete markers.
    pub delete_markers: u64,
    /// Delete markers that are what their key stands for.
    pub current_delete_markers: u64,
    /// What a random sample of key ranges says about all; `null` where all were listed. All other figures
    /// but `listed` are those of the sample then.
    #[serde(default)]
    pub estimate: Option<VersionsEstimateSection>,
    /// The key ranges that were not listed to their end; nothing of them is in the figures.
    #[serde(default)]
    pub incomplete: Vec<Gap>,
}

/// All that is kept in one form beside current objects and versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeptSection {
    /// Number and bytes.
    pub total: Counts,
    /// The same by storage class, most bytes first.
    #[serde(default)]
    pub classes: Vec<ClassShare>,
    /// When the oldest was written; `null` without one.
    #[serde(default)]
    pub oldest: Option<Moment>,
    /// The key ranges that were not listed to their end; nothing of them is in the figures.
    #[serde(default)]
    pub incomplete: Vec<Gap>,
}

/// Estimates about all versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsEstimateSection {
    /// Key ranges in the sample.
    pub sampled: u64,
    /// Key ranges in all, of about as many current objects each.
    pub ranges: u64,
    /// Number of noncurrent versions.
    pub noncurrent_objects: EstimateSection,
    /// Their bytes.
    pub noncurrent_bytes: EstimateSection,
    /// Delete markers.
    pub delete_markers: EstimateSection,
}

/// All unfinished multipart uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadsSection {
    /// Number of uploads; exact.
    pub uploads: u64,
    /// Uploads by the storage class that they would have.
    #[serde(default)]
    pub classes: Vec<UploadClass>,
    /// Uploads that were begun more than seven days before the scan.
    pub older_than_a_week: u64,
    /// When the oldest was begun; `null` without one.
    #[serde(default)]
    pub oldest: Option<Moment>,
    /// Uploads whose parts were listed.
    pub weighed: u64,
    /// Of these, the ones that were completed or aborted meanwhile.
    pub gone: u64,
    /// Parts of the uploads that were weighed.
    pub parts: u64,
    /// Bytes of these parts.
    pub bytes: u128,
    /// Bytes of the parts of all uploads, estimated; `null` where all were weighed and `bytes` is exact.
    #[serde(default)]
    pub estimate: Option<EstimateSection>,
    /// What is missing, in sentences.
    #[serde(default)]
    pub incomplete: Vec<String>,
}

/// Uploads of one storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadClass {
    /// The class in the store's spelling.
    pub name: ByteString,
    /// Number of uploads.
    pub uploads: u64,
}

/// An estimate from a random sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateSection {
    /// The expected total.
    pub total: u128,
    /// Lower end of the 95 % confidence interval.
    pub low: u128,
    /// Upper end of it.
    pub high: u128,
}

impl BilledSection {
    /// The section of an outcome that followed the scan of `ledger`.
    #[must_use]
    pub fn of(outcome: &BilledOutcome, ledger: &Ledger) -> Self {
        let listed = |asked: bool| outcome.versions.as_ref().filter(|_| asked);
        Self {
            complete: outcome.is_complete(),
            versions: listed(outcome.include.versions)
                .map(|versions| of_versions(versions, ledger)),
            snapshots: listed(outcome.include.snapshots)
                .map(|versions| of_kept(&versions.totals.snapshots, versions)),
            deleted: listed(outcome.include.deleted)
                .map(|versions| of_kept(&versions.totals.deleted, versions)),
            uploads: outcome.uploads.as_ref().map(of_uploads),
            requests: requests(&outcome.requests),
        }
    }
}

fn of_versions(outcome: &VersionsOutcome, ledger: &Ledger) -> VersionsSection {
    let mut listed = ledger.tally.totals().counts;
    listed.merge(&ledger.dropped.total());
    let totals = &outcome.totals;
    VersionsSection {
        listed,
        current: totals.current,
        noncurrent: totals.noncurrent.counts,
        noncurrent_classes: classes(&totals.noncurrent.classes),
        oldest_noncurrent: totals.noncurrent.oldest.map(Moment),
        delete_markers: totals.delete_markers,
        current_delete_markers: totals.current_delete_markers,
        estimate: outcome.estimate.map(|found| VersionsEstimateSection {
            sampled: found.sampled as u64,
            ranges: found.ranges as u64,
            noncurrent_objects: estimate(&found.noncurrent_objects),
            noncurrent_bytes: estimate(&found.noncurrent_bytes),
            delete_markers: estimate(&found.delete_markers),
        }),
        incomplete: gaps(outcome),
    }
}

fn of_kept(kept: &Kept, outcome: &VersionsOutcome) -> KeptSection {
    KeptSection {
        total: kept.counts,
        classes: classes(&kept.classes),
        oldest: kept.oldest.map(Moment),
        incomplete: gaps(outcome),
    }
}

fn gaps(outcome: &VersionsOutcome) -> Vec<Gap> {
    let gap = |range: &MissingRange| Gap {
        lower: range.after.as_deref().map(ByteString::from),
        upper: range.through.as_deref().map(ByteString::from),
        reason: range.reason.clone(),
    };
    outcome.missing.iter().map(gap).collect()
}

fn of_uploads(outcome: &UploadsOutcome) -> UploadsSection {
    let totals = &outcome.totals;
    let class = |class: ClassShare| UploadClass { name: class.name, uploads: class.objects };
    UploadsSection {
        uploads: totals.uploads,
        classes: classes(&totals.classes).into_iter().map(class).collect(),
        older_than_a_week: totals.older_than_a_week,
        oldest: totals.oldest.map(Moment),
        weighed: totals.weighed,
        gone: totals.gone,
        parts: totals.parts,
        bytes: totals.bytes,
        estimate: outcome.estimate.as_ref().map(estimate),
        incomplete: outcome.missing.clone(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such casts saturate")]
fn estimate(estimate: &Estimate) -> EstimateSection {
    let whole = |value: f64| value.round() as u128;
    EstimateSection {
        total: whole(estimate.total),
        low: whole(estimate.low),
        high: whole(estimate.high),
    }
}

/// Most bytes first, then most objects, then by name; what is beyond the bound comes last without one.
fn classes(classes: &StorageClasses) -> Vec<ClassShare> {
    let share = |name: ByteString, counts: &Counts| ClassShare {
        name,
        objects: counts.objects,
        bytes: counts.bytes,
    };
    let kept = classes.kept().iter();
    let mut shares: Vec<_> = kept.map(|class| share(class.name.clone(), &class.counts)).collect();
    // Stable, and they come sorted by name.
    shares.sort_by_key(|class| std::cmp::Reverse((class.bytes, class.objects)));
    if !classes.others().is_empty() {
        shares.push(share(ByteString::from("further classes"), classes.others()));
    }
    shares
}
