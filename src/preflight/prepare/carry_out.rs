//! What is missing, one call after another.
//!
//! Whatever breaks off in between, the record says what may have been done, and the next run looks.

use std::io;

use super::action::Action;
use super::clouds::Clouds;
use super::create::{self, Made};
use super::error::PrepareError;
use super::patience::Patience;
use super::record::{Keeper, State};
use super::replace;
use crate::alibaba::Credentials;

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
        let action = entry.action.clone();
        tell(&action);
        let account = clouds.for_action(&action, keeper.record.bucket_account.as_deref())?;
        if let Action::Replace(policy) = &action {
            replace::carry_out(account, keeper, index, policy, patience).await?;
            continue;
        }
        keeper.note(index, State::Begun)?;
        let made = Made { account, record: &keeper.record, patience };
        if let Action::CreateAccessKey { user, replaces } = &action {
            let key = made.access_key(user, replaces.as_deref()).await?;
            // Should it not reach the user, the record knows which one to delete.
            keeper.record.steps[index].made = Some(key.id.clone());
            keeper.note(index, State::Begun)?;
            deliver(&key).map_err(|source| PrepareError::Deliver { source })?;
        } else {
            match create::carry_out(&made, &action).await {
                Ok(made) => keeper.record.steps[index].made = made,
                Err(error @ PrepareError::Taken { .. }) => {
                    // It is not ours, and nothing to take back.
                    keeper.note(index, State::Planned)?;
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        keeper.note(index, State::Done)?;
    }
    Ok(())
}
