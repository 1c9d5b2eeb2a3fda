//! What a user learns before anything is listed: `weighbridge sources` and `scan --dry-run`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;

use common::{Ran, Workshop, numbered, run, scan_arguments, serve};
use serde_json::Value;
use weighbridge::report::display_width;

/// Keys in all the places that are looked at.
fn with_keys(workshop: &Workshop, arguments: &[&str]) -> Ran {
    let home = workshop.path(".ks3");
    fs::create_dir_all(&home).unwrap();
    fs::write(
        home.join("credentials"),
        "[default]\naccess_key_id = KS3KEYID00001234\nsecret_access_key = SECRETks3\n",
    )
    .unwrap();
    let mut command = workshop.bare(arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "SECRETaws")
        .env("OSS_ACCESS_KEY_ID", "OSSKEYID00005678")
        .env("OSS_ACCESS_KEY_SECRET", "SECREToss")
        .env("AZURE_STORAGE_KEY", "SECRETazure")
        .env("NO_COLOR", "1");
    let ran = run(command);
    assert!(!ran.said().contains("SECRET"), "{}", ran.said());
    assert!(!ran.said().contains("AKIAIOSF"), "the whole id: {}", ran.said());
    ran
}

#[test]
fn sources_tell_which_keys_were_found_and_from_where() {
    let ran = with_keys(&Workshop::new(), &["sources"]);
    ran.ends_with_code(0);
    let text = ran.text();
    for told in [
        "key …MPLE from the environment (AWS_ACCESS_KEY_ID)",
        "key …1234 from section `default` of",
        "key …5678 from the environment (OSS_ACCESS_KEY_ID)",
        "the environment (AZURE_STORAGE_KEY)",
        "seaweedfs",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains('\x1b'));
    for line in text.lines() {
        assert!(display_width(line) <= 80, "{line}");
    }
}

#[test]
fn sources_tell_what_to_do_where_there_are_no_keys_or_half_of_one() {
    let workshop = Workshop::new();
    let mut command = workshop.bare(&["sources"]);
    command.env("KS3_ACCESS_KEY_ID", "KS3KEYID00001234");
    let ran = run(command);
    ran.ends_with_code(0);
    let text = ran.text();
    for told in ["none found", "AWS_SECRET_ACCESS_KEY", "KS3_ACCESS_KEY_ID and not", "none needed"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn sources_are_told_to_programs_too() {
    let workshop = Workshop::new();
    with_keys(&workshop, &["sources", "-o", "sources.json"]).ends_with_code(0);
    let told: Value = workshop.summary("sources.json");
    assert_eq!(told["schema"], "weighbridge.sources/1");
    let schemes: Vec<&str> = told["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["scheme"].as_str().unwrap())
        .collect();
    assert_eq!(schemes, ["s3", "ks3", "oss", "azure", "demo"]);
    assert_eq!(told["sources"][0]["credentials"]["key_id_end"], "MPLE");
    assert_eq!(told["sources"][3]["listing"]["order"], "UTF-16");
    let text = fs::read_to_string(workshop.path("sources.json")).unwrap();
    assert!(!text.contains("SECRET") && !text.contains("AKIAIOSF"));

    let ran = with_keys(&workshop, &["sources", "-o", "-"]);
    assert!(serde_json::from_slice::<Value>(&ran.stdout).is_ok(), "{}", ran.text());
}

#[test]
fn a_dry_run_asks_once_and_writes_nothing() {
    let simulator = serve(&numbered(2_500), "");
    let endpoint = simulator.endpoint();
    let workshop = Workshop::new();
    let more =
        ["--dry-run", "-o", "s.json", "-m", "m.csv.gz", "--report", "r.html", "--explain", "why"];
    let ran = workshop.scan(&endpoint, &more);
    ran.ends_with_code(0);
    let text = ran.text();
    for told in [
        "s3://b",
        endpoint.as_str(),
        "simulator",
        // Four characters of so short an id would be too much of it.
        "  the environment (AWS_ACCESS_KEY_ID)",
        "1,000 a page",
        "ranges of keys",
        "`s.json`",
        "`m.csv.gz` (csv.gz)",
        "`r.html`",
        "m.csv.gz.weighbridge",
        "1 came, and more follow",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(simulator.counters().lists, 1);
    assert_eq!(fs::read_dir(workshop.path("")).unwrap().count(), 0, "nothing is written");
}

#[test]
fn a_dry_run_fails_as_the_scan_would() {
    let simulator = serve(&numbered(10), "");
    let workshop = Workshop::new();
    let endpoint = simulator.endpoint();
    for more in
        [&["--provider", "nimbus"][..], &["-m", "no/such/folder/m.csv"], &["--min-size", "big"]]
    {
        let code = workshop.scan(&endpoint, more).code;
        assert_ne!(code, Some(0));
        assert_eq!(workshop.scan(&endpoint, &[more, &["--dry-run"]].concat()).code, code);
    }
    let mut arguments = scan_arguments(&endpoint, &["--dry-run"]);
    arguments[1] = "s3://elsewhere";
    let ran = run(workshop.signed(&arguments));
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
    let ran = workshop.scan("http://127.0.0.1:9", &["--dry-run"]);
    ran.ends_with_code(1);
}
