//! Migration jobs.

use maud::{Markup, html};

use super::page::{badge, key};
use crate::migration::{Finding, Plan};
use crate::report::figures::{bytes_iec, count, objects, share};
use crate::report::jobs;
use crate::report::text::{fit, sanitize};

/// Columns that a selection takes at most.
const WHAT_COLUMNS: usize = 90;

pub(super) fn section(plan: &Plan) -> Markup {
    let safe = |text: &str| sanitize(text.as_bytes(), true);
    html! {
        section {
            h2 { "Jobs to " (safe(&plan.destination)) }
            p class="note" { (jobs::headline(plan)) }
            (table(plan))
            @for sentence in jobs::forecast(plan) { p class="note" { (sentence) } }
        }
        (findings("What will fail in the jobs", &plan.findings))
        @if let Some(excluded) = &plan.excluded {
            @let much = format!("In no job: {}, {}", objects(excluded.objects), bytes_iec(excluded.bytes));
            (findings(&much, &excluded.findings))
        }
        (sentences("What would be faster", &plan.advice))
        (sentences("To be known about the jobs", &plan.notes.iter().map(jobs::note).collect::<Vec<_>>()))
    }
}

fn table(plan: &Plan) -> Markup {
    let longest = plan.jobs.iter().map(|job| job.seconds).max().unwrap_or(0);
    html! {
        table class="shares" {
            thead {
                tr {
                    th scope="col" { "job" }
                    th scope="col" { "copies" }
                    th scope="col" class="number" { "objects" }
                    th scope="col" class="number" { "bytes" }
                    th scope="col" colspan="2" { "takes" }
                    th scope="col" { "waits for" }
                }
            }
            tbody {
                @for job in &plan.jobs {
                    tr {
                        @let what = jobs::selection(job, true);
                        @let taken = share(job.seconds.into(), longest.into()) * 100.0;
                        th scope="row" { (job.name) }
                        td class="path" { span title=(what) { (fit(&what, WHAT_COLUMNS, true)) } }
                        td class="number" { (count(job.objects)) }
                        td class="number" title=(format!("{} bytes", count(job.bytes))) { (bytes_iec(job.bytes)) }
                        td class="number" { (jobs::seconds(job.seconds)) }
                        td class="taken" {
                            svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                                rect class="track" width="100" height="10" {}
                                rect class="objects" width=(format!("{taken:.2}")) height="10" {}
                            }
                        }
                        td { (jobs::bound(job.bound)) }
                    }
                    @if let Some(blockers) = jobs::blockers(job) {
                        tr class="under" { td {} td colspan="6" { span class="badge blocker" { "will fail" } " " (sanitize(blockers.as_bytes(), true)) } }
                    }
                }
            }
        }
    }
}

fn findings(title: &str, findings: &[Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            section {
                h2 { (title) }
                @for finding in findings { (one(finding)) }
            }
        }
    }
}

fn one(finding: &Finding) -> Markup {
    html! {
        div class="hazard" {
            h3 {
                (badge(finding.severity))
                span { (sanitize(finding.title.as_bytes(), true)) }
                @if let (Some(number), Some(bytes)) = (finding.objects, finding.bytes) {
                    span { (objects(number)) ", " (bytes_iec(bytes)) }
                }
            }
            p { (sanitize(finding.action.as_bytes(), true)) }
            @for example in &finding.examples { code { (key(&example.key)) } }
        }
    }
}

fn sentences(title: &str, sentences: &[String]) -> Markup {
    html! {
        @if !sentences.is_empty() {
            section {
                h2 { (title) }
                ul class="sentences" { @for text in sentences { li { (sanitize(text.as_bytes(), true)) } } }
            }
        }
    }
}
