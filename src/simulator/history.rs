//! What a bucket keeps beside its current objects: noncurrent versions, delete markers, deleted keys,
//! unfinished uploads with their parts.
//!
//! All of it is derived from the current objects and a seed, and nothing is stored, so that a bucket of any
//! size can have a history. A deleted key is the current one before it with U+0001 behind it, which sorts
//! right after that.

use super::content::{Attributes, Content, bisect};
use super::mix::{below, digest, fraction, mix};
use crate::object::Timestamp;
use crate::store::Form;

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The least size of a part, in bytes; the last may be smaller.
const PART: u64 = 5 << 20;

/// The history of a bucket. The default has none: each object is its only version.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct History {
    /// The most noncurrent versions and delete markers that a key has behind its newest.
    pub versions: u64,
    /// Share of keys, from 0 to 1, that are followed by a deleted one.
    pub deleted: f64,
    /// Unfinished uploads.
    pub uploads: u64,
    /// Decides all of it.
    pub seed: u64,
}

/// One version or delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionEntry {
    pub(super) key: Vec<u8>,
    pub(super) id: String,
    pub(super) latest: bool,
    pub(super) modified: Timestamp,
    /// Size and storage class; `None` for a delete marker.
    pub(super) stored: Option<(u64, Vec<u8>)>,
    /// As what Azure keeps it, which has no delete markers; other dialects have versions only.
    pub(super) form: Form,
}

/// One unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UploadEntry {
    pub(super) key: Vec<u8>,
    pub(super) id: String,
    pub(super) initiated: Timestamp,
    pub(super) class: &'static str,
}

/// Exact totals of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryTotals {
    /// Current versions and their bytes: the objects of the bucket.
    pub current: (u64, u128),
    /// Noncurrent versions and their bytes.
    pub noncurrent: (u64, u128),
    /// When the oldest of them was written.
    pub oldest_noncurrent: Option<Timestamp>,
    /// Those noncurrent versions that are snapshots, and those that are deleted, where Azure is spoken.
    pub snapshots: (u64, u128),
    /// See `snapshots`.
    pub deleted: (u64, u128),
    /// Delete markers.
    pub delete_markers: u64,
    /// Delete markers of deleted keys.
    pub current_delete_markers: u64,
    /// Unfinished uploads.
    pub uploads: u64,
    /// Their parts and bytes.
    pub parts: (u64, u128),
}

impl History {
    /// Exact totals of what lies below `prefix`, by going through all of it.
    #[must_use]
    pub fn totals(&self, content: &dyn Content, prefix: &[u8]) -> HistoryTotals {
        let mut totals = HistoryTotals::default();
        let add = |counts: &mut (u64, u128), size: u64| {
            *counts = (counts.0 + 1, counts.1 + u128::from(size));
        };
        let mut entries = Vec::new();
        for index in 0..content.len() {
            self.entries(content, index, &mut entries);
            for entry in entries.drain(..).filter(|entry| entry.key.starts_with(prefix)) {
                match entry.stored {
                    Some((size, _)) if entry.latest => add(&mut totals.current, size),
                    Some((size, _)) => {
                        add(&mut totals.noncurrent, size);
                        match entry.form {
                            Form::Version => {}
                            Form::Snapshot => add(&mut totals.snapshots, size),
                            Form::Deleted => add(&mut totals.deleted, size),
                        }
                        let oldest = totals.oldest_noncurrent.unwrap_or(entry.modified);
                        totals.oldest_noncurrent = Some(oldest.min(entry.modified));
                    }
                    None => {
                        totals.delete_markers += 1;
                        totals.current_delete_markers += u64::from(entry.latest);
                    }
                }
            }
        }
        for number in 0..self.upload_count(content) {
            let upload = self.upload(content, number);
            if upload.key.starts_with(prefix) {
                totals.uploads += 1;
                self.parts(number).for_each(|size| add(&mut totals.parts, size));
            }
        }
        totals
    }

    /// Appends everything of key `index` and of the deleted key behind it, as it is listed.
    pub(super) fn entries(&self, content: &dyn Content, index: u64, out: &mut Vec<VersionEntry>) {
        let mut key = Vec::with_capacity(128);
        content.key(index, &mut key);
        let Attributes { size, modified, storage_class, .. } = content.object(index);
        let seed = mix(self.seed ^ 0x0417, index);
        let id = if self.versions == 0 { "null".to_owned() } else { version_id(seed, 0) };
        let stored = Some((size, storage_class.to_vec()));
        out.push(VersionEntry {
            key: key.clone(),
            id,
            latest: true,
            modified,
            stored,
            form: Form::Version,
        });
        self.older(seed, &key, modified, out);

        if fraction(mix(seed, 1)) >= self.deleted {
            return;
        }
        key.push(1);
        if index + 1 < content.len() {
            let mut next = Vec::with_capacity(128);
            content.key(index + 1, &mut next);
            if next <= key {
                return;
            }
        }
        let seed = mix(seed, 2);
        let id = version_id(seed, 0);
        let form = Form::Version;
        out.push(VersionEntry { key: key.clone(), id, latest: true, modified, stored: None, form });
        self.older(seed, &key, modified, out);
    }

    /// Appends what lies behind the newest version of a key, newest first.
    fn older(&self, seed: u64, key: &[u8], newest: Timestamp, out: &mut Vec<VersionEntry>) {
        let count = below(mix(seed, 3), self.versions + 1);
        let mut modified = newest;
        for number in 1..=count {
            let draw = mix(seed, 16 + number);
            modified =
                Timestamp(modified.0 - DAY - i64::try_from(below(draw, 900)).unwrap_or(0) * 1_000);
            // The oldest may be from before versioning.
            let unversioned = number == count && draw.is_multiple_of(4);
            let id = if unversioned { "null".to_owned() } else { version_id(seed, number) };
            let class: &[u8] =
                if (draw >> 8).is_multiple_of(8) { b"STANDARD_IA" } else { b"STANDARD" };
            let stored = (!(draw >> 16).is_multiple_of(8)).then(|| (draw >> 44, class.to_vec()));
            let form = match (draw >> 32) % 3 {
                0 => Form::Snapshot,
                1 => Form::Deleted,
                _ => Form::Version,
            };
            let key = key.to_vec();
            out.push(VersionEntry { key, id, latest: false, modified, stored, form });
        }
    }

    /// Uploads of this content: none without keys to upload to.
    pub(super) fn upload_count(&self, content: &dyn Content) -> u64 {
        if content.is_empty() { 0 } else { self.uploads }
    }

    /// Upload `number`; in the order of their keys.
    pub(super) fn upload(&self, content: &dyn Content, number: u64) -> UploadEntry {
        let index =
            u128::from(number) * u128::from(content.len()) / u128::from(self.uploads.max(1));
        let index = u64::try_from(index).unwrap_or(0);
        let mut key = Vec::with_capacity(128);
        content.key(index, &mut key);
        let draw = self.upload_seed(number);
        let days = i64::try_from(below(draw, 400)).unwrap_or(0);
        let initiated = Timestamp(content.object(index).modified.0 - days * DAY);
        let class = if draw.is_multiple_of(4) { "STANDARD_IA" } else { "STANDARD" };
        UploadEntry { key, id: format!("2~{draw:016x}.{number}"), initiated, class }
    }

    /// The sizes of the parts of upload `number`, from part 1 on.
    pub(super) fn parts(&self, number: u64) -> impl Iterator<Item = u64> + use<> {
        let seed = self.upload_seed(number);
        let count = below(mix(seed, 1), 40);
        (1..=count).map(move |part| {
            let draw = mix(seed, 1 + part);
            if part == count { below(draw, PART) } else { PART + below(draw, PART) }
        })
    }

    /// The first upload whose key does not satisfy `before`.
    pub(super) fn first_upload(
        &self,
        content: &dyn Content,
        before: impl Fn(&[u8]) -> bool,
    ) -> u64 {
        bisect(0..self.upload_count(content), |number| before(&self.upload(content, number).key))
    }

    fn upload_seed(&self, number: u64) -> u64 {
        mix(self.seed ^ 0x0B10, number)
    }
}

/// An opaque id, with characters that have to be encoded in a query.
fn version_id(seed: u64, number: u64) -> String {
    format!("{:013x}+/{number}=", digest(seed, &number.to_be_bytes()) >> 12)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::simulator::given::Given;

    const HISTORY: History = History { versions: 4, deleted: 0.5, uploads: 30, seed: 7 };

    fn entries(content: &dyn Content) -> Vec<VersionEntry> {
        let mut out = Vec::new();
        (0..content.len()).for_each(|index| HISTORY.entries(content, index, &mut out));
        out
    }

    #[test]
    fn versions_are_in_order_with_one_latest_a_key_and_no_id_twice() {
        let content = Given::of_keys((0..200).map(|n| format!("k{n}")).chain(["k1\u{1}".into()]));
        let all = entries(&content);
        assert!(all.is_sorted_by(|left, right| left.key <= right.key));
        let keys: HashSet<&[u8]> = all.iter().map(|entry| entry.key.as_slice()).collect();
        assert!(keys.len() > 250);
        assert_eq!(all.iter().filter(|entry| entry.latest).count(), keys.len());
        let ids: HashSet<_> = all.iter().map(|entry| (&entry.key, &entry.id)).collect();
        assert_eq!(ids.len(), all.len());
        let newest_first = |pair: &[VersionEntry]| {
            pair[0].key != pair[1].key || !pair[1].latest && pair[0].modified > pair[1].modified
        };
        assert!(all.windows(2).all(newest_first));
    }

    #[test]
    fn totals_are_of_all_kinds_and_those_below_a_prefix_are_a_part() {
        let content = Given::of_keys((0..400).map(|n| format!("{}/k{n}", n % 4)));
        let all = HISTORY.totals(&content, b"");
        assert_eq!(all.current, (400, content.totals().bytes));
        assert!(all.noncurrent.0 > 400 && all.delete_markers > all.current_delete_markers);
        assert!(all.current_delete_markers > 100 && all.parts.0 > all.uploads);
        let parts: Vec<_> =
            (0..4).map(|n| HISTORY.totals(&content, format!("{n}/").as_bytes())).collect();
        assert_eq!(parts.iter().map(|part| part.noncurrent.1).sum::<u128>(), all.noncurrent.1);
        assert_eq!(parts.iter().map(|part| part.uploads).sum::<u64>(), 30);
    }

    #[test]
    fn without_a_history_each_object_is_its_only_version() {
        let content = Given::of_keys(["a", "b"]);
        let mut out = Vec::new();
        History::default().entries(&content, 1, &mut out);
        assert_eq!((out.len(), out[0].id.as_str(), out[0].latest), (1, "null", true));
        assert_eq!(History::default().totals(&content, b"").uploads, 0);
    }
}
