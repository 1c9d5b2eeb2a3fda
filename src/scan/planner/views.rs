//! What others may see of a planner.

use std::fmt;

use super::api::{PlannerStats, RangeId, RangeView};
use super::machine::Planner;
use super::range::Range;
use super::trace::Tracer;

impl Planner {
    /// Nothing is left to ask: every range has ended or failed, and no probe is open.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.open.is_empty() && self.live().all(|range| range.failed)
    }

    /// Live and failed ranges in key order.
    pub fn live(&self) -> impl Iterator<Item = RangeView<'_>> {
        self.order.iter().filter_map(|place| self.arena.get(*place)?.as_ref()).map(Range::view)
    }

    /// One range; also right after it ended, until the next call of [`Planner::next_requests`].
    #[must_use]
    pub fn range(&self, id: RangeId) -> Option<RangeView<'_>> {
        match self.place(id) {
            Some(place) => self.arena.get(place)?.as_ref().map(Range::view),
            None => self.ended.iter().rev().find(|range| range.id == id).map(Range::view),
        }
    }

    /// Requests without an answer. One of which the end was handed in has its answer.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.open.len().saturating_sub(self.received)
    }

    /// What has been done so far.
    #[must_use]
    pub fn stats(&self) -> PlannerStats {
        self.stats
    }

    /// Sends trace events to `tracer` from now on, or to nobody.
    pub fn set_trace(&mut self, tracer: Option<Tracer>) {
        self.tracer = tracer;
    }
}

impl fmt::Debug for Planner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planner")
            .field("live", &self.order.len())
            .field("open", &self.open.len())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
