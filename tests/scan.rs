//! A whole scan of a well-behaved bucket is exact, whatever it holds and however it is cut.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::path::Path;

use common::{
    BUCKET, Held, Workshop, assert_honest, assert_same_rows, below, counted, digest_of, divided,
    held, keys, numbered, options, outside_gaps, rows_in, rows_of, run, runtime, scan_arguments,
    serve, store, sums, totals, weigh, weigh_small, weigh_store, with_manifest, with_state,
};
use serde_json::Value;
use weighbridge::filter::FilterSpec;
use weighbridge::manifest::{Encoding, Reader, Row};
use weighbridge::object::Timestamp;
use weighbridge::scan::End;
use weighbridge::simulator::{Generated, Given, GivenObject, ShapeName};
use weighbridge::store::Quirks;

const SIZES: [u64; 6] = [0, 1, 999, 1_000, 1_001, 25_000];
const CONCURRENCIES: [usize; 3] = [1, 8, 64];

fn generated(shape: ShapeName, objects: u64) -> Held {
    held(Generated::new(shape, objects, 7).unwrap())
}

fn content_sums(content: &Held) -> (u64, u128) {
    let totals = content.totals();
    (totals.objects, totals.bytes)
}

fn assert_ascending(rows: &[Row], what: &str) {
    assert!(
        rows.windows(2).all(|pair| pair[0].key < pair[1].key),
        "{what}: in order, each key once"
    );
}

#[test]
fn every_shape_and_size_is_exact_at_every_concurrency() {
    let workshop = Workshop::new();
    for (shape, objects) in
        ShapeName::ALL.into_iter().flat_map(|shape| SIZES.map(|size| (shape, size)))
    {
        let content = generated(shape, objects);
        let expected = rows_of(&content);
        let simulator = serve(&content, "");
        let mut first: Option<Vec<u8>> = None;
        for concurrency in CONCURRENCIES {
            let what = format!("{shape} of {objects} by {concurrency}");
            let path = workshop.path("objects.csv");
            let outcome = weigh(&simulator, with_manifest(options(concurrency), &path)).unwrap();
            assert_eq!(outcome.end, End::Complete, "{what}");
            assert!(outcome.ledger.complete, "{what}");
            assert_eq!(counted(&outcome), content_sums(&content), "{what}");
            assert_honest(&outcome, &expected, &what);
            assert_eq!(outcome.manifest.unwrap().rows, objects, "{what}");
            let manifest = fs::read(&path).unwrap();
            if let Some(first) = &first {
                assert!(manifest == *first, "{what}: the manifest has other bytes than by 1");
                continue;
            }
            let rows = rows_in(&path);
            assert_ascending(&rows, &what);
            assert_same_rows(&rows, &expected, &what);
            first = Some(manifest);
        }
    }
}

#[test]
fn the_program_is_exact_for_every_shape_and_size_at_every_concurrency() {
    let workshop = Workshop::new();
    for (shape, objects) in
        ShapeName::ALL.into_iter().flat_map(|shape| SIZES.map(|size| (shape, size)))
    {
        let content = generated(shape, objects);
        let expected = rows_of(&content);
        let simulator = serve(&content, "");
        let mut first: Option<Vec<u8>> = None;
        for concurrency in CONCURRENCIES {
            let what = format!("{shape} of {objects} by {concurrency}");
            let number = concurrency.to_string();
            let more = ["-q", "-c", &number, "-m", "objects.csv", "-o", "summary.json"];
            workshop.scan(&simulator.endpoint(), &more).ends_with_code(0);
            let summary = workshop.summary("summary.json");
            assert_eq!(summary["complete"], true, "{what}");
            assert_eq!(totals(&summary), content_sums(&content), "{what}");
            assert_eq!(summary["digest"], digest_of(&expected), "{what}");
            let manifest = fs::read(workshop.path("objects.csv")).unwrap();
            if let Some(first) = &first {
                assert!(manifest == *first, "{what}: the manifest has other bytes than by 1");
                continue;
            }
            assert_same_rows(&rows_in(&workshop.path("objects.csv")), &expected, &what);
            first = Some(manifest);
        }
    }
}

#[test]
fn small_pages_and_missing_structure_change_nothing() {
    for shape in ShapeName::ALL {
        let content = generated(shape, 4_000);
        let expected = rows_of(&content);
        let simulator = serve(&content, "page-limit=37");
        for concurrency in CONCURRENCIES {
            for probes in [true, false] {
                let options = weighbridge::scan::ScanOptions { probes, ..options(concurrency) };
                let what = format!("{shape} by {concurrency}, probes: {probes}");
                for outcome in
                    [weigh(&simulator, options.clone()), weigh_small(&simulator, 37, options)]
                {
                    let outcome = outcome.unwrap();
                    assert_eq!(outcome.end, End::Complete, "{what}");
                    assert_honest(&outcome, &expected, &what);
                }
            }
        }
    }
}

#[test]
fn names_are_cut_by_the_character_that_divides_them() {
    for separator in ['/', ':', '_', '+'] {
        let content = divided(separator);
        let simulator = serve(&content, "");
        let outcome = weigh_small(&simulator, 50, options(16)).unwrap();
        assert_eq!(outcome.end, End::Complete, "{separator}");
        assert_honest(&outcome, &rows_of(&content), &separator.to_string());
        assert!(outcome.ledger.requests.probes > 1, "{separator}: {:?}", outcome.ledger.requests);
    }
}

#[test]
fn a_server_that_does_not_group_is_not_asked_for_groups_again_and_again() {
    for separator in ['/', ':'] {
        let content = divided(separator);
        let simulator = serve(&content, "ignores-delimiter");
        let outcome = weigh_small(&simulator, 50, options(16)).unwrap();
        assert_eq!(outcome.end, End::Complete, "{separator}");
        assert_honest(&outcome, &rows_of(&content), &separator.to_string());
        // Some may be under way when the first answer comes.
        assert!((1..=4).contains(&outcome.ledger.requests.probes), "{:?}", outcome.ledger.requests);
    }
}

#[test]
fn given_cuts_change_nothing() {
    let content = generated(ShapeName::Mixed, 6_000);
    let expected = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    // Some are keys, some lie between keys, one is before the first and one past the last.
    let mut cuts: Vec<Vec<u8>> = expected.iter().step_by(500).map(|row| row.key.clone()).collect();
    cuts.extend([b"!".to_vec(), b"m".to_vec(), b"zz/~".to_vec(), vec![0xFF, 0xFF]]);
    cuts.sort();
    cuts.dedup();
    let options = weighbridge::scan::ScanOptions { cuts, ..options(8) };
    let outcome = weigh(&simulator, options).unwrap();
    assert_eq!(outcome.end, End::Complete);
    assert_honest(&outcome, &expected, "cut beforehand");
}

#[test]
fn every_manifest_format_tells_of_every_object() {
    let workshop = Workshop::new();
    let content = generated(ShapeName::Mixed, 5_000);
    let expected = rows_of(&content);
    let simulator = serve(&content, "page-limit=200");
    for name in ["csv", "csv.gz", "csv.zst", "jsonl", "jsonl.gz", "jsonl.zst"] {
        let path = workshop.path(&format!("objects.{name}"));
        let mut written = Vec::new();
        for concurrency in CONCURRENCIES {
            let options = with_manifest(options(concurrency), &path);
            let outcome = weigh_small(&simulator, 200, options).unwrap();
            assert_eq!(outcome.end, End::Complete, "{name}");
            assert_same_rows(&rows_in(&path), &expected, name);
            let bytes = fs::read(&path).unwrap();
            assert_eq!(outcome.manifest.unwrap().bytes, bytes.len() as u64, "{name}");
            written.push(bytes);
        }
        assert!(written.windows(2).all(|pair| pair[0] == pair[1]), "{name}: other bytes");
    }
    let gzip = fs::read(workshop.path("objects.csv.gz")).unwrap();
    assert_eq!(gzip[..2], [0x1F, 0x8B]);
}

#[test]
fn a_prefix_is_weighed_alone() {
    let workshop = Workshop::new();
    let content = generated(ShapeName::Dates, 25_000);
    let all = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    // logs/2024/02/29/13/host-007-….gz, cut at some of its levels and between them.
    let middle = String::from_utf8(all[all.len() / 3].key.clone()).unwrap();
    let mut prefixes: Vec<&str> = [5, 7, 10, 13, 15, 19, 24].map(|end| &middle[..end]).into();
    prefixes.push("nothing/");
    for prefix in prefixes {
        let expected = below(&all, prefix.as_bytes());
        assert_eq!(expected.is_empty(), prefix == "nothing/", "{prefix}");
        let location = format!("s3://{BUCKET}/{prefix}");
        let endpoint = simulator.endpoint();
        for concurrency in ["1", "8", "64"] {
            let arguments = [
                "scan",
                &location,
                "--endpoint-url",
                &endpoint,
                "-q",
                "-c",
                concurrency,
                "-m",
                "part.csv",
                "-o",
                "part.json",
            ];
            run(workshop.signed(&arguments)).ends_with_code(0);
            let summary = workshop.summary("part.json");
            assert_eq!(totals(&summary), sums(&expected), "{prefix} by {concurrency}");
            assert_eq!(summary["location"], location);
            assert_eq!(summary["digest"], digest_of(&expected), "{prefix} by {concurrency}");
            assert_same_rows(&rows_in(&workshop.path("part.csv")), &expected, prefix);
        }
    }
}

/// Names that went wrong somewhere, each alone, in a directory and as a directory.
fn nasty() -> Vec<Vec<u8>> {
    let texts = [
        " ",
        "a b",
        " leading blank",
        "trailing blank ",
        "a+b",
        "100%",
        "%",
        "%41",
        "%2F",
        "%zz",
        "a&b",
        "&amp;",
        "&#10;",
        "<tag>",
        "</Key>",
        "]]>",
        "a>b",
        "\"quoted\"",
        "it's",
        "back\\slash",
        "line\nbreak",
        "car\rriage",
        "\r\n",
        "tab\tstop",
        "\u{1}",
        "\u{1F}",
        "\u{7F}",
        "\0nul",
        "漢字",
        "日本語/ファイル",
        "한국어",
        "😀",
        "👩‍👩‍👧",
        "\u{FF21}",
        "\u{E000}",
        "\u{FFFD}",
        "\u{FFFE}",
        "\u{FFFF}",
        "e\u{301}",
        "é",
        "/leading",
        "/",
        "//",
        "a//b",
        "a/",
        "a",
        "a/a",
        "dir//",
        ".",
        "..",
        "a/../b",
        "./c",
        "base64:Zm9v",
        "comma,and;more",
        "=cmd",
        "#fragment",
        "?query=1",
        "*",
        "[x]",
        "{y}",
        "~tilde",
        "|pipe",
        "^hat",
        "`tick`",
        "null",
        "-",
        "--flag",
        "\u{10FFFF}",
    ];
    let raw: [&[u8]; 5] = [b"\xFF", b"\xFE\xFF", b"caf\xE9", b"\x80", b"\xED\xA0\x80"];
    let names: Vec<Vec<u8>> =
        texts.iter().map(|text| text.as_bytes().to_vec()).chain(raw.map(<[u8]>::to_vec)).collect();
    let mut all = Vec::new();
    for name in &names {
        all.push(name.clone());
        all.push([b"in/", name.as_slice()].concat());
        all.push([name.as_slice(), b"/below"].concat());
    }
    all.push(vec![b'k'; 1_024]);
    all.push([b"deep/".repeat(204), b"abcd".to_vec()].concat());
    all.push("語".repeat(341).into_bytes());
    all.push(vec![0xFF; 1_024]);
    all.push("%".repeat(1_024).into_bytes());
    all.push(vec![b'\n'; 1_024]);
    all
}

#[test]
fn nasty_keys_are_listed_byte_by_byte_and_can_be_continued_from() {
    let workshop = Workshop::new();
    let content = keys(nasty());
    let expected = rows_of(&content);
    // A page of one object continues from every key there is.
    for limit in [1_000, 7, 1] {
        let behaviour = format!("page-limit={limit}");
        let simulator = serve(&content, &behaviour);
        for concurrency in CONCURRENCIES {
            for name in ["nasty.csv", "nasty.jsonl.zst"] {
                let what = format!("{name} by {concurrency} with `{behaviour}`");
                let path = workshop.path(name);
                let options = with_manifest(options(concurrency), &path);
                let outcome = weigh_small(&simulator, limit, options).unwrap();
                assert_eq!(outcome.end, End::Complete, "{what}");
                assert_honest(&outcome, &expected, &what);
                assert_same_rows(&rows_in(&path), &expected, &what);
            }
        }
    }
}

#[test]
fn the_program_signs_for_nasty_keys() {
    let workshop = Workshop::new();
    let content = keys(nasty());
    let expected = rows_of(&content);
    let mut config = common::config(&content, "page-limit=3");
    config.anonymous = false;
    let simulator = common::start(config);
    workshop
        .scan(&simulator.endpoint(), &["-q", "-c", "4", "-m", "n.jsonl", "-o", "n.json"])
        .ends_with_code(0);
    assert_eq!(totals(&workshop.summary("n.json")), sums(&expected));
    assert_same_rows(&rows_in(&workshop.path("n.jsonl")), &expected, "signed");
}

#[test]
fn every_key_can_be_a_prefix() {
    let content = keys(nasty());
    let all = rows_of(&content);
    let simulator = serve(&content, "page-limit=5");
    runtime().block_on(async {
        let quirks = Quirks { page_limit: 5, ..Quirks::default() };
        let store = store(&simulator, Some(quirks)).await;
        for row in &all {
            let expected = below(&all, &row.key);
            let options = weighbridge::scan::ScanOptions { prefix: row.key.clone(), ..options(8) };
            let what = row.key.escape_ascii().to_string();
            let outcome = weigh_store(store.clone(), options).await.unwrap();
            assert_eq!(outcome.end, End::Complete, "{what}");
            assert_honest(&outcome, &expected, &what);
            assert!(counted(&outcome).0 > 0, "{what}: the key that is the prefix itself");
        }
    });
}

type Keeps = Box<dyn Fn(&Row) -> bool>;

/// Objects that differ in all that filters look at.
fn diverse() -> Held {
    let classes: [&[u8]; 3] = [b"STANDARD", b"GLACIER", b"STANDARD_IA"];
    held(Given::new((0..3_000_u32).map(|number| {
        let ending = ["gz", "txt", "parquet"][number as usize % 3];
        GivenObject {
            modified: Timestamp(1_700_000_000_000 + i64::from(number % 500) * 86_400_000),
            storage_class: classes[number as usize / 7 % 3].to_vec(),
            ..GivenObject::new(
                format!("d{}/{number:05}.{ending}", number % 10),
                u64::from(number % 100) * 1_000,
            )
        }
    })))
}

fn dropped(summary: &Value) -> (u64, u128) {
    summary["filtered"].as_object().unwrap().values().fold((0, 0), |(objects, bytes), counts| {
        (
            objects + counts["objects"].as_u64().unwrap(),
            bytes + u128::from(counts["bytes"].as_u64().unwrap()),
        )
    })
}

#[test]
fn filters_drop_what_they_say_and_the_dropped_add_up_to_the_rest() {
    let workshop = Workshop::new();
    let content = diverse();
    let all = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    let since = Timestamp(1_717_200_000_000); // 2024-06-01
    let cases: Vec<(Vec<&str>, &str, Keeps)> = vec![
        (vec!["--include", "*.gz"], "not_included", Box::new(|row| row.key.ends_with(b".gz"))),
        (
            vec!["--include", "d1/**", "--include", "d2/**"],
            "not_included",
            Box::new(|row| row.key.starts_with(b"d1/") || row.key.starts_with(b"d2/")),
        ),
        (vec!["--exclude", "*.gz"], "excluded", Box::new(|row| !row.key.ends_with(b".gz"))),
        (vec!["--min-size", "50kB"], "size", Box::new(|row| row.size >= 50_000)),
        (vec!["--max-size", "50kB"], "size", Box::new(|row| row.size <= 50_000)),
        (
            vec!["--min-size", "10kB", "--max-size", "20kB"],
            "size",
            Box::new(|row| (10_000..=20_000).contains(&row.size)),
        ),
        (
            vec!["--modified-since", "2024-06-01"],
            "time",
            Box::new(move |row| row.modified >= since),
        ),
        (
            vec!["--modified-before", "2024-06-01"],
            "time",
            Box::new(move |row| row.modified < since),
        ),
        (
            vec!["--storage-class", "glacier"],
            "storage_class",
            Box::new(|row| row.storage_class == b"GLACIER"),
        ),
        (vec!["--exclude", "**"], "excluded", Box::new(|_| false)),
    ];
    for (flags, reason, keeps) in cases {
        let expected: Vec<Row> = all.iter().filter(|row| keeps(row)).cloned().collect();
        let mut more = vec!["-q", "-m", "kept.csv", "-o", "kept.json"];
        more.extend(&flags);
        workshop.scan(&simulator.endpoint(), &more).ends_with_code(0);
        let summary = workshop.summary("kept.json");
        let (kept, lost) = (totals(&summary), dropped(&summary));
        assert_eq!(kept, sums(&expected), "{flags:?}");
        assert_eq!((kept.0 + lost.0, kept.1 + lost.1), sums(&all), "{flags:?}");
        let by_reason = &summary["filtered"][reason];
        assert_eq!(by_reason["objects"], lost.0, "{flags:?}: all dropped for one reason");
        assert_same_rows(&rows_in(&workshop.path("kept.csv")), &expected, &format!("{flags:?}"));
    }
}

#[test]
fn filters_together_count_each_dropped_object_once() {
    let content = diverse();
    let all = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    let filters = FilterSpec {
        include: vec!["d[0-7]/**".into()],
        exclude: vec!["*.txt".into()],
        min_size: Some("5000".into()),
        modified_since: Some("2024-01-01".into()),
        storage_classes: vec!["STANDARD".into(), "GLACIER".into()],
        ..FilterSpec::default()
    };
    let mut seen = Vec::new();
    for concurrency in CONCURRENCIES {
        let options =
            weighbridge::scan::ScanOptions { filters: filters.clone(), ..options(concurrency) };
        let outcome = weigh(&simulator, options).unwrap();
        let (objects, bytes) = counted(&outcome);
        let dropped = outcome.ledger.dropped.total();
        assert!(objects > 0 && dropped.objects > 0);
        assert_eq!((objects + dropped.objects, bytes + dropped.bytes), sums(&all));
        seen.push((objects, bytes, outcome.ledger.dropped, outcome.ledger.tally.digest()));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_summary_has_what_scripts_rely_on() {
    let workshop = Workshop::new();
    let content = numbered(3_000);
    let simulator = serve(&content, "");
    workshop
        .scan(&simulator.endpoint(), &["-q", "-o", "s.json", "-m", "m.csv.gz"])
        .ends_with_code(0);
    let summary = workshop.summary("s.json");
    assert_eq!(summary["schema"], "weighbridge.summary/1");
    assert_eq!(summary["location"], "s3://b");
    assert_eq!(summary["provider"], "s3");
    assert_eq!(summary["endpoint"], simulator.endpoint());
    assert_eq!(summary["region"], "us-east-1");
    assert_eq!(summary["complete"], true);
    assert_eq!(summary["interrupted"], false);
    assert_eq!(summary["incomplete"], serde_json::json!([]));
    assert_eq!(summary["totals"]["objects"], 3_000);
    assert_eq!(u128::from(summary["totals"]["bytes"].as_u64().unwrap()), content.totals().bytes);
    assert!(summary["requests"]["list"].as_u64().unwrap() >= 3);
    assert_eq!(summary["requests"]["retried"], 0);
    assert_eq!(summary["requests"]["throttled"], 0);
    assert_eq!(summary["manifest"]["path"], "m.csv.gz");
    assert_eq!(summary["manifest"]["format"], "csv.gz");
    assert_eq!(summary["manifest"]["rows"], 3_000);
    let length = fs::metadata(workshop.path("m.csv.gz")).unwrap().len();
    assert_eq!(summary["manifest"]["bytes"], length);
    let left: Vec<_> =
        fs::read_dir(workshop.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing else is left behind: {left:?}");
}

#[test]
fn the_number_of_requests_is_the_one_that_the_server_saw() {
    let workshop = Workshop::new();
    for shape in ShapeName::ALL {
        let content = generated(shape, 23_456);
        for (concurrency, behaviour) in
            [("1", ""), ("8", "page-limit=150"), ("64", "page-limit=50")]
        {
            let simulator = serve(&content, behaviour);
            let more = ["-q", "-o", "s.json", "-c", concurrency, "--no-hedging"];
            workshop.scan(&simulator.endpoint(), &more).ends_with_code(0);
            let told = workshop.summary("s.json")["requests"]["list"].as_u64().unwrap();
            assert_eq!(told, simulator.counters().lists, "{shape} by {concurrency}");
        }
    }
}

#[test]
fn data_on_stdout_is_nothing_but_data() {
    let workshop = Workshop::new();
    let content = numbered(2_500);
    let expected = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    let endpoint = simulator.endpoint();

    let summary = workshop.scan(&endpoint, &["-o", "-"]);
    summary.ends_with_code(0);
    let json: Value = serde_json::from_slice(&summary.stdout).unwrap();
    assert_eq!(totals(&json), sums(&expected));
    assert!(summary.stderr.contains("2,500"), "people read on stderr: {}", summary.stderr);

    for format in ["csv", "jsonl", "csv.gz", "jsonl.zst"] {
        let manifest =
            workshop.scan(&endpoint, &["-m", "-", "--manifest-format", format, "-o", "s.json"]);
        manifest.ends_with_code(0);
        let name = format!("stdout.{format}");
        let encoding = Encoding::from_path(Path::new(&name)).unwrap();
        let source = std::io::Cursor::new(manifest.stdout.clone());
        let rows: Vec<Row> = Reader::new(source, encoding, Path::new(&name))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_same_rows(&rows, &expected, format);
        assert_eq!(workshop.summary("s.json")["manifest"]["path"], "-");
    }

    let both = workshop.scan(&endpoint, &["-m", "-", "-o", "-"]);
    both.ends_with_code(2);
    assert!(both.stderr.contains("hint: "), "{}", both.stderr);
}

#[test]
fn a_limit_on_requests_ends_the_scan_as_incomplete_with_exact_figures() {
    let workshop = Workshop::new();
    let content = numbered(25_000);
    let all = rows_of(&content);
    for concurrency in ["1", "8", "64"] {
        for limit in [1_u64, 2, 9, 40, 100] {
            let simulator = serve(&content, "page-limit=200");
            let number = limit.to_string();
            let more =
                ["-o", "s.json", "-c", concurrency, "--no-hedging", "--max-requests", &number];
            let ran = workshop.scan(&simulator.endpoint(), &more);
            ran.ends_with_code(3);
            assert!(ran.stderr.contains("warning: incomplete"), "{}", ran.stderr);
            assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
            let summary = workshop.summary("s.json");
            let what = format!("{limit} requests by {concurrency}");
            assert_eq!(summary["complete"], false, "{what}");
            assert_eq!(summary["interrupted"], false, "{what}");
            assert_eq!(summary["requests"]["list"], limit, "{what}");
            assert_eq!(simulator.counters().requests, limit, "{what}: the server saw as many");
            let inside = outside_gaps(&all, &summary);
            assert_eq!(totals(&summary), sums(&inside), "{what}: exact outside of the gaps");
            assert_eq!(summary["digest"], digest_of(&inside), "{what}");
            fs::remove_dir_all(workshop.path("s.json.weighbridge")).unwrap();
        }
    }
}

#[test]
fn every_allowed_request_that_was_answered_counts() {
    let content = numbered(5_000);
    for (concurrency, limit) in [(8, 5), (8, 8), (8, 40), (64, 30), (64, 70)] {
        let simulator = serve(&content, "page-limit=50");
        let mut options = options(concurrency);
        options.pace.max_requests = limit;
        let outcome = weigh_small(&simulator, 50, options).unwrap();
        assert_eq!(outcome.end, End::RequestLimit);
        let used = outcome.ledger.requests.pages;
        assert_eq!(used, limit, "pages used of those asked for, by {concurrency}");
    }
}

#[test]
fn two_scans_of_one_process_do_not_share_their_segments() {
    let workshop = Workshop::new();
    let contents = [numbered(4_000), keys((0..4_000).map(|number| format!("other/{number:04}")))];
    let simulators = contents.each_ref().map(|content| serve(content, "page-limit=20"));
    runtime().block_on(async {
        let scans = [0, 1].map(|index| {
            // The same start: a library may be called twice in a millisecond.
            let path = workshop.path(&format!("{index}.csv"));
            let simulator = &simulators[index];
            async move {
                let store = store(simulator, None).await;
                weigh_store(store, with_manifest(options(8), &path)).await
            }
        });
        for result in futures::future::join_all(scans).await {
            assert_eq!(result.unwrap().end, End::Complete);
        }
    });
    for (index, content) in contents.iter().enumerate() {
        let path = workshop.path(&format!("{index}.csv"));
        assert_same_rows(&rows_in(&path), &rows_of(content), &format!("scan {index}"));
    }
}

#[test]
fn a_kept_ledger_is_the_proof_of_a_complete_scan() {
    let workshop = Workshop::new();
    let content = generated(ShapeName::Mixed, 5_000);
    let expected = rows_of(&content);
    let simulator = serve(&content, "page-limit=100");
    let directory = workshop.path("state");
    let outcome = weigh(&simulator, with_state(options(8), &directory, false)).unwrap();
    assert_honest(&outcome, &expected, "kept");
    let path = directory.join("ledger.json");
    let ledger =
        weighbridge::scan::ledger::Ledger::read(&path, |_| weighbridge::object::KeyOrder::Bytes)
            .unwrap();
    assert!(ledger.complete);
    assert_eq!(ledger.tally.digest().to_string(), digest_of(&expected));
    assert!(ledger.ranges.len() > 1, "cut into ranges");
}

#[test]
fn a_demonstration_needs_no_network_keys_or_files() {
    let workshop = Workshop::new();
    let ran = run(workshop.bare(&["scan", "demo:hex?objects=3000&seed=4", "-o", "-", "-q"]));
    ran.ends_with_code(0);
    let summary: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let expected = Generated::new(ShapeName::Hex, 3_000, 4).unwrap();
    assert_eq!(totals(&summary), content_sums(&held(expected)));
    assert_eq!(summary["provider"], "demo");
}

#[test]
fn the_environment_names_endpoint_and_limits_as_flags_do() {
    let workshop = Workshop::new();
    let content = numbered(1_200);
    let simulator = serve(&content, "page-limit=100");
    let endpoint = simulator.endpoint();
    for name in ["WEIGHBRIDGE_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let mut command = workshop.signed(&["scan", "s3://b", "-q", "-o", "-"]);
        command.env(name, &endpoint).env("WEIGHBRIDGE_CONCURRENCY", "2");
        let ran = run(command);
        ran.ends_with_code(0);
        let summary: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(totals(&summary), content_sums(&content), "{name}");
        assert!(summary["requests"]["peak_in_flight"].as_u64().unwrap() <= 2, "{name}");
    }
    let arguments = scan_arguments(&endpoint, &["-q"]);
    let quiet = run(workshop.signed(&arguments));
    quiet.ends_with_code(0);
    assert_eq!(quiet.said().trim(), "", "quiet says nothing");
}

/// Defaults are for all calls, also for those that they say nothing about.
#[test]
fn defaults_that_say_nothing_about_a_source_are_passed_over_and_typed_flags_are_not() {
    let workshop = Workshop::new();
    let weigh = |more: &[&str], profile: &str| {
        let call = ["scan", "demo:hex?objects=300", "-q", "-o", "-"];
        let mut command = workshop.bare(&[&call, more].concat());
        command.env("WEIGHBRIDGE_PROFILE", profile).env("WEIGHBRIDGE_ENTRA_ID", "true");
        run(command)
    };
    fs::write(workshop.path("weighbridge.toml"), "region = 'eu-west-1'\npage-size = 100").unwrap();
    weigh(&[], "backup").ends_with_code(0);
    // A variable that is set to nothing is not set.
    let mut emptied = workshop.bare(&["scan", "demo:hex?objects=300", "-q"]);
    for name in ["WEIGHBRIDGE_CONCURRENCY", "WEIGHBRIDGE_QUIET", "WEIGHBRIDGE_CONFIG"] {
        emptied.env(name, "");
    }
    run(emptied).ends_with_code(0);
    for flag in [["--region", "eu-west-1"], ["--page-size", "100"]] {
        let ran = weigh(&flag, "");
        ran.ends_with_code(2);
        assert!(ran.stderr.contains(&format!("`{}` says nothing", flag[0])), "{}", ran.stderr);
    }
}
