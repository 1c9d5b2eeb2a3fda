//! The summary as one HTML file: no scripts, nothing loaded from elsewhere, light and dark.
//!
//! `page` holds the document, `chart` the bars (inline SVG), `style.css` the looks. maud escapes whatever
//! is put in, and keys are sanitised before, so that what cannot be seen is spelled out.

mod chart;
mod page;

use std::io;

use crate::summary::Summary;

/// The summary as an HTML document.
#[must_use]
pub fn render(summary: &Summary) -> String {
    page::document(summary).into_string()
}

/// Writes the summary as an HTML document.
///
/// # Errors
/// What the writer reports.
pub fn write(summary: &Summary, writer: &mut impl io::Write) -> io::Result<()> {
    writer.write_all(render(summary).as_bytes())
}
