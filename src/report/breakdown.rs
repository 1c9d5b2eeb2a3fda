//! The tables of a summary, as rows of label, objects and bytes.

use std::collections::BTreeSet;

use crate::summary::{Gap, PrefixDepth, PrefixShare, Summary};
use crate::tally::ByteString;

/// One table.
pub(super) struct Breakdown {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
    /// What has to be said below it.
    pub(super) note: Option<String>,
}

/// One row; the label is raw and must be escaped for where it goes.
pub(super) struct Row {
    pub(super) label: Vec<u8>,
    pub(super) objects: u64,
    pub(super) bytes: u128,
}

fn row(label: &[u8], objects: u64, bytes: u128) -> Row {
    Row { label: label.to_vec(), objects, bytes }
}

/// Upper bounds (as powers of two) and labels of the size ranges that people look at. 128 KiB is among
/// them because cheaper storage classes bill smaller objects as that size.
const RANGES: [(u32, &str); 11] = [
    (0, "empty"),
    (10, "under 1 KiB"),
    (14, "1 to 16 KiB"),
    (17, "16 to 128 KiB"),
    (20, "128 KiB to 1 MiB"),
    (23, "1 to 8 MiB"),
    (26, "8 to 64 MiB"),
    (30, "64 MiB to 1 GiB"),
    (34, "1 to 16 GiB"),
    (40, "16 GiB to 1 TiB"),
    (64, "1 TiB and more"),
];

/// Size ranges from the smallest to the largest that occurs.
pub(super) fn sizes(summary: &Summary) -> Breakdown {
    let mut rows: Vec<Row> = RANGES.iter().map(|(_, label)| row(label.as_bytes(), 0, 0)).collect();
    for class in &summary.sizes.classes {
        let at = RANGES.iter().position(|(power, _)| u128::from(class.from) < 1_u128 << power);
        if let Some(row) = at.and_then(|at| rows.get_mut(at)) {
            row.objects = row.objects.saturating_add(class.objects);
            row.bytes = row.bytes.saturating_add(class.bytes);
        }
    }
    Breakdown { title: "Sizes".into(), rows: trimmed(rows), note: None }
}

/// Age classes from the youngest to the oldest that occurs.
pub(super) fn ages(summary: &Summary) -> Breakdown {
    let rows = summary
        .ages
        .classes
        .iter()
        .map(|class| row(class.label.as_bytes(), class.objects, class.bytes));
    Breakdown { title: "Last modified".into(), rows: trimmed(rows.collect()), note: span(summary) }
}

fn span(summary: &Summary) -> Option<String> {
    let (oldest, newest) = (summary.ages.oldest?, summary.ages.newest?);
    Some(format!("oldest {}, newest {}", oldest.date(), newest.date()))
}

/// Without the empty rows at both ends.
fn trimmed(mut rows: Vec<Row>) -> Vec<Row> {
    let Some(last) = rows.iter().rposition(|row| row.objects > 0) else { return Vec::new() };
    rows.truncate(last + 1);
    let first = rows.iter().position(|row| row.objects > 0).unwrap_or(0);
    rows.split_off(first)
}

/// Storage classes.
pub(super) fn classes(summary: &Summary) -> Breakdown {
    let section = &summary.storage_classes;
    let mut rows: Vec<Row> =
        section.classes.iter().map(|class| row(&class.name, class.objects, class.bytes)).collect();
    if section.other_objects > 0 {
        rows.push(row(b"further classes", section.other_objects, section.other_bytes));
    }
    Breakdown { title: "Storage classes".into(), rows, note: None }
}

/// The top prefixes: at each depth by bytes, and by objects where that brings others to light.
pub(super) fn prefixes(summary: &Summary, top: usize) -> Vec<Breakdown> {
    let names = |shares: &[PrefixShare]| {
        shares.iter().take(top).map(|s| s.prefix.clone()).collect::<BTreeSet<_>>()
    };
    let mut tables = Vec::new();
    for depth in summary.prefixes.depths.iter().filter(|depth| depth.distinct > 0) {
        tables.push(ranking(depth, &depth.top_by_bytes, "bytes", top));
        if names(&depth.top_by_bytes) != names(&depth.top_by_objects) {
            tables.push(ranking(depth, &depth.top_by_objects, "objects", top));
        }
    }
    tables
}

fn ranking(depth: &PrefixDepth, shares: &[PrefixShare], by: &str, top: usize) -> Breakdown {
    let rows: Vec<Row> = shares
        .iter()
        .take(top)
        .map(|share| row(&share.prefix, share.objects, share.bytes))
        .collect();
    let hidden = depth.distinct.saturating_sub(rows.len() as u64);
    let further = (hidden > 0).then(|| format!("and {} more", super::count(hidden)));
    Breakdown { title: format!("Prefixes at depth {}, by {by}", depth.depth), rows, note: further }
}

/// What is said where a depth was dropped.
pub(super) fn dropped(summary: &Summary) -> Option<String> {
    let depth = summary.prefixes.dropped_from?;
    let bound = super::count(summary.prefixes.bound);
    let deeper = if depth < summary.prefixes.depth { " and deeper" } else { "" };
    Some(format!("prefixes at depth {depth}{deeper} were dropped: more than {bound}"))
}

/// A range of keys in words: `after "x" to the last key`; `escape` makes a key fit to show.
pub(super) fn gap(gap: &Gap, escape: impl Fn(&ByteString) -> String) -> String {
    let lower = gap
        .lower
        .as_ref()
        .map_or_else(|| "from the first key".to_owned(), |key| format!("after {}", escape(key)));
    let upper = gap
        .upper
        .as_ref()
        .map_or_else(|| "to the last key".to_owned(), |key| format!("up to {}", escape(key)));
    format!("{lower} {upper}")
}

/// The total to the byte. Of an incomplete scan it is not exact, so it does not say so.
pub(super) fn exact_bytes(summary: &Summary) -> String {
    let bytes = super::count(summary.totals.bytes);
    if summary.complete {
        format!("{bytes} bytes exactly")
    } else {
        format!("at least {bytes} bytes")
    }
}

/// How many objects are empty, and how many directories there are beside objects.
pub(super) fn empty_objects(summary: &Summary) -> String {
    let empty = format!("{} empty", super::count(summary.totals.zero_byte_objects));
    let empty = match summary.totals.directory_markers {
        0 => empty,
        folders => format!("{empty}, {} of them folder markers", super::count(folders)),
    };
    match summary.directories {
        0 => empty,
        directories => {
            format!("{empty}; {} directories, which are not objects", super::count(directories))
        }
    }
}

/// The figures of a run in words, ready to be joined: requests, retries and so on.
pub(super) fn requests(summary: &Summary) -> Vec<String> {
    use super::figures::{bytes_iec, count};
    let Some(requests) = &summary.requests else { return Vec::new() };
    let mut parts = vec![format!("{} list requests", count(requests.list))];
    if let Some(rate) = requests.per_thousand_objects {
        parts.push(format!("{rate:.2} per 1,000 objects"));
    }
    let counted = [
        (requests.retried, "retried"),
        (requests.throttled, "throttled"),
        (requests.wasted, "wasted"),
        (requests.probes, "probes"),
        (requests.hedged, "hedged"),
    ];
    parts.extend(
        counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))),
    );
    if requests.peak_in_flight > 0 {
        parts.push(format!("up to {} in flight", count(requests.peak_in_flight)));
    }
    if requests.bytes_received > 0 {
        parts.push(format!("{} received", bytes_iec(requests.bytes_received)));
    }
    if let Some(cost) = requests.cost_usd {
        parts.push(match cost {
            ..=0.0 => "free of charge".to_owned(),
            ..0.01 => "under $0.01".to_owned(),
            _ => format!("about ${cost:.2}"),
        });
    }
    parts
}

/// The provider, with the service where one was recognised: `s3 (ceph)`.
pub(super) fn provider(summary: &Summary) -> String {
    match &summary.service {
        Some(service) => format!("{} ({service})", summary.provider),
        None => summary.provider.clone(),
    }
}

/// What the filters left out, in words; nothing where nothing was.
pub(super) fn filtered(summary: &Summary) -> Option<String> {
    use super::figures::{bytes_iec, objects};
    let filtered = &summary.filtered;
    let reasons = [
        (&filtered.not_included, "--include"),
        (&filtered.excluded, "--exclude"),
        (&filtered.size, "size"),
        (&filtered.time, "time"),
        (&filtered.storage_class, "storage class"),
    ];
    let parts: Vec<String> = reasons
        .iter()
        .filter(|(counts, _)| !counts.is_empty())
        .map(|(counts, by)| {
            format!("{} ({}) by {by}", objects(counts.objects), bytes_iec(counts.bytes))
        })
        .collect();
    (!parts.is_empty()).then(|| format!("not counted: {}", parts.join(", ")))
}

/// The filters of the run in words, as they were given; nothing where there were none.
pub(super) fn filters(summary: &Summary) -> Option<String> {
    let echo = &summary.filters;
    let mut parts = Vec::new();
    let lists = [
        ("include", &echo.include),
        ("exclude", &echo.exclude),
        ("storage class", &echo.storage_classes),
    ];
    parts.extend(
        lists
            .iter()
            .filter(|(_, l)| !l.is_empty())
            .map(|(name, l)| format!("{name} {}", l.join(", "))),
    );
    let bounds = [
        ("at least", &echo.min_size),
        ("at most", &echo.max_size),
        ("modified since", &echo.modified_since),
        ("modified before", &echo.modified_before),
    ];
    parts.extend(
        bounds.iter().filter_map(|(name, bound)| Some(format!("{name} {}", bound.as_ref()?))),
    );
    (!parts.is_empty()).then(|| format!("filters: {}", parts.join("; ")))
}
