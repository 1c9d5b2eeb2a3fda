//! Random buckets, random faults, random kills and resumes: each scan is exact, or says that it is not.
//!
//! `scripts/soak 10000` runs many; a plain test run takes a sample. A case is a number and follows from it
//! alone, up to what the scheduler makes of it, so a failure names the case to run again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests, too"
)]

mod common;

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{
    Held, assert_honest, assert_same_rows, config, keys, options, rows_in, rows_of, runtime, start,
    store, with_manifest, with_state,
};
use futures::stream::{self, StreamExt};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use weighbridge::manifest::Row;
use weighbridge::scan::ledger::LedgerError;
use weighbridge::scan::{End, Progress, ScanError, ScanOptions, scan};
use weighbridge::store::Store;

/// Cases of a plain test run.
const SAMPLE: usize = 120;

/// Cases under way at the same time: most of a case is waiting to retry.
const AT_ONCE: usize = 48;

/// Runs of one scan before it must get to its end.
const RUNS: usize = 12;

#[test]
fn every_scan_is_exact_or_says_that_it_is_not() {
    let number = |name: &str, usual: usize| {
        env::var(name).map_or(usual, |text| text.parse().expect("a whole number"))
    };
    let (cases, first) = (number("WEIGHBRIDGE_SOAK", SAMPLE), number("WEIGHBRIDGE_SOAK_FIRST", 0));
    let complete = Arc::new(AtomicUsize::new(0));
    runtime().block_on(async {
        stream::iter(first..first + cases)
            .map(|case| {
                let complete = Arc::clone(&complete);
                tokio::spawn(async move {
                    if Box::pin(run(case as u64)).await {
                        complete.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .buffer_unordered(number("WEIGHBRIDGE_SOAK_AT_ONCE", AT_ONCE))
            .for_each(|done| async { done.unwrap() })
            .await;
    });
    let complete = complete.load(Ordering::Relaxed);
    // Were most scans incomplete, the others would prove little.
    assert!(complete * 10 >= cases * 8, "{complete} of {cases} scans came to their end");
    println!("{complete} of {cases} scans complete and exact, the others honest");
}

/// One case; whether its scan was complete in the end.
async fn run(case: u64) -> bool {
    let mut random = StdRng::seed_from_u64(case);
    let content = bucket(&mut random);
    let expected = rows_of(&content);
    let behaviour = behaviour(&mut random, &expected);
    let what = format!("case {case} under `{behaviour}`");
    let mut served = config(&content, &behaviour);
    served.seed = case;
    let simulator = start(served);
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("objects.csv");
    let mut finished = None;
    for run in 0..RUNS {
        let mut asked = options(random.random_range(1..24));
        asked.hedging = random.random_bool(0.5);
        asked.probes = random.random_bool(0.8);
        asked.checkpoint_every = Duration::from_millis(random.random_range(1..40));
        asked = with_manifest(asked, &manifest);
        asked = with_state(asked, &folder.path().join("state"), run > 0);
        let last = run + 1 == RUNS;
        if !last && random.random_bool(0.3) {
            asked.pace.max_requests = random.random_range(1..40);
        }
        let pages = (!last && random.random_bool(0.4)).then(|| random.random_range(0..60));
        let mut weighed = one_run(store(&simulator, None).await, asked.clone(), pages).await;
        // Tasks of a killed run may be at work for a moment, and the directory is theirs until then.
        while matches!(weighed, Some(Err(ScanError::Ledger(LedgerError::Busy { .. })))) {
            tokio::task::yield_now().await;
            weighed = one_run(store(&simulator, None).await, asked.clone(), pages).await;
        }
        match weighed {
            Some(Ok(outcome)) => {
                assert_honest(&outcome, &expected, &what);
                if outcome.end == End::Complete {
                    finished = Some(outcome);
                    break;
                }
            }
            // Killed; or without a result, which is honest, too.
            None | Some(Err(ScanError::Store { .. })) => {}
            Some(Err(error)) => panic!("{what}: {error}"),
        }
    }
    let Some(outcome) = finished else { return false };
    let mut found = rows_in(&manifest);
    if outcome.ledger.sequential {
        found.sort_by(|left, right| left.key.cmp(&right.key));
    }
    assert_same_rows(&found, &expected, &what);
    true
}

/// Runs a scan; to be killed once so many pages were counted, if a number is given. `None` when killed.
async fn one_run(
    store: Arc<dyn Store>,
    asked: ScanOptions,
    kill_after: Option<u64>,
) -> Option<Result<weighbridge::scan::Outcome, ScanError>> {
    let progress = Arc::new(Progress::default());
    let (_stop, stopped) = watch::channel(false);
    let run = scan(store, asked, Arc::clone(&progress), stopped);
    let Some(pages) = kill_after else { return Some(run.await) };
    let killed = async {
        // Dropping the scan takes its tasks along wherever they are, as a kill does; what was not
        // checkpointed by then is gone.
        while progress.pages.load(Ordering::Relaxed) < pages {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    tokio::select! {
        outcome = run => Some(outcome),
        () = killed => None,
    }
}

/// A small bucket with keys that are hard to cut between.
fn bucket(random: &mut StdRng) -> Held {
    const ALPHABETS: [&str; 5] =
        ["ab/", "ab:_", "0123456789abcdef", "a/.-_ +%&\u{e9}", "\u{4e2d}\u{6587}z/\u{1f600}"];
    let count = *[0, 1, 40, 300, 1_500].choose(random).unwrap();
    let letters: Vec<char> = ALPHABETS.choose(random).unwrap().chars().collect();
    let longest = random.random_range(2..14);
    let mut all = BTreeSet::new();
    for _ in 0..count {
        let length = random.random_range(1..=longest);
        all.insert((0..length).map(|_| *letters.choose(random).unwrap()).collect::<String>());
    }
    keys(all.into_iter().map(String::into_bytes))
}

/// What the server does wrong.
fn behaviour(random: &mut StdRng, rows: &[Row]) -> String {
    const FAULTS: [&str; 12] = [
        "error-500",
        "slow-down",
        "reset",
        "cut-body",
        "truncated-xml",
        "error-in-200",
        "empty-page",
        "short-page",
        "unordered-page",
        "repeated-token",
        "repeated-page",
        "wrong-key-count",
    ];
    const QUIRKS: [&str; 5] = [
        "ignores-start-after",
        "start-after-inclusive",
        "directory-order",
        "no-encoding-type",
        "ignores-delimiter",
    ];
    let mut items = vec![format!("page-limit={}", random.random_range(3..60))];
    for _ in 0..random.random_range(0..3) {
        let fault = FAULTS.choose(random).unwrap();
        if !items.iter().any(|item| item.starts_with(fault)) {
            items.push(format!("{fault}={}", f64::from(random.random_range(1..10)) / 100.0));
        }
    }
    if random.random_bool(0.25) {
        items.push((*QUIRKS.choose(random).unwrap()).to_owned());
    }
    // A store that neither starts where it is asked to nor ends where its keys do cannot be told from an
    // honest one that holds less.
    let walked =
        |item: &String| ["ignores-start-after", "directory-order"].contains(&item.as_str());
    if random.random_bool(0.1) && !items.iter().any(walked) {
        items.push(format!("truncated-end={}", f64::from(random.random_range(1..5)) / 10.0));
    }
    if random.random_bool(0.05) && !rows.is_empty() {
        let key = &rows[random.random_range(0..rows.len())].key;
        let mut item = "fail-key=".to_owned();
        for byte in key {
            write!(item, "%{byte:02X}").unwrap();
        }
        items.push(item);
    }
    items.join(",")
}
