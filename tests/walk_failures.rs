//! A walk directory by directory ends where too many directories cannot be listed, says so, and is gone on
//! with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Workshop, counted, options, push, runtime, weigh_store, with_state};
use futures::future::BoxFuture;
use weighbridge::scan::{End, Outcome};
use weighbridge::store::{
    ErrorKind, Gate, Origin, Page, PageRequest, Quirks, RangeStart, Store, StoreError,
};

/// With so many failures a walk ends.
const MOST: usize = 10_000;

const AT_ONCE: usize = 4;

const PAGE: usize = 500;

/// Directories of one key each, of which some cannot be listed.
#[derive(Debug)]
struct Doors {
    quirks: Quirks,
    number: usize,
    /// From this directory on, none can be listed.
    closed_from: usize,
    asked: AtomicU64,
}

impl Doors {
    fn new(number: usize, closed_from: usize) -> Arc<Self> {
        let quirks = Quirks {
            ordered: false,
            directories: true,
            range_start: RangeStart::None,
            page_limit: PAGE,
            ..Quirks::default()
        };
        Arc::new(Self { quirks, number, closed_from, asked: AtomicU64::new(0) })
    }

    fn run(self: &Arc<Self>, workshop: &Workshop, resume: bool) -> Outcome {
        let options = with_state(options(AT_ONCE), &workshop.path("state"), resume);
        runtime().block_on(weigh_store(Arc::clone(self) as _, options)).unwrap()
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn answer(&self, request: &PageRequest, page: &mut Page) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        page.reset();
        page.body.clear();
        let prefix = String::from_utf8(request.prefix.clone()).unwrap();
        if let Some(directory) = prefix.strip_suffix('/') {
            if directory[1..].parse::<usize>().unwrap() >= self.closed_from {
                return Err(StoreError::new(ErrorKind::AccessDenied, "closed"));
            }
            push(page, &format!("{prefix}key"), 1);
            return Ok(());
        }
        let from = request.token.as_ref().map_or(0, |token| token.parse().unwrap());
        let until = (from + PAGE).min(self.number);
        for number in from..until {
            if request.delimiter.is_none() {
                push(page, &format!("d{number}/key"), 1);
                continue;
            }
            let start = page.body.len();
            page.body.extend_from_slice(format!("d{number}/").as_bytes());
            let directory = page.in_body(start, page.body.len())?;
            page.push_prefix(directory);
        }
        let more = until < self.number;
        page.set_end(more, more.then(|| until.to_string()));
        Ok(())
    }
}

impl Store for Doors {
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
        _gate: &'a dyn Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.answer(request, page) })
    }
}

#[test]
fn a_walk_ends_with_its_ten_thousandth_failure_says_so_and_is_gone_on_with() {
    let (open, beyond) = (700, 1_300);
    let number = open + MOST + beyond;
    let workshop = Workshop::new();

    let closed = Doors::new(number, open);
    let outcome = closed.run(&workshop, false);
    assert_eq!(outcome.end, End::Failed);
    let range = &outcome.ledger.ranges[0];
    let why = range.error.clone().unwrap();
    assert!(why.contains("closed") && why.contains(" more"), "{why}");
    assert!(why.contains("what was not reached by then"), "{why}");
    assert!(!outcome.ledger.complete);
    assert_eq!((counted(&outcome).0, range.objects), (open as u64, open as u64));
    let pages = number.div_ceil(PAGE);
    let most = open + MOST + AT_ONCE + pages + 1;
    assert!(closed.asked() <= most as u64, "no more is asked then: {}", closed.asked());
    let left = outcome.ledger.walk.unwrap().listings.len();
    assert!(left > MOST, "all that failed is kept, and what was not reached");

    // What was not reached has its turn before what failed.
    let still_closed = Doors::new(number, number - 200);
    let outcome = still_closed.run(&workshop, true);
    assert_eq!(outcome.end, End::Failed);
    let why = outcome.ledger.ranges[0].error.clone().unwrap();
    assert!(!why.contains("what was not reached"), "{why}");
    assert_eq!(counted(&outcome).0, (number - 200) as u64);

    let mended = Doors::new(number, number);
    let outcome = mended.run(&workshop, true);
    assert_eq!(outcome.end, End::Complete, "{:?}", outcome.ledger.ranges);
    assert!(!outcome.ledger.notes.iter().any(|note| note.contains("began anew")));
    assert_eq!(counted(&outcome).0, number as u64);
    assert_eq!(mended.asked(), 200, "what failed, and nothing else");
}

#[test]
fn one_failure_less_than_that_leaves_nothing_unreached() {
    let number = MOST - 1;
    let workshop = Workshop::new();
    let outcome = Doors::new(number, 0).run(&workshop, false);
    assert_eq!(outcome.end, End::Failed);
    let why = outcome.ledger.ranges[0].error.clone().unwrap();
    assert!(!why.contains("what was not reached"), "{why}");
    assert_eq!(outcome.ledger.walk.unwrap().listings.len(), number);
    let outcome = Doors::new(number, number).run(&workshop, true);
    assert_eq!((outcome.end, counted(&outcome).0), (End::Complete, number as u64));
}
