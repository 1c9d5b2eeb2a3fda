//! The summary as a Markdown document (`GitHub` flavour), for tickets and wikis.

mod checks;

use std::fmt::Write as _;

use super::billed;
use super::breakdown::{self, Breakdown};
use super::figures::{bytes_iec, count, duration, objects, percent, share};
use super::text::{fit, sanitize};
use crate::preflight::Checks;
use crate::summary::Summary;
use crate::tally::ByteString;

/// Rows of the lists that could be long.
const TOP: usize = 20;

/// Columns that a key takes at most; longer ones lose their middle.
const KEY_COLUMNS: usize = 160;

/// The summary as a Markdown document, ending in a line break.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_document(&mut out, summary);
    out
}

/// Findings of checks as a Markdown document; with a summary, behind it.
#[must_use]
pub fn render_checks(checks: &Checks, summary: Option<&Summary>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    if let Some(summary) = summary {
        let _ = write_document(&mut out, summary);
        out.push('\n');
    }
    let _ = checks::write(&mut out, checks, if summary.is_some() { 2 } else { 1 });
    out
}

fn write_document(out: &mut String, summary: &Summary) -> std::fmt::Result {
    writeln!(out, "# {}\n", code(summary.location.as_bytes()))?;
    if !summary.complete {
        writeln!(out, "> **INCOMPLETE: totals are lower bounds.**")?;
        for gap in &summary.incomplete {
            let range = breakdown::gap(gap, |key: &ByteString| code(key));
            writeln!(out, ">\n> {range}: {}", plain(gap.reason.as_bytes()))?;
        }
        writeln!(out)?;
    }
    let totals = &summary.totals;
    let at_least = if summary.complete { "" } else { "≥ " };
    writeln!(
        out,
        "**{at_least}{}** in **{at_least}{}**  ",
        bytes_iec(totals.bytes),
        objects(totals.objects)
    )?;
    writeln!(out, "{}\n", breakdown::exact_bytes(summary))?;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(
        out,
        "| started | {} |\n| took | {} |",
        summary.started,
        duration(summary.elapsed_seconds)
    )?;
    let provider = breakdown::provider(summary);
    let optional = [
        ("provider", Some(&provider)),
        ("region", summary.region.as_ref()),
        ("endpoint", summary.endpoint.as_ref()),
    ];
    for (name, value) in optional {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            writeln!(out, "| {name} | {} |", plain(value.as_bytes()))?;
        }
    }
    if let (Some(min), Some(max)) = (totals.min, totals.max) {
        writeln!(out, "| smallest, largest | {}, {} |", bytes_iec(min), bytes_iec(max))?;
    }
    writeln!(out, "| among them | {} |", breakdown::empty_objects(summary))?;
    let requests = breakdown::requests(summary);
    if !requests.is_empty() {
        writeln!(out, "| requests | {} |", requests.join(", "))?;
    }
    writeln!(out, "| digest | {} |", code(summary.digest.as_bytes()))?;
    for note in [breakdown::filters(summary), breakdown::filtered(summary)].into_iter().flatten() {
        writeln!(out, "\n{}", plain(note.as_bytes()))?;
    }

    let whole = (totals.objects, totals.bytes);
    write_billed(out, summary)?;
    for table in [breakdown::sizes(summary), breakdown::classes(summary), breakdown::ages(summary)]
    {
        write_table(out, &table, whole, plain)?;
    }
    for table in breakdown::prefixes(summary, TOP) {
        write_table(out, &table, whole, code)?;
    }
    if let Some(note) = breakdown::dropped(summary) {
        writeln!(out, "\n{}", plain(note.as_bytes()))?;
    }
    write_largest(out, summary)?;
    write_hazards(out, summary)
}

fn write_table(
    out: &mut String,
    table: &Breakdown,
    whole: (u64, u128),
    label: impl Fn(&[u8]) -> String,
) -> std::fmt::Result {
    if table.rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {}\n\n| | objects | | bytes | |\n|---|--:|--:|--:|--:|", table.title)?;
    for row in &table.rows {
        let (objects, bytes) =
            (share(row.objects.into(), whole.0.into()), share(row.bytes, whole.1));
        let (number, weight) = (count(row.objects), bytes_iec(row.bytes));
        writeln!(
            out,
            "| {} | {number} | {} | {weight} | {} |",
            label(&row.label),
            percent(objects),
            percent(bytes)
        )?;
    }
    table.note.as_ref().map_or(Ok(()), |note| writeln!(out, "\n{note}"))
}

/// What is billed beside the current objects, if that was asked for.
fn write_billed(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let quote = |key: &ByteString| format!("“{}”", sanitize(key, true));
    let Some(billed) = billed::billed(summary, quote) else { return Ok(()) };
    write_table(out, &billed.table, billed.whole, plain)?;
    if !billed.missing.is_empty() {
        writeln!(out, "\n> **INCOMPLETE: what is billed is more than this.**")?;
        for reason in &billed.missing {
            writeln!(out, ">\n> {}", plain(reason.as_bytes()))?;
        }
    }
    for note in &billed.notes {
        writeln!(out, "\n{}", plain(note.as_bytes()))?;
    }
    Ok(())
}

fn write_largest(out: &mut String, summary: &Summary) -> std::fmt::Result {
    if summary.largest.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Largest objects\n\n| size | bytes | modified | key |\n|--:|--:|---|---|")?;
    for object in summary.largest.iter().take(TOP) {
        let (size, bytes) = (bytes_iec(object.bytes), count(object.bytes));
        writeln!(out, "| {size} | {bytes} | {} | {} |", object.modified.date(), code(&object.key))?;
    }
    Ok(())
}

fn write_hazards(out: &mut String, summary: &Summary) -> std::fmt::Result {
    writeln!(out, "\n## Migration to Alibaba Cloud OSS\n")?;
    if summary.hazards.is_empty() {
        let (words, _) = summary.nothing_in_the_way();
        return writeln!(out, "Found: {words}.");
    }
    writeln!(
        out,
        "| severity | code | objects | bytes | meaning | for example |\n|---|---|--:|--:|---|---|"
    )?;
    for hazard in &summary.hazards {
        let severity = format!("{:?}", hazard.severity).to_lowercase();
        let example = hazard.examples.first().map(|example| code(&example.key)).unwrap_or_default();
        let (number, weight) = (count(hazard.objects), bytes_iec(hazard.bytes));
        let meaning = plain(format!("{}: {}", hazard.title, hazard.meaning).as_bytes());
        let name = code(hazard.code.as_bytes());
        writeln!(out, "| {severity} | {name} | {number} | {weight} | {meaning} | {example} |")?;
    }
    Ok(())
}

/// Text without any markup: every character that Markdown or HTML could read otherwise is escaped.
fn plain(bytes: &[u8]) -> String {
    escape(&sanitize(bytes, true))
}

fn escape(safe: &str) -> String {
    let mut text = String::with_capacity(safe.len());
    for character in safe.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                text.extend(['\\', character]);
            }
            _ => text.push(character),
        }
    }
    text
}

/// A key in code style. As HTML, because between backticks a pipe still ends the cell of a table and a
/// backtick the code.
fn code(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "*empty*".to_owned();
    }
    let shown = fit(&sanitize(bytes, true), KEY_COLUMNS, true);
    format!("<code>{}</code>", escape(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_bring_markup_of_their_own() {
        let hostile = code(b"a|b`c`<script>[x](http://y)\n*z*");
        assert_eq!(hostile, "<code>a\\|b\\`c\\`&lt;script&gt;\\[x\\](http://y)\\\\n\\*z\\*</code>");
    }
}
