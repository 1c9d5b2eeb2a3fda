//! Alibaba Cloud OSS, as the simulator plays it: held against the official SDK, then listed by the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::process::Command;

use common::{
    BUCKET, Held, Ran, Workshop, assert_same_rows, assert_told, awkward, below, config, keys,
    listing_of, numbered, rows_in, rows_of, run, sdk, start, sums, totals,
};
use serde_json::json;
use weighbridge::manifest::Row;
use weighbridge::simulator::{DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, Simulator, SimulatorConfig};

const FAILED: i32 = 1;
const USAGE: i32 = 2;
const REGION: &str = "cn-shanghai";

/// A server that passes for OSS, with its bucket in Shanghai.
fn oss(content: &Held, behaviour: &str) -> SimulatorConfig {
    let mut config = config(content, behaviour);
    config.dialect = Dialect::Oss;
    config.anonymous = false;
    config.buckets.get_mut(BUCKET).unwrap().region = REGION.into();
    config
}

/// Keys that OSS takes: neither `/` nor `\` comes first.
fn legal() -> Held {
    keys(awkward().into_iter().filter(|key| !key.starts_with(['/', '\\'])))
}

/// What a manifest tells of the bucket: OSS writes entity tags in capitals.
fn told(content: &Held) -> Vec<Row> {
    let mut rows = rows_of(content);
    for row in &mut rows {
        row.etag.make_ascii_uppercase();
    }
    rows
}

/// `weighbridge scan oss://b/PREFIX` with the keys that the server accepts.
fn scan(workshop: &Workshop, server: &Simulator, prefix: &str, more: &[&str]) -> Command {
    let location = format!("oss://{BUCKET}/{prefix}");
    let mut command = workshop.bare(&["scan", location.trim_end_matches('/'), "-q"]);
    command
        .args(["--endpoint-url", &server.endpoint(), "-o", "s.json", "-m", "m.csv"])
        .args(more)
        .env("OSS_ACCESS_KEY_ID", DEFAULT_KEY_ID)
        .env("OSS_ACCESS_KEY_SECRET", DEFAULT_SECRET);
    command
}

fn failed(server: &Simulator, change: impl FnOnce(&mut Command)) -> Ran {
    let workshop = Workshop::new();
    let mut command = scan(&workshop, server, "", &["--region", REGION]);
    change(&mut command);
    run(command)
}

// --- what OSS is ------------------------------------------------------------------------------------

#[test]
fn the_official_sdk_lists_the_simulator() {
    // The SDK refuses shorter names of buckets than OSS has.
    const LONGER: &str = "weights";
    let content = legal();
    let mut config = oss(&content, "");
    let bucket = config.buckets[BUCKET].clone();
    config.buckets.insert(LONGER.into(), bucket);
    let server = start(config);
    let case = |prefix: &str, delimiter: &str, limit: u32, after: &str| json!({ "prefix": prefix, "delimiter": delimiter, "limit": limit, "after": after });
    let cases = [
        case("", "", 1000, ""),
        case("", "", 7, ""),
        case("", "/", 3, ""),
        case("d1/", "/", 1000, ""),
        case("客户/", "", 1, ""),
        case("", "", 50, "d2/e1/k190"),
        case("d", "/", 5, "d//e"),
        case("a+", "", 1, ""),
        case("a ", "", 1, ""),
    ];
    let arguments = [&server.endpoint(), REGION, LONGER, DEFAULT_KEY_ID, DEFAULT_SECRET];
    let Some(seen) = sdk("list_oss.py", &arguments, &json!(cases)) else { return };
    let rows = rows_of(&content);
    for (case, seen) in cases.iter().zip(seen.as_array().unwrap()) {
        let text = |name: &str| case[name].as_str().unwrap();
        let expected = listing_of(&rows, text("prefix"), text("delimiter"), text("after"));
        assert_eq!(seen, &expected, "{case}");
    }
    assert_eq!(server.counters().refused, 0);
}

// --- listing it -------------------------------------------------------------------------------------

#[test]
fn everything_is_listed_as_it_is() {
    let content = legal();
    let rows = told(&content);
    let server = start(oss(&content, ""));
    let workshop = Workshop::new();
    for prefix in ["", "d1/", "客户/", "a", "a+"] {
        for name in ["s.json", "m.csv"] {
            let _ = fs::remove_file(workshop.path(name));
        }
        run(scan(&workshop, &server, prefix, &["--region", "oss-cn-shanghai"])).ends_with_code(0);
        let expected = below(&rows, prefix.as_bytes());
        assert_same_rows(&rows_in(&workshop.path("m.csv")), &expected, prefix);
        assert_eq!(totals(&workshop.summary("s.json")), sums(&expected));
    }
    assert_eq!(server.counters().refused, 0, "each request was signed right at once");
}

#[test]
fn many_pages_are_listed_at_once() {
    let content = numbered(12_345);
    let server = start(oss(&content, ""));
    let workshop = Workshop::new();
    run(scan(&workshop, &server, "", &["-c", "8", "--region", REGION])).ends_with_code(0);
    assert_same_rows(&rows_in(&workshop.path("m.csv")), &told(&content), "all");
}

#[test]
fn keys_come_from_the_files_of_alibaba_clouds_tools_too() {
    let server = start(oss(&numbered(10), ""));
    let files = [
        (
            ".aliyun/config.json",
            format!(
                r#"{{"current": "default", "profiles": [{{"name": "default", "mode": "AK",
                    "access_key_id": "{DEFAULT_KEY_ID}", "access_key_secret": "{DEFAULT_SECRET}"}}]}}"#
            ),
        ),
        (
            ".ossutilconfig",
            format!(
                "[Credentials]\naccessKeyID={DEFAULT_KEY_ID}\naccessKeySecret={DEFAULT_SECRET}\n"
            ),
        ),
    ];
    for (name, text) in files {
        let workshop = Workshop::new();
        fs::create_dir_all(workshop.path(name).parent().unwrap()).unwrap();
        fs::write(workshop.path(name), text).unwrap();
        let mut command = scan(&workshop, &server, "", &["--region", REGION]);
        command.env_remove("OSS_ACCESS_KEY_ID").env_remove("OSS_ACCESS_KEY_SECRET");
        run(command).ends_with_code(0);
    }
    assert_eq!(server.counters().refused, 0);
}

// --- what goes wrong --------------------------------------------------------------------------------

#[test]
fn another_region_is_found_by_the_endpoint_that_the_answer_names() {
    let server = start(oss(&numbered(10), ""));
    let workshop = Workshop::new();
    run(scan(&workshop, &server, "", &[])).ends_with_code(0);
    assert_eq!(server.counters().refused, 1, "it is corrected once");
    assert_eq!(workshop.summary("s.json")["region"], REGION);
}

#[test]
fn no_credentials_at_all() {
    let server = start(oss(&numbered(10), ""));
    let ran = failed(&server, |command| {
        command.env_remove("OSS_ACCESS_KEY_ID").env_remove("OSS_ACCESS_KEY_SECRET");
    });
    let places =
        ["ALIBABA_CLOUD_ACCESS_KEY_ID", "OSS_ACCESS_KEY_ID", "config.json", ".ossutilconfig"];
    assert_told(&ran, FAILED, &[&["oss://b"][..], &places].concat());
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn half_a_key() {
    let server = start(oss(&numbered(10), ""));
    let ran = failed(&server, |command| {
        command.env_remove("OSS_ACCESS_KEY_SECRET");
    });
    assert_told(&ran, FAILED, &["oss://b", "OSS_ACCESS_KEY_ID and not OSS_ACCESS_KEY_SECRET"]);
}

#[test]
fn a_wrong_secret() {
    let server = start(oss(&numbered(10), ""));
    let ran = failed(&server, |command| {
        command.env("OSS_ACCESS_KEY_SECRET", "another-secret");
    });
    assert_told(&ran, FAILED, &["oss://b", "SignatureDoesNotMatch", "secret", "--profile"]);
    assert!(!ran.said().contains("another-secret"), "{}", ran.said());
}

#[test]
fn a_bucket_that_may_not_be_listed() {
    let mut config = oss(&numbered(10), "");
    config.buckets.get_mut(BUCKET).unwrap().denied = true;
    let server = start(config);
    let ran = failed(&server, |_| ());
    assert_told(&ran, FAILED, &["oss://b", "AccessDenied", "oss:ListObjects", "--internal"]);
}

#[test]
fn a_clock_that_is_wrong_is_corrected() {
    let server = start(oss(&numbered(10), "clock=-2h"));
    let ran = failed(&server, |command| {
        command.args(["-c", "1"]);
    });
    ran.ends_with_code(0);
    assert_eq!(server.counters().refused, 1);
}

#[test]
fn an_accelerated_bucket_needs_its_region() {
    let workshop = Workshop::new();
    let ran = run(workshop.bare(&["scan", "oss://b", "--accelerate", "--no-sign-request"]));
    assert_told(&ran, USAGE, &["oss://b", "--region cn-hangzhou"]);
}
