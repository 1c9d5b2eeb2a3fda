//! Whose keys: one's own, and those of the account that owns the bucket.

use super::Failure;
use super::prepare_args::BucketKeyArgs;
use super::service::ServiceArgs;
use crate::alibaba::credentials::{self, Credentials, Found};
use crate::alibaba::{Session, sts};
use crate::preflight::prepare::{Account, Clouds, PrepareError};

/// Sessions of the accounts that take part.
#[derive(Debug)]
pub(super) struct Keys {
    own: Owned,
    other: Option<Owned>,
}

#[derive(Debug)]
struct Owned {
    session: Session,
    number: String,
}

impl Owned {
    async fn new(session: Session) -> Result<Self, Failure> {
        let identity = sts::caller_identity(&session).await;
        let number = identity.map_err(|error| Failure::told(&error, false))?.account;
        Ok(Self { session, number })
    }

    fn account(&self) -> Account<'_> {
        Account { session: &self.session, number: &self.number }
    }
}

impl Keys {
    /// Finds keys and asks whose they are.
    pub(super) async fn find(
        service: &ServiceArgs,
        bucket: &BucketKeyArgs,
    ) -> Result<Self, Failure> {
        let own = Owned::new(service.session().await?).await?;
        if let Some(named) = service.account().filter(|named| *named != own.number) {
            let message =
                format!("the keys belong to the account {}, and not to {named}", own.number);
            return Err(Failure::wrong(message)
                .hint("choose others with `--profile`, or leave `--account` out"));
        }
        let other = match of_bucket(bucket)? {
            Some(found) => Some(Owned::new(service.open(found).await?).await?),
            None => None,
        };
        if let (Some(other), Some(named)) = (&other, &bucket.bucket_account)
            && other.number != *named
        {
            let message = format!(
                "the keys for the bucket's account belong to {}, and not to {named}",
                other.number
            );
            return Err(Failure::wrong(message).hint("choose others with `--bucket-profile`"));
        }
        Ok(Self { own, other })
    }

    pub(super) fn clouds(&self) -> Clouds<'_> {
        Clouds { own: self.own.account(), other: self.other.as_ref().map(Owned::account) }
    }
}

/// Keys of the account that owns the bucket, where they were given.
pub(super) fn of_bucket(bucket: &BucketKeyArgs) -> Result<Option<Found>, Failure> {
    match &bucket.bucket_profile {
        Some(profile) => {
            let found = credentials::find(Some(profile));
            found.map(Some).map_err(|error| Failure::told(&error, true))
        }
        None => from_environment(),
    }
}

/// Keys of the other account in variables of their own. Secrets come from the environment only: the command line is
/// seen by everybody on the machine.
fn from_environment() -> Result<Option<Found>, Failure> {
    const ID: &str = "WEIGHBRIDGE_BUCKET_ACCESS_KEY_ID";
    const SECRET: &str = "WEIGHBRIDGE_BUCKET_ACCESS_KEY_SECRET";
    const TOKEN: &str = "WEIGHBRIDGE_BUCKET_SECURITY_TOKEN";
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (set(ID), set(SECRET)) {
        (None, None) => Ok(None),
        (Some(id), Some(secret)) => {
            let mut credentials = Credentials::new(id, secret, set(TOKEN));
            credentials.source = format!("the environment ({ID})");
            Ok(Some(Found { credentials, role: None }))
        }
        (Some(_), None) => Err(Failure::wrong(format!("{ID} is set, and {SECRET} is not"))
            .hint("set both, or neither")),
        (None, Some(_)) => Err(Failure::wrong(format!("{SECRET} is set, and {ID} is not"))
            .hint("set both, or neither")),
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        let usage = matches!(
            error,
            PrepareError::NoKeys { .. } | PrepareError::NoBucketAccount | PrepareError::NoAccount
        );
        Self::told(&error, usage)
    }
}
