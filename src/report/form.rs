//! A plan as filled-in forms: every field of the classic console's wizard and of the API, to type from.

use std::fmt::Write as _;

use super::text::{display_width, sanitize};
use crate::migration::address::Field;
use crate::migration::requests::api_job_fields;
use crate::migration::{
    Certainty, Finding, Job, Overwrite, Plan, Selection, Settings, Transfer, Window,
};
use crate::summary::Moment;
use crate::tally::Severity;

const GB: u128 = 1_000_000_000;
const GIB: u128 = 1 << 30;
const TB: u128 = 1_000_000_000_000;
const TIB: u128 = 1 << 40;

/// The forms as text, ending in a line break.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_forms(&mut out, plan);
    out
}

fn write_forms(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let count = plan.jobs.len();
    writeln!(
        out,
        "{} to {}: {count} {}",
        shown(&plan.source),
        shown(&plan.destination),
        if count == 1 { "job" } else { "jobs" }
    )?;
    if !plan.complete {
        writeln!(out, "\nINCOMPLETE: all figures are lower bounds.")?;
    }
    writeln!(
        out,
        "\nIn which unit the console wants Data Size and File Count is not documented: take the line\nthat fits the label beside the field."
    )?;
    for (job, number) in plan.jobs.iter().zip(1..) {
        let title = format!("Job {number} of {count}: {}", job.name);
        writeln!(out, "\n{title}\n{}", "=".repeat(title.chars().count()))?;
        one(out, plan, job)?;
    }
    excluded(out, plan)
}

fn one(out: &mut String, plan: &Plan, job: &Job) -> std::fmt::Result {
    section(out, "Source data address", &job.source.source_form())?;
    section(out, "Destination data address", &job.destination.destination_form())?;
    section(out, "Job", &wizard(&plan.settings, job))?;
    section(
        out,
        "The same through the API: ImportAddress of the source",
        &job.source.api_fields(),
    )?;
    section(out, "ImportAddress of the destination", &job.destination.api_fields())?;
    section(out, "ImportJob", &api_job_fields(&plan.settings, job))?;
    for finding in job.findings.iter().filter(|finding| finding.severity > Severity::Info) {
        writeln!(out, "\n  {}", told(finding))?;
    }
    if let Selection::Inventory(list) = &job.selection {
        writeln!(
            out,
            "\n  Its list, {} files, has to be stored before the job is created:",
            list.files.len() + 1
        )?;
        for file in &list.files {
            writeln!(out, "    {}  ->  {}", shown(&file.path), shown(&file.key))?;
        }
        if let Some(place) = &job.source.inventory {
            let from = if list.manifest.is_empty() { "(not written)" } else { &list.manifest };
            writeln!(out, "    {}  ->  {}", shown(from), shown(&place.path))?;
        }
    }
    Ok(())
}

/// The classic wizard's last page, and what the newer console asks in its place.
fn wizard(settings: &Settings, job: &Job) -> Vec<Field> {
    let sure = Certainty::Documented;
    let field = |name, value: String| Field { name, value, certainty: sure };
    let mut fields = vec![
        field("Job Name", job.name.clone()),
        field("Source Data Address", job.source.name.clone()),
        field("Destination Data Address", job.destination.name.clone()),
        field("Migration Type", settings.migration_type.clone()),
        field(
            "Start Time Point of File",
            settings
                .modified_after
                .map_or("All".into(), |time| format!("Assign: {} (UTC)", slashed(time))),
        ),
        field("Data Size, bytes", job.bytes.to_string()),
        field("Data Size, GB (10^9)", job.bytes.div_ceil(GB).to_string()),
        field("Data Size, GiB (2^30)", job.bytes.div_ceil(GIB).to_string()),
        field("Data Size, TB (10^12)", job.bytes.div_ceil(TB).to_string()),
        field("Data Size, TiB (2^40)", job.bytes.div_ceil(TIB).to_string()),
        field("File Count", job.objects.to_string()),
        field("File Count, ten thousands (万)", job.objects.div_ceil(10_000).to_string()),
    ];
    if settings.bandwidth.is_some() || settings.window.is_some() {
        let (from, to) = match &settings.window {
            Some(window) => Window::hours(window),
            None => ("00:00".to_owned(), "24:00".to_owned()),
        };
        fields.push(field("Flow Control, Time Range", format!("{from} - {to}")));
        let flow = settings.bandwidth.map_or("(no limit of its own)".into(), |bits| {
            // Rounded down: it is an upper limit.
            (bits / 8_000_000).max(1).to_string()
        });
        fields.push(field("Flow Control, Max Flow (MB/s)", flow));
    }
    fields.push(field("Overwrite Mode (new console)", overwrite(settings)));
    fields
}

fn overwrite(settings: &Settings) -> String {
    match (settings.overwrite, settings.transfer) {
        (Overwrite::Never, _) => "Do not overwrite".into(),
        (Overwrite::Always, Some(Transfer::All)) => "Overwrite all".into(),
        (Overwrite::Always, _) => "Overwrite based on the last modification time".into(),
    }
}

/// `2018/11/01 08:00:00`, as the classic form wants times.
fn slashed(time: Moment) -> String {
    let text = time.to_string();
    text.get(..19).unwrap_or(&text).replace('-', "/").replace('T', " ")
}

fn section(out: &mut String, title: &str, fields: &[Field]) -> std::fmt::Result {
    writeln!(out, "\n  {title}")?;
    let width = fields.iter().map(|field| display_width(field.name)).max().unwrap_or(0);
    for field in fields {
        let padding = " ".repeat(width - display_width(field.name));
        let label =
            field.certainty.label().map(|label| format!("   ({label})")).unwrap_or_default();
        writeln!(out, "    {}{padding}  {}{label}", field.name, shown(&field.value))?;
    }
    Ok(())
}

fn excluded(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let Some(excluded) = &plan.excluded else { return Ok(()) };
    let title = "In no job";
    writeln!(out, "\n{title}\n{}", "=".repeat(title.len()))?;
    writeln!(out, "\n  {} objects, {} bytes", excluded.objects, excluded.bytes)?;
    for finding in &excluded.findings {
        writeln!(out, "  {}", told(finding))?;
    }
    if !excluded.list.is_empty() {
        writeln!(out, "  listed in {}", shown(&excluded.list))?;
    }
    Ok(())
}

fn told(finding: &Finding) -> String {
    let objects =
        finding.objects.map(|objects| format!(" ({objects} objects)")).unwrap_or_default();
    shown(&format!("{}{objects}: {}", finding.title, finding.action))
}

/// Values come from strangers; what could steer a terminal is spelled out.
fn shown(text: &str) -> String {
    sanitize(text.as_bytes(), true)
}
