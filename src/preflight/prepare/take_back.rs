//! The way back, one call after another, the last action first.

use super::action::Action;
use super::back::{Back, Fate, Restored, fate};
use super::clouds::Clouds;
use super::error::PrepareError;
use super::patience::Patience;
use super::record::{Keeper, State};
use super::replace;
use crate::alibaba::CallError;
use crate::alibaba::ram::PolicyName;

/// Takes back what [`look_back`](super::look_back) found, and keeps in the record what was taken back. Looks at each
/// once more right before. Tells each before it is taken back.
///
/// # Errors
/// The first that fails or was changed; those before it are taken back, those after it are not.
pub async fn take_back(
    clouds: &Clouds<'_>,
    keeper: &mut Keeper,
    backs: &[Back],
    patience: Patience,
    tell: &mut (dyn FnMut(&Back) + Send),
) -> Result<(), PrepareError> {
    for back in backs {
        let entry = keeper.record.steps[back.index].clone();
        if back.fate != Fate::Gone {
            tell(back);
        }
        // Policies are as later entries left them by now.
        match fate(clouds, &keeper.record, &entry, &mut Restored::new()).await? {
            Fate::Gone => {}
            Fate::Changed(why) => {
                return Err(PrepareError::ChangedSince { what: back.title.clone(), why });
            }
            Fate::AsMade(id) => {
                keeper.note(back.index, State::Undoing)?;
                let owner = keeper.record.bucket_account.as_deref();
                let account = clouds.for_action(&entry.action, owner)?;
                match &entry.action {
                    Action::Replace(policy) => {
                        let before = policy.before.as_deref();
                        replace::set(account, policy, before, patience).await?;
                    }
                    Action::CreateBucket { bucket, region, .. } => {
                        account.bucket(bucket, region).delete().await?;
                    }
                    action => remove(clouds, action, id.as_deref(), patience).await?,
                }
            }
        }
        keeper.note(back.index, State::Undone)?;
    }
    Ok(())
}

/// Deletes or detaches in RAM. What was just taken from something may still be seen with it for a while.
async fn remove(
    clouds: &Clouds<'_>,
    action: &Action,
    id: Option<&str>,
    patience: Patience,
) -> Result<(), PrepareError> {
    let ram = clouds.ram();
    let act = async || match action {
        Action::CreateUser { user } => ram.delete_user(user).await,
        Action::CreateRole { role, .. } => ram.delete_role(role).await,
        Action::CreatePolicy { policy, .. } => ram.delete_policy(policy).await,
        Action::CreateAccessKey { user, .. } => match id {
            Some(id) => ram.delete_access_key(user, id).await,
            None => Ok(()),
        },
        Action::AttachToUser { .. } | Action::AttachToRole { .. } => match action.attachment() {
            Some((policy, holder)) => ram.detach(&policy, holder).await,
            None => Ok(()),
        },
        Action::CreateBucket { .. } | Action::Replace(_) => Ok(()),
    };
    let in_use = |error: &CallError| {
        error.refusal().is_some_and(|refusal| refusal.code.starts_with("DeleteConflict"))
    };
    let act = async || match act().await {
        Err(error) if in_use(&error) => Ok(Err(error)),
        other => other.map(Ok),
    };
    patience.until(act, Result::is_ok).await??;
    // Whoever deletes the policy next is refused while it is seen with somebody.
    if let Some((policy, holder)) = action.attachment() {
        let is_gone = |held: &Option<Vec<PolicyName>>| {
            !held.as_ref().is_some_and(|held| held.contains(&policy))
        };
        patience.until(async || ram.attached(holder).await, is_gone).await?;
    }
    Ok(())
}
