//! Stores that other people wrote, with contents known object by object. `scripts/test` starts them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::servers::{Object, Server, server};
use common::{Ran, Workshop, rows_in, run, totals};
use serde_json::Value;
use weighbridge::manifest::Row;
use weighbridge::object::KeyOrder;

fn listed(path: &Path) -> Vec<Object> {
    rows_in(path).into_iter().map(|Row { key, size, .. }| (key, size)).collect()
}

fn sums(objects: &[Object]) -> (u64, u128) {
    (objects.len() as u64, objects.iter().map(|object| u128::from(object.1)).sum())
}

fn below(objects: &[Object], prefix: &str) -> Vec<Object> {
    objects.iter().filter(|object| object.0.starts_with(prefix.as_bytes())).cloned().collect()
}

#[track_caller]
fn assert_same(found: &[Object], expected: &[Object], what: &str) {
    let shown = |object: &Object| object.0.escape_ascii().to_string();
    let missing: Vec<_> = expected
        .iter()
        .filter(|object| found.binary_search(object).is_err())
        .map(shown)
        .take(5)
        .collect();
    let foreign: Vec<_> = found
        .iter()
        .filter(|object| expected.binary_search(object).is_err())
        .map(shown)
        .take(5)
        .collect();
    assert!(
        missing.is_empty() && foreign.is_empty(),
        "{what}: missing {missing:?}, foreign {foreign:?}"
    );
    assert_eq!(found.len(), expected.len(), "{what}: number of rows");
}

/// Prefixes of the data set: the ten most common first directories and a few within names.
fn prefixes(objects: &[Object]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for object in objects.iter().step_by(objects.len() / 12) {
        let Ok(key) = std::str::from_utf8(&object.0) else { continue };
        let directory = key.find('/').map_or(key.len().min(3), |at| at + 1);
        for end in [directory, (directory + 2).min(key.len())] {
            if let Some(prefix) = key.get(..end).filter(|prefix| !prefix.is_empty()) {
                found.push(prefix.to_owned());
            }
        }
    }
    found.sort();
    found.dedup();
    // What the shell would not take in a location, the location does not take either.
    found.retain(|prefix| !prefix.contains(['\n', '\r', '\0', '?', '#']));
    found
}

/// A run is exact, or says that it is not.
#[track_caller]
fn assert_honest(workshop: &Workshop, ran: &Ran, expected: &[Object], what: &str) -> bool {
    if ran.code == Some(1) {
        // No result at all.
        return false;
    }
    let summary: Value = workshop.summary("s.json");
    if summary["complete"] == false {
        ran.ends_with_code(3);
        assert!(totals(&summary).0 < expected.len() as u64, "{what}");
        return false;
    }
    ran.ends_with_code(0);
    let mut rows = listed(&workshop.path("m.csv"));
    rows.sort();
    assert_same(&rows, expected, what);
    assert_eq!(totals(&summary), sums(expected), "{what}");
    true
}

/// What is to be expected of a server: that it is weighed exactly, or, where it is known to lose or repeat
/// keys, only that it is never weighed wrong.
struct Kind {
    /// The name of its script in `scripts/servers`, in capitals.
    name: &'static str,
    /// Whether every listing comes out whole.
    exact: bool,
    /// As what it is recognised by its answers, if it is.
    service: Option<&'static str>,
    /// How many requests at a time it is weighed with; a slow one once only.
    concurrencies: &'static [&'static str],
    /// More arguments that it needs.
    arguments: &'static [&'static str],
}

impl Kind {
    /// Weighs below a prefix and compares with the truth, as strictly as this server allows.
    #[track_caller]
    fn weigh(
        &self,
        server: &Server,
        workshop: &Workshop,
        prefix: &str,
        more: &[&str],
        expected: &[Object],
    ) {
        let more = [self.arguments, more].concat();
        let what = format!("{} below `{}` with {more:?}", self.name, prefix.escape_debug());
        let ran = server.scan(workshop, prefix, &more);
        let complete = assert_honest(workshop, &ran, expected, &what);
        assert!(complete || !self.exact, "{what}: not complete: {}", ran.said());
        if self.exact {
            let rows = listed(&workshop.path("m.csv"));
            let order = server.order();
            let in_order = rows.is_sorted_by(|left, right| order.precedes(&left.0, &right.0));
            assert!(in_order, "{what}: in the order of the keys");
        }
    }
}

fn weigh_whole(kind: &Kind) {
    let Some((server, objects)) = server(kind.name) else { return };
    let workshop = Workshop::new();
    for concurrency in kind.concurrencies {
        kind.weigh(&server, &workshop, "", &["-c", concurrency], &objects);
    }
    let summary = server.scan(&workshop, "", kind.arguments);
    assert!(summary.code.is_some());
    if kind.exact {
        assert_eq!(workshop.summary("s.json")["service"].as_str(), kind.service, "{}", kind.name);
    }
}

/// Ranges from any key, whether it exists or not, many at a time.
fn weigh_in_ranges(kind: &Kind) {
    let Some((server, objects)) = server(kind.name) else { return };
    let workshop = Workshop::new();
    cut_finely(&server, &workshop, &objects);
    for concurrency in kind.concurrencies {
        let more = ["--hints", "cuts/ledger.json", "-c", concurrency];
        kind.weigh(&server, &workshop, "", &more, &objects);
    }
}

fn weigh_tiny_pages(kind: &Kind) {
    let Some((server, objects)) = server(kind.name) else { return };
    let workshop = Workshop::new();
    // An odd number, so that pages end everywhere; one at a time where the names are nasty.
    kind.weigh(&server, &workshop, "", &["--page-size", "37", "-c", "16"], &objects);
    for prefix in ["order/", "dir", "p/", "bytes/"] {
        let expected = below(&objects, prefix);
        kind.weigh(&server, &workshop, prefix, &["--page-size", "1", "-c", "4"], &expected);
    }
}

fn weigh_prefixes(kind: &Kind) {
    let Some((server, objects)) = server(kind.name) else { return };
    let workshop = Workshop::new();
    cut_finely(&server, &workshop, &objects);
    for prefix in prefixes(&objects) {
        let expected = below(&objects, &prefix);
        for more in [&["-c", "8"][..], &["-c", "8", "--hints", "cuts/ledger.json"]] {
            kind.weigh(&server, &workshop, &prefix, more, &expected);
        }
    }
    let nothing = "there is nothing below this/";
    kind.weigh(&server, &workshop, nothing, &[], &[]);
}

fn go_on(kind: &Kind) {
    let Some((server, objects)) = server(kind.name) else { return };
    let workshop = Workshop::new();
    let small = ["-c", "4", "--page-size", "100"];
    let stopped = [kind.arguments, &small, &["--max-requests", "4"]].concat();
    server.scan(&workshop, "", &stopped).ends_with_code(3);
    let more = [kind.arguments, &small, &["--resume"]].concat();
    let ran = run(server.command(&workshop, "", &more));
    let complete = assert_honest(&workshop, &ran, &objects, kind.name);
    assert!(complete || !kind.exact, "{}", ran.said());
}

/// A ledger whose ranges cut the server's objects in many places, in the order in which it lists them.
fn cut_finely(server: &Server, workshop: &Workshop, objects: &[Object]) {
    let content = common::keys(objects.iter().map(|object| object.0.clone()));
    let options = common::with_state(common::options(64), &workshop.path("cuts"), false);
    let outcome = match server.order() {
        KeyOrder::Bytes => {
            let simulator = common::serve(&content, "page-limit=20");
            common::weigh_small(&simulator, 20, options).unwrap()
        }
        KeyOrder::Utf16 => {
            let simulator = common::azure::serve(&content, "page-limit=20");
            common::azure::weigh(&simulator, 20, options)
        }
    };
    assert!(outcome.ledger.ranges.len() > 20, "{} ranges", outcome.ledger.ranges.len());
}

macro_rules! conformance {
    ($($module:ident: $kind:expr;)*) => {$(
        mod $module {
            use super::*;

            const KIND: Kind = $kind;

            #[test]
            fn is_weighed_whole() {
                weigh_whole(&KIND);
            }

            #[test]
            fn is_weighed_in_ranges_from_any_key() {
                weigh_in_ranges(&KIND);
            }

            #[test]
            fn is_weighed_in_tiny_pages() {
                weigh_tiny_pages(&KIND);
            }

            #[test]
            fn is_weighed_below_prefixes() {
                weigh_prefixes(&KIND);
            }

            #[test]
            fn is_gone_on_with() {
                go_on(&KIND);
            }
        }
    )*};
}

/// A server of which nothing is wrong.
const SOUND: Kind =
    Kind { name: "", exact: true, service: None, concurrencies: &["1", "8", "32"], arguments: &[] };

conformance! {
    ceph: Kind { name: "RGW", ..SOUND };
    swift: Kind { name: "SWIFT", ..SOUND };
    // Lists in the order of directories; a start that names one skips all that is in it, and small pages
    // lose keys.
    seaweedfs: Kind { name: "SEAWEEDFS", exact: false, service: Some("seaweedfs"), ..SOUND };
    moto: Kind { name: "MOTO", concurrencies: &["8"], ..SOUND };
    juicefs: Kind { name: "JUICEFS", service: Some("minio"), concurrencies: &["8"], ..SOUND };
    rclone: Kind { name: "RCLONE", ..SOUND };
    // Lists by UTF-16 code units, as XML: it refuses the version that knows Arrow.
    azurite: Kind { name: "AZURITE", concurrencies: &["8"], ..SOUND };
    // Answers nothing at all to a start before the prefix; who tells what it is gets everything.
    garage: Kind {
        name: "GARAGE",
        service: Some("garage"),
        arguments: &["--provider", "garage"],
        ..SOUND
    };
    garage_untold: Kind { name: "GARAGE", exact: false, ..SOUND };
}

#[test]
fn azurite_is_weighed_by_xml_once_it_has_refused_arrow() {
    let Some((server, objects)) = server("AZURITE") else { return };
    let workshop = Workshop::new();
    let mut command = server.command(&workshop, "", &[]);
    command.env("WEIGHBRIDGE_LOG", "weighbridge=info");
    let ran = run(command);
    ran.ends_with_code(0);
    assert_eq!(totals(&workshop.summary("s.json")), sums(&objects));
    let told = ran.stderr.matches("listings come as XML").count();
    assert_eq!(told, 1, "{}", ran.said());
}

// --- what is billed beside the objects ----------------------------------------------------------------

/// Makes a bucket with a history on the server; what it holds, known from what was put.
fn with_history(config: &Path, bucket: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers/history.py");
    let mut command = Command::new("python3");
    command.arg(script).arg("put").arg("--config").arg(config).args(["--bucket", bucket]);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = assert_cmd::Command::from_std(command).timeout(common::PATIENCE).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn ceph_tells_all_that_is_billed() {
    let Some((mut server, _)) = server("RGW") else { return };
    let config = PathBuf::from(std::env::var_os("WEIGHBRIDGE_TEST_RGW").unwrap());
    // One of its own for each run: what it holds depends on every request that was ever made to it.
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let bucket = format!("history-{}-{}", std::process::id(), since.as_millis());
    let truth = with_history(&config, &bucket);
    server.bucket = bucket;

    let workshop = Workshop::new();
    let ran = server.scan(&workshop, "", &["--versions", "--uploads"]);
    ran.ends_with_code(0);
    let billed = &workshop.summary("s.json")["billed"];
    let (versions, uploads) = (&billed["versions"], &billed["uploads"]);
    assert_eq!(billed["complete"], true);
    assert_eq!(versions["listed"], truth["current"]);
    for (section, names) in [
        (versions, &["current", "noncurrent", "delete_markers", "current_delete_markers"][..]),
        (uploads, &["uploads", "parts", "bytes"]),
    ] {
        for name in names {
            assert_eq!(section[name], truth[name], "{name}");
        }
    }

    for page in [1, 7, 100] {
        let found = billed_by_pages(&server, page);
        let (versions, uploads) = (found.versions.unwrap(), found.uploads.unwrap());
        assert_eq!((&versions.missing[..], &uploads.missing[..]), (&[][..], &[][..]), "by {page}");
        let found = serde_json::json!({
            "current": versions.totals.current,
            "noncurrent": versions.totals.noncurrent.counts,
            "delete_markers": versions.totals.delete_markers,
            "current_delete_markers": versions.totals.current_delete_markers,
            "uploads": uploads.totals.uploads,
            "parts": uploads.totals.parts,
            "bytes": u64::try_from(uploads.totals.bytes).unwrap(),
        });
        assert_eq!(found, truth, "by {page}");
    }
}

/// The same with so many entries to a page, which everybody may list.
fn billed_by_pages(server: &Server, page: usize) -> weighbridge::scan::billed::BilledOutcome {
    use weighbridge::scan::billed::{BilledOptions, BilledScan, UploadsWeighed, VersionsListed};
    use weighbridge::scan::pace::PaceOptions;
    use weighbridge::store::{Quirks, Store, s3};
    common::runtime().block_on(async {
        let config = s3::S3Config {
            region: Some(server.region.clone()),
            endpoint_url: Some(server.endpoint.clone()),
            no_sign_request: true,
            quirks: Some(Quirks { page_limit: page, ..Quirks::default() }),
            ..s3::S3Config::new(&server.bucket)
        };
        let store: std::sync::Arc<dyn Store> =
            std::sync::Arc::new(s3::S3Store::connect(config).await.unwrap());
        let scanned = common::weigh_store(store.clone(), common::options(8)).await.unwrap();
        let wanted = BilledOptions {
            versions: Some(VersionsListed::All),
            uploads: Some(UploadsWeighed::All),
            ..Default::default()
        };
        let limits = PaceOptions { concurrency: 8, ..PaceOptions::default() };
        let location = format!("s3://{}", server.bucket);
        let billed = BilledScan::open(store, wanted, limits, location, Vec::new()).await.unwrap();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        billed.run(&scanned, stopped).await.unwrap()
    })
}

// --- checks before a migration ------------------------------------------------------------------------

/// A bucket of its own on the server, with everything that can be wrong with one, set by the official SDK.
async fn with_everything_wrong(server: &Server, bucket: &str) {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    use aws_sdk_s3::types::{
        BucketVersioningStatus, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
    };
    let (id, secret) = (&server.access_key_id, &server.secret_access_key);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&server.endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .build();
    let client = aws_sdk_s3::Client::from_conf(config);
    // What an earlier run left.
    let _ = client.delete_bucket_policy().bucket(bucket).send().await;
    let _ = client.create_bucket().bucket(bucket).send().await;
    client
        .put_object()
        .bucket(bucket)
        .key("/lead")
        .body(b"x".to_vec().into())
        .send()
        .await
        .unwrap();
    let versions =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let put = client.put_bucket_versioning().bucket(bucket).versioning_configuration(versions);
    put.send().await.unwrap();
    let rule = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id("k-1")
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(rule);
    let encryption =
        ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().unwrap();
    let put = client.put_bucket_encryption().bucket(bucket);
    put.server_side_encryption_configuration(encryption).send().await.unwrap();
    let arn = format!("arn:aws:s3:::{bucket}");
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "OfficeOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": [arn.clone(), arn + "/*"],
        "Condition": { "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }
    }] });
    let put = client.put_bucket_policy().bucket(bucket).policy(policy.to_string());
    put.send().await.unwrap();
}

fn checked(server: &Server, bucket: &str) -> std::collections::BTreeMap<String, String> {
    let workshop = Workshop::new();
    let mut command = workshop.bare(&["check", &format!("s3://{bucket}"), "-o", "checks.json"]);
    command
        .args(["--endpoint-url", &server.endpoint, "--region", &server.region])
        .env("AWS_ACCESS_KEY_ID", &server.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &server.secret_access_key);
    let ran = run(command);
    let checks = fs::read_to_string(workshop.path("checks.json"))
        .unwrap_or_else(|_| panic!("{}", ran.said()));
    let checks: Value = serde_json::from_str(&checks).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = checks["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(finding, "id"), text(finding, "verdict"))).collect()
}

#[test]
fn moto_is_checked_as_the_official_sdk_set_it() {
    const BUCKET: &str = "everything-wrong";
    let Some((server, _)) = server("MOTO") else { return };
    common::runtime().block_on(with_everything_wrong(&server, BUCKET));
    let found = checked(&server, BUCKET);
    for (id, verdict) in [
        ("SOURCE_CREDENTIALS", "ok"),
        ("SOURCE_LIST", "ok"),
        ("SOURCE_REGION", "ok"),
        ("SOURCE_IP_RESTRICTED", "blocker"),
        // moto keeps to the policy.
        ("SOURCE_READ", "blocker"),
        ("SOURCE_VERSIONING", "warning"),
        ("SOURCE_ENCRYPTION", "warning"),
        ("KEY_LEADING_SLASH", "blocker"),
        // It does not know the call, and lists the bucket.
        ("SOURCE_REQUESTER_PAYS", "unknown"),
    ] {
        assert_eq!(found.get(id).map(String::as_str), Some(verdict), "{id}: {found:?}");
    }
}

#[test]
fn ceph_answers_what_is_asked_before_a_migration() {
    let Some((server, _)) = server("RGW") else { return };
    let found = checked(&server, &server.bucket);
    for id in
        ["SOURCE_CREDENTIALS", "SOURCE_LIST", "SOURCE_READ", "SOURCE_POLICY", "SOURCE_VERSIONING"]
    {
        assert_eq!(found.get(id).map(String::as_str), Some("ok"), "{id}: {found:?}");
    }
}
