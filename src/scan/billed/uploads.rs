//! All unfinished uploads, one page after another, and the parts of all or of a sample.
//!
//! The uploads themselves are always all counted: a page names a thousand of them. What their parts weigh
//! takes a request for each upload, so where there are many, a random sample is weighed and the rest is
//! estimated; an estimate is never given as anything else.

use futures::stream::{self, StreamExt as _};
use tokio::sync::watch;

use super::UploadsWeighed;
use super::calls::{Calls, Failure};
use super::circle::{CIRCLE, Circle};
use super::outcome::{UploadTotals, UploadsOutcome};
use super::sample::{Reservoir, Sums};
use crate::object::Timestamp;
use crate::scan::fetch::{EMPTY_PAGES, ENDS};
use crate::store::{Marker, PartsRequest, StoreError, Upload, UploadsRequest, printable};

/// A week, in milliseconds.
const WEEK: i64 = 7 * 86_400_000;

/// Uploads whose parts could not be listed are named up to this many.
const NAMED_FAILURES: usize = 5;

/// A walk over all uploads.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) calls: &'a Calls,
    pub(super) prefix: &'a [u8],
    /// Whether the store lists in an order of its own.
    pub(super) any_order: bool,
    /// When the scan was started; ages are relative to it.
    pub(super) as_of: Timestamp,
    pub(super) weighed: UploadsWeighed,
    /// Decides the sample.
    pub(super) seed: u64,
}

/// What is found on the way.
#[derive(Debug, Default)]
struct Found {
    outcome: UploadsOutcome,
    sums: Sums,
    failed: usize,
}

/// The request for the first page.
pub(super) fn first(prefix: &[u8], limit: usize) -> UploadsRequest {
    UploadsRequest { prefix: prefix.to_vec(), limit, ..UploadsRequest::default() }
}

impl Walk<'_> {
    /// Lists all uploads and weighs as many as wanted.
    pub(super) async fn run(&self, stop: &mut watch::Receiver<bool>) -> UploadsOutcome {
        let mut found = Found::default();
        let walked = tokio::select! {
            walked = self.walk(&mut found) => walked,
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => Err(Failure::Stopped),
        };
        let Found { mut outcome, failed, .. } = found;
        if failed > NAMED_FAILURES {
            outcome.missing.push(format!("parts of {} more uploads", failed - NAMED_FAILURES));
        }
        if let Err(failure) = walked {
            outcome.missing.push(format!("uploads: {failure}"));
        }
        if !self.calls.store.quirks().all_uploads {
            let why =
                "uploads: this server does not list all of them, above all not below a prefix";
            outcome.missing.push(why.to_owned());
        }
        outcome
    }

    /// Counts all uploads. Each is weighed at once or offered to the sample.
    async fn walk(&self, found: &mut Found) -> Result<(), Failure> {
        let quirks = self.calls.store.quirks();
        let most = match self.weighed {
            UploadsWeighed::All => 0,
            UploadsWeighed::AtMost(most) => most,
        };
        let mut sample = Reservoir::new(most, self.seed);
        let any_order = self.any_order;
        let mut request = UploadsRequest { any_order, ..first(self.prefix, quirks.page_limit) };
        let (mut empty, mut doubted, mut circle, mut probing) = (0, 0, Circle::default(), false);
        // How often there was nothing behind what is the last upload so far.
        let mut confirmed = 0;
        let mut before: Vec<Upload> = Vec::new();
        loop {
            let mut page = self.calls.uploads(&request).await?;
            page.entries.retain(|upload| !before.contains(upload));
            if probing && !page.entries.is_empty() {
                self.calls.false_end();
            }
            empty = if page.entries.is_empty() { empty + 1 } else { 0 };
            if empty > EMPTY_PAGES {
                return Err(Failure::Endless(format!(
                    "the listing goes on without uploads after {EMPTY_PAGES} empty pages"
                )));
            }
            let probes = page.next.is_none();
            confirmed =
                if probing && probes && page.entries.is_empty() { confirmed + 1 } else { 0 };
            if probes && (self.calls.store.is_sound() || any_order || confirmed >= ENDS) {
                self.take(page.entries, &mut sample, found).await?;
                break;
            }
            // Some servers end a listing early. Behind the last upload there must be nothing.
            let last = page.entries.last().or(before.last());
            let last = last.map(|last| Marker { key: last.key.clone(), id: Some(last.id.clone()) });
            let next = match page.next.or(last) {
                Some(next) => next,
                // One answer that there is nothing at all proves little.
                None if doubted < ENDS => {
                    doubted += 1;
                    continue;
                }
                None => break,
            };
            if !page.entries.is_empty() {
                before.clone_from(&page.entries);
                self.take(page.entries, &mut sample, found).await?;
            }
            if circle.closes(&next) && !probes {
                return Err(Failure::Endless(CIRCLE.to_owned()));
            }
            (request.from, probing) = (Some(next), probes);
        }
        let partial = sample.is_partial();
        self.weigh(sample.into_kept(), found).await?;
        if partial {
            found.outcome.estimate = found.sums.estimate(found.outcome.totals.uploads);
            if found.outcome.estimate.is_none() {
                let why = "parts of most uploads: a sample of one says nothing of the others";
                found.outcome.missing.push(why.to_owned());
            }
        }
        Ok(())
    }

    /// Weighs the uploads of a page or offers them to the sample.
    async fn take(
        &self,
        uploads: Vec<Upload>,
        sample: &mut Reservoir<Upload>,
        found: &mut Found,
    ) -> Result<(), Failure> {
        for upload in &uploads {
            self.count(upload, &mut found.outcome.totals);
        }
        match self.weighed {
            UploadsWeighed::All => self.weigh(uploads, found).await,
            UploadsWeighed::AtMost(_) => {
                for upload in uploads {
                    sample.offer(upload);
                }
                Ok(())
            }
        }
    }

    fn count(&self, upload: &Upload, totals: &mut UploadTotals) {
        totals.uploads = totals.uploads.saturating_add(1);
        let unnamed = self.calls.unnamed_class.as_bytes();
        let class = &upload.storage_class[..];
        totals.count_class(if class.is_empty() { unnamed } else { class });
        let old = self.as_of.0.saturating_sub(upload.initiated.0) > WEEK;
        totals.older_than_a_week = totals.older_than_a_week.saturating_add(u64::from(old));
        let oldest = totals.oldest.map_or(upload.initiated, |old| old.min(upload.initiated));
        totals.oldest = Some(oldest);
    }

    /// Lists the parts of these uploads, many at once. Those that cannot be listed are named.
    async fn weigh(&self, uploads: Vec<Upload>, found: &mut Found) -> Result<(), Failure> {
        let mut weighed = stream::iter(uploads)
            .map(|upload| async move {
                let parts = parts(self.calls, &upload).await;
                (upload, parts)
            })
            .buffer_unordered(self.calls.pace.limit().max(1));
        let Found { outcome: UploadsOutcome { totals, missing, .. }, sums, failed } = found;
        while let Some((upload, parts)) = weighed.next().await {
            match parts {
                Ok(found) => {
                    let (parts, bytes) = found.unwrap_or_default();
                    totals.weighed = totals.weighed.saturating_add(1);
                    totals.gone = totals.gone.saturating_add(u64::from(found.is_none()));
                    totals.parts = totals.parts.saturating_add(parts);
                    totals.bytes = totals.bytes.saturating_add(bytes);
                    sums.add(bytes);
                }
                Err(failure) if failure.is_final() => return Err(failure),
                Err(failure) => {
                    *failed += 1;
                    if *failed <= NAMED_FAILURES {
                        let key = printable(&upload.key);
                        missing.push(format!("parts of the upload of `{key}`: {failure}"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Number and bytes of the parts of one upload; `None` if it was completed or aborted meanwhile.
async fn parts(calls: &Calls, upload: &Upload) -> Result<Option<(u64, u128)>, Failure> {
    let mut request = PartsRequest {
        key: upload.key.clone(),
        upload: upload.id.clone(),
        after: 0,
        limit: calls.store.quirks().page_limit,
    };
    let (mut number, mut bytes) = (0_u64, 0_u128);
    loop {
        let page = match calls.parts(&request).await {
            Ok(page) => page,
            Err(Failure::Store { error, .. }) if is_gone(&error) && !is_damaged(&upload.key) => {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        number = number.saturating_add(page.parts.len() as u64);
        bytes = page.parts.iter().fold(bytes, |sum, (_, size)| sum.saturating_add((*size).into()));
        match page.next {
            Some(next) => request.after = next,
            None => return Ok(Some((number, bytes))),
        }
    }
}

fn is_gone(error: &StoreError) -> bool {
    error.code == "NoSuchUpload"
}

/// Whether a key may have been another one before it was put into XML, which not every key fits in. An upload
/// that is not found by it need not be gone.
fn is_damaged(key: &[u8]) -> bool {
    String::from_utf8_lossy(key).contains(char::REPLACEMENT_CHARACTER)
}
