//! What people look at: a [`Summary`](crate::summary::Summary) as text, Markdown or HTML, and the
//! progress line of a running scan.
//!
//! Everything here turns plain data into text and does nothing else: no terminal is asked for its width
//! or colours (the caller says so in [`Style`]), nothing is read, and only what the caller passes is
//! written to. Keys come from strangers: in every form they are escaped so that neither control
//! characters nor markup get through (`text`, `maud` and the escaper of `markdown` see to it).
//!
//! | file | its job |
//! |---|---|
//! | `figures` | numbers, sizes, shares, durations, times as people read them |
//! | `text` | escaping, display width, cutting, wrapping |
//! | `breakdown` | a summary's tables as rows of label, objects, bytes: shared by all forms |
//! | `billed` | what is billed beside the current objects, likewise |
//! | `style` | how text is decorated: width, colour, unicode |
//! | `terminal` | the summary in a terminal |
//! | `markdown`, `html` | the summary as a document |
//! | `jobs` | a plan of migration jobs in words: shared by all forms |
//! | `checks` | findings of checks in words: shared by all forms |
//! | `form` | migration jobs as filled-in forms |
//! | `progress` | the line of a running scan |
//! | `timeline` | the course of a scan as a picture |

mod billed;
mod breakdown;
mod checks;
mod figures;
pub mod form;
pub mod html;
mod jobs;
pub mod markdown;
pub mod progress;
mod style;
pub mod terminal;
mod text;
mod timeline;

pub use figures::{bytes_iec, count, duration};
pub use style::Style;
pub use text::{display_width, fit, sanitize};
pub use timeline::timeline_svg;
