//! What is missing, one call after another.
//!
//! Whatever breaks off in between, the record says what may have been done, and the next run looks.

use std::io;

use super::action::Action;
use super::clouds::{Account, Clouds};
use super::create::{self, Failed, Left, Made};
use super::error::PrepareError;
use super::patience::Patience;
use super::record::{Keeper, State};
use super::replace;
use crate::alibaba::Credentials;
use crate::alibaba::ram::Ram;

/// Gives the secret of a new access key to the user: shown, or written into a file of theirs.
pub type Deliver<'a> = dyn FnMut(&Credentials) -> io::Result<()> + Send + 'a;

/// Does what is planned in the keeper's record, and keeps in it what was done. Tells each action before it is done.
///
/// # Errors
/// The first action that fails; those before it are done, those after it are not.
pub async fn carry_out(
    clouds: &Clouds<'_>,
    keeper: &mut Keeper,
    patience: Patience,
    deliver: &mut Deliver<'_>,
    tell: &mut (dyn FnMut(&Action) + Send),
) -> Result<(), PrepareError> {
    for index in 0..keeper.record.steps.len() {
        let entry = &keeper.record.steps[index];
        // What is begun here was begun by a run that broke off, and is not there.
        if !matches!(entry.state, State::Planned | State::Begun) {
            continue;
        }
        let (action, before) = (entry.action.clone(), entry.state);
        let account = clouds.for_action(&action, keeper.record.bucket_account.as_deref())?;
        if before == State::Planned && is_attached(account, &action).await? {
            // By somebody else, since the plan was made: that is not to be taken back.
            continue;
        }
        tell(&action);
        if let Action::Replace(policy) = &action {
            replace::carry_out(account, keeper, index, policy, patience).await?;
            continue;
        }
        keeper.note(index, State::Begun)?;
        match make(account, keeper, index, &action, patience, deliver).await {
            Ok(()) => keeper.note(index, State::Done)?,
            Err(Failed { error, left }) => {
                match left {
                    Left::Unknown => {}
                    Left::NothingNew => keeper.note(index, before)?,
                    Left::Nothing => keeper.note(index, State::Planned)?,
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Makes what is missing, and keeps what tells it from others of its name.
async fn make(
    account: Account<'_>,
    keeper: &mut Keeper,
    index: usize,
    action: &Action,
    patience: Patience,
    deliver: &mut Deliver<'_>,
) -> Result<(), Failed> {
    let made = Made { account, record: &keeper.record, patience };
    let Action::CreateAccessKey { user, replaces } = action else {
        keeper.record.steps[index].made = create::carry_out(&made, action).await?;
        return Ok(());
    };
    let key = made.access_key(user, replaces.as_deref()).await?;
    // Should it not reach the user, the record knows which one to delete.
    keeper.record.steps[index].made = Some(key.id.clone());
    keeper.note(index, State::Begun)?;
    deliver(&key).map_err(|source| PrepareError::Deliver { source })?;
    Ok(())
}

/// Whether an action attaches what is attached already.
async fn is_attached(account: Account<'_>, action: &Action) -> Result<bool, PrepareError> {
    let Some((policy, holder)) = action.attachment() else { return Ok(false) };
    let held = Ram::new(account.session).attached(holder).await?;
    Ok(held.is_some_and(|held| held.contains(&policy)))
}
