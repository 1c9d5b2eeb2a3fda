//! The next page of a range is asked for once the end of an answer shows where it goes on, before that answer is
//! read; and whatever the end shows, the totals are those of the pages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use common::{counted, options, push, runtime, weigh_store};
use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::watch;
use weighbridge::scan::{End, Outcome};
use weighbridge::store::{ErrorKind, Gate, Origin, Page, PageRequest, Quirks, Store, StoreError};

/// What becomes of an answer between its end and its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Its end is not shown.
    Silent,
    /// It is decoded at once.
    Shown,
    /// The first is decoded only once the request for what follows has come.
    Waits,
    /// The end was another than that of the page.
    Differs,
    /// The first time, the answer cannot be read.
    Breaks,
}

/// A bucket of keys in order, and the starts that were asked for.
#[derive(Debug)]
struct Shelf {
    keys: Vec<String>,
    then: Then,
    quirks: Quirks,
    asked: watch::Sender<HashSet<Vec<u8>>>,
    broken: Mutex<HashSet<Vec<u8>>>,
}

impl Shelf {
    fn new(keys: usize, then: Then) -> Self {
        Self {
            keys: (0..keys).map(|number| format!("key-{number:06}")).collect(),
            then,
            quirks: Quirks { page_limit: 10, ..Quirks::default() },
            asked: watch::Sender::default(),
            broken: Mutex::default(),
        }
    }

    async fn answer(
        &self,
        gate: &dyn Gate,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let after = request.after.clone().unwrap_or_default();
        self.asked.send_if_modified(|asked| asked.insert(after.clone()));
        tokio::task::yield_now().await;
        let start = self.keys.partition_point(|key| key.as_bytes() <= &after[..]);
        let found = &self.keys[start..(start + request.limit).min(self.keys.len())];
        let more = start + found.len() < self.keys.len();
        if more && request.delimiter.is_none() && self.then != Then::Silent {
            let shown = match self.then {
                Then::Differs => &found[found.len() / 2],
                _ => &found[found.len() - 1],
            };
            gate.received(shown.as_bytes());
            if self.then == Then::Waits && start == 0 {
                let mut asked = self.asked.subscribe();
                asked.wait_for(|asked| asked.contains(shown.as_bytes())).await.unwrap();
            }
        }
        if self.then == Then::Breaks && self.broken.lock().unwrap().insert(after) {
            return Err(StoreError::new(ErrorKind::Interrupted, "the answer breaks off"));
        }
        page.reset();
        page.body.clear();
        for key in found {
            push(page, key, 3);
        }
        page.set_end(more, None);
        Ok(())
    }
}

impl Store for Shelf {
    fn origin(&self) -> Origin {
        Origin::default()
    }

    fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    fn is_sound(&self) -> bool {
        true
    }

    fn list_through<'a>(
        &'a self,
        gate: &'a dyn Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.answer(gate, request, page).boxed()
    }
}

fn weigh(keys: usize, then: Then, concurrency: usize) -> Outcome {
    let store = Arc::new(Shelf::new(keys, then));
    let mut options = options(concurrency);
    // What follows the last key of a page is then all that is asked for.
    options.probes = false;
    runtime().block_on(weigh_store(store, options)).unwrap()
}

#[test]
fn the_next_request_of_a_range_leaves_before_its_page_is_decoded() {
    let outcome = weigh(100, Then::Waits, 1);
    assert_eq!((outcome.end, counted(&outcome)), (End::Complete, (100, 300)));
    assert_eq!(outcome.ledger.requests.list, 10);
    assert_eq!(outcome.ledger.requests.peak_in_flight, 1, "what was received is not in flight");
}

#[test]
fn an_early_request_that_did_not_hold_is_counted_as_wasted_and_nothing_of_it_is_used() {
    let outcome = weigh(100, Then::Differs, 1);
    assert_eq!((outcome.end, counted(&outcome)), (End::Complete, (100, 300)));
    assert_eq!(outcome.ledger.requests.list, 10 + 9);
    assert_eq!(outcome.ledger.requests.wasted, 9);
}

#[test]
fn a_page_that_breaks_behind_its_end_is_asked_for_again_and_what_follows_waits_for_it() {
    let outcome = weigh(60, Then::Breaks, 1);
    assert_eq!((outcome.end, counted(&outcome)), (End::Complete, (60, 180)));
    assert_eq!(outcome.ledger.requests.wasted, 0);
    assert_eq!(outcome.ledger.requests.retried, 6);
}

#[test]
fn totals_and_digest_are_the_same_whatever_the_ends_of_answers_show() {
    let expected = weigh(5_000, Then::Silent, 1);
    for then in [Then::Silent, Then::Shown, Then::Differs] {
        for concurrency in [1, 3, 16] {
            let outcome = weigh(5_000, then, concurrency);
            assert_eq!(outcome.end, End::Complete, "{then:?} {concurrency}");
            assert_eq!(
                outcome.ledger.tally.totals(),
                expected.ledger.tally.totals(),
                "{then:?} {concurrency}"
            );
        }
    }
}
