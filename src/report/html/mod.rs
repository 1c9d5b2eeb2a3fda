//! The summary as one HTML file: no scripts, nothing loaded from elsewhere, light and dark.
//!
//! `frame` holds what every document has, `page` the document of a summary, `jobs` migration jobs, `checks` findings
//! of checks, `chart` the bars (inline SVG), `style.css` the looks. maud escapes whatever is put in, and keys are
//! sanitised before, so that what cannot be seen is spelled out.

mod chart;
mod checks;
mod frame;
mod jobs;
mod page;

use std::io;

use crate::migration::Plan;
use crate::preflight::Checks;
use crate::summary::Summary;

/// The summary as an HTML document.
#[must_use]
pub fn render(summary: &Summary) -> String {
    page::document(summary, None, None).into_string()
}

/// Writes the summary as an HTML document.
///
/// # Errors
/// What the writer reports.
pub fn write(summary: &Summary, writer: &mut impl io::Write) -> io::Result<()> {
    writer.write_all(render(summary).as_bytes())
}

/// The summary with a plan of migration jobs as an HTML document.
#[must_use]
pub fn render_with_jobs(summary: &Summary, plan: &Plan) -> String {
    page::document(summary, Some(plan), None).into_string()
}

/// Findings of checks as an HTML document; with a summary, behind it.
#[must_use]
pub fn render_checks(checks: &Checks, summary: Option<&Summary>) -> String {
    let document = match summary {
        Some(summary) => page::document(summary, None, Some(checks)),
        None => checks::document(checks),
    };
    document.into_string()
}
