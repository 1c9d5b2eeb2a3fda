//! The document of a summary.

use maud::{Markup, html};

use super::frame::framed;
use super::{chart, checks, jobs};
use crate::migration::Plan;
use crate::preflight::Checks;
use crate::report::figures::{bytes_iec, count, duration, minute, objects};
use crate::report::text::{fit, sanitize};
use crate::report::{billed, breakdown};
use crate::summary::{HazardSection, Summary};
use crate::tally::{ByteString, Severity};

/// Rows of the lists that could be long.
const TOP: usize = 15;

/// Columns that a key takes at most: two lines.
const KEY_COLUMNS: usize = 160;

pub(super) fn document(
    summary: &Summary,
    plan: Option<&Plan>,
    findings: Option<&Checks>,
) -> Markup {
    let whole = (summary.totals.objects, summary.totals.bytes);
    let location = sanitize(summary.location.as_bytes(), true);
    let content = html! {
        (incomplete(summary))
        (totals(summary))
        (billed(summary))
        (chart::shares(&breakdown::sizes(summary), whole, false))
        (percentiles(summary))
        (chart::shares(&breakdown::classes(summary), whole, false))
        (chart::shares(&breakdown::ages(summary), whole, false))
        @for table in breakdown::prefixes(summary, TOP) { (chart::shares(&table, whole, true)) }
        @if let Some(note) = breakdown::dropped(summary) { p class="note" { (note) } }
        (largest(summary))
        @if plan.is_none() { (hazards(summary)) }
        @if let Some(plan) = plan { (jobs::section(plan)) }
        @if let Some(findings) = findings { (checks::part(findings)) }
        (footer(summary))
    };
    framed(&location, &location, &facts(summary), &content)
}

fn facts(summary: &Summary) -> String {
    let mut facts = vec![sanitize(breakdown::provider(summary).as_bytes(), true)];
    facts.extend(
        summary.region.iter().chain(&summary.endpoint).map(|text| sanitize(text.as_bytes(), true)),
    );
    let minute = minute(summary.started);
    facts.extend([format!("{minute} UTC"), format!("took {}", duration(summary.elapsed_seconds))]);
    facts.retain(|fact| !fact.is_empty());
    facts.join(" · ")
}

/// A total that is not the whole must not look like one: this stands above it.
fn incomplete(summary: &Summary) -> Markup {
    let quote = |key: &ByteString| format!("“{}”", sanitize(key, true));
    html! {
        @if !summary.complete {
            section class="incomplete" {
                h2 { "INCOMPLETE: totals are lower bounds" }
                @if summary.interrupted { "The scan was interrupted and can be resumed." }
                @if !summary.incomplete.is_empty() {
                    ul {
                        @for gap in &summary.incomplete {
                            li { (breakdown::gap(gap, quote)) ": " (sanitize(gap.reason.as_bytes(), true)) }
                        }
                    }
                }
            }
        }
    }
}

fn totals(summary: &Summary) -> Markup {
    let totals = &summary.totals;
    let at_least = if summary.complete { "" } else { "≥ " };
    html! {
        dl class="totals" {
            div class="main" {
                dt { "stored" }
                dd { (at_least) (bytes_iec(totals.bytes)) small { (breakdown::exact_bytes(summary)) } }
            }
            div class="main" {
                dt { "objects" }
                dd {
                    (at_least) (count(totals.objects))
                    small { (breakdown::empty_objects(summary)) }
                }
            }
            @if let (Some(min), Some(max)) = (totals.min, totals.max) {
                div { dt { "smallest" } dd { (bytes_iec(min)) } }
                div { dt { "largest" } dd { (bytes_iec(max)) } }
            }
        }
        @for note in [breakdown::filters(summary), breakdown::filtered(summary)].into_iter().flatten() {
            p class="note" { (sanitize(note.as_bytes(), true)) }
        }
    }
}

/// What is billed beside the current objects, if that was asked for.
fn billed(summary: &Summary) -> Markup {
    let quote = |key: &ByteString| format!("“{}”", sanitize(key, true));
    html! {
        @if let Some(billed) = billed::billed(summary, quote) {
            (chart::shares(&billed.table, billed.whole, false))
            @if !billed.missing.is_empty() {
                section class="incomplete" {
                    h2 { "INCOMPLETE: what is billed is more than this" }
                    ul { @for reason in &billed.missing { li { (sanitize(reason.as_bytes(), true)) } } }
                }
            }
            @for note in &billed.notes { p class="note" { (sanitize(note.as_bytes(), true)) } }
        }
    }
}

fn percentiles(summary: &Summary) -> Markup {
    let sizes = &summary.sizes;
    html! {
        @if !sizes.percentiles.is_empty() {
            section {
                h2 { "Size percentiles" }
                table class="percentiles" {
                    thead { tr { @for at in &sizes.percentiles { th scope="col" { (at.percent) " %" } } } }
                    tbody { tr { @for at in &sizes.percentiles { td { (bytes_iec(at.bytes)) } } } }
                }
                p class="note" { (sanitize(sizes.percentiles_note.as_bytes(), true)) }
            }
        }
    }
}

fn largest(summary: &Summary) -> Markup {
    html! {
        @if !summary.largest.is_empty() {
            section {
                h2 { "Largest objects" }
                table {
                    thead { tr { th scope="col" { "size" } th scope="col" { "modified" } th scope="col" { "key" } } }
                    tbody {
                        @for object in &summary.largest {
                            tr {
                                td title=(format!("{} bytes", count(object.bytes))) { (bytes_iec(object.bytes)) }
                                td { (object.modified.date()) }
                                td class="path" { (key(&object.key)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn hazards(summary: &Summary) -> Markup {
    html! {
        section {
            h2 { "Migration to Alibaba Cloud OSS" }
            @if summary.hazards.is_empty() {
                @match summary.nothing_in_the_way() {
                    (words, true) => p class="good" { "✓ " (words) },
                    (words, false) => p { (words) },
                }
            }
            @for found in &summary.hazards { (hazard(found)) }
        }
    }
}

fn hazard(found: &HazardSection) -> Markup {
    html! {
        div class="hazard" {
            h3 {
                (badge(found.severity))
                span { (sanitize(found.title.as_bytes(), true)) }
                span { (objects(found.objects)) ", " (bytes_iec(found.bytes)) }
            }
            p { (sanitize(found.meaning.as_bytes(), true)) }
            @for example in &found.examples {
                code { (key(&example.key)) }
            }
        }
    }
}

pub(super) fn badge(severity: Severity) -> Markup {
    let (class, word) = match severity {
        Severity::Blocker => ("badge blocker", "blocker"),
        Severity::Warning => ("badge warning", "warning"),
        Severity::Info => ("badge info", "note"),
    };
    html! { span class=(class) { (word) } }
}

/// A key; a very long one loses its middle, and shows whole when pointed at.
pub(super) fn key(key: &ByteString) -> Markup {
    let whole = sanitize(key, true);
    let shown = fit(&whole, KEY_COLUMNS, true);
    html! {
        @if key.is_empty() { "(the empty key)" }
        @else if shown == whole { (shown) }
        @else { span title=(whole) { (shown) } }
    }
}

fn footer(summary: &Summary) -> Markup {
    html! {
        footer {
            @let requests = breakdown::requests(summary);
            @if !requests.is_empty() { div { (requests.join(" · ")) } }
            @if let Some(manifest) = &summary.manifest {
                div {
                    "manifest " (sanitize(manifest.path.as_bytes(), true)) ": " (count(manifest.rows)) " rows of "
                    (sanitize(manifest.format.as_bytes(), true)) ", " (bytes_iec(manifest.bytes))
                }
            }
            div { "digest " code { (sanitize(summary.digest.as_bytes(), true)) } }
            div { "weighbridge " (sanitize(summary.tool_version.as_bytes(), true)) }
        }
    }
}
