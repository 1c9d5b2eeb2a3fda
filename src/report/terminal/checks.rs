//! Findings of checks in a terminal.

use super::tables::{heading, line, paragraph, parts};
use crate::preflight::{Checks, Finding, Side, Verdict};
use crate::report::checks;
use crate::report::style::{Ink, Style};
use crate::report::text::{display_width, fit, left, sanitize, wrap};

const INDENT: usize = 2;
/// Columns of what is said beside a finding: `seen`, `why`, `mend`, `or`.
const NAMES: usize = 6;

pub(super) fn render(found: &Checks, style: Style) -> String {
    let mut out = String::new();
    let title = sanitize(checks::title(found).as_bytes(), style.unicode);
    line(&mut out, &style.paint(Ink::Strong, &fit(&title, style.columns(), style.unicode)));
    parts(&mut out, &checks::headline(found), 0, style);
    for side in Side::ALL {
        if found.of(side).next().is_none() {
            continue;
        }
        heading(&mut out, checks::heading(side), style);
        for finding in found.of(side) {
            one(&mut out, finding, style);
        }
    }
    line(&mut out, "");
    let ink = if found.has_blockers() { Ink::Alarm } else { Ink::Good };
    paragraph(&mut out, &checks::conclusion(found), Some(ink), 0, style);
    out
}

fn one(out: &mut String, finding: &Finding, style: Style) {
    let (ink, sign) = match finding.verdict {
        Verdict::Blocker => (Ink::Alarm, style.pick("✗ blocker", "! blocker")),
        Verdict::Warning => (Ink::Warning, style.pick("▲ warning", "? warning")),
        Verdict::Unknown => (Ink::Strong, style.pick("◌ unknown", "~ unknown")),
        Verdict::Ok => (Ink::Good, style.pick("✓ ok", "+ ok")),
    };
    let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
    let what = format!("{sign}: {}", safe(&finding.title));
    let id = safe(&finding.id);
    let room = style.columns() - INDENT;
    let gap = room.saturating_sub(display_width(&what) + display_width(&id));
    let what = style.paint(ink, &fit(&what, room, style.unicode));
    if gap < 2 {
        line(out, &format!("{}{what}", " ".repeat(INDENT)));
        paragraph(out, &id, Some(Ink::Faint), INDENT + 2, style);
    } else {
        let id = style.paint(Ink::Faint, &id);
        line(out, &format!("{}{what}{}{id}", " ".repeat(INDENT), " ".repeat(gap)));
    }
    if finding.verdict == Verdict::Ok {
        paragraph(out, &safe(&finding.seen), Some(Ink::Faint), INDENT + 2, style);
        return;
    }
    said(out, "seen", &finding.seen, style);
    said(out, "why", &finding.why, style);
    if let Some(remedy) = &finding.remedy {
        let mut name = "mend";
        for text in [&remedy.command, &remedy.console].into_iter().flatten() {
            said(out, name, text, style);
            name = "or";
        }
    }
}

/// A name and what there is to say under it. Words that are too long are broken, not cut: commands have to
/// be whole.
fn said(out: &mut String, name: &str, text: &str, style: Style) {
    let indent = INDENT + 2;
    let room = style.columns() - indent - NAMES;
    let text = sanitize(text.as_bytes(), style.unicode);
    for (number, text) in wrap(&text, room).iter().flat_map(|text| broken(text, room)).enumerate() {
        let name = if number == 0 { left(name, NAMES, style.unicode) } else { " ".repeat(NAMES) };
        line(out, &format!("{}{}{text}", " ".repeat(indent), style.paint(Ink::Faint, &name)));
    }
}

/// A line in pieces that fit.
fn broken(text: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for character in text.chars() {
        let width = display_width(character.encode_utf8(&mut [0; 4]));
        if used + width > room {
            pieces.push(String::new());
            used = 0;
        }
        used += width;
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_broken_and_not_lost() {
        assert_eq!(broken("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(broken("日本語", 4), ["日本", "語"]);
        assert_eq!(broken("", 4), [""]);
    }
}
