//! What a scan ends with.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::folder::Leftovers;
use super::ledger::{Ledger, LedgerError};
use super::timeline::Timeline;
use crate::filter::FilterError;
use crate::manifest::ManifestError;
use crate::store::StoreError;

/// What a scan asked of the store, over all its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCounts {
    /// LIST requests sent, retries, probes and hedges among them.
    pub list: u64,
    /// Of these, repeated after a failure.
    pub retried: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Duplicates sent of slow requests.
    pub hedged: u64,
    /// Requests that asked for structure.
    pub probes: u64,
    /// Pages without an object of their range, and pages asked for ahead that did not follow in the end.
    pub wasted: u64,
    /// Pages received.
    pub pages: u64,
    /// Most requests in flight at once.
    pub peak_in_flight: u64,
    /// Bytes of page bodies.
    pub bytes_received: u64,
}

impl RequestCounts {
    /// Adds the requests of another run of the same scan. A damaged ledger can hold any number.
    pub fn merge(&mut self, other: &Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.list, other.list);
        add(&mut self.retried, other.retried);
        add(&mut self.throttled, other.throttled);
        add(&mut self.hedged, other.hedged);
        add(&mut self.probes, other.probes);
        add(&mut self.wasted, other.wasted);
        add(&mut self.pages, other.pages);
        add(&mut self.bytes_received, other.bytes_received);
        self.peak_in_flight = self.peak_in_flight.max(other.peak_in_flight);
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every range is done.
    Complete,
    /// Some ranges failed; the others are exact.
    Failed,
    /// The user stopped it.
    Interrupted,
    /// The number of requests that the user allows was sent.
    RequestLimit,
}

/// What a scan ends with: the ledger is the whole account of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Ranges, tally, requests, notes.
    pub ledger: Ledger,
    /// How it ended.
    pub end: End,
    /// Rows and bytes of the manifest, if one was written.
    pub manifest: Option<ManifestCounts>,
    /// How the scan went, if that was asked for and it went by ranges.
    pub explained: Option<Explained>,
    /// LIST requests that this run sent; the ledger counts those of all runs.
    pub sent: u64,
    /// What is kept of a complete scan until its results are written.
    pub leftovers: Leftovers,
}

impl Outcome {
    /// What a run counted, before anything is written of it.
    pub(super) fn new(ledger: Ledger, end: End) -> Self {
        let leftovers = Leftovers::default();
        Self { ledger, end, manifest: None, explained: None, sent: 0, leftovers }
    }
}

/// How a scan went and why.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// What was in flight when.
    pub timeline: Timeline,
    /// What the planner decided, a line each, oldest first; bounded, the last line says what is left out.
    pub decisions: Vec<String>,
}

/// What was written to a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManifestCounts {
    /// Objects.
    pub rows: u64,
    /// Bytes of the file as written.
    pub bytes: u64,
}

/// Why a scan has no result at all.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The bucket cannot be listed.
    #[error("cannot list {location}")]
    Store {
        /// The location.
        location: String,
        /// Attempts made.
        attempts: u32,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The manifest cannot be written.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A part of the program broke; the totals would not be certain.
    #[error("an internal part failed, the scan cannot be trusted: {0}")]
    Internal(String),
}
