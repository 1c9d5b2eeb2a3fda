//! The summary in a terminal.
//!
//! `page` says what comes in which order; `tables` sets the tables. Both write lines that are never wider
//! than the style allows.

mod page;
mod tables;

use std::io;

use super::style::Style;
use crate::summary::Summary;

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
