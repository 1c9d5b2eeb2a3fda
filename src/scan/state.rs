//! What the requests in flight share, and how a page becomes part of the result.
//!
//! A page is committed in one synchronous step: the planner says which of its keys belong to the range,
//! they are filtered, tallied and encoded, and the range's record moves on. The step holds the gate
//! shared; a checkpoint takes it alone and so sees no page half counted. A task that is aborted is
//! aborted while it waits for the network, never inside the step.
//!
//! Locks are taken in the order gate, sink of the range, core.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::sync::mpsc::UnboundedSender;

use super::count::{Counting, Shard, Sink};
use super::explain::Decisions;
use super::fetch::{Counters, Latency};
use super::ledger::{Borders, RangeRecord};
use super::outcome::ScanError;
use super::pace::Pace;
use super::planner::{PageKeys, PageVerdict, Planner, RangeId, Request, RequestId};
use super::seam::{Doubt, Seams};
use super::timeline::{Recorder, Timeline};
use super::turn::{Next, Turn, Wanted};
use crate::filter::Dropped;
use crate::store::{Page, Store};
use crate::tally::{ByteString, Tally};

/// What all requests of a scan share.
pub(super) struct State {
    pub(super) store: Arc<dyn Store>,
    pub(super) prefix: Vec<u8>,
    pub(super) page_limit: usize,
    pub(super) pace: Pace,
    pub(super) counters: Counters,
    pub(super) latency: Latency,
    pub(super) counting: Counting,
    /// Requests that the planner wants sent.
    pub(super) wanted: UnboundedSender<Wanted>,
    gate: RwLock<()>,
    core: Mutex<Core>,
    shards: Mutex<Vec<Shard>>,
    /// Why a page or a failure is in the result in part only, which then nobody may take a snapshot of.
    broken: OnceLock<String>,
    /// Held until the last task is gone, also when the scan is dropped.
    _lock: Option<Arc<File>>,
}

struct Core {
    planner: Planner,
    sinks: HashMap<RangeId, Arc<Mutex<Sink>>>,
    /// Ranges that are done or failed.
    ended: Vec<RangeRecord>,
    wanted: Vec<Request>,
    seams: Seams,
    recorder: Option<Recorder>,
    decisions: Decisions,
}

/// Everything counted so far, at one moment.
pub(super) struct Snapshot {
    pub(super) ranges: Vec<RangeRecord>,
    pub(super) tally: Tally,
    pub(super) dropped: Dropped,
    pub(super) borders: Borders,
    pub(super) next_segment: u64,
    pub(super) probes: u64,
    pub(super) wasted: u64,
}

impl PageKeys for Page {
    fn len(&self) -> usize {
        Page::len(self)
    }

    fn key(&self, index: usize) -> &[u8] {
        Page::key(self, index)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ends the scan as a whole (see `driver`); until then nobody is kept waiting.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a state begins with.
pub(super) struct Begin {
    pub(super) store: Arc<dyn Store>,
    pub(super) prefix: Vec<u8>,
    pub(super) pace: Pace,
    pub(super) counting: Counting,
    pub(super) wanted: UnboundedSender<Wanted>,
    pub(super) planner: Planner,
    /// Ranges of an earlier run that are open, in key order: those of the planner.
    pub(super) open: Vec<RangeRecord>,
    /// Ranges of an earlier run that are done.
    pub(super) done: Vec<RangeRecord>,
    /// What the earlier run counted; empty for a new scan.
    pub(super) tally: Tally,
    pub(super) dropped: Dropped,
    /// What the earlier run left open where ranges meet.
    pub(super) seams: Seams,
    /// Whether the course of the scan is recorded.
    pub(super) record: bool,
    /// The lock of the state directory.
    pub(super) lock: Option<Arc<File>>,
}

impl State {
    pub(super) fn new(begin: Begin) -> Result<Self, ScanError> {
        let mut sinks = HashMap::new();
        if !begin.open.is_empty() {
            let ids: Vec<RangeId> = begin.planner.live().map(|range| range.id).collect();
            if ids.len() != begin.open.len() {
                return Err(ScanError::Internal("resumed ranges do not match the ledger's".into()));
            }
            for (id, record) in ids.into_iter().zip(begin.open) {
                let sink = begin.counting.reopen(record)?;
                sinks.insert(id, Arc::new(Mutex::new(sink)));
            }
        }
        let page_limit = begin.store.quirks().page_limit;
        let mut planner = begin.planner;
        let decisions =
            if begin.record { Decisions::listen(&mut planner) } else { Decisions::default() };
        Ok(Self {
            store: begin.store,
            prefix: begin.prefix,
            page_limit,
            pace: begin.pace,
            counters: Counters::default(),
            latency: Latency::default(),
            counting: begin.counting,
            wanted: begin.wanted,
            gate: RwLock::new(()),
            core: Mutex::new(Core {
                planner,
                sinks,
                ended: begin.done,
                wanted: Vec::new(),
                seams: begin.seams,
                recorder: begin.record.then(Recorder::new),
                decisions,
            }),
            broken: OnceLock::new(),
            _lock: begin.lock,
            shards: Mutex::new(vec![Shard::new(begin.tally, begin.dropped)]),
        })
    }

    /// Asks the planner for requests and hands them to the driver.
    pub(super) fn plan(&self) {
        let mut core = lock(&self.core);
        self.send_wanted(&mut core);
    }

    fn send_wanted(&self, core: &mut Core) {
        let mut wanted = mem::take(&mut core.wanted);
        core.planner.next_requests(self.pace.limit(), &mut wanted);
        for request in wanted.drain(..) {
            self.send(core, Wanted { request, turn: Turn::now() });
        }
        core.wanted = wanted;
    }

    fn send(&self, core: &mut Core, wanted: Wanted) {
        if let (Some(recorder), Request::List { range, after, .. }) =
            (&mut core.recorder, &wanted.request)
        {
            recorder.asked(*range, after.as_deref());
        }
        // The driver only hangs up when the scan ends, and then nobody waits for the request.
        let _ = self.wanted.send(wanted);
    }

    /// Asks for what follows the page that answers `id`, of which nothing but the last key is read yet.
    pub(super) fn foresee(&self, id: RequestId, last: &[u8], next: &Next) {
        let mut core = lock(&self.core);
        if let Some(request) = core.planner.foresee(id, last) {
            self.send(&mut core, Wanted { request, turn: next.turn() });
        }
    }

    /// Lets a display see what is in flight.
    pub(super) fn show_requests(&self) {
        if let Some(recorder) = &mut lock(&self.core).recorder {
            recorder.level(self.pace.in_flight());
        }
        let (progress, counters) = (&self.counting.progress, &self.counters);
        let pairs = [
            (&progress.in_flight, self.pace.in_flight() as u64),
            (&progress.retried, counters.retried.load(Ordering::Relaxed)),
            (&progress.throttled, counters.throttled.load(Ordering::Relaxed)),
        ];
        for (shown, value) in pairs {
            shown.store(value, Ordering::Relaxed);
        }
    }

    /// The range that begins at `lower`, with its rows handed to the operating system, if anything of it
    /// was counted.
    pub(super) fn record_at(
        &self,
        lower: Option<&ByteString>,
    ) -> Result<Option<RangeRecord>, ScanError> {
        let sinks: Vec<_> = {
            let core = lock(&self.core);
            if let Some(done) = core.ended.iter().find(|range| range.after.as_ref() == lower) {
                return Ok(Some(done.clone()));
            }
            core.sinks.values().map(Arc::clone).collect()
        };
        for sink in sinks {
            let mut sink = lock(&sink);
            if sink.record.after.as_ref() == lower {
                sink.flush()?;
                return Ok(Some(sink.record.clone()));
            }
        }
        Ok(None)
    }

    /// The course of the scan, if it is recorded.
    pub(super) fn timeline(&self) -> Option<Timeline> {
        lock(&self.core).recorder.as_mut().map(Recorder::timeline)
    }

    /// What the planner decided, if it was listened to.
    pub(super) fn decisions(&self) -> Vec<String> {
        lock(&self.core).decisions.lines()
    }

    /// Whether nothing is left to list or to settle.
    pub(super) fn is_finished(&self) -> bool {
        let core = lock(&self.core);
        core.planner.is_finished() && core.seams.doubts().is_empty()
    }

    /// What is in doubt.
    pub(super) fn open_doubts(&self) -> Vec<Doubt> {
        lock(&self.core).seams.doubts().to_vec()
    }

    /// The two sides of a doubt agree after all.
    pub(super) fn settled(&self, doubt: &Doubt) {
        lock(&self.core).seams.settled(doubt);
    }

    /// Makes a page of `range` part of the result. The page answers a request for keys after `start`.
    ///
    /// What was asked for ahead of it gets its turn, or is called off. A doubt that comes back must be settled before
    /// the scan may be believed.
    pub(super) fn commit(
        &self,
        id: RequestId,
        range: RangeId,
        start: Option<&[u8]>,
        page: &Page,
        next: &Next,
    ) -> Result<Vec<Doubt>, ScanError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.whole(self.commit_page(id, range, start, page, next))
    }

    /// Remembers under the gate that a step was not taken to its end: a checkpoint may wait to see it.
    fn whole<T>(&self, step: Result<T, ScanError>) -> Result<T, ScanError> {
        if let Err(error) = &step {
            // The first reason is the one to tell.
            let _ = self.broken.set(error.to_string());
        }
        step
    }

    fn commit_page(
        &self,
        id: RequestId,
        range: RangeId,
        start: Option<&[u8]>,
        page: &Page,
        next: &Next,
    ) -> Result<Vec<Doubt>, ScanError> {
        let sink = self.sink(range)?;
        // Held until the page is counted: the range's next page may come back before that.
        let mut sink = lock(&sink);
        let verdict = self.judge(id, range, page, &mut sink)?;
        let doubts = self.doubts(start, page, &verdict, &sink.record);
        let mut shard = lock(&self.shards).pop().unwrap_or_else(|| self.counting.shard());
        let counted = self.counting.count(page, verdict.accepted, &mut sink, &mut shard);
        lock(&self.shards).push(shard);
        counted?;
        if verdict.goes_on {
            next.go();
        }
        if verdict.finished {
            sink.finish()?;
            let record = sink.record.clone();
            let mut core = lock(&self.core);
            core.sinks.remove(&range);
            core.ended.push(record);
        }
        Ok(doubts)
    }

    /// Compares what this page shows at the borders of its range with what the neighbours saw there.
    fn doubts(
        &self,
        start: Option<&[u8]>,
        page: &Page,
        verdict: &PageVerdict,
        record: &RangeRecord,
    ) -> Vec<Doubt> {
        if self.store.is_sound() {
            return Vec::new();
        }
        let mut core = lock(&self.core);
        let mut doubts = Vec::new();
        let first_of = |index: usize| (index < page.len()).then(|| page.key(index));
        let own_start = record.after.as_ref().map(ByteString::as_bytes);
        if let (Some(bound), true) = (start, start == own_start && record.pages == 0) {
            doubts.extend(core.seams.above(bound, first_of(0)));
        }
        if let (Some(bound), true) = (&record.through, verdict.finished)
            && (verdict.accepted < page.len() || !page.more())
        {
            doubts.extend(core.seams.below(bound, start, first_of(verdict.accepted)));
        }
        doubts
    }

    fn sink(&self, range: RangeId) -> Result<Arc<Mutex<Sink>>, ScanError> {
        let mut core = lock(&self.core);
        if let Some(sink) = core.sinks.get(&range) {
            return Ok(Arc::clone(sink));
        }
        let Some(view) = core.planner.range(range) else {
            return Err(ScanError::Internal(format!(
                "a page came for the unknown range {range:?}"
            )));
        };
        let record =
            RangeRecord::new(view.lower.map(ByteString::from), view.upper.map(ByteString::from));
        let sink = Arc::new(Mutex::new(Sink::new(record)));
        core.sinks.insert(range, Arc::clone(&sink));
        Ok(sink)
    }

    fn judge(
        &self,
        id: RequestId,
        range: RangeId,
        page: &Page,
        sink: &mut Sink,
    ) -> Result<PageVerdict, ScanError> {
        let mut core = lock(&self.core);
        let verdict = core
            .planner
            .on_page(id, page, page.more())
            .map_err(|error| ScanError::Internal(format!("the planner refuses a page: {error}")))?;
        if let Some(view) = core.planner.range(range) {
            sink.record.through = view.upper.map(ByteString::from);
        }
        if let Some(recorder) = &mut core.recorder {
            recorder.counted(range, verdict.accepted, verdict.finished);
        }
        self.send_wanted(&mut core);
        Ok(verdict)
    }

    /// Gives a range up.
    pub(super) fn fail(&self, id: RequestId, range: RangeId, why: String) -> Result<(), ScanError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.whole(self.fail_range(id, range, why))
    }

    fn fail_range(&self, id: RequestId, range: RangeId, why: String) -> Result<(), ScanError> {
        let sink = self.sink(range)?;
        let mut sink = lock(&sink);
        let mut core = lock(&self.core);
        core.planner.on_list_failed(id);
        if let Some(view) = core.planner.range(range) {
            sink.record.through = view.upper.map(ByteString::from);
        }
        sink.fail(why)?;
        core.sinks.remove(&range);
        core.ended.push(sink.record.clone());
        self.send_wanted(&mut core);
        Ok(())
    }

    /// Tells the planner what a structure probe found; nothing where it failed.
    pub(super) fn probed(&self, id: RequestId, found: Option<&Page>) {
        let mut core = lock(&self.core);
        match found {
            Some(page) => {
                let entries = super::probe::entries(page, self.store.quirks().order);
                core.planner.on_probe(id, &entries, page.more());
            }
            None => core.planner.on_probe_failed(id),
        }
        self.send_wanted(&mut core);
    }

    /// Everything counted so far. Waits for pages that are being counted and keeps others from it.
    pub(super) fn snapshot(&self) -> Result<Snapshot, ScanError> {
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = self.broken.get() {
            return Err(ScanError::Internal(format!("what was listed could not be kept: {why}")));
        }
        let core = lock(&self.core);
        let mut ranges = core.ended.clone();
        let mut waiting = Vec::new();
        for view in core.planner.live().filter(|view| !view.failed) {
            let through = view.upper.map(ByteString::from);
            match core.sinks.get(&view.id) {
                Some(sink) => {
                    let mut sink = lock(sink);
                    sink.flush()?;
                    let mut record = sink.record.clone();
                    record.through = through;
                    ranges.push(record);
                }
                None => waiting.push(RangeRecord::new(view.lower.map(ByteString::from), through)),
            }
        }
        ranges.append(&mut waiting);
        let order = self.store.quirks().order;
        ranges.sort_by(|left, right| match (&left.after, &right.after) {
            (None, None) => std::cmp::Ordering::Equal,
            (None, _) => std::cmp::Ordering::Less,
            (_, None) => std::cmp::Ordering::Greater,
            (Some(left), Some(right)) => order.compare(left, right),
        });
        let mut shards = lock(&self.shards);
        let mut merged = self.counting.shard();
        for shard in shards.drain(..) {
            merged
                .tally
                .merge(&shard.tally)
                .map_err(|error| ScanError::Internal(error.to_string()))?;
            merged.dropped.merge(&shard.dropped);
        }
        let stats = core.planner.stats();
        let snapshot = Snapshot {
            ranges,
            tally: merged.tally.clone(),
            dropped: merged.dropped,
            borders: core.seams.record(),
            next_segment: self.counting.next_segment(),
            probes: stats.probes,
            wasted: stats.empty_pages + stats.void_requests,
        };
        shards.push(merged);
        Ok(snapshot)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("State").field("store", &self.store).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
