//! What is billed beside the current objects: noncurrent versions, delete markers, snapshots, what was deleted
//! and is still kept, and the parts of multipart uploads that were neither completed nor aborted.
//!
//! None of it is in a listing of objects, and all of it is on the bill. It is listed after the scan, on
//! request only, because it takes at least as many requests again. What the scan found helps: its ranges
//! are balanced, so `versions` are listed in parallel between the same borders, and its count of current
//! objects is what the listing of versions is compared with.
//!
//! | file | its job |
//! |---|---|
//! | `calls` | one answer, whatever it takes, by way of `scan::fetch` |
//! | `circle` | notices when a listing is led back to where it has been |
//! | `versions` | all versions and snapshots, in parallel ranges of keys |
//! | `uploads` | all unfinished uploads, with the parts of all or of a sample |
//! | `sample` | a sample drawn from a stream, and what it says about the whole |
//! | `outcome` | what comes out |
//!
//! Filters do not apply: they choose among current objects, and a bill knows no filters. Nothing is kept
//! for resuming: what was stopped is listed anew.

mod calls;
mod circle;
mod outcome;
mod sample;
mod uploads;
mod versions;

use std::sync::Arc;

use tokio::sync::watch;

pub use outcome::{
    BilledOutcome, Estimate, Kept, MissingRange, UploadTotals, UploadsOutcome, VersionTotals,
    VersionsEstimate, VersionsOutcome,
};

use self::calls::Calls;
use super::outcome::{Outcome, ScanError};
use super::pace::PaceOptions;
use crate::store::{ErrorKind, Include, Store, StoreError, UploadsRequest, VersionsRequest};

/// What is to be listed beside the current objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BilledOptions {
    /// Versions and delete markers.
    pub versions: Option<VersionsListed>,
    /// Snapshots, all of them.
    pub snapshots: bool,
    /// What was deleted and is kept for its time of retention, all of it.
    pub deleted: bool,
    /// Unfinished uploads.
    pub uploads: Option<UploadsWeighed>,
    /// Decides the sample.
    pub seed: u64,
}

impl BilledOptions {
    fn include(&self) -> Include {
        let Self { versions, snapshots, deleted, .. } = *self;
        Include { versions: versions.is_some(), snapshots, deleted }
    }
}

/// How much of the key space is listed with its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionsListed {
    /// All of it: at least as many requests as the scan took.
    All,
    /// At most this many key ranges, drawn at random: a small part of that where the bucket is large.
    Sample(usize),
}

/// Of which unfinished uploads the parts are listed. It takes a request or more for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadsWeighed {
    /// All, however many.
    All,
    /// All where there are at most this many, else a random sample of this size.
    AtMost(usize),
}

/// A bucket about which it is known that what is billed in it may be listed.
#[derive(Debug)]
pub struct BilledScan {
    calls: Arc<Calls>,
    options: BilledOptions,
    pace: PaceOptions,
    location: String,
    prefix: Vec<u8>,
}

impl BilledScan {
    /// Asks for one entry of each kind, so that a key that may not list them is noticed before hours are
    /// spent on the scan.
    ///
    /// # Errors
    /// [`ScanError::Store`] where something cannot be listed, which names the permission that is wanting.
    pub async fn open(
        store: Arc<dyn Store>,
        options: BilledOptions,
        pace: PaceOptions,
        location: String,
        prefix: Vec<u8>,
    ) -> Result<Self, ScanError> {
        if store.billed().is_none() {
            let provider = store.origin().provider;
            let message = format!(
                "versions and uploads of this {provider} bucket cannot be listed\nhint: leave out \
                 `--versions` and `--uploads`"
            );
            let source = StoreError::new(ErrorKind::Setup, message);
            return Err(ScanError::Store { location, attempts: 0, source });
        }
        // These few requests are not held up by limits that are meant for many.
        let calls = Arc::new(Calls::new(store, PaceOptions::default(), ""));
        let scan = Self { calls, options, pace, location, prefix };
        if options.include().any() {
            // Of one entry there is no order.
            let first = VersionsRequest {
                any_order: true,
                ..versions::first(&scan.prefix, 1, options.include())
            };
            let tried = scan.calls.versions(&first).await;
            tried.map_err(|error| scan.unlistable(error))?;
        }
        if options.uploads.is_some() {
            let first = UploadsRequest { any_order: true, ..uploads::first(&scan.prefix, 1) };
            let tried = scan.calls.uploads(&first).await;
            tried.map_err(|error| scan.unlistable(error))?;
        }
        Ok(scan)
    }

    fn unlistable(&self, error: calls::Failure) -> ScanError {
        let location = self.location.clone();
        match error {
            calls::Failure::Store { error, attempts } => {
                ScanError::Store { location, attempts, source: error }
            }
            other => ScanError::Internal(other.to_string()),
        }
    }

    /// Requests sent so far.
    #[must_use]
    pub fn requests_sent(&self) -> u64 {
        self.calls.counts().list
    }

    /// Lists what was asked for, in the ranges that `scanned` found, with the requests that it left.
    ///
    /// `stop` turning true ends it early; what is missing then is named.
    ///
    /// # Errors
    /// [`ScanError::Internal`] only: what cannot be listed makes the outcome incomplete.
    pub async fn run(
        self,
        scanned: &Outcome,
        mut stop: watch::Receiver<bool>,
    ) -> Result<BilledOutcome, ScanError> {
        let Outcome { ledger, sent, .. } = scanned;
        let include = self.options.include();
        let requests = self.calls.counts();
        let mut outcome = BilledOutcome { include, requests, ..Default::default() };
        let sent = outcome.requests.list.saturating_add(*sent);
        let left = match self.pace.max_requests {
            0 => None,
            most => Some(most.saturating_sub(sent)),
        };
        let pace = PaceOptions { max_requests: left.unwrap_or(0), ..self.pace };
        let unnamed_class = &ledger.tally.options().unnamed_class;
        let calls = Arc::new(Calls::new(Arc::clone(&self.calls.store), pace, unnamed_class));
        if left == Some(0) {
            calls.use_up();
        }
        if include.any() {
            let pieces = versions::pieces(ledger, &self.prefix, self.calls.store.quirks());
            let drawn = match self.options.versions {
                Some(VersionsListed::Sample(most)) if !(include.snapshots || include.deleted) => {
                    versions::draw(&pieces, most, self.options.seed)
                }
                _ => pieces.clone(),
            };
            let first =
                versions::first(&self.prefix, self.calls.store.quirks().page_limit, include);
            let walked = versions::walk(&calls, &first, drawn, &pieces, &mut stop).await?;
            outcome.versions = Some(walked);
        }
        if let Some(weighed) = self.options.uploads {
            let walk = uploads::Walk {
                calls: &calls,
                prefix: &self.prefix,
                any_order: ledger.sequential || !calls.store.quirks().ordered,
                as_of: ledger.tally.options().as_of,
                weighed,
                seed: self.options.seed,
            };
            outcome.uploads = Some(walk.run(&mut stop).await);
        }
        outcome.requests.merge(&calls.counts());
        Ok(outcome)
    }
}
