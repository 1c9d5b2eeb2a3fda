//! Creating and attaching: once, however often it is tried.

use super::action::Action;
use super::clouds::Account;
use super::error::PrepareError;
use super::patience::Patience;
use super::record::Record;
use crate::alibaba::oss::{BucketInfo, NewBucket, Presence};
use crate::alibaba::ram::{Holder, NewPolicy, NewRole, NewUser, PolicyName, Ram};
use crate::alibaba::{CallError, Credentials};

/// For whom something is made, and by which plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made<'a> {
    pub(super) account: Account<'a>,
    pub(super) record: &'a Record,
    pub(super) patience: Patience,
}

/// Why something was not made, and what is known of it then.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: PrepareError,
    pub(super) left: Left,
}

/// What is there after a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Perhaps what was asked for.
    Unknown,
    /// Nothing by this run: what is there later somebody else made, or a run before.
    NothingNew,
    /// Nothing of ours at all.
    Nothing,
}

impl<E: Into<PrepareError>> From<E> for Failed {
    fn from(error: E) -> Self {
        let error = error.into();
        let taken = matches!(error, PrepareError::Taken { .. });
        Self { error, left: if taken { Left::Nothing } else { Left::Unknown } }
    }
}

impl Failed {
    /// The call that makes the thing failed, and none before it may have taken effect.
    fn first(error: CallError) -> Self {
        let left = if error.may_have_happened() { Left::Unknown } else { Left::NothingNew };
        Self { error: error.into(), left }
    }
}

/// Does an action that creates or attaches; what tells the thing from others of its name.
pub(super) async fn carry_out(made: &Made<'_>, action: &Action) -> Result<Option<String>, Failed> {
    let ram = made.ram();
    let description = made.record.description();
    let mark = &made.record.mark;
    match action {
        Action::CreateBucket { bucket, region, storage_class, redundancy } => {
            let new =
                NewBucket { storage_class: storage_class.clone(), redundancy: redundancy.clone() };
            let there = made.account.bucket(bucket, region);
            let look = async || present(there.presence().await?, bucket);
            let is_ours =
                |info: &BucketInfo, asked: bool| asked && info.owner == made.account.number;
            let what = format!("the bucket {bucket}");
            // A bucket has no mark, and creating one's own again succeeds: what came up while the plan was looked at
            // would be taken for made here.
            if look().await?.is_some() {
                return Err(PrepareError::Taken { what }.into());
            }
            let info = made.once(&what, async || there.create(&new).await, look, is_ours).await?;
            Ok(Some(info.created))
        }
        Action::CreateUser { user } => {
            let new = NewUser { name: user.clone(), comments: description, ..NewUser::default() };
            let create = async || ram.create_user(&new).await.map(drop);
            let look = async || Ok(ram.user(user).await?);
            let what = format!("the RAM user {user}");
            let user =
                made.once(&what, create, look, |user, _| user.comments.contains(mark)).await?;
            Ok(Some(user.user_id))
        }
        Action::CreatePolicy { policy, document } => {
            let (name, document) = (policy.clone(), document.clone());
            let new = NewPolicy { name, document, description };
            let look = async || Ok(ram.policy(&PolicyName::custom(policy)).await?);
            let what = format!("the policy {policy}");
            let create = async || ram.create_policy(&new).await;
            made.once(&what, create, look, |policy, _| policy.description.contains(mark)).await?;
            Ok(None)
        }
        Action::CreateRole { role, trust } => {
            let (name, trust) = (role.clone(), trust.clone());
            let new = NewRole { name, trust, description, max_session_duration: None };
            let create = async || ram.create_role(&new).await.map(drop);
            let look = async || Ok(ram.role(role).await?);
            let what = format!("the role {role}");
            let role =
                made.once(&what, create, look, |role, _| role.description.contains(mark)).await?;
            Ok(Some(role.role_id))
        }
        Action::AttachToUser { .. } | Action::AttachToRole { .. } => {
            if let Some((policy, holder)) = action.attachment() {
                made.attach(&policy, holder).await?;
            }
            Ok(None)
        }
        // Done elsewhere: these keep what is there, and these have a secret.
        Action::Replace(_) | Action::CreateAccessKey { .. } => Ok(None),
    }
}

impl<'a> Made<'a> {
    fn ram(&self) -> Ram<'a> {
        Ram::new(self.account.session)
    }

    /// Creates something, and waits until it can be seen. Where the answer was lost it is looked for before it is
    /// asked for again. Whether what is found is ours may depend on whether that was.
    async fn once<T>(
        &self,
        what: &str,
        create: impl AsyncFn() -> Result<(), CallError>,
        look: impl AsyncFn() -> Result<Option<T>, PrepareError>,
        is_ours: impl Fn(&T, bool) -> bool,
    ) -> Result<T, Failed> {
        let taken = || PrepareError::Taken { what: what.to_owned() };
        let mut result = create().await;
        let asked = result.as_ref().is_err_and(CallError::may_have_happened);
        let ours = |found: T| if is_ours(&found, asked) { Ok(found) } else { Err(taken().into()) };
        if asked {
            if let Some(found) = look().await? {
                return ours(found);
            }
            result = create().await;
        }
        let conflict = result.as_ref().is_err_and(exists_already);
        if !conflict {
            result.map_err(|error| if asked { error.into() } else { Failed::first(error) })?;
        }
        match self.patience.until(look, Option::is_some).await? {
            Some(found) if conflict => ours(found),
            Some(found) => Ok(found),
            None => Err(PrepareError::Unseen { what: what.to_owned() }.into()),
        }
    }

    /// Attaches a policy, and waits until that can be seen.
    async fn attach(&self, policy: &PolicyName, holder: Holder<'_>) -> Result<(), Failed> {
        let ram = self.ram();
        let attached = self.patience.until_known(async || ram.attach(policy, holder).await).await;
        attached.map_err(Failed::first)?;
        let has = |held: &Option<Vec<PolicyName>>| {
            held.as_ref().is_some_and(|held| held.contains(policy))
        };
        let held = self.patience.until(async || ram.attached(holder).await, has).await?;
        if has(&held) {
            return Ok(());
        }
        let what = format!("that {} is attached to the {holder}", policy.name);
        Err(PrepareError::Unseen { what }.into())
    }

    /// Creates an access key for a user that has none but `lost`. A key whose secret was lost with the answer is
    /// deleted before another one is made.
    pub(super) async fn access_key(
        &self,
        user: &str,
        lost: Option<&str>,
    ) -> Result<Credentials, Failed> {
        let ram = self.ram();
        if let Some(lost) = lost {
            ram.delete_access_key(user, lost).await?;
        }
        // With the lost key all is gone that a run before may have made.
        let refused = |error: CallError| match (Failed::first(error), lost) {
            (Failed { error, left: Left::NothingNew }, Some(_)) => {
                Failed { error, left: Left::Nothing }
            }
            (failed, _) => failed,
        };
        let create = async || match ram.create_access_key(user).await {
            Err(error) if error.is_not_found() => Ok(Err(error)),
            other => other.map(Ok),
        };
        match self.patience.until(create, Result::is_ok).await {
            Ok(created) => created.map_err(refused),
            Err(error) if error.may_have_happened() => {
                let keys = ram.access_keys(user).await?.unwrap_or_default();
                match keys.as_slice() {
                    [] => {}
                    [key] => ram.delete_access_key(user, &key.access_key_id).await?,
                    _ => return Err(error.into()),
                }
                Ok(ram.create_access_key(user).await?)
            }
            Err(error) => Err(refused(error)),
        }
    }
}

impl Record {
    /// What descriptions of things say: at most 128 characters.
    fn description(&self) -> String {
        format!("weighbridge prepare oss://{} {}", self.bucket, self.mark)
    }
}

/// Whether something of this name is there. That an account may have no more of them has the same status.
fn exists_already(error: &CallError) -> bool {
    error.refusal().is_some_and(|refusal| refusal.code.contains("AlreadyExist"))
}

fn present(presence: Presence, name: &str) -> Result<Option<BucketInfo>, PrepareError> {
    match presence {
        Presence::Ours(info) => Ok(Some(*info)),
        Presence::Absent => Ok(None),
        Presence::Denied(_) | Presence::Elsewhere(_) => {
            Err(PrepareError::Taken { what: format!("the bucket {name}") })
        }
    }
}
