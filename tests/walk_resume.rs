//! A walk that was stopped, however roughly, and gone on with gives what one without a stop gives, or says
//! that it began anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{
    Gate, Held, Workshop, assert_honest, counted, keys, options, push, rows_of, runtime, serve,
    store_at, until, weigh_store, with_manifest, with_state,
};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use weighbridge::scan::{End, Outcome, Progress, ScanError, ScanOptions, scan};
use weighbridge::store::{Origin, Page, PageRequest, Quirks, RangeStart, Store, StoreError};

/// A way to walk, with a server to walk on.
#[derive(Clone, Copy, Debug)]
struct Way {
    name: &'static str,
    behaviour: &'static str,
    directories: bool,
    start: RangeStart,
    concurrency: usize,
}

const TOKENS: Way = Way {
    name: "by tokens",
    behaviour: "directory-order",
    directories: false,
    start: RangeStart::None,
    concurrency: 1,
};

/// The end is made sure of past the greatest key.
const TOKENS_AND_END: Way =
    Way { name: "by tokens, with its end", start: RangeStart::Exclusive, ..TOKENS };

const DIRECTORIES: Way = Way { name: "by directories", directories: true, ..TOKENS };

const DIRECTORIES_AT_ONCE: Way =
    Way { name: "by directories at once", concurrency: 6, ..DIRECTORIES };

const WAYS: [Way; 4] = [TOKENS, TOKENS_AND_END, DIRECTORIES, DIRECTORIES_AT_ONCE];

const PAGE: usize = 20;

/// Directories of many pages, of one page, in each other, and keys beside them.
fn bucket() -> Held {
    let deep = (0..50).map(|number| format!("a/b{}/c/k{number:03}", number % 2));
    let wide = (0..25).map(|number| format!("w{number:02}/x"));
    let flat = (0..60).map(|number| format!("w{number:03}"));
    let large = (0..85).map(|number| format!("y/k{number:03}"));
    keys(deep.chain(wide).chain(flat).chain(large))
}

impl Way {
    fn quirks(self) -> Quirks {
        Quirks {
            ordered: false,
            directories: self.directories,
            range_start: self.start,
            page_limit: PAGE,
            ..Quirks::default()
        }
    }

    /// Every page where what comes next is always the same, and some where it is not.
    fn sampled(self, pages: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
        pages.step_by(if self.concurrency > 1 { 4 } else { 1 })
    }

    fn serve(self, content: &Held, more: &str) -> weighbridge::simulator::Simulator {
        serve(content, &format!("{},{more}", self.behaviour))
    }

    fn options(self, workshop: &Workshop, resume: bool) -> ScanOptions {
        let options = with_manifest(options(self.concurrency), &workshop.path("objects.csv"));
        ScanOptions {
            checkpoint_every: Duration::from_millis(10),
            ..with_state(options, &workshop.path("state"), resume)
        }
    }

    fn run(self, endpoint: String, options: ScanOptions) -> Result<Outcome, ScanError> {
        runtime().block_on(async {
            weigh_store(store_at(endpoint, Some(self.quirks())).await, options).await
        })
    }

    /// Begins a walk on a server that answers so many requests and then nothing, and waits until a
    /// checkpoint has all that was answered. What ends it is up to `end`.
    fn stuck<T>(
        self,
        workshop: &Workshop,
        gate: &Gate,
        resume: bool,
        pages: u64,
        end: impl AsyncFnOnce(
            watch::Sender<bool>,
            tokio::task::JoinHandle<Result<Outcome, ScanError>>,
        ) -> T,
    ) -> T {
        let options = self.options(workshop, resume);
        let endpoint = gate.endpoint();
        let ledger = workshop.path("state/ledger.json");
        runtime().block_on(async {
            let store = store_at(endpoint, Some(self.quirks())).await;
            let (stop, stopped) = watch::channel(false);
            let walking =
                tokio::spawn(scan(store, options, Arc::new(Progress::default()), stopped));
            until("a checkpoint of what was answered", || {
                assert!(!walking.is_finished(), "it ended by itself");
                (ledger_in(&ledger)?["requests"]["pages"].as_u64()? >= pages).then_some(())
            });
            end(stop, walking).await
        })
    }
}

fn ledger_in(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// What a walk without a stop gives.
struct Unbroken {
    way: Way,
    content: Held,
    outcome: Outcome,
    manifest: Vec<u8>,
    requests: u64,
}

impl Unbroken {
    fn of(way: Way, content: &Held) -> Self {
        let (workshop, server) = (Workshop::new(), way.serve(content, ""));
        let outcome = way.run(server.endpoint(), way.options(&workshop, false)).unwrap();
        assert_eq!(outcome.end, End::Complete, "{}", way.name);
        let manifest = fs::read(workshop.path("objects.csv")).unwrap();
        let requests = server.counters().lists;
        Self { way, content: Arc::clone(content), outcome, manifest, requests }
    }

    /// Everything that another walk counted, and its manifest, are the same.
    #[track_caller]
    fn assert_same(&self, workshop: &Workshop, outcome: &Outcome, what: &str) {
        let what = format!("{}, {what}", self.way.name);
        assert_eq!(outcome.end, End::Complete, "{what}: {:?}", outcome.ledger.ranges);
        assert_honest(outcome, &rows_of(&self.content), &what);
        assert_eq!(
            serde_json::to_value(&outcome.ledger.tally).unwrap(),
            serde_json::to_value(&self.outcome.ledger.tally).unwrap(),
            "{what}"
        );
        assert!(outcome.ledger.walk.is_none(), "{what}: nothing is left to go on with");
        let found = fs::read(workshop.path("objects.csv")).unwrap();
        if self.way.concurrency == 1 {
            assert!(found == self.manifest, "{what}: the manifest has other bytes");
        } else {
            // Rows come in the order of the answers.
            assert!(lines(&found) == lines(&self.manifest), "{what}: the manifest has other rows");
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

fn began_anew(outcome: &Outcome) -> bool {
    outcome.ledger.notes.iter().any(|note| note.contains("began anew"))
}

// --- stops ------------------------------------------------------------------------------------------

#[test]
fn a_limit_on_requests_anywhere_changes_nothing() {
    let content = bucket();
    for way in WAYS {
        let unbroken = Unbroken::of(way, &content);
        let requests = unbroken.requests;
        for limit in way.sampled(1..requests) {
            let (workshop, server) = (Workshop::new(), way.serve(&content, ""));
            let mut limited = way.options(&workshop, false);
            limited.pace.max_requests = limit;
            let outcome = way.run(server.endpoint(), limited).unwrap();
            if outcome.end != End::Complete {
                assert_eq!(outcome.end, End::RequestLimit, "{}", way.name);
                assert!(!workshop.path("objects.csv").exists(), "a manifest before its time");
            }
            let outcome = way.run(server.endpoint(), way.options(&workshop, true)).unwrap();
            assert!(!began_anew(&outcome), "{:?}", outcome.ledger.notes);
            let sent = server.counters().lists;
            assert_eq!(outcome.ledger.requests.list, sent, "requests of both runs together");
            // Each listing that was on its way, at most one for each request in flight, looks back once.
            let looks = 4 + 2 * way.concurrency as u64;
            assert!(sent <= requests + looks, "{}: {sent} for {requests}", way.name);
            if workshop.path("objects.csv").exists() {
                unbroken.assert_same(&workshop, &outcome, &format!("{limit} requests"));
            }
        }
    }
}

#[test]
fn a_few_requests_a_run_get_on() {
    let content = bucket();
    for way in WAYS {
        // Where the end is made sure of, five requests in one run do that.
        let most = if way.start == RangeStart::None { 2 } else { 6 };
        let (workshop, server) = (Workshop::new(), way.serve(&content, ""));
        let mut rounds = 0;
        let outcome = loop {
            let mut limited = way.options(&workshop, true);
            limited.pace.max_requests = most;
            let outcome = way.run(server.endpoint(), limited).unwrap();
            if outcome.end == End::Complete {
                break outcome;
            }
            rounds += 1;
            assert!(rounds < 200, "{} does not get on", way.name);
        };
        assert!(rounds > 1);
        Unbroken::of(way, &content).assert_same(&workshop, &outcome, "few requests a run");
    }
}

#[test]
fn a_walk_that_is_dropped_at_any_page_goes_on_from_there() {
    let content = bucket();
    for way in WAYS {
        let unbroken = Unbroken::of(way, &content);
        let requests = unbroken.requests;
        for answered in way.sampled(1..requests) {
            let workshop = Workshop::new();
            let hanging = way.serve(&content, &format!("answer-first={answered}"));
            let gate = Gate::before(&hanging);
            way.stuck(&workshop, &gate, false, answered, async |_stop, walking| {
                walking.abort();
                assert!(walking.await.unwrap_err().is_cancelled());
            });
            add_rows_that_no_checkpoint_knows(&workshop);
            let whole = way.serve(&content, "");
            gate.now_before(&whole);
            let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
            assert!(!began_anew(&outcome), "{:?}", outcome.ledger.notes);
            unbroken.assert_same(&workshop, &outcome, &format!("{answered} answered"));
        }
    }
}

/// As a walk leaves them that is killed between two checkpoints.
fn add_rows_that_no_checkpoint_knows(workshop: &Workshop) {
    let Ok(segments) = fs::read_dir(workshop.path("state/segments")) else { return };
    for segment in segments {
        let mut file = OpenOptions::new().append(true).open(segment.unwrap().path()).unwrap();
        file.write_all(b"b,twice,1,2020-01-01T00:00:00Z,,STANDARD\nb,half a r").unwrap();
    }
}

#[test]
fn stops_of_every_kind_one_after_another_change_nothing() {
    let content = bucket();
    for way in WAYS {
        let workshop = Workshop::new();
        let first = way.serve(&content, "answer-first=0");
        let gate = Gate::before(&first);
        let mut pages = 0;
        for round in 0..3 {
            let answered = 4;
            let server = way.serve(&content, &format!("answer-first={answered}"));
            gate.now_before(&server);
            way.stuck(&workshop, &gate, round > 0, pages + answered, async |stop, walking| {
                if round % 2 == 0 {
                    walking.abort();
                    return;
                }
                stop.send(true).unwrap();
                let outcome = walking.await.unwrap().unwrap();
                assert_eq!(outcome.end, End::Interrupted);
                assert_honest(&outcome, &rows_of(&content), way.name);
            });
            let ledger = ledger_in(&workshop.path("state/ledger.json")).unwrap();
            pages = ledger["requests"]["pages"].as_u64().unwrap();
        }
        let whole = way.serve(&content, "");
        gate.now_before(&whole);
        let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
        assert!(!began_anew(&outcome), "{:?}", outcome.ledger.notes);
        Unbroken::of(way, &content).assert_same(&workshop, &outcome, "a chain of stops");
    }
}

#[test]
fn faults_on_the_way_leave_a_resumed_walk_exact() {
    let content = bucket();
    let faults =
        "empty-page=0.05,short-page=0.1,repeated-page=0.05,repeated-token=0.05,error-500=0.05";
    for way in WAYS {
        let (workshop, server) = (Workshop::new(), way.serve(&content, faults));
        let mut outcome;
        let mut rounds = 0;
        loop {
            let mut limited = way.options(&workshop, true);
            limited.pace.max_requests = 17;
            outcome = way.run(server.endpoint(), limited).unwrap();
            assert_honest(&outcome, &rows_of(&content), way.name);
            if outcome.end == End::Complete {
                break;
            }
            rounds += 1;
            assert!(rounds < 300, "{} does not get on", way.name);
        }
    }
}

#[test]
fn a_walk_that_is_done_is_not_walked_again() {
    let content = bucket();
    for way in WAYS {
        let (workshop, server) = (Workshop::new(), way.serve(&content, ""));
        let without =
            |resume| with_state(options(way.concurrency), &workshop.path("state"), resume);
        let done = way.run(server.endpoint(), without(false)).unwrap();
        let requests = server.counters().lists;
        let again = way.run(server.endpoint(), without(true)).unwrap();
        assert_eq!((again.end, counted(&again)), (End::Complete, counted(&done)));
        assert_eq!(server.counters().lists, requests, "{}", way.name);
    }
}

// --- failures ---------------------------------------------------------------------------------------

#[test]
fn a_page_that_failed_is_listed_when_the_walk_is_resumed() {
    let content = bucket();
    for way in [TOKENS, TOKENS_AND_END] {
        let workshop = Workshop::new();
        let failing = way.serve(&content, "fail-key=w040");
        let gate = Gate::before(&failing);
        for resume in [false, true] {
            let outcome = way.run(gate.endpoint(), way.options(&workshop, resume)).unwrap();
            assert_eq!(outcome.end, End::Failed);
            assert_honest(&outcome, &rows_of(&content), way.name);
            assert!(counted(&outcome).0 > 0);
        }
        let mended = way.serve(&content, "");
        gate.now_before(&mended);
        let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
        assert!(!began_anew(&outcome), "{:?}", outcome.ledger.notes);
        Unbroken::of(way, &content).assert_same(&workshop, &outcome, "mended");
        assert!(mended.counters().listed_objects < content.len(), "only what is missing");
    }
}

#[test]
fn directories_that_failed_are_named_and_listed_alone_when_the_walk_is_resumed() {
    let content = bucket();
    for way in [DIRECTORIES, DIRECTORIES_AT_ONCE] {
        let workshop = Workshop::new();
        let failing = way.serve(&content, "fail-range=y/k040..y/k041,fail-key=w07/x");
        let gate = Gate::before(&failing);
        for resume in [false, true] {
            let outcome = way.run(gate.endpoint(), way.options(&workshop, resume)).unwrap();
            assert_eq!(outcome.end, End::Failed);
            assert_honest(&outcome, &rows_of(&content), way.name);
            let why = outcome.ledger.ranges[0].error.clone().unwrap();
            assert!(why.contains("`y/`") && why.contains("`w07/`"), "{why}");
        }
        let mended = way.serve(&content, "");
        gate.now_before(&mended);
        let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
        assert_eq!(outcome.end, End::Complete);
        assert!(!began_anew(&outcome), "{:?}", outcome.ledger.notes);
        assert_honest(&outcome, &rows_of(&content), "mended");
        // One for `w07/`; a look back and the three pages that are left for `y/`.
        assert_eq!(mended.counters().lists, 5, "{}", way.name);
    }
}

// --- places that are lost ---------------------------------------------------------------------------

/// Stops a walk after some requests, lets another server answer, and resumes.
fn resumed_elsewhere(way: Way, limit: u64, content: &Held, then: &Held, more: &str) -> Outcome {
    let workshop = Workshop::new();
    let before = way.serve(content, "");
    let gate = Gate::before(&before);
    let mut limited = way.options(&workshop, false);
    limited.pace.max_requests = limit;
    let outcome = way.run(gate.endpoint(), limited).unwrap();
    assert_eq!(outcome.end, End::RequestLimit);
    let after = way.serve(then, more);
    gate.now_before(&after);
    let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
    let sent = before.counters().requests + after.counters().requests;
    assert_eq!(outcome.ledger.requests.list, sent, "requests of both runs together");
    outcome
}

fn in_one_directory(count: usize) -> Held {
    keys((0..count).map(|number| format!("k{number:03}")))
}

#[test]
fn a_token_that_expired_begins_the_walk_anew_and_says_so() {
    let content = in_one_directory(190);
    for way in WAYS {
        for limit in [3, 4, 8] {
            let outcome = resumed_elsewhere(way, limit, &content, &content, "token-epoch=1");
            assert_eq!(outcome.end, End::Complete, "{}: {:?}", way.name, outcome.ledger.ranges);
            assert_honest(&outcome, &rows_of(&content), way.name);
            let notes = outcome.ledger.notes.join("\n");
            assert!(notes.contains("began anew") && notes.contains("continuation"), "{notes}");
        }
    }
}

#[test]
fn a_place_that_moved_since_begins_the_walk_anew_and_says_so() {
    let content = in_one_directory(190);
    let one_more = keys((0..190).map(|number| format!("k{number:03}")).chain(["a".to_owned()]));
    // The page that was counted last has another end, or more on it than it holds.
    let replaced = keys((0..190).map(|number| match number {
        39 | 59 | 79 => format!("k{number:03}-other"),
        _ => format!("k{number:03}"),
    }));
    let more = (0..190).flat_map(|number| [format!("k{number:03}"), format!("k{number:03}-more")]);
    // Something on it is new in front of what it showed, and may have moved there.
    let between = keys((0..190).map(|number| match number % 20 {
        7 => format!("k{number:03}-new"),
        _ => format!("k{number:03}"),
    }));
    for way in WAYS {
        for then in [&one_more, &replaced, &between, &keys(more.clone())] {
            let outcome = resumed_elsewhere(way, 4, &content, then, "");
            assert_eq!(outcome.end, End::Complete, "{}", way.name);
            assert_honest(&outcome, &rows_of(then), way.name);
            assert!(began_anew(&outcome), "{}: {:?}", way.name, outcome.ledger.notes);
        }
    }
}

#[test]
fn a_place_that_the_page_before_still_tells_is_gone_on_from() {
    let content = in_one_directory(190);
    let plain = |number: &usize| format!("k{number:03}");
    let numbers = || 0..190_usize;
    // In front, all is moved by one; on each page, one is missing.
    let without_first = keys(numbers().skip(1).map(|number| plain(&number)));
    let with_gaps = keys(numbers().filter(|number| number % 20 != 7).map(|number| plain(&number)));
    for way in WAYS {
        // Of the requests, the first of a walk by directories shows that one page does not hold all.
        let counted_before = if way.directories { 60 } else { 80 };
        for then in [&without_first, &with_gaps] {
            let outcome = resumed_elsewhere(way, 4, &content, then, "");
            assert_eq!(outcome.end, End::Complete, "{}: {:?}", way.name, outcome.ledger.ranges);
            assert!(!began_anew(&outcome), "{}: {:?}", way.name, outcome.ledger.notes);
            let before = rows_of(&content).into_iter().take(counted_before);
            let page = counted_before - PAGE;
            let after =
                rows_of(then).into_iter().filter(|row| row.key >= plain(&page).into_bytes());
            let mut expected: Vec<_> = before.chain(after).collect();
            expected.sort_by(|one, other| one.key.cmp(&other.key));
            expected.dedup_by(|one, other| one.key == other.key);
            assert_honest(&outcome, &expected, way.name);
        }
    }
}

#[test]
fn a_server_that_forgot_the_place_is_never_counted_twice() {
    let content = in_one_directory(190);
    for way in WAYS {
        let outcome = resumed_elsewhere(way, 5, &content, &content, "ignores-token");
        assert_eq!(outcome.end, End::Failed, "{}", way.name);
        assert_honest(&outcome, &rows_of(&content), way.name);
        assert!(began_anew(&outcome), "{:?}", outcome.ledger.notes);
        assert_eq!(counted(&outcome).0, PAGE as u64, "a page, and then the same again");
    }
}

#[test]
fn an_end_that_comes_too_early_after_the_stop_is_noticed() {
    let content = in_one_directory(190);
    let way = TOKENS_AND_END;
    // Within the listing, and where only its end was still to be made sure of.
    for limit in [5, 12] {
        let then = keys((0..190).map(|number| format!("k{number:03}")).chain(["z".to_owned()]));
        let more = if limit == 5 { "truncated-end=1" } else { "" };
        let workshop = Workshop::new();
        let before = way.serve(&content, "");
        let gate = Gate::before(&before);
        let mut limited = way.options(&workshop, false);
        limited.pace.max_requests = limit;
        assert_eq!(way.run(gate.endpoint(), limited).unwrap().end, End::RequestLimit);
        let after = way.serve(&then, more);
        gate.now_before(&after);
        let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
        assert_eq!(outcome.end, End::Failed, "{limit}");
        let why = outcome.ledger.ranges[0].error.clone().unwrap();
        assert!(why.contains("ended before"), "{why}");
        let honest = way.serve(&then, "");
        gate.now_before(&honest);
        let outcome = way.run(gate.endpoint(), way.options(&workshop, true)).unwrap();
        assert_eq!(outcome.end, End::Complete);
        assert_honest(&outcome, &rows_of(&then), "from the beginning");
        assert!(began_anew(&outcome), "{:?}", outcome.ledger.notes);
    }
}

#[test]
fn a_ledger_without_a_place_begins_the_walk_anew() {
    let content = bucket();
    for way in WAYS {
        let (workshop, server) = (Workshop::new(), way.serve(&content, ""));
        let mut limited = way.options(&workshop, false);
        limited.pace.max_requests = 7;
        way.run(server.endpoint(), limited).unwrap();
        let path = workshop.path("state/ledger.json");
        let mut ledger = ledger_in(&path).unwrap();
        // As earlier versions wrote it.
        assert!(ledger.as_object_mut().unwrap().remove("walk").is_some());
        fs::write(&path, ledger.to_string()).unwrap();
        let outcome = way.run(server.endpoint(), way.options(&workshop, true)).unwrap();
        assert!(began_anew(&outcome), "{:?}", outcome.ledger.notes);
        Unbroken::of(way, &content).assert_same(&workshop, &outcome, "without a place");
    }
}

// --- a store that leads in a circle -------------------------------------------------------------------

/// Pages of three keys; the token of the last leads back to one in the middle.
#[derive(Debug)]
struct Circle {
    quirks: Quirks,
    back_to: usize,
    /// Whether each answer names its place anew, so that only the page tells.
    new_names: bool,
}

const PAGES: usize = 6;

impl Store for Circle {
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
        _gate: &'a dyn weighbridge::store::Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let at = request
            .token
            .as_deref()
            .map_or(0, |token| token.split_once('-').unwrap().0.parse::<usize>().unwrap());
        page.reset();
        page.body.clear();
        for number in 3 * at..3 * at + 3 {
            push(page, &format!("k{number}"), 1);
        }
        let next = if at + 1 == PAGES { self.back_to } else { at + 1 };
        let name = if self.new_names { at } else { 0 };
        page.set_end(true, Some(format!("{next}-{name}")));
        Box::pin(async { Ok(()) })
    }
}

#[test]
fn a_listing_that_leads_back_before_the_stop_is_noticed_after_it() {
    for back_to in [1, 4] {
        for new_names in [false, true] {
            for limit in [1, 3, PAGES as u64 - 1] {
                let workshop = Workshop::new();
                let store = || Arc::new(Circle { quirks: TOKENS.quirks(), back_to, new_names });
                let run = |options| runtime().block_on(weigh_store(store(), options));
                let mut limited = with_state(options(1), &workshop.path("state"), false);
                limited.pace.max_requests = limit;
                assert_eq!(run(limited).unwrap().end, End::RequestLimit);
                let resumed = with_state(options(1), &workshop.path("state"), true);
                let outcome = run(resumed).unwrap();
                assert_eq!(outcome.end, End::Failed, "{back_to} {new_names} {limit}");
                // A page whose token is known is refused itself.
                let pages = if new_names { PAGES } else { PAGES - 1 };
                assert_eq!(counted(&outcome).0, 3 * pages as u64, "{back_to} {new_names} {limit}");
                let why = outcome.ledger.ranges[0].error.clone().unwrap();
                assert!(why.contains("circle"), "{why}");
            }
        }
    }
}
