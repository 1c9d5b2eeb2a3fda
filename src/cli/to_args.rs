//! The flags of `weighbridge check` that are about the destination.

use clap::builder::{BoolishValueParser, PossibleValuesParser};
use clap::{Args, ValueHint};

use super::Failure;
use super::service::{NoSession, Opening, check_account, open};
use crate::alibaba::{Endpoints, Session};
use crate::location::Bucket;
use crate::object::Timestamp;
use crate::preflight::destination::Destination;
use crate::preflight::wanted::{SERVICE_PRINCIPAL, Way};
use crate::summary::Summary;

/// Where a migration goes, whose keys look at it, and who will migrate.
#[derive(Debug, Args)]
#[command(next_help_heading = "Destination")]
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
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_USER")]
    user: Option<String>,
    /// Name of the role with which the service writes; by default the one that `prepare` makes
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_ROLE")]
    role: Option<String>,
    /// Way of the preparations page; found out where left open
    #[arg(long, value_name = "WAY", env = "WEIGHBRIDGE_WAY",
        value_parser = PossibleValuesParser::new(Way::ALL.map(Way::word)))]
    way: Option<String>,
    /// The service that the role has to trust; the name is known from third parties only
    #[arg(long, value_name = "NAME", default_value = SERVICE_PRINCIPAL, env = "WEIGHBRIDGE_SERVICE_PRINCIPAL")]
    service_principal: String,
    /// Look at the destination by the hosts that are reachable from inside Alibaba Cloud only
    #[arg(long, env = "WEIGHBRIDGE_ALIBABA_INTERNAL", value_parser = BoolishValueParser::new())]
    to_internal: bool,
    /// An address that stands in for all services of Alibaba Cloud, such as a rehearsal's
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_ALIBABA_ENDPOINT", value_hint = ValueHint::Url)]
    alibaba_endpoint: Option<String>,
}

impl ToArgs {
    /// A session with the destination's keys, or why there is none, which is a finding and no failure.
    ///
    /// # Errors
    /// If the flags cannot be right.
    pub(super) async fn connect(&self) -> Result<Result<Session, NoSession>, Failure> {
        if let Some(account) = &self.account {
            check_account(account)?;
        }
        let stand_in = self.alibaba_endpoint.clone();
        Ok(open(&Opening {
            profile: self.to_profile.as_deref(),
            assume_role: self.assume_role.as_deref(),
            endpoints: Endpoints { stand_in, internal: self.to_internal },
        })
        .await)
    }

    /// What is to be checked.
    pub(super) fn destination<'a>(
        &'a self,
        bucket: &'a Bucket,
        session: Result<&'a Session, &'a str>,
        summary: Option<&'a Summary>,
        now: Timestamp,
    ) -> Destination<'a> {
        Destination {
            bucket: &bucket.name,
            prefix: &bucket.prefix,
            region: self.to_region.as_deref().or(bucket.region.as_deref()),
            session,
            account: self.account.as_deref(),
            user: self.user.as_deref(),
            role: self.role.as_deref(),
            way: self.way.as_deref().and_then(Way::from_word),
            service: &self.service_principal,
            summary,
            now,
        }
    }
}
