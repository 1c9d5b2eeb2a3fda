//! One key range: what is left of it, and what its walk has shown.

use std::sync::Arc;

use super::ahead::Ahead;
use super::api::{RangeId, RangeView};
use super::estimate::Plan;
use super::text::{self, KeyList};
use super::trace::CutKind;
use crate::object::KeyOrder;

/// Marks kept per range; thinned to half when full.
const MAX_MARKS: usize = 64;

/// Where a range stands with its next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Wants to ask for a page.
    Waiting,
    /// Has asked.
    InFlight,
    /// Failed for good.
    Failed,
}

/// First and last key of the page that follows a range's upper bound, and how many keys it held.
#[derive(Debug)]
pub(super) struct Landing {
    pub(super) first: Box<[u8]>,
    pub(super) last: Box<[u8]>,
    pub(super) count: usize,
}

/// The state of one range.
#[derive(Debug)]
pub(super) struct Range {
    pub(super) id: RangeId,
    pub(super) lower: Option<Arc<[u8]>>,
    /// `None`: nothing accepted and no lower bound.
    pub(super) cursor: Option<Vec<u8>>,
    pub(super) upper: Option<Arc<[u8]>>,
    /// The smallest known real key beyond the upper bound.
    pub(super) next_known: Option<Arc<[u8]>>,
    pub(super) landing: Option<Arc<Landing>>,
    pub(super) flow: Flow,
    /// No page yet.
    pub(super) fresh: bool,
    /// Starts at a cut: its first page tells the left neighbour what follows.
    pub(super) from_cut: Option<CutKind>,
    /// A page of its own has come since the last split.
    pub(super) splittable: bool,
    /// Keys accepted.
    pub(super) keys: u64,
    pub(super) page_first: Vec<u8>,
    pub(super) page_keys: u64,
    pub(super) sample: KeyList,
    /// First key, and count, of the walk inside the cursor's directory.
    pub(super) dir_first: Vec<u8>,
    pub(super) dir_keys: u64,
    /// Keys of that directory known to lie before the range.
    pub(super) dir_before: u64,
    /// (key, keys accepted before it), ascending.
    pub(super) marks: Vec<(Box<[u8]>, u64)>,
    /// Prediction of the keys left, made at the last split, and keys accepted then.
    pub(super) predicted: Option<f64>,
    pub(super) predicted_at: u64,
    /// Cuts without a key behind them in a row, and keys accepted at the last one.
    pub(super) fails: u32,
    pub(super) failed_at: u64,
    pub(super) probes: u32,
    /// Its next request, where that was asked for before the page in front of it was taken in.
    pub(super) ahead: Option<Ahead>,
    pub(super) plan: Option<Arc<Plan>>,
}

impl Range {
    pub(super) fn new(
        id: RangeId,
        lower: Option<Arc<[u8]>>,
        upper: Option<Arc<[u8]>>,
        next_known: Option<Arc<[u8]>>,
    ) -> Self {
        Self {
            id,
            cursor: lower.as_ref().map(|l| l.to_vec()),
            lower,
            upper,
            next_known,
            landing: None,
            flow: Flow::Waiting,
            fresh: true,
            from_cut: None,
            splittable: true,
            keys: 0,
            page_first: Vec::new(),
            page_keys: 0,
            sample: KeyList::default(),
            dir_first: Vec::new(),
            dir_keys: 0,
            dir_before: 0,
            marks: Vec::new(),
            predicted: None,
            predicted_at: 0,
            fails: 0,
            failed_at: 0,
            probes: 0,
            ahead: None,
            plan: None,
        }
    }

    pub(super) fn view(&self) -> RangeView<'_> {
        RangeView {
            id: self.id,
            lower: self.lower.as_deref(),
            cursor: self.cursor.as_deref(),
            upper: self.upper.as_deref(),
            accepted: self.keys,
            failed: self.flow == Flow::Failed,
        }
    }

    /// Keeps `key` as a mark with `before` keys accepted before it.
    pub(super) fn mark(&mut self, key: &[u8], before: u64) {
        if self.marks.len() >= MAX_MARKS {
            let mut odd = false;
            self.marks.retain(|_| {
                odd = !odd;
                odd
            });
        }
        self.marks.push((key.into(), before));
    }

    /// Begins the walk inside the cursor's directory anew, as far as marks show it.
    pub(super) fn enter(&mut self, order: KeyOrder, delimiter: Option<u8>, floor: usize) {
        let Some(cursor) = self.cursor.as_deref().filter(|_| self.keys > 0) else { return };
        let end =
            delimiter.map_or(floor, |delimiter| text::directory_end(cursor, delimiter, floor));
        let entered = self.marks.get(self.mark_at(order, cursor.get(..end).unwrap_or_default()));
        let (first, keys) = match entered {
            Some((first, before)) => (first.to_vec(), self.keys - before),
            None => (cursor.to_vec(), 0),
        };
        (self.dir_first, self.dir_keys, self.dir_before) = (first, keys, 0);
    }

    /// Index of the first mark at or after `key`.
    pub(super) fn mark_at(&self, order: KeyOrder, key: &[u8]) -> usize {
        self.marks.partition_point(|(mark, _)| order.precedes(mark, key))
    }

    /// The directories around the cursor that reach beyond the one below them inside the range, deepest first: (the
    /// child that the cursor is in, the directory).
    pub(super) fn levels(
        &self,
        order: KeyOrder,
        delimiter: u8,
        floor: usize,
    ) -> impl Iterator<Item = (&[u8], &[u8])> {
        let cursor = self.cursor.as_deref().unwrap_or_default();
        let upper = self.upper.as_deref();
        let level = text::shared_level(order, cursor, upper);
        let around = move |end: usize| {
            let child = cursor.get(..end)?;
            let above = cursor.get(..end.checked_sub(1)?)?;
            Some((child, cursor.get(..text::directory_end(above, delimiter, floor))?))
        };
        let own = around(text::directory_end(cursor, delimiter, floor));
        std::iter::successors(own, move |(_, directory)| around(directory.len())).take_while(
            move |(child, _)| {
                child.len() > floor.max(level)
                    && !upper.is_some_and(|upper| upper.starts_with(child))
            },
        )
    }

    /// Keys accepted since the walk entered `directory`.
    pub(super) fn keys_inside(&self, order: KeyOrder, directory: &[u8]) -> u64 {
        self.marks.get(self.mark_at(order, directory)).map_or(0, |(_, before)| self.keys - before)
    }
}
