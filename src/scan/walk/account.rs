//! What a walk counts into, and what it ends with.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::scan::count::{Counting, Progress, Shard, Sink};
use crate::scan::fetch::{ATTEMPTS, Counters, Fetcher, Latency};
use crate::scan::ledger::{Ledger, RangeRecord, WalkRecord};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, Outcome, RequestCounts, ScanError};
use crate::scan::pace::{Pace, PaceOptions};
use crate::store::{Page, Store};

/// How a walk ended.
pub(in crate::scan) enum Walked {
    Ended(Box<Outcome>),
    /// The place where an earlier run left it is lost: nothing that was counted can be gone on from.
    Lost {
        why: String,
        requests: RequestCounts,
    },
}

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

    /// Listings that may be under way at once now.
    ///
    /// One that an earlier run left costs a look back before it gets on. Where few requests are allowed, looks
    /// back alone would use them up, in every run anew: half of them are kept for pages.
    pub(super) fn at_once(&self) -> usize {
        let limit = self.pace.limit();
        self.left
            .map_or(limit, |left| limit.min(usize::try_from(left / 2).unwrap_or(usize::MAX).max(1)))
    }

    pub(super) fn fetcher<'a>(&'a self, store: &'a dyn Store, setup: &Setup) -> Fetcher<'a> {
        Fetcher {
            store,
            pace: &self.pace,
            counters: &self.counters,
            latency: &self.latency,
            hedging: setup.options.hedging,
            disordered: ATTEMPTS,
            received: &|_| (),
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
    /// An account that goes on with what an earlier run counted, or with nothing.
    ///
    /// # Errors
    /// [`ScanError::Manifest`] where rows of the earlier run are gone.
    pub(super) fn open(setup: &Setup, progress: &Arc<Progress>) -> Result<Self, ScanError> {
        let resumed = setup.resumed.as_ref();
        let counting = Counting::new(
            setup.filters.clone(),
            setup.rows(),
            Arc::clone(progress),
            resumed.map_or(0, |ledger| ledger.next_segment),
            setup.empty.clone(),
        );
        let (shard, record) = match resumed {
            Some(ledger) => {
                progress.resume(ledger);
                let record = ledger.ranges.first().cloned().map(RangeRecord::reopened);
                (Shard::new(ledger.tally.clone(), ledger.dropped), record)
            }
            None => (counting.shard(), None),
        };
        let sink = match record {
            Some(record) => counting.reopen(record)?,
            None => Sink::new(RangeRecord::new(None, None)),
        };
        let directories =
            resumed.and_then(|ledger| ledger.walk.as_ref()).map_or(0, |walk| walk.directories);
        let hierarchical = resumed.is_some_and(|ledger| ledger.directories > 0);
        Ok(Self { counting, shard, sink, wasted: 0, directories, hierarchical })
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

    /// Directories that were passed, whether or not they are more than a way to see the keys.
    pub(super) fn directories(&self) -> u64 {
        self.directories
    }

    /// The ledger of what was counted so far; `walk` is what is still to be listed then.
    ///
    /// # Errors
    /// [`ScanError::Manifest`] where rows cannot be written.
    pub(super) fn ledger(
        &mut self,
        setup: &Setup,
        requests: &Requests,
        walk: Option<WalkRecord>,
    ) -> Result<Ledger, ScanError> {
        self.sink.flush()?;
        // In a store without order first and last key bound nothing.
        let record =
            RangeRecord { cursor: None, first: None, last: None, ..self.sink.record.clone() };
        let begun = setup.begun();
        let mut ledger = begun.ledger(
            vec![record],
            self.shard.tally.clone(),
            self.shard.dropped,
            self.counting.next_segment(),
            &requests.counts(self.wasted),
            begun.notes.clone(),
        );
        ledger.directories = if self.hierarchical { self.directories } else { 0 };
        ledger.walk = walk;
        Ok(ledger)
    }

    /// The outcome of the walk.
    ///
    /// # Errors
    /// [`ScanError::Manifest`] where rows cannot be written.
    pub(super) fn close(
        mut self,
        setup: &Setup,
        requests: &Requests,
        end: End,
        walk: Option<WalkRecord>,
    ) -> Result<Walked, ScanError> {
        let ledger = self.ledger(setup, requests, walk.filter(|_| end != End::Complete))?;
        debug_assert_eq!(ledger.complete, end == End::Complete);
        Ok(Walked::Ended(Box::new(Outcome::new(ledger, end))))
    }

    /// That the place to go on from is lost.
    pub(super) fn lost(&self, requests: &Requests, why: String) -> Walked {
        Walked::Lost { why, requests: requests.counts(self.wasted) }
    }
}
