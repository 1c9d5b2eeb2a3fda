//! From totals to migration jobs: every object in exactly one job, nothing lost, nothing twice, and the
//! longest job about as short as it can be, on every shape of bucket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use common::{Ran, Workshop, run};
use md5::Digest as _;
use proptest::prelude::*;
use serde_json::Value;
use weighbridge::manifest::{Format, RowEncoder};
use weighbridge::migration::{Plan, Selection, Split};
use weighbridge::object::{KeyOrder, Object, Timestamp};
use weighbridge::report::{Style, display_width, form, html, terminal};
use weighbridge::simulator::{Content, Generated, ShapeName};
use weighbridge::summary::{RunFacts, Summary};
use weighbridge::tally::{Options, Tally};

/// A bucket on disk: what a scan would have left of it.
struct Weighed {
    workshop: Workshop,
    rows: BTreeMap<Vec<u8>, u64>,
}

/// What is known about one object here.
struct Thing {
    key: Vec<u8>,
    size: u64,
    class: &'static [u8],
}

fn thing(key: impl Into<Vec<u8>>, size: u64) -> Thing {
    Thing { key: key.into(), size, class: b"STANDARD" }
}

fn facts(location: &str) -> RunFacts {
    RunFacts {
        tool_version: "0".into(),
        location: location.into(),
        provider: "s3".into(),
        region: Some("eu-central-1".into()),
        ..RunFacts::default()
    }
}

impl Weighed {
    /// Writes `objects.csv` and `summary.json`.
    fn new(things: impl IntoIterator<Item = Thing>, facts: RunFacts) -> Self {
        let workshop = Workshop::new();
        let mut things: Vec<Thing> = things.into_iter().collect();
        things.sort_by(|left, right| left.key.cmp(&right.key));
        things.dedup_by(|left, right| left.key == right.key);
        let mut tally = Tally::new(Options::new(Timestamp(1_800_000_000_000)));
        let mut csv = Format::Csv.header().to_vec();
        let encoder = RowEncoder::new(Format::Csv, "b");
        for thing in &things {
            let object = Object {
                key: &thing.key,
                size: thing.size,
                modified: Timestamp(1_700_000_000_000),
                etag: b"0f",
                storage_class: thing.class,
            };
            tally.add(&object);
            encoder.encode(&object, &mut csv);
        }
        fs::write(workshop.path("objects.csv"), csv).unwrap();
        let summary = Summary::from_parts(&tally, facts);
        fs::write(workshop.path("summary.json"), summary.to_json().unwrap()).unwrap();
        let rows = things.into_iter().map(|thing| (thing.key, thing.size)).collect();
        Self { workshop, rows }
    }

    fn of(things: impl IntoIterator<Item = Thing>) -> Self {
        Self::new(things, facts("s3://b"))
    }

    fn jobs(&self, more: &[&str]) -> Ran {
        let mut arguments = vec!["jobs", "summary.json"];
        if !more.contains(&"--to") {
            arguments.extend(["--to", "oss://dest/copy/"]);
        }
        arguments.extend(["--output", "jobs.json"]);
        arguments.extend_from_slice(more);
        run(self.workshop.bare(&arguments))
    }

    fn plan(&self) -> Plan {
        Plan::from_json(&fs::read_to_string(self.workshop.path("jobs.json")).unwrap()).unwrap()
    }

    /// With the manifest and lists.
    fn listed(&self, more: &[&str]) -> Ran {
        let mut arguments = vec!["--manifest", "objects.csv", "--inventory-dir", "lists"];
        arguments.extend_from_slice(more);
        self.jobs(&arguments)
    }

    /// The keys and sizes that each job copies, as its list or its prefix says.
    fn copied(&self, plan: &Plan) -> Vec<BTreeMap<Vec<u8>, u64>> {
        plan.jobs
            .iter()
            .map(|job| match &job.selection {
                Selection::Prefix(prefix) => self
                    .rows
                    .iter()
                    .filter(|(key, _)| key.starts_with(prefix.as_bytes()))
                    .map(|(key, size)| (key.clone(), *size))
                    .collect(),
                Selection::Inventory(list) => {
                    let parts = list.files.iter().map(|file| self.workshop.path(&file.path));
                    parts.flat_map(|part| keys_in(&part)).collect()
                }
            })
            .collect()
    }

    /// Every object is in exactly one job or in the list of what no job takes, and all sums agree.
    #[track_caller]
    fn is_divided_by(&self, plan: &Plan) {
        let mut seen = BTreeMap::new();
        for (job, copied) in plan.jobs.iter().zip(self.copied(plan)) {
            let bytes: u128 = copied.values().map(|size| u128::from(*size)).sum();
            assert_eq!((job.objects, job.bytes), (copied.len() as u64, bytes), "{}", job.name);
            for (key, size) in copied {
                assert!(seen.insert(key.clone(), size).is_none(), "twice: {}", key.escape_ascii());
            }
        }
        if let Some(excluded) = &plan.excluded {
            let listed: Vec<_> = common::rows_in(&self.workshop.path(&excluded.list));
            assert_eq!(excluded.objects, listed.len() as u64);
            for row in listed {
                assert!(seen.insert(row.key, row.size).is_none());
            }
        }
        assert_eq!(seen, self.rows);
    }
}

/// The keys and sizes of one part of a list, by its own rules.
fn keys_in(part: &Path) -> Vec<(Vec<u8>, u64)> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(part).unwrap()).read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n'), "every row ends in a line break");
    text.lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields.len(), 6, "{line}");
            assert!(!fields[1].contains('+'));
            let key = percent_encoding::percent_decode_str(fields[1]).collect();
            (key, fields[2].parse().unwrap())
        })
        .collect()
}

fn many(count: usize) -> Vec<Thing> {
    (0..count).map(|n| thing(format!("d{}/k{n:05}", n % 7), (n as u64 * 7919) % 100_000)).collect()
}

// --- dividing ---------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_object_is_in_exactly_one_list(
        keys in prop::collection::btree_map(prop::collection::vec(prop::sample::select(b"ab/\\\xff \n,+%".to_vec()), 0..12), 0_u64..1_000_000, 1..80),
        jobs in 1_usize..9, archived: u64, exclude: bool,
    ) {
        let things = keys.into_iter().enumerate().map(|(n, (key, size))| {
            let class: &[u8] = if archived >> (n % 64) & 1 == 1 { b"GLACIER" } else { b"STANDARD" };
            Thing { key, size, class }
        });
        let weighed = Weighed::of(things);
        let jobs = jobs.to_string();
        let mut more = vec!["--split", "range", "--max-jobs", &*jobs];
        if exclude {
            more.push("--exclude-hazards");
        }
        let ran = weighed.listed(&more);
        // Without anything left to copy there is no plan.
        if ran.code == Some(2) {
            prop_assert!(ran.stderr.contains("no object to copy"), "{}", ran.stderr);
        } else {
            let plan = weighed.plan();
            prop_assert!(plan.jobs.len() <= jobs.parse().unwrap());
            weighed.is_divided_by(&plan);
            prop_assert_eq!(ran.code, Some(if plan.has_blockers() { 4 } else { 0 }));
            prop_assert!(!(exclude && plan.has_blockers()));
        }
    }
}

#[test]
fn overlapping_prefixes_do_not_count_twice() {
    // `a/` holds `a/b/`, and `a/b` begins like it without lying in it.
    let mut things = vec![thing("a/b", 5), thing("a/", 0), thing("ab/1", 3)];
    things.extend((0..40).map(|n| thing(format!("a/b/{n}"), 1_000)));
    things.extend((0..40).map(|n| thing(format!("c/{n}"), 900)));
    let weighed = Weighed::of(things);
    for more in
        [vec![], vec!["--manifest", "objects.csv", "--inventory-dir", "lists", "--split", "range"]]
    {
        weighed.jobs(&more).ends_with_code(0);
        weighed.is_divided_by(&weighed.plan());
    }
}

#[test]
fn prefixes_are_preferred_where_they_balance() {
    let weighed = Weighed::of((0..3_000).map(|n| thing(format!("p{}/k{n:05}", n % 3), 10_000)));
    weighed.listed(&["--max-jobs", "3"]).ends_with_code(0);
    let plan = weighed.plan();
    assert_eq!(plan.split, Split::Prefix);
    weighed.is_divided_by(&plan);
    // The service is taken to cut the source prefix off, so that each job puts it back.
    let ends: Vec<_> = plan.jobs.iter().map(|job| job.destination.prefix.as_str()).collect();
    assert_eq!(ends, ["copy/p0/", "copy/p1/", "copy/p2/"]);
    weighed.jobs(&["--max-jobs", "3", "--source-prefix", "kept"]).ends_with_code(0);
    let kept = weighed.plan();
    assert!(kept.jobs.iter().all(|job| job.destination.prefix == "copy/"));
    assert_eq!(kept.destinations().len(), 1);
}

/// Plans lists for a shape, and returns how far the longest job is above the lower bound, in percent.
fn above_the_bound(shape: ShapeName, largest: u64, more: &[&str]) -> f64 {
    let content = Generated::new(shape, 10_000, 7).unwrap();
    let mut things = Vec::new();
    content.visit(0..content.len(), &mut |key, attributes| {
        things.push(thing(key, attributes.size.min(largest)));
    });
    let weighed = Weighed::of(things);
    weighed.listed(&[&["--region", "cn-hangzhou", "--split", "range"], more].concat());
    let plan = weighed.plan();
    assert!(plan.jobs.len() <= 10, "{shape}");
    weighed.is_divided_by(&plan);
    plan.forecast.above_lower_bound_percent
}

#[test]
fn jobs_come_within_five_percent_of_the_lower_bound_on_every_shape() {
    for shape in ShapeName::ALL {
        let above = above_the_bound(shape, u64::MAX, &[]);
        assert!(above <= 5.0, "{shape}: {above} % above the lower bound");
        // Without giants, which are the bound by themselves, and at a rate at which objects take about
        // as long as bytes, so that both have to balance.
        let above = above_the_bound(shape, 64 << 20, &["--qps", "200"]);
        assert!(above <= 5.0, "{shape} without giants: {above} % above the lower bound");
    }
}

#[test]
fn a_ledger_gives_ranges_without_a_manifest() {
    let content = common::numbered(5_000);
    let simulator = common::serve(&content, "");
    let workshop = Workshop::new();
    let endpoint = simulator.endpoint();
    let scan = workshop
        .scan(&endpoint, &["--state", "state", "--output", "summary.json", "--concurrency", "4"]);
    scan.ends_with_code(0);
    let arguments = [
        "jobs",
        "state",
        "--to",
        "oss://dest",
        "--split",
        "range",
        "--output",
        "jobs.json",
        "--max-jobs",
        "3",
    ];
    let ran = run(workshop.bare(&arguments));
    ran.ends_with_code(0);
    assert!(ran.stderr.contains("none were written"), "{}", ran.stderr);
    let plan = Plan::from_json(&fs::read_to_string(workshop.path("jobs.json")).unwrap()).unwrap();
    assert_eq!(plan.split, Split::Range);
    assert_eq!(plan.jobs.iter().map(|job| job.objects).sum::<u64>(), 5_000);
}

// --- lists ------------------------------------------------------------------------------------------

#[test]
fn parts_are_no_larger_than_asked_for_and_described_by_their_sums() {
    let weighed = Weighed::of(many(20_000));
    weighed
        .listed(&["--split", "range", "--max-jobs", "2", "--inventory-part", "40000"])
        .ends_with_code(0);
    let plan = weighed.plan();
    weighed.is_divided_by(&plan);
    let mut parts = 0;
    for job in &plan.jobs {
        let Selection::Inventory(list) = &job.selection else { panic!("no list") };
        let place = job.source.inventory.as_ref().unwrap();
        let described: Value =
            serde_json::from_slice(&fs::read(weighed.workshop.path(&list.manifest)).unwrap())
                .unwrap();
        assert_eq!(described["fileFormat"], "CSV");
        assert_eq!(described["sourceBucket"], "b");
        assert_eq!(described["destinationBucket"], "dest");
        assert_eq!(
            described["fileSchema"],
            "Bucket, Key, Size, StorageClass, LastModifiedDate, ETag"
        );
        let files = described["files"].as_array().unwrap();
        assert_eq!(files.len(), list.files.len());
        for (file, told) in list.files.iter().zip(files) {
            let bytes = fs::read(weighed.workshop.path(&file.path)).unwrap();
            assert!(bytes.len() <= 40_000);
            assert_eq!(
                (file.bytes, told["size"].as_u64()),
                (bytes.len() as u64, Some(bytes.len() as u64))
            );
            let md5 = md5::Md5::digest(&bytes);
            let md5 = md5.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
            assert_eq!((&*file.md5, told["MD5checksum"].as_str()), (&*md5, Some(&*md5)));
            assert_eq!(told["key"], file.key);
            let folder = place.path.strip_suffix("manifest.json").unwrap();
            assert!(file.key.starts_with(folder), "{} beside {}", file.key, place.path);
            parts += 1;
        }
    }
    assert!(parts > plan.jobs.len(), "small parts are many");
}

#[test]
fn nought_leaves_the_choice_to_the_program() {
    let weighed = Weighed::of(many(300));
    weighed.listed(&["--split", "range"]).ends_with_code(0);
    let chosen = weighed.plan();
    for flag in ["--max-jobs", "--bandwidth", "--qps", "--max-object", "--inventory-part"] {
        weighed.listed(&["--split", "range", flag, "0"]).ends_with_code(0);
        assert_eq!(weighed.plan().limits, chosen.limits, "{flag}");
    }
}

#[test]
fn columns_can_be_chosen() {
    let weighed = Weighed::of(many(10));
    weighed.listed(&["--split", "range", "--inventory-columns", "key"]).ends_with_code(0);
    let plan = weighed.plan();
    let Selection::Inventory(list) = &plan.jobs[0].selection else { panic!("no list") };
    let part = fs::File::open(weighed.workshop.path(&list.files[0].path)).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(part).read_to_string(&mut text).unwrap();
    assert!(text.lines().all(|line| line.starts_with('d') && !line.contains(',')), "{text}");
}

#[test]
fn what_will_fail_is_left_out_into_a_list_of_its_own() {
    let mut things = many(500);
    things.push(Thing { key: b"ice/1".to_vec(), size: 9, class: b"DEEP_ARCHIVE" });
    things.push(thing(vec![b'k'; 1_020], 4));
    things.push(Thing { key: b"maybe/1".to_vec(), size: 9, class: b"INTELLIGENT_TIERING" });
    let weighed = Weighed::of(things);
    // The destination's prefix of five bytes makes the long key too long.
    weighed.listed(&["--split", "range"]).ends_with_code(4);
    let codes: BTreeSet<_> =
        weighed.plan().findings.into_iter().map(|finding| finding.code).collect();
    assert!(codes.contains("KEY_TOO_LONG") && codes.contains("OBJECT_ARCHIVED"), "{codes:?}");

    weighed.listed(&["--exclude-hazards"]).ends_with_code(0);
    let plan = weighed.plan();
    assert_eq!(plan.excluded.as_ref().unwrap().objects, 2);
    weighed.is_divided_by(&plan);
    let listed = fs::read_to_string(weighed.workshop.path("lists/excluded.csv")).unwrap();
    assert!(listed.contains("OBJECT_ARCHIVED") && listed.contains("restore"), "{listed}");

    weighed.listed(&["--exclude-hazards=warning"]).ends_with_code(0);
    assert_eq!(weighed.plan().excluded.unwrap().objects, 3);
}

// --- what is written --------------------------------------------------------------------------------

/// What stands behind a label in a form, once for each job.
fn values_of(form: &str, label: &str) -> Vec<String> {
    let fields = form.lines().filter_map(|line| line.trim().split_once("  "));
    let labelled = fields.filter(|(name, _)| *name == label);
    labelled.map(|(_, value)| value.trim().to_owned()).collect()
}

#[test]
fn forms_requests_terraform_and_report_tell_the_same_jobs() {
    let weighed = Weighed::of(many(2_000));
    let ran = weighed.listed(&[
        "--split",
        "range",
        "--max-jobs",
        "2",
        "--region",
        "cn-beijing",
        "--bandwidth",
        "400M",
        "--qps",
        "50",
        "--window",
        "22:00-06:00",
        "--start-time",
        "2018-11-01T08:00:00Z",
        "--form",
        "form.txt",
        "--requests",
        "requests",
        "--terraform",
        "jobs.tf",
        "--report",
        "jobs.html",
    ]);
    ran.ends_with_code(0);
    let plan = weighed.plan();
    let read = |name: &str| fs::read_to_string(weighed.workshop.path(name)).unwrap();
    let (form, terraform, html) = (read("form.txt"), read("jobs.tf"), read("jobs.html"));
    for job in &plan.jobs {
        for text in [&form, &html] {
            assert!(text.contains(&job.name), "{}", job.name);
        }
        assert!(values_of(&form, "File Count").contains(&job.objects.to_string()), "{form}");
        let ten_thousands = job.objects.div_ceil(10_000).to_string();
        assert!(
            values_of(&form, "File Count, ten thousands (万)").contains(&ten_thousands),
            "{form}"
        );
        assert!(values_of(&form, "Data Size, bytes").contains(&job.bytes.to_string()), "{form}");
        assert!(terraform.contains(&job.source.inventory.as_ref().unwrap().path));
    }
    assert!(form.contains("Assign: 2018/11/01 08:00:00 (UTC)"), "{form}");
    assert!(form.contains("22:00 - 06:00") && form.contains("(MB/s)"), "{form}");

    let mut files: Vec<PathBuf> = fs::read_dir(weighed.workshop.path("requests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let bodies: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(bodies.len(), 1 + 2 + 2 + 2, "a destination, two sources, two jobs, two starts");
    let job = bodies.iter().find(|body| body.contains("<SrcAddress>")).unwrap();
    assert_eq!(
        *job,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><ImportJob><CreateReport>true</CreateReport><DestAddress>{}</DestAddress>\
             <FilterRule><LastModifiedFilters><Includes><TimeFilter><StartTime>2018-11-01T08:00:00.000Z</StartTime></TimeFilter></Includes></LastModifiedFilters></FilterRule>\
             <ImportQos><MaxBandWidth>400000000</MaxBandWidth><MaxImportTaskQps>50</MaxImportTaskQps></ImportQos>\
             <Name>{}</Name><OverwriteMode>always</OverwriteMode><SrcAddress>{}</SrcAddress><TransferMode>lastmodified</TransferMode></ImportJob>",
            plan.jobs[0].destination.name, plan.jobs[0].name, plan.jobs[0].source.name
        )
    );
    assert!(bodies[6].contains("<Status>IMPORT_JOB_LAUNCHING</Status>"));
}

/// A plan over keys that try to do harm.
fn hostile() -> Plan {
    let evil = b"evil/\x1b[31m<script>alert('x')</script>|`\n\xff\xe2\x80\xae/x";
    let mut things = many(60);
    things.push(Thing { key: evil.to_vec(), size: 1 << 40, class: b"GLACIER" });
    things.push(thing(format!("長い/{}", "日本語".repeat(200)), 1 << 41));
    let weighed = Weighed::new(things, facts("s3://b"));
    weighed.listed(&[
        "--split",
        "range",
        "--max-jobs",
        "12",
        "--deadline",
        "1s",
        "--window",
        "22:00-06:00",
    ]);
    weighed.plan()
}

/// The text without ANSI colours.
fn bare(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn the_table_fits_the_terminal_and_keys_do_no_harm() {
    let plan = hostile();
    for width in [60, 80, 120] {
        for (color, unicode) in [(false, true), (true, true), (false, false)] {
            let text = terminal::render_jobs(&plan, Style { width, color, unicode });
            for line in bare(&text).lines() {
                assert!(display_width(line) <= width, "{width}: {line}");
            }
            assert!(unicode || text.is_ascii(), "{text}");
            assert!(color || !text.contains('\x1b'));
        }
    }
    let treacherous = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!form::render(&plan).chars().any(treacherous));
    let summary = Summary::from_parts(&Tally::new(Options::new(Timestamp(0))), facts("s3://b"));
    let html = html::render_with_jobs(&summary, &plan);
    assert!(!html.chars().any(treacherous) && !html.contains("<script"));
}

#[test]
fn a_plan_that_contradicts_itself_is_not_read() {
    let plan = hostile();
    let read =
        |plan: &Plan| Plan::from_json(&plan.to_json().unwrap()).map_err(|error| error.to_string());
    assert_eq!(read(&plan).unwrap(), plan);
    let spoiled = |spoil: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        spoil(&mut plan);
        read(&plan).unwrap_err()
    };
    assert!(spoiled(&|plan| plan.bytes += 1).contains("its totals say"));
    assert!(spoiled(&|plan| plan.jobs[1].name = plan.jobs[0].name.clone()).contains("two jobs"));
    assert!(
        spoiled(&|plan| plan.jobs[0].selection = Selection::Prefix(String::new()))
            .contains("overlap")
    );
    assert!(
        spoiled(&|plan| plan.schema = "weighbridge.jobs/2".into()).contains("weighbridge.jobs/2")
    );
    let list = Selection::Inventory(weighbridge::migration::Inventory::default());
    assert!(spoiled(&|plan| plan.jobs[0].selection = list.clone()).contains("do not add up"));
}

#[test]
fn another_division_has_other_names() {
    let weighed = Weighed::of(many(3_000));
    let mut names = BTreeSet::new();
    for more in [
        &["--split", "prefix", "--max-jobs", "7"][..],
        &["--split", "range", "--max-jobs", "7"],
        &["--split", "range", "--max-jobs", "6"],
        &["--to", "oss://other"],
    ] {
        weighed.listed(more).ends_with_code(0);
        assert!(names.insert(weighed.plan().settings.name), "{names:?}");
    }
}

#[test]
fn the_same_call_makes_the_same_names() {
    let weighed = Weighed::of(many(100));
    let names = || {
        weighed
            .jobs(&["--split", "range", "--manifest", "objects.csv", "--begin", "2030-01-01"])
            .ends_with_code(0);
        fs::read_to_string(weighed.workshop.path("jobs.json")).unwrap()
    };
    assert_eq!(names(), names());
}

#[test]
fn a_deadline_that_is_missed_is_a_finding_that_says_how_many_jobs_would_keep_it() {
    let weighed = Weighed::of((0..10).map(|n| thing(format!("k{n}"), 1_000_000_000_000)));
    let more = ["--region", "cn-hangzhou", "--begin", "2030-01-01", "--split", "whole"];
    weighed.jobs(&[&more[..], &["--deadline", "30d"]].concat()).ends_with_code(0);
    let ran = weighed.jobs(&[&more[..], &["--deadline", "2030-01-01T00:30:00Z"]].concat());
    ran.ends_with_code(4);
    assert!(ran.text().contains("after the deadline"), "{}", ran.text());
    assert!(ran.text().contains("23 jobs at once would do it"), "{}", ran.text());
}

// --- bad input --------------------------------------------------------------------------------------

/// The call fails with this code, and says both.
#[track_caller]
fn refused(ran: &Ran, code: i32, what: &str, hint: &str) {
    ran.ends_with_code(code);
    assert!(ran.stderr.contains(what), "{}", ran.stderr);
    let hinted = ran.stderr.split_once("\nhint: ").map_or("", |(_, hint)| hint);
    assert!(hinted.contains(hint), "{}", ran.stderr);
}

#[test]
fn what_is_no_summary_is_refused() {
    let weighed = Weighed::of(many(3));
    for (name, content) in [
        ("a.txt", "hello"),
        ("b.json", "{\"schema\": \"weighbridge.jobs/1\"}"),
        ("c.csv", "bucket,key\n"),
    ] {
        fs::write(weighed.workshop.path(name), content).unwrap();
        let ran = run(weighed.workshop.bare(&["jobs", name, "--to", "oss://dest"]));
        refused(&ran, 2, name, "weighbridge scan --output");
    }
    let ran = run(weighed.workshop.bare(&["jobs", "missing.json", "--to", "oss://dest"]));
    refused(&ran, 2, "missing.json", "--output");
}

#[test]
fn totals_that_are_not_exact_need_a_word_of_consent() {
    let weighed = Weighed::new(many(50), RunFacts { interrupted: true, ..facts("s3://b") });
    refused(&weighed.jobs(&[]), 2, "not exact", "--allow-incomplete");
    let ran = weighed.jobs(&["--allow-incomplete", "--form", "form.txt"]);
    ran.ends_with_code(3);
    assert!(ran.text().contains("INCOMPLETE: totals are lower bounds"), "{}", ran.text());
    assert!(!weighed.plan().complete);
    assert!(
        fs::read_to_string(weighed.workshop.path("form.txt")).unwrap().contains("lower bounds")
    );
}

#[test]
fn destinations_that_the_service_refuses_are_refused() {
    let weighed = Weighed::of(many(3));
    for (to, what, hint) in [
        ("oss://dest//copy/", "begins with a slash", "oss://…/copy/"),
        ("s3://dest", "not an OSS bucket", "oss://bucket/prefix/"),
        ("dest", "no scheme", "oss://"),
        ("oss://De_st", "no valid name", "lowercase"),
    ] {
        refused(&weighed.jobs(&["--to", to]), 2, what, hint);
    }
    refused(&weighed.jobs(&["--region", "Hangzhou"]), 2, "not a region", "cn-hangzhou");
    refused(&weighed.jobs(&["--name", "Not Valid"]), 2, "not valid for a job", "lowercase");
    refused(&weighed.jobs(&["--window", "22"]), 2, "two times of day", "22:00-06:00");
}

#[test]
fn a_destination_prefix_without_its_slash_gets_it_and_says_so() {
    let weighed = Weighed::of(many(3));
    let ran = weighed.jobs(&["--to", "oss://dest/copy", "--split", "whole"]);
    ran.ends_with_code(0);
    assert!(ran.stderr.contains("taken for `copy/`"), "{}", ran.said());
    assert_eq!(weighed.plan().jobs[0].destination.prefix, "copy/");
    assert_eq!(weighed.plan().destination, "oss://dest/copy/");
}

#[test]
fn a_leading_slash_blocks_only_without_a_destination_prefix() {
    let weighed = Weighed::of([thing("/a/1", 1), thing("b/1", 1)]);
    let ran = weighed.jobs(&["--to", "oss://dest"]);
    ran.ends_with_code(4);
    assert!(ran.text().contains("oss://bucket/prefix/"), "{}", ran.text());
    weighed.jobs(&["--to", "oss://dest/copy/"]).ends_with_code(0);
}

#[test]
fn sources_that_the_service_does_not_read_are_refused() {
    let demo = Weighed::new(many(3), facts("demo:mixed"));
    refused(&demo.jobs(&[]), 2, "cannot read `demo:mixed`", "--source-type");
    demo.jobs(&["--source-type", "s3"]).ends_with_code(0);
    let azure = Weighed::new(many(3), facts("azure://account/Container"));
    refused(&azure.jobs(&[]), 2, "not in lower case", "portal");
}

#[test]
fn a_ks3_bucket_is_typed_by_its_short_name() {
    let weighed = Weighed::new(many(3), facts("ks3://tony-1234567890"));
    weighed.jobs(&["--form", "form.txt"]).ends_with_code(0);
    let form = fs::read_to_string(weighed.workshop.path("form.txt")).unwrap();
    assert!(
        form.lines()
            .any(|line| line.trim_start().starts_with("Bucket ") && line.ends_with(" tony")),
        "{form}"
    );
}

#[test]
fn prefixes_are_not_used_where_they_would_take_more_than_was_counted() {
    let mut filtered = facts("s3://b");
    filtered.filters.min_size = Some("1".into());
    let weighed = Weighed::new(many(20), filtered);
    refused(&weighed.jobs(&[]), 2, "filtered", "--manifest");
    weighed.listed(&[]).ends_with_code(0);
    assert_eq!(weighed.plan().split, Split::Range);

    let part = Weighed::new(
        (0..9).map(|n| thing(format!("logs/2024-{n}"), 1)),
        facts("s3://b/logs/2024-"),
    );
    refused(&part.jobs(&[]), 2, "end in a slash", "--manifest");
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    let weighed = Weighed::of(many(20));
    let other = Weighed::of(many(21));
    fs::copy(other.workshop.path("objects.csv"), weighed.workshop.path("objects.csv")).unwrap();
    refused(&weighed.listed(&[]), 2, "21 objects", "same scan");

    let csv = fs::read_to_string(other.workshop.path("objects.csv")).unwrap();
    let mut lines: Vec<&str> = csv.lines().collect();
    lines.swap(3, 4);
    fs::write(weighed.workshop.path("objects.csv"), lines.join("\n")).unwrap();
    refused(&weighed.listed(&[]), 1, "out of order", "sorted");
}

#[test]
fn keys_of_azure_are_in_order_by_utf_16() {
    // By bytes the first two would be the other way round.
    let keys = ["\u{1F600}", "\u{FF5E}"];
    assert!(KeyOrder::Utf16.precedes(keys[0].as_bytes(), keys[1].as_bytes()));
    let weighed = Weighed::new(keys.map(|key| thing(key, 1)), facts("azure://account/container"));
    let csv = fs::read_to_string(weighed.workshop.path("objects.csv")).unwrap();
    let mut lines: Vec<&str> = csv.lines().collect();
    lines.swap(1, 2);
    fs::write(weighed.workshop.path("objects.csv"), lines.join("\n") + "\n").unwrap();
    weighed.listed(&["--split", "range", "--max-jobs", "2"]).ends_with_code(0);
    weighed.is_divided_by(&weighed.plan());
}
