//! Policies that are replaced as a whole: read, saved, set, read back, compared.
//!
//! Neither OSS nor KMS can be told to set a policy only if it is still the one that was read. So it is read again
//! right before, and once more behind; what somebody sets in the instant between is told, and not set again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::action::{KeptPolicy, Target};
use super::clouds::Account;
use super::error::PrepareError;
use super::look_bucket::text;
use super::patience::Patience;
use super::record::{Keeper, State};
use crate::alibaba::oss::Setting;
use crate::preflight::policy::{Diff, pretty};

/// Sets `policy.after`, which is entry `index` of the record.
pub(super) async fn carry_out(
    account: Account<'_>,
    keeper: &mut Keeper,
    index: usize,
    policy: &KeptPolicy,
    patience: Patience,
) -> Result<(), PrepareError> {
    let there = read(account, policy).await?;
    if is_same(there.as_deref(), Some(&policy.after)) {
        return Ok(keeper.note(index, State::Done)?);
    }
    // A bucket that was created a moment ago shows nothing else.
    if !is_same(there.as_deref(), policy.before.as_deref()) {
        let diff = difference(policy.before.as_deref(), there.as_deref());
        return Err(PrepareError::Changed { what: policy.target.to_string(), diff });
    }
    if let Some(before) = &policy.before {
        let path = save(keeper.path(), policy.target.word(), before)?;
        keeper.note_backup(index, path.display().to_string());
    }
    keeper.note(index, State::Begun)?;
    set(account, policy, Some(&policy.after), patience).await?;
    Ok(keeper.note(index, State::Done)?)
}

/// The policy as it is now.
pub(super) async fn read(
    account: Account<'_>,
    policy: &KeptPolicy,
) -> Result<Option<String>, PrepareError> {
    match &policy.target {
        Target::Bucket(name) => {
            let found = account.bucket(name, &policy.region).setting(Setting::Policy).await?;
            found.map(|bytes| text(bytes, &policy.target)).transpose()
        }
        Target::Key(arn) => Ok(Some(account.kms(&policy.region).key_policy(arn).await?)),
    }
}

/// Sets the policy, or takes it away, and waits until that can be seen.
pub(super) async fn set(
    account: Account<'_>,
    policy: &KeptPolicy,
    wanted: Option<&str>,
    patience: Patience,
) -> Result<(), PrepareError> {
    match (&policy.target, wanted) {
        (Target::Bucket(name), Some(wanted)) => {
            let document = Bytes::from(wanted.to_owned());
            let bucket = account.bucket(name, &policy.region);
            bucket.put_setting(Setting::Policy, document).await?;
        }
        (Target::Bucket(name), None) => {
            account.bucket(name, &policy.region).delete_setting(Setting::Policy).await?;
        }
        (Target::Key(arn), wanted) => {
            // A key has always had a policy.
            let wanted = wanted.unwrap_or_default();
            account.kms(&policy.region).set_key_policy(arn, wanted).await?;
        }
    }
    let there = patience
        .until(async || read(account, policy).await, |there| is_same(there.as_deref(), wanted))
        .await?;
    if is_same(there.as_deref(), wanted) {
        return Ok(());
    }
    let diff = difference(wanted, there.as_deref());
    Err(PrepareError::ReadBack { what: policy.target.to_string(), diff })
}

/// Whether both are the same JSON, however it is spaced.
pub(super) fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            one == other || value(one).is_some_and(|one| Some(one) == value(other))
        }
        _ => false,
    }
}

pub(super) fn difference(before: Option<&str>, after: Option<&str>) -> Diff {
    let shown = |text: Option<&str>| text.map(pretty).unwrap_or_default();
    Diff::new(&shown(before), &shown(after))
}

/// Saves a policy beside the record, in a file that was not there. One that has this content is left.
fn save(record: &Path, word: &str, content: &str) -> Result<PathBuf, PrepareError> {
    let stem = record.file_stem().unwrap_or_default().to_string_lossy();
    for number in 1_u32.. {
        let numbered = if number == 1 { String::new() } else { format!("-{number}") };
        let path = record.with_file_name(format!("{stem}.{word}-before{numbered}.json"));
        let failed = |source| PrepareError::Backup { path: path.clone(), source };
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(failed)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&path).map_err(failed)? == content.as_bytes() {
                    return Ok(path);
                }
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let path = record.to_owned();
    Err(PrepareError::Backup { path, source: io::ErrorKind::AlreadyExists.into() })
}

impl Keeper {
    /// Keeps in mind where a policy was saved, until the next note.
    fn note_backup(&mut self, index: usize, path: String) {
        use super::action::Action;
        if let Some(Action::Replace(policy)) =
            self.record.steps.get_mut(index).map(|entry| &mut entry.action)
        {
            policy.backup = Some(path);
        }
    }
}
