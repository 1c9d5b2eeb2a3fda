//! Which ranges of the key space are done: checkpoint and certificate in one.
//!
//! The ranges of a ledger tile the key space from its lowest to its highest key: each begins where the
//! one before ends. A finished range says what it holds (first and last key, objects, bytes, digest); an
//! open one says how far it came; a failed one says why. So a ledger without open and failed ranges, and without
//! bounds in doubt, is the proof that every key was passed exactly once, and any other is where to go on.
//!
//! The file is JSON, replaced atomically, and holds no secret. `schema` names its form:
//! `weighbridge.ledger/1`. A reader refuses any other major version; fields that it does not know, it
//! ignores. The tally inside is the running program's own form, so a ledger is resumed by the minor
//! version that wrote it or a later one.
//!
//! A walk has one range, and `walk` says where it goes on. A version that does not know that field begins
//! the walk anew, and so does this one with a ledger that lacks it.

mod border;
mod walk;

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::outcome::RequestCounts;
use crate::filter::{Dropped, FilterSpec};
use crate::manifest::SegmentMark;
use crate::object::KeyOrder;
use crate::tally::{ByteString, SetDigest, Tally};
use crate::versioned;
use crate::whole;

pub use border::{BorderRecord, BorderSide, Borders, DoubtRecord};
pub use walk::{Digests, ListingRecord, TrailRecord, WalkKind, WalkRecord};

/// The form that this version writes.
pub const SCHEMA: &str = "weighbridge.ledger/1";

/// The file whose lock says that a scan is at work in the state directory.
pub(super) const LOCK_NAME: &str = "lock";

/// The file inside the state directory.
pub const FILE_NAME: &str = "ledger.json";

/// A scan on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ledger {
    /// [`SCHEMA`].
    pub schema: String,
    /// What determines the result; a scan can only be resumed under the same.
    pub settings: Settings,
    /// When the scan was first started, in milliseconds since 1970.
    pub started_ms: i64,
    /// Seconds spent so far, over all runs.
    pub elapsed_seconds: f64,
    /// Whether every range is done and no bound in doubt.
    pub complete: bool,
    /// Whether the store was walked in its own order because it keeps none.
    pub sequential: bool,
    /// Where the walk goes on; absent where it is done or has no such place, and for a scan by ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk: Option<WalkRecord>,
    /// What is not known yet of the bounds at which ranges meet; empty where the store is relied on.
    #[serde(default, skip_serializing_if = "Borders::is_empty")]
    pub borders: Borders,
    /// The number that the next segment gets.
    pub next_segment: u64,
    /// The ranges in key order.
    pub ranges: Vec<RangeRecord>,
    /// What was dropped by filters.
    pub dropped: Dropped,
    /// Directories of a hierarchical namespace that were passed; they are not objects.
    #[serde(default)]
    pub directories: u64,
    /// Requests sent so far, over all runs.
    pub requests: RequestCounts,
    /// What was noticed about the store.
    pub notes: Vec<String>,
    /// Everything counted.
    pub tally: Tally,
}

/// What determines the result of a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The location, as printed.
    pub location: String,
    /// The endpoint that answers.
    pub endpoint: String,
    /// The filters, as typed; ages in them count back from the start of the scan.
    pub filters: FilterSpec,
    /// The manifest's columns and form, empty without a manifest.
    pub manifest: String,
    /// How deep prefixes are counted.
    pub depth: u8,
}

/// How far a range is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeState {
    /// Every key of it was passed.
    Done,
    /// Still being listed.
    Open,
    /// Given up.
    Failed,
}

/// One range: the keys greater than `after` up to and including `through`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeRecord {
    /// How far it is.
    pub state: RangeState,
    /// Lower bound, exclusive; absent for the lowest key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ByteString>,
    /// Upper bound, inclusive; absent for the highest key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<ByteString>,
    /// Keys up to this one are counted; absent before the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteString>,
    /// The first key listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<ByteString>,
    /// The last key listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ByteString>,
    /// Objects listed, dropped ones among them.
    pub listed: u64,
    /// Objects counted.
    pub objects: u64,
    /// Bytes counted.
    pub bytes: u128,
    /// Pages that brought something.
    pub pages: u64,
    /// Digest of the objects counted.
    pub digest: SetDigest,
    /// The number of its manifest segment, if rows were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<u64>,
    /// How much of that segment belongs to the objects counted.
    #[serde(default)]
    pub mark: SegmentMark,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The keys greater than the first up to and including the second; absent bounds are open.
pub type Bounds<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

impl RangeRecord {
    /// A range of which nothing is listed yet.
    #[must_use]
    pub fn new(after: Option<ByteString>, through: Option<ByteString>) -> Self {
        Self {
            state: RangeState::Open,
            after,
            through,
            cursor: None,
            first: None,
            last: None,
            listed: 0,
            objects: 0,
            bytes: 0,
            pages: 0,
            digest: SetDigest::default(),
            segment: None,
            mark: SegmentMark::default(),
            error: None,
        }
    }

    /// The same to be gone on with.
    #[must_use]
    pub fn reopened(self) -> Self {
        Self { state: RangeState::Open, error: None, ..self }
    }

    /// The part that is still to be listed, as (exclusive, inclusive); `None` when done.
    #[must_use]
    pub fn remaining(&self) -> Option<Bounds<'_>> {
        (self.state != RangeState::Done).then(|| {
            let from = self.cursor.as_ref().or(self.after.as_ref());
            (from.map(ByteString::as_bytes), self.through.as_ref().map(ByteString::as_bytes))
        })
    }
}

/// Why a ledger cannot be used or written.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// It cannot be read or written.
    #[error("the ledger `{path}` cannot be {action}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
    /// It is done, and its rows have gone into the manifest.
    #[error("the scan in `{path}` is done, its rows are in the manifest that it wrote", path = path.display())]
    Done {
        /// The file.
        path: PathBuf,
    },
    /// Another scan keeps its state there.
    #[error("another scan is at work in `{path}`", path = path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// It is not a ledger, or of another version.
    #[error("`{path}` is not a ledger that this version can read: {reason}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Its parts contradict each other.
    #[error("the ledger `{path}` contradicts itself: {reason}", path = path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It belongs to a scan with other options.
    #[error(
        "the scan in `{path}` was started with another {what}: `{then}` then, `{now}` now",
        path = path.display()
    )]
    OtherScan {
        /// The file.
        path: PathBuf,
        /// The option.
        what: &'static str,
        /// Its value in the ledger.
        then: String,
        /// Its value in this call.
        now: String,
    },
}

impl Ledger {
    /// Reads a ledger and checks that its parts agree, under the order that its settings go with.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot be read, is of another version or contradicts itself.
    pub fn read(
        path: &Path,
        order: impl FnOnce(&Settings) -> KeyOrder,
    ) -> Result<Self, LedgerError> {
        let text = fs::read(path).map_err(|source| LedgerError::Io {
            path: path.into(),
            action: "read",
            source,
        })?;
        let format = |reason: String| LedgerError::Format { path: path.into(), reason };
        let schema = versioned::schema_of(&text).map_err(|error| format(error.to_string()))?;
        if schema != SCHEMA {
            return Err(format(format!("its schema is `{schema}`, not `{SCHEMA}`")));
        }
        let ledger: Self =
            serde_json::from_slice(&text).map_err(|error| format(error.to_string()))?;
        ledger
            .check(order(&ledger.settings))
            .map_err(|reason| LedgerError::Inconsistent { path: path.into(), reason })?;
        Ok(ledger)
    }

    /// Writes the ledger in place of the former one: a crash leaves one of the two whole.
    ///
    /// # Errors
    /// [`LedgerError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), LedgerError> {
        whole::replace(path, |file| {
            serde_json::to_writer(&mut *file, self)?;
            file.write_all(b"\n")
        })
        .map_err(|source| LedgerError::Io {
            path: path.into(),
            action: "written",
            source,
        })
    }

    /// Refuses a ledger of a scan that would have another result.
    ///
    /// # Errors
    /// [`LedgerError::OtherScan`] with the first difference.
    pub fn must_match(&self, now: &Settings, path: &Path) -> Result<(), LedgerError> {
        let then = &self.settings;
        let pairs = [
            ("location", then.location.clone(), now.location.clone()),
            ("endpoint", then.endpoint.clone(), now.endpoint.clone()),
            ("set of filters", words(&then.filters), words(&now.filters)),
            ("manifest format", then.manifest.clone(), now.manifest.clone()),
            ("depth", then.depth.to_string(), now.depth.to_string()),
        ];
        for (what, then, now) in pairs {
            if then != now {
                return Err(LedgerError::OtherScan { path: path.into(), what, then, now });
            }
        }
        Ok(())
    }

    /// The first contradiction: a gap or an overlap between ranges, or sums that differ from the tally.
    fn check(&self, order: KeyOrder) -> Result<(), String> {
        if !self.sequential {
            check_tiling(&self.ranges, order)?;
            if self.walk.is_some() {
                return Err("it goes on with a walk, and has ranges".into());
            }
        } else if self.ranges.len() != 1 {
            return Err(format!("it is of a walk, and has {} ranges", self.ranges.len()));
        }
        // Checked, since a damaged file can hold any number.
        let sum = |of: fn(&RangeRecord) -> u128| {
            self.ranges.iter().try_fold(0_u128, |sum, range| sum.checked_add(of(range)))
        };
        let counted = sum(|range| range.bytes).zip(sum(|range| range.objects.into()));
        let (Some((bytes, objects)), Some(listed), Some(pages)) =
            (counted, sum(|range| range.listed.into()), sum(|range| range.pages.into()))
        else {
            return Err("its ranges hold more than can be".into());
        };
        if listed.max(pages) > u128::from(u64::MAX) || listed < objects {
            return Err(format!("its ranges list {listed} objects and count {objects}"));
        }
        let mut digest = SetDigest::default();
        for range in &self.ranges {
            digest.merge(&range.digest);
        }
        let totals = self.tally.totals().counts;
        if (objects, bytes) != (u128::from(totals.objects), totals.bytes)
            || digest != self.tally.digest()
        {
            return Err(format!(
                "its ranges hold {objects} objects and {bytes} bytes, its tally {} and {}",
                totals.objects, totals.bytes
            ));
        }
        // Rows that are missing would be missed by nobody else: segments are joined by their marks.
        let rows = |range: &&RangeRecord| range.mark.rows != range.objects;
        if !self.settings.manifest.is_empty()
            && let Some(range) = self.ranges.iter().find(rows)
        {
            let RangeRecord { mark, objects, .. } = range;
            return Err(format!("a range has {objects} objects and {} rows of them", mark.rows));
        }
        let mut segments = HashSet::new();
        for range in &self.ranges {
            let known = match range.segment {
                Some(number) => number < self.next_segment && segments.insert(number),
                None => range.mark.bytes == 0,
            };
            if !known {
                return Err("rows of a range are in a segment of another one, or in none".into());
            }
        }
        let done = self.ranges.iter().all(|range| range.state == RangeState::Done);
        if self.complete != (done && self.borders.doubts.is_empty()) {
            return Err("it says `complete` and its ranges do not agree".into());
        }
        Ok(())
    }
}

/// Filters in words.
fn words(filters: &FilterSpec) -> String {
    serde_json::to_string(filters).unwrap_or_default()
}

/// Checks that the ranges cover every key exactly once.
///
/// # Errors
/// What is wrong, in words.
pub fn check_tiling(ranges: &[RangeRecord], order: KeyOrder) -> Result<(), String> {
    let show = |bound: &Option<ByteString>| {
        bound.as_ref().map_or_else(|| "the end".into(), |key| format!("`{}`", key.escape_ascii()))
    };
    let (Some(lowest), Some(highest)) = (ranges.first(), ranges.last()) else {
        return Err("it has no ranges".into());
    };
    if lowest.after.is_some() {
        return Err(format!("no range covers the keys up to {}", show(&lowest.after)));
    }
    if highest.through.is_some() {
        return Err(format!("no range covers the keys past {}", show(&highest.through)));
    }
    for (left, right) in ranges.iter().zip(ranges.iter().skip(1)) {
        if left.through.is_none() || left.through != right.after {
            return Err(format!(
                "a range ends at {} and the next begins after {}",
                show(&left.through),
                show(&right.after)
            ));
        }
    }
    for range in ranges {
        if let (Some(after), Some(through)) = (&range.after, &range.through)
            && order.precedes(through, after)
        {
            return Err(format!("the range up to {} begins after its end", show(&range.through)));
        }
        let inside = |key: &Option<ByteString>| {
            key.as_ref().is_none_or(|key| {
                range.after.as_ref().is_none_or(|after| order.precedes(after, key))
                    && range.through.as_ref().is_none_or(|through| !order.precedes(through, key))
            })
        };
        if !inside(&range.first) || !inside(&range.last) || !inside(&range.cursor) {
            return Err(format!("the range up to {} lists keys outside it", show(&range.through)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(after: Option<&str>, through: Option<&str>) -> RangeRecord {
        RangeRecord::new(after.map(ByteString::from), through.map(ByteString::from))
    }

    #[test]
    fn ranges_that_meet_tile_the_key_space() {
        let ranges = [range(None, Some("b")), range(Some("b"), Some("m")), range(Some("m"), None)];
        assert_eq!(check_tiling(&ranges, KeyOrder::Bytes), Ok(()));
    }

    #[test]
    fn a_gap_an_overlap_and_an_open_end_are_found() {
        let broken = [
            vec![],
            vec![range(Some("a"), None)],
            vec![range(None, Some("z"))],
            vec![range(None, Some("b")), range(Some("c"), None)],
            vec![range(None, Some("c")), range(Some("b"), None)],
            vec![range(None, None), range(None, None)],
            vec![range(None, Some("m")), range(Some("m"), Some("b")), range(Some("b"), None)],
        ];
        for ranges in broken {
            assert!(check_tiling(&ranges, KeyOrder::Bytes).is_err(), "{ranges:?}");
        }
    }

    #[test]
    fn a_key_outside_its_range_is_found() {
        let mut ranges = [range(None, Some("b")), range(Some("b"), None)];
        ranges[1].first = Some(ByteString::from("b"));
        assert!(check_tiling(&ranges, KeyOrder::Bytes).is_err());
    }
}
