//! The flags of `weighbridge check` that are about the destination.

use clap::builder::BoolishValueParser;
use clap::{ArgGroup, Args, ValueHint};

use super::Failure;
use super::prepare_args::{BucketKeyArgs, WayArgs};
use super::prepare_keys;
use super::service::{NoSession, Opening, check_account};
use crate::alibaba::{Endpoints, Session};
use crate::location::Bucket;
use crate::object::Timestamp;
use crate::preflight::destination::Destination;
use crate::preflight::wanted::SERVICE_PRINCIPAL;
use crate::summary::Summary;

/// Where a migration goes, whose keys look at it, and who will migrate.
#[derive(Debug, Args)]
#[command(next_help_heading = "Destination")]
#[command(group(ArgGroup::new("way").multiple(false)))]
pub(super) struct ToArgs {
    /// Region of the destination bucket, where the service runs; found out where left open
    #[arg(long, value_name = "REGION", env = "WEIGHBRIDGE_TO_REGION")]
    to_region: Option<String>,
    /// Profile of the `aliyun` tool or of ossutil for the destination; by default the environment, then
    /// their current profiles
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_PROFILE")]
    to_profile: Option<String>,
    /// Take on this role first, to look at the destination: `acs:ram::<uid>:role/<name>`
    #[arg(long, value_name = "ARN", env = "WEIGHBRIDGE_ALIBABA_ASSUME_ROLE")]
    assume_role: Option<String>,
    /// Number of the account that the jobs belong to; by default that of the key
    #[arg(long, value_name = "UID", env = "WEIGHBRIDGE_ALIBABA_ACCOUNT")]
    account: Option<String>,
    /// Name of the RAM user who migrates; by default that of the key
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_PREPARE_USER")]
    user: Option<String>,
    /// Name of the role with which the service writes; by default the one that `prepare` makes
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_ROLE")]
    role: Option<String>,
    /// The service that the role has to trust; the name is known from third parties only
    #[arg(long, value_name = "NAME", default_value = SERVICE_PRINCIPAL, env = "WEIGHBRIDGE_SERVICE_PRINCIPAL")]
    service_principal: String,
    /// Look at the destination by the hosts that are reachable from inside Alibaba Cloud only
    #[arg(long, env = "WEIGHBRIDGE_ALIBABA_INTERNAL", value_parser = BoolishValueParser::new())]
    to_internal: bool,
    /// An address that stands in for all services of Alibaba Cloud, such as a rehearsal's
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_ALIBABA_ENDPOINT", value_hint = ValueHint::Url)]
    alibaba_endpoint: Option<String>,
    #[command(flatten)]
    bucket: BucketKeyArgs,
    #[command(flatten)]
    way: WayArgs,
}

/// Sessions of the accounts that take part.
#[derive(Debug)]
pub(super) struct ToSessions {
    own: Result<Session, String>,
    owner: Option<Session>,
}

impl ToArgs {
    /// Sessions with the destination's keys. That there are none is a finding and no failure.
    ///
    /// # Errors
    /// If the flags cannot be right.
    pub(super) async fn connect(&self) -> Result<ToSessions, Failure> {
        for account in [&self.account, &self.bucket.bucket_account].into_iter().flatten() {
            check_account(account)?;
        }
        let stand_in = self.alibaba_endpoint.clone();
        let opening = Opening {
            profile: self.to_profile.clone(),
            assume_role: self.assume_role.clone(),
            endpoints: Endpoints { stand_in, internal: self.to_internal },
        };
        let own = opening.session().await.map_err(|error: NoSession| error.to_string());
        let owner = match prepare_keys::of_bucket(&self.bucket)? {
            Some(found) => Some(opening.open(found).await?),
            None => None,
        };
        Ok(ToSessions { own, owner })
    }

    /// The region that was named, by flag or with the bucket.
    pub(super) fn region<'a>(&'a self, bucket: &'a Bucket) -> Option<&'a str> {
        self.to_region.as_deref().or(bucket.region.as_deref())
    }

    /// What is to be checked.
    pub(super) fn destination<'a>(
        &'a self,
        bucket: &'a Bucket,
        sessions: &'a ToSessions,
        summary: Option<&'a Summary>,
        now: Timestamp,
    ) -> Destination<'a> {
        Destination {
            bucket: &bucket.name,
            prefix: &bucket.prefix,
            region: self.region(bucket),
            session: sessions.own.as_ref().map_err(String::as_str),
            owner: sessions.owner.as_ref(),
            bucket_account: self.bucket.bucket_account.as_deref(),
            account: self.account.as_deref(),
            user: self.user.as_deref(),
            role: self.role.as_deref(),
            way: self.way.given(),
            service: &self.service_principal,
            summary,
            now,
        }
    }
}
