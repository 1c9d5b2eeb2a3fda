//! The state machine: events in, requests out.

use std::collections::HashMap;
use std::sync::Arc;

use super::api::{
    Interval, OrderError, PageKeys, PageVerdict, PlannerConfig, PlannerStats, RangeId, RequestId,
};
use super::lore::Lore;
use super::order::{check, partition};
use super::probes::Asked;
use super::range::{Flow, Landing, Range};
use super::text;
use super::trace::{TraceEvent, Tracer};

/// Samples kept of a page.
const SAMPLES: usize = 40;
/// Marks made of a page.
const MARKS: usize = 4;

/// A request without its answer.
#[derive(Debug)]
pub(super) enum Open {
    List(RangeId),
    Probe(RangeId, Asked),
}

/// Decides which key ranges to list, when to split them and where.
pub struct Planner {
    pub(super) lore: Lore,
    pub(super) arena: Vec<Option<Range>>,
    free: Vec<usize>,
    /// Live and failed ranges in key order, as places in the arena.
    pub(super) order: Vec<usize>,
    places: HashMap<RangeId, usize>,
    pub(super) open: HashMap<RequestId, Open>,
    /// Ended since the last call of `next_requests`.
    pub(super) ended: Vec<Range>,
    next_range: u64,
    next_request: u64,
    pub(super) stats: PlannerStats,
    pub(super) wasted: f64,
    /// Young ranges behind cuts and probes without an answer yet.
    pub(super) speculative: u32,
    /// Ranges that want to ask for a page.
    pub(super) waiting: usize,
    /// Answers of which only the end has been looked at.
    pub(super) received: usize,
    pub(super) tracer: Option<Tracer>,
}

impl Planner {
    /// A planner with one range that covers everything inside the prefix.
    #[must_use]
    pub fn new(config: PlannerConfig) -> Self {
        Self::with_ranges(config, &[(None, None)])
    }

    /// A planner for `(cursor, thru]` intervals, ascending and disjoint: the live ranges of an interrupted run,
    /// or a first division by hints. Each starts as a range of its own.
    ///
    /// Intervals that are empty or overlap the one before them are cut to what is left of them.
    #[must_use]
    pub fn with_ranges(config: PlannerConfig, ranges: &[Interval]) -> Self {
        let order = config.order;
        let mut planner = Self {
            lore: Lore::new(config),
            arena: Vec::new(),
            free: Vec::new(),
            order: Vec::new(),
            places: HashMap::new(),
            open: HashMap::new(),
            ended: Vec::new(),
            next_range: 0,
            next_request: 0,
            stats: PlannerStats::default(),
            wasted: 0.0,
            speculative: 0,
            waiting: 0,
            received: 0,
            tracer: None,
        };
        let mut reached: Option<&Option<Vec<u8>>> = None;
        for (cursor, thru) in ranges {
            let cursor = match reached {
                Some(None) => break,
                Some(Some(before)) if cursor.as_ref().is_none_or(|c| order.precedes(c, before)) => {
                    Some(before)
                }
                _ => cursor.as_ref(),
            };
            if let (Some(cursor), Some(thru)) = (cursor, thru)
                && !order.precedes(cursor, thru)
            {
                continue;
            }
            reached = Some(thru);
            let place =
                planner.add(cursor.map(|c| Arc::from(&**c)), thru.as_deref().map(Arc::from), None);
            planner.order.push(place);
        }
        planner.stats.peak_live = planner.order.len();
        planner
    }

    /// Puts a new range into the arena; the caller puts it in order.
    pub(super) fn add(
        &mut self,
        lower: Option<Arc<[u8]>>,
        upper: Option<Arc<[u8]>>,
        next_known: Option<Arc<[u8]>>,
    ) -> usize {
        let id = RangeId(self.next_range);
        self.next_range += 1;
        self.waiting += 1;
        let range = Range::new(id, lower, upper, next_known);
        let place = if let Some(place) = self.free.pop() {
            self.arena[place] = Some(range);
            place
        } else {
            self.arena.push(Some(range));
            self.arena.len() - 1
        };
        self.places.insert(id, place);
        place
    }

    pub(super) fn trace(&mut self, event: impl FnOnce() -> TraceEvent) {
        if let Some(tracer) = &mut self.tracer {
            tracer(event());
        }
    }

    pub(super) fn request_id(&mut self) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.stats.requests += 1;
        id
    }

    pub(super) fn place(&self, id: RangeId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    pub(super) fn at(&mut self, place: usize) -> Option<&mut Range> {
        self.arena.get_mut(place)?.as_mut()
    }

    /// Takes in a page.
    ///
    /// # Errors
    /// When the page contradicts the order on which range listing rests. The planner is then unchanged and
    /// the request still open.
    pub fn on_page(
        &mut self,
        id: RequestId,
        page: &dyn PageKeys,
        more: bool,
    ) -> Result<PageVerdict, OrderError> {
        let Some(Open::List(range_id)) = self.open.get(&id) else {
            return Err(OrderError::UnknownRequest(id));
        };
        let range_id = *range_id;
        let Some(place) = self.place(range_id) else { return Err(OrderError::UnknownRequest(id)) };
        let Some(range) = self.arena.get(place).and_then(Option::as_ref) else {
            return Err(OrderError::UnknownRequest(id));
        };
        if self.is_ahead(place, id) {
            return Err(OrderError::UnknownRequest(id));
        }
        check(&self.lore, range.cursor.as_deref(), page, more)?;
        let order = self.lore.order;
        let length = page.len();
        let accepted = match range.upper.as_deref() {
            Some(upper) if length > 0 && order.precedes(upper, page.key(length - 1)) => {
                partition(length, |i| !order.precedes(upper, page.key(i)))
            }
            _ => length,
        };
        self.open.remove(&id);
        self.tell_left_neighbour(place, page, accepted);
        let mut reached_end = false;
        if accepted > 0 {
            self.absorb(place, page, accepted);
            self.look_for_separator(place);
            let range = self.arena.get(place).and_then(Option::as_ref);
            reached_end = range
                .is_some_and(|r| r.upper.is_some() && r.cursor.as_deref() == r.upper.as_deref());
        } else {
            self.wasted += 1.0;
            self.stats.empty_pages += 1;
            self.trace(|| TraceEvent::Empty { range: range_id });
        }
        let finished = accepted < length || !more || reached_end;
        if let Some(range) = self.at(place) {
            range.fresh = false;
            range.splittable = true;
            range.plan = None;
            range.flow = Flow::Waiting;
            self.waiting += 1;
        }
        let goes_on = self.go_on(place, finished);
        if finished {
            if accepted > 0 && accepted < length {
                self.stats.short_last_pages += 1;
                self.wasted += 1.0 - accepted as f64 / self.lore.page;
            }
            self.end(place);
        }
        Ok(PageVerdict { accepted, finished, goes_on })
    }

    /// A fresh range's first page shows what follows the cut at its start.
    fn tell_left_neighbour(&mut self, place: usize, page: &dyn PageKeys, accepted: usize) {
        let Some(range) = self.arena.get(place).and_then(Option::as_ref) else { return };
        let (true, Some(kind)) = (range.fresh, range.from_cut) else { return };
        let lower = range.lower.clone();
        self.lore.record(kind, accepted == 0);
        self.speculative = self.speculative.saturating_sub(1);
        let Some(at) = self.order.iter().position(|p| *p == place) else { return };
        let Some(left) = at.checked_sub(1).and_then(|i| self.order.get(i)).copied() else { return };
        let length = page.len();
        let Some(left) = self.at(left).filter(|left| left.upper == lower) else { return };
        left.next_known = (length > 0).then(|| Arc::from(page.key(0)));
        left.landing = (length > 1).then(|| {
            Arc::new(Landing {
                first: page.key(0).into(),
                last: page.key(length - 1).into(),
                count: length,
            })
        });
        left.plan = None;
        if accepted == 0 {
            left.fails += 1;
            left.failed_at = left.keys;
        } else {
            left.fails = 0;
        }
    }

    /// Learns from the accepted keys of a page and moves the cursor.
    fn absorb(&mut self, place: usize, page: &dyn PageKeys, accepted: usize) {
        self.stats.useful_pages += 1;
        self.stats.keys += accepted as u64;
        let lore = &mut self.lore;
        lore.useful += 1.0;
        let Some(range) = self.arena.get_mut(place).and_then(Option::as_mut) else { return };
        let count = accepted as u64;
        let (first, last) = (page.key(0), page.key(accepted - 1));
        let before = range.keys;
        range.keys += count;
        range.page_keys = count;
        replace(&mut range.page_first, first);
        match &mut range.cursor {
            Some(cursor) => replace(cursor, last),
            none => *none = Some(last.to_vec()),
        }
        range.sample.clear();
        for i in (0..accepted).step_by((accepted / SAMPLES).max(1)) {
            range.sample.push(page.key(i));
        }
        for i in (0..accepted).step_by((accepted / MARKS).max(1)) {
            range.mark(page.key(i), before + i as u64);
        }
        let floor = lore.prefix.len();
        if let Some(delimiter) = lore.delimiter {
            let end = text::directory_end(last, delimiter, floor);
            let directory = &last[..end];
            if range.dir_keys > 0
                && range.dir_first.starts_with(directory)
                && text::directory_end(&range.dir_first, delimiter, floor) == end
            {
                lore.lengths.grew(range.dir_keys, range.dir_keys + count, false);
                range.dir_keys += count;
            } else {
                let order = lore.order;
                if range.dir_keys > 0 {
                    // the directory left behind ended on this page
                    let end = text::directory_end(&range.dir_first, delimiter, floor);
                    let rest = partition(accepted, |i| {
                        page.key(i).starts_with(range.dir_first.get(..end).unwrap_or_default())
                    }) as u64;
                    lore.lengths.grew(range.dir_keys, range.dir_keys + rest, true);
                }
                let at = partition(accepted, |i| order.precedes(page.key(i), directory))
                    .min(accepted - 1);
                replace(&mut range.dir_first, page.key(at));
                range.dir_keys = (accepted - at) as u64;
                range.dir_before = 0;
                lore.lengths.grew(0, range.dir_keys, false);
            }
            lore.directories.credit(lore.order, delimiter, floor, first, last, count);
            lore.directories.learn(delimiter, range.sample.iter().step_by(4));
        } else {
            if range.dir_keys == 0 {
                replace(&mut range.dir_first, first);
            }
            range.dir_keys += count;
        }
        lore.model.learn(lore.order, range.sample.iter());
    }

    /// Takes a range out of the order and keeps it until the next requests are asked for.
    fn end(&mut self, place: usize) {
        self.order.retain(|p| *p != place);
        let Some(range) = self.arena.get_mut(place).and_then(Option::take) else { return };
        self.free.push(place);
        if range.flow == Flow::Waiting {
            self.waiting = self.waiting.saturating_sub(1);
        }
        self.places.remove(&range.id);
        self.trace(|| TraceEvent::Finished { range: range.id, keys: range.keys });
        self.ended.push(range);
    }

    /// Takes in that a list request failed for good: its range stops and stays on record.
    pub fn on_list_failed(&mut self, id: RequestId) {
        let Some(Open::List(range)) = self.open.get(&id) else { return };
        let Some(place) = self.place(*range) else { return };
        let out_of_turn = self.is_ahead(place, id);
        self.open.remove(&id);
        self.drop_ahead(place);
        if out_of_turn {
            return;
        }
        let Some(range) = self.at(place) else { return };
        range.flow = Flow::Failed;
        let young = range.fresh && range.from_cut.is_some();
        range.plan = None;
        self.stats.failed_ranges += 1;
        if young {
            self.speculative = self.speculative.saturating_sub(1);
        }
    }
}

fn replace(target: &mut Vec<u8>, with: &[u8]) {
    target.clear();
    target.extend_from_slice(with);
}
