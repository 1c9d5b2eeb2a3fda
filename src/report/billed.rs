//! What is billed beside the current objects, as one table and what has to be said about it.

use super::breakdown::{Breakdown, Row, gap};
use super::figures::{bytes_iec, count};
use crate::summary::{
    BilledSection, ClassShare, EstimateSection, Gap, Moment, Summary, UploadsSection,
    VersionsSection,
};
use crate::tally::ByteString;

/// The table with its notes; texts are raw and must be escaped for where they go.
pub(super) struct Billed {
    pub(super) table: Breakdown,
    /// Objects and bytes of all rows.
    pub(super) whole: (u64, u128),
    /// Why the figures are lower bounds, where they are.
    pub(super) missing: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The table, if anything of it was asked for; `escape` makes a key fit to show.
pub(super) fn billed(summary: &Summary, escape: impl Fn(&ByteString) -> String) -> Option<Billed> {
    let section = summary.billed.as_ref()?;
    let filtered = summary.filtered.total();
    let objects = summary.totals.objects.saturating_add(filtered.objects);
    let bytes = summary.totals.bytes.saturating_add(filtered.bytes);
    let mut rows = vec![row("current objects", objects, bytes)];
    let (mut missing, mut notes) = (Vec::new(), Vec::new());
    let gaps = |label: &'static str, ranges: &[Gap]| -> Vec<String> {
        let text = |range: &Gap| format!("{label} {}: {}", gap(range, &escape), range.reason);
        ranges.iter().map(text).collect()
    };
    if let Some(versions) = &section.versions {
        if let Some(estimate) = &versions.estimate {
            let number =
                |estimate: &EstimateSection| u64::try_from(estimate.total).unwrap_or(u64::MAX);
            let objects = number(&estimate.noncurrent_objects);
            rows.push(row("noncurrent, estim.", objects, estimate.noncurrent_bytes.total));
            rows.push(row("markers, estimated", number(&estimate.delete_markers), 0));
        } else {
            let noncurrent = versions.noncurrent;
            rows.push(row("noncurrent versions", noncurrent.objects, noncurrent.bytes));
            rows.push(row("delete markers", versions.delete_markers, 0));
        }
        missing.extend(gaps("versions", &versions.incomplete));
        notes.extend(about_versions(versions));
    }
    for (label, kept) in [("snapshots", &section.snapshots), ("deleted, kept", &section.deleted)] {
        let Some(kept) = kept else { continue };
        rows.push(row(label, kept.total.objects, kept.total.bytes));
        missing.extend(gaps(label, &kept.incomplete));
        notes.extend(kept.oldest.map(|oldest| about_kept(label, &kept.classes, oldest)));
    }
    if let Some(uploads) = &section.uploads {
        let (label, bytes) = match uploads.estimate {
            Some(estimate) => ("uploads, estimated", estimate.total),
            None => ("unfinished uploads", uploads.bytes),
        };
        rows.push(row(label, uploads.uploads, bytes));
        missing.extend(uploads.incomplete.iter().cloned());
        notes.extend(about_uploads(uploads));
    }
    if !filtered.is_empty() {
        notes.push("filters do not apply to this table".into());
    }
    notes.push(requests(section));
    let whole = rows.iter().fold((0_u64, 0_u128), |(objects, bytes), row| {
        (objects.saturating_add(row.objects), bytes.saturating_add(row.bytes))
    });
    let table = Breakdown { title: "What is billed".into(), rows, note: None };
    Some(Billed { table, whole, missing, notes })
}

fn row(label: &str, objects: u64, bytes: u128) -> Row {
    Row { label: label.into(), objects, bytes }
}

fn requests(section: &BilledSection) -> String {
    let list = section.requests.list;
    format!("took {} further list requests", count(list))
}

fn about_versions(versions: &VersionsSection) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(estimate) = &versions.estimate {
        let (objects, bytes) = (estimate.noncurrent_objects, estimate.noncurrent_bytes);
        notes.push(format!(
            "versions are estimated from a random sample of {} of {} key ranges: between {} and {} noncurrent \
             versions, {} to {} with 95 % confidence; `--versions` lists all",
            count(estimate.sampled),
            count(estimate.ranges),
            count(objects.low),
            count(objects.high),
            bytes_iec(bytes.low),
            bytes_iec(bytes.high)
        ));
        return notes;
    }
    if let Some(oldest) = versions.oldest_noncurrent {
        notes.push(about_kept("noncurrent versions", &versions.noncurrent_classes, oldest));
    }
    if versions.delete_markers > 0 {
        let current = count(versions.current_delete_markers);
        notes.push(format!(
            "delete markers: {current} of them current, so that their key is not listed"
        ));
    }
    if versions.current != versions.listed && versions.incomplete.is_empty() {
        let of = |counts: crate::tally::Counts| {
            format!("{} current objects of {} bytes", count(counts.objects), count(counts.bytes))
        };
        notes.push(format!(
            "the scan listed {}, and the listing of versions {}: the bucket changed in between, or one of \
             the two listings is wrong",
            of(versions.listed),
            of(versions.current)
        ));
    }
    notes
}

fn about_kept(label: &str, classes: &[ClassShare], oldest: Moment) -> String {
    let class = |class: &ClassShare| {
        let (number, weight) = (count(class.objects), bytes_iec(class.bytes));
        format!("{} {number} ({weight})", class.name.to_text())
    };
    let classes: Vec<String> = classes.iter().map(class).collect();
    format!("{label}: {}; the oldest of {}", classes.join(", "), oldest.date())
}

fn about_uploads(uploads: &UploadsSection) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(oldest) = uploads.oldest {
        let old = count(uploads.older_than_a_week);
        notes.push(format!(
            "unfinished uploads: {old} begun more than a week ago, the oldest on {}",
            oldest.date()
        ));
    }
    match uploads.estimate {
        Some(estimate) => notes.push(format!(
            "bytes of uploads are estimated from a random sample of {} of {}: between {} and {} with 95 % \
             confidence; `--uploads=all` lists the parts of all",
            count(uploads.weighed),
            count(uploads.uploads),
            bytes_iec(estimate.low),
            bytes_iec(estimate.high)
        )),
        None if uploads.uploads > uploads.weighed => notes.push(format!(
            "bytes are those of {} of the {} uploads",
            count(uploads.weighed),
            count(uploads.uploads)
        )),
        None => {}
    }
    if uploads.gone > 0 {
        let gone = count(uploads.gone);
        notes.push(format!("{gone} of the uploads were completed or aborted meanwhile"));
    }
    notes
}
