//! What has to be right before a migration is begun: checks of both sides, each with its remedy.
//!
//! A [`Check`] is something that can be wrong, and a [`Finding`] is what one run saw of it. Checks look
//! and change nothing. What could not be looked at is `unknown` and never `ok`: a policy that may not be
//! read can hold anything.
//!
//! | module | its one job |
//! |---|---|
//! | `finding` | checks, verdicts, remedies |
//! | `checks` | the findings of one run as versioned JSON |
//! | `word` | names and times as commands and sentences take them |
//! | [`source`] | the bucket or container that is to be migrated |
//!
//! Each side is a future of findings, and [`run`] waits for all of them together.

mod checks;
mod finding;
pub mod source;
mod word;

pub use checks::{Checks, ChecksReadError, SCHEMA, run};
pub use finding::{Check, Finding, Remedy, Side, Verdict};
