//! Stores whose keys cannot be cut are walked directory by directory, and weighed exactly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use common::{
    Held, Workshop, assert_honest, assert_same_rows, below, config, held, keys, numbered, options,
    rows_in, rows_of, runtime, serve, start, store, weigh_store, with_manifest, with_state,
};
use weighbridge::scan::{End, Outcome, ScanError, ScanOptions};
use weighbridge::simulator::{Fault, Generated, ShapeName, Simulator};
use weighbridge::store::{Quirks, RangeStart};

/// Lists in no order, as directory buckets do.
fn unordered(page_limit: usize) -> Quirks {
    Quirks { ordered: false, directories: true, page_limit, ..Quirks::default() }
}

/// Lists in order, and only from the beginning.
fn startless(page_limit: usize) -> Quirks {
    Quirks { range_start: RangeStart::None, directories: true, page_limit, ..Quirks::default() }
}

fn walk(simulator: &Simulator, quirks: Quirks, options: ScanOptions) -> Result<Outcome, ScanError> {
    runtime().block_on(async { weigh_store(store(simulator, Some(quirks)).await, options).await })
}

#[track_caller]
fn assert_walked(content: &Held, behaviour: &str, quirks: &Quirks) -> Outcome {
    let simulator = serve(content, behaviour);
    let expected = rows_of(content);
    let outcome = walk(&simulator, quirks.clone(), options(16)).unwrap();
    assert_eq!(outcome.end, End::Complete, "{behaviour}");
    assert_honest(&outcome, &expected, behaviour);
    assert!(outcome.ledger.notes.iter().any(|note| note.contains("directory by directory")));
    outcome
}

#[test]
fn every_shape_is_walked_exactly_in_any_order_of_listing() {
    for shape in ShapeName::ALL {
        let content = held(Generated::new(shape, 5_000, 3).unwrap());
        assert_walked(&content, "directory-order", &unordered(100));
        assert_walked(&content, "", &startless(100));
    }
}

#[test]
fn keys_that_make_odd_directories_are_each_counted_once() {
    let content = keys(
        [
            "",
            "/",
            "//",
            "///x",
            "a",
            "a/",
            "a//",
            "a//b",
            "a/b",
            "a/b/",
            "a/b/c",
            "a0",
            "a.",
            "a-/x",
            "b",
            "b/c",
            "\u{1}/\u{7f}",
            "é/ü",
            "漢/字",
            "😀/x",
            "%2F/%",
            "+/ ",
        ]
        .into_iter()
        .filter(|key| !key.is_empty()),
    );
    for limit in [1, 2, 3, 1000] {
        assert_walked(&content, "", &startless(limit));
        assert_walked(&content, "directory-order", &unordered(limit));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    #[test]
    fn any_set_of_keys_is_walked_exactly(
        set in proptest::collection::btree_set("[ab/.0é]{1,7}", 0..120),
        limit in 1_usize..12, prefix in "[ab/]{0,2}", ordered: bool,
    ) {
        let content = keys(set.iter().cloned());
        let expected = below(&rows_of(&content), prefix.as_bytes());
        let quirks = if ordered { startless(limit) } else { unordered(limit) };
        let simulator = serve(&content, if ordered { "" } else { "directory-order" });
        let options = ScanOptions { prefix: prefix.clone().into(), ..options(8) };
        let outcome = walk(&simulator, quirks, options).unwrap();
        proptest::prop_assert_eq!(outcome.end, End::Complete);
        assert_honest(&outcome, &expected, &prefix);
    }
}

#[test]
fn small_subtrees_cost_a_request_each_and_large_ones_little_more() {
    let one = keys((0..900).map(|number| format!("d{}/k{number}", number % 30)));
    let outcome = assert_walked(&one, "", &startless(1000));
    assert_eq!(outcome.ledger.requests.list, 1, "what fits on a page is one request");
    let many =
        keys((0..60_000).map(|number| format!("d{}/e{}/k{number}", number % 7, number % 49)));
    let outcome = assert_walked(&many, "", &startless(1000));
    // 49 leaves of 1,225 keys take two pages and a lost one each; the levels above, two each.
    assert!(outcome.ledger.requests.list <= 49 * 3 + 8 * 2, "{}", outcome.ledger.requests.list);
    assert!(outcome.ledger.requests.peak_in_flight > 4, "listed beside each other");
}

#[test]
fn faults_that_pass_are_overcome() {
    let content = numbered(3_000);
    let expected = rows_of(&content);
    for fault in Fault::ALL {
        let time = if fault == Fault::Stall { ":100ms" } else { "" };
        for (order, quirks) in [("", startless(50)), ("directory-order,", unordered(50))] {
            let behaviour = format!("{order}{}=0.1{time}", fault.name());
            let simulator = serve(&content, &behaviour);
            let outcome = walk(&simulator, quirks, options(12)).unwrap();
            assert_eq!(outcome.end, End::Complete, "{behaviour}: {:?}", outcome.ledger.ranges);
            assert_honest(&outcome, &expected, &behaviour);
        }
    }
}

#[test]
fn a_directory_that_always_fails_is_named_and_the_rest_is_counted() {
    let content = numbered(3_000);
    let expected = rows_of(&content);
    let simulator = serve(&content, "fail-range=d2/e3/..d2/e3/z");
    let outcome = walk(&simulator, startless(50), options(12)).unwrap();
    assert_eq!(outcome.end, End::Failed);
    assert_honest(&outcome, &expected, "failing");
    let range = &outcome.ledger.ranges[0];
    assert!(range.error.as_ref().unwrap().contains("`d2/e3/`"), "{:?}", range.error);
    let lost = below(&expected, b"d2/e3/").len() as u64;
    assert_eq!(range.objects + lost, expected.len() as u64);
}

#[test]
fn a_server_that_does_not_group_is_not_believed() {
    let content = numbered(3_000);
    let mut config = config(&content, "");
    config.behaviour.set("ignores-delimiter").unwrap();
    let simulator = start(config);
    let outcome = walk(&simulator, startless(50), options(4));
    match outcome {
        Err(ScanError::Store { source, .. }) => {
            assert!(source.to_string().contains("not directly in it"), "{source}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_manifest_of_a_walk_holds_every_object_once() {
    let workshop = Workshop::new();
    let content = numbered(3_000);
    let mut expected = rows_of(&content);
    let simulator = serve(&content, "directory-order");
    let path = workshop.path("walked.csv");
    let outcome = walk(&simulator, unordered(50), with_manifest(options(8), &path)).unwrap();
    assert_eq!(outcome.end, End::Complete);
    let mut found = rows_in(&path);
    found.sort_by(|left, right| left.key.cmp(&right.key));
    expected.sort_by(|left, right| left.key.cmp(&right.key));
    assert_same_rows(&found, &expected, "walked");
}

#[test]
fn a_walk_that_met_its_limit_of_requests_goes_on_and_ends_exact() {
    let workshop = Workshop::new();
    let content = numbered(3_000);
    let expected = rows_of(&content);
    let simulator = serve(&content, "");
    let state = workshop.path("state");
    let mut limited = with_state(options(4), &state, false);
    limited.pace.max_requests = 9;
    let outcome = walk(&simulator, startless(50), limited).unwrap();
    assert_eq!(outcome.end, End::RequestLimit);
    assert_honest(&outcome, &expected, "limited");
    let outcome = walk(&simulator, startless(50), with_state(options(4), &state, true)).unwrap();
    assert_eq!(outcome.end, End::Complete);
    assert_honest(&outcome, &expected, "resumed");
}
