//! The flags of `weighbridge jobs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::jobs_follow::{CheckArgs, ControlArgs, StatusArgs};
use super::jobs_submit::SubmitArgs;
use super::service::ServiceArgs;
use crate::units;

#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  weighbridge jobs summary.json --to oss://bucket --region cn-hangzhou
  weighbridge jobs summary.json --to oss://bucket/copy/ --manifest objects.csv.zst --inventory-dir lists
  weighbridge jobs summary.json --to oss://bucket --window 22:00-06:00 --deadline 30d --output jobs.json

Exit code 4 says that something stands in the way: objects that will fail, or a deadline that is missed.")]
pub(super) struct JobsArgs {
    /// The summary of a scan, its ledger.json, or the state folder that holds it
    #[arg(value_name = "SUMMARY", required = true, value_hint = ValueHint::FilePath)]
    pub(super) weighed: Option<PathBuf>,
    /// Where the copies go: `oss://bucket` or `oss://bucket/prefix/`
    #[arg(long, value_name = "URL", required = true, env = "WEIGHBRIDGE_TO", value_hint = ValueHint::Url)]
    pub(super) to: Option<String>,
    /// Region of the destination bucket, where the service runs: `cn-hangzhou`
    #[arg(long, env = "WEIGHBRIDGE_TO_REGION")]
    pub(super) region: Option<String>,

    #[command(flatten)]
    pub(super) source: JobSourceArgs,
    #[command(flatten)]
    pub(super) division: DivisionArgs,
    #[command(flatten)]
    pub(super) lists: ListArgs,
    #[command(flatten)]
    pub(super) time: TimeArgs,
    #[command(flatten)]
    pub(super) copies: CopyArgs,
    #[command(flatten)]
    pub(super) output: JobOutputArgs,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
    /// Submit the plan: lists stored, addresses and jobs created and launched, after showing all and asking
    #[arg(long, requires = "output", help_heading = "Submission")]
    pub(super) submit: bool,
    /// Submit without asking
    #[arg(long, requires = "submit", help_heading = "Submission")]
    pub(super) yes: bool,
    #[command(subcommand)]
    pub(super) later: Option<Later>,
}

/// What is done with a plan that was written before.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Later {
    /// Submit a plan that was written before
    Submit(SubmitArgs),
    /// Show how the jobs of a plan stand
    Status(StatusArgs),
    /// Pause jobs
    Pause(ControlArgs),
    /// Let paused jobs go on
    Resume(ControlArgs),
    /// Stop jobs for good
    Stop(ControlArgs),
    /// Hold what the jobs did against the plan
    Check(CheckArgs),
}

/// How the service reaches the source.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
#[expect(clippy::struct_field_names, reason = "named like the flags")]
pub(super) struct JobSourceArgs {
    /// Which kind of store the service is to take the source for
    #[arg(long, value_enum, env = "WEIGHBRIDGE_SOURCE_TYPE")]
    pub(super) source_type: Option<SourceType>,
    /// The host that the service is to ask, where it is not the one that was scanned
    #[arg(long, value_name = "HOST", env = "WEIGHBRIDGE_SOURCE_DOMAIN", value_hint = ValueHint::Hostname)]
    pub(super) source_domain: Option<String>,
    /// What becomes of a source prefix in the keys of the copies (assumed, not documented)
    #[arg(long, value_enum, default_value_t = SourcePrefix::Replaced, env = "WEIGHBRIDGE_SOURCE_PREFIX")]
    pub(super) source_prefix: SourcePrefix,
}

/// A kind of store that the service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SourceType {
    /// Amazon S3 and what speaks its protocol
    S3,
    /// Kingsoft KS3
    Ks3,
    /// Azure Blob Storage
    Azure,
    /// Alibaba Cloud OSS
    Oss,
}

/// What the service does with the prefix of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SourcePrefix {
    /// The destination's prefix takes its place
    Replaced,
    /// It stays behind the destination's prefix
    Kept,
}

/// How the source is divided.
#[derive(Debug, Args)]
#[command(next_help_heading = "Division")]
pub(super) struct DivisionArgs {
    /// Jobs at once; 0 for as many as the service runs in the region
    #[arg(long, value_name = "N", default_value_t = 0, env = "WEIGHBRIDGE_MAX_JOBS")]
    pub(super) max_jobs: u64,
    /// How to divide; chosen where left out
    #[arg(long, value_enum, env = "WEIGHBRIDGE_SPLIT")]
    pub(super) split: Option<SplitBy>,
    /// The manifest of the same scan: divides to the object, judges each object, makes lists possible
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_JOBS_MANIFEST", value_hint = ValueHint::FilePath)]
    pub(super) manifest: Option<PathBuf>,
    /// Leave objects out that would fail, or also those that may; they go into a list of their own
    #[arg(long, value_name = "FROM", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "blocker", env = "WEIGHBRIDGE_EXCLUDE_HAZARDS")]
    pub(super) exclude_hazards: Option<ExcludeFrom>,
    /// Plan with totals that are lower bounds
    #[arg(long, env = "WEIGHBRIDGE_ALLOW_INCOMPLETE", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) allow_incomplete: bool,
}

/// How a source is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SplitBy {
    /// Not at all
    Whole,
    /// By prefixes: needs no lists
    Prefix,
    /// By ranges of keys: needs lists
    Range,
}

/// The hazards from which on objects are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ExcludeFrom {
    /// What will fail
    Blocker,
    /// What may fail, too
    Warning,
}

/// Lists of objects for jobs that take ranges of keys.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
#[expect(clippy::struct_field_names, reason = "named like the flags")]
pub(super) struct ListArgs {
    /// Write the lists into this folder
    #[arg(long, value_name = "DIR", env = "WEIGHBRIDGE_INVENTORY_DIR", value_hint = ValueHint::DirPath)]
    pub(super) inventory_dir: Option<PathBuf>,
    /// Where the lists will lie for the service; by default below `weighbridge/` in the destination
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_INVENTORY_TO", value_hint = ValueHint::Url)]
    pub(super) inventory_to: Option<String>,
    /// Columns of the lists (only Key is known to be needed)
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "Bucket,Key,Size,StorageClass,LastModifiedDate,ETag",
        env = "WEIGHBRIDGE_INVENTORY_COLUMNS"
    )]
    pub(super) inventory_columns: Vec<String>,
    /// Largest part of a list, compressed
    #[arg(long, value_name = "SIZE", env = "WEIGHBRIDGE_INVENTORY_PART", value_parser = units::parse_size)]
    pub(super) inventory_part: Option<u64>,
}

/// How fast, and when.
#[derive(Debug, Args)]
#[command(next_help_heading = "Speed and time")]
pub(super) struct TimeArgs {
    /// Bits per second of each job, such as 500M or 2G; by default what the service allows
    #[arg(long, value_name = "RATE", env = "WEIGHBRIDGE_BANDWIDTH", value_parser = units::parse_count)]
    pub(super) bandwidth: Option<u64>,
    /// Objects per second of each job; by default what the service allows
    #[arg(long, value_name = "N", env = "WEIGHBRIDGE_QPS", value_parser = units::parse_count)]
    pub(super) qps: Option<u64>,
    /// Hours in which jobs may run: `22:00-06:00` in UTC, or `22:00-06:00+08:00`
    #[arg(long, value_name = "HOURS", env = "WEIGHBRIDGE_WINDOW")]
    pub(super) window: Option<String>,
    /// When the jobs may begin: a date, RFC 3339; by default now
    #[arg(long, value_name = "TIME", env = "WEIGHBRIDGE_BEGIN")]
    pub(super) begin: Option<String>,
    /// When they have to be done: a date, RFC 3339, or 30d after they begin
    #[arg(long, value_name = "TIME", env = "WEIGHBRIDGE_DEADLINE")]
    pub(super) deadline: Option<String>,
}

/// What is copied, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Copies")]
pub(super) struct CopyArgs {
    /// Only objects modified after this (the form's "start time point"): a date, RFC 3339, or 30d ago
    #[arg(long, value_name = "TIME", env = "WEIGHBRIDGE_START_TIME")]
    pub(super) start_time: Option<String>,
    /// Whether objects that are there already are replaced
    #[arg(long, value_enum, default_value_t = OverwriteMode::Always, env = "WEIGHBRIDGE_OVERWRITE")]
    pub(super) overwrite: OverwriteMode,
    /// Which of them
    #[arg(long, value_enum, default_value_t = TransferMode::Lastmodified, env = "WEIGHBRIDGE_TRANSFER_MODE")]
    pub(super) transfer_mode: TransferMode,
    /// Storage class of the copies; by default that of the bucket
    #[arg(long, value_name = "CLASS", env = "WEIGHBRIDGE_TARGET_STORAGE_CLASS", value_parser = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"])]
    pub(super) target_storage_class: Option<String>,
    /// Largest object that the destination takes
    #[arg(long, value_name = "SIZE", env = "WEIGHBRIDGE_MAX_OBJECT", value_parser = units::parse_size)]
    pub(super) max_object: Option<u64>,
    /// What all names begin with; made up from bucket and content where left out
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_JOB_NAME")]
    pub(super) name: Option<String>,
}

/// Whether objects that are there already are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OverwriteMode {
    /// As the transfer mode says
    Always,
    /// Never
    Never,
}

/// Which objects that are there already are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TransferMode {
    /// All of them
    All,
    /// Those that were modified later at the source
    Lastmodified,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct JobOutputArgs {
    /// Write the plan as JSON; `-` for stdout
    #[arg(short, long, value_name = "FILE", env = "WEIGHBRIDGE_JOBS_OUTPUT", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Write the console's forms, filled in, to type from; `-` for stdout
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_FORM", value_hint = ValueHint::FilePath)]
    pub(super) form: Option<PathBuf>,
    /// Write the bodies of the API's requests into this folder
    #[arg(long, value_name = "DIR", env = "WEIGHBRIDGE_REQUESTS", value_hint = ValueHint::DirPath)]
    pub(super) requests: Option<PathBuf>,
    /// Write Terraform for what its provider covers
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_TERRAFORM", value_hint = ValueHint::FilePath)]
    pub(super) terraform: Option<PathBuf>,
    /// Write a report with the jobs: .html
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_JOBS_REPORT", value_hint = ValueHint::FilePath)]
    pub(super) report: Option<PathBuf>,
}

/// A deadline: a point in time, or so long after the jobs begin.
pub(super) fn deadline(
    text: &str,
    begin: crate::object::Timestamp,
) -> Result<crate::object::Timestamp, units::UnitError> {
    let after: Result<Duration, _> = units::parse_duration(text);
    match after {
        Ok(after) => {
            let millis = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
            Ok(crate::object::Timestamp(begin.0.saturating_add(millis)))
        }
        Err(_) => units::parse_time(text, begin),
    }
}
