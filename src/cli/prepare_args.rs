//! The flags of `weighbridge prepare`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};

use super::service::ServiceArgs;
use crate::preflight::prepare::KmsGrant;
use crate::preflight::wanted::{SERVICE_PRINCIPAL, Way};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("way").multiple(false)))]
#[command(group(ArgGroup::new("files").multiple(true)))]
#[command(after_help = "Examples:
  weighbridge prepare oss://copies --region cn-hangzhou
  weighbridge prepare oss://copies --region cn-hangzhou --manual --apply
  weighbridge prepare oss://theirs --region cn-hangzhou --cross-account --bucket-profile them --apply
  weighbridge prepare oss://copies --region cn-hangzhou --manual --terraform copies.tf

Nothing is changed without `--apply`. What was done is kept in the file that `--output` names, and `weighbridge undo`
takes it back. Keys of another account's bucket are those of `--bucket-profile`, or of
WEIGHBRIDGE_BUCKET_ACCESS_KEY_ID, WEIGHBRIDGE_BUCKET_ACCESS_KEY_SECRET and WEIGHBRIDGE_BUCKET_SECURITY_TOKEN.
Exit code 4 says that something stands in the way.")]
pub(super) struct PrepareArgs {
    /// The destination: `oss://bucket`
    #[arg(value_name = "DESTINATION", value_hint = ValueHint::Url)]
    pub(super) destination: String,
    /// Region of the bucket: `cn-hangzhou`
    #[arg(long, env = "WEIGHBRIDGE_TO_REGION")]
    pub(super) region: Option<String>,
    /// Do it, after showing all and asking once
    #[arg(long, conflicts_with_all = ["terraform", "print_policies"])]
    pub(super) apply: bool,
    /// Do it without asking
    #[arg(long, requires = "apply")]
    pub(super) yes: bool,

    #[command(flatten)]
    pub(super) way: WayArgs,
    #[command(flatten)]
    pub(super) names: NameArgs,
    #[command(flatten)]
    pub(super) bucket: BucketArgs,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
    #[command(flatten)]
    pub(super) output: PrepareOutputArgs,
}

/// Which way of the preparations pages.
#[derive(Debug, Args)]
#[command(next_help_heading = "Way")]
#[expect(clippy::struct_excessive_bools, reason = "one flag each, of which one is given")]
pub(super) struct WayArgs {
    /// The console creates the role; a RAM user that may do that is prepared (the default)
    #[arg(long, group = "way")]
    automatic: bool,
    /// The role is created, too
    #[arg(long, group = "way")]
    manual: bool,
    /// The bucket is another account's, whose policy lets the role in
    #[arg(long, group = "way")]
    cross_account: bool,
    /// The classic console: a RAM user with full access
    #[arg(long, group = "way")]
    classic: bool,
}

impl WayArgs {
    pub(super) fn way(&self) -> Way {
        self.given().unwrap_or(Way::Automatic)
    }

    /// The way, if one was chosen.
    pub(super) fn given(&self) -> Option<Way> {
        match self {
            Self { automatic: true, .. } => Some(Way::Automatic),
            Self { manual: true, .. } => Some(Way::Manual),
            Self { cross_account: true, .. } => Some(Way::CrossAccount),
            Self { classic: true, .. } => Some(Way::Classic),
            _ => None,
        }
    }
}

/// Who and what is created.
#[derive(Debug, Args)]
#[command(next_help_heading = "User and role")]
pub(super) struct NameArgs {
    /// What all names begin with; by default `oss-import-` and the bucket's name
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_PREPARE_NAME")]
    pub(super) name: Option<String>,
    /// The RAM user that runs the migration, created if it is not there
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_PREPARE_USER")]
    pub(super) user: Option<String>,
    /// Leave users alone
    #[arg(long, conflicts_with_all = ["user", "access_key", "access_key_file"])]
    pub(super) no_user: bool,
    /// Create an access key for the user unless it has one; its secret is shown once
    #[arg(long)]
    pub(super) access_key: bool,
    /// The same, and the secret is written into this new file, which only you can read, and not shown
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) access_key_file: Option<PathBuf>,
    /// How the migration service is named in trust policies (the default is seen with third parties only)
    #[arg(long, value_name = "NAME", default_value = SERVICE_PRINCIPAL, env = "WEIGHBRIDGE_SERVICE_PRINCIPAL")]
    pub(super) service_principal: String,
    /// How the role may use KMS
    #[arg(long, value_enum, default_value_t = Kms::Auto, env = "WEIGHBRIDGE_KMS")]
    pub(super) kms: Kms,
    /// The KMS key that encrypts the bucket, where that cannot be looked up: its ARN or id
    #[arg(long, value_name = "KEY", env = "WEIGHBRIDGE_KMS_KEY")]
    pub(super) kms_key: Option<String>,
}

/// How the role may use KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kms {
    /// By the system policy for KMS, if KMS encrypts the bucket
    Auto,
    /// By the system policy for KMS
    Full,
    /// By a policy with what copies need
    Least,
    /// Not at all
    None,
}

impl From<Kms> for KmsGrant {
    fn from(kms: Kms) -> Self {
        match kms {
            Kms::Auto => Self::Auto,
            Kms::Full => Self::Full,
            Kms::Least => Self::Least,
            Kms::None => Self::None,
        }
    }
}

/// The bucket, and whose it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bucket")]
pub(super) struct BucketArgs {
    /// Storage class of a new bucket
    #[arg(long, value_name = "CLASS", env = "WEIGHBRIDGE_BUCKET_CLASS", value_parser = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"])]
    pub(super) class: Option<String>,
    /// Redundancy of a new bucket: in one zone, or over several
    #[arg(long, value_name = "KIND", env = "WEIGHBRIDGE_BUCKET_REDUNDANCY", value_parser = ["LRS", "ZRS"])]
    pub(super) redundancy: Option<String>,
    #[command(flatten)]
    pub(super) keys: BucketKeyArgs,
}

/// Another account's keys.
#[derive(Debug, Args)]
pub(super) struct BucketKeyArgs {
    /// Number of the account that owns the bucket, where it is another; by default that of its keys
    #[arg(long, value_name = "UID", env = "WEIGHBRIDGE_BUCKET_ACCOUNT")]
    pub(super) bucket_account: Option<String>,
    /// Profile with keys for that account
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_BUCKET_PROFILE")]
    pub(super) bucket_profile: Option<String>,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct PrepareOutputArgs {
    /// Keep the plan, and what was done of it, in this file; with `--apply` by default
    /// `prepare-BUCKET.json`
    #[arg(short, long, value_name = "FILE", env = "WEIGHBRIDGE_PREPARE_OUTPUT", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
    /// Write Terraform instead, and call nobody
    #[arg(long, value_name = "FILE", group = "files", value_hint = ValueHint::FilePath)]
    pub(super) terraform: Option<PathBuf>,
    /// Write the policies into this folder instead, and call nobody
    #[arg(long, value_name = "DIR", group = "files", value_hint = ValueHint::DirPath)]
    pub(super) print_policies: Option<PathBuf>,
    /// The policy that the bucket has now, whose statements are to stay in what is written instead
    #[arg(long, value_name = "FILE", requires = "files", value_hint = ValueHint::FilePath)]
    pub(super) bucket_policy: Option<PathBuf>,
}
