//! What can be taken back, and what was changed since.

use std::collections::BTreeMap;

use super::action::{Action, Target};
use super::clouds::Clouds;
use super::error::PrepareError;
use super::look_ram::parse;
use super::record::{Entry, Record};
use super::replace::{difference, is_same, read};
use crate::alibaba::oss::{Bucket, BucketInfo, Presence, Setting};
use crate::alibaba::ram::{Holder, PolicyName};
use crate::preflight::policy::Diff;

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// Which entry of the record.
    pub index: usize,
    /// What is to be done.
    pub title: String,
    /// Whether it can.
    pub fate: Fate,
}

/// Whether something can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is as it was made. With the id of an access key.
    AsMade(Option<String>),
    /// It is not there any more.
    Gone,
    /// It was changed since.
    Changed(String),
}

/// Looks at all that a record says was done, the last first. Changes nothing.
///
/// # Errors
/// If a call fails.
pub async fn look_back(clouds: &Clouds<'_>, record: &Record) -> Result<Vec<Back>, PrepareError> {
    let mut backs = Vec::new();
    // What policies will be once later entries were taken back.
    let mut restored = BTreeMap::new();
    for (index, entry) in record.steps.iter().enumerate().rev() {
        if entry.state.may_be_there() {
            let fate = fate(clouds, record, entry, &mut restored).await?;
            backs.push(Back { index, title: title(&entry.action, &fate), fate });
        }
    }
    Ok(backs)
}

/// Policies by what they belong to, as later entries will leave them.
pub(super) type Restored = BTreeMap<String, Option<String>>;

/// Whether an entry can be taken back.
pub(super) async fn fate(
    clouds: &Clouds<'_>,
    record: &Record,
    entry: &Entry,
    restored: &mut Restored,
) -> Result<Fate, PrepareError> {
    let ram = clouds.ram();
    let as_made = Fate::AsMade(None);
    let account = clouds.for_action(&entry.action, record.bucket_account.as_deref())?;
    let is_other = |id: &str, description: &str| match &entry.made {
        Some(made) => made != id,
        None => !description.contains(&record.mark),
    };
    let another = |what: &str| Fate::Changed(format!("it is another {what} of the same name"));
    Ok(match &entry.action {
        Action::CreateBucket { bucket, region, .. } => {
            let policy = restored.get(&Target::Bucket(bucket.clone()).to_string());
            bucket_fate(account.bucket(bucket, region), entry.made.as_deref(), policy).await?
        }
        Action::CreateUser { user } => match ram.user(user).await? {
            None => Fate::Gone,
            Some(found) if is_other(&found.user_id, &found.comments) => another("user"),
            Some(_) => match more_than_ours(clouds, record, Holder::User(user)).await? {
                Some(more) => Fate::Changed(more),
                None => more_keys(clouds, record, user).await?.map_or(as_made, Fate::Changed),
            },
        },
        Action::CreateRole { role, trust } => match ram.role(role).await? {
            None => Fate::Gone,
            Some(found) if is_other(&found.role_id, &found.description) => another("role"),
            Some(found) => {
                let own = parse(trust, || entry.action.to_string())?;
                let there = parse(&found.trust, || format!("the trust policy of the role {role}"))?;
                if !own.says_the_same(&there) {
                    let diff = Diff::new(&own.pretty(), &there.pretty());
                    return Ok(Fate::Changed(format!("it trusts others:\n{diff}")));
                }
                let more = more_than_ours(clouds, record, Holder::Role(role)).await?;
                more.map_or(as_made, Fate::Changed)
            }
        },
        Action::CreatePolicy { policy, document } => {
            policy_fate(clouds, record, policy, document).await?
        }
        Action::AttachToUser { .. } | Action::AttachToRole { .. } => {
            match entry.action.attachment() {
                Some((policy, holder)) => {
                    let held = ram.attached(holder).await?.unwrap_or_default();
                    if held.contains(&policy) { as_made } else { Fate::Gone }
                }
                None => Fate::Gone,
            }
        }
        Action::Replace(policy) => {
            let name = policy.target.to_string();
            let there = match restored.remove(&name) {
                Some(there) => there,
                // With the bucket its policy is gone, too.
                None if is_bucket_gone(clouds, record, &policy.target, &policy.region).await? => {
                    return Ok(Fate::Gone);
                }
                None => read(account, policy).await?,
            };
            if is_same(there.as_deref(), policy.before.as_deref()) {
                restored.insert(name, there);
                return Ok(Fate::Gone);
            }
            if is_same(there.as_deref(), Some(&policy.after)) {
                restored.insert(name, policy.before.clone());
                return Ok(as_made);
            }
            let diff = difference(Some(&policy.after), there.as_deref());
            Fate::Changed(format!("from what was set to what is there:\n{diff}"))
        }
        Action::CreateAccessKey { user, .. } => {
            let keys = ram.access_keys(user).await?.unwrap_or_default();
            match (&entry.made, keys.as_slice()) {
                (Some(made), keys) if keys.iter().any(|key| key.access_key_id == *made) => {
                    Fate::AsMade(Some(made.clone()))
                }
                (Some(_), _) | (None, []) => Fate::Gone,
                (None, [one]) => Fate::AsMade(Some(one.access_key_id.clone())),
                (None, _) => Fate::Changed(
                    "the run broke off while it was made, and which of the user's keys it is is not known".to_owned(),
                ),
            }
        }
    })
}

/// Whether a bucket can be taken back that was created at the time `made`, as far as that is known. `policy` is what
/// later entries leave as its policy, if they set it.
async fn bucket_fate(
    bucket: Bucket<'_>,
    made: Option<&str>,
    policy: Option<&Option<String>>,
) -> Result<Fate, PrepareError> {
    let another = || Fate::Changed("it is another bucket of the same name".to_owned());
    Ok(match bucket.presence().await? {
        Presence::Absent => Fate::Gone,
        Presence::Ours(info) if made.is_some_and(|made| made != info.created) => another(),
        Presence::Ours(_) if !bucket.is_empty().await? => {
            Fate::Changed("it holds objects".to_owned())
        }
        Presence::Ours(info) => match set_since(bucket, &info, policy).await? {
            Some(what) => Fate::Changed(format!("it has got {what}")),
            None => Fate::AsMade(None),
        },
        Presence::Denied(_) | Presence::Elsewhere(_) => another(),
    })
}

/// What somebody set on a bucket that was made without any of it.
async fn set_since(
    bucket: Bucket<'_>,
    info: &BucketInfo,
    policy: Option<&Option<String>>,
) -> Result<Option<&'static str>, PrepareError> {
    let has_policy = match policy {
        Some(left) => left.is_some(),
        None => bucket.setting(Setting::Policy).await?.is_some(),
    };
    let all = [
        (info.acl != "private", "another ACL"),
        (info.versioning.is_some(), "versioning"),
        (info.is_replicated, "replication"),
        (info.log_bucket.is_some(), "a bucket for its logs"),
        (info.encryption.is_some(), "encryption"),
        (has_policy, "a policy"),
        (bucket.setting(Setting::Lifecycle).await?.is_some(), "rules of a lifecycle"),
    ];
    Ok(all.into_iter().find_map(|(set, what)| set.then_some(what)))
}

async fn policy_fate(
    clouds: &Clouds<'_>,
    record: &Record,
    policy: &str,
    document: &str,
) -> Result<Fate, PrepareError> {
    let (ram, name) = (clouds.ram(), PolicyName::custom(policy));
    let Some(found) = ram.policy(&name).await? else { return Ok(Fate::Gone) };
    if !found.description.contains(&record.mark) {
        return Ok(Fate::Changed("it is another policy of the same name".to_owned()));
    }
    let own = parse(document, || format!("the policy {policy} of the record"))?;
    let there = parse(&found.document, || format!("the policy {policy}"))?;
    if !own.says_the_same(&there) {
        let diff = Diff::new(&own.pretty(), &there.pretty());
        return Ok(Fate::Changed(format!("from what was made to what is there:\n{diff}")));
    }
    if ram.policy_versions(&name).await?.is_some_and(|versions| versions.len() > 1) {
        return Ok(Fate::Changed("it has got further versions".to_owned()));
    }
    let attached = record.steps.iter().filter(|entry| entry.state.may_be_there());
    let attached = attached
        .filter(|entry| entry.action.attachment().is_some_and(|(attached, _)| attached == name));
    let ours = attached.count() as u64;
    Ok(match found.attachments {
        Some(count) if count > ours => {
            Fate::Changed(format!("it is attached {count} times, {ours} of them by the plan"))
        }
        _ => Fate::AsMade(None),
    })
}

/// What somebody has got beside what the plan attached, in words.
async fn more_than_ours(
    clouds: &Clouds<'_>,
    record: &Record,
    holder: Holder<'_>,
) -> Result<Option<String>, PrepareError> {
    let held = clouds.ram().attached(holder).await?.unwrap_or_default();
    let ours = |policy: &PolicyName| {
        record.steps.iter().any(|entry| {
            entry.action.attachment().is_some_and(|(own, of)| own == *policy && of == holder)
        })
    };
    Ok(held
        .into_iter()
        .find(|policy| !ours(policy))
        .map(|policy| format!("it has got the {policy}")))
}

/// An access key that the plan did not make, in words.
async fn more_keys(
    clouds: &Clouds<'_>,
    record: &Record,
    user: &str,
) -> Result<Option<String>, PrepareError> {
    let keys = clouds.ram().access_keys(user).await?.unwrap_or_default();
    let ours: Vec<&Entry> = record
        .steps
        .iter()
        .filter(|entry| entry.state.may_be_there())
        .filter(|entry| matches!(&entry.action, Action::CreateAccessKey { user: own, .. } if own == user))
        .collect();
    // A key whose answer was lost is the only one.
    if keys.len() <= 1 && ours.iter().any(|entry| entry.made.is_none()) {
        return Ok(None);
    }
    let is_ours = |id: &str| ours.iter().any(|entry| entry.made.as_deref() == Some(id));
    let more = keys.into_iter().find(|key| !is_ours(&key.access_key_id));
    Ok(more.map(|key| format!("it has got the access key {}", key.access_key_id)))
}

async fn is_bucket_gone(
    clouds: &Clouds<'_>,
    record: &Record,
    target: &Target,
    region: &str,
) -> Result<bool, PrepareError> {
    let Target::Bucket(name) = target else { return Ok(false) };
    let owner = match &record.bucket_account {
        Some(number) => {
            clouds.of(number).ok_or_else(|| PrepareError::NoKeys { account: number.clone() })?
        }
        None => clouds.own,
    };
    Ok(owner.bucket(name, region).presence().await? == Presence::Absent)
}

/// What is done to take an action back.
fn title(action: &Action, fate: &Fate) -> String {
    match action {
        Action::CreateBucket { bucket, .. } => format!("delete the bucket {bucket}"),
        Action::CreateUser { user } => format!("delete the RAM user {user}"),
        Action::CreatePolicy { policy, .. } => format!("delete the policy {policy}"),
        Action::CreateRole { role, .. } => format!("delete the role {role}"),
        Action::AttachToUser { policy, user, .. } => {
            format!("detach {policy} from the RAM user {user}")
        }
        Action::AttachToRole { policy, role, .. } => {
            format!("detach {policy} from the role {role}")
        }
        Action::Replace(policy) if policy.before.is_none() => {
            format!("take {} away", policy.target)
        }
        Action::Replace(policy) => format!("put {} back as it was", policy.target),
        Action::CreateAccessKey { user, .. } => match fate {
            Fate::AsMade(Some(id)) => format!("delete the access key {id} of the RAM user {user}"),
            _ => format!("delete the access key of the RAM user {user}"),
        },
    }
}
