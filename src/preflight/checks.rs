//! The findings of one run.
//!
//! The field `schema` is `weighbridge.check/1`. Fields, ids and verdicts' meanings are only ever added to
//! under the same number, and readers ignore what they do not know.

use std::time::{Duration, SystemTime};

use futures::future::{BoxFuture, join_all};
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Side, Verdict};
use super::word::millis;
use crate::object::Timestamp;
use crate::summary::Moment;
use crate::versioned;

/// The schema that this program writes.
pub const SCHEMA: &str = "weighbridge.check/1";

/// What a run of the checks found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    /// `weighbridge.check/1`.
    pub schema: String,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// What was to be migrated, as the user named it.
    pub source: String,
    /// Where to; `null` where no destination was named.
    #[serde(default)]
    pub destination: Option<String>,
    /// When the checks began.
    pub started: Moment,
    /// How long they took.
    pub elapsed_seconds: f64,
    /// By side, worst first.
    pub findings: Vec<Finding>,
}

/// Why a text was not taken as findings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksReadError {
    /// Not JSON, or a field is missing or of another type.
    #[error("not readable findings: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON, but of something else or of another version.
    #[error("not findings of this version: the schema is {found:?}, expected {SCHEMA:?}")]
    OtherSchema {
        /// What the field `schema` said; empty if there is none.
        found: String,
    },
}

/// Waits for all sides together and puts their findings in order: by side, worst first.
pub async fn run(sides: Vec<BoxFuture<'_, Vec<Finding>>>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = join_all(sides).await.into_iter().flatten().collect();
    findings.sort_by_key(|finding| (finding.side, finding.verdict));
    findings
}

impl Checks {
    /// These findings of a run.
    #[must_use]
    pub fn new(
        source: String,
        destination: Option<String>,
        started: SystemTime,
        elapsed: Duration,
        findings: Vec<Finding>,
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            source,
            destination,
            started: Moment(Timestamp(millis(started))),
            elapsed_seconds: elapsed.as_secs_f64(),
            findings,
        }
    }

    /// How many findings have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// Whether anything has to be mended first.
    #[must_use]
    pub fn has_blockers(&self) -> bool {
        self.count(Verdict::Blocker) > 0
    }

    /// The findings about one side.
    pub fn of(&self, side: Side) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.side == side)
    }

    /// Reads findings.
    ///
    /// # Errors
    /// [`ChecksReadError`] if the text holds none, or those of another version.
    pub fn from_json(json: &str) -> Result<Self, ChecksReadError> {
        let schema = versioned::schema_of(json.as_bytes())?;
        if schema == SCHEMA {
            return Ok(serde_json::from_str(json)?);
        }
        Err(ChecksReadError::OtherSchema { found: schema })
    }

    /// Writes the findings, indented, with a line break at the end.
    ///
    /// # Errors
    /// An error of the JSON writer, which findings made or read here do not cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        versioned::to_json(self)
    }
}
