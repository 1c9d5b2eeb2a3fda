//! What a user wants of a plan, and why there is none.

use thiserror::Error;

use super::address::StoreKind;
use super::duration::Window;
use super::limits::Limits;
use super::name::InvalidName;
use super::plan::{Overwrite, Split, Transfer};
use crate::location::Location;
use crate::object::Timestamp;
use crate::tally::Severity;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where the copies go.
    pub to: Location,
    /// The region of the service and of the destination bucket, such as `cn-hangzhou`.
    pub region: Option<String>,
    /// What kind of store the source is, where its location does not tell or tells otherwise.
    pub source_kind: Option<StoreKind>,
    /// The host that the service is to ask, in place of the one that was scanned.
    pub source_domain: Option<String>,
    /// What all names begin with; made up if `None`.
    pub name: Option<String>,
    /// How to divide; chosen if `None`.
    pub split: Option<Split>,
    /// Hazards from which on objects are left out.
    pub exclude: Option<Severity>,
    /// Where lists will lie; below the destination bucket if `None`.
    pub inventory_to: Option<Location>,
    /// Whether copies of a job with a source prefix keep it in their keys without being told; the
    /// service is assumed to replace it by the destination's.
    pub prefix_is_kept: bool,
    /// Whether totals that are lower bounds are good enough.
    pub allow_incomplete: bool,
    /// What the service allows, with what the user gave in its place.
    pub limits: Limits,
    /// Bits per second that each job is to be held to.
    pub bandwidth: Option<u64>,
    /// Objects per second that each job is to be held to.
    pub files_per_second: Option<u64>,
    /// Hours in which jobs may run.
    pub window: Option<Window>,
    /// When work may begin.
    pub begin: Timestamp,
    /// When it has to be done.
    pub deadline: Option<Timestamp>,
    /// Only objects modified after this.
    pub modified_after: Option<Timestamp>,
    /// Whether objects that are there are replaced.
    pub overwrite: Overwrite,
    /// Which of them.
    pub transfer: Transfer,
    /// The storage class of the copies.
    pub storage_class: Option<String>,
}

/// Why there is no plan.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The scan did not see everything.
    #[error("the totals are not exact: the scan was not complete")]
    Incomplete,
    /// The service has no such source.
    #[error("the service cannot read `{0}`")]
    UnknownSource(String),
    /// The destination is another kind of store.
    #[error("the destination `{0}` is not an OSS bucket")]
    NotOss(String),
    /// The destination's bucket has no valid name.
    #[error("the destination bucket `{}` has no valid name", .0.escape_debug())]
    BucketName(String),
    /// A container's name is not in lower case.
    #[error("the container `{}` is not in lower case, and no Azure container is named so", .0.escape_debug())]
    ContainerCase(String),
    /// A prefix breaks the service's rules.
    #[error("the {which} prefix `{}` {problem}", prefix.escape_debug())]
    Prefix {
        /// `destination` or `inventory`.
        which: &'static str,
        /// The prefix.
        prefix: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The name given for the jobs is invalid.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The region is no region.
    #[error("`{}` is not a region", .0.escape_debug())]
    Region(String),
    /// What is wanted needs a manifest.
    #[error("these jobs need lists of objects, and so a manifest: {0}")]
    NeedsManifest(String),
    /// Prefixes were asked for, and cannot hold what the jobs have to.
    #[error("the jobs cannot be divided by prefix: {0}")]
    NotByPrefix(String),
    /// The manifest is of something else.
    #[error("the manifest holds {manifest}, and what was weighed {weighed}")]
    OtherManifest {
        /// What it holds.
        manifest: String,
        /// What it should.
        weighed: String,
    },
    /// There is nothing to do.
    #[error("there is no object to copy")]
    Nothing,
    /// More jobs or addresses than can exist.
    #[error("the plan has {planned} {what}, and a region takes {limit}")]
    TooMany {
        /// `jobs` or `addresses`.
        what: &'static str,
        /// How many.
        planned: u64,
        /// How many there can be.
        limit: u64,
    },
}

impl PlanError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Incomplete => "go on with the scan (`--resume`), or take the totals as lower bounds with `--allow-incomplete`".into(),
            Self::UnknownSource(_) => "it reads S3, KS3, Azure Blob and OSS; say which one the location stands for with `--source-type`".into(),
            Self::NotOss(_) => "write it like `oss://bucket/prefix/`".into(),
            Self::BucketName(_) => "OSS takes 3 to 63 lowercase letters, digits and hyphens, with a letter or digit at both ends".into(),
            Self::ContainerCase(_) => "write it exactly as the portal shows it".into(),
            Self::Prefix { prefix, .. } => {
                let trimmed = prefix.trim_start_matches(['/', '\\']).trim_end_matches('/');
                if trimmed.is_empty() {
                    "leave it out to copy to the top of the bucket".into()
                } else {
                    format!("write `oss://…/{}/`", trimmed.escape_debug())
                }
            }
            Self::Name(error) => error.hint().into(),
            Self::Region(_) => "write it like `cn-hangzhou` or `eu-central-1`".into(),
            Self::NeedsManifest(_) => "scan with `--manifest objects.csv.zst`, and give that file here with `--manifest`".into(),
            Self::NotByPrefix(_) => "leave `--split` out, or give a manifest and `--split range`".into(),
            Self::OtherManifest { .. } => "give the manifest that was written by the same scan".into(),
            Self::Nothing => "check the location and the filters of the scan".into(),
            Self::TooMany { .. } => "lower `--max-jobs`".into(),
        }
    }
}
