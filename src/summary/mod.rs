//! The result of a run as versioned JSON.
//!
//! A [`Summary`] is what is left of a run when the run is over: machine-readable, complete in itself, and
//! readable by later versions. Reports, job plans and trends are made from summaries, never from tallies.
//!
//! # Versions
//! The field `schema` is `weighbridge.summary/1`. Fields are only ever added under the same number, and
//! readers ignore fields that they do not know, so that any reader of version 1 reads any summary of
//! version 1; a field that an older writer did not know reads as its default. A change that would make
//! old readers wrong raises the number, and [`Summary::from_json`] refuses numbers it does not know
//! ([`ReadError::OtherVersion`]).
//!
//! # Conventions
//! * All sizes are whole **bytes**. Sums are 128-bit integers and may exceed 2^53 (and 2^64): read them
//!   with a parser that keeps integers.
//! * All times are RFC 3339 in UTC with milliseconds; times outside of the years -9999 to 9999 (stores
//!   can hold any) are moved to the nearest that can be written. Durations are seconds.
//! * Keys, prefixes and class names are strings where they are UTF-8, and the object
//!   `{"base64": "…"}` where they are not ([`ByteString`](crate::tally::ByteString)).
//! * Absent values (a minimum without objects, a cost that is not known) are `null`.
//! * Counters are pairs `objects`, `bytes`.
//!
//! # Exact and estimated
//! Everything is exact except the estimates in `billed`, `sizes.percentiles` (from a histogram; each value is at most 0.1 % above
//! the true percentile, never below it), `mean` (a rounded quotient of exact totals) and
//! `requests.cost_usd`. Where `complete` is false, all counts are lower bounds and `incomplete` names
//! the key ranges that were not listed to their end; `billed` has its own `complete`.
//!
//! The fields are described at the structs below and in `docs/summary.md`.

mod billed;
mod build;
mod outcome;
mod read;
mod run;
mod sections;
mod time;

pub use billed::{
    BilledSection, EstimateSection, KeptSection, UploadClass, UploadsSection,
    VersionsEstimateSection, VersionsSection,
};
pub use build::RunFacts;
pub use read::{ReadError, SCHEMA};
pub use run::{Gap, Manifest, Requests};
pub use sections::{
    AgeShare, AgesSection, ClassShare, ClassesSection, HazardSection, LargeSection, Percentile,
    PrefixDepth, PrefixShare, PrefixesSection, SizeShare, SizesSection, TotalsSection,
};
pub use time::Moment;

use serde::{Deserialize, Serialize};

use crate::filter::{Dropped, FilterSpec};
use crate::tally::Severity;

/// The whole result of one run. See the [module documentation](self).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// `weighbridge.summary/1`.
    pub schema: String,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// What was weighed, as the user named it: `s3://bucket/prefix`.
    pub location: String,
    /// The provider: `s3`, `ks3`, `azure`, `oss`, `demo`.
    pub provider: String,
    /// The service behind it, by its name for `--provider`, such as `ceph` for `s3`; `null` where it was
    /// not recognised.
    #[serde(default)]
    pub service: Option<String>,
    /// The endpoint that was asked; `null` where there was none (a manifest).
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The region of the bucket, if known.
    #[serde(default)]
    pub region: Option<String>,
    /// When the scan started; ages are relative to it.
    pub started: Moment,
    /// When it ended.
    pub finished: Moment,
    /// Seconds of work. Less than the time between start and end where a scan was interrupted and
    /// resumed.
    pub elapsed_seconds: f64,
    /// Whether every object that was there for the whole scan was counted. If false, all counts are
    /// lower bounds.
    pub complete: bool,
    /// What is missing; empty if `complete`.
    #[serde(default)]
    pub incomplete: Vec<Gap>,
    /// Whether the run was stopped from outside and can be resumed.
    #[serde(default)]
    pub interrupted: bool,
    /// Objects, bytes and other totals.
    pub totals: TotalsSection,
    /// How large the objects are.
    pub sizes: SizesSection,
    /// How old the objects are.
    pub ages: AgesSection,
    /// Objects per storage class.
    pub storage_classes: ClassesSection,
    /// Objects per prefix.
    pub prefixes: PrefixesSection,
    /// The largest objects, largest first.
    #[serde(default)]
    pub largest: Vec<LargeSection>,
    /// What is billed beside the current objects; `null` where it was not asked for.
    #[serde(default)]
    pub billed: Option<BilledSection>,
    /// What will make trouble in a migration to OSS, worst first; only what occurs.
    #[serde(default)]
    pub hazards: Vec<HazardSection>,
    /// The order-independent digest over (key, size): 32 hexadecimal digits
    /// ([`SetDigest`](crate::tally::SetDigest) defines it).
    pub digest: String,
    /// What the filters left out of all the counts above.
    #[serde(default)]
    pub filtered: Dropped,
    /// Directories of a hierarchical namespace below the prefix. They are not objects: no other count has them.
    #[serde(default)]
    pub directories: u64,
    /// The filters of the run, as given.
    #[serde(default)]
    pub filters: FilterSpec,
    /// What was noticed about the store while listing, in sentences.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What the listing took; `null` where nothing was listed (a manifest).
    #[serde(default)]
    pub requests: Option<Requests>,
    /// The manifest that was written, if any.
    #[serde(default)]
    pub manifest: Option<Manifest>,
}

impl Summary {
    /// Whether it counts all that a job for its location copies: nothing is missing, and no filter left anything out.
    #[must_use]
    pub fn covers_all(&self) -> bool {
        self.complete && self.filters == FilterSpec::default()
    }

    /// That nothing was found that stands in a migration's way, and whether that is said of everything.
    #[must_use]
    pub fn nothing_in_the_way(&self) -> (&'static str, bool) {
        if self.covers_all() {
            ("no object stands in the way", true)
        } else {
            ("none of the objects counted stands in the way; not everything was counted", false)
        }
    }

    /// Whether a migration would meet blockers.
    #[must_use]
    pub fn has_blockers(&self) -> bool {
        self.hazards.iter().any(|hazard| hazard.severity == Severity::Blocker)
    }
}
