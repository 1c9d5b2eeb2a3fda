//! Listings as Arrow streams: read exactly whoever wrote them, and given up for XML where they are not to be
//! had.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::collections::BTreeMap;

use common::azure::{assert_exact, nasty, serve, weigh};
use common::{decoded, numbered, options, rows_of, sdk};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use weighbridge::scan::End;
use weighbridge::simulator::Counters;
use weighbridge::store::azure::{Expected, decode_arrow, quirks};
use weighbridge::store::{Page, PageError, PageRequest};

const MARKER: &str = "2!8!bWFya2Vy";

// --- streams that other people wrote ----------------------------------------------------------------

/// Streams in Base64 by name.
type Streams = BTreeMap<String, String>;

/// What `write_arrow.py` tells.
#[derive(Deserialize)]
struct Written {
    /// Listings of the same blobs in different layouts.
    good: Streams,
    /// What is no listing of them.
    wrong: Streams,
    /// Listings of nothing.
    empty: Streams,
}

/// A blob as the streams have it: its name, size, time, entity tag and tier.
type Blob = (String, u64, i64, Option<String>, Option<String>);

/// In the order of the service, with what may be absent absent, and every kind of number.
fn blobs() -> Vec<Blob> {
    let texts = |text: &str| Some(text.to_owned());
    let mut blobs: Vec<Blob> = vec![
        ("\u{1}".into(), 0, 0, texts("0x8D"), texts("Hot")),
        ("%41+ &amp;".into(), 1, -1, texts("\"0x8E\""), texts("Cool")),
        ("a/b.txt".into(), 123, 1_714_564_800, None, None),
        ("dir/".into(), i64::MAX.unsigned_abs(), 4_102_444_800, texts("\""), texts("")),
        ("\u{1f600}".into(), 5_497_558_138_881, 1, texts("\"\""), texts("Archive")),
        ("\u{ff21}".into(), 7, 1, texts("e"), None),
    ];
    let more = (0..6).map(|n| (format!("\u{ffff}{n:02}"), n, 9, texts("tag"), texts("Cold")));
    blobs.extend(more);
    blobs
}

fn written() -> Option<Written> {
    let said = sdk("write_arrow.py", &[], &json!({ "rows": blobs(), "marker": MARKER }))?;
    Some(serde_json::from_value(said).unwrap())
}

fn decode(stream: &[u8]) -> Result<Page, PageError> {
    let mut page = Page::default();
    page.body.extend_from_slice(stream);
    let expected = Expected { container: "c", quirks: &quirks() };
    let request = PageRequest { limit: 5_000, ..PageRequest::default() };
    decode_arrow(&mut page, &request, &expected).map(|()| page)
}

/// All that a page tells.
fn told(page: &Page) -> Value {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let objects = page.objects().map(|object| {
        let (etag, class) = (text(object.etag), text(object.storage_class));
        json!([text(object.key), object.size, object.modified.0, etag, class])
    });
    json!({
        "objects": objects.collect::<Vec<_>>(),
        "more": page.more(),
        "token": page.token(),
        "prefixes": page.prefixes().count(),
        "directories": page.directories(),
    })
}

fn expected() -> Value {
    let objects = blobs().into_iter().map(|(name, size, seconds, etag, tier)| {
        let etag = etag.unwrap_or_default();
        let bare = etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"'));
        let tier = tier.filter(|tier| !tier.is_empty()).unwrap_or("None".into());
        json!([name, size, seconds * 1_000, bare.unwrap_or(&etag), tier])
    });
    json!({
        "objects": objects.collect::<Vec<_>>(),
        "more": true, "token": MARKER, "prefixes": 0, "directories": null,
    })
}

#[test]
fn every_layout_of_another_writer_is_read_alike() {
    let Some(written) = written() else { return };
    assert!(written.good.len() > 15);
    for (layout, stream) in &written.good {
        let page = decode(&decoded(stream));
        let page = page.unwrap_or_else(|error| panic!("{layout}: {error}"));
        assert_eq!(told(&page), expected(), "{layout}");
    }
    for (layout, stream) in &written.empty {
        let page = decode(&decoded(stream));
        let page = page.unwrap_or_else(|error| panic!("{layout}: {error}"));
        let expected = (true, true, Some(MARKER));
        assert_eq!((page.is_empty(), page.more(), page.token()), expected, "{layout}");
    }
}

#[test]
fn what_is_no_listing_or_not_understood_is_refused_with_its_reason() {
    let Some(written) = written() else { return };
    for (layout, told) in [
        ("compressed by lz4", "is compressed"),
        ("compressed by zstd", "is compressed"),
        ("views", "has a column of type 24, which is not read"),
        ("without names", "has no column `Name`"),
        ("without sizes", "has no column `Content-Length`"),
        ("without times", "has no column `Last-Modified`"),
        ("sizes as text", "has column `Content-Length` of another type"),
        ("sizes as floats", "has column `Content-Length` of another type"),
        ("dictionaries of numbers", "has column `Content-Length` of another type"),
        ("a null name", "has a row without a name"),
        ("an empty name", "has a row without a name"),
        ("a null size", "Name `zz`, which is not that of a blob with a size"),
        ("a null time", "Name `zz`, which is not that of a blob with a time"),
        ("a size below zero", "has a number below zero"),
        ("names twice", "has two columns `Name`"),
        ("no marker", "has no `NextMarker`"),
        ("one record too few", "says 13 entries and holds 12"),
        ("one record too many", "says 11 entries and holds 12"),
        ("neither number of records nor end", "does not tell where it ends"),
        ("another container", "answers ContainerName `other`"),
        ("another prefix", "answers Prefix `other`"),
        ("another marker", "answers Marker `other`"),
        ("a common prefix", "ResourceType `blobprefix`"),
        ("an unknown kind", "ResourceType `socket`"),
        ("a file of the format", "holds something else where a message should start"),
    ] {
        let error = decode(&decoded(&written.wrong[layout])).expect_err(layout);
        assert!(error.to_string().contains(told), "{layout}: {error}");
    }
}

#[test]
fn no_part_of_a_stream_is_taken_for_the_whole() {
    let Some(written) = written() else { return };
    let expected = expected();
    for (layout, stream) in &written.good {
        let whole = decoded(stream);
        for length in 0..whole.len() {
            match decode(&whole[..length]) {
                // The number of records tells that no row is missing, and what is missing is the word that it ends.
                Ok(page) => {
                    assert_eq!(length, whole.len() - 8, "{layout}");
                    assert_eq!(told(&page), expected, "{layout}");
                }
                Err(PageError::Truncated { .. }) => {}
                // Where a message ends, nothing else tells that others should follow.
                Err(PageError::Arrow { how }) => {
                    let unsure = layout == "without number of records";
                    assert!(unsure && how.contains("where it ends"), "{layout}, {length}: {how}");
                }
                Err(other) => panic!("{layout}, {length}: {other}"),
            }
        }
        let longer = [&whole[..], b"\0\0\0\0"].concat();
        assert!(decode(&longer).is_err(), "{layout}");
    }
}

#[test]
fn damage_is_an_error_or_leaves_as_many_rows() {
    let Some(written) = written() else { return };
    let streams: Vec<_> = written.good.values().map(|stream| decoded(stream)).collect();
    let rows = blobs().len();
    let damage = (0..streams.len(), any::<prop::sample::Index>(), any::<u8>(), 1..9_usize);
    let config = ProptestConfig { cases: 5_000, ..ProptestConfig::default() };
    proptest!(config, |((stream, at, with, count) in damage)| {
        let mut stream = streams[stream].clone();
        let at = at.index(stream.len());
        let end = (at + count).min(stream.len());
        stream[at..end].fill(with);
        if let Ok(page) = decode(&stream) {
            prop_assert_eq!(page.len(), rows);
        }
    });
}

// --- streams of the simulator -----------------------------------------------------------------------

/// Weighs with this behaviour, many pages at once, and returns what the server counted.
fn counted(behaviour: &str) -> Counters {
    let content = nasty();
    let simulator = serve(&content, behaviour);
    let outcome = weigh(&simulator, 37, options(8));
    assert_exact(&outcome, &rows_of(&content), behaviour);
    assert!(!outcome.ledger.sequential, "{behaviour}");
    simulator.counters()
}

#[test]
fn every_flat_page_comes_as_arrow_where_the_service_has_it() {
    let content = nasty();
    let simulator = serve(&content, "");
    let outcome = weigh(&simulator, 37, scan_without_probes());
    assert_exact(&outcome, &rows_of(&content), "arrow");
    let counters = simulator.counters();
    assert!(counters.lists > 30, "{counters:?}");
    assert_eq!((counters.arrow_lists, counters.refused), (counters.lists, 0), "{counters:?}");
}

fn scan_without_probes() -> weighbridge::scan::ScanOptions {
    weighbridge::scan::ScanOptions { probes: false, ..options(8) }
}

#[test]
fn streams_that_are_cut_and_faults_do_not_end_the_use_of_arrow() {
    for behaviour in [
        "cut-body=0.2,truncated-xml=0.2",
        "error-500=0.1,slow-down=0.1,reset=0.1,error-in-200=0.1",
        "empty-page=0.2,short-page=0.2",
        "page-limit=13",
        "clock=40m",
        "truncated-end=0.3",
    ] {
        let counters = counted(behaviour);
        let unanswered = counters.faults;
        let most = counters.arrow_lists + unanswered > counters.lists * 3 / 4;
        assert!(most, "{behaviour}: {counters:?}");
    }
}

#[test]
fn services_without_arrow_are_weighed_by_xml_and_asked_for_it_once() {
    for (behaviour, refused) in [("no-arrow", false), ("old-version", true)] {
        let counters = counted(behaviour);
        assert_eq!(counters.arrow_lists, 0, "{behaviour}");
        // Each of the first pages may have asked for it before one of them knew.
        assert_eq!(counters.refused > 0, refused, "{behaviour}: {counters:?}");
        assert!(counters.refused <= 8, "{behaviour}: {counters:?}");
    }
}

#[test]
fn requests_that_are_repeated_as_xml_are_counted() {
    let content = numbered(3_000);
    for (behaviour, repeated) in
        [("", false), ("no-arrow", false), ("old-version", true), ("unordered-page=0.05", true)]
    {
        let simulator = serve(&content, behaviour);
        let requests = weigh(&simulator, 50, options(8)).ledger.requests;
        let counters = simulator.counters();
        assert_eq!(requests.list, counters.lists + counters.refused, "{behaviour}: {counters:?}");
        assert_eq!(requests.retried > 0, repeated, "{behaviour}: {requests:?}");
    }
}

#[test]
fn requests_that_are_repeated_as_xml_are_not_sent_beyond_the_limit() {
    let content = numbered(3_000);
    for behaviour in ["old-version", "unordered-page=0.3"] {
        for (concurrency, limit) in [(1, 1), (1, 2), (4, 3), (8, 9), (8, 20)] {
            let simulator = serve(&content, behaviour);
            let mut options = options(concurrency);
            options.pace.max_requests = limit;
            let outcome = weigh(&simulator, 50, options);
            let what = format!("{behaviour}, {concurrency} at once, {limit} in all");
            assert_eq!(outcome.end, End::RequestLimit, "{what}");
            let counters = simulator.counters();
            assert_eq!(counters.lists + counters.refused, limit, "{what}: {counters:?}");
            assert_eq!(outcome.ledger.requests.list, limit, "{what}");
        }
    }
}

#[test]
fn pages_out_of_order_are_asked_for_as_xml() {
    let content = numbered(3_000);
    let simulator = serve(&content, "unordered-page=0.05");
    let outcome = weigh(&simulator, 50, options(8));
    assert_exact(&outcome, &rows_of(&content), "unordered");
    let counters = simulator.counters();
    assert!(counters.arrow_lists > 0 && counters.arrow_lists < counters.lists, "{counters:?}");
}
