//! What a walk counts into, and what it ends with.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::scan::count::{Counting, Progress, Shard, Sink};
use crate::scan::fetch::{ATTEMPTS, Counters, Fetcher, Latency};
use crate::scan::ledger::{RangeRecord, RangeState};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, Outcome, RequestCounts, ScanError};
use crate::scan::pace::{Pace, PaceOptions};
use crate::store::{Page, Store};

/// What the requests of a walk share.
pub(super) struct Requests {
    pub(super) pace: Pace,
    counters: Counters,
    latency: Latency,
    /// Requests that may still be sent, where that is limited.
    left: Option<u64>,
}

impl Requests {
    pub(super) fn new(setup: &Setup) -> Self {
        let left = setup.requests_left();
        Self {
            pace: Pace::new(PaceOptions { max_requests: left.unwrap_or(0), ..setup.options.pace }),
            counters: Counters::default(),
            latency: Latency::default(),
            left,
        }
    }

    /// Whether no request may be sent at all.
    pub(super) fn are_used_up(&self) -> bool {
        self.left == Some(0)
    }

    pub(super) fn fetcher<'a>(&'a self, store: &'a dyn Store, setup: &Setup) -> Fetcher<'a> {
        Fetcher {
            store,
            pace: &self.pace,
            counters: &self.counters,
            latency: &self.latency,
            hedging: setup.options.hedging,
            disordered: ATTEMPTS,
        }
    }

    fn counts(&self, wasted: u64) -> RequestCounts {
        RequestCounts { wasted, ..self.counters.counts(&self.pace) }
    }
}

/// The one record of a walk: a store without order has no ranges.
pub(super) struct Account {
    counting: Counting,
    shard: Shard,
    sink: Sink,
    /// Pages that were thrown away.
    pub(super) wasted: u64,
    /// Directories that were passed, and whether they are more than a way to see the keys.
    directories: u64,
    hierarchical: bool,
}

impl Account {
    pub(super) fn open(setup: &Setup, progress: &Arc<Progress>) -> Self {
        let counting = Counting::new(
            setup.filters.clone(),
            setup.rows(),
            Arc::clone(progress),
            0,
            setup.empty.clone(),
        );
        let shard = counting.shard();
        let sink = Sink::new(RangeRecord::new(None, None));
        Self { counting, shard, sink, wasted: 0, directories: 0, hierarchical: false }
    }

    /// Whether nothing was counted yet.
    pub(super) fn is_empty(&self) -> bool {
        self.sink.record.pages == 0
    }

    /// Lets a display see what is in flight.
    pub(super) fn show(&self, requests: &Requests) {
        let progress = &self.counting.progress;
        progress.in_flight.store(requests.pace.in_flight() as u64, Ordering::Relaxed);
        for (shown, counted) in [
            (&progress.retried, &requests.counters.retried),
            (&progress.throttled, &requests.counters.throttled),
        ] {
            shown.store(counted.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Counts every object of a page, and its directories: a flat page has them as entries, one that is grouped
    /// as common prefixes.
    pub(super) fn count(&mut self, page: &Page) -> Result<(), ScanError> {
        self.hierarchical |= page.directories().is_some();
        let groups = page.prefixes().len() as u64;
        self.directories += if groups > 0 { groups } else { page.directories().unwrap_or(0) };
        self.counting.count(page, page.len(), &mut self.sink, &mut self.shard)
    }

    /// Everything was passed.
    pub(super) fn finish(&mut self) -> Result<End, ScanError> {
        self.sink.finish()?;
        Ok(End::Complete)
    }

    /// A part could not be listed.
    pub(super) fn fail(&mut self, why: String) -> Result<End, ScanError> {
        self.sink.fail(why)?;
        Ok(End::Failed)
    }

    /// The outcome of the walk.
    pub(super) fn close(
        mut self,
        setup: &Setup,
        requests: &Requests,
        end: End,
    ) -> Result<Outcome, ScanError> {
        self.sink.flush()?;
        // In a store without order first and last key bound nothing.
        let record = RangeRecord { cursor: None, first: None, last: None, ..self.sink.record };
        debug_assert_eq!(record.state == RangeState::Done, end == End::Complete);
        let begun = setup.begun();
        let mut ledger = begun.ledger(
            vec![record],
            self.shard.tally,
            self.shard.dropped,
            self.counting.next_segment(),
            &requests.counts(self.wasted),
            begun.notes.clone(),
        );
        ledger.directories = if self.hierarchical { self.directories } else { 0 };
        Ok(Outcome { ledger, end, manifest: None, explained: None })
    }
}
