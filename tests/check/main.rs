//! `weighbridge check`: every misconfiguration that is planted at a source is found, explained, and mended by
//! something concrete; a sound source has nothing wrong; no secret is in any output.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod azure;
#[path = "../common/mod.rs"]
mod common;
mod planted;
mod relatives;
mod s3;

use std::fs;

use serde_json::json;
use weighbridge::preflight::Checks;
use weighbridge::preflight::source::{CHECKS, Opened, Source, check};
use weighbridge::report;
use weighbridge::simulator::{
    Credential, Given, GivenObject, ObjectSettings, Simulator, SimulatorConfig,
};
use weighbridge::store::s3::{S3Config, S3Store};
use weighbridge::summary::Summary;
use weighbridge::tally::HAZARDS;

use common::{Held, Workshop, answering, assert_told, held, run, start};
use planted::{BUCKET, Planted, TOKEN, after, assert_found, of_class, sound};

const DONE: i32 = 0;
const FINDINGS: i32 = 4;

// --- what is planted --------------------------------------------------------------------------------

#[test]
fn what_is_planted_at_s3_is_found_and_explained() {
    assert_found(s3::seeds());
}

#[test]
fn what_is_planted_at_ks3_and_oss_is_found_and_explained() {
    assert_found(relatives::seeds());
}

#[test]
fn what_is_planted_at_azure_is_found_and_explained() {
    assert_found(azure::seeds());
}

// --- what is sound ----------------------------------------------------------------------------------

/// The summary of a scan of the same source.
fn weighed(planted: &Planted, workshop: &Workshop, content: &Held) {
    let server = start(config_of(content));
    let mut command = workshop.bare(&["scan", &planted.location, "-q", "-o", "summary.json"]);
    command.args(["--endpoint-url", &server.endpoint()]).envs(&planted.env);
    run(command).ends_with_code(DONE);
}

fn config_of(content: &Held) -> SimulatorConfig {
    Planted::at("s3", content).config
}

#[test]
fn a_sound_source_has_nothing_wrong() {
    let workshop = Workshop::new();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    let summary = workshop.path("summary.json");
    let (checks, ran) = planted.args(&["--summary", summary.to_str().unwrap()]).check("sound");
    ran.ends_with_code(DONE);
    let wrong: Vec<_> =
        checks.findings.iter().filter(|finding| finding.verdict.word() != "ok").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for id in [
        "SOURCE_LIST",
        "SOURCE_READ",
        "SOURCE_POLICY",
        "SOURCE_WEIGHED",
        "OBJECT_ARCHIVED",
        "KEY_TOO_LONG",
    ] {
        assert!(checks.findings.iter().any(|finding| finding.id == id), "{id}");
    }
}

#[test]
fn a_summary_tells_of_every_object_and_the_destination_of_what_it_mends() {
    let workshop = Workshop::new();
    let key = |key: String, class: &str| GivenObject {
        storage_class: class.into(),
        ..GivenObject::new(key, 10)
    };
    let mut objects = vec![key("/lead".into(), "STANDARD"), key("k".repeat(1024), "STANDARD")];
    objects.extend((0..1_500).map(|number| key(format!("d/{number:05}"), "STANDARD")));
    objects.push(key("z/last".into(), "GLACIER"));
    let content = held(Given::new(objects));
    weighed(&Planted::s3(), &workshop, &content);
    let summary = fs::read_to_string(workshop.path("summary.json")).unwrap();
    let summary = Summary::from_json(&summary).unwrap();
    let mut config = Planted::at("s3", &content).config;
    config.anonymous = true;
    let server = start(config);
    let verdicts = |to_prefix: Option<&str>| {
        let findings = common::runtime().block_on(async {
            let store = opened(&server).await;
            let location = format!("s3://{BUCKET}").parse().unwrap();
            let source = Source {
                location: &location,
                opened: Opened::Bucket(Ok(&store)),
                summary: Some(&summary),
                pays: false,
                region: None,
                internal: false,
                to_prefix,
                to_region: None,
            };
            check(&source).await
        });
        let verdict = |id: &str| {
            let found = findings.iter().find(|finding| finding.id == id);
            found.map(|finding| finding.verdict.word())
        };
        ["KEY_LEADING_SLASH", "KEY_TOO_LONG", "OBJECT_ARCHIVED", "SOURCE_WEIGHED"]
            .map(|id| verdict(id).unwrap_or("none"))
    };
    // The archived object is on the second page of a listing.
    for to_prefix in [None, Some("")] {
        assert_eq!(verdicts(to_prefix), ["blocker", "blocker", "blocker", "ok"]);
    }
    assert_eq!(verdicts(Some("copies/")), ["ok", "blocker", "blocker", "ok"]);
}

/// The server's bucket, without a signature.
async fn opened(server: &Simulator) -> S3Store {
    let config = S3Config {
        region: Some("us-east-1".into()),
        endpoint_url: Some(server.endpoint()),
        no_sign_request: true,
        ..S3Config::new(BUCKET)
    };
    S3Store::connect(config).await.unwrap()
}

#[test]
fn restored_objects_are_no_blocker_while_they_last() {
    let until = |days| {
        let date = after(days).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let restore = Some(format!(r#"ongoing-request="false", expiry-date="{date}""#));
        ObjectSettings { restore, ..ObjectSettings::default() }
    };
    let planted = Planted::s3()
        .holding(&of_class("GLACIER"))
        .object("docs/cold.bin", until(30))
        .object("docs/colder.bin", until(20));
    let (checks, ran) = planted.check("restored");
    ran.ends_with_code(DONE);
    let of = |id: &str| checks.findings.iter().find(|finding| finding.id == id).unwrap();
    assert_eq!(of("OBJECT_ARCHIVED").verdict.word(), "ok", "{:?}", of("OBJECT_ARCHIVED"));
    assert_eq!(of("RESTORE_EXPIRES_BEFORE_ETA").verdict.word(), "ok");
}

#[test]
fn restored_objects_do_not_speak_for_those_that_were_not_asked() {
    let keys = (0..8).map(|number| format!("docs/{number}"));
    let cold = |key| GivenObject { storage_class: "GLACIER".into(), ..GivenObject::new(key, 10) };
    let content = held(Given::new(keys.map(cold).collect::<Vec<_>>()));
    let restore = Some(r#"ongoing-request="false""#.to_owned());
    let settings = ObjectSettings { restore, ..ObjectSettings::default() };
    let planted = (0..5).fold(Planted::s3().holding(&content), |planted, number| {
        planted.object(&format!("docs/{number}"), settings.clone())
    });
    let (checks, _) = planted.check("five of eight restored");
    let found = checks.findings.iter().find(|finding| finding.id == "OBJECT_ARCHIVED").unwrap();
    assert_eq!(found.verdict.word(), "warning", "{found:?}");
    let ends = checks.findings.iter().find(|finding| finding.id == "RESTORE_EXPIRES_BEFORE_ETA");
    assert_eq!(ends.unwrap().verdict.word(), "unknown", "no end is told: {ends:?}");
}

#[test]
fn restored_objects_are_not_known_to_last_for_a_job_of_unknown_length() {
    let date = after(20).strftime("%a, %d %b %Y %H:%M:%S GMT");
    let restore = Some(format!(r#"ongoing-request="false", expiry-date="{date}""#));
    let cold = GivenObject { storage_class: "GLACIER".into(), ..GivenObject::new("a", 10) };
    let mut objects = vec![cold];
    objects.extend((0..1_500).map(|number| GivenObject::new(format!("b/{number:05}"), 10)));
    let settings = ObjectSettings { restore, ..ObjectSettings::default() };
    let planted = Planted::s3().holding(&held(Given::new(objects))).object("a", settings);
    let (checks, _) = planted.check("restored, and more than a page");
    let ends = checks.findings.iter().find(|finding| finding.id == "RESTORE_EXPIRES_BEFORE_ETA");
    assert_eq!(ends.unwrap().verdict.word(), "unknown", "{ends:?}");
}

#[test]
fn what_is_not_in_a_part_of_the_objects_is_not_taken_for_absent() {
    let workshop = Workshop::new();
    weighed(&Planted::s3(), &workshop, &sound());
    let whole = fs::read_to_string(workshop.path("summary.json")).unwrap();
    let whole = Summary::from_json(&whole).unwrap();
    let broken_off = Summary { complete: false, ..whole.clone() };
    let mut filtered = whole;
    filtered.filters.include = vec!["docs/*".into()];
    for summary in [broken_off, filtered] {
        let path = workshop.path("part.json");
        fs::write(&path, summary.to_json().unwrap()).unwrap();
        let (checks, _) = Planted::s3().args(&["--summary", path.to_str().unwrap()]).check("part");
        for id in ["OBJECT_ARCHIVED", "KEY_TOO_LONG", "KEY_NOT_UTF8", "OBJECT_TOO_LARGE"] {
            let found = checks.findings.iter().find(|finding| finding.id == id).unwrap();
            assert_eq!(found.verdict.word(), "unknown", "{found:?}");
        }
    }
}

#[test]
fn a_refusal_that_is_not_the_stores_says_nothing_of_the_key() {
    let endpoint = answering("403 Forbidden", "<html>by order of the proxy</html>");
    let keys = [
        ("s3://lake", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("ks3://lake", "KS3_ACCESS_KEY_ID", "KS3_SECRET_ACCESS_KEY"),
        ("oss://lake", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"),
        ("azure://lake/lake", "AZURE_STORAGE_KEY", "AZURE_STORAGE_KEY"),
    ];
    for (location, id, secret) in keys {
        let workshop = Workshop::new();
        let mut command =
            workshop.bare(&["check", location, "--endpoint-url", &endpoint, "-o", "c.json"]);
        command.envs([(id, "AKIANOBODY7EXAMPLE"), (secret, "c29tZXRoaW5nLXNlY3JldA==")]);
        run(command).ends_with_code(FINDINGS);
        let json = fs::read_to_string(workshop.path("c.json")).unwrap();
        let checks = Checks::from_json(&json).unwrap();
        let verdict = |id: &str| {
            let found = checks.findings.iter().find(|finding| finding.id == id);
            found.map(|finding| finding.verdict.word())
        };
        assert_eq!(verdict("SOURCE_CREDENTIALS"), Some("unknown"), "{location}");
        let reached = [verdict("SOURCE_REACHABLE"), verdict("SOURCE_LIST")];
        assert!(reached.contains(&Some("blocker")), "{location}");
        for id in ["SOURCE_REGION", "SOURCE_KEY_WRITES"] {
            assert_ne!(verdict(id), Some("ok"), "{location}");
        }
    }
}

#[test]
fn nothing_is_changed_and_little_is_asked() {
    let server = start(Planted::at("s3", &sound()).config);
    let workshop = Workshop::new();
    let endpoint = server.endpoint();
    let location = format!("s3://{BUCKET}");
    run(workshop.signed(&["check", &location, "--endpoint-url", &endpoint, "-q"]))
        .ends_with_code(DONE);
    let counters = server.counters();
    assert!(counters.requests < 20, "{counters:?}");
    assert_eq!(counters.lists, 3, "a page, and one for each kind of slash");
}

#[test]
fn a_listing_that_is_refused_at_first_is_tried_again() {
    let mut planted = Planted::s3();
    planted.config.behaviour = "slow-down=0.4,by-content".parse().unwrap();
    planted.config.seed = 3;
    let (checks, _) = planted.check("throttled");
    assert!(
        checks
            .findings
            .iter()
            .any(|finding| finding.id == "SOURCE_LIST" && finding.verdict.word() == "ok")
    );
}

#[test]
fn not_even_what_is_said_of_every_request_holds_a_secret() {
    let token = || {
        let mut planted = Planted::s3().env("AWS_SESSION_TOKEN", TOKEN);
        let session_token = Some(TOKEN.into());
        planted.config.credentials = vec![Credential { session_token, ..Credential::default() }];
        planted
    };
    let terms = [("sv", "2024-11-04"), ("sr", "c"), ("sp", "rl"), ("se", "2099-01-01T00:00:00Z")];
    for planted in [token(), Planted::ks3(), Planted::azure(), Planted::azure().signature(&terms)] {
        // Planted secrets are looked for in everything that is said and written.
        planted.args(&["-vv"]).check("-vv");
    }
}

// --- outputs ----------------------------------------------------------------------------------------

#[test]
fn json_on_stdout_is_all_that_is_there() {
    let server = start(Planted::at("s3", &sound()).config);
    let workshop = Workshop::new();
    let location = format!("s3://{BUCKET}/docs");
    let ran = run(workshop.signed(&[
        "check",
        &location,
        "--endpoint-url",
        &server.endpoint(),
        "-o",
        "-",
    ]));
    ran.ends_with_code(FINDINGS);
    let checks = Checks::from_json(&ran.text()).unwrap();
    assert_eq!(
        (checks.schema.as_str(), checks.source.as_str()),
        ("weighbridge.check/1", location.as_str())
    );
    assert!(ran.stderr.contains("PREFIX_BAD_FORM"), "{}", ran.stderr);
    // By side, worst first.
    let order: Vec<_> =
        checks.findings.iter().map(|finding| (finding.side, finding.verdict)).collect();
    assert!(order.is_sorted());
    assert_eq!(Checks::from_json(&checks.to_json().unwrap()).unwrap(), checks);
    assert!(Checks::from_json(r#"{"schema": "weighbridge.check/2"}"#).is_err());
}

#[test]
fn reports_hold_the_scan_beside_the_checks_where_there_is_one() {
    let workshop = Workshop::new();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    let server = start(planted.config);
    let location = format!("s3://{BUCKET}");
    let endpoint = server.endpoint();
    let report = |more: &[&str]| {
        let mut arguments = vec!["check", &location, "--endpoint-url", &endpoint, "-q"];
        arguments.extend_from_slice(more);
        run(workshop.signed(&arguments)).ends_with_code(DONE);
        let read = |name: &str| fs::read_to_string(workshop.path(name)).unwrap();
        (read("r.html"), read("r.md"))
    };
    let outputs = ["--report", "r.html", "--report", "r.md"];
    let (html, markdown) = report(&outputs);
    assert!(html.contains("SOURCE_ENDPOINT") && !html.contains("Size percentiles"));
    assert!(!html.contains("<script") && !html.contains("src="));
    assert!(
        markdown.starts_with("# Checks") && markdown.contains("SOURCE\\_ENDPOINT"),
        "{markdown}"
    );
    let (html, markdown) = report(&[&outputs[..], &["--summary", "summary.json"]].concat());
    assert!(html.contains("SOURCE_ENDPOINT") && html.contains("Size percentiles"));
    assert!(markdown.contains("## Checks") && markdown.contains("## Sizes"), "{markdown}");
}

#[test]
fn names_from_elsewhere_bring_no_markup_and_steer_no_terminal() {
    let statements = json!([{ "Sid": "<script>|\u{1b}[31m", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": "<b>203.0.113.0/24" } } }]);
    let (checks, ran) = Planted::s3().policy(&statements).check("hostile");
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
    let html = report::html::render_checks(&checks, None);
    let markdown = report::markdown::render_checks(&checks, None);
    for text in [&html, &markdown] {
        assert!(!text.contains("<script>") && !text.contains("<b>") && !text.contains('\u{1b}'));
    }
}

#[test]
fn every_line_fits_the_terminal() {
    let server = start(Planted::at("s3", &of_class("GLACIER")).config);
    let workshop = Workshop::new();
    let location = format!("s3://{BUCKET}/docs");
    for width in ["60", "80", "120"] {
        for color in ["never", "always"] {
            let mut command = workshop.signed(&[
                "check",
                &location,
                "--endpoint-url",
                &server.endpoint(),
                "--color",
                color,
            ]);
            command.env("COLUMNS", width);
            let ran = run(command);
            assert_eq!(ran.text().contains('\u{1b}'), color == "always");
            if color == "never" {
                let widest = ran.text().lines().map(report::display_width).max().unwrap();
                assert!(widest <= width.parse().unwrap(), "{}", ran.text());
            }
        }
    }
}

#[test]
fn a_wrong_call_is_told_with_a_way_out() {
    let workshop = Workshop::new();
    fs::write(workshop.path("none.json"), "{}").unwrap();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    for (arguments, names) in [
        (vec!["check", "lake"], vec!["lake"]),
        (vec!["check", "s3://lake", "--to", "s3://other"], vec!["no bucket of OSS"]),
        (vec!["check", "s3://lake", "--summary", "missing.json"], vec!["missing.json"]),
        (vec!["check", "s3://lake", "--summary", "none.json"], vec!["not a summary"]),
        (
            vec!["check", "s3://other", "--summary", "summary.json"],
            vec!["is of s3://lake", "s3://other"],
        ),
        (vec!["check", "s3://lake", "--report", "report.pdf"], vec!["report.pdf"]),
        (vec!["check", "s3://lake", "--sas-token-file", "x"], vec!["--sas-token-file"]),
    ] {
        assert_told(&run(workshop.signed(&arguments)), 2, &names);
    }
}

#[test]
fn every_check_is_documented() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.md")).unwrap();
    let codes = CHECKS.iter().map(|check| check.id).chain(HAZARDS.iter().map(|hazard| hazard.code));
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{code} is not in docs/check.md");
    }
}
