//! The summary in a terminal.
//!
//! `page` says what comes in which order, `jobs` does so for a plan of migration jobs, `checks` for findings
//! of checks, `preparation` for the plan of a destination; `tables` sets the tables; `sheet` is for what is
//! neither. All write lines that are never wider than the style allows.

mod checks;
mod jobs;
mod page;
mod preparation;
mod sheet;
mod tables;

use std::io;

use super::style::Style;
use crate::migration::Plan;
use crate::preflight::Checks;
use crate::preflight::prepare;
use crate::summary::Summary;

pub use sheet::Sheet;

/// The summary as text, ending in a line break.
#[must_use]
pub fn render(summary: &Summary, style: Style) -> String {
    page::render(summary, style)
}

/// Writes the summary as text.
///
/// # Errors
/// What the writer reports.
pub fn write(summary: &Summary, style: Style, writer: &mut impl io::Write) -> io::Result<()> {
    writer.write_all(render(summary, style).as_bytes())
}

/// A plan of migration jobs as text, ending in a line break.
#[must_use]
pub fn render_jobs(plan: &Plan, style: Style) -> String {
    jobs::render(plan, style)
}

/// Findings of checks as text, ending in a line break.
#[must_use]
pub fn render_checks(checks: &Checks, style: Style) -> String {
    checks::render(checks, style)
}

/// What is to be prepared, as text.
#[must_use]
pub fn render_preparation(plan: &prepare::Plan, style: Style) -> String {
    preparation::render(plan, style)
}

/// What of a preparation can be taken back, as text.
#[must_use]
pub fn render_way_back(backs: &[prepare::Back], style: Style) -> String {
    preparation::render_back(backs, style)
}
