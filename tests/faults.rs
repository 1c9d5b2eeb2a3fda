//! Whatever a server does wrong, a scan is exact or says that it is not: never complete with wrong totals.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::time::Duration;

use common::{
    Held, Workshop, assert_honest, assert_same_rows, below, config, counted, digest_of, keys,
    numbered, options, outside_gaps, rows_in, rows_of, runtime, serve, start, store, sums, totals,
    weigh, weigh_small, weigh_store, with_manifest,
};
use weighbridge::manifest::Row;
use weighbridge::scan::{End, Outcome, ScanError, ScanOptions};
use weighbridge::simulator::{Fault, Generated, ShapeName};
use weighbridge::store::Quirks;

/// A store that is known to put few entries on a page, so that small buckets are cut into many ranges.
fn fifty() -> Quirks {
    Quirks { page_limit: 50, ..Quirks::default() }
}

/// Weighs the bucket under every seed, all at once since most of the time is waiting, and checks that
/// each outcome is honest.
fn weigh_under(content: &Held, behaviour: &str, seeds: &[u64], quirks: &Quirks) -> Vec<Outcome> {
    let expected = rows_of(content);
    let simulators: Vec<_> = seeds
        .iter()
        .map(|&seed| {
            let mut config = config(content, behaviour);
            config.seed = seed;
            start(config)
        })
        .collect();
    let results = runtime().block_on(async {
        let scans = simulators.iter().map(|simulator| async {
            let store = store(simulator, Some(quirks.clone())).await;
            let options = ScanOptions { hedging: true, ..options(12) };
            weigh_store(store, options).await
        });
        futures::future::join_all(scans).await
    });
    let mut outcomes = Vec::new();
    for (seed, result) in seeds.iter().zip(results) {
        let what = format!("{behaviour}, seed {seed}");
        match result {
            Ok(outcome) => {
                assert_honest(&outcome, &expected, &what);
                outcomes.push(outcome);
            }
            // To have no result is honest, too.
            Err(ScanError::Store { .. }) => {}
            Err(error) => panic!("{what}: {error}"),
        }
    }
    outcomes
}

/// Under faults that pass, nothing may be missing in the end.
fn assert_overcome(fault: Fault) {
    let content = numbered(2_500);
    for share in [0.05, 0.15] {
        let time = if fault == Fault::Stall { ":300ms" } else { "" };
        let behaviour = format!("page-limit=50,{}={share}{time}", fault.name());
        let outcomes = weigh_under(&content, &behaviour, &[1, 2, 3], &fifty());
        assert_eq!(outcomes.len(), 3, "{behaviour}");
        for outcome in outcomes {
            assert_eq!(outcome.end, End::Complete, "{behaviour}");
        }
    }
}

macro_rules! overcome {
    ($($name:ident: $fault:ident,)*) => {$(
        #[test]
        fn $name() {
            assert_overcome(Fault::$fault);
        }
    )*

        #[test]
        fn no_fault_is_left_out() {
            let tried = [$(Fault::$fault),*];
            assert!(Fault::ALL.iter().all(|fault| tried.contains(fault)));
        }
    };
}

overcome! {
    internal_errors_are_overcome: Error500,
    throttling_is_overcome: SlowDown,
    reset_connections_are_overcome: Reset,
    cut_bodies_are_overcome: CutBody,
    documents_cut_in_their_middle_are_overcome: TruncatedXml,
    errors_under_status_200_are_overcome: ErrorIn200,
    empty_pages_are_followed: EmptyPage,
    short_pages_are_followed: ShortPage,
    swapped_keys_are_overcome: UnorderedPage,
    tokens_that_lead_back_do_no_harm: RepeatedToken,
    repeated_pages_are_overcome: RepeatedPage,
    wrong_counts_are_overcome: WrongKeyCount,
    stalled_answers_are_overcome: Stall,
}

#[test]
fn all_faults_together_are_overcome() {
    let content = numbered(2_500);
    let each: Vec<String> = Fault::ALL
        .into_iter()
        .filter(|fault| *fault != Fault::Stall)
        .map(|fault| format!("{}=0.015", fault.name()))
        .collect();
    let behaviour = format!("page-limit=50,stall=0.01:200ms,{}", each.join(","));
    for outcome in weigh_under(&content, &behaviour, &[4, 5, 6, 7], &fifty()) {
        assert_eq!(outcome.end, End::Complete);
        assert!(outcome.ledger.requests.retried > 0);
    }
}

#[test]
fn faults_that_come_back_at_the_same_pages_are_never_hidden() {
    let content = numbered(2_000);
    for fault in Fault::ALL {
        let behaviour = format!("page-limit=50,by-content,{}=0.1", fault.name());
        let behaviour = behaviour.replace("stall=0.1", "stall=0.1:200ms");
        weigh_under(&content, &behaviour, &[8, 9], &fifty());
    }
}

#[test]
fn the_order_of_pages_is_not_trusted_where_faults_are_frequent() {
    let content = numbered(2_000);
    for fault in [Fault::UnorderedPage, Fault::RepeatedPage, Fault::RepeatedToken, Fault::ShortPage]
    {
        let behaviour = format!("page-limit=50,{}=0.5", fault.name());
        weigh_under(&content, &behaviour, &[1, 2, 3, 4], &fifty());
    }
}

#[test]
fn a_limit_of_requests_per_second_is_lived_with() {
    let content = numbered(3_000);
    let mut config = config(&content, "page-limit=50,retry-after=0s");
    config.max_rps = Some(150.0);
    let simulator = start(config);
    let outcome = weigh_small(&simulator, 50, options(64)).unwrap();
    assert_eq!(outcome.end, End::Complete);
    assert_honest(&outcome, &rows_of(&content), "throttled");
}

// --- quirks -----------------------------------------------------------------------------------------

fn complete_under(content: &Held, behaviour: &str) -> Outcome {
    let expected = rows_of(content);
    let simulator = serve(content, behaviour);
    let outcome = weigh(&simulator, options(8)).unwrap();
    assert_eq!(outcome.end, End::Complete, "{behaviour}");
    assert_honest(&outcome, &expected, behaviour);
    let outcome = weigh_small(&simulator, 50, options(8)).unwrap();
    assert_eq!(outcome.end, End::Complete, "{behaviour}, small pages");
    assert_honest(&outcome, &expected, behaviour);
    outcome
}

#[test]
fn a_server_that_lists_the_start_key_again_is_weighed_exactly() {
    let content = numbered(3_000);
    for limit in ["", ",page-limit=50", ",page-limit=2"] {
        let outcome = complete_under(&content, &format!("start-after-inclusive{limit}"));
        assert!(outcome.ledger.notes.iter().any(|note| note.contains("start key")));
    }
}

#[test]
fn a_server_that_ignores_the_start_key_is_walked_page_by_page() {
    let workshop = Workshop::new();
    let content = numbered(3_000);
    let expected = rows_of(&content);
    for behaviour in ["ignores-start-after,page-limit=50", "ignores-start-after"] {
        let simulator = serve(&content, behaviour);
        let path = workshop.path("walked.csv");
        let outcome = weigh(&simulator, with_manifest(options(8), &path)).unwrap();
        assert_eq!(outcome.end, End::Complete);
        assert!(outcome.ledger.sequential);
        assert_honest(&outcome, &expected, behaviour);
        assert_same_rows(&rows_in(&path), &expected, behaviour);
        assert!(outcome.ledger.notes.iter().any(|note| note.contains("out of order")));
    }
}

/// Names around `/`, whose order differs between bytes and directories.
fn around_slashes() -> Held {
    keys((0..1_500).flat_map(|number| {
        let directory = number / 20;
        let ending = ["/a", "-a", ".a", "/", "+/b", "!", "0/c"][number % 7];
        [format!("dir{directory:03}{ending}{number:04}"), format!("dir{directory:03}/x{number:04}")]
    }))
}

#[test]
fn a_server_that_lists_directories_as_files_are_walked_is_never_weighed_wrong() {
    let content = around_slashes();
    for behaviour in
        ["directory-order", "directory-order,page-limit=50", "directory-order,page-limit=7"]
    {
        for shape in [None, Some(ShapeName::Mixed), Some(ShapeName::Tiny), Some(ShapeName::Hive)] {
            let content = match shape {
                None => content.clone(),
                Some(shape) => common::held(Generated::new(shape, 3_000, 3).unwrap()),
            };
            weigh_under(&content, behaviour, &[1, 2], &fifty());
        }
    }
}

#[test]
fn a_server_in_directory_order_is_walked_to_its_end() {
    let content = around_slashes();
    let outcome = complete_under(&content, "directory-order,page-limit=50");
    assert!(outcome.ledger.sequential);
}

#[test]
fn an_unordered_walk_overcomes_every_fault() {
    let content = around_slashes();
    for fault in Fault::ALL {
        let behaviour = format!("directory-order,page-limit=50,{}=0.1", fault.name());
        let behaviour = behaviour.replace("stall=0.1", "stall=0.1:100ms");
        let outcomes = weigh_under(&content, &behaviour, &[1, 2, 3], &fifty());
        assert_eq!(outcomes.len(), 3, "{behaviour}");
        for outcome in outcomes {
            assert_eq!(outcome.end, End::Complete, "{behaviour}");
        }
    }
}

#[test]
fn a_start_before_the_prefix_is_not_sent_to_servers_that_misread_it() {
    let content = around_slashes();
    let all = rows_of(&content);
    let simulator = serve(&content, "empty-before-prefix,page-limit=20");
    for prefix in ["", "dir0", "dir03", "dir042/", "dir042/x", "dir"] {
        for concurrency in [1, 8, 64] {
            let expected = below(&all, prefix.as_bytes());
            let options = ScanOptions { prefix: prefix.into(), ..options(concurrency) };
            let outcome = weigh_small(&simulator, 20, options).unwrap();
            assert_eq!(outcome.end, End::Complete, "{prefix}");
            assert_honest(&outcome, &expected, &format!("`{prefix}` by {concurrency}"));
        }
    }
}

#[test]
fn keys_that_xml_can_hold_are_read_without_url_encoding() {
    let content = keys((0..1_500).map(|number| format!("a b&c<{number:04}>\"'+%41/漢😀")));
    for quirks in [fifty(), Quirks { url_encoding: false, ..fifty() }] {
        for outcome in weigh_under(&content, "no-encoding-type,page-limit=50", &[1], &quirks) {
            assert_eq!(outcome.end, End::Complete);
        }
    }
}

#[test]
fn a_server_that_knows_version_one_only_is_weighed_by_it() {
    let content = numbered(2_500);
    let all = rows_of(&content);
    let told = Quirks { list_version: weighbridge::store::ListVersion::V1, ..fifty() };
    for behaviour in ["v1-only", "v1-only,page-limit=50", "v1-only,page-limit=50,short-page=0.2"] {
        let noticed = weigh_under(&content, behaviour, &[1], &fifty());
        assert!(noticed[0].ledger.notes.iter().any(|note| note.contains("first version")));
        // With many starts already under way when the first answer comes.
        let simulator = serve(&content, behaviour);
        let cuts = all.iter().step_by(40).map(|row| row.key.clone()).collect();
        let cut = weigh_small(&simulator, 50, ScanOptions { cuts, ..options(32) }).unwrap();
        assert_honest(&cut, &all, behaviour);
        for outcome in
            weigh_under(&content, behaviour, &[1], &told).iter().chain(&noticed).chain([&cut])
        {
            assert_eq!(outcome.end, End::Complete, "{behaviour}");
            assert!(!outcome.ledger.sequential, "{behaviour}");
        }
    }
}

#[test]
fn listings_that_end_early_are_asked_for_what_follows() {
    let content = numbered(3_000);
    for share in ["0.1", "0.5"] {
        let behaviour = format!("truncated-end={share},page-limit=50");
        for outcome in weigh_under(&content, &behaviour, &[1, 2], &Quirks::default()) {
            assert_eq!(outcome.end, End::Complete);
            assert!(outcome.ledger.notes.iter().any(|note| note.contains("ended the listing")));
        }
    }
}

#[test]
fn pages_of_any_size_are_followed() {
    for limit in [1, 2, 3, 999] {
        let content = numbered(if limit < 4 { 300 } else { 3_000 });
        for behaviour in
            [format!("page-limit={limit}"), format!("page-limit={limit},short-page=0.5")]
        {
            complete_under(&content, &behaviour);
        }
    }
}

// --- what fails for good ----------------------------------------------------------------------------

/// Weighs with the program a bucket of which some keys cannot be listed, and checks that the gap is named
/// and the rest exact.
fn assert_gap_is_named(content: &Held, behaviour: &str, lost: impl Fn(&Row) -> bool) {
    let workshop = Workshop::new();
    let all = rows_of(content);
    let simulator = serve(content, behaviour);
    let more = ["-c", "8", "-o", "s.json", "-m", "m.csv", "--state", "state"];
    let ran = workshop.scan(&simulator.endpoint(), &more);
    ran.ends_with_code(3);
    assert!(ran.stderr.contains("some ranges could not be listed"), "{}", ran.stderr);
    let summary = workshop.summary("s.json");
    assert_eq!(summary["complete"], false);
    assert_eq!(summary["interrupted"], false);
    let gaps = summary["incomplete"].as_array().unwrap();
    assert!(!gaps.is_empty());
    for gap in gaps {
        let reason = gap["reason"].as_str().unwrap();
        assert!(reason.contains("InternalError") && reason.contains("attempts"), "{reason}");
    }
    let inside = outside_gaps(&all, &summary);
    assert!(!inside.is_empty(), "the rest is there");
    assert!(all.iter().filter(|row| lost(row)).all(|row| !inside.contains(row)), "in a gap");
    assert_eq!(totals(&summary), sums(&inside));
    assert_eq!(summary["digest"], digest_of(&inside));
    assert!(!workshop.path("m.csv").exists(), "part of a manifest does not pass for a whole one");
    assert!(fs::exists(workshop.path("state/ledger.json")).unwrap());
}

#[test]
fn a_page_that_always_fails_is_a_gap_and_the_rest_is_exact() {
    let content = numbered(25_000);
    let key = String::from_utf8(rows_of(&content)[11_234].key.clone()).unwrap();
    assert_gap_is_named(&content, &format!("page-limit=250,fail-key={key}"), |row| {
        row.key == key.as_bytes()
    });
}

#[test]
fn a_range_that_always_fails_is_a_gap_and_the_rest_is_exact() {
    let content = numbered(25_000);
    let rows = rows_of(&content);
    let [first, last] =
        [8_000, 11_000].map(|index| String::from_utf8(rows[index].key.clone()).unwrap());
    let behaviour = format!("page-limit=250,fail-range={first}..{last}");
    assert_gap_is_named(&content, &behaviour, |row| {
        (first.as_bytes()..=last.as_bytes()).contains(&row.key.as_slice())
    });
}

#[test]
fn the_last_page_may_be_the_one_that_fails() {
    let content = numbered(25_000);
    let key = String::from_utf8(rows_of(&content).last().unwrap().key.clone()).unwrap();
    assert_gap_is_named(&content, &format!("page-limit=250,fail-key={key}"), |row| {
        row.key == key.as_bytes()
    });
}

#[test]
fn a_bucket_whose_first_page_always_fails_has_no_result() {
    let content = numbered(2_000);
    let key = String::from_utf8(rows_of(&content)[0].key.clone()).unwrap();
    let simulator = serve(&content, &format!("page-limit=50,fail-key={key}"));
    let error = weigh(&simulator, options(8)).unwrap_err();
    assert!(matches!(error, ScanError::Store { attempts: 2.., .. }), "{error:?}");
}

#[test]
fn an_answer_that_never_comes_does_not_keep_the_scan_from_being_stopped() {
    let content = numbered(2_000);
    let all = rows_of(&content);
    let simulator = serve(&content, "page-limit=50,answer-first=12");
    let outcome = runtime().block_on(async {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let progress = std::sync::Arc::new(weighbridge::scan::Progress::default());
        let store = store(&simulator, None).await;
        let scan = tokio::spawn(weighbridge::scan::scan(store, options(4), progress, stopped));
        while simulator.counters().requests < 13 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.send(true).unwrap();
        scan.await.unwrap().unwrap()
    });
    assert_eq!(outcome.end, End::Interrupted);
    assert_honest(&outcome, &all, "stopped");
    assert!(counted(&outcome).0 > 0);
}

#[test]
fn the_program_is_never_wrong_where_ends_lie() {
    let workshop = Workshop::new();
    let content = numbered(3_000);
    let simulator = serve(&content, "truncated-end=0.3,page-limit=50");
    let ran = workshop.scan(&simulator.endpoint(), &["-q", "-c", "8", "-o", "s.json"]);
    let summary = workshop.summary("s.json");
    if summary["complete"] == true {
        ran.ends_with_code(0);
        assert_eq!(totals(&summary), sums(&rows_of(&content)));
    } else {
        ran.ends_with_code(3);
    }
}
