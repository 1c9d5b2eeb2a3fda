//! A plan of migration jobs: what `jobs.json` holds.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::{Address, StoreKind};
use super::duration::{Bound, Window};
use super::limits::{Certainty, Limits};
use crate::object::KeyOrder;
use crate::summary::Moment;
use crate::tally::{ByteString, Counts, Example, Severity};
use crate::versioned;

/// The schema that this program writes.
pub const SCHEMA: &str = "weighbridge.jobs/1";

/// Jobs that copy every object of a source exactly once. See the [module documentation](super).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// What is copied, as the user named it: `s3://bucket/prefix`.
    pub source: String,
    /// Where it goes: `oss://bucket/prefix/`.
    pub destination: String,
    /// Whether the totals are exact; if not, all counts and durations are lower bounds.
    pub complete: bool,
    /// Objects of the source, those that no job takes among them.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u128,
    /// The digest of the source, as in its summary.
    pub digest: String,
    /// What all jobs have in common.
    pub settings: Settings,
    /// What the service allows, and where that is written.
    pub limits: Limits,
    /// How the source is divided.
    pub split: Split,
    /// The jobs, numbered as in their names.
    pub jobs: Vec<Job>,
    /// The objects that no job takes because they would fail.
    pub excluded: Option<Excluded>,
    /// What will fail, or may, over all jobs; worst first.
    pub findings: Vec<Finding>,
    /// How long it takes.
    pub forecast: Forecast,
    /// What would make it faster, in sentences.
    pub advice: Vec<String>,
    /// What has to be known about the plan, and how sure it is.
    pub notes: Vec<Note>,
}

/// What all jobs of a plan have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What all names begin with.
    pub name: String,
    /// `Full`: each job runs once.
    pub migration_type: String,
    /// Only objects modified after this are copied; `null` for all.
    pub modified_after: Option<Moment>,
    /// Whether objects that are there already are replaced.
    pub overwrite: Overwrite,
    /// Which of those; empty with [`Overwrite::Never`].
    pub transfer: Option<Transfer>,
    /// Bits per second that each job is held to; `null` for what the service allows.
    pub bandwidth: Option<u64>,
    /// Objects per second that each job is held to; `null` for what the service allows.
    pub files_per_second: Option<u64>,
    /// The hours in which jobs may run; `null` for all.
    pub window: Option<Window>,
    /// The storage class of the copies; `null` for the bucket's own.
    pub storage_class: Option<String>,
}

/// The API's `OverwriteMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overwrite {
    /// What the transfer mode says is replaced.
    Always,
    /// Nothing is replaced.
    Never,
}

/// The API's `TransferMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transfer {
    /// Everything.
    All,
    /// What was modified later than the copy.
    LastModified,
}

impl Overwrite {
    /// As the API spells it.
    #[must_use]
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl Transfer {
    /// As the API spells it.
    #[must_use]
    pub fn api_name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::LastModified => "lastmodified",
        }
    }
}

/// How a source is divided into jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Not at all: one job.
    Whole,
    /// By prefixes, none of which begins with another.
    Prefix,
    /// By ranges of keys, each job from a list of its own.
    Range,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name, unique and the same for the same plan.
    pub name: String,
    /// Where it reads.
    pub source: Address,
    /// Where it writes. Jobs can share one.
    pub destination: Address,
    /// Objects that it copies.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u128,
    /// Which objects these are.
    pub selection: Selection,
    /// What it waits for.
    pub bound: Bound,
    /// Seconds of work, rounded up.
    pub seconds: u64,
    /// What of it will fail, or may; empty where that is not known by job.
    pub findings: Vec<Finding>,
}

/// Which objects a job copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// Those whose keys begin with this; all, if it is empty.
    Prefix(String),
    /// Those of these ranges, through a list.
    Inventory(Inventory),
}

/// A list of objects for one job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The ranges in key order; their counts add up to the job's.
    pub ranges: Vec<KeyRange>,
    /// `manifest.json` on this machine, relative to `jobs.json`; empty where no list was written.
    pub manifest: String,
    /// Its parts on this machine, with the keys under which they are to be stored.
    pub files: Vec<InventoryFile>,
}

/// A file of an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryFile {
    /// Where it is on this machine.
    pub path: String,
    /// The key that it has to have in the inventory bucket.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its MD5 in hexadecimal capitals.
    pub md5: String,
    /// Objects in it.
    pub objects: u64,
}

/// A range of keys, both ends inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRange {
    /// The first key.
    pub first: ByteString,
    /// The last key.
    pub last: ByteString,
    /// Objects between, those that no job takes left out.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u128,
}

/// The objects that no job takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Number of objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u128,
    /// What is wrong with them, and what to do.
    pub findings: Vec<Finding>,
    /// The list of them on this machine; empty where none was written.
    pub list: String,
}

/// Something that will fail, or may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its stable name.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: String,
    /// What to do about it.
    pub action: String,
    /// How many objects have it; `null` where only one object is known to, or it is no matter of objects.
    pub objects: Option<u64>,
    /// Their bytes.
    pub bytes: Option<u128>,
    /// The first of them.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// How long a plan takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Seconds of work of the longest job, rounded up.
    pub seconds: u64,
    /// No division into so many jobs is faster than this.
    pub lower_bound_seconds: u64,
    /// How much longer the longest job takes than the lower bound, in percent.
    pub above_lower_bound_percent: f64,
    /// When work may begin.
    pub begin: Moment,
    /// When the last job ends, the window observed.
    pub end: Moment,
    /// When it has to be done.
    pub deadline: Option<Moment>,
    /// Jobs that wait for the rate of objects rather than for bandwidth.
    pub jobs_bound_by_file_rate: u64,
}

/// Something that has to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How sure it is.
    pub certainty: Certainty,
    /// What it is, in one sentence.
    pub text: String,
}

/// Why a text was not taken as a plan.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanReadError {
    /// Not JSON, or a field is missing or of another type.
    #[error("not a readable plan of jobs: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON, but of something else or of another version.
    #[error("not a plan of jobs: its schema is {found:?}, expected {SCHEMA:?}")]
    OtherSchema {
        /// What the field `schema` said; empty if there is none.
        found: String,
    },
    /// Its jobs do not add up to its totals.
    #[error("the plan contradicts itself: {0}")]
    Inconsistent(String),
}

impl Plan {
    /// Reads a plan and checks that its jobs add up.
    ///
    /// # Errors
    /// [`PlanReadError`]. Unknown fields are not an error.
    pub fn from_json(json: &str) -> Result<Self, PlanReadError> {
        let schema = versioned::schema_of(json.as_bytes())?;
        if schema != SCHEMA {
            return Err(PlanReadError::OtherSchema { found: schema });
        }
        let plan: Self = serde_json::from_str(json)?;
        plan.check().map_err(PlanReadError::Inconsistent)?;
        Ok(plan)
    }

    /// Writes the plan, indented, with a line break at the end.
    ///
    /// # Errors
    /// An error of the JSON writer, which a plan that was made or read here does not cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        versioned::to_json(self)
    }

    /// The first contradiction: totals that jobs and excluded objects do not add up to, a job whose
    /// ranges do not add up to it, a name that two jobs have, prefixes that overlap.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        let jobs = self.jobs.iter().map(Job::counts);
        let excluded = self.excluded.iter().map(|e| Counts { objects: e.objects, bytes: e.bytes });
        let sum = sum(jobs.chain(excluded));
        if (sum.objects, sum.bytes) != (self.objects, self.bytes) {
            return Err(format!(
                "its jobs hold {} objects and {} bytes, its totals say {} and {}",
                sum.objects, sum.bytes, self.objects, self.bytes
            ));
        }
        for (index, job) in self.jobs.iter().enumerate() {
            if self.jobs[..index].iter().any(|other| other.name == job.name) {
                return Err(format!("two jobs are named `{}`", job.name));
            }
            match &job.selection {
                Selection::Inventory(list) => job.check_ranges(list)?,
                Selection::Prefix(prefix) => {
                    let others = self.jobs.iter().enumerate().filter(|(at, _)| *at != index);
                    for (_, other) in others {
                        if other.prefix().is_none_or(|other| other.starts_with(&**prefix)) {
                            let (left, right) = (&job.name, &other.name);
                            return Err(format!("the jobs `{left}` and `{right}` overlap"));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether something stands in the way that the user has to settle before the jobs run.
    #[must_use]
    pub fn has_blockers(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Blocker)
    }

    /// The order of the source's keys.
    #[must_use]
    pub fn order(&self) -> KeyOrder {
        match self.jobs.first().map(|job| job.source.kind) {
            Some(StoreKind::Azure) => KeyOrder::Utf16,
            _ => KeyOrder::Bytes,
        }
    }

    /// The destination addresses of all jobs, each once.
    #[must_use]
    pub fn destinations(&self) -> Vec<&Address> {
        let mut addresses: Vec<&Address> = Vec::new();
        for job in &self.jobs {
            if !addresses.iter().any(|known| known.name == job.destination.name) {
                addresses.push(&job.destination);
            }
        }
        addresses
    }
}

impl Job {
    /// Objects and bytes that it copies.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts { objects: self.objects, bytes: self.bytes }
    }

    /// The prefix that it copies, if it takes one.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        match &self.selection {
            Selection::Prefix(prefix) => Some(prefix),
            Selection::Inventory(_) => None,
        }
    }

    fn check_ranges(&self, list: &Inventory) -> Result<(), String> {
        let ranges =
            list.ranges.iter().map(|range| Counts { objects: range.objects, bytes: range.bytes });
        if sum(ranges) == self.counts() {
            return Ok(());
        }
        Err(format!("the ranges of the job `{}` do not add up to it", self.name))
    }
}

/// The sum of counts.
pub(super) fn sum(counts: impl IntoIterator<Item = Counts>) -> Counts {
    counts.into_iter().fold(Counts::ZERO, |mut sum, counts| {
        sum.merge(&counts);
        sum
    })
}
