//! The summary is a format that others read: what it holds, what it refuses.

use weighbridge::filter::Dropped;
use weighbridge::object::{Object, Timestamp};
use weighbridge::summary::{Gap, Manifest, ReadError, Requests, RunFacts, Summary};
use weighbridge::tally::{Counts, Options, Tally};

const AS_OF: Timestamp = Timestamp(1_700_000_000_000);

fn tally() -> Tally {
    let mut tally = Tally::new(Options { prefix_bound: 3, ..Options::new(AS_OF) });
    let objects: [(&[u8], u64, &str); 6] = [
        (b"a/b/1", 10, "STANDARD"),
        (b"a/b/2", u64::MAX, "STANDARD"),
        (b"a/c/3", u64::MAX, "GLACIER"),
        (b"b/\xff/4", 0, "STANDARD"),
        (b"c/", 0, "STANDARD"),
        (b"c/d/e", 5, "STANDARD"),
    ];
    for (key, size, class) in objects {
        let modified = Timestamp(AS_OF.0 - 86_400_000);
        tally.add(&Object { key, size, modified, etag: b"", storage_class: class.as_bytes() });
    }
    tally
}

fn facts() -> RunFacts {
    RunFacts {
        tool_version: "1.2.3".into(),
        location: "s3://bucket/".into(),
        provider: "s3".into(),
        finished: Timestamp(AS_OF.0 + 2_500),
        elapsed_seconds: 2.5,
        filtered: Dropped { size: Counts { objects: 2, bytes: 9 }, ..Dropped::default() },
        requests: Some(Requests { list: 12, retried: 3, ..Requests::default() }),
        manifest: Some(Manifest {
            path: "m.csv".into(),
            format: "csv".into(),
            rows: 6,
            bytes: 600,
        }),
        ..RunFacts::default()
    }
}

#[test]
fn a_summary_survives_json_exactly() {
    let mut facts = facts();
    facts.incomplete = vec![Gap {
        lower: Some(b"b\xfe".to_vec().into()),
        upper: None,
        reason: "HTTP 500 five times".into(),
    }];
    let summary = Summary::from_parts(&tally(), facts);
    assert_eq!(Summary::from_json(&summary.to_json().unwrap()).unwrap(), summary);
    assert!(!summary.complete);
}

#[test]
fn totals_beyond_64_bits_are_written_as_integers() {
    let summary = Summary::from_parts(&tally(), facts());
    assert!(summary.complete);
    assert_eq!(summary.totals.bytes, u128::from(u64::MAX) * 2 + 15);
    assert!(summary.to_json().unwrap().contains("\"bytes\": 36893488147419103245"));
}

#[test]
fn documented_fields_are_where_readers_look_for_them() {
    let json = Summary::from_parts(&tally(), facts()).to_json().unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["schema"], "weighbridge.summary/1");
    assert_eq!(value["started"], "2023-11-14T22:13:20.000Z");
    assert_eq!(value["finished"], "2023-11-14T22:13:22.500Z");
    assert_eq!(value["totals"]["objects"], 6);
    assert_eq!(value["totals"]["zero_byte_objects"], 2);
    assert_eq!(value["totals"]["directory_markers"], 1);
    assert_eq!(value["filtered"]["size"]["objects"], 2);
    assert_eq!(value["requests"]["per_thousand_objects"], 2_000.0);
    assert_eq!(value["prefixes"]["dropped_from"], 2);
    assert_eq!(value["prefixes"]["depths"][0]["top_by_objects"][0]["prefix"], "a/");
    assert_eq!(value["largest"][0]["key"], "a/b/2");
    assert_eq!(value["hazards"][0]["code"], "KEY_NOT_UTF8");
    assert_eq!(value["hazards"][0]["examples"][0]["key"]["base64"], "Yi//LzQ=");
    assert_eq!(value["digest"].as_str().map(str::len), Some(32));
}

#[test]
fn an_interrupted_run_is_not_complete() {
    let summary = Summary::from_parts(&tally(), RunFacts { interrupted: true, ..facts() });
    assert!(!summary.complete);
}

#[test]
fn an_empty_bucket_has_a_summary() {
    let summary = Summary::from_parts(&Tally::new(Options::new(AS_OF)), RunFacts::default());
    assert_eq!((summary.totals.objects, summary.totals.mean), (0, None));
    assert!(summary.sizes.percentiles.is_empty());
    assert_eq!(Summary::from_json(&summary.to_json().unwrap()).unwrap(), summary);
}

#[test]
fn unknown_fields_are_ignored_and_missing_optional_ones_default() {
    let json = Summary::from_parts(&tally(), facts()).to_json().unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
    value["totals"]["bytes"] = 15.into(); // `Value` holds no 128-bit integers
    value["a_later_field"] = serde_json::json!({"x": [1, 2]});
    for class in ["sizes", "ages", "storage_classes"] {
        value[class]["classes"] = serde_json::json!([]);
    }
    value["prefixes"]["depths"] = serde_json::json!([]);
    for field in ["filtered", "filters", "requests", "manifest", "hazards", "largest", "region"] {
        value.as_object_mut().unwrap().remove(field);
    }
    let summary = Summary::from_json(&value.to_string()).unwrap();
    assert_eq!(summary.requests, None);
}

#[test]
fn other_versions_and_other_files_are_refused_by_name() {
    let refused = |json: &str| Summary::from_json(json).unwrap_err();
    assert!(matches!(
        refused(r#"{"schema": "weighbridge.summary/2"}"#),
        ReadError::OtherVersion { found } if found == "2"
    ));
    assert!(matches!(
        refused(r#"{"schema": "weighbridge.ledger/1"}"#),
        ReadError::OtherSchema { .. }
    ));
    assert!(matches!(refused("{}"), ReadError::OtherSchema { .. }));
    assert!(matches!(refused(r#"{"schema": "weighbridge.summary/1"}"#), ReadError::Malformed(_)));
    assert!(matches!(refused("objects,bytes"), ReadError::Malformed(_)));
}
