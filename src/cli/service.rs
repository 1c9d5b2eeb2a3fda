//! From flags and environment to a session with Alibaba Cloud.

use clap::{Args, ValueHint};
use thiserror::Error;

use super::Failure;
use crate::alibaba::credentials::{self, AssumedRole, Found};
use crate::alibaba::mgw::Secret;
use crate::alibaba::{CallError, CredentialsError, Endpoints, Retries, Session, plain_region, sts};
use crate::migration::Plan;
use crate::migration::submit::{Service, SourceKeys, SubmitError};

/// Whose keys, and where the service is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Alibaba Cloud")]
pub(super) struct ServiceArgs {
    /// Profile of the `aliyun` tool or of ossutil; by default the environment, then their current profiles
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_PROFILE")]
    profile: Option<String>,
    /// Take on this role first: `acs:ram::<uid>:role/<name>`
    #[arg(long, value_name = "ARN", env = "WEIGHBRIDGE_ALIBABA_ASSUME_ROLE")]
    assume_role: Option<String>,
    /// Number of the account that the jobs belong to; by default that of the key
    #[arg(long, value_name = "UID", env = "WEIGHBRIDGE_ALIBABA_ACCOUNT")]
    account: Option<String>,
    /// Name of the role with which the service writes to OSS, and reads lists there
    #[arg(long, value_name = "NAME", env = "WEIGHBRIDGE_ALIBABA_ROLE")]
    role: Option<String>,
    /// Use the hosts that are reachable from inside Alibaba Cloud only
    #[arg(long, env = "WEIGHBRIDGE_ALIBABA_INTERNAL", value_parser = clap::builder::BoolishValueParser::new())]
    internal: bool,
    /// An address that stands in for all services, such as a rehearsal's
    #[arg(long, value_name = "URL", env = "WEIGHBRIDGE_ALIBABA_ENDPOINT", value_hint = ValueHint::Url)]
    alibaba_endpoint: Option<String>,
}

/// A session, and what it belongs to.
#[derive(Debug)]
pub(super) struct Connected {
    session: Session,
    account: String,
    region: String,
}

impl Connected {
    pub(super) fn service(&self) -> Service<'_> {
        let Self { session, account, region } = self;
        Service { session, account, region }
    }
}

/// Finds keys and asks whose they are. The jobs of `plan` run where its destination is, unless `region`
/// says otherwise.
pub(super) async fn connect(
    args: &ServiceArgs,
    region: Option<&str>,
    plan: &Plan,
) -> Result<Connected, Failure> {
    let destinations = plan.destinations();
    let of_plan = destinations.iter().find_map(|address| address.region_id.as_deref());
    let region = region.or(of_plan).map(plain_region).ok_or_else(|| {
        Failure::wrong("the region of the destination is not known")
            .hint("name it with `--region`, such as `--region cn-hangzhou`")
    })?;
    let session = args.session().await?;
    let account = if let Some(account) = &args.account {
        account.clone()
    } else {
        let identity = sts::caller_identity(&session).await;
        identity.map_err(|error| Failure::told(&error, false))?.account
    };
    check_account(&account)?;
    Ok(Connected { session, account, region: region.to_owned() })
}

impl ServiceArgs {
    /// The number of the account that was named.
    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The role that was named.
    pub(super) fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// A session with the keys that are found.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        Ok(self.opening().session().await?)
    }

    /// A session with these keys, at the same endpoints.
    pub(super) async fn open(&self, found: Found) -> Result<Session, Failure> {
        Ok(self.opening().open(found).await?)
    }

    fn opening(&self) -> Opening {
        let (stand_in, internal) = (self.alibaba_endpoint.clone(), self.internal);
        Opening {
            profile: self.profile.clone(),
            assume_role: self.assume_role.clone(),
            endpoints: Endpoints { stand_in, internal },
        }
    }
}

/// How keys are found, and where they are used.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) profile: Option<String>,
    pub(super) assume_role: Option<String>,
    pub(super) endpoints: Endpoints,
}

/// Why there is no session.
#[derive(Debug, Error)]
pub(super) enum NoSession {
    /// No keys were found.
    #[error(transparent)]
    Keys(#[from] CredentialsError),
    /// The role that they are for cannot be taken on.
    #[error(transparent)]
    Role(#[from] CallError),
}

impl Opening {
    /// Finds keys, and takes on the role that they are for.
    pub(super) async fn session(&self) -> Result<Session, NoSession> {
        let mut found = credentials::find(self.profile.as_deref())?;
        if let Some(arn) = &self.assume_role {
            let (arn, session_name) = (arn.clone(), "weighbridge".to_owned());
            found.role = Some(AssumedRole { arn, session_name, seconds: None, external_id: None });
        }
        self.open(found).await
    }

    /// Takes on the role that keys are for.
    pub(super) async fn open(&self, found: Found) -> Result<Session, NoSession> {
        let session = sts::open(found, self.endpoints.clone(), Retries::default()).await?;
        tracing::info!("keys from {}", session.credentials().source);
        Ok(session)
    }
}

/// Whether this can be the number of an account.
pub(super) fn check_account(account: &str) -> Result<(), Failure> {
    if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        let account = account.escape_debug();
        return Err(Failure::wrong(format!("`{account}` is no number of an account"))
            .hint("it is shown in the console under your picture, and has 16 digits"));
    }
    Ok(())
}

impl From<NoSession> for Failure {
    fn from(error: NoSession) -> Self {
        Self::told(&error, matches!(error, NoSession::Keys(_)))
    }
}

/// What the service is to use at the source and the destination. Secrets come from the environment only:
/// the command line is seen by everybody on the machine.
pub(super) fn source_keys(args: &ServiceArgs) -> SourceKeys {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    SourceKeys {
        access_id: set("WEIGHBRIDGE_SOURCE_ACCESS_ID"),
        access_secret: set("WEIGHBRIDGE_SOURCE_ACCESS_SECRET").map(Secret::new),
        role: args.role.clone(),
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        let usage = matches!(
            error,
            SubmitError::Needs { .. }
                | SubmitError::NoList { .. }
                | SubmitError::Field { .. }
                | SubmitError::Window { .. }
        );
        Self::told(&error, usage)
    }
}
