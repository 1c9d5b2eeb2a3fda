//! A scan that was stopped, however roughly, and gone on with gives what one without a stop gives.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::path::Path;

use common::{
    Gate, Held, Ran, Running, Workshop, assert_same_rows, digest_of, keys, numbered, outside_gaps,
    rows_in, rows_of, run, scan_arguments, serve, start, sums, totals, until,
};
use serde_json::Value;
use weighbridge::simulator::{BucketConfig, Given, Simulator, SimulatorConfig};

const OUTPUTS: [&str; 6] = ["-m", "objects.csv", "-o", "summary.json", "--no-hedging", "-q"];

fn with_outputs<'a>(more: &[&'a str]) -> Vec<&'a str> {
    OUTPUTS.into_iter().chain(more.iter().copied()).collect()
}

/// What a scan without a stop writes.
fn undisturbed(content: &Held, more: &[&str]) -> (Vec<u8>, Value) {
    let workshop = Workshop::new();
    let simulator = serve(content, "");
    workshop.scan(&simulator.endpoint(), &with_outputs(more)).ends_with_code(0);
    (fs::read(workshop.path("objects.csv")).unwrap(), workshop.summary("summary.json"))
}

/// The finished outputs are those of a scan without a stop, and nothing else is left.
#[track_caller]
fn assert_as_undisturbed(workshop: &Workshop, content: &Held, more: &[&str]) {
    let (manifest, expected) = undisturbed(content, more);
    let summary = workshop.summary("summary.json");
    for field in [
        "complete",
        "interrupted",
        "incomplete",
        "totals",
        "digest",
        "sizes",
        "filtered",
        "prefixes",
        "largest",
        "hazards",
        "storage_classes",
    ] {
        assert_eq!(summary[field], expected[field], "{field}");
    }
    assert!(
        fs::read(workshop.path("objects.csv")).unwrap() == manifest,
        "the manifest has other bytes"
    );
    assert!(!workshop.path("objects.csv.weighbridge").exists(), "the checkpoint is left behind");
    assert!(!workshop.path("objects.csv.partial").exists(), "half a manifest is left behind");
}

fn ledger_in(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Starts a scan against a server that answers some requests and then nothing, and waits until a
/// checkpoint has all that was answered.
fn stuck_after(
    workshop: &Workshop,
    gate: &Gate,
    answered: u64,
    pages_before: u64,
    more: &[&str],
) -> Running {
    let endpoint = gate.endpoint();
    let mut arguments = with_outputs(&["--checkpoint-every", "10ms"]);
    arguments.extend(more);
    let running = Running::start(workshop.signed(&scan_arguments(&endpoint, &arguments)));
    let path = workshop.path("objects.csv.weighbridge/ledger.json");
    until("a checkpoint of what was answered", || {
        let pages = ledger_in(&path)?["requests"]["pages"].as_u64()?;
        (pages >= pages_before + answered).then_some(())
    });
    running
}

#[test]
fn a_scan_stopped_by_its_limit_again_and_again_ends_as_one_that_was_not() {
    let content = numbered(25_000);
    for (concurrency, limit) in [("1", "19"), ("8", "5"), ("8", "8"), ("8", "25"), ("64", "40")] {
        let workshop = Workshop::new();
        let simulator = serve(&content, "page-limit=200");
        let endpoint = simulator.endpoint();
        let more = with_outputs(&["-c", concurrency, "--max-requests", limit]);
        let mut resumed = more.clone();
        resumed.push("--resume");
        let mut ran = workshop.scan(&endpoint, &more);
        let mut rounds = 1;
        while ran.code == Some(3) {
            assert!(rounds < 500, "{limit} requests by {concurrency}: it does not get on");
            assert!(!workshop.path("objects.csv").exists(), "a manifest before its time");
            ran = workshop.scan(&endpoint, &resumed);
            rounds += 1;
        }
        ran.ends_with_code(0);
        assert!(rounds > 1, "{limit} requests by {concurrency}: never stopped");
        assert_as_undisturbed(&workshop, &content, &[]);
        let told = workshop.summary("summary.json")["requests"]["list"].as_u64().unwrap();
        assert_eq!(told, simulator.counters().lists, "requests of all runs together");
    }
}

#[test]
fn even_a_single_request_a_run_gets_on() {
    let content = numbered(400);
    let workshop = Workshop::new();
    let simulator = serve(&content, "page-limit=200");
    let endpoint = simulator.endpoint();
    let more = with_outputs(&["-c", "8", "--max-requests", "1", "--resume"]);
    let mut rounds = 0;
    while workshop.scan(&endpoint, &more).code != Some(0) {
        rounds += 1;
        assert!(rounds < 300, "it does not get on");
    }
    assert_as_undisturbed(&workshop, &content, &[]);
}

#[test]
fn a_killed_scan_goes_on_from_its_last_checkpoint() {
    let content = numbered(25_000);
    for (answered, concurrency) in [(1, "8"), (5, "1"), (40, "8"), (90, "16")] {
        let workshop = Workshop::new();
        let hanging = serve(&content, &format!("page-limit=200,answer-first={answered}"));
        let gate = Gate::before(&hanging);
        let running = stuck_after(&workshop, &gate, answered, 0, &["-c", concurrency]);
        running.signal("KILL");
        let killed = running.finish();
        assert_eq!(killed.code, None);
        assert!(!workshop.path("objects.csv").exists());

        let whole = serve(&content, "page-limit=200");
        gate.now_before(&whole);
        let more = with_outputs(&["-c", concurrency, "--resume"]);
        workshop.scan(&gate.endpoint(), &more).ends_with_code(0);
        assert_as_undisturbed(&workshop, &content, &[]);
        let listed = whole.counters().listed_objects;
        assert!(listed < 25_000 || answered == 1, "what was counted is not listed again: {listed}");
    }
}

#[test]
fn a_chain_of_kills_loses_and_doubles_nothing() {
    let content = numbered(25_000);
    let filters = ["--exclude", "*7", "--min-size", "1kB"];
    let workshop = Workshop::new();
    let first = serve(&content, "page-limit=200,answer-first=7");
    let gate = Gate::before(&first);
    let mut pages = 0;
    for (round, (signal, answered)) in
        [("KILL", 17_u64), ("TERM", 22), ("KILL", 30), ("INT", 5), ("KILL", 9)]
            .into_iter()
            .enumerate()
    {
        let server = serve(&content, &format!("page-limit=200,answer-first={answered}"));
        gate.now_before(&server);
        let mut more = vec!["-c", "8"];
        more.extend(filters);
        if round > 0 {
            more.push("--resume");
        }
        let running = stuck_after(&workshop, &gate, answered, pages, &more);
        running.signal(signal);
        let ended = running.finish();
        assert_eq!(ended.code, (signal != "KILL").then_some(130), "{signal}: {}", ended.said());
        let ledger = ledger_in(&workshop.path("objects.csv.weighbridge/ledger.json")).unwrap();
        pages = ledger["requests"]["pages"].as_u64().unwrap();
    }
    let whole = serve(&content, "page-limit=200");
    gate.now_before(&whole);
    let mut more = with_outputs(&["-c", "8", "--resume"]);
    more.extend(filters);
    workshop.scan(&gate.endpoint(), &more).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &filters);
}

#[test]
fn an_interrupted_scan_says_so_and_its_figures_are_exact() {
    let content = numbered(25_000);
    let all = rows_of(&content);
    for (signal, answered) in [("INT", 55), ("TERM", 35), ("INT", 1)] {
        let workshop = Workshop::new();
        let hanging = serve(&content, &format!("page-limit=200,answer-first={answered}"));
        let gate = Gate::before(&hanging);
        let running = stuck_after(&workshop, &gate, answered, 0, &["-c", "8"]);
        running.signal(signal);
        let ended = running.finish();
        ended.ends_with_code(130);
        assert!(ended.stderr.contains("the scan was stopped"), "{}", ended.stderr);
        assert!(ended.stderr.contains("hint: repeat the call with `--resume`"), "{}", ended.stderr);
        let summary = workshop.summary("summary.json");
        assert_eq!(summary["complete"], false);
        assert_eq!(summary["interrupted"], true);
        assert_eq!(summary["manifest"], Value::Null);
        let inside = outside_gaps(&all, &summary);
        assert!(!inside.is_empty());
        assert_eq!(totals(&summary), sums(&inside));
        assert_eq!(summary["digest"], digest_of(&inside));
    }
}

#[test]
fn a_scan_that_heard_nothing_yet_can_be_interrupted() {
    let content = numbered(500);
    let workshop = Workshop::new();
    let silent = serve(&content, "answer-first=0");
    let endpoint = silent.endpoint();
    let running =
        Running::start(workshop.signed(&scan_arguments(&endpoint, &["-o", "summary.json"])));
    until("the first request", || (silent.counters().requests > 0).then_some(()));
    running.signal("INT");
    running.finish().ends_with_code(130);
    let summary = workshop.summary("summary.json");
    assert_eq!(totals(&summary), (0, 0));
    assert_eq!(summary["interrupted"], true);
}

#[test]
fn rows_on_stdout_up_to_an_interruption_are_whole() {
    let content = numbered(25_000);
    let all = rows_of(&content);
    let workshop = Workshop::new();
    let hanging = serve(&content, "page-limit=200,answer-first=50");
    let endpoint = hanging.endpoint();
    let arguments = [
        "-m",
        "-",
        "-o",
        "summary.json",
        "--state",
        "state",
        "--checkpoint-every",
        "10ms",
        "-c",
        "4",
    ];
    let running = Running::start(workshop.signed(&scan_arguments(&endpoint, &arguments)));
    let path = workshop.path("state/ledger.json");
    until("fifty pages", || (ledger_in(&path)?["requests"]["pages"].as_u64()? >= 50).then_some(()));
    running.signal("INT");
    let ended = running.finish();
    ended.ends_with_code(130);
    fs::write(workshop.path("stdout.csv"), &ended.stdout).unwrap();
    let inside = outside_gaps(&all, &workshop.summary("summary.json"));
    assert_same_rows(&rows_in(&workshop.path("stdout.csv")), &inside, "what was listed");
}

#[test]
fn a_range_that_failed_is_listed_when_the_scan_is_resumed() {
    let content = numbered(25_000);
    let key = String::from_utf8(rows_of(&content)[11_700].key.clone()).unwrap();
    let workshop = Workshop::new();
    let failing = serve(&content, &format!("page-limit=200,fail-key={key}"));
    let gate = Gate::before(&failing);
    workshop.scan(&gate.endpoint(), &with_outputs(&["-c", "8"])).ends_with_code(3);
    let mended = serve(&content, "page-limit=200");
    gate.now_before(&mended);
    workshop.scan(&gate.endpoint(), &with_outputs(&["-c", "8", "--resume"])).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &[]);
    assert!(mended.counters().listed_objects < 25_000, "only what is missing is asked for");
}

#[test]
fn a_walk_without_order_can_be_resumed_any_number_of_times() {
    let content = keys((0..600).flat_map(|number| {
        let directory = number / 10;
        [format!("dir{directory:02}-{number:03}"), format!("dir{directory:02}/{number:03}")]
    }));
    let workshop = Workshop::new();
    let simulator = serve(&content, "directory-order,page-limit=50");
    let endpoint = simulator.endpoint();
    let (mut counted, mut rounds, mut limit) = (0, 0, "15");
    loop {
        let more = with_outputs(&["-c", "4", "--resume", "--max-requests", limit]);
        let ran = workshop.scan(&endpoint, &more);
        let now = totals(&workshop.summary("summary.json")).0;
        assert!((counted..=1_200).contains(&now), "{now} after {counted}");
        if ran.code == Some(0) {
            break;
        }
        ran.ends_with_code(3);
        (counted, rounds, limit) = (now, rounds + 1, "6");
        assert!(rounds < 50, "it does not get on");
    }
    assert!(rounds > 2, "stopped {rounds} times");
    let summary = workshop.summary("summary.json");
    assert_eq!(totals(&summary), sums(&rows_of(&content)));
    assert_same_rows(
        &rows_in(&workshop.path("objects.csv")),
        &{
            let mut rows = rows_of(&content);
            // The listing's own order, `/` first.
            let weight = |key: &[u8]| {
                key.iter().map(|&byte| if byte == b'/' { 0 } else { byte }).collect::<Vec<_>>()
            };
            rows.sort_by_key(|row| weight(&row.key));
            rows
        },
        "walked",
    );
    assert_eq!(
        summary["requests"]["list"].as_u64().unwrap(),
        simulator.counters().lists,
        "requests of all runs together"
    );
}

#[test]
fn a_limit_on_requests_holds_for_a_walk_without_order_too() {
    let content = keys((0..600).map(|number| format!("k{number:03}")));
    for limit in [1_u64, 4, 5, 9, 12] {
        let workshop = Workshop::new();
        let simulator = serve(&content, "ignores-start-after,page-limit=50");
        let number = limit.to_string();
        let more = ["-q", "-o", "s.json", "-c", "4", "--no-hedging", "--max-requests", &number];
        workshop.scan(&simulator.endpoint(), &more).ends_with_code(3);
        assert!(simulator.counters().lists <= limit, "{} of {limit}", simulator.counters().lists);
        let told = workshop.summary("s.json")["requests"]["list"].as_u64().unwrap();
        assert_eq!(told, simulator.counters().lists);
    }
}

/// Kills the program at some pages, each time it is resumed, and compares with the truth.
fn killed_again_and_again(name: &str, behaviour: &str, more: &[&str]) {
    let content = keys(
        (0..50)
            .map(|number| format!("a/b{}/c/k{number:03}", number % 2))
            .chain((0..45).map(|number| format!("W{number:02}/x")))
            .chain((0..175).map(|number| format!("W{:02}-{number:03}", number / 4))),
    );
    let serve = |extra: &str| {
        let bucket =
            BucketConfig { content: content.clone(), ..BucketConfig::new(Given::default()) };
        let mut config = SimulatorConfig::with_bucket(name, bucket);
        config.behaviour = format!("{behaviour},{extra}").parse().unwrap();
        start(config)
    };
    let workshop = Workshop::new();
    let first = serve("answer-first=0");
    let gate = Gate::before(&first);
    let (location, endpoint) = (format!("s3://{name}"), gate.endpoint());
    let base = ["scan", &location, "--endpoint-url", &endpoint, "-q", "-m", "objects.csv"];
    let rest = ["-o", "summary.json", "--no-hedging", "--checkpoint-every", "10ms", "-c", "1"];
    let arguments = [&base[..], &rest, &["--page-size", "20"], more].concat();
    let resumed = [&arguments[..], &["--resume"]].concat();
    let path = workshop.path("objects.csv.weighbridge/ledger.json");
    for answered in [12, 4, 5] {
        let hanging = serve(&format!("answer-first={answered}"));
        gate.now_before(&hanging);
        let running = Running::start(workshop.signed(&resumed));
        until("the last answer", || (hanging.counters().requests > answered).then_some(()));
        let mut elapsed = Value::Null;
        // One may have been begun before.
        for _ in 0..3 {
            elapsed = until("a checkpoint of what was answered", || {
                let ledger = ledger_in(&path).filter(|ledger| ledger["walk"].is_object())?;
                Some(ledger["elapsed_seconds"].clone()).filter(|now| *now != elapsed)
            });
        }
        running.signal("KILL");
        assert_eq!(running.finish().code, None);
    }
    let whole = serve("");
    gate.now_before(&whole);
    run(workshop.signed(&resumed)).ends_with_code(0);
    let summary = workshop.summary("summary.json");
    assert_eq!(totals(&summary), sums(&rows_of(&content)));
    assert_eq!(summary["digest"], digest_of(&rows_of(&content)));
    assert!(!summary["notes"].to_string().contains("began anew"), "{}", summary["notes"]);
    let unbroken = Workshop::new();
    run(unbroken.signed(&arguments)).ends_with_code(0);
    let manifest = |workshop: &Workshop| fs::read(workshop.path("objects.csv")).unwrap();
    assert!(manifest(&workshop) == manifest(&unbroken), "the manifest has other bytes");
    assert!(!workshop.path("objects.csv.weighbridge").exists(), "the checkpoint is left behind");
}

#[test]
fn a_killed_walk_by_tokens_goes_on_from_its_last_checkpoint() {
    killed_again_and_again("b", "directory-order", &[]);
}

#[test]
fn a_killed_walk_by_directories_goes_on_from_its_last_checkpoint() {
    killed_again_and_again("b--use1-az4--x-s3", "", &[]);
}

// --- what is refused --------------------------------------------------------------------------------

/// A workshop with a scan that stopped after some pages.
fn half_done(content: &Held) -> (Workshop, Simulator) {
    let workshop = Workshop::new();
    let simulator = serve(content, "page-limit=200");
    let more = with_outputs(&["-c", "8", "--max-requests", "60"]);
    workshop.scan(&simulator.endpoint(), &more).ends_with_code(3);
    (workshop, simulator)
}

#[track_caller]
fn assert_refused(ran: &Ran, code: i32, names: &[&str]) {
    ran.ends_with_code(code);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    for name in names {
        assert!(ran.stderr.contains(name), "`{name}` is not in: {}", ran.stderr);
    }
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
}

#[test]
fn other_options_than_those_of_the_first_run_are_refused() {
    let content = numbered(25_000);
    let (workshop, simulator) = half_done(&content);
    let endpoint = simulator.endpoint();
    let ledger = workshop.path("objects.csv.weighbridge/ledger.json");
    let before = fs::read(&ledger).unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["--exclude", "*1"], "another set of filters"),
        (&["--min-size", "1"], "another set of filters"),
        (&["--storage-class", "STANDARD"], "another set of filters"),
        (&["--depth", "3"], "another depth: `2` then, `3` now"),
    ];
    for (flags, words) in cases {
        let mut more = with_outputs(&["--resume"]);
        more.extend(flags);
        assert_refused(&workshop.scan(&endpoint, &more), 2, &[words, "ledger.json"]);
    }
    let state = ["--resume", "-q", "--state", "objects.csv.weighbridge", "-m", "objects.jsonl"];
    assert_refused(
        &workshop.scan(&endpoint, &state),
        2,
        &["another manifest format: `csv` then, `jsonl` now"],
    );
    let mut elsewhere = with_outputs(&["--resume", "--endpoint-url", &endpoint]);
    elsewhere.splice(0..0, ["scan", "s3://b/d1/"]);
    assert_refused(
        &run(workshop.signed(&elsewhere)),
        2,
        &["another location: `s3://b` then, `s3://b/d1/` now"],
    );
    let other = serve(&content, "");
    assert_refused(
        &workshop.scan(&other.endpoint(), &with_outputs(&["--resume"])),
        2,
        &["another endpoint", &endpoint, &other.endpoint()],
    );
    // None of that has done any harm.
    assert!(fs::read(&ledger).unwrap() == before);
    workshop.scan(&endpoint, &with_outputs(&["--resume"])).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &[]);
}

fn ranges(ledger: &mut Value) -> &mut Vec<Value> {
    ledger["ranges"].as_array_mut().unwrap()
}

/// What is done to a sound ledger; at the number stands a range with objects.
type Edit = fn(&mut Value, usize);

/// What a ledger cannot say of itself.
const CONTRADICTIONS: [(&str, Edit); 10] = [
    ("more objects", |ledger, at| {
        let objects = ledger["ranges"][at]["objects"].as_u64().unwrap();
        ledger["ranges"][at]["objects"] = (objects + 1).into();
    }),
    ("fewer bytes", |ledger, at| ledger["ranges"][at]["bytes"] = 1.into()),
    ("another digest", |ledger, at| {
        ledger["ranges"][at]["digest"] = "00000000000000000000000000000001".into();
    }),
    ("fewer rows than objects", |ledger, at| {
        let rows = ledger["ranges"][at]["mark"]["rows"].as_u64().unwrap();
        ledger["ranges"][at]["mark"]["rows"] = (rows - 1).into();
    }),
    ("a range left out", |ledger, _| drop(ranges(ledger).remove(1))),
    ("no end", |ledger, _| drop(ranges(ledger).pop())),
    ("a range twice", |ledger, _| {
        let twice = ranges(ledger)[1].clone();
        ranges(ledger).insert(1, twice);
    }),
    ("a segment twice", |ledger, at| {
        let segment = ledger["ranges"][at]["segment"].clone();
        for range in ranges(ledger) {
            range["segment"] = segment.clone();
        }
    }),
    ("a segment that was never begun", |ledger, at| {
        ledger["ranges"][at]["segment"] = 1_000_000.into();
    }),
    ("said to be complete", |ledger, _| ledger["complete"] = true.into()),
];

#[test]
fn a_damaged_ledger_is_refused_and_left_as_it_is() {
    let content = numbered(25_000);
    let (workshop, simulator) = half_done(&content);
    let path = workshop.path("objects.csv.weighbridge/ledger.json");
    let text = fs::read_to_string(&path).unwrap();
    let sound: Value = serde_json::from_str(&text).unwrap();
    assert!(sound["ranges"].as_array().unwrap().len() > 2);
    let counted = |range: &Value| range["objects"].as_u64() > Some(0);
    let at = sound["ranges"].as_array().unwrap().iter().position(counted).unwrap();
    let edited = |edit: Edit| {
        let mut ledger = sound.clone();
        edit(&mut ledger, at);
        ledger.to_string()
    };
    let unreadable = [
        ("cut in its middle", text[..text.len() / 2].to_owned(), "not a ledger"),
        ("empty", String::new(), "not a ledger"),
        ("no JSON", "ledger".to_owned(), "not a ledger"),
        (
            "another version",
            edited(|ledger, _| ledger["schema"] = "weighbridge.ledger/9".into()),
            "weighbridge.ledger/9",
        ),
    ];
    let contradictions =
        CONTRADICTIONS.map(|(what, edit)| (what, edited(edit), "contradicts itself"));
    for (what, damaged, words) in unreadable.into_iter().chain(contradictions) {
        fs::write(&path, &damaged).unwrap();
        let ran = workshop.scan(&simulator.endpoint(), &with_outputs(&["--resume"]));
        assert_refused(&ran, 1, &[words, "ledger.json"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged, "{what}");
    }
    fs::write(&path, &text).unwrap();
    workshop.scan(&simulator.endpoint(), &with_outputs(&["--resume"])).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &[]);
}

#[test]
fn rows_that_are_gone_are_noticed() {
    let content = numbered(25_000);
    let (workshop, simulator) = half_done(&content);
    let segments = workshop.path("objects.csv.weighbridge/segments");
    let largest = fs::read_dir(&segments)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap();
    let rows = fs::read(&largest).unwrap();
    fs::write(&largest, &rows[..rows.len() / 2]).unwrap();
    let ran = workshop.scan(&simulator.endpoint(), &with_outputs(&["--resume"]));
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("segment-"), "{}", ran.stderr);
    assert!(!workshop.path("objects.csv").exists());
}

#[test]
fn without_a_checkpoint_to_go_on_from_the_scan_begins() {
    let content = numbered(1_500);
    let workshop = Workshop::new();
    let simulator = serve(&content, "");
    workshop.scan(&simulator.endpoint(), &with_outputs(&["--resume"])).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &[]);
}

#[test]
fn a_scan_begun_anew_forgets_the_one_before() {
    let content = numbered(25_000);
    let (workshop, simulator) = half_done(&content);
    workshop.scan(&simulator.endpoint(), &with_outputs(&["-c", "8"])).ends_with_code(0);
    assert_as_undisturbed(&workshop, &content, &[]);
}

#[test]
fn rows_that_went_to_stdout_so_far_still_go_to_a_file() {
    let content = numbered(5_000);
    let workshop = Workshop::new();
    let simulator = serve(&content, "page-limit=200");
    let endpoint = simulator.endpoint();
    let first = ["-m", "-", "--state", "state", "--max-requests", "12", "-c", "4", "-q"];
    let ran = workshop.scan(&endpoint, &first);
    ran.ends_with_code(3);
    assert!(ran.stdout.len() > 1000, "no row of those listed");
    let second = ["-m", "objects.csv", "--state", "state", "--resume", "-q"];
    workshop.scan(&endpoint, &second).ends_with_code(0);
    assert_same_rows(&rows_in(&workshop.path("objects.csv")), &rows_of(&content), "all rows");
    assert!(!workshop.path("state/segments").exists(), "segments are left behind");
}

#[test]
fn a_scan_that_is_done_is_not_gone_on_with() {
    let workshop = Workshop::new();
    let content = numbered(500);
    let simulator = serve(&content, "");
    let more = ["-m", "m.csv", "--state", "state"];
    workshop.scan(&simulator.endpoint(), &more).ends_with_code(0);
    let ran =
        workshop.scan(&simulator.endpoint(), &["-m", "m.csv", "--state", "state", "--resume"]);
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("is done") && ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_same_rows(&rows_in(&workshop.path("m.csv")), &rows_of(&content), "the manifest stays");
}

#[test]
fn what_was_listed_outlives_results_that_could_not_be_written() {
    let content = numbered(1_500);
    for state in [&[][..], &["--state", "state"]] {
        let workshop = Workshop::new();
        let simulator = serve(&content, "");
        let more = with_outputs(&[&["--report", "report.md"], state].concat());
        let full = workshop.path("report.md");
        std::os::unix::fs::symlink("/dev/full", &full).unwrap();
        let ran = workshop.scan(&simulator.endpoint(), &more);
        ran.ends_with_code(1);
        assert!(ran.stderr.contains("report.md"), "{}", ran.stderr);
        fs::remove_file(full).unwrap();
        let asked = simulator.counters().lists;
        let resumed = [&more[..], &["--resume"]].concat();
        workshop.scan(&simulator.endpoint(), &resumed).ends_with_code(0);
        assert_as_undisturbed(&workshop, &content, &[]);
        assert_eq!(simulator.counters().lists, asked, "nothing is listed again");
        assert!(!workshop.path("state/segments").exists(), "segments are left behind");
    }
}

/// Whoever closes the pipe has seen enough, and is not told that the totals are whole where they are not.
#[test]
fn a_closed_pipe_changes_neither_the_other_outputs_nor_how_a_scan_ends() {
    let content = numbered(1_500);
    for (limit, code) in [("0", 0), ("2", 3)] {
        let workshop = Workshop::new();
        let simulator = serve(&content, "page-limit=200");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let more = ["-o", "-", "--report", "r.md", "--max-requests", limit];
        let mut command = workshop.signed(&scan_arguments(&simulator.endpoint(), &more));
        let ended = command.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(workshop.path("r.md").exists(), "{said}");
    }
}

#[test]
fn rows_that_nobody_reads_leave_the_totals_as_they_are_and_said_to_be() {
    let content = numbered(25_000);
    for more in [&["-c", "1"][..], &["--max-requests", "3"]] {
        let workshop = Workshop::new();
        let simulator = serve(&content, "page-limit=200");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let all = [&["-m", "-", "-o", "summary.json"][..], more].concat();
        let mut command = workshop.signed(&scan_arguments(&simulator.endpoint(), &all));
        let ended = command.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
        let summary = workshop.summary("summary.json");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(summary["complete"] == true, ended.status.code() == Some(0), "{said}");
        let whole = totals(&summary).0 == 25_000;
        assert_eq!(summary["complete"] == true, whole, "{said}");
    }
}

#[test]
fn two_outputs_in_one_file_are_refused_before_anything_is_listed() {
    let content = numbered(10);
    let workshop = Workshop::new();
    let simulator = serve(&content, "");
    for outputs in [
        &["-m", "all.csv", "-o", "all.csv"][..],
        &["-m", "all.csv", "-o", "./all.csv"],
        &["--report", "r.md", "--report", "r.md"],
        &["-o", "r.md", "--report", "r.md"],
    ] {
        let ran = workshop.scan(&simulator.endpoint(), outputs);
        assert_refused(&ran, 2, &["two outputs", "hint: "]);
    }
    assert_eq!(simulator.counters().lists, 0);
    workshop
        .scan(&simulator.endpoint(), &["-o", "/dev/null", "--report", "r.md"])
        .ends_with_code(0);
}

#[test]
fn pipes_and_devices_are_written_to_as_they_are() {
    let content = numbered(500);
    let workshop = Workshop::new();
    let simulator = serve(&content, "");
    let pipe = workshop.path("summary.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
    workshop.scan(&simulator.endpoint(), &["-o", "summary.json"]).ends_with_code(0);
    let summary: Value = serde_json::from_slice(&reader.join().unwrap()).unwrap();
    assert_eq!(totals(&summary), sums(&rows_of(&content)));
    workshop.scan(&simulator.endpoint(), &["-o", "/dev/null"]).ends_with_code(0);
    let ran = workshop.scan(&simulator.endpoint(), &["-o", "/dev/null", "--resume"]);
    assert_refused(&ran, 2, &["nothing says where", "--state"]);
    let left: Vec<_> = fs::read_dir(workshop.path("")).unwrap().collect();
    assert_eq!(left.len(), 1, "something stands beside the pipe: {left:?}");
}

#[test]
fn a_pipe_that_nobody_reads_can_be_given_up_and_written_later() {
    let content = numbered(500);
    let workshop = Workshop::new();
    let simulator = serve(&content, "");
    let endpoint = simulator.endpoint();
    let pipe = workshop.path("report.md");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let more = with_outputs(&["--report", "report.md"]);
    let running = Running::start(workshop.signed(&scan_arguments(&endpoint, &more)));
    until("the output before it is written", || {
        workshop.path("summary.json").exists().then_some(())
    });
    running.signal("INT");
    running.finish().ends_with_code(130);
    let asked = simulator.counters().lists;
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
    let resumed = [&more[..], &["--resume"]].concat();
    workshop.scan(&endpoint, &resumed).ends_with_code(0);
    assert!(reader.join().unwrap().contains("500"));
    assert_eq!(simulator.counters().lists, asked, "nothing is listed again");
    assert_as_undisturbed(&workshop, &content, &[]);
}

#[test]
fn an_incomplete_ledger_is_not_verified_as_if_it_were_whole() {
    let content = numbered(5_000);
    let workshop = Workshop::new();
    let simulator = serve(&content, "page-limit=200");
    let endpoint = simulator.endpoint();
    let scan = |more: &[&str]| workshop.scan(&endpoint, &[&["--state", "state"], more].concat());
    let verify = |more: &[&str]| {
        let all = [&["verify", "state", "--endpoint-url", &endpoint][..], more].concat();
        run(workshop.signed(&all))
    };
    let begun = scan(&["--max-requests", "3", "--report", "r.md"]);
    let report = fs::read_to_string(workshop.path("r.md")).unwrap();
    for text in [begun.ends_with_code(3).text(), report] {
        assert!(!text.contains("no object stands in the way"), "{text}");
        assert!(text.contains("not everything was counted"), "{text}");
    }
    assert!(verify(&[]).ends_with_code(3).stderr.contains("did not come to its end"));
    scan(&["--resume"]).ends_with_code(0);
    let verified = verify(&["--sample", "0"]);
    assert!(!verified.ends_with_code(0).text().starts_with("0 of 0"), "{}", verified.said());
}
