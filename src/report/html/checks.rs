//! Findings of checks.

use maud::{Markup, html};

use super::frame::framed;
use crate::preflight::{Checks, Finding, Side, Verdict};
use crate::report::checks;
use crate::report::figures::{duration, minute};
use crate::report::text::sanitize;

/// A page of checks alone.
pub(super) fn document(found: &Checks) -> Markup {
    let title = sanitize(checks::title(found).as_bytes(), true);
    let took = duration(found.elapsed_seconds);
    let facts = format!("checks before a migration · {} UTC · took {took}", minute(found.started));
    let content = html! {
        (verdicts(found))
        (sections(found))
        footer { div { "weighbridge " (sanitize(found.tool_version.as_bytes(), true)) } }
    };
    framed(&format!("Checks of {title}"), &title, &facts, &content)
}

/// The findings as part of another page.
pub(super) fn part(found: &Checks) -> Markup {
    html! {
        @let title = sanitize(checks::title(found).as_bytes(), true);
        h2 class="part" { "Checks: " (title) }
        (verdicts(found))
        (sections(found))
    }
}

fn verdicts(found: &Checks) -> Markup {
    html! {
        dl class="totals verdicts" {
            @for verdict in Verdict::ALL {
                @let number = found.count(verdict);
                div {
                    dt { (verdict.word()) }
                    dd class=[(number > 0).then_some(verdict.word())] { (number) }
                }
            }
        }
    }
}

fn sections(found: &Checks) -> Markup {
    html! {
        @for side in Side::ALL {
            @if found.of(side).next().is_some() {
                section {
                    h2 { (checks::heading(side)) }
                    @for finding in found.of(side) { (one(finding)) }
                }
            }
        }
    }
}

fn one(finding: &Finding) -> Markup {
    let safe = |text: &str| sanitize(text.as_bytes(), true);
    let fine = finding.verdict == Verdict::Ok;
    html! {
        div class="hazard check" {
            h3 {
                span class={ "badge " (finding.verdict.word()) } { (finding.verdict.word()) }
                span { (safe(&finding.title)) }
                @if fine { span class="fine" { (prose(&finding.seen)) } }
                span class="path" { (safe(&finding.id)) }
            }
            @if !fine {
                p class="seen" { (prose(&finding.seen)) }
                p { (prose(&finding.why)) }
                @if let Some(remedy) = &finding.remedy {
                    @if let Some(command) = &remedy.command { code { (safe(command)) } }
                    @if let Some(console) = &remedy.console { p class="by-hand" { (prose(console)) } }
                }
            }
        }
    }
}

/// A sentence, with what stands between backticks as code.
fn prose(text: &str) -> Markup {
    html! {
        @for (code, part) in checks::pieces(text) {
            @let part = sanitize(part.as_bytes(), true);
            @if code { span class="path" { (part) } } @else { (part) }
        }
    }
}
