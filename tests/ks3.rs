//! Kingsoft KS3, as the simulator plays it: held against the official SDK, then listed by the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::process::Command;

use common::{
    BUCKET, Held, Ran, Workshop, assert_same_rows, assert_told, awkward, below, config, keys,
    listing_of, numbered, rows_in, rows_of, run, sdk, start, sums, totals,
};
use serde_json::{Value, json};
use weighbridge::simulator::{DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, Simulator, SimulatorConfig};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

/// A server that passes for KS3, with its bucket in Beijing.
fn ks3(content: &Held, behaviour: &str) -> SimulatorConfig {
    let mut config = config(content, behaviour);
    config.dialect = Dialect::Ks3;
    config.anonymous = false;
    config.buckets.get_mut(BUCKET).unwrap().region = "BEIJING".into();
    config
}

/// `weighbridge scan ks3://b/PREFIX` with the keys that the server accepts.
fn scan(workshop: &Workshop, server: &Simulator, prefix: &str, more: &[&str]) -> Command {
    let location = format!("ks3://{BUCKET}/{prefix}");
    let mut command = workshop.bare(&["scan", location.trim_end_matches('/'), "-q"]);
    command
        .args(["--endpoint-url", &server.endpoint(), "-o", "s.json", "-m", "m.csv"])
        .args(more)
        .env("KS3_ACCESS_KEY_ID", DEFAULT_KEY_ID)
        .env("KS3_SECRET_ACCESS_KEY", DEFAULT_SECRET);
    command
}

fn cleared(workshop: &Workshop) {
    for name in ["s.json", "m.csv"] {
        let _ = fs::remove_file(workshop.path(name));
    }
}

fn failed(server: &Simulator, change: impl FnOnce(&mut Command)) -> Ran {
    let workshop = Workshop::new();
    let mut command = scan(&workshop, server, "", &[]);
    change(&mut command);
    run(command)
}

// --- what KS3 is ------------------------------------------------------------------------------------

#[test]
fn the_official_sdk_lists_the_simulator() {
    let content = keys(awkward());
    let server = start(ks3(&content, ""));
    let endpoint = server.endpoint();
    let (host, port) = endpoint.strip_prefix("http://").unwrap().rsplit_once(':').unwrap();
    let case = |version: u32, prefix: &str, delimiter: &str, limit: u32, encoded: bool| json!({ "version": version, "prefix": prefix, "delimiter": delimiter, "limit": limit, "encoded": encoded });
    let cases = [
        case(2, "", "", 1000, true),
        case(2, "", "", 7, true),
        case(2, "", "/", 3, true),
        case(2, "d1/", "/", 1000, true),
        case(2, "客户/", "", 1, true),
        // What the SDK can page by names, and XML can hold.
        case(1, "d", "", 50, false),
        case(1, "d2/", "/", 1000, false),
        case(1, "d2/", "/", 2, false),
    ];
    let arguments = [host, port, BUCKET, DEFAULT_KEY_ID, DEFAULT_SECRET];
    let Some(seen) = sdk("list_ks3.py", &arguments, &json!(cases)) else { return };
    let rows = rows_of(&content);
    for (case, seen) in cases.iter().zip(seen.as_array().unwrap()) {
        let text = |name: &str| case[name].as_str().unwrap();
        let expected = listing_of(&rows, text("prefix"), text("delimiter"), "");
        assert_eq!(seen, &expected, "{case}");
    }
    assert_eq!(server.counters().refused, 0);
}

// --- listing it -------------------------------------------------------------------------------------

#[test]
fn every_signature_lists_everything() {
    let content = keys(awkward());
    let rows = rows_of(&content);
    let server = start(ks3(&content, ""));
    let workshop = Workshop::new();
    for version in ["v4", "kss2", "kss4"] {
        for prefix in ["", "d1/", "客户/", "a"] {
            cleared(&workshop);
            let more = ["--sign-version", version, "--region", "BEIJING"];
            run(scan(&workshop, &server, prefix, &more)).ends_with_code(0);
            let expected = below(&rows, prefix.as_bytes());
            assert_same_rows(
                &rows_in(&workshop.path("m.csv")),
                &expected,
                &format!("{version} {prefix}"),
            );
            assert_eq!(totals(&workshop.summary("s.json")), sums(&expected));
        }
    }
    assert_eq!(server.counters().refused, 0, "each request was signed right at once");
}

#[test]
fn a_store_that_ignores_the_list_type_is_listed_by_the_first_version() {
    // Two thousand objects of the usual class, their times with an offset, pages of at most a hundred
    // with a delimiter: everything that the first version does otherwise.
    let content = numbered(2_300);
    let server = start(ks3(&content, "v1-only"));
    let workshop = Workshop::new();
    run(scan(&workshop, &server, "", &["-c", "4"])).ends_with_code(0);
    assert_same_rows(&rows_in(&workshop.path("m.csv")), &rows_of(&content), "version 1");
    let summary = workshop.summary("s.json");
    assert_eq!(totals(&summary), sums(&rows_of(&content)));
    assert_eq!(summary["complete"], Value::Bool(true));
}

#[test]
fn keys_come_from_the_profile_file_too() {
    let content = numbered(10);
    let server = start(ks3(&content, ""));
    let workshop = Workshop::new();
    fs::create_dir(workshop.path(".ks3")).unwrap();
    let profile = format!(
        "[work]\naccess_key_id = {DEFAULT_KEY_ID}\nsecret_access_key = {DEFAULT_SECRET}\nregion = beijing\n\
         endpoint_url = {}\n",
        server.endpoint()
    );
    fs::write(workshop.path(".ks3/credentials"), profile).unwrap();
    run(workshop.bare(&["scan", "ks3://b", "--profile", "work", "-q"])).ends_with_code(0);
    assert_eq!(server.counters().refused, 0);
}

#[test]
fn keys_of_the_aws_tools_are_taken_only_when_asked_for() {
    let server = start(ks3(&numbered(10), ""));
    let workshop = Workshop::new();
    let endpoint = server.endpoint();
    let aws = |more: &[&str]| {
        let mut command = workshop.signed(&["scan", "ks3://b", "-q", "--endpoint-url", &endpoint]);
        command.args(["--region", "BEIJING"]).args(more);
        run(command)
    };
    assert_told(&aws(&[]), FAILED, &["ks3://b", "KS3_ACCESS_KEY_ID", "--aws-credentials"]);
    assert_eq!(server.counters().requests, 0);
    aws(&["--aws-credentials"]).ends_with_code(0);
}

// --- what goes wrong --------------------------------------------------------------------------------

#[test]
fn another_region_is_found_by_the_endpoint_that_the_answer_names() {
    let mut config = ks3(&numbered(10), "");
    config.buckets.get_mut(BUCKET).unwrap().region = "SHANGHAI".into();
    let server = start(config);
    let workshop = Workshop::new();
    run(scan(&workshop, &server, "", &["--region", "guangzhou"])).ends_with_code(0);
    assert_eq!(server.counters().refused, 1, "it is corrected once");
    assert_eq!(workshop.summary("s.json")["region"], "SHANGHAI");
}

#[test]
fn a_region_that_is_not_known_is_told_with_those_that_are() {
    let ran = run(Workshop::new().bare(&[
        "scan",
        "ks3://b",
        "--region",
        "ATLANTIS",
        "--no-sign-request",
    ]));
    assert_told(&ran, USAGE, &["ks3://b", "`ATLANTIS`", "BEIJING", "--endpoint-url"]);
}

#[test]
fn no_credentials_at_all() {
    let server = start(ks3(&numbered(10), ""));
    let ran = failed(&server, |command| {
        command.env_remove("KS3_ACCESS_KEY_ID").env_remove("KS3_SECRET_ACCESS_KEY");
    });
    assert_told(
        &ran,
        FAILED,
        &["ks3://b", "KS3_ACCESS_KEY_ID", ".ks3/credentials", "--no-sign-request"],
    );
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn a_wrong_secret_in_every_signature() {
    let server = start(ks3(&numbered(10), ""));
    for version in ["v4", "kss2", "kss4"] {
        let ran = failed(&server, |command| {
            command.args(["--sign-version", version, "--region", "BEIJING"]);
            command.env("KS3_SECRET_ACCESS_KEY", "another-secret");
        });
        assert_told(&ran, FAILED, &["ks3://b", "SignatureDoesNotMatch", "secret"]);
        assert!(!ran.said().contains("another-secret"), "{}", ran.said());
    }
}

#[test]
fn a_bucket_that_may_not_be_listed() {
    let mut config = ks3(&numbered(10), "");
    config.buckets.get_mut(BUCKET).unwrap().denied = true;
    let server = start(config);
    let ran = failed(&server, |command| {
        command.args(["--region", "BEIJING"]);
    });
    assert_told(&ran, FAILED, &["ks3://b", "AccessDenied", "ks3:ListBucket", "--internal"]);
}

#[test]
fn a_clock_that_is_wrong_is_corrected_in_every_signature() {
    let server = start(ks3(&numbered(10), "clock=2h"));
    for version in ["v4", "kss2", "kss4"] {
        let before = server.counters().refused;
        let workshop = Workshop::new();
        let more = ["--sign-version", version, "--region", "BEIJING", "-c", "1"];
        run(scan(&workshop, &server, "", &more)).ends_with_code(0);
        assert_eq!(server.counters().refused, before + 1, "{version}");
    }
}

#[test]
fn flags_of_other_sources_are_refused() {
    let workshop = Workshop::new();
    for (location, flag) in [
        ("s3://b", vec!["--internal"]),
        ("s3://b", vec!["--sign-version", "kss2"]),
        ("s3://b", vec!["--aws-credentials"]),
        ("ks3://b", vec!["--request-payer"]),
        ("ks3://b", vec!["--accelerate"]),
        ("oss://b", vec!["--sign-version", "kss4"]),
        ("demo:", vec!["--internal"]),
    ] {
        let ran = run(workshop.bare(&[&["scan", location][..], &flag].concat()));
        assert_told(&ran, USAGE, &[location, flag[0], "leave it out"]);
    }
}
