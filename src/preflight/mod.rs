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
//! | [`destination`] | the bucket that it goes to, and the service that carries it there |
//! | [`identity`] | the RAM user, the role, policies, keys of KMS |
//! | [`prepare`] | the destination made ready, as a plan that is shown, applied, and taken back |
//! | [`policy`] | policy documents: read, compared, added to, asked |
//! | [`wanted`] | the documents and names that the preparations page asks for |
//!
//! Each side is a future of findings, and [`run`] waits for all of them together.

mod checks;
pub mod destination;
mod finding;
pub mod identity;
pub mod policy;
pub mod prepare;
pub mod source;
pub mod wanted;
mod word;

pub use checks::{Checks, ChecksReadError, SCHEMA, run};
pub use finding::{Check, Finding, Remedy, Side, Verdict};
