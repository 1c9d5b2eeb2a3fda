//! A range's next request, asked for as soon as it is known where its page ends.
//!
//! The end of an answer tells from where the range goes on, before the keys in between are read. So its next
//! request need not wait for them. The page itself has the last word: where it ends elsewhere, or breaks, the early
//! request is void and its answer must be thrown away.

use super::api::{Request, RequestId};
use super::machine::{Open, Planner};
use super::range::Flow;

/// A request that was asked for before the page in front of it was taken in.
#[derive(Debug)]
pub(super) struct Ahead {
    id: RequestId,
    /// The last key of that page, as far as was seen.
    after: Vec<u8>,
}

impl Planner {
    /// Takes in that the answer to `id` ends with `last`, that more follows in the store, and that its keys are still
    /// to be read. Returns the range's next request if it needs one; whether that holds is told by
    /// [`PageVerdict::goes_on`](super::PageVerdict::goes_on) of the page. Until then nothing of its answer may be
    /// handed in.
    pub fn foresee(&mut self, id: RequestId, last: &[u8]) -> Option<Request> {
        let Some(Open::List(range_id)) = self.open.get(&id) else { return None };
        let range_id = *range_id;
        let place = self.place(range_id)?;
        let order = self.lore.order;
        let goes_on = last.starts_with(&self.lore.prefix);
        let range = self.at(place)?;
        let goes_on = goes_on
            && range.ahead.is_none()
            && range.cursor.as_ref().is_none_or(|cursor| order.precedes(cursor, last))
            && range.upper.as_ref().is_none_or(|upper| order.precedes(last, upper));
        if !goes_on {
            return None;
        }
        let id = self.request_id();
        self.at(place)?.ahead = Some(Ahead { id, after: last.to_vec() });
        self.open.insert(id, Open::List(range_id));
        self.received += 1;
        Some(Request::List { id, range: range_id, after: Some(last.to_vec()) })
    }

    /// Whether `id` was asked for before the page in front of it was taken in, which has not happened yet.
    pub(super) fn is_ahead(&self, place: usize, id: RequestId) -> bool {
        let range = self.arena.get(place).and_then(Option::as_ref);
        range.and_then(|range| range.ahead.as_ref()).is_some_and(|ahead| ahead.id == id)
    }

    /// The page in front of a range's early request was taken in: whether the request holds.
    pub(super) fn go_on(&mut self, place: usize, finished: bool) -> bool {
        let Some(range) = self.at(place) else { return false };
        let Some(ahead) = range.ahead.take() else { return false };
        let holds = !finished && range.cursor.as_ref() == Some(&ahead.after);
        if holds {
            range.flow = Flow::InFlight;
            self.waiting = self.waiting.saturating_sub(1);
            self.received = self.received.saturating_sub(1);
        } else {
            self.give_up(&ahead);
        }
        holds
    }

    /// The page in front of a range's early request failed.
    pub(super) fn drop_ahead(&mut self, place: usize) {
        if let Some(ahead) = self.at(place).and_then(|range| range.ahead.take()) {
            self.give_up(&ahead);
        }
    }

    fn give_up(&mut self, ahead: &Ahead) {
        self.open.remove(&ahead.id);
        self.received = self.received.saturating_sub(1);
        self.wasted += 1.0;
        self.stats.void_requests += 1;
    }
}
