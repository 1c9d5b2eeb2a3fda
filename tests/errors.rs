//! What goes wrong before anything is counted is told in one sentence, with the way out and the right code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use common::{
    Held, Workshop, answering, assert_told, config, numbered, rows_of, run, scan_arguments, serve,
    start, sums, totals,
};
use weighbridge::simulator::{Credential, DEFAULT_SECRET, Simulator, SimulatorConfig};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

/// A server that wants signatures.
fn guarded(content: &Held, behaviour: &str) -> SimulatorConfig {
    SimulatorConfig { anonymous: false, ..config(content, behaviour) }
}

fn guarded_server() -> Simulator {
    start(guarded(&numbered(10), ""))
}

fn scan_of(workshop: &Workshop, location: &str, endpoint: &str) -> Command {
    workshop.signed(&["scan", location, "--endpoint-url", endpoint])
}

// --- the store --------------------------------------------------------------------------------------

#[test]
fn a_bucket_that_does_not_exist() {
    let server = guarded_server();
    let ran = run(scan_of(&Workshop::new(), "s3://missing/x", &server.endpoint()));
    assert_told(&ran, FAILED, &["s3://missing/x", "NoSuchBucket", "--endpoint-url"]);
    assert_eq!(server.counters().requests, 1, "there is no point in asking again");
}

#[test]
fn a_wrong_secret() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
    command.env("AWS_SECRET_ACCESS_KEY", "another-secret-altogether");
    let ran = run(command);
    assert_told(&ran, FAILED, &["s3://b", "SignatureDoesNotMatch", "secret", "--profile"]);
    assert!(!ran.said().contains("another-secret-altogether"), "{}", ran.said());
}

#[test]
fn a_key_id_that_nobody_knows() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
    command.env("AWS_ACCESS_KEY_ID", "AKIANOBODY");
    assert_told(&run(command), FAILED, &["s3://b", "InvalidAccessKeyId", "key id"]);
}

#[test]
fn a_bucket_that_may_not_be_listed() {
    let mut config = guarded(&numbered(10), "");
    config.buckets.get_mut("b").unwrap().denied = true;
    let server = start(config);
    let ran = run(scan_of(&Workshop::new(), "s3://b", &server.endpoint()));
    assert_told(&ran, FAILED, &["s3://b", "AccessDenied", "s3:ListBucket", "--no-sign-request"]);
}

#[test]
fn a_bucket_that_is_not_public() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
    command.arg("--no-sign-request");
    assert_told(&run(command), FAILED, &["s3://b", "AccessDenied"]);
}

#[test]
fn no_credentials_at_all() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let ran = run(workshop.bare(&scan_arguments(&server.endpoint(), &[])));
    assert_told(&ran, FAILED, &["s3://b", "AWS_ACCESS_KEY_ID", "--no-sign-request"]);
    assert_eq!(server.counters().requests, 0, "nothing is sent");
}

#[test]
fn a_profile_that_does_not_exist() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let ran = run(workshop.bare(&scan_arguments(&server.endpoint(), &["--profile", "nobody"])));
    assert_told(&ran, FAILED, &["profile `nobody`"]);
}

#[test]
fn a_profile_with_credentials_is_found() {
    let content = numbered(1_100);
    let server = start(guarded(&content, ""));
    let workshop = Workshop::new();
    fs::create_dir(workshop.path(".aws")).unwrap();
    let text = format!(
        "[backup]\naws_access_key_id = weighbridge\naws_secret_access_key = {DEFAULT_SECRET}\n"
    );
    fs::write(workshop.path(".aws/credentials"), text).unwrap();
    let more = ["--profile", "backup", "-o", "s.json"];
    run(workshop.bare(&scan_arguments(&server.endpoint(), &more))).ends_with_code(0);
    assert_eq!(totals(&workshop.summary("s.json")), sums(&rows_of(&content)));
}

#[test]
fn a_session_token_that_is_wrong_or_missing() {
    let mut config = guarded(&numbered(10), "");
    config.credentials =
        vec![Credential { session_token: Some("the-right-token".into()), ..Credential::default() }];
    let server = start(config);
    for token in [Some("an-expired-token"), None] {
        let workshop = Workshop::new();
        let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
        if let Some(token) = token {
            command.env("AWS_SESSION_TOKEN", token);
        }
        let ran = run(command);
        assert_told(&ran, FAILED, &["s3://b", "InvalidToken", "session token"]);
        assert!(!ran.said().contains("an-expired-token"), "{}", ran.said());
    }
    let workshop = Workshop::new();
    let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
    command.env("AWS_SESSION_TOKEN", "the-right-token").arg("-q");
    run(command).ends_with_code(0);
}

#[test]
fn another_region_is_found_without_being_told() {
    let content = numbered(1_200);
    let mut config = guarded(&content, "");
    config.buckets.get_mut("b").unwrap().region = "eu-central-1".into();
    let server = start(config);
    let workshop = Workshop::new();
    for flags in [vec!["-o", "s.json"], vec!["-o", "s.json", "--region", "ap-south-1"]] {
        workshop.scan(&server.endpoint(), &flags).ends_with_code(0);
        let summary = workshop.summary("s.json");
        assert_eq!(totals(&summary), sums(&rows_of(&content)));
        assert_eq!(summary["region"], "eu-central-1");
    }
}

#[test]
fn a_clock_that_is_wrong_is_corrected() {
    let content = numbered(1_200);
    let workshop = Workshop::new();
    for clock in ["20m", "-20m", "30h", "-30h"] {
        let server = start(guarded(&content, &format!("clock={clock}")));
        workshop.scan(&server.endpoint(), &["-o", "s.json", "--no-hedging"]).ends_with_code(0);
        let summary = workshop.summary("s.json");
        assert_eq!(totals(&summary), sums(&rows_of(&content)), "{clock}");
        let counters = server.counters();
        assert!(counters.refused > 0, "{clock}");
        assert_eq!(summary["requests"]["list"], counters.lists + counters.refused, "{clock}");
        assert_eq!(summary["requests"]["retried"], counters.refused, "{clock}");
    }
}

// --- the way to the store ---------------------------------------------------------------------------

#[test]
fn a_port_that_nobody_listens_on() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let ran = run(scan_of(&Workshop::new(), "s3://b", &format!("http://127.0.0.1:{port}")));
    assert_told(&ran, FAILED, &["s3://b", "127.0.0.1", &port.to_string(), "reachable"]);
}

#[test]
fn a_host_that_does_not_resolve() {
    let ran = run(scan_of(&Workshop::new(), "s3://b", "http://nonexistent.invalid"));
    assert_told(&ran, FAILED, &["s3://b", "cannot resolve `nonexistent.invalid`", "host name"]);
}

#[test]
fn tls_with_a_port_that_speaks_none() {
    let server = guarded_server();
    let endpoint = server.endpoint().replace("http://", "https://");
    let ran = run(scan_of(&Workshop::new(), "s3://b", &endpoint));
    assert_told(&ran, FAILED, &["s3://b", "TLS", "http://"]);
}

#[test]
fn a_web_page_in_place_of_a_listing() {
    let endpoint = answering("200 OK", "<!DOCTYPE html><html><body>Welcome!</body></html>");
    let ran = run(scan_of(&Workshop::new(), "s3://b", &endpoint));
    assert_told(&ran, FAILED, &["s3://b", "not a listing", "object store"]);
}

#[test]
fn a_server_that_knows_no_buckets() {
    for (status, names) in [
        ("404 Not Found", ["s3://b", "Not Found", "404"]),
        ("403 Forbidden", ["s3://b", "Forbidden", "403"]),
        ("405 Method Not Allowed", ["s3://b", "Method Not Allowed", "405"]),
    ] {
        let endpoint = answering(status, "<html><body>nothing here</body></html>");
        let ran = run(scan_of(&Workshop::new(), "s3://b", &endpoint));
        assert_told(&ran, FAILED, &names);
    }
}

#[test]
fn a_server_cannot_steer_the_terminal() {
    let told = "<Error><Code>AccessDenied</Code><Message>no\u{1b}[2J\u{9b}31m\u{202e}way</Message></Error>";
    let endpoint = answering("403 Forbidden", told);
    let ran = run(scan_of(&Workshop::new(), "s3://b", &endpoint));
    assert_told(&ran, FAILED, &["no\\x1b[2J\\u{9b}31m\\u{202e}way"]);
}

#[test]
fn an_endpoint_that_is_no_url() {
    for endpoint in ["localhost", "127.0.0.1:9000", "ftp://127.0.0.1", "http://", "http://h/?x=1"] {
        let ran = run(scan_of(&Workshop::new(), "s3://b", endpoint));
        assert_told(&ran, USAGE, &["endpoint"]);
    }
}

#[test]
fn a_login_in_the_endpoint_is_not_repeated() {
    let ran = run(scan_of(&Workshop::new(), "s3://b", "http://admin:hunter2@127.0.0.1:9"));
    assert_told(&ran, USAGE, &["login"]);
    assert!(!ran.said().contains("hunter2"), "{}", ran.said());
}

// --- the command line -------------------------------------------------------------------------------

#[test]
fn what_is_no_location() {
    for (location, names) in [
        ("ftp://x", ["ftp://x", "unknown scheme `ftp`", "s3://BUCKET/PREFIX"]),
        ("bucket", ["bucket", "no scheme", "s3://bucket"]),
        ("bucket/logs/", ["bucket/logs/", "no scheme", "s3://bucket/logs/"]),
        ("s3://", ["s3://", "names no bucket", "s3://BUCKET/PREFIX"]),
        ("/srv/data", ["/srv/data", "local path", "bucket"]),
        ("./data", ["./data", "local path", "bucket"]),
        ("s3a://b/x", ["s3a://b/x", "unknown scheme", "s3://b/x"]),
        ("http://minio:9000/b", ["http://minio:9000/b", "unknown scheme", "AWS_ENDPOINT_URL"]),
        ("", ["location", "is empty", "s3://BUCKET/PREFIX"]),
        ("demo:mixed?objects=many", ["objects", "`many`", "10k"]),
        ("demo:nosuchshape", ["nosuchshape", "there is no shape", "hex"]),
    ] {
        let ran = run(Workshop::new().signed(&["scan", location]));
        assert_told(&ran, USAGE, &names);
    }
}

#[test]
fn a_signature_in_the_location_is_not_repeated() {
    let signed = "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA&X-Amz-Signature=5ec2e7";
    let ran = run(Workshop::new().signed(&["scan", signed]));
    assert_told(&ran, USAGE, &["credentials"]);
    assert!(!ran.said().contains("5ec2e7"), "{}", ran.said());
}

#[test]
fn outputs_that_cannot_be_written_are_told_before_anything_is_asked() {
    let server = serve(&numbered(10), "");
    let workshop = Workshop::new();
    fs::create_dir(workshop.path("folder")).unwrap();
    fs::write(workshop.path("protected"), "a file that is no folder").unwrap();
    for flags in [
        ["--output", "missing/summary.json"],
        ["--manifest", "missing/objects.csv"],
        ["--report", "missing/report.html"],
        ["--output", "folder"],
        ["--output", "protected/summary.json"],
        ["--report", "protected/report.html"],
    ] {
        let ran = workshop.scan(&server.endpoint(), &flags);
        assert_told(&ran, FAILED, &[flags[1], "folder"]);
    }
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn names_that_say_no_form() {
    let server = serve(&numbered(10), "");
    let workshop = Workshop::new();
    for (flag, name, way_out) in [
        ("--manifest", "objects.parquet", ".csv"),
        ("--manifest", "objects", ".csv"),
        ("--manifest", "objects.csv.bz2", ".csv"),
        ("--report", "report.pdf", ".html"),
    ] {
        let ran = workshop.scan(&server.endpoint(), &[flag, name]);
        assert_told(&ran, USAGE, &[name, way_out]);
    }
    let stdout = workshop.scan(&server.endpoint(), &["-m", "-", "--manifest-format", "xlsx"]);
    assert_told(&stdout, USAGE, &["xlsx"]);
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn filters_that_cannot_be_read() {
    let server = serve(&numbered(10), "");
    for (flag, value, names) in [
        ("--min-size", "10XB", ["min-size", "10XB", "MiB"]),
        ("--max-size", "-1", ["max-size", "-1", "MiB"]),
        ("--include", "[a", ["include", "[a", "\\"]),
        ("--exclude", "{a,b", ["exclude", "{a,b", "\\"]),
        ("--modified-since", "yesterday", ["modified-since", "yesterday", "30d"]),
        ("--modified-before", "2026-13-01", ["modified-before", "2026-13-01", "2026-01-31"]),
        ("--modified-since", "2026-01-31T12:00:00", ["modified-since", "2026-01-31T12:00:00", "Z"]),
        ("--storage-class", "", ["storage-class", "empty", "STANDARD"]),
    ] {
        let argument = format!("{flag}={value}");
        let ran = Workshop::new().scan(&server.endpoint(), &[&argument]);
        assert_told(&ran, USAGE, &names);
    }
    let both = ["--min-size", "2MB", "--max-size", "1MB"];
    let ran = Workshop::new().scan(&server.endpoint(), &both);
    assert_told(&ran, USAGE, &["min-size", "2MB", "max-size", "1MB"]);
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn numbers_that_cannot_be_read() {
    for (flag, value, names) in [
        ("--max-requests", "many", ["--max-requests", "many", "10k"]),
        ("--prefixes", "1.5", ["--prefixes", "1.5", "10k"]),
        ("--checkpoint-every", "5", ["--checkpoint-every", "5", "30d"]),
    ] {
        let ran = run(Workshop::new().signed(&["scan", "s3://b", flag, value]));
        assert_told(&ran, USAGE, &names);
    }
}

#[test]
fn numbers_that_are_no_amounts() {
    for (flag, example) in [("--max-rps", "0.5"), ("--list-price", "0.005")] {
        for value in ["1e999", "-1", "NaN", "inf", "-1e-999999x"] {
            let argument = format!("{flag}={value}");
            let ran = run(Workshop::new().signed(&["scan", "s3://b", &argument]));
            ran.ends_with_code(USAGE);
            let told = [flag, value, example].iter().all(|part| ran.stderr.contains(part));
            assert!(told && ran.stdout.is_empty(), "{argument}: {}", ran.said());
        }
    }
}

#[test]
fn flags_that_do_not_exist() {
    for arguments in
        [&["scan", "s3://b", "--concurency", "4"][..], &["scan"], &["wiegh", "s3://b"], &[]]
    {
        let ran = run(Workshop::new().signed(arguments));
        ran.ends_with_code(USAGE);
        assert!(ran.stdout.is_empty(), "{}", ran.said());
        assert!(ran.stderr.contains("Usage:") || ran.stderr.contains("--help"), "{}", ran.stderr);
    }
    let typo = run(Workshop::new().signed(&["scan", "s3://b", "--concurency", "4"]));
    assert!(typo.stderr.contains("--concurrency"), "what was meant: {}", typo.stderr);
}

#[test]
fn nothing_to_resume() {
    let server = serve(&numbered(10), "");
    let workshop = Workshop::new();
    for flags in [
        &["--resume"][..],
        &["--resume", "-o", "-"],
        &["--resume", "-m", "-"],
        &["--resume", "-m", "-", "--state", "s"],
    ] {
        let ran = workshop.scan(&server.endpoint(), flags);
        assert_told(&ran, USAGE, &["resume"]);
    }
    assert_eq!(server.counters().requests, 0);
}

#[test]
fn hints_that_are_no_ledger() {
    let server = serve(&numbered(10), "");
    let workshop = Workshop::new();
    fs::write(workshop.path("no.json"), "{}").unwrap();
    for name in ["no.json", "missing.json"] {
        let ran = workshop.scan(&server.endpoint(), &["--hints", name]);
        assert_told(&ran, USAGE, &[name, "--hints"]);
    }
}

#[test]
fn a_configuration_file_that_cannot_be_used() {
    let workshop = Workshop::new();
    for (text, name) in
        [("regoin = 'x'", "regoin"), ("region =", "TOML"), ("[scan]\nconcurency = 3", "concurency")]
    {
        fs::write(workshop.path("weighbridge.toml"), text).unwrap();
        let ran = run(workshop.signed(&["scan", "s3://b"]));
        ran.ends_with_code(USAGE);
        assert!(
            ran.stderr.starts_with("error: the configuration file `weighbridge.toml`"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
    let mut command = workshop.signed(&["scan", "s3://b"]);
    command.env("WEIGHBRIDGE_CONFIG", "elsewhere.toml");
    let ran = run(command);
    ran.ends_with_code(USAGE);
    assert!(ran.stderr.contains("`elsewhere.toml` cannot be read"), "{}", ran.stderr);
}

#[test]
fn a_script_or_manual_that_nobody_reads_to_its_end_is_no_failure() {
    for call in [&["completions", "bash"][..], &["man"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let workshop = Workshop::new();
        let mut command = workshop.bare(call);
        let ended = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), &*said), (Some(0), ""));
    }
}

#[test]
fn a_failed_scan_leaves_nothing_behind() {
    let server = guarded_server();
    let workshop = Workshop::new();
    let more = ["-m", "objects.csv", "-o", "summary.json", "--endpoint-url"];
    let mut command = workshop.signed(&["scan", "s3://missing"]);
    command.args(more).arg(server.endpoint());
    run(command).ends_with_code(FAILED);
    let left: Vec<_> =
        fs::read_dir(workshop.path("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nothing_secret_is_told_however_much_is_told() {
    let server = start(guarded(&numbered(2_000), "error-500=0.3,page-limit=100"));
    let workshop = Workshop::new();
    let mut command = scan_of(&workshop, "s3://b", &server.endpoint());
    command.arg("-vv").env("AWS_SESSION_TOKEN", "");
    let ran = run(command);
    ran.ends_with_code(0);
    assert!(!ran.said().contains("Signature="), "{}", ran.said());
}
