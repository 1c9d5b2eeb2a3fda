//! One page, whatever it takes: attempts, waiting, hedging.
//!
//! The unit that is tried again is the whole page (request, body, decoding, checks), so a cut or
//! scrambled body is retried like a lost connection. Everything is bounded: attempts per page, retries
//! per scan (see [`Pace::may_retry`]), pages without an object in a row.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::Instant;

use super::further::{Further, Received};
use super::outcome::RequestCounts;
use super::pace::{Halt, Pace, Started, backoff};
use crate::store::{ErrorKind, Page, PageError, PageRequest, RangeStart, Store, StoreError};

/// Attempts at one page that the store answers with "slow down". Each waits longer and lowers the
/// number of requests in flight, so this many only fail where nothing gets through at all.
const THROTTLED_ATTEMPTS: u32 = 30;

/// Attempts at one page for every other reason that can pass.
pub(super) const ATTEMPTS: u32 = 7;

/// Attempts at a page that breaks the order of the listing. A fault on the way can do that once; a
/// store that does it again is not ordered.
pub(super) const DISORDERED_ATTEMPTS: u32 = 3;

/// Empty pages in a row that say that more follows. Stores answer some at the borders of their
/// partitions.
pub(super) const EMPTY_PAGES: u32 = 100;

/// How often a store whose ends are checked must say that nothing follows a key.
pub(super) const ENDS: u32 = 3;

/// The same for a store that ended a listing too early, or answered empty pages.
const ENDS_OF_THE_CAUGHT: u32 = 5;

/// A hedge is sent when a request takes this many times the usual latency.
const HEDGE_FACTOR: u32 = 6;

/// At most one hedge per this many requests.
const HEDGE_SHARE: u64 = 40;

/// What became of the requests of a scan.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Attempts that were repeated.
    pub retried: AtomicU64,
    /// Answers that asked to slow down.
    pub throttled: AtomicU64,
    /// Duplicates sent of requests that took long.
    pub hedged: AtomicU64,
    /// Pages received and used or thrown away as empty.
    pub pages: AtomicU64,
    /// Bytes of page bodies.
    pub bytes: AtomicU64,
    /// Servers that repeated the start key although it was excluded.
    pub inclusive_starts: AtomicU64,
    /// Ends of listings that were none.
    pub false_ends: AtomicU64,
    /// Empty pages that said that more follows.
    pub empty_pages: AtomicU64,
}

impl Counters {
    /// The same as a result, with what the pace counted.
    pub(super) fn counts(&self, pace: &Pace) -> RequestCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RequestCounts {
            list: pace.started(),
            retried: load(&self.retried),
            throttled: load(&self.throttled),
            hedged: load(&self.hedged),
            probes: 0,
            wasted: 0,
            pages: load(&self.pages),
            peak_in_flight: pace.peak() as u64,
            bytes_received: load(&self.bytes),
        }
    }
}

/// Why a page could not be had.
#[derive(Debug)]
pub(super) enum FetchError {
    /// No request may be started any more.
    Halted(Halt),
    /// The store failed, after this many attempts.
    Failed {
        /// The last error.
        error: StoreError,
        /// Attempts made.
        attempts: u32,
    },
}

/// Fetches pages of one store under one pace.
pub(super) struct Fetcher<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The gate for every request.
    pub pace: &'a Pace,
    /// What is counted.
    pub counters: &'a Counters,
    /// How long pages usually take.
    pub latency: &'a Latency,
    /// Whether slow requests are doubled.
    pub hedging: bool,
    /// Attempts at a page that breaks the order of the listing: few where there is a walk to fall back to.
    pub disordered: u32,
    /// Hears the last key of an answer that goes on, before it is decoded.
    pub received: Received<'a>,
}

/// Whether a page shows anything: an object, a group of them, or a directory that is an entry.
fn holds_anything(page: &Page) -> bool {
    !page.is_empty()
        || page.prefixes().len() > 0
        || page.directories().is_some_and(|number| number > 0)
}

impl Fetcher<'_> {
    /// The page that answers `request`. Follows empty pages, and makes sure of an end that the store is
    /// not trusted to report.
    ///
    /// # Errors
    /// [`FetchError`] when it cannot be had.
    pub(super) async fn page(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let mut page = self.non_empty(request).await?;
        loop {
            // Without order or starts there is no way to ask for what lies past a key.
            let provable = !request.any_order
                && request.delimiter.is_none()
                && self.store.quirks().range_start != RangeStart::None;
            if page.more() || page.token().is_some() || self.store.is_sound() || !provable {
                return Ok(page);
            }
            // Some servers end a listing early. Past the last key there must be nothing, and where there is none yet,
            // nothing at all.
            let after = page.last_key().or(request.after.as_deref()).map(<[u8]>::to_vec);
            let beyond = PageRequest { after, token: None, ..request.clone() };
            let Some(next) = self.anything(&beyond).await? else { return Ok(page) };
            self.counters.false_ends.fetch_add(1, Ordering::Relaxed);
            if !page.is_empty() {
                page.set_end(true, None);
                return Ok(page);
            }
            // The empty page was the lie: what came now answers the same question.
            page = next;
        }
    }

    /// The page that answers `request`, or nothing where the store says so again and again.
    ///
    /// A store that ends listings early may well do so here, too, so one empty answer proves little; of
    /// one that was caught at it, more are wanted.
    async fn anything(&self, request: &PageRequest) -> Result<Option<Page>, FetchError> {
        let mut asked = 0;
        loop {
            let page = self.non_empty(request).await?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
            asked += 1;
            let suspicions = [&self.counters.false_ends, &self.counters.empty_pages];
            let caught = suspicions.iter().any(|count| count.load(Ordering::Relaxed) > 0);
            if asked >= if caught { ENDS_OF_THE_CAUGHT } else { ENDS } {
                return Ok(None);
            }
        }
    }

    async fn non_empty(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let mut page = self.attempts(request).await?;
        let mut follow = request.clone();
        for _ in 0..EMPTY_PAGES {
            if !page.more() || holds_anything(&page) {
                return Ok(page);
            }
            self.counters.empty_pages.fetch_add(1, Ordering::Relaxed);
            if page.token().is_some() && page.token() == follow.token.as_deref() {
                break;
            }
            follow.token = page.token().map(str::to_owned);
            page = self.attempts(&follow).await?;
        }
        if !page.more() || holds_anything(&page) {
            return Ok(page);
        }
        Err(FetchError::Failed {
            error: StoreError::new(
                ErrorKind::Server,
                format!("the listing goes on without objects after {EMPTY_PAGES} empty pages"),
            ),
            attempts: 1,
        })
    }

    async fn attempts(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let (sent, page) = self.persist(|| self.attempt(request)).await?;
        // Where waiting for its turn is most of the time that a page takes, fewer requests in flight bring
        // as many pages.
        if page.held_back() * 2 > sent.elapsed() {
            self.counters.throttled.fetch_add(1, Ordering::Relaxed);
            self.pace.throttled(sent, None);
        }
        self.counters.bytes.fetch_add(page.body.len() as u64, Ordering::Relaxed);
        if page.repeats_start() {
            self.counters.inclusive_starts.fetch_add(1, Ordering::Relaxed);
        }
        Ok(page)
    }

    /// What `ask` brings in one attempt or another, with when that attempt was sent: asked for again for as
    /// long as that may help and is allowed.
    ///
    /// # Errors
    /// [`FetchError`] when it cannot be had.
    pub(super) async fn persist<T, F>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<(Instant, T), FetchError>
    where
        F: Future<Output = Result<(Instant, Result<T, StoreError>), Halt>>,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (sent, result) = ask().await.map_err(FetchError::Halted)?;
            let error = match result {
                Ok(answer) => {
                    self.pace.succeeded();
                    self.latency.record(sent.elapsed());
                    self.counters.pages.fetch_add(1, Ordering::Relaxed);
                    return Ok((sent, answer));
                }
                Err(error) => error,
            };
            if error.is_throttle() {
                self.counters.throttled.fetch_add(1, Ordering::Relaxed);
                self.pace.throttled(sent, error.retry_after);
            }
            let most = match &error.kind {
                ErrorKind::BadPage(PageError::KeepsNoOrder { .. }) => 1,
                ErrorKind::BadPage(page) if page.is_order_violation() => self.disordered,
                _ if error.is_throttle() => THROTTLED_ATTEMPTS,
                _ => ATTEMPTS,
            };
            if !error.is_retryable() || attempt >= most || !self.pace.may_retry() {
                return Err(FetchError::Failed { error, attempts: attempt });
            }
            self.counters.retried.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(attempt, %error, "asking for a page again");
            tokio::time::sleep(backoff(attempt, error.retry_after)).await;
        }
    }

    /// One attempt that is never doubled; what it sends beyond one request passes `further`.
    pub(super) async fn once_only<T>(
        &self,
        further: &Further<'_>,
        ask: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<(Instant, Result<T, StoreError>), Halt> {
        let started = self.pace.start().await?;
        let result = further.judge(ask.await)?;
        Ok((started.at(), result))
    }

    /// One attempt, doubled when it takes far longer than pages usually do.
    async fn attempt(
        &self,
        request: &PageRequest,
    ) -> Result<(Instant, Result<Page, StoreError>), Halt> {
        let started = self.pace.start().await?;
        let first = pin!(self.once(request, &started));
        let Some(patience) = self.hedge_after() else {
            return Ok((started.at(), first.await?));
        };
        let first = match select(first, pin!(tokio::time::sleep(patience))).await {
            Either::Left((result, _)) => return Ok((started.at(), result?)),
            Either::Right(((), first)) => first,
        };
        let Some(second_start) = self.hedge() else {
            return Ok((started.at(), first.await?));
        };
        // Whichever answers well first; an error of one leaves the other its chance.
        #[expect(clippy::match_same_arms, reason = "the two futures are of different types")]
        let result = match select(first, pin!(self.once(request, &second_start))).await {
            Either::Left((Err(_) | Ok(Err(_)), other)) => other.await,
            Either::Right((Err(_) | Ok(Err(_)), other)) => other.await,
            Either::Left((page, _)) | Either::Right((page, _)) => page,
        };
        Ok((started.at(), result?))
    }

    async fn once(
        &self,
        request: &PageRequest,
        started: &Started<'_>,
    ) -> Result<Result<Page, StoreError>, Halt> {
        // What was received is not in flight any more, and what follows may take its place.
        let received = |last: &[u8]| {
            started.leave();
            (self.received)(last);
        };
        let mut further = Further::new(self.pace, self.counters);
        further.received = &received;
        let mut page = Page::default();
        let listed = self.store.list_through(&further, request, &mut page).await;
        further.judge(listed.map(|()| page))
    }

    fn hedge_after(&self) -> Option<Duration> {
        let usual = self.hedging.then(|| self.latency.usual()).flatten()?;
        Some((usual * HEDGE_FACTOR).max(Duration::from_millis(100)))
    }

    fn hedge(&self) -> Option<Started<'_>> {
        let hedged = self.counters.hedged.load(Ordering::Relaxed);
        if (hedged + 1) * HEDGE_SHARE > self.pace.started() {
            return None;
        }
        let started = self.pace.try_start()?;
        self.counters.hedged.fetch_add(1, Ordering::Relaxed);
        Some(started)
    }
}

/// How long pages usually take: a running estimate of the 90th percentile.
#[derive(Debug, Default)]
pub(super) struct Latency {
    state: Mutex<LatencyState>,
}

#[derive(Debug, Default)]
struct LatencyState {
    /// Seconds.
    high: f64,
    samples: u32,
}

impl Latency {
    /// Pages before the estimate counts.
    const ENOUGH: u32 = 50;

    /// Takes in how long a page took.
    ///
    /// The estimate moves up by nine steps for a page above it and down by one for a page below it,
    /// which comes to rest where a tenth of the pages lie above.
    pub(super) fn record(&self, took: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = took.as_secs_f64();
        if state.samples == 0 {
            state.high = seconds;
        }
        let step = state.high.max(1e-4) * 0.01;
        state.high += if seconds > state.high { 9.0 * step } else { -step };
        state.samples = state.samples.saturating_add(1);
    }

    /// The estimate, once enough pages came.
    #[must_use]
    pub(super) fn usual(&self) -> Option<Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.samples >= Self::ENOUGH).then(|| Duration::from_secs_f64(state.high.max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;

    use super::*;
    use crate::object::Timestamp;
    use crate::scan::pace::PaceOptions;
    use crate::store::{Gate, Origin, Quirks, Span};

    fn fetcher<'a>(
        store: &'a dyn Store,
        pace: &'a Pace,
        counters: &'a Counters,
        latency: &'a Latency,
    ) -> Fetcher<'a> {
        let disordered = DISORDERED_ATTEMPTS;
        Fetcher { store, pace, counters, latency, hedging: false, disordered, received: &|_| () }
    }

    /// Answers empty pages after 100 ms, held back for some of that.
    #[derive(Debug)]
    struct HoldingBack(Duration, Quirks);

    impl Store for HoldingBack {
        fn origin(&self) -> Origin {
            Origin::default()
        }

        fn quirks(&self) -> &Quirks {
            &self.1
        }

        fn is_sound(&self) -> bool {
            true
        }

        fn list_through<'a>(
            &'a self,
            _gate: &'a dyn Gate,
            _request: &'a PageRequest,
            page: &'a mut Page,
        ) -> BoxFuture<'a, Result<(), StoreError>> {
            Box::pin(async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                page.set_held_back(self.0);
                Ok(())
            })
        }
    }

    /// Holds the keys `a` and `b`. So many of its answers say that there is nothing, or nothing more.
    #[derive(Debug)]
    struct Denying(AtomicU64, Quirks);

    impl Store for Denying {
        fn origin(&self) -> Origin {
            Origin::default()
        }

        fn quirks(&self) -> &Quirks {
            &self.1
        }

        fn is_sound(&self) -> bool {
            false
        }

        fn list_through<'a>(
            &'a self,
            _gate: &'a dyn Gate,
            request: &'a PageRequest,
            page: &'a mut Page,
        ) -> BoxFuture<'a, Result<(), StoreError>> {
            page.reset();
            let after = request.after.as_deref().unwrap_or_default();
            let less = |left: u64| left.checked_sub(1);
            let denied = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
            let ends_early = denied && after.is_empty() && request.limit == 1;
            let shown = if denied && !ends_early { 0 } else { request.limit };
            let keys: [&[u8]; 2] = [b"a", b"b"];
            for key in keys.into_iter().filter(|key| *key > after).take(shown) {
                let key = page.in_arena(|_, arena| arena.extend_from_slice(key)).unwrap();
                page.push(key, 1, Timestamp(0), Span::default(), Span::default());
            }
            page.set_end(!denied && page.len() == request.limit, None);
            Box::pin(async { Ok(()) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_believed_only_when_it_is_told_again_and_again() {
        for (limit, denied) in [(2, 0), (2, 1), (2, 3), (1, 1), (1, 3)] {
            let store = Denying(AtomicU64::new(denied), Quirks::default());
            let (pace, counters, latency) =
                (Pace::new(PaceOptions::default()), Counters::default(), Latency::default());
            let fetcher = fetcher(&store, &pace, &counters, &latency);
            let mut request = PageRequest { limit, ..PageRequest::default() };
            let mut found = 0;
            loop {
                let answer = fetcher.page(&request).await.unwrap();
                found += answer.len();
                let Some(last) = answer.last_key().filter(|_| answer.more()) else { break };
                request.after = Some(last.to_vec());
            }
            assert_eq!(found, 2, "pages of {limit}, {denied} times denied");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn fewer_requests_are_sent_to_a_store_that_mostly_holds_them_back() {
        for (held_back, limit) in [(0, 90), (40, 90), (60, 60)] {
            let store = HoldingBack(Duration::from_millis(held_back), Quirks::default());
            let pace = Pace::new(PaceOptions { concurrency: 90, ..PaceOptions::default() });
            let (counters, latency) = (Counters::default(), Latency::default());
            let fetcher = fetcher(&store, &pace, &counters, &latency);
            fetcher.page(&PageRequest::default()).await.unwrap();
            assert_eq!(pace.limit(), limit, "{held_back} ms of 100");
        }
    }

    #[test]
    fn the_usual_latency_rests_at_the_ninetieth_percentile() {
        let latency = Latency::default();
        assert_eq!(latency.usual(), None);
        for round in 0..100_000_u64 {
            latency.record(Duration::from_millis(1 + round * 37 % 100));
        }
        let usual = latency.usual().unwrap().as_millis();
        assert!((80..=100).contains(&usual), "{usual} ms");
    }
}
