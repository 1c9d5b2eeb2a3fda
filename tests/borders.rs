//! Ranges that meet have to see the same keys, or nothing is complete.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::sync::Arc;

use common::{Workshop, counted, options, push, runtime, weigh_store, with_state};
use futures::future::BoxFuture;
use weighbridge::migration::Weighed;
use weighbridge::object::Timestamp;
use weighbridge::scan::{End, Outcome};
use weighbridge::store::{Gate, Origin, Page, PageRequest, Quirks, Service, Store, StoreError};
use weighbridge::summary::Summary;

/// Keys `a`, `b`, `n` and `z`, of which a listing that starts after `m` leaves out `n`.
#[derive(Debug)]
struct Skipping(Quirks);

impl Store for Skipping {
    fn origin(&self) -> Origin {
        Origin::default()
    }

    fn quirks(&self) -> &Quirks {
        &self.0
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
        page.body.clear();
        let after = request.after.as_deref().unwrap_or_default();
        for key in ["a", "b", "n", "z"] {
            if key.as_bytes() > after && !(key == "n" && after == b"m") {
                push(page, key, 1);
            }
        }
        page.set_end(false, None);
        Box::pin(async { Ok(()) })
    }
}

fn weigh_skipping(workshop: &Workshop, most: u64, resume: bool) -> Outcome {
    let mut options = with_state(options(1), &workshop.path("state"), resume);
    options.cuts = vec![b"m".to_vec()];
    options.probes = false;
    options.pace.max_requests = most;
    runtime().block_on(weigh_store(Arc::new(Skipping(Quirks::default())), options)).unwrap()
}

#[test]
fn a_doubt_that_no_request_is_left_to_settle_keeps_a_scan_from_being_complete() {
    let mut doubted = 0;
    for most in 1..20 {
        let workshop = Workshop::new();
        let outcome = weigh_skipping(&workshop, most, false);
        let objects = counted(&outcome).0;
        if outcome.ledger.complete {
            assert_eq!((outcome.end, objects), (End::Complete, 4), "{most} requests");
            continue;
        }
        assert_eq!(outcome.end, End::RequestLimit, "{most} requests");
        doubted += usize::from(!outcome.ledger.borders.doubts.is_empty());
        assert!(!Weighed::from_ledger(&outcome.ledger).unwrap().complete, "{most} requests");
        let (origin, service) = (Origin::default(), Service::default());
        let summary = Summary::of_scan(&outcome, &origin, &service, Timestamp(0), None);
        assert!(!summary.complete && !summary.incomplete.is_empty(), "{most} requests");
    }
    assert!(doubted > 0, "no run ended between a doubt and its settling");
}

#[test]
fn the_two_sides_of_a_border_are_compared_also_when_seen_by_different_runs() {
    for most in 1..20 {
        let workshop = Workshop::new();
        let mut outcome = weigh_skipping(&workshop, most, false);
        if !outcome.ledger.complete {
            outcome = weigh_skipping(&workshop, 0, true);
        }
        assert_eq!((outcome.end, counted(&outcome).0), (End::Complete, 4), "{most} requests");
    }
}
