//! The bucket, its policy, and the key that encrypts it.

use super::action::{Action, KeptPolicy, Target};
use super::clouds::{Account, Clouds};
use super::error::PrepareError;
use super::look_ram::parse;
use super::plan::{Outcome, Plan};
use super::wish::Wish;
use crate::alibaba::oss::{Bucket, BucketInfo, Presence, Setting};
use crate::alibaba::plain_region;
use crate::preflight::policy::{Document, Merged};
use crate::preflight::wanted::{self, BUCKET_ACTIONS, KEY_ACTIONS, Way};

/// What can be seen of the bucket.
#[derive(Debug)]
pub(super) enum Seen {
    /// It is there.
    There(Box<BucketInfo>),
    /// It will be created.
    New,
    /// It is another account's, or cannot be used as it is.
    Hidden,
}

impl Seen {
    pub(super) fn is_encrypted_by_kms(&self) -> bool {
        matches!(self, Self::There(info) if info.encryption.as_deref() == Some("KMS"))
    }
}

/// The account that owns the bucket, if its keys are here.
fn owner<'a>(clouds: &Clouds<'a>, plan: &Plan) -> Option<Account<'a>> {
    match &plan.bucket_account {
        None => Some(clouds.own),
        Some(number) => clouds.of(number),
    }
}

/// The bucket itself.
pub(super) async fn bucket(
    clouds: &Clouds<'_>,
    wish: &Wish,
    plan: &mut Plan,
) -> Result<Seen, PrepareError> {
    let title = format!("bucket {}", wish.bucket);
    let owner = owner(clouds, plan);
    let asked = owner.unwrap_or(clouds.own);
    let bucket = Bucket { session: asked.session, name: &wish.bucket, region: &wish.region };
    match (bucket.presence().await?, owner) {
        (Presence::Elsewhere(host), _) => {
            let region = host.split('.').next().map_or("", plain_region).to_owned();
            let why = format!("it is in another region: {host} answers for it");
            let hint = format!("name its region: `--region {region}`");
            plan.push(title, "is there", Outcome::in_the_way(why, hint));
            Ok(Seen::Hidden)
        }
        (Presence::Ours(info), Some(owner)) => {
            let outcome = fitting(wish, &info, owner, plan);
            let found = format!(
                "is there in {}, {}, {}",
                plain_region(&info.location),
                info.storage_class,
                if info.acl.is_empty() { "of an ACL that is not told" } else { &info.acl }
            );
            plan.push(title, found, outcome);
            Ok(Seen::There(info))
        }
        (Presence::Ours(_), None) => {
            let why = format!("it belongs to the account {} of the keys", clouds.own.number);
            plan.push(
                title,
                "is there",
                Outcome::in_the_way(why, "use `--manual` or `--automatic`"),
            );
            Ok(Seen::Hidden)
        }
        (Presence::Absent, Some(_)) => {
            let action = Action::CreateBucket {
                bucket: wish.bucket.clone(),
                region: wish.region.clone(),
                storage_class: wish.storage_class.clone(),
                redundancy: wish.redundancy.clone(),
            };
            plan.push(title, "there is none of this name", Outcome::Do(action));
            Ok(Seen::New)
        }
        (Presence::Absent, None) => {
            let hint = "have its owner create it, or give keys for the account: `--bucket-profile`";
            let outcome = Outcome::in_the_way("it has to be created by the other account", hint);
            plan.push(title, "there is none of this name", outcome);
            Ok(Seen::Hidden)
        }
        (Presence::Denied(_), None) => {
            let number = plan.bucket_account.clone().unwrap_or_default();
            let found = format!(
                "is there, taken to be account {number}'s, and cannot be looked at with these keys"
            );
            plan.push(title, found, Outcome::Kept);
            Ok(Seen::Hidden)
        }
        (Presence::Denied(refusal), Some(_)) => {
            let why = format!("it is somebody else's, or closed to this key: {refusal}");
            let hint = if wish.way == Way::CrossAccount {
                "check whose bucket it is, and that the keys of `--bucket-profile` may look at it"
            } else {
                "use another name, or `--cross-account` if it is another account's"
            };
            plan.push(title, "is there", Outcome::in_the_way(why, hint));
            Ok(Seen::Hidden)
        }
    }
}

/// Whether a bucket that is there can be used as it is.
fn fitting(wish: &Wish, info: &BucketInfo, owner: Account<'_>, plan: &mut Plan) -> Outcome {
    if plain_region(&info.location) != plain_region(&wish.region) {
        let region = plain_region(&info.location);
        return Outcome::in_the_way("it is in another region", format!("use `--region {region}`"));
    }
    if info.owner != owner.number {
        let why = format!("it belongs to the account {}", info.owner);
        return Outcome::in_the_way(why, "use `--cross-account`, or keys of its account");
    }
    if let Some(class) = &wish.storage_class
        && !class.eq_ignore_ascii_case(&info.storage_class)
    {
        let why = format!("its class is {}, and cannot be changed to {class}", info.storage_class);
        let hint = "leave `--class` out, or use another bucket: the class of copies can be chosen by \
                    `weighbridge jobs --target-storage-class`";
        return Outcome::in_the_way(why, hint);
    }
    if !matches!(info.acl.as_str(), "" | "private") {
        plan.notes.push(format!(
            "the bucket's ACL is {}: everybody may read what is copied to it",
            info.acl
        ));
    }
    Outcome::Kept
}

/// The bucket's policy: what another account's bucket needs, and what forbids the role.
pub(super) async fn policy(
    clouds: &Clouds<'_>,
    wish: &Wish,
    seen: &Seen,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    if !wish.way.needs_role() {
        return Ok(());
    }
    let owner_number = plan.bucket_account.clone().unwrap_or_else(|| plan.account.clone());
    let wanted = wanted::bucket_policy(&owner_number, &wish.bucket, &plan.account, &wish.role);
    let title = format!("policy of the bucket {}", wish.bucket);
    let owner = owner(clouds, plan);
    let (Some(owner), false) = (owner, matches!(seen, Seen::Hidden)) else {
        if wish.way == Way::CrossAccount && owner.is_none() {
            let what = format!(
                "with account {owner_number}, in the OSS console, add this statement to the policy of the bucket {} \
                 and keep all that is there",
                wish.bucket
            );
            let outcome = Outcome::ByHand { what, document: wanted.text() };
            plan.push(title, "cannot be looked at with these keys", outcome);
        }
        return Ok(());
    };
    let found = match seen {
        Seen::There(_) => owner.bucket(&wish.bucket, &wish.region).setting(Setting::Policy).await?,
        Seen::New | Seen::Hidden => None,
    };
    let target = Target::Bucket(wish.bucket.clone());
    let before = found.map(|bytes| text(bytes, &target)).transpose()?;
    let role = wanted::role_session(&plan.account, &wish.role);
    let existing = match &before {
        Some(before) => Some(parse(before, || target.to_string())?),
        None => None,
    };
    if let Some(document) = &existing {
        for resource in wanted::bucket_resources(&owner_number, &wish.bucket) {
            for action in BUCKET_ACTIONS {
                for statement in document.denials(action, Some(&resource), Some(&role)) {
                    warn(
                        plan,
                        &format!("{target} forbids {role} {action}, or may do so"),
                        statement.text(),
                    );
                }
            }
        }
    }
    if wish.way == Way::CrossAccount {
        let region = wish.region.clone();
        add(plan, title, target, region, before, existing, &wanted)?;
    }
    Ok(())
}

/// Tells of a statement once, whatever number of actions it forbids.
fn warn(plan: &mut Plan, what: &str, statement: &str) {
    if !plan.notes.iter().any(|note| note.ends_with(statement)) {
        plan.notes.push(format!("{what}, by the statement {statement}"));
    }
}

/// The key's policy, where the key is another account's.
pub(super) async fn key(
    clouds: &Clouds<'_>,
    wish: &Wish,
    seen: &Seen,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    if wish.way != Way::CrossAccount {
        return Ok(());
    }
    let Some(arn) = key_arn(wish, seen, plan) else { return Ok(()) };
    let number = arn.split(':').nth(3).unwrap_or_default();
    if number == plan.account {
        return Ok(());
    }
    let wanted = wanted::key_policy(&plan.account, &wish.role);
    let title = format!("policy of the key {arn}");
    let Some(owner) = clouds.other.filter(|other| other.number == number) else {
        let role = wanted::role_arn(&plan.account, &wish.role);
        let what = format!(
            "with account {number}, in the KMS console, enter {role} as cross-account user in the policy of the key \
             {arn}, or add this statement"
        );
        let outcome = Outcome::ByHand { what, document: wanted.text() };
        plan.push(title, "cannot be looked at with these keys", outcome);
        return Ok(());
    };
    let region = arn.split(':').nth(2).unwrap_or(&wish.region).to_owned();
    let kms = owner.kms(&region);
    let Some(found) = kms.key(&arn).await? else {
        let hint = "check `--kms-key`, or the encryption of the bucket";
        plan.push(title, "there is no such key", Outcome::in_the_way("the key is not there", hint));
        return Ok(());
    };
    if !found.takes_policy() {
        let why = "only keys in KMS instances can have a policy, so a role of another account cannot use this one";
        let hint = "have the bucket encrypted with a key of a KMS instance, or by OSS itself";
        plan.push(title, "cannot have one", Outcome::in_the_way(why, hint));
        return Ok(());
    }
    let target = Target::Key(arn.clone());
    let before = kms.key_policy(&arn).await?;
    let existing = parse(&before, || target.to_string())?;
    let role = wanted::role_session(&plan.account, &wish.role);
    for action in KEY_ACTIONS {
        for statement in existing.denials(action, Some("*"), Some(&role)) {
            warn(
                plan,
                &format!("{target} forbids {role} {action}, or may do so"),
                statement.text(),
            );
        }
    }
    add(plan, title, target, region, Some(before), Some(existing), &wanted)
}

/// The key that encrypts the bucket, as all accounts name it.
pub(super) fn key_arn(wish: &Wish, seen: &Seen, plan: &Plan) -> Option<String> {
    let of_bucket = match seen {
        Seen::There(info) => info.kms_key.as_ref(),
        Seen::New | Seen::Hidden => None,
    };
    let key = wish.kms_key.as_ref().or(of_bucket)?;
    if key.starts_with("acs:kms:") {
        return Some(key.clone());
    }
    let number = plan.bucket_account.as_ref().unwrap_or(&plan.account);
    Some(format!("acs:kms:{}:{number}:key/{key}", plain_region(&wish.region)))
}

/// Plans to add `wanted` to a policy that is replaced as a whole.
fn add(
    plan: &mut Plan,
    title: String,
    target: Target,
    region: String,
    before: Option<String>,
    existing: Option<Document>,
    wanted: &Document,
) -> Result<(), PrepareError> {
    let limit = |source| PrepareError::Limit { what: target.to_string(), source };
    let count = existing.as_ref().map_or(0, |document| document.statements().len());
    let after = match existing.unwrap_or_else(|| Document::of(Vec::new())).merge(wanted) {
        Merged::Same => {
            plan.push(title, "lets the role in", Outcome::Kept);
            return Ok(());
        }
        Merged::Grown { document, .. } => document,
    };
    after.check(target.place()).map_err(limit)?;
    let found = match (&before, count) {
        (None, _) => "there is none".to_owned(),
        (Some(_), 1) => "has 1 statement, which stays".to_owned(),
        (Some(_), count) => format!("has {count} statements, which stay"),
    };
    let policy = KeptPolicy { target, region, before, after: after.text(), backup: None };
    plan.push(title, found, Outcome::Do(Action::Replace(policy)));
    Ok(())
}

/// A policy as text; one that is none cannot be added to.
pub(super) fn text(bytes: Vec<u8>, target: &Target) -> Result<String, PrepareError> {
    use crate::preflight::policy::PolicyError;
    String::from_utf8(bytes).map_err(|error| {
        let column = error.utf8_error().valid_up_to() + 1;
        let source = PolicyError::Json { line: 1, column };
        PrepareError::Unreadable { what: target.to_string(), source }
    })
}
