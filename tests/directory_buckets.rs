//! S3 directory buckets: within sessions, by directories, exactly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use common::{
    Held, Ran, Workshop, assert_told, below, digest_of, keys, numbered, rows_of, run, start, sums,
    totals,
};
use serde_json::Value;
use weighbridge::simulator::{BucketConfig, Fault, Given, Simulator, SimulatorConfig};

const NAME: &str = "b--use1-az4--x-s3";

fn serve(content: &Held, behaviour: &str) -> Simulator {
    let bucket = BucketConfig { content: content.clone(), ..BucketConfig::new(Given::default()) };
    let mut config = SimulatorConfig::with_bucket(NAME, bucket);
    config.behaviour = behaviour.parse().unwrap();
    start(config)
}

fn scan(workshop: &Workshop, simulator: &Simulator, prefix: &str, more: &[&str]) -> Ran {
    let (location, endpoint) = (format!("s3://{NAME}/{prefix}"), simulator.endpoint());
    let base = ["scan", &location, "--endpoint-url", &endpoint, "-q", "-o", "s.json"];
    run(workshop.signed(&[&base, more].concat()))
}

/// Weighs what is below a prefix and compares it with the truth.
#[track_caller]
fn assert_exact(content: &Held, simulator: &Simulator, prefix: &str, page_size: &str) -> Value {
    let workshop = Workshop::new();
    scan(&workshop, simulator, prefix, &["--page-size", page_size, "--concurrency", "4"])
        .ends_with_code(0);
    let summary = workshop.summary("s.json");
    let expected = below(&rows_of(content), prefix.as_bytes());
    assert_eq!(totals(&summary), sums(&expected), "{prefix}");
    assert_eq!(summary["digest"], digest_of(&expected), "{prefix}");
    assert!(summary["notes"].to_string().contains("directory by directory"), "{summary}");
    summary
}

#[test]
fn many_directories_are_weighed_exactly_within_one_session() {
    let content = numbered(20_000);
    let simulator = serve(&content, "");
    let summary = assert_exact(&content, &simulator, "", "100");
    assert!(summary["requests"]["peak_in_flight"].as_u64() > Some(1), "listed beside each other");
    let counters = simulator.counters();
    assert_eq!((counters.sessions, counters.refused), (1, 0));
}

#[test]
fn a_prefix_within_a_directory_lists_what_begins_with_it_and_nothing_else() {
    let content = keys(
        (0..600)
            .map(|number| format!("d{}/e{}/k{number:03}", number / 100, number % 7))
            .chain(["d", "d1", "d1-x", "d1/", "d1/e", "d1.x/y", "d10/z", "e"].map(str::to_owned)),
    );
    let simulator = serve(&content, "");
    for prefix in ["d", "d1", "d1/", "d1/e", "d1/e3", "d1/e3/k1", "d1/e3/", "x", "d9/x"] {
        assert_exact(&content, &simulator, prefix, "20");
    }
    assert_eq!(simulator.counters().refused, 0);
}

#[test]
fn a_session_that_ends_on_the_way_is_replaced_and_nothing_is_lost() {
    let content = numbered(20_000);
    let simulator = serve(&content, "session-requests=40");
    assert_exact(&content, &simulator, "", "20");
    let counters = simulator.counters();
    assert!(counters.refused > 0, "sessions ended before they were replaced");
    assert!(counters.sessions > 3, "{counters:?}");
    assert!(
        counters.sessions <= counters.refused + 1,
        "one for all who were refused: {counters:?}"
    );
}

#[test]
fn keys_that_hold_for_no_request_are_given_up_with_the_service_s_own_words() {
    let simulator = serve(&numbered(10), "session-requests=0");
    let ran = scan(&Workshop::new(), &simulator, "", &[]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("ExpiredToken"), "{}", ran.stderr);
}

#[test]
fn faults_on_the_way_leave_the_totals_exact() {
    let content = numbered(2_000);
    for fault in Fault::ALL {
        let time = if fault == Fault::Stall { ":100ms" } else { "" };
        let behaviour = format!("session-requests=100,{}=0.1{time}", fault.name());
        let simulator = serve(&content, &behaviour);
        assert_exact(&content, &simulator, "d", "50");
    }
}

#[test]
fn the_region_is_told_by_the_zone_in_the_name() {
    let workshop = Workshop::new();
    let name = "b--eun1-az1--x-s3";
    let mut bucket = BucketConfig::new(Given::of_keys(["a/b"]));
    bucket.region = "eu-north-1".into();
    let simulator = start(SimulatorConfig::with_bucket(name, bucket));
    let (location, endpoint) = (format!("s3://{name}"), simulator.endpoint());
    let arguments = ["scan", &location, "--endpoint-url", &endpoint, "-q", "-o", "s.json"];
    run(workshop.signed(&arguments)).ends_with_code(0);
    assert_eq!(totals(&workshop.summary("s.json")).0, 1);
    assert_eq!(simulator.counters().refused, 0);
}

#[test]
fn a_clock_that_differs_is_corrected_and_sessions_are_kept() {
    for clock in ["clock=-40m", "clock=40m"] {
        let content = numbered(1_000);
        let simulator = serve(&content, clock);
        assert_exact(&content, &simulator, "", "100");
        assert!(simulator.counters().sessions <= 2, "{:?}", simulator.counters());
    }
}

#[test]
fn a_dry_run_tells_how_a_directory_bucket_is_listed() {
    let simulator = serve(&numbered(10), "");
    let ran = scan(&Workshop::new(), &simulator, "d0/e", &["--dry-run"]);
    ran.ends_with_code(0);
    assert!(ran.text().contains("in an order of its own"), "{}", ran.text());
}

#[test]
fn what_a_directory_bucket_does_not_allow_is_told_with_a_way_out() {
    let workshop = Workshop::new();
    let simulator = serve(&numbered(10), "");
    let ran = scan(&workshop, &simulator, "", &["--versions"]);
    assert_told(&ran, ran.code.unwrap(), &[NAME, "versions and uploads"]);
    assert_ne!(ran.code, Some(0));

    let mut bucket = BucketConfig::new(Given::of_keys(["a"]));
    bucket.denied = true;
    let simulator = start(SimulatorConfig::with_bucket(NAME, bucket));
    let ran = scan(&workshop, &simulator, "", &[]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("s3express:CreateSession"), "{}", ran.stderr);
}
