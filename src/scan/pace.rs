//! How fast to ask: the number of requests in flight, waiting times, limits.
//!
//! Nobody publishes how many LIST requests a bucket bears, so the limit is found while running. Where
//! the user names a concurrency it is taken at once and only throttling lowers it. Otherwise the limit
//! starts low and doubles while each doubling brings more pages a second (slow start), holds where it
//! does not, and probes upwards now and then. A throttled answer lowers it by a third, at most once per
//! round of requests, and makes everybody wait for as long as the store asks.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::Rng;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Where the search for the right concurrency starts, in requests.
const FIRST_LIMIT: usize = 32;

/// How high the search goes by itself, in requests.
const HIGHEST_LIMIT: usize = 512;

/// The most requests in flight that anybody can ask for: more connections no machine has ports for.
const MOST: usize = 1 << 16;

/// The longest gap between two requests under `max_rps`: for ever, and yet a time that can be counted to.
const LONGEST_GAP: Duration = Duration::from_hours(30 * 365 * 24);

/// The longest that a store is obeyed when it asks to wait.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What the user allows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PaceOptions {
    /// Requests in flight; 0 finds the number while running.
    pub concurrency: usize,
    /// LIST requests in all, retries among them; 0 for no limit.
    pub max_requests: u64,
    /// LIST requests started per second; 0 for no limit.
    pub max_rps: f64,
}

/// Why no request may be started any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The scan is being stopped.
    Stopped,
    /// `max_requests` were sent.
    RequestLimit,
}

/// The gate that every request passes.
#[derive(Debug)]
pub struct Pace {
    options: PaceOptions,
    started: AtomicU64,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    limit: AtomicUsize,
    retry_tokens: AtomicU64,
    stopped: AtomicBool,
    freed: Notify,
    search: Mutex<Search>,
}

/// The state of the search for the limit.
#[derive(Debug)]
struct Search {
    /// No request before this.
    pause_until: Option<Instant>,
    /// The earliest start of the next request under `max_rps`.
    next_start: Option<Instant>,
    window_start: Option<Instant>,
    window_pages: usize,
    /// Pages per second of the best window so far and the limit it was reached with.
    best: f64,
    /// Doubling still pays.
    slow_start: bool,
    /// Windows since the limit last changed.
    steady: usize,
    /// Answers to requests sent before this do not lower the limit again.
    lowered_at: Option<Instant>,
    /// The limit at which throttling was last met; growth is slow beyond it.
    ceiling: usize,
}

/// Retries that may be spent before any progress was made.
const RETRY_TOKENS: u64 = 200;

/// What a page gives back to the retry budget, in tenths of a retry.
const REFUND_TENTHS: u64 = 5;

/// A request in flight.
#[derive(Debug)]
pub struct Started<'a> {
    pace: &'a Pace,
    at: Instant,
    left: AtomicBool,
}

impl Pace {
    /// A gate under these limits.
    #[must_use]
    pub fn new(options: PaceOptions) -> Self {
        let options = PaceOptions { concurrency: options.concurrency.min(MOST), ..options };
        let limit = if options.concurrency == 0 { FIRST_LIMIT } else { options.concurrency };
        Self {
            options,
            started: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            retry_tokens: AtomicU64::new(RETRY_TOKENS * 10),
            stopped: AtomicBool::new(false),
            freed: Notify::new(),
            search: Mutex::new(Search {
                pause_until: None,
                next_start: None,
                window_start: None,
                window_pages: 0,
                best: 0.0,
                slow_start: true,
                steady: 0,
                lowered_at: None,
                ceiling: HIGHEST_LIMIT,
            }),
        }
    }

    /// Requests that may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Requests in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The most requests that were in flight at once.
    #[must_use]
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Requests sent so far, retries and hedges among them.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Lets nobody start any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.freed.notify_waiters();
    }

    /// Waits until a request may start.
    ///
    /// # Errors
    /// [`Halt`] when no request may start any more.
    pub async fn start(&self) -> Result<Started<'_>, Halt> {
        loop {
            let freed = self.freed.notified();
            if self.stopped.load(Ordering::SeqCst) {
                return Err(Halt::Stopped);
            }
            if self.try_enter() {
                break;
            }
            freed.await;
        }
        let mut started = Started::now(self);
        self.again().await?;
        started.at = Instant::now();
        Ok(started)
    }

    /// Waits until a request may follow one that was answered, in the place that it holds.
    ///
    /// # Errors
    /// [`Halt`] when no request may start any more.
    pub async fn again(&self) -> Result<(), Halt> {
        while let Some(until) = self.wait_until() {
            tokio::time::sleep_until(until).await;
            if self.stopped.load(Ordering::SeqCst) {
                return Err(Halt::Stopped);
            }
        }
        if self.count() { Ok(()) } else { Err(Halt::RequestLimit) }
    }

    /// Starts a request beside another one if there is room at this moment.
    pub fn try_start(&self) -> Option<Started<'_>> {
        if self.options.max_rps > 0.0 || !self.try_enter() {
            return None;
        }
        let started = Started::now(self);
        self.count().then_some(started)
    }

    /// Counts a request that is sent now; false where no more are allowed.
    fn count(&self) -> bool {
        let most = self.options.max_requests;
        let allowed = |sent| (most == 0 || sent < most).then_some(sent + 1);
        self.started.fetch_update(Ordering::Relaxed, Ordering::Relaxed, allowed).is_ok()
    }

    fn try_enter(&self) -> bool {
        let limit = self.limit();
        let entered = self.in_flight.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |now| {
            (now < limit).then_some(now + 1)
        });
        if let Ok(before) = entered {
            self.peak.fetch_max(before + 1, Ordering::Relaxed);
        }
        entered.is_ok()
    }

    fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.freed.notify_one();
    }

    /// The time before which no request may start, if that lies ahead; takes a place in the queue of
    /// `max_rps` otherwise.
    fn wait_until(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut search = self.lock();
        if let Some(until) = search.pause_until {
            if until > now {
                return Some(until);
            }
            search.pause_until = None;
        }
        if self.options.max_rps > 0.0 {
            let next = search.next_start.unwrap_or(now);
            if next > now {
                return Some(next);
            }
            let gap = Duration::try_from_secs_f64(1.0 / self.options.max_rps)
                .map_or(LONGEST_GAP, |gap| gap.min(LONGEST_GAP));
            // A late start does not earn a burst.
            search.next_start = Some(next.max(now.checked_sub(gap).unwrap_or(now)) + gap);
        }
        None
    }

    /// Whether one more retry may be spent. Pages refund the budget, so a scan that makes progress can
    /// go on for ever and one that does not ends soon.
    pub fn may_retry(&self) -> bool {
        self.retry_tokens
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |tokens| tokens.checked_sub(10))
            .is_ok()
    }

    /// Reports a page that came.
    pub fn succeeded(&self) {
        let _ = self.retry_tokens.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |tokens| {
            (tokens < RETRY_TOKENS * 10).then(|| (tokens + REFUND_TENTHS).min(RETRY_TOKENS * 10))
        });
        let now = Instant::now();
        let mut search = self.lock();
        search.window_pages += 1;
        let limit = self.limit();
        let start = *search.window_start.get_or_insert(now);
        if search.window_pages < limit.max(8) * 2 {
            return;
        }
        let seconds = (now - start).as_secs_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a count of pages is far below 2^52")]
        let goodput = search.window_pages as f64 / seconds;
        search.window_start = Some(now);
        search.window_pages = 0;
        let next = self.next_limit(&mut search, limit, goodput);
        if next > limit {
            self.limit.store(next, Ordering::Relaxed);
            self.freed.notify_waiters();
        }
    }

    /// The limit after a window of `limit` with this many pages a second.
    fn next_limit(&self, search: &mut Search, limit: usize, goodput: f64) -> usize {
        let highest = match self.options.concurrency {
            0 => HIGHEST_LIMIT,
            asked => asked,
        };
        let improved = goodput > search.best * 1.05;
        search.best = search.best.max(goodput);
        search.steady += 1;
        // Without the requests in flight the limit was not what held the scan back: nothing to learn.
        let used = self.in_flight() * 10 >= limit * 8;
        if limit >= highest || !used {
            return limit;
        }
        let next = if self.options.concurrency > 0 || limit >= search.ceiling {
            // Back towards what was asked for, or past a limit that was throttled: step by step.
            limit + (limit / 16).max(1)
        } else if search.slow_start && improved {
            limit * 2
        } else if search.slow_start {
            search.slow_start = false;
            limit
        } else if search.steady >= 16 {
            limit + (limit / 8).max(1)
        } else {
            return limit;
        };
        if next != limit {
            search.steady = 0;
        }
        next.min(highest)
    }

    /// Lets no request start for a while.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut search = self.lock();
        search.pause_until = Some(search.pause_until.map_or(until, |old| old.max(until)));
    }

    /// Reports an answer that asked to slow down, to a request started at `sent`.
    pub fn throttled(&self, sent: Instant, retry_after: Option<Duration>) {
        let now = Instant::now();
        let mut search = self.lock();
        if let Some(wait) = retry_after {
            let until = now + wait.min(LONGEST_PAUSE);
            search.pause_until = Some(search.pause_until.map_or(until, |old| old.max(until)));
        }
        if search.lowered_at.is_some_and(|lowered| sent < lowered) {
            return;
        }
        let limit = self.limit();
        let lower = (limit * 2 / 3).max(1);
        search.ceiling = lower.max(2);
        search.slow_start = false;
        search.steady = 0;
        search.best = 0.0;
        search.lowered_at = Some(now);
        search.window_start = None;
        search.window_pages = 0;
        self.limit.store(lower, Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Search> {
        self.search.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Started<'a> {
    fn now(pace: &'a Pace) -> Self {
        Self { pace, at: Instant::now(), left: AtomicBool::new(false) }
    }

    /// When the request was started.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The answer is here: another request may take this one's place. So it may when this is dropped.
    pub fn leave(&self) {
        if !self.left.swap(true, Ordering::AcqRel) {
            self.pace.leave();
        }
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// How long to wait before attempt `attempt + 1`: exponential with full jitter, never less than the
/// store asks for.
#[must_use]
pub fn backoff(attempt: u32, retry_after: Option<Duration>) -> Duration {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(20);
    let most = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    let jittered = most.mul_f64(rand::rng().random_range(0.0..=1.0));
    jittered.max(retry_after.unwrap_or_default().min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn never_more_in_flight_than_the_limit() {
        let pace = Pace::new(PaceOptions { concurrency: 2, ..PaceOptions::default() });
        let first = pace.start().await.unwrap();
        let _second = pace.start().await.unwrap();
        assert!(pace.try_start().is_none());
        drop(first);
        assert!(pace.try_start().is_some());
        assert_eq!(pace.peak(), 2);
    }

    #[tokio::test]
    async fn the_request_limit_is_exact() {
        let pace = Pace::new(PaceOptions { max_requests: 3, ..PaceOptions::default() });
        for _ in 0..3 {
            drop(pace.start().await.unwrap());
        }
        assert_eq!(pace.start().await.err(), Some(Halt::RequestLimit));
        assert_eq!(pace.started(), 3);
        assert_eq!(pace.in_flight(), 0);
    }

    #[tokio::test]
    async fn stopping_wakes_those_who_wait() {
        let pace = Pace::new(PaceOptions { concurrency: 1, ..PaceOptions::default() });
        let _held = pace.start().await.unwrap();
        let waiting = pace.start();
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        pace.stop();
        assert_eq!(waiting.await.err(), Some(Halt::Stopped));
    }

    #[tokio::test(start_paused = true)]
    async fn max_rps_spaces_the_starts() {
        let pace = Pace::new(PaceOptions { max_rps: 10.0, ..PaceOptions::default() });
        let begin = Instant::now();
        for _ in 0..11 {
            drop(pace.start().await.unwrap());
        }
        let spent = begin.elapsed();
        assert!(spent >= Duration::from_millis(900) && spent < Duration::from_millis(1200));
    }

    #[tokio::test(start_paused = true)]
    async fn limits_at_the_edge_of_what_numbers_hold_are_kept() {
        for max_rps in [f64::MIN_POSITIVE, 1e-300, 1e-9, f64::MAX, f64::INFINITY] {
            let pace = Pace::new(PaceOptions { max_rps, ..PaceOptions::default() });
            drop(pace.start().await.unwrap());
            let second = tokio::time::timeout(Duration::from_hours(24), pace.start()).await;
            assert_eq!(second.is_err(), max_rps < 1.0, "{max_rps}");
        }
        let pace = Pace::new(PaceOptions { concurrency: usize::MAX, ..PaceOptions::default() });
        let sent = pace.start().await.unwrap();
        pace.succeeded();
        pace.throttled(sent.at(), None);
        assert!(pace.limit() > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_answer_lowers_the_limit_once_per_round() {
        let pace = Pace::new(PaceOptions { concurrency: 90, ..PaceOptions::default() });
        let sent = Instant::now();
        tokio::time::advance(Duration::from_millis(50)).await;
        pace.throttled(sent, None);
        pace.throttled(sent, None);
        assert_eq!(pace.limit(), 60);
        tokio::time::advance(Duration::from_millis(50)).await;
        pace.throttled(Instant::now(), None);
        assert_eq!(pace.limit(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_as_long_as_the_store_asks() {
        let pace = Pace::new(PaceOptions::default());
        pace.throttled(Instant::now(), Some(Duration::from_secs(7)));
        let begin = Instant::now();
        drop(pace.start().await.unwrap());
        assert!(begin.elapsed() >= Duration::from_secs(7));
    }

    #[test]
    fn the_retry_budget_ends_and_progress_refunds_it() {
        let pace = Pace::new(PaceOptions::default());
        assert_eq!((0..1000).filter(|_| pace.may_retry()).count(), 200);
        pace.succeeded();
        pace.succeeded();
        assert!(pace.may_retry());
        assert!(!pace.may_retry());
    }

    #[test]
    fn backoff_grows_and_obeys_the_store() {
        for attempt in 1..40 {
            assert!(backoff(attempt, None) <= Duration::from_secs(20));
        }
        assert_eq!(backoff(1, Some(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(backoff(1, Some(Duration::from_hours(30))), LONGEST_PAUSE);
    }
}
