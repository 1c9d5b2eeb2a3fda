//! What people see: it fits, it tells the truth about completeness, and keys cannot do harm.

use weighbridge::filter::Dropped;
use weighbridge::object::{Object, Timestamp};
use weighbridge::report::{Style, display_width, html, markdown, terminal};
use weighbridge::summary::{Gap, Requests, RunFacts, Summary};
use weighbridge::tally::{Counts, Options, Tally};

const AS_OF: i64 = 1_700_000_000_000;
const HOSTILE: &[u8] = b"evil/\x1b[31m<script>alert('x')</script>|`\n\xff\xe2\x80\xae";

fn summary(complete: bool) -> Summary {
    let mut tally = Tally::new(Options { prefix_bound: 40, ..Options::new(Timestamp(AS_OF)) });
    for number in 0..2_000_u64 {
        let key = match number % 50 {
            7 => format!("/absolute/日本語のとても長いフォルダ名/{number}/{}", "長い".repeat(300)),
            8 => format!("emoji/😀😀/{number:06}"),
            _ => format!("data/part-{:02}/{number:06}.parquet", number % 17),
        };
        let storage_class: &[u8] = if number % 9 == 0 { b"GLACIER" } else { b"STANDARD" };
        let modified = Timestamp(AS_OF - number.cast_signed() * 90_000_000);
        tally.add(&Object {
            key: key.as_bytes(),
            size: 1 << (number % 45),
            modified,
            etag: b"",
            storage_class,
        });
    }
    tally.add(&Object {
        key: HOSTILE,
        size: 1 << 50,
        modified: Timestamp(AS_OF),
        etag: b"",
        storage_class: HOSTILE,
    });
    let gap = Gap {
        lower: Some(HOSTILE.into()),
        upper: None,
        reason: "HTTP 500\x1b[0m five times".into(),
    };
    let facts = RunFacts {
        tool_version: "1.2.3".into(),
        location: "s3://bucket/\x1b[2J<b>".into(),
        provider: "s3".into(),
        service: Some("aws".into()),
        region: Some("eu-central-1".into()),
        finished: Timestamp(AS_OF + 1),
        elapsed_seconds: 843.0,
        incomplete: if complete { Vec::new() } else { vec![gap; 9] },
        filtered: Dropped { size: Counts { objects: 2, bytes: 9 }, ..Dropped::default() },
        requests: Some(Requests {
            list: 12,
            throttled: 1,
            peak_in_flight: 9,
            usd_per_thousand: Some(5.0),
            cost_usd: Some(0.06),
            ..Requests::default()
        }),
        ..RunFacts::default()
    };
    Summary::from_parts(&tally, facts)
}

/// The text without ANSI colours.
fn bare(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [0, 60, 72, 80, 100, 120, 500] {
        for (color, unicode) in [(false, true), (true, true), (false, false)] {
            let text = terminal::render(&summary(false), Style { width, color, unicode });
            for line in bare(&text).lines() {
                assert!(display_width(line) <= width.clamp(60, 120), "{width}: {line}");
            }
            assert!(unicode || text.is_ascii());
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = terminal::render(&summary(false), Style::default());
    let colored = terminal::render(&summary(false), Style { color: true, ..Style::default() });
    let trimmed =
        |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(trimmed(&bare(&colored)), trimmed(&plain));
    assert!(!plain.contains('\x1b'));
}

#[test]
fn an_incomplete_total_is_called_so_everywhere() {
    let (whole, part) = (summary(true), summary(false));
    for render in [
        |summary: &Summary| terminal::render(summary, Style::default()),
        |summary: &Summary| markdown::render(summary),
        |summary: &Summary| html::render(summary),
    ] {
        assert!(render(&part).contains("INCOMPLETE: totals are lower bounds"));
        assert!(!render(&whole).contains("INCOMPLETE"));
    }
}

#[test]
fn keys_bring_neither_control_characters_nor_markup() {
    let part = summary(false);
    for text in
        [terminal::render(&part, Style::default()), markdown::render(&part), html::render(&part)]
    {
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'));
    }
    assert!(!html::render(&part).contains("<script"));
    assert!(!markdown::render(&part).contains("<script"));
}

#[test]
fn the_html_file_needs_nothing_from_elsewhere() {
    let html = html::render(&summary(true));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn an_empty_bucket_has_a_report() {
    let empty =
        Summary::from_parts(&Tally::new(Options::new(Timestamp(AS_OF))), RunFacts::default());
    assert!(terminal::render(&empty, Style::default()).contains("0 objects"));
    assert!(markdown::render(&empty).contains("0 objects"));
    assert!(html::render(&empty).contains("no object stands in the way"));
}
