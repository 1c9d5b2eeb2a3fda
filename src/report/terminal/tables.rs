//! Tables of label, objects and bytes, with bars.

use crate::report::breakdown::{Breakdown, Row};
use crate::report::figures::{bytes_iec, count, percent, share};
use crate::report::style::{Ink, Style};
use crate::report::text::{display_width, fit, left, right, sanitize, wrap};
use crate::summary::LargeSection;

const INDENT: &str = "  ";
const PERCENT: usize = 6;
const SIZE: usize = 8;

/// Adds a heading.
pub(super) fn heading(out: &mut String, title: &str, style: Style) {
    line(out, "");
    line(out, &style.paint(Ink::Heading, title));
}

/// Adds one line, without the spaces at its end.
pub(super) fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Adds an indented paragraph.
pub(super) fn paragraph(
    out: &mut String,
    text: &str,
    ink: Option<Ink>,
    indent: usize,
    style: Style,
) {
    let room = style.columns() - indent;
    for text in wrap(text, room) {
        let text = fit(&text, room, style.unicode);
        let painted = ink.map_or(text.clone(), |ink| style.paint(ink, &text));
        line(out, &(" ".repeat(indent) + &painted));
    }
}

/// Adds figures with separators between; lines break between figures only.
pub(super) fn parts(out: &mut String, parts: &[String], indent: usize, style: Style) {
    let dot = style.pick(" · ", ", ");
    let room = style.columns() - indent;
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line)
                if display_width(line) + display_width(dot) + display_width(part) <= room =>
            {
                line.push_str(dot);
                line.push_str(part);
            }
            _ => lines.push(fit(part, room, style.unicode)),
        }
    }
    for text in lines {
        line(out, &(" ".repeat(indent) + &style.paint(Ink::Faint, &text)));
    }
}

/// A table whose rows show two shares: of objects and of bytes.
pub(super) fn shares(out: &mut String, table: &Breakdown, whole: (u64, u128), style: Style) {
    if table.rows.is_empty() {
        return;
    }
    let labels: Vec<String> =
        table.rows.iter().map(|row| sanitize(&row.label, style.unicode)).collect();
    let label = labels.iter().map(|label| display_width(label)).max().unwrap_or(0).clamp(13, 20);
    let number = widest(&table.rows);
    // Indent, label, number, share, size, share; single spaces between, two before the size.
    let fixed = INDENT.len() + label + 1 + number + 1 + PERCENT + 2 + SIZE + 1 + PERCENT;
    let bar = (style.columns().saturating_sub(fixed) / 2).saturating_sub(1).min(24);
    // Narrower ones say nothing.
    let bar = if bar < 4 { 0 } else { bar };
    let between = if bar > 0 { bar + 1 } else { 0 } + PERCENT + 3;
    let title = left(&table.title, INDENT.len() + label + 1, style.unicode);
    let captions = format!("{}{}", right("objects", number), right("bytes", between + SIZE));
    line(out, "");
    line(out, &(style.paint(Ink::Heading, &title) + &style.paint(Ink::Faint, &captions)));
    for (row, text) in table.rows.iter().zip(&labels) {
        let objects = share(row.objects.into(), whole.0.into());
        let bytes = share(row.bytes, whole.1);
        let cells = [
            left(text, label, style.unicode),
            right(&count(row.objects), number),
            bar_of(objects, bar, Ink::Bar, style),
            right(
                &style.paint(Ink::Faint, &percent(objects)),
                PERCENT + painted(style, Ink::Faint),
            ),
            String::new(),
            right(&bytes_iec(row.bytes), SIZE),
            bar_of(bytes, bar, Ink::OtherBar, style),
            right(&style.paint(Ink::Faint, &percent(bytes)), PERCENT + painted(style, Ink::Faint)),
        ];
        let last = cells.len() - 1;
        let shown: Vec<&str> = cells
            .iter()
            .enumerate()
            .filter(|(at, _)| bar > 0 || (*at != 2 && *at != last - 1))
            .map(|(_, c)| &**c)
            .collect();
        line(out, &(INDENT.to_owned() + &shown.join(" ")));
    }
    if let Some(note) = &table.note {
        paragraph(out, note, Some(Ink::Faint), INDENT.len(), style);
    }
}

/// A table with wide labels and one bar, for prefixes.
pub(super) fn ranking(
    out: &mut String,
    table: &Breakdown,
    whole: (u64, u128),
    by_objects: bool,
    style: Style,
) {
    heading(out, &table.title, style);
    let number = widest(&table.rows);
    let room = style.columns() - INDENT.len() - 1 - number - 2 - SIZE - 1 - PERCENT - 1;
    let bar = if room > 30 { room / 4 } else { 0 };
    let label = room.saturating_sub(bar);
    for row in &table.rows {
        let (share, ink) = if by_objects {
            (share(row.objects.into(), whole.0.into()), Ink::Bar)
        } else {
            (share(row.bytes, whole.1), Ink::OtherBar)
        };
        let text = format!(
            "{INDENT}{} {}  {} {} {}",
            left(&sanitize(&row.label, style.unicode), label, style.unicode),
            right(&count(row.objects), number),
            right(&bytes_iec(row.bytes), SIZE),
            right(&style.paint(Ink::Faint, &percent(share)), PERCENT + painted(style, Ink::Faint)),
            bar_of(share, bar, ink, style),
        );
        line(out, &text);
    }
    if let Some(note) = &table.note {
        paragraph(out, note, Some(Ink::Faint), INDENT.len(), style);
    }
}

/// The largest objects.
pub(super) fn largest(out: &mut String, objects: &[LargeSection], top: usize, style: Style) {
    if objects.is_empty() {
        return;
    }
    heading(out, "Largest objects", style);
    let room = style.columns() - INDENT.len() - SIZE - 2 - 10 - 2;
    for object in objects.iter().take(top) {
        let key = fit(&sanitize(&object.key, style.unicode), room, style.unicode);
        let date = style.paint(Ink::Faint, &left(&object.modified.date(), 10, style.unicode));
        line(out, &format!("{INDENT}{}  {date}  {key}", right(&bytes_iec(object.bytes), SIZE)));
    }
}

fn bar_of(share: f64, width: usize, ink: Ink, style: Style) -> String {
    style.paint(ink, &style.bar(share, width))
}

/// Columns of the widest number of objects.
fn widest(rows: &[Row]) -> usize {
    rows.iter().map(|row| count(row.objects).len()).max().unwrap_or(0).max(7)
}

/// How many characters of a painted text take no column.
fn painted(style: Style, ink: Ink) -> usize {
    style.paint(ink, "x").len() - 1
}
