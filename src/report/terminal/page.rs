//! What a person reads, from the top.

use super::tables::{heading, largest, line, paragraph, parts, ranking, shares};
use crate::report::figures::{bytes_iec, count, duration, minute, objects};
use crate::report::style::{Ink, Style};
use crate::report::text::{display_width, fit, sanitize};
use crate::report::{billed, breakdown};
use crate::summary::{HazardSection, Summary};
use crate::tally::Severity;

/// Rows of the lists that could be long.
const TOP: usize = 10;
const GAPS: usize = 5;
const EXAMPLES: usize = 3;

pub(super) fn render(summary: &Summary, style: Style) -> String {
    let mut out = String::new();
    head(&mut out, summary, style);
    completeness(&mut out, summary, style);
    let whole = (summary.totals.objects, summary.totals.bytes);
    billed(&mut out, summary, style);
    shares(&mut out, &breakdown::sizes(summary), whole, style);
    percentiles(&mut out, summary, style);
    shares(&mut out, &breakdown::classes(summary), whole, style);
    shares(&mut out, &breakdown::ages(summary), whole, style);
    for table in breakdown::prefixes(summary, TOP) {
        let by_objects = table.title.ends_with("objects");
        ranking(&mut out, &table, whole, by_objects, style);
    }
    if let Some(note) = breakdown::dropped(summary) {
        line(&mut out, "");
        paragraph(&mut out, &note, Some(Ink::Faint), 2, style);
    }
    largest(&mut out, &summary.largest, TOP, style);
    hazards(&mut out, summary, style);
    foot(&mut out, summary, style);
    out
}

fn head(out: &mut String, summary: &Summary, style: Style) {
    let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
    line(
        out,
        &style.paint(Ink::Strong, &fit(&safe(&summary.location), style.columns(), style.unicode)),
    );
    let mut facts: Vec<String> = vec![safe(&breakdown::provider(summary))];
    facts.extend(summary.region.as_deref().map(safe));
    let minute = minute(summary.started);
    facts.extend([format!("{minute} UTC"), format!("took {}", duration(summary.elapsed_seconds))]);
    facts.retain(|fact| !fact.is_empty());
    parts(out, &facts, 0, style);
    line(out, "");

    let totals = &summary.totals;
    let at_least = if summary.complete { "" } else { style.pick("≥ ", ">= ") };
    let weight = format!("{at_least}{}", bytes_iec(totals.bytes));
    let number = format!("{at_least}{}", objects(totals.objects));
    line(
        out,
        &format!(
            "  {}  in  {}",
            style.paint(Ink::Strong, &weight),
            style.paint(Ink::Strong, &number)
        ),
    );
    paragraph(out, &breakdown::exact_bytes(summary), None, 2, style);
    let mut details = Vec::new();
    if let (Some(mean), Some(min), Some(max)) = (totals.mean, totals.min, totals.max) {
        details.push(format!("mean {}", bytes_iec(rounded(mean))));
        details.push(format!("smallest {}", bytes_iec(min)));
        details.push(format!("largest {}", bytes_iec(max)));
    }
    if totals.zero_byte_objects > 0 {
        details.push(breakdown::empty_objects(summary));
    }
    parts(out, &details, 2, style);
    for note in [breakdown::filters(summary), breakdown::filtered(summary)].into_iter().flatten() {
        paragraph(out, &safe(&note), Some(Ink::Faint), 2, style);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such casts saturate")]
fn rounded(value: f64) -> u64 {
    value.round() as u64
}

/// A total that is not the whole must not look like one.
fn completeness(out: &mut String, summary: &Summary, style: Style) {
    if summary.complete {
        return;
    }
    line(out, "");
    let why =
        if summary.interrupted { " (the scan was interrupted and can be resumed)" } else { "" };
    paragraph(
        out,
        &format!("INCOMPLETE: totals are lower bounds{why}"),
        Some(Ink::Alarm),
        0,
        style,
    );
    let quote = |key: &crate::tally::ByteString| {
        format!("\"{}\"", fit(&sanitize(key, style.unicode), 40, style.unicode))
    };
    for gap in summary.incomplete.iter().take(GAPS) {
        let reason = sanitize(gap.reason.as_bytes(), style.unicode);
        paragraph(out, &format!("{}: {reason}", breakdown::gap(gap, quote)), None, 2, style);
    }
    if summary.incomplete.len() > GAPS {
        let more = count((summary.incomplete.len() - GAPS) as u128);
        paragraph(out, &format!("and {more} more ranges"), Some(Ink::Faint), 2, style);
    }
}

/// What is billed beside the current objects, if that was asked for.
fn billed(out: &mut String, summary: &Summary, style: Style) {
    let quote = |key: &crate::tally::ByteString| {
        format!("\"{}\"", fit(&sanitize(key, style.unicode), 40, style.unicode))
    };
    let Some(billed) = billed::billed(summary, quote) else { return };
    shares(out, &billed.table, billed.whole, style);
    let safe = |text: &String| sanitize(text.as_bytes(), style.unicode);
    if !billed.missing.is_empty() {
        let text = "INCOMPLETE: what is billed is more than this";
        paragraph(out, text, Some(Ink::Alarm), 2, style);
        for reason in billed.missing.iter().take(GAPS) {
            paragraph(out, &safe(reason), None, 2, style);
        }
        if billed.missing.len() > GAPS {
            let more = count((billed.missing.len() - GAPS) as u128);
            paragraph(out, &format!("and {more} more"), Some(Ink::Faint), 2, style);
        }
    }
    for note in &billed.notes {
        paragraph(out, &safe(note), Some(Ink::Faint), 2, style);
    }
}

fn percentiles(out: &mut String, summary: &Summary, style: Style) {
    let wanted = [10.0, 50.0, 90.0, 99.0, 99.9];
    let found = summary.sizes.percentiles.iter().filter(|p| wanted.contains(&p.percent));
    let figures: Vec<String> =
        found.map(|p| format!("p{} {}", p.percent, bytes_iec(p.bytes))).collect();
    parts(out, &figures, 2, style);
}

fn hazards(out: &mut String, summary: &Summary, style: Style) {
    heading(out, "Migration to Alibaba Cloud OSS", style);
    if summary.hazards.is_empty() {
        match summary.nothing_in_the_way() {
            (words, true) => {
                let text = format!("  {} {words}", style.pick("✓", "ok:"));
                line(out, &style.paint(Ink::Good, &text));
            }
            (words, false) => paragraph(out, words, None, 2, style),
        }
    }
    for hazard in &summary.hazards {
        one_hazard(out, hazard, style);
    }
}

fn one_hazard(out: &mut String, hazard: &HazardSection, style: Style) {
    let (ink, sign) = match hazard.severity {
        Severity::Blocker => (Ink::Alarm, style.pick("✗ blocker", "! blocker")),
        Severity::Warning => (Ink::Warning, style.pick("▲ warning", "? warning")),
        Severity::Info => (Ink::Faint, style.pick("• note", "- note")),
    };
    let what = format!("{sign}: {}", sanitize(hazard.title.as_bytes(), style.unicode));
    let much = format!("{}, {}", objects(hazard.objects), bytes_iec(hazard.bytes));
    let gap = style
        .columns()
        .checked_sub(2 + display_width(&what) + display_width(&much))
        .filter(|gap| *gap > 1);
    let what = style.paint(ink, &fit(&what, style.columns() - 2, style.unicode));
    match gap {
        Some(gap) => line(out, &format!("  {what}{}{much}", " ".repeat(gap))),
        None => line(out, &format!("  {what}\n    {much}")),
    }
    let indent = 4;
    paragraph(out, &sanitize(hazard.meaning.as_bytes(), style.unicode), None, indent, style);
    let shown = hazard.examples.iter().take(EXAMPLES);
    for example in shown {
        let room = style.columns() - indent - 6;
        let key = fit(&sanitize(&example.key, style.unicode), room, style.unicode);
        let key = if key.is_empty() { "(the empty key)".to_owned() } else { key };
        line(out, &style.paint(Ink::Faint, &format!("{}e.g. {key}", " ".repeat(indent))));
    }
}

fn foot(out: &mut String, summary: &Summary, style: Style) {
    let dot = style.pick(" · ", ", ");
    line(out, "");
    parts(out, &breakdown::requests(summary), 0, style);
    if let Some(manifest) = &summary.manifest {
        let path = sanitize(manifest.path.as_bytes(), style.unicode);
        let text = format!(
            "manifest {path}: {} rows of {}, {}",
            count(manifest.rows),
            manifest.format,
            bytes_iec(manifest.bytes)
        );
        paragraph(out, &sanitize(text.as_bytes(), style.unicode), Some(Ink::Faint), 0, style);
    }
    let digest = sanitize(summary.digest.as_bytes(), style.unicode);
    let version = sanitize(summary.tool_version.as_bytes(), style.unicode);
    paragraph(
        out,
        &format!("digest {digest}{dot}weighbridge {version}"),
        Some(Ink::Faint),
        0,
        style,
    );
}
