//! The flags of `weighbridge scan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use super::azure::AzureArgs;
use super::typed::Typed;
use crate::scan::billed::UploadsWeighed;
use crate::store::s3::providers;
use crate::units;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weighbridge scan demo:
  weighbridge scan s3://bucket/prefix --profile backup --output summary.json
  weighbridge scan azure://account/container/prefix
  weighbridge scan s3://bucket --endpoint-url https://s3.example.com --manifest objects.csv.zst
  weighbridge scan ks3://bucket --region SHANGHAI --internal
  weighbridge scan s3://bucket --versions --uploads
  weighbridge scan azure://account/container --include-versions --include-snapshots --include-deleted
  weighbridge scan s3://bucket --manifest - | head")]
pub(super) struct ScanArgs {
    /// What to weigh: `s3://bucket/prefix`, `ks3://…`, `oss://…`, `azure://account/container/prefix` or
    /// `demo:shape?objects=1M&seed=1`
    #[arg(value_name = "LOCATION")]
    pub(super) location: String,

    /// Settle everything, ask for one object, say what would be done, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) source: Typed<SourceArgs>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) billed: BilledArgs,
    #[command(flatten)]
    pub(super) pace: PaceArgs,
    #[command(flatten)]
    pub(super) state: StateArgs,
}

/// How to reach the source.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub(super) struct SourceArgs {
    /// Profile in the provider's configuration files: those of AWS, ~/.ks3/credentials, those of the
    /// `aliyun` tool and ossutil
    #[arg(long, env = "WEIGHBRIDGE_PROFILE")]
    pub(super) profile: Option<String>,
    /// The bucket's region; found out where left open
    #[arg(long, env = "WEIGHBRIDGE_REGION")]
    pub(super) region: Option<String>,
    /// Endpoint, where it is not the region's own (for s3:// `AWS_ENDPOINT_URL` is read too)
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_ENDPOINT_URL", value_hint = ValueHint::Url)]
    pub(super) endpoint_url: Option<String>,
    /// The S3-compatible service, where the endpoint does not tell; `weighbridge sources` names them
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_PROVIDER", hide_possible_values = true,
        value_parser = PossibleValuesParser::new(providers::ALL.iter().map(|provider| provider.name)))]
    pub(super) provider: Option<String>,
    /// Do not sign requests: for public buckets
    #[arg(long, env = "WEIGHBRIDGE_NO_SIGN_REQUEST", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) no_sign_request: bool,
    /// Pay for requests to a requester-pays bucket
    #[arg(long, env = "WEIGHBRIDGE_REQUEST_PAYER", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) request_payer: bool,
    /// The most objects to ask for at once; the store's own limit where left open
    #[arg(long, value_name = "N", env = "WEIGHBRIDGE_PAGE_SIZE")]
    pub(super) page_size: Option<usize>,
    /// Where the bucket's name goes in the URL
    #[arg(long, value_enum, default_value_t = Addressing::Auto, env = "WEIGHBRIDGE_ADDRESSING")]
    pub(super) addressing: Addressing,
    /// Go by the provider's own network: ks3://, oss://
    #[arg(long, env = "WEIGHBRIDGE_INTERNAL", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) internal: bool,
    /// Go by the nearest point of presence, for buckets with transfer acceleration: oss://
    #[arg(long, conflicts_with = "internal", env = "WEIGHBRIDGE_ACCELERATE", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) accelerate: bool,
    /// How to sign requests: ks3://
    #[arg(long, value_enum, default_value_t = SignVersion::V4, env = "WEIGHBRIDGE_SIGN_VERSION")]
    pub(super) sign_version: SignVersion,
    /// Take keys and profiles of the AWS tools: ks3://
    #[arg(long, env = "WEIGHBRIDGE_AWS_CREDENTIALS", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) aws_credentials: bool,

    #[command(flatten)]
    pub(super) azure: AzureArgs,
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SignVersion {
    /// By version 4
    V4,
    /// By KS3's first own signature
    Kss2,
    /// By version 4 in KS3's own words
    Kss4,
}

impl Addressing {
    /// Whether the bucket goes in the path, if that is said.
    pub(super) fn path_style(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Path => Some(true),
            Self::Virtual => Some(false),
        }
    }
}

/// Where the bucket's name goes in the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Addressing {
    /// In the host name where the provider serves it there, in the path elsewhere
    Auto,
    /// In the path
    Path,
    /// In the host name
    Virtual,
}

/// Which objects count.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters (what they drop is counted too)")]
pub(super) struct FilterArgs {
    /// Only keys below the prefix that match this glob; may be repeated
    #[arg(long, value_name = "GLOB", env = "WEIGHBRIDGE_INCLUDE")]
    pub(super) include: Vec<String>,
    /// No keys below the prefix that match this glob; may be repeated
    #[arg(long, value_name = "GLOB", env = "WEIGHBRIDGE_EXCLUDE")]
    pub(super) exclude: Vec<String>,
    /// Only objects of at least this size, such as 1MiB
    #[arg(long, value_name = "SIZE", env = "WEIGHBRIDGE_MIN_SIZE")]
    pub(super) min_size: Option<String>,
    /// Only objects of at most this size
    #[arg(long, value_name = "SIZE", env = "WEIGHBRIDGE_MAX_SIZE")]
    pub(super) max_size: Option<String>,
    /// Only objects modified at or after this time: 2026-01-31, RFC 3339, or 30d for 30 days ago
    #[arg(long, value_name = "TIME", env = "WEIGHBRIDGE_MODIFIED_SINCE")]
    pub(super) modified_since: Option<String>,
    /// Only objects modified before this time
    #[arg(long, value_name = "TIME", env = "WEIGHBRIDGE_MODIFIED_BEFORE")]
    pub(super) modified_before: Option<String>,
    /// Only objects of this storage class; may be repeated
    #[arg(long, value_name = "CLASS", env = "WEIGHBRIDGE_STORAGE_CLASS")]
    pub(super) storage_class: Vec<String>,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Write the summary as JSON; `-` for stdout
    #[arg(short, long, value_name = "FILE", env = "WEIGHBRIDGE_OUTPUT", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Write every object: .csv or .jsonl, with .gz or .zst compressed; `-` for stdout
    #[arg(short, long, value_name = "FILE", env = "WEIGHBRIDGE_MANIFEST", value_hint = ValueHint::FilePath)]
    pub(super) manifest: Option<PathBuf>,
    /// The form of a manifest on stdout, such as csv or jsonl.gz
    #[arg(long, value_name = "FORMAT", default_value = "csv", env = "WEIGHBRIDGE_MANIFEST_FORMAT")]
    pub(super) manifest_format: String,
    /// Write a report: .html or .md; may be repeated
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_REPORT", value_hint = ValueHint::FilePath)]
    pub(super) report: Vec<PathBuf>,
    /// Write what the planner did and why, and a picture of it, into this folder
    #[arg(long, value_name = "DIR", env = "WEIGHBRIDGE_EXPLAIN", value_hint = ValueHint::DirPath)]
    pub(super) explain: Option<PathBuf>,
    /// Levels of prefixes to count
    #[arg(long, value_name = "N", default_value_t = 2, env = "WEIGHBRIDGE_DEPTH")]
    pub(super) depth: u8,
    /// Distinct prefixes to keep a level; a level with more is left out whole
    #[arg(long, value_name = "N", default_value = "16384", env = "WEIGHBRIDGE_PREFIXES", value_parser = units::parse_count)]
    pub(super) prefixes: u64,
    /// How many of the largest objects to name
    #[arg(long, value_name = "N", default_value_t = 20, env = "WEIGHBRIDGE_LARGEST")]
    pub(super) largest: usize,
}

/// What is weighed beside the current objects.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "All that is billed (takes as many requests again; filters do not apply)"
)]
pub(super) struct BilledArgs {
    /// Weigh noncurrent versions and delete markers too: `all`, or `sample` to list 100 key ranges drawn at
    /// random and estimate the rest
    #[arg(long, visible_alias = "include-versions", value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "all", env = "WEIGHBRIDGE_VERSIONS")]
    pub(super) versions: Option<Versions>,
    /// Weigh snapshots too: azure://
    #[arg(long, env = "WEIGHBRIDGE_INCLUDE_SNAPSHOTS", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) include_snapshots: bool,
    /// Weigh too what was deleted and is kept for its time of retention, snapshots and versions among it:
    /// azure://
    #[arg(long, env = "WEIGHBRIDGE_INCLUDE_DELETED", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) include_deleted: bool,
    /// Weigh unfinished multipart uploads too: their parts where there are at most N, else a random sample
    /// of N; `all` takes all
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1000", env = "WEIGHBRIDGE_UPLOADS", value_parser = uploads)]
    pub(super) uploads: Option<UploadsWeighed>,
}

/// Which versions are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Versions {
    /// All
    All,
    /// Those of some key ranges
    Sample,
}

fn uploads(text: &str) -> Result<UploadsWeighed, units::UnitError> {
    if text == "all" {
        return Ok(UploadsWeighed::All);
    }
    // 0 leaves the choice to us, as everywhere.
    let most = Some(units::parse_count(text)?).filter(|most| *most > 0).unwrap_or(1000);
    Ok(UploadsWeighed::AtMost(usize::try_from(most).unwrap_or(usize::MAX)))
}

/// How fast to ask.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(super) struct PaceArgs {
    /// Requests in flight; 0 finds the bucket's own limit
    #[arg(short, long, value_name = "N", default_value_t = 0, env = "WEIGHBRIDGE_CONCURRENCY")]
    pub(super) concurrency: usize,
    /// LIST requests in all, retries among them; 0 for no limit
    #[arg(long, value_name = "N", default_value = "0", env = "WEIGHBRIDGE_MAX_REQUESTS", value_parser = units::parse_count)]
    pub(super) max_requests: u64,
    /// LIST requests per second; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 0.0, env = "WEIGHBRIDGE_MAX_RPS", value_parser = rate)]
    pub(super) max_rps: f64,
    /// What a thousand LIST requests cost, in US dollars; known for some services
    #[arg(long, value_name = "USD", env = "WEIGHBRIDGE_LIST_PRICE", value_parser = price)]
    pub(super) list_price: Option<f64>,
    /// Do not send slow requests twice
    #[arg(long, env = "WEIGHBRIDGE_NO_HEDGING", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) no_hedging: bool,
    /// Do not ask for common prefixes to find where to cut
    #[arg(long, env = "WEIGHBRIDGE_NO_PROBES", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) no_probes: bool,
    /// Threads that receive and count; 0 for one per processor, at most 8
    #[arg(long, value_name = "N", default_value_t = 0, env = "WEIGHBRIDGE_THREADS")]
    pub(super) threads: usize,
}

/// How to go on after a stop.
#[derive(Debug, Args)]
#[command(next_help_heading = "Checkpoint")]
pub(super) struct StateArgs {
    /// Keep checkpoint and ledger here; by default beside the manifest or summary, until the scan is done
    #[arg(long, value_name = "DIR", env = "WEIGHBRIDGE_STATE", value_hint = ValueHint::DirPath)]
    pub(super) state: Option<PathBuf>,
    /// Go on with a scan that was stopped, or whose ranges failed
    #[arg(long, env = "WEIGHBRIDGE_RESUME", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) resume: bool,
    /// How often to write the checkpoint
    #[arg(long, value_name = "TIME", default_value = "5s", env = "WEIGHBRIDGE_CHECKPOINT_EVERY", value_parser = units::parse_duration)]
    pub(super) checkpoint_every: Duration,
    /// Cut the key space as this ledger of an earlier scan did; only affects speed
    #[arg(long, value_name = "LEDGER", env = "WEIGHBRIDGE_HINTS", value_hint = ValueHint::FilePath)]
    pub(super) hints: Option<PathBuf>,
}

fn price(text: &str) -> Result<f64, &'static str> {
    not_negative(text).ok_or("a price is a number of US dollars such as 0.005")
}

/// Requests per second.
fn rate(text: &str) -> Result<f64, &'static str> {
    not_negative(text).ok_or("a rate is a number of requests per second such as 100 or 0.5")
}

/// `inf` and `NaN` are numbers to Rust, and so is what is too large for one.
fn not_negative(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}
