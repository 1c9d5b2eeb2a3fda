//! S3-compatible services as a user meets them: named, recognised, and what their requests cost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use common::{Workshop, held, numbered, run, serve};
use serde_json::Value;
use weighbridge::simulator::{Given, GivenObject};

#[test]
fn a_provider_that_does_not_exist_is_answered_with_those_that_do() {
    let ran = Workshop::new().scan("http://127.0.0.1:9", &["--provider", "nimbus"]);
    ran.ends_with_code(2);
    for known in ["nimbus", "aws", "cloudflare", "seaweedfs", "other"] {
        assert!(ran.stderr.contains(known), "{known}: {}", ran.stderr);
    }
}

#[test]
fn the_service_is_named_in_summary_report_and_log() {
    let simulator = serve(&numbered(10), "");
    let workshop = Workshop::new();
    let more = ["-v", "-o", "s.json", "--report", "r.html", "--provider", "ceph"];
    let ran = workshop.scan(&simulator.endpoint(), &more);
    ran.ends_with_code(0);
    assert_eq!(workshop.summary("s.json")["service"], "ceph");
    assert!(ran.text().contains("s3 (ceph)"), "{}", ran.text());
    assert!(ran.stderr.contains("Ceph Object Gateway"), "{}", ran.stderr);
    let report = std::fs::read_to_string(workshop.path("r.html")).unwrap();
    assert!(report.contains("s3 (ceph)"));
}

#[test]
fn a_provider_without_order_is_walked_from_the_beginning() {
    let simulator = serve(&numbered(2_500), "page-limit=100");
    let workshop = Workshop::new();
    let more = ["-q", "-o", "s.json", "--provider", "storj"];
    workshop.scan(&simulator.endpoint(), &more).ends_with_code(0);
    let summary = workshop.summary("s.json");
    assert_eq!(common::totals(&summary).0, 2_500);
    assert!(summary["notes"][0].as_str().unwrap().contains("no order"), "{}", summary["notes"]);
}

#[test]
fn the_cost_of_requests_is_their_number_times_the_price() {
    let simulator = serve(&numbered(2_500), "");
    let workshop = Workshop::new();
    let requests = |more: &[&str]| -> Value {
        let arguments = [&["-q", "-o", "s.json", "--report", "r.md"], more].concat();
        workshop.scan(&simulator.endpoint(), &arguments).ends_with_code(0);
        workshop.summary("s.json")["requests"].clone()
    };
    // Where nobody knows a price, there is none: a server on loopback may call itself what it likes.
    let unknown = requests(&[]);
    assert_eq!((&unknown["usd_per_thousand"], &unknown["cost_usd"]), (&Value::Null, &Value::Null));

    let given = requests(&["--list-price", "40"]);
    let expected = given["list"].as_f64().unwrap() * 0.04;
    assert!(expected >= 0.12 && (given["cost_usd"].as_f64().unwrap() - expected).abs() < 1e-9);
    let report = std::fs::read_to_string(workshop.path("r.md")).unwrap();
    assert!(report.contains(&format!("about ${expected:.2}")), "{report}");

    let known = requests(&["--provider", "aws", "--region", "us-east-1"]);
    assert_eq!(known["usd_per_thousand"], 0.005);
    assert_eq!(requests(&["--provider", "wasabi"])["cost_usd"], 0.0);
}

#[test]
fn a_price_that_is_none_is_refused() {
    for price in ["cheap", "-1", "inf"] {
        let given = format!("--list-price={price}");
        let ran = Workshop::new().scan("http://127.0.0.1:9", &[&given]);
        ran.ends_with_code(2);
        assert!(ran.stderr.contains(price) && ran.stderr.contains("US dollars"), "{}", ran.stderr);
    }
}

/// Google reads objects of every class at once, also of the one that is named like archives elsewhere.
#[test]
fn an_archive_that_is_read_at_once_stands_in_nobodys_way() {
    let object = GivenObject { storage_class: b"ARCHIVE".to_vec(), ..GivenObject::new("a", 7) };
    let server = serve(&held(Given::new([object])), "");
    for (provider, archived) in [("gcs", false), ("other", true)] {
        let workshop = Workshop::new();
        let more =
            ["-q", "-o", "s.json", "-m", "m.csv", "--state", "state", "--provider", provider];
        workshop.scan(&server.endpoint(), &more).ends_with_code(0);
        let told = workshop.summary("s.json")["hazards"].to_string();
        assert_eq!(told.contains("OBJECT_ARCHIVED"), archived, "{provider}: {told}");
        for weighed in ["s.json", "state"] {
            let plan = ["jobs", weighed, "--manifest", "m.csv", "--to", "oss://copies/moved/"];
            let more = ["--region", "cn-hangzhou", "-o", "plan.json", "-q"];
            let planned = run(workshop.bare(&[&plan[..], &more].concat()));
            assert!(matches!(planned.code, Some(0 | 4)), "{}", planned.said());
            let plan = workshop.summary("plan.json").to_string();
            assert_eq!(plan.contains("OBJECT_ARCHIVED"), archived, "{provider}, {weighed}: {plan}");
        }
    }
}
