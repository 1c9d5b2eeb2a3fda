//! The preparation of a destination, and its way back, step by step.

use super::tables::{heading, line, paragraph};
use crate::preflight::policy::{Diff, DiffLine};
use crate::preflight::prepare::{Action, Back, Fate, Item, Outcome, Plan};
use crate::report::style::{Ink, Style};
use crate::report::text::{sanitize, wrap};

const INDENT: usize = 3;

/// The plan as text.
pub(super) fn render(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    let whose = match &plan.bucket_account {
        Some(other) => format!(" of account {other}"),
        None => String::new(),
    };
    let title = format!(
        "oss://{} in {}{whose}, for account {}, the {} way",
        plan.bucket,
        plan.region,
        plan.account,
        plan.way.word()
    );
    paragraph(&mut out, &sanitize(title.as_bytes(), style.unicode), Some(Ink::Strong), 0, style);
    for item in &plan.items {
        self::item(&mut out, item, style);
    }
    if !plan.notes.is_empty() {
        heading(&mut out, "To know", style);
        for note in &plan.notes {
            hanging(
                &mut out,
                style.pick("·", "*"),
                &sanitize(note.as_bytes(), style.unicode),
                None,
                style,
            );
        }
    }
    let in_the_way =
        plan.items.iter().filter(|item| matches!(item.outcome, Outcome::InTheWay { .. }));
    let titles: Vec<&str> = in_the_way.map(|item| item.title.as_str()).collect();
    if !titles.is_empty() {
        line(&mut out, "");
        let text = format!("in the way: {}", titles.join(", "));
        hanging(&mut out, "!", &sanitize(text.as_bytes(), style.unicode), Some(Ink::Alarm), style);
    }
    out
}

fn item(out: &mut String, item: &Item, style: Style) {
    let (sign, ink) = match &item.outcome {
        Outcome::Kept => ("=", Ink::Faint),
        Outcome::Do(Action::Replace(_)) => ("~", Ink::Good),
        Outcome::Do(_) => ("+", Ink::Good),
        Outcome::ByHand { .. } => (">", Ink::Warning),
        Outcome::InTheWay { .. } => ("!", Ink::Alarm),
    };
    let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
    line(out, "");
    let head = format!("{}: {}", item.title, item.found);
    hanging(out, sign, &safe(&head), Some(ink), style);
    match &item.outcome {
        Outcome::Kept => {}
        Outcome::Do(action) => {
            paragraph(out, &safe(&action.to_string()), None, INDENT, style);
            match action {
                Action::Replace(policy) => diff(out, &policy.diff(), style),
                action => action.shown().iter().for_each(|text| block(out, text, style)),
            }
        }
        Outcome::ByHand { what, document } => {
            paragraph(out, &safe(what), None, INDENT, style);
            block(out, &crate::preflight::policy::pretty(document), style);
        }
        Outcome::InTheWay { why, hint } => {
            let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
            paragraph(out, &safe(first), None, INDENT, style);
            block(out, rest, style);
            paragraph(out, &safe(&format!("hint: {hint}")), None, INDENT, style);
        }
    }
}

/// What can be taken back, as text.
pub(super) fn render_back(backs: &[Back], style: Style) -> String {
    let mut out = String::new();
    let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
    for back in backs {
        match &back.fate {
            Fate::AsMade(_) => hanging(&mut out, "-", &safe(&back.title), Some(Ink::Good), style),
            Fate::Gone => {
                let text = format!("{}: it is so already", back.title);
                hanging(&mut out, "=", &safe(&text), Some(Ink::Faint), style);
            }
            Fate::Changed(why) => {
                let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
                let text = format!("cannot {}: {first}", back.title);
                hanging(&mut out, "!", &safe(&text), Some(Ink::Alarm), style);
                block(&mut out, rest, style);
            }
        }
    }
    out
}

/// A sign and a text whose further lines stand under its first.
fn hanging(out: &mut String, sign: &str, text: &str, ink: Option<Ink>, style: Style) {
    let mut sign = sign;
    for text in wrap(text, style.columns() - INDENT) {
        let text = format!("{sign:INDENT$}{text}");
        line(out, &ink.map_or(text.clone(), |ink| style.paint(ink, &text)));
        sign = "";
    }
}

/// Lines as they are: a document is shown to the letter, however wide.
fn block(out: &mut String, text: &str, style: Style) {
    for text in text.lines() {
        line(out, &format!("     {}", sanitize(text.as_bytes(), style.unicode)));
    }
}

fn diff(out: &mut String, diff: &Diff, style: Style) {
    for piece in &diff.0 {
        let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
        let text = match piece {
            DiffLine::Kept(text) => format!("  {}", safe(text)),
            DiffLine::Gone(text) => style.paint(Ink::Alarm, &format!("- {}", safe(text))),
            DiffLine::New(text) => style.paint(Ink::Good, &format!("+ {}", safe(text))),
            DiffLine::Skipped(count) => {
                style.paint(Ink::Faint, &format!("  ({count} lines as they are)"))
            }
        };
        line(out, &format!("   {text}"));
    }
}
