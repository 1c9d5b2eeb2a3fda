//! A plan of migration jobs in a terminal.

use super::tables::{heading, line, paragraph, parts};
use crate::migration::{Finding, Plan};
use crate::report::figures::{bytes_iec, count, objects, share};
use crate::report::jobs;
use crate::report::style::{Ink, Style};
use crate::report::text::{display_width, fit, left, right, sanitize, wrap};
use crate::tally::Severity;

/// Rows of the table at most; the plan's file has them all.
const TOP: usize = 40;
const EXAMPLES: usize = 3;
const INDENT: usize = 2;
const SIZE: usize = 8;
const TAKES: usize = 11;
const BOUND: usize = 9;

pub(super) fn render(plan: &Plan, style: Style) -> String {
    let mut out = String::new();
    head(&mut out, plan, style);
    table(&mut out, plan, style);
    heading(&mut out, "How long", style);
    for sentence in jobs::forecast(plan) {
        paragraph(&mut out, &sentence, None, INDENT, style);
    }
    findings(&mut out, "What will fail, and what to do", &plan.findings, style);
    if let Some(excluded) = &plan.excluded {
        let much = format!("{}, {}", objects(excluded.objects), bytes_iec(excluded.bytes));
        findings(&mut out, &format!("In no job: {much}"), &excluded.findings, style);
        if !excluded.list.is_empty() {
            let list = format!("listed in {}", sanitize(excluded.list.as_bytes(), style.unicode));
            paragraph(&mut out, &list, Some(Ink::Faint), INDENT, style);
        }
    }
    bullets(&mut out, "What would be faster", plan.advice.clone(), style);
    bullets(&mut out, "To be known", plan.notes.iter().map(jobs::note).collect(), style);
    out
}

fn head(out: &mut String, plan: &Plan, style: Style) {
    let safe = |text: &str| sanitize(text.as_bytes(), style.unicode);
    let title = format!("{} to {}", safe(&plan.source), safe(&plan.destination));
    line(out, &style.paint(Ink::Strong, &fit(&title, style.columns(), style.unicode)));
    if !plan.complete {
        line(out, &style.paint(Ink::Alarm, "INCOMPLETE: totals are lower bounds"));
    }
    parts(out, &[jobs::headline(plan), format!("named {}-N", safe(&plan.settings.name))], 0, style);
}

fn table(out: &mut String, plan: &Plan, style: Style) {
    let digits = plan.jobs.len().to_string().len();
    let numbers = plan.jobs.iter().map(|job| count(job.objects).len()).max().unwrap_or(0).max(7);
    // Spaces between: one, and two before sizes.
    let fixed = INDENT + digits + 2 + 1 + numbers + 2 + SIZE + 1 + TAKES + 1 + BOUND;
    let room = style.columns().saturating_sub(fixed);
    let bar = if room > 40 { room / 4 } else { 0 };
    let what = room - if bar > 0 { bar + 1 } else { 0 };
    let captions = format!(
        "{}{} {}  {} {} {}",
        " ".repeat(INDENT + digits + 2),
        left("copies", what, style.unicode),
        right("objects", numbers),
        right("bytes", SIZE),
        right("takes", TAKES),
        "waits for"
    );
    line(out, "");
    line(out, &style.paint(Ink::Faint, &captions));
    let longest = plan.jobs.iter().map(|job| job.seconds).max().unwrap_or(0);
    for (job, number) in plan.jobs.iter().zip(1..).take(TOP) {
        let blocked = jobs::blockers(job).is_some();
        let sign = if blocked { style.paint(Ink::Alarm, "!") } else { " ".into() };
        let drawn = if bar > 0 {
            let share = share(job.seconds.into(), longest.into());
            format!(" {}", style.paint(Ink::Bar, &style.bar(share, bar)))
        } else {
            String::new()
        };
        line(
            out,
            &format!(
                "{}{}{sign} {} {}  {} {} {}{drawn}",
                " ".repeat(INDENT),
                right(&number.to_string(), digits),
                left(&jobs::selection(job, style.unicode), what, style.unicode),
                right(&count(job.objects), numbers),
                right(&bytes_iec(job.bytes), SIZE),
                right(&jobs::seconds(job.seconds), TAKES),
                left(jobs::bound(job.bound), BOUND, style.unicode),
            ),
        );
    }
    if plan.jobs.iter().any(|job| jobs::blockers(job).is_some()) {
        let legend = "! holds objects that will fail; how many of each kind, the plan's file and the form say";
        paragraph(out, legend, Some(Ink::Faint), INDENT, style);
    }
    let hidden = plan.jobs.len().saturating_sub(TOP);
    if hidden > 0 {
        let more = format!("and {} more", count(hidden as u64));
        paragraph(out, &more, Some(Ink::Faint), INDENT, style);
    }
}

fn findings(out: &mut String, title: &str, findings: &[Finding], style: Style) {
    heading(out, title, style);
    if findings.is_empty() {
        let text = format!("  {} nothing is known to", style.pick("✓", "ok:"));
        line(out, &style.paint(Ink::Good, &text));
    }
    for finding in findings {
        let (ink, sign) = match finding.severity {
            Severity::Blocker => (Ink::Alarm, style.pick("✗ blocker", "! blocker")),
            Severity::Warning => (Ink::Warning, style.pick("▲ warning", "? warning")),
            Severity::Info => (Ink::Faint, style.pick("• note", "- note")),
        };
        let what = format!("{sign}: {}", sanitize(finding.title.as_bytes(), style.unicode));
        let much = match (finding.objects, finding.bytes) {
            (Some(number), Some(bytes)) => format!("{}, {}", objects(number), bytes_iec(bytes)),
            _ => String::new(),
        };
        let taken = INDENT + display_width(&what) + display_width(&much);
        let gap = style.columns().saturating_sub(taken);
        let painted = style.paint(ink, &fit(&what, style.columns() - INDENT, style.unicode));
        if much.is_empty() || gap < 2 {
            line(out, &format!("{}{painted}", " ".repeat(INDENT)));
            paragraph(out, &much, None, INDENT + 2, style);
        } else {
            line(out, &format!("{}{painted}{}{much}", " ".repeat(INDENT), " ".repeat(gap)));
        }
        let action = sanitize(finding.action.as_bytes(), style.unicode);
        paragraph(out, &action, None, INDENT + 2, style);
        for example in finding.examples.iter().take(EXAMPLES) {
            let room = style.columns() - INDENT - 8;
            let key = fit(&sanitize(&example.key, style.unicode), room, style.unicode);
            let key = if key.is_empty() { "(the empty key)".to_owned() } else { key };
            line(out, &style.paint(Ink::Faint, &format!("    e.g. {key}")));
        }
    }
}

fn bullets(out: &mut String, title: &str, sentences: Vec<String>, style: Style) {
    if sentences.is_empty() {
        return;
    }
    heading(out, title, style);
    let sign = style.pick("• ", "- ");
    for sentence in sentences {
        let text = sanitize(sentence.as_bytes(), style.unicode);
        let room = style.columns() - INDENT - display_width(sign);
        for (text, number) in wrap(&text, room).iter().zip(0..) {
            let before = if number == 0 { sign } else { "  " };
            let text = fit(text, room, style.unicode);
            line(out, &format!("{}{before}{text}", " ".repeat(INDENT)));
        }
    }
}
