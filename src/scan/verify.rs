//! Lists a sample of a ledger's ranges again and compares.
//!
//! A ledger claims for each finished range how many objects and bytes it holds and their digest. Ranges
//! are drawn without replacement, by a seed, so that a check can be repeated; an agreeing sample of `n`
//! ranges makes a systematic miscount unlikely, and a difference is shown with both figures. Objects
//! that changed since the scan differ too: that is for the reader to tell apart.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index;

use super::fetch::{ATTEMPTS, Counters, FetchError, Fetcher, Latency};
use super::ledger::{Ledger, RangeRecord, RangeState};
use super::outcome::ScanError;
use super::pace::{Pace, PaceOptions};
use crate::filter::{Filters, Verdict};
use crate::store::{PageRequest, Store, StoreError};
use crate::tally::{ByteString, Counts, SetDigest};

/// What a range held once and holds now.
#[derive(Clone, Debug)]
pub struct RangeCheck {
    /// The range as the ledger has it.
    pub range: RangeRecord,
    /// Objects and bytes found now.
    pub found: Counts,
    /// Their digest.
    pub digest: SetDigest,
}

impl RangeCheck {
    /// Whether the range holds exactly what the ledger says.
    #[must_use]
    pub fn agrees(&self) -> bool {
        (self.found.objects, self.found.bytes, self.digest)
            == (self.range.objects, self.range.bytes, self.range.digest)
    }
}

/// Lists up to `sample` finished ranges of the ledger again.
///
/// # Errors
/// [`ScanError::Store`] when a range cannot be listed.
pub async fn verify(
    store: Arc<dyn Store>,
    ledger: &Ledger,
    filters: &Filters,
    prefix: &[u8],
    pace: PaceOptions,
    sample: usize,
    seed: u64,
) -> Result<Vec<RangeCheck>, ScanError> {
    let done: Vec<&RangeRecord> =
        ledger.ranges.iter().filter(|range| range.state == RangeState::Done).collect();
    let mut random = StdRng::seed_from_u64(seed);
    let mut chosen = index::sample(&mut random, done.len(), sample.min(done.len())).into_vec();
    chosen.sort_unstable();
    let pace = Pace::new(pace);
    let (counters, latency) = (Counters::default(), Latency::default());
    let fetcher = Fetcher {
        store: store.as_ref(),
        pace: &pace,
        counters: &counters,
        latency: &latency,
        hedging: false,
        disordered: ATTEMPTS,
        received: &|_| (),
    };
    let at_once = pace.limit();
    let mut checks =
        stream::iter(chosen.into_iter().map(|at| check(&fetcher, done[at], filters, prefix)))
            .buffered(at_once);
    let mut results = Vec::new();
    while let Some(check) = checks.next().await {
        let check = check.map_err(|(source, attempts)| ScanError::Store {
            location: ledger.settings.location.clone(),
            attempts,
            source,
        })?;
        results.push(check);
    }
    Ok(results)
}

async fn check(
    fetcher: &Fetcher<'_>,
    range: &RangeRecord,
    filters: &Filters,
    prefix: &[u8],
) -> Result<RangeCheck, (StoreError, u32)> {
    let order = fetcher.store.quirks().order;
    let mut request = PageRequest {
        prefix: prefix.to_vec(),
        after: range.after.as_ref().map(|key| key.to_vec()),
        limit: fetcher.store.quirks().page_limit,
        ..PageRequest::default()
    };
    let mut check =
        RangeCheck { range: range.clone(), found: Counts::default(), digest: SetDigest::default() };
    let past = |key: &[u8], through: &Option<ByteString>| {
        through.as_ref().is_some_and(|through| order.precedes(through, key))
    };
    loop {
        let page = match fetcher.page(&request).await {
            Ok(page) => page,
            Err(FetchError::Failed { error, attempts }) => return Err((error, attempts)),
            Err(FetchError::Halted(_)) => {
                let error = StoreError::new(
                    crate::store::ErrorKind::Setup,
                    "the number of requests allowed was sent",
                );
                return Err((error, 0));
            }
        };
        for object in page.objects() {
            if past(object.key, &range.through) {
                return Ok(check);
            }
            if filters.judge(&object) == Verdict::Keep {
                check.found.add(object.size);
                check.digest.add(object.key, object.size);
            }
        }
        match page.last_key() {
            Some(last) if page.more() => request.after = Some(last.to_vec()),
            _ => return Ok(check),
        }
    }
}
