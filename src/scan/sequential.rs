//! The walk for stores that list in no order: one page after another, by the store's own tokens.
//!
//! Nothing can be listed beside it and nothing can be cut, but it needs no order to be exact: the store's
//! own continuation is what every simple client relies on. What can be noticed is still refused: a page or
//! a token that comes back, at the price of sixteen bytes a page.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::count::{Counting, Progress, Sink};
use super::fetch::{Counters, FetchError, Fetcher, Latency};
use super::ledger::{RangeRecord, RangeState};
use super::options::Setup;
use super::outcome::{End, Outcome, RequestCounts, ScanError};
use super::pace::{Halt, Pace};
use crate::store::{ErrorKind, Page, PageRequest, Store, StoreError, printable};

/// Seeds that keep hashes of keys and of tokens apart.
const KEYS: u64 = 1;
const TOKENS: u64 = 2;

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
    let pace = Pace::new(setup.options.pace);
    let (tried, latency) = (Counters::default(), Latency::default());
    let fetcher = Fetcher {
        store: store.as_ref(),
        pace: &pace,
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
    let mut passed = HashSet::new();
    let end = loop {
        let outcome = tokio::select! {
            outcome = fetcher.page(&request) => outcome,
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break End::Interrupted,
        };
        match outcome.and_then(|page| Ok((continuation(&page, &mut passed)?, page))) {
            Ok((following, page)) => {
                counting.count(&page, page.len(), &mut sink, &mut shard)?;
                request.token = following;
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
        list: pace.started(),
        retried: tried.retried.load(Ordering::Relaxed),
        throttled: tried.throttled.load(Ordering::Relaxed),
        hedged: tried.hedged.load(Ordering::Relaxed),
        pages: tried.pages.load(Ordering::Relaxed),
        peak_in_flight: pace.peak() as u64,
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

/// The token to go on with; `None` at the end. `passed` holds what pages began with and went on by.
fn continuation(page: &Page, passed: &mut HashSet<u64>) -> Result<Option<String>, FetchError> {
    let broken = |message: String| FetchError::Failed {
        error: StoreError::new(ErrorKind::Server, message),
        attempts: 1,
    };
    let first = (!page.is_empty()).then(|| page.key(0));
    if let Some(first) = first
        && !passed.insert(xxh3_64_with_seed(first, KEYS))
    {
        let key = printable(first);
        return Err(broken(format!("the listing runs in a circle: key `{key}` came back")));
    }
    if !page.more() {
        return Ok(None);
    }
    let token =
        page.token().ok_or_else(|| broken("more follows, but without a token".to_owned()))?;
    if !passed.insert(xxh3_64_with_seed(token.as_bytes(), TOKENS)) {
        return Err(broken("the listing runs in a circle: a token came back".to_owned()));
    }
    Ok(Some(token.to_owned()))
}
