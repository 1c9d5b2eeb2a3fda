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
use super::pace::{Halt, Pace, PaceOptions, backoff};
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
            outcome = next_page(&fetcher, &mut request, &mut trail) => outcome,
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break End::Interrupted,
        };
        match outcome {
            Ok(page) => {
                counting.count(&page, page.len(), &mut sink, &mut shard)?;
                request.token = page.token().filter(|_| page.more()).map(str::to_owned);
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

/// Attempts to get on from where the walk is led back to where it has been. On the way an answer can be
/// mistaken for another one; a store that does it again and again lists in a circle.
const CIRCLE_ATTEMPTS: u32 = 5;

/// The page that `request` asks for, taken in by the trail.
///
/// Where it leads back, it is asked for again, and so is the page before it: either of the two may have
/// been answered wrongly, the one in its objects, the other in its token.
async fn next_page(
    fetcher: &Fetcher<'_>,
    request: &mut PageRequest,
    trail: &mut Trail,
) -> Result<Page, FetchError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let page = fetcher.page(request).await?;
        let error = match trail.follow(request, &page) {
            Ok(()) => return Ok(page),
            Err(error) => error,
        };
        if attempts >= CIRCLE_ATTEMPTS || !fetcher.pace.may_retry() {
            return Err(FetchError::Failed { error, attempts });
        }
        fetcher.counters.retried.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(attempts, %error, "asking for a page again");
        tokio::time::sleep(backoff(attempts, None)).await;
        if let Some(before) = &trail.came_by {
            let page = fetcher.page(before).await?;
            if let Some(token) = trail.other_way(&page) {
                request.token = Some(token);
            }
        }
    }
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
    /// The request that brought the page before.
    came_by: Option<PageRequest>,
}

impl Trail {
    /// Takes in the page that answers `request`. One that is refused leaves no trace.
    fn follow(&mut self, request: &PageRequest, page: &Page) -> Result<(), StoreError> {
        let broken = |message: String| StoreError::new(ErrorKind::Server, message);
        let keys = digests(page);
        let first = (!page.is_empty()).then(|| xxh3_64(page.key(0)));
        if first.is_some_and(|first| self.firsts.contains(&first))
            || !keys.is_disjoint(&self.latest)
        {
            let first = printable(page.key(0));
            return Err(broken(format!(
                "the listing runs in a circle: the page from `{first}` on was listed before"
            )));
        }
        if page.more() {
            match page.token() {
                None => return Err(broken("more follows, but without a token".into())),
                Some(token) if self.knows(token) => {
                    return Err(broken(
                        "the listing runs in a circle: a continuation token came back".into(),
                    ));
                }
                Some(token) => self.tokens.insert(xxh3_64(token.as_bytes())),
            };
        }
        self.firsts.extend(first);
        self.latest = keys;
        self.came_by = Some(request.clone());
        Ok(())
    }

    fn knows(&self, token: &str) -> bool {
        self.tokens.contains(&xxh3_64(token.as_bytes()))
    }

    /// The token of `page`, if it is the page before once more and goes on where the walk was not.
    fn other_way(&mut self, page: &Page) -> Option<String> {
        let token = page.token().filter(|token| page.more() && !self.knows(token))?;
        (digests(page) == self.latest).then(|| {
            self.tokens.insert(xxh3_64(token.as_bytes()));
            token.to_owned()
        })
    }
}

fn digests(page: &Page) -> HashSet<u64> {
    (0..page.len()).map(|index| xxh3_64(page.key(index))).collect()
}
