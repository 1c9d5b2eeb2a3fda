//! What is billed beside the current objects: every version exactly once, every upload with its parts,
//! whatever the server does on the way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use common::{
    BUCKET, Held, Ran, Workshop, awkward, config, keys, numbered, options, run, runtime, start,
    store,
};
use std::sync::Arc;

use serde_json::Value;
use weighbridge::scan::billed::{
    BilledOptions, BilledOutcome, BilledScan, UploadsWeighed, VersionsListed,
};
use weighbridge::scan::pace::PaceOptions;
use weighbridge::simulator::{
    DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, History, HistoryTotals, Simulator, account_key,
};
use weighbridge::store::azure::{self, AzureAccess, AzureConfig, AzureStore, Secret};
use weighbridge::store::{Quirks, Store};

const HISTORY: History = History { versions: 5, deleted: 0.2, uploads: 60, seed: 11 };

fn serve(content: &Held, history: History, behaviour: &str) -> Simulator {
    let mut config = config(content, behaviour);
    config.buckets.get_mut(BUCKET).unwrap().history = history;
    start(config)
}

/// Scans and lists what is billed, with so many entries to a page.
fn weigh(simulator: &Simulator, prefix: &str, page: usize, asked: BilledOptions) -> BilledOutcome {
    runtime().block_on(async {
        let quirks = Quirks { page_limit: page, ..Quirks::default() };
        let store = store(simulator, Some(quirks)).await;
        weigh_in(store, prefix, asked).await
    })
}

async fn weigh_in(store: Arc<dyn Store>, prefix: &str, asked: BilledOptions) -> BilledOutcome {
    let mut options = options(8);
    options.prefix = prefix.into();
    let scanned = common::weigh_store(store.clone(), options).await.unwrap();
    let limits = PaceOptions { concurrency: 8, ..PaceOptions::default() };
    let location = format!("s3://{BUCKET}/{prefix}");
    let billed = BilledScan::open(store, asked, limits, location, prefix.into()).await.unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    billed.run(&scanned, stopped).await.unwrap()
}

fn all() -> BilledOptions {
    BilledOptions {
        versions: Some(VersionsListed::All),
        uploads: Some(UploadsWeighed::All),
        ..BilledOptions::default()
    }
}

#[track_caller]
fn assert_exact(found: &BilledOutcome, truth: &HistoryTotals, what: &str) {
    let versions = found.versions.as_ref().unwrap();
    let uploads = found.uploads.as_ref().unwrap();
    assert!(found.is_complete(), "{what}: {:?} {:?}", versions.missing, uploads.missing);
    let totals = &versions.totals;
    let counts = |counts: weighbridge::tally::Counts| (counts.objects, counts.bytes);
    assert_eq!(counts(totals.current), truth.current, "{what}: current");
    assert_eq!(counts(totals.noncurrent.counts), truth.noncurrent, "{what}: noncurrent");
    assert_eq!(totals.noncurrent.oldest, truth.oldest_noncurrent, "{what}: oldest");
    assert_eq!(totals.delete_markers, truth.delete_markers, "{what}: delete markers");
    assert_eq!(
        totals.current_delete_markers, truth.current_delete_markers,
        "{what}: current delete markers"
    );
    assert_eq!(uploads.totals.uploads, truth.uploads, "{what}: uploads");
    assert_eq!((uploads.totals.parts, uploads.totals.bytes), truth.parts, "{what}: parts");
    assert_eq!(uploads.estimate, None, "{what}");
}

#[test]
fn versions_and_uploads_are_exact_at_any_page_size() {
    let content = numbered(3_000);
    let truth = HISTORY.totals(content.as_ref(), b"");
    assert!(truth.noncurrent.0 > 5_000 && truth.current_delete_markers > 400);
    let simulator = serve(&content, HISTORY, "");
    for page in [1_000, 97, 13] {
        let found = weigh(&simulator, "", page, all());
        assert_exact(&found, &truth, &format!("pages of {page}"));
        assert!(found.requests.list > truth.uploads);
    }
}

#[test]
fn only_what_is_below_the_prefix_counts() {
    let content = numbered(3_000);
    for prefix in ["d1/", "d2/e3/", "d0/e0/k0000", "nothing"] {
        let simulator = serve(&content, HISTORY, "");
        let truth = HISTORY.totals(content.as_ref(), prefix.as_bytes());
        assert_exact(&weigh(&simulator, prefix, 50, all()), &truth, prefix);
    }
}

#[test]
fn a_bucket_without_versioning_has_its_objects_and_nothing_else() {
    let content = numbered(500);
    let simulator = serve(&content, History::default(), "");
    let truth = History::default().totals(content.as_ref(), b"");
    assert_eq!((truth.noncurrent.0, truth.uploads), (0, 0));
    assert_exact(&weigh(&simulator, "", 100, all()), &truth, "unversioned");
}

#[test]
fn keys_of_every_kind_keep_their_versions() {
    let names =
        ["a b", "a+b", "a%2Bb", "%zz", "é", "日本", "a&<>\"'", "a/../b", "//", "/", "?x=1", "null"];
    let content = keys(names);
    let simulator = serve(&content, HISTORY, "");
    let truth = HISTORY.totals(content.as_ref(), b"");
    assert_exact(&weigh(&simulator, "", 3, all()), &truth, "nasty keys");
}

#[test]
fn faults_on_the_way_change_no_figure() {
    let content = numbered(700);
    let truth = HISTORY.totals(content.as_ref(), b"");
    for behaviour in [
        "error-500=0.05,slow-down=0.05",
        "reset=0.05,cut-body=0.05,truncated-xml=0.05,error-in-200=0.05",
        "short-page=0.4",
        "unordered-page=0.05,repeated-page=0.05,repeated-token=0.05",
        "start-after-inclusive",
        "no-encoding-type",
        "truncated-end=0.3",
        "page-limit=7,short-page=0.2",
    ] {
        let simulator = serve(&content, HISTORY, behaviour);
        assert_exact(&weigh(&simulator, "", 40, all()), &truth, behaviour);
    }
}

#[test]
fn what_cannot_be_listed_is_named_and_the_rest_is_a_lower_bound() {
    let content = numbered(3_000);
    let truth = HISTORY.totals(content.as_ref(), b"");
    // The scan is spared: it is over before anything fails.
    let whole = serve(&content, HISTORY, "");
    let failing = serve(&content, HISTORY, "fail-key=d2%2Fe3%2Fk01702");
    let found = runtime().block_on(async {
        let quirks = Quirks { page_limit: 40, ..Quirks::default() };
        let scanned = common::weigh_store(store(&whole, Some(quirks.clone())).await, options(8))
            .await
            .unwrap();
        let store = store(&failing, Some(quirks)).await;
        let limits = PaceOptions { concurrency: 8, ..PaceOptions::default() };
        let wanted =
            BilledOptions { versions: Some(VersionsListed::All), ..BilledOptions::default() };
        let billed =
            BilledScan::open(store, wanted, limits, "s3://b".into(), Vec::new()).await.unwrap();
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        billed.run(&scanned, stopped).await.unwrap()
    });
    assert!(!found.is_complete());
    let versions = found.versions.unwrap();
    let [missing] = &versions.missing[..] else { panic!("{:?}", versions.missing) };
    assert!(missing.reason.contains("InternalError"), "{}", missing.reason);
    let inside = |key: &[u8]| {
        missing.after.as_deref().is_none_or(|after| after < key)
            && missing.through.as_deref().is_none_or(|through| key <= through)
    };
    assert!(inside(b"d2/e3/k01702") && !inside(b"d0/e0/k00000"));
    assert!(versions.totals.current.objects < truth.current.0);
    assert!(versions.totals.current.objects > truth.current.0 / 2);
}

#[test]
fn many_uploads_are_sampled_and_said_to_be() {
    let content = numbered(300);
    let history = History { uploads: 3_000, ..HISTORY };
    let truth = history.totals(content.as_ref(), b"");
    let simulator = serve(&content, history, "");
    let wanted = |weighed| BilledOptions { uploads: Some(weighed), ..BilledOptions::default() };
    let found = weigh(&simulator, "", 1_000, wanted(UploadsWeighed::AtMost(200))).uploads.unwrap();
    assert_eq!((found.totals.uploads, found.totals.weighed), (3_000, 200));
    let estimate = found.estimate.unwrap();
    assert!(estimate.low < estimate.total && estimate.total < estimate.high);
    #[expect(clippy::cast_precision_loss, reason = "compared with an estimate")]
    let off = (estimate.total / truth.parts.1 as f64 - 1.0).abs();
    assert!(off < 0.25, "off by {off}");
    let found =
        weigh(&simulator, "", 1_000, wanted(UploadsWeighed::AtMost(3_000))).uploads.unwrap();
    assert_eq!((found.estimate, found.totals.bytes), (None, truth.parts.1));
}

#[test]
fn a_sample_of_key_ranges_tells_about_all() {
    let content = numbered(6_000);
    let truth = HISTORY.totals(content.as_ref(), b"");
    let simulator = serve(&content, HISTORY, "");
    let asked = |most| BilledOptions {
        versions: Some(VersionsListed::Sample(most)),
        seed: 5,
        ..BilledOptions::default()
    };
    let found = weigh(&simulator, "", 10, asked(12));
    let versions = found.versions.unwrap();
    let estimate = versions.estimate.unwrap();
    assert_eq!((estimate.sampled, versions.missing.len()), (12, 0));
    assert!(estimate.ranges > 24, "{} ranges", estimate.ranges);
    assert!(versions.totals.noncurrent.counts.objects < truth.noncurrent.0 / 2);
    for (estimate, truth) in [
        (estimate.noncurrent_objects, u128::from(truth.noncurrent.0)),
        (estimate.noncurrent_bytes, truth.noncurrent.1),
        (estimate.delete_markers, u128::from(truth.delete_markers)),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "compared with an estimate")]
        let off = (estimate.total / truth as f64 - 1.0).abs();
        assert!(off < 0.2 && estimate.low < estimate.high, "off by {off}");
    }
    let all = weigh(&simulator, "", 10, asked(10_000)).versions.unwrap();
    assert_eq!((all.estimate, all.totals.noncurrent.counts.objects), (None, truth.noncurrent.0));
}

// --- Azure -------------------------------------------------------------------------------------------

fn serve_azure(content: &Held, history: History, behaviour: &str) -> Simulator {
    let mut config = config(content, behaviour);
    (config.dialect, config.anonymous) = (Dialect::Azure, false);
    config.buckets.get_mut(BUCKET).unwrap().history = history;
    start(config)
}

fn weigh_azure(
    simulator: &Simulator,
    prefix: &str,
    page: usize,
    asked: BilledOptions,
) -> BilledOutcome {
    runtime().block_on(async {
        let config = AzureConfig {
            endpoint_url: Some(simulator.endpoint()),
            access: AzureAccess::AccountKey(Secret::new(account_key(DEFAULT_SECRET), "a test")),
            quirks: Some(Quirks { page_limit: page, ..azure::quirks() }),
            ..AzureConfig::new(DEFAULT_KEY_ID, BUCKET)
        };
        weigh_in(Arc::new(AzureStore::connect(config).await.unwrap()), prefix, asked).await
    })
}

const ALL_OF_AZURE: BilledOptions = BilledOptions {
    versions: Some(VersionsListed::All),
    snapshots: true,
    deleted: true,
    uploads: None,
    seed: 0,
};

#[track_caller]
fn assert_exact_on_azure(found: &BilledOutcome, truth: &HistoryTotals, what: &str) {
    let versions = found.versions.as_ref().unwrap();
    assert!(found.is_complete(), "{what}: {:?}", versions.missing);
    let totals = &versions.totals;
    let counts = |counts: weighbridge::tally::Counts| (counts.objects, counts.bytes);
    let rest = |counts: (u64, u128)| {
        let [snapshots, deleted] = [truth.snapshots, truth.deleted];
        (counts.0 - snapshots.0 - deleted.0, counts.1 - snapshots.1 - deleted.1)
    };
    assert_eq!(counts(totals.current), truth.current, "{what}: current");
    assert_eq!(counts(totals.snapshots.counts), truth.snapshots, "{what}: snapshots");
    assert_eq!(counts(totals.deleted.counts), truth.deleted, "{what}: deleted");
    assert_eq!(counts(totals.noncurrent.counts), rest(truth.noncurrent), "{what}: noncurrent");
    for kept in [&totals.snapshots, &totals.deleted, &totals.noncurrent] {
        let of_class = kept.classes.kept().iter().map(|class| class.counts.bytes).sum::<u128>();
        assert_eq!(of_class, kept.counts.bytes, "{what}: tiers");
    }
}

#[test]
fn azure_versions_snapshots_and_deleted_blobs_are_exact_at_any_page_size() {
    for (content, what) in [(numbered(3_000), "numbered"), (keys(awkward()), "awkward")] {
        let truth = HISTORY.totals(content.as_ref(), b"");
        let simulator = serve_azure(&content, HISTORY, "");
        for page in [5_000, 97, 13, 1] {
            if page == 1 && what == "numbered" {
                continue;
            }
            let found = weigh_azure(&simulator, "", page, ALL_OF_AZURE);
            assert_exact_on_azure(&found, &truth, &format!("{what}, pages of {page}"));
        }
    }
    let content = numbered(3_000);
    let truth = HISTORY.totals(content.as_ref(), b"d2/e3/");
    assert!(truth.snapshots.0 > 10 && truth.deleted.0 > 10 && truth.current.0 < 1_000);
    let found = weigh_azure(&serve_azure(&content, HISTORY, ""), "d2/e3/", 50, ALL_OF_AZURE);
    assert_exact_on_azure(&found, &truth, "below a prefix");
}

#[test]
fn only_what_is_included_is_weighed_and_what_is_deleted_needs_no_other_flag() {
    let content = numbered(700);
    let truth = HISTORY.totals(content.as_ref(), b"");
    let simulator = serve_azure(&content, HISTORY, "");
    let of = |asked| weigh_azure(&simulator, "", 100, asked).versions.unwrap().totals;
    let snapshots = of(BilledOptions { snapshots: true, ..BilledOptions::default() });
    assert_eq!(snapshots.snapshots.counts.objects, truth.snapshots.0);
    assert!(snapshots.noncurrent.counts.is_empty() && snapshots.deleted.counts.is_empty());
    let deleted = of(BilledOptions { deleted: true, ..BilledOptions::default() });
    assert_eq!(deleted.deleted.counts.objects, truth.deleted.0);
}

#[test]
fn faults_on_the_way_change_no_figure_on_azure() {
    let content = numbered(700);
    let truth = HISTORY.totals(content.as_ref(), b"");
    for behaviour in [
        "error-500=0.05,slow-down=0.05",
        "reset=0.05,cut-body=0.05,truncated-xml=0.05,error-in-200=0.05",
        "short-page=0.2,empty-page=0.2",
        "unordered-page=0.05,repeated-page=0.05,repeated-token=0.05",
        "ignores-start-after",
        "directory-order",
        "page-limit=7,short-page=0.2",
    ] {
        let simulator = serve_azure(&content, HISTORY, behaviour);
        let found = weigh_azure(&simulator, "", 40, ALL_OF_AZURE);
        assert_exact_on_azure(&found, &truth, behaviour);
    }
}

/// Scans with the program, at an account that keeps more than its current blobs.
fn scanned_on_azure(content: &Held, more: &[&str]) -> (Workshop, Ran) {
    let simulator = serve_azure(content, HISTORY, "");
    let workshop = Workshop::new();
    let location = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}");
    let endpoint = simulator.endpoint();
    let mut command = workshop.bare(&["scan", &location, "--endpoint-url", &endpoint]);
    command.args(more).args(["-o", "s.json", "--report", "r.md"]);
    command.env("AZURE_STORAGE_KEY", account_key(DEFAULT_SECRET));
    let ran = run(command);
    (workshop, ran)
}

#[test]
fn each_part_of_an_azure_account_has_totals_of_its_own() {
    let content = numbered(1_200);
    let truth = HISTORY.totals(content.as_ref(), b"");
    let flags = ["--include-versions", "--include-snapshots", "--include-deleted"];
    let (workshop, ran) = scanned_on_azure(&content, &flags);
    ran.ends_with_code(0);
    let billed = &workshop.summary("s.json")["billed"];
    assert_eq!(billed["versions"]["listed"], billed["versions"]["current"]);
    let noncurrent = truth.noncurrent.0 - truth.snapshots.0 - truth.deleted.0;
    assert_eq!(billed["versions"]["noncurrent"]["objects"], noncurrent);
    assert_eq!(billed["snapshots"]["total"]["objects"], truth.snapshots.0);
    assert_eq!(billed["deleted"]["total"]["objects"], truth.deleted.0);
    assert_eq!(billed["snapshots"]["classes"][0]["name"], "Hot");
    let report = std::fs::read_to_string(workshop.path("r.md")).unwrap();
    for part in ["noncurrent versions", "snapshots", "deleted, kept"] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let (workshop, ran) = scanned_on_azure(&content, &["--include-snapshots"]);
    ran.ends_with_code(0);
    let billed = &workshop.summary("s.json")["billed"];
    assert_eq!(billed["snapshots"]["total"]["objects"], truth.snapshots.0);
    assert!(billed["versions"].is_null() && billed["deleted"].is_null());
}

#[test]
fn what_a_store_does_not_keep_is_refused_before_the_scan() {
    let content = keys(["a"]);
    let (_, ran) = scanned_on_azure(&content, &["--uploads"]);
    ran.ends_with_code(2);
    assert!(ran.stderr.contains("no multipart uploads"), "{}", ran.stderr);
    let (_, ran) = scanned_on_azure(&content, &["--include-deleted", "--versions=sample"]);
    ran.ends_with_code(2);
    assert!(ran.stderr.contains("=sample"), "{}", ran.stderr);
    let simulator = serve(&content, HISTORY, "");
    let ran = Workshop::new().scan(&simulator.endpoint(), &["--include-snapshots"]);
    assert!(ran.stderr.contains("hint: give --versions"), "{}", ran.stderr);
    assert_eq!(simulator.counters().lists, 0);
}

// --- with the program -------------------------------------------------------------------------------

fn scanned(content: &Held, more: &[&str]) -> (Workshop, Ran, Value) {
    let simulator = serve(content, HISTORY, "");
    let workshop = Workshop::new();
    let mut arguments = vec!["-o", "s.json", "--report", "r.md", "--report", "r.html"];
    arguments.extend_from_slice(more);
    let ran = workshop.scan(&simulator.endpoint(), &arguments);
    let summary = workshop.summary("s.json");
    (workshop, ran, summary)
}

#[test]
fn the_summary_and_all_reports_show_one_table() {
    let content = numbered(1_200);
    let truth = HISTORY.totals(content.as_ref(), b"");
    let (workshop, ran, summary) =
        scanned(&content, &["--versions", "--uploads", "--exclude", "d0/*"]);
    ran.ends_with_code(0);
    let billed = &summary["billed"];
    assert_eq!(billed["complete"], true);
    assert_eq!(billed["versions"]["listed"], billed["versions"]["current"]);
    assert_eq!(billed["versions"]["current"]["objects"], truth.current.0);
    assert_eq!(billed["versions"]["noncurrent"]["objects"], truth.noncurrent.0);
    assert_eq!(billed["versions"]["delete_markers"], truth.delete_markers);
    assert_eq!(billed["uploads"]["uploads"], truth.uploads);
    assert_eq!(billed["uploads"]["parts"], truth.parts.0);
    assert_eq!(summary["totals"]["objects"].as_u64().unwrap() + 700, truth.current.0);
    for text in [
        ran.text(),
        std::fs::read_to_string(workshop.path("r.md")).unwrap(),
        std::fs::read_to_string(workshop.path("r.html")).unwrap(),
    ] {
        for part in [
            "What is billed",
            "noncurrent versions",
            "delete markers",
            "unfinished uploads",
            "filters do not apply",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn other_providers_that_speak_these_calls_are_weighed_as_well() {
    let content = keys(awkward().into_iter().filter(|key| !key.starts_with(['/', '\\'])));
    let truth = HISTORY.totals(content.as_ref(), b"");
    let ids = ["KS3_ACCESS_KEY_ID", "OSS_ACCESS_KEY_ID"];
    let secrets = ["KS3_SECRET_ACCESS_KEY", "OSS_ACCESS_KEY_SECRET"];
    for (dialect, location, region, more) in [
        (Dialect::Ks3, "ks3://b", "BEIJING", &[][..]),
        (Dialect::Ks3, "ks3://b", "BEIJING", &["--sign-version", "kss2"]),
        (Dialect::Oss, "oss://b", "cn-hangzhou", &["--region", "cn-hangzhou"]),
    ] {
        let mut config = config(&content, "");
        (config.dialect, config.anonymous) = (dialect, false);
        let bucket = config.buckets.get_mut(BUCKET).unwrap();
        (bucket.history, bucket.region) = (HISTORY, region.into());
        let simulator = start(config);
        let workshop = Workshop::new();
        let endpoint = simulator.endpoint();
        let mut command = workshop.bare(&["scan", location, "-q", "--endpoint-url", &endpoint]);
        command.args(["--versions", "--uploads", "-o", "s.json"]).args(more);
        command.envs(ids.map(|name| (name, DEFAULT_KEY_ID)));
        command.envs(secrets.map(|name| (name, DEFAULT_SECRET)));
        run(command).ends_with_code(0);
        let billed = &workshop.summary("s.json")["billed"];
        assert_eq!(billed["versions"]["current"]["objects"], truth.current.0, "{location}");
        assert_eq!(billed["versions"]["noncurrent"]["objects"], truth.noncurrent.0, "{location}");
        assert_eq!(billed["versions"]["delete_markers"], truth.delete_markers, "{location}");
        assert_eq!(billed["uploads"]["parts"], truth.parts.0, "{location}");
    }
}

#[test]
fn nothing_is_asked_beside_the_objects_unless_wanted() {
    let content = keys(["a", "b"]);
    let (_, ran, summary) = scanned(&content, &[]);
    ran.ends_with_code(0);
    assert!(summary["billed"].is_null() && !ran.text().contains("billed"));
}

#[test]
fn a_limit_on_requests_leaves_what_is_billed_incomplete() {
    let content = numbered(1_200);
    let (_, ran, summary) = scanned(&content, &["--versions", "--max-requests", "5", "-c", "1"]);
    ran.ends_with_code(3);
    assert_eq!(
        (&summary["complete"], &summary["billed"]["complete"]),
        (&true.into(), &false.into())
    );
    let reason = summary["billed"]["versions"]["incomplete"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("number of requests"), "{reason}");
    assert!(ran.text().contains("INCOMPLETE"), "{}", ran.said());
}

#[test]
fn what_is_billed_is_listed_with_the_requests_that_a_resumed_scan_leaves() {
    let content = numbered(1_200);
    let truth = HISTORY.totals(content.as_ref(), b"");
    let simulator = serve(&content, HISTORY, "page-limit=100");
    let workshop = Workshop::new();
    let scan = |limit: &str, more: &[&str]| {
        let all = ["--versions", "-o", "s.json", "-c", "1", "--max-requests", limit];
        workshop.scan(&simulator.endpoint(), &[&all[..], more].concat())
    };
    scan("9", &[]).ends_with_code(3);
    let second = scan("9", &["--resume"]);
    second.ends_with_code(3);
    let billed = |field: &str| workshop.summary("s.json")["billed"][field].clone();
    assert_eq!(
        (workshop.summary("s.json")["complete"].clone(), billed("complete")),
        (true.into(), false.into())
    );
    assert!(second.stderr.contains("--resume"), "{}", second.stderr);
    let (objects, asked) =
        (workshop.summary("s.json")["requests"]["list"].clone(), simulator.counters().lists);
    scan("100", &["--resume"]).ends_with_code(0);
    assert_eq!(
        workshop.summary("s.json")["requests"]["list"],
        objects,
        "objects are not listed again"
    );
    assert!(simulator.counters().lists > asked);
    let versions = billed("versions");
    assert_eq!(versions["current"]["objects"], truth.current.0);
    assert_eq!(versions["noncurrent"]["objects"], truth.noncurrent.0);
    assert!(!workshop.path("s.json.weighbridge").exists(), "the checkpoint is left behind");
}

#[test]
fn a_key_that_may_not_list_versions_is_told_before_the_scan() {
    let content = keys(["a"]);
    let mut config = config(&content, "");
    config.buckets.get_mut(BUCKET).unwrap().denied = true;
    let simulator = start(config);
    let ran = Workshop::new().scan(&simulator.endpoint(), &["--versions"]);
    ran.ends_with_code(1);
    assert!(
        ran.stderr.contains("hint: the key must be allowed `s3:ListBucketVersions`"),
        "{}",
        ran.stderr
    );
    assert_eq!(simulator.counters().lists, 0);
}

#[test]
fn a_sample_that_tells_nothing_of_the_rest_is_not_taken_for_all() {
    let content = numbered(1_200);
    let truth = HISTORY.totals(content.as_ref(), b"");
    assert!(truth.uploads > 1);
    let (_, ran, summary) = scanned(&content, &["--uploads=1"]);
    ran.ends_with_code(3);
    assert_eq!(summary["billed"]["complete"], false);
    let (_, ran, summary) = scanned(&content, &["--uploads=0"]);
    ran.ends_with_code(0);
    assert_eq!(summary["billed"]["uploads"]["parts"], truth.parts.0);
}

#[test]
fn a_sample_size_that_is_no_number_is_refused() {
    let ran = Workshop::new().scan("http://127.0.0.1:9", &["--uploads=some"]);
    ran.ends_with_code(2);
    assert!(ran.stderr.contains("--uploads"), "{}", ran.stderr);
}

#[test]
fn a_server_that_does_not_list_all_uploads_is_not_believed() {
    let (_, ran, summary) = scanned(&numbered(1_200), &["--uploads", "--provider", "minio"]);
    ran.ends_with_code(3);
    assert_eq!(
        (&summary["complete"], &summary["billed"]["complete"]),
        (&true.into(), &false.into())
    );
    assert!(ran.text().contains("does not list all of them"), "{}", ran.said());
}
