//! The walk for stores that list in no order: one page after another, by the store's own tokens.
//!
//! Nothing can be listed beside it and nothing can be cut, but it needs no order to be exact: the store's
//! own continuation is what every simple client relies on. What can be noticed is still refused: a token
//! or a page that comes back, an end that does not say so.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;
use xxhash_rust::xxh3::xxh3_64;

use super::count::{Counting, Progress, Sink};
use super::fetch::{Counters, FetchError, Fetcher, Latency};
use super::ledger::{RangeRecord, RangeState};
use super::options::Setup;
use super::outcome::{End, Outcome, RequestCounts, ScanError};
use super::pace::{Halt, Pace, PaceOptions};
use crate::store::{ErrorKind, Page, PageRequest, Store, StoreError, printable};

/// Walks the whole prefix by continuation tokens.
pub(super) async fn walk(
    store: &Arc<dyn Store>,
    setup: &Setup,
    progress: &Arc<Progress>,
    mut stop: watch::Receiver<bool>,
) -> Result<Outcome, ScanError> {
    let counting = Counting::new(
        setup.filters.clone(),
        setup.rows(),
        Arc::clone(progress),
        0,
        setup.empty.clone(),
    );
    let mut shard = counting.shard();
    let mut sink = Sink::new(RangeRecord::new(None, None));
    let left = setup.requests_left();
    let gate = Pace::new(PaceOptions { max_requests: left.unwrap_or(0), ..setup.options.pace });
    let (tried, latency) = (Counters::default(), Latency::default());
    let fetcher = Fetcher {
        store: store.as_ref(),
        pace: &gate,
        counters: &tried,
        latency: &latency,
        hedging: setup.options.hedging,
    };
    let mut request = PageRequest {
        prefix: setup.options.prefix.clone(),
        limit: store.quirks().page_limit,
        any_order: true,
        ..PageRequest::default()
    };
    let mut trail = Trail::default();
    let end = loop {
        if left == Some(0) {
            break End::RequestLimit;
        }
        let outcome = tokio::select! {
            outcome = fetcher.page(&request) => outcome,
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break End::Interrupted,
        };
        match outcome.and_then(|page| trail.follow(&page).map(|token| (page, token))) {
            Ok((page, token)) => {
                counting.count(&page, page.len(), &mut sink, &mut shard)?;
                request.token = token;
                if request.token.is_none() {
                    sink.finish()?;
                    break End::Complete;
                }
            }
            Err(FetchError::Halted(Halt::Stopped)) => break End::Interrupted,
            Err(FetchError::Halted(Halt::RequestLimit)) => break End::RequestLimit,
            Err(FetchError::Failed { error, attempts }) => {
                if sink.record.pages == 0 {
                    return Err(ScanError::Store {
                        location: setup.options.location.clone(),
                        attempts,
                        source: error,
                    });
                }
                sink.fail(format!("{error}, after {attempts} attempts"))?;
                break End::Failed;
            }
        }
    };
    let requests = RequestCounts {
        list: gate.started(),
        retried: tried.retried.load(Ordering::Relaxed),
        throttled: tried.throttled.load(Ordering::Relaxed),
        hedged: tried.hedged.load(Ordering::Relaxed),
        pages: tried.pages.load(Ordering::Relaxed),
        peak_in_flight: gate.peak() as u64,
        bytes_received: tried.bytes.load(Ordering::Relaxed),
        ..RequestCounts::default()
    };
    sink.flush()?;
    // In a store without order first and last key bound nothing.
    let record = RangeRecord { cursor: None, first: None, last: None, ..sink.record };
    debug_assert_eq!(record.state == RangeState::Done, end == End::Complete);
    let begun = setup.begun();
    let ledger = begun.ledger(
        vec![record],
        shard.tally,
        shard.dropped,
        counting.next_segment(),
        &requests,
        begun.notes.clone(),
    );
    Ok(Outcome { ledger, end, manifest: None, explained: None })
}

/// Where the walk came through: whatever leads back there would count objects twice.
#[derive(Default)]
struct Trail {
    /// Digests of the tokens, eight bytes a page.
    tokens: HashSet<u64>,
    /// Digests of the first key of each page.
    firsts: HashSet<u64>,
    /// Digests of the keys of the page before.
    latest: HashSet<u64>,
}

impl Trail {
    /// Takes a page in; the token to go on with, `None` at the end.
    fn follow(&mut self, page: &Page) -> Result<Option<String>, FetchError> {
        let broken = |message: String| FetchError::Failed {
            error: StoreError::new(ErrorKind::Server, message),
            attempts: 1,
        };
        let keys: HashSet<u64> = (0..page.len()).map(|index| xxh3_64(page.key(index))).collect();
        let first = (!page.is_empty()).then(|| xxh3_64(page.key(0)));
        if first.is_some_and(|first| !self.firsts.insert(first)) || !keys.is_disjoint(&self.latest)
        {
            let first = printable(page.key(0));
            return Err(broken(format!(
                "the listing runs in a circle: the page from `{first}` on was listed before"
            )));
        }
        if !keys.is_empty() {
            self.latest = keys;
        }
        if !page.more() {
            return Ok(None);
        }
        let token =
            page.token().ok_or_else(|| broken("more follows, but without a token".into()))?;
        if !self.tokens.insert(xxh3_64(token.as_bytes())) {
            return Err(broken(
                "the listing runs in a circle: a continuation token came back".into(),
            ));
        }
        Ok(Some(token.to_owned()))
    }
}
