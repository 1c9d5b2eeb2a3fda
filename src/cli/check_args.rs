//! The flags of `weighbridge check`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::scan_args::SourceArgs;
use super::to_args::ToArgs;
use super::typed::Typed;

#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed anywhere. Exits with 4 where something has to be mended first.

Examples:
  weighbridge check s3://bucket/docs/ --to oss://destination
  weighbridge check ks3://bucket --region SHANGHAI
  weighbridge check azure://account/container --summary summary.json --report checks.html
  weighbridge check s3://bucket --output - | jq '.findings[] | select(.verdict == \"blocker\")'"
)]
pub(super) struct CheckArgs {
    /// What is to be migrated: `s3://bucket/prefix`, `ks3://…`, `oss://…` or
    /// `azure://account/container/prefix`
    #[arg(value_name = "SOURCE")]
    pub(super) location: String,

    /// Where it is to go: `oss://bucket` or `oss://bucket/prefix/`
    #[arg(long, value_name = "DESTINATION", env = "WEIGHBRIDGE_TO", value_hint = ValueHint::Url)]
    pub(super) to: Option<String>,
    /// Judge the objects too, by what `weighbridge scan --output` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) summary: Option<PathBuf>,

    #[command(flatten)]
    pub(super) source: Typed<SourceArgs>,
    #[command(flatten)]
    pub(super) destination: ToArgs,
    #[command(flatten)]
    pub(super) output: CheckOutputArgs,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct CheckOutputArgs {
    /// Write the findings as JSON; `-` for stdout
    #[arg(short, long, value_name = "FILE", env = "WEIGHBRIDGE_OUTPUT", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Write a report: .html or .md, with the summary's where one is given; may be repeated
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_REPORT", value_hint = ValueHint::FilePath)]
    pub(super) report: Vec<PathBuf>,
}
