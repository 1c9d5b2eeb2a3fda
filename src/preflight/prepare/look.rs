//! What is there, in the order in which what is missing is done.

use super::clouds::Clouds;
use super::error::PrepareError;
use super::look_bucket::{self, Seen};
use super::look_ram::{self, Holds};
use super::plan::{Outcome, Plan};
use super::record::Record;
use super::wish::{KmsGrant, Wish};
use crate::alibaba::ram::PolicyName;
use crate::preflight::wanted::{self, Way};

/// Looks at what is there of `wish`. Changes nothing. What an earlier run left half done is in `earlier`.
///
/// # Errors
/// If a call fails, or a document that is there cannot be understood.
pub async fn look(
    clouds: &Clouds<'_>,
    wish: &Wish,
    earlier: Option<&Record>,
) -> Result<Plan, PrepareError> {
    let bucket_account = bucket_account(clouds, wish)?;
    let mut plan = Plan {
        account: clouds.own.number.to_owned(),
        bucket_account,
        bucket: wish.bucket.clone(),
        region: wish.region.clone(),
        way: wish.way,
        items: Vec::new(),
        notes: Vec::new(),
    };
    let seen = look_bucket::bucket(clouds, wish, &mut plan).await?;
    if let Some(user) = &wish.user {
        look_ram::user(clouds, wish, user, &mut plan).await?;
    }
    if wish.way.needs_role() {
        let holds = look_ram::role(clouds, wish, &mut plan).await?;
        role_policies(clouds, wish, &seen, &holds, &mut plan).await?;
    }
    look_bucket::policy(clouds, wish, &seen, &mut plan).await?;
    look_bucket::key(clouds, wish, &seen, &mut plan).await?;
    if let Some(user) = wish.user.as_ref().filter(|_| wish.access_key) {
        look_ram::access_key(clouds, user, earlier, &mut plan).await?;
    }
    remark(wish, &seen, &mut plan);
    Ok(plan)
}

/// The number of the account that owns the bucket, where it is another.
fn bucket_account(clouds: &Clouds<'_>, wish: &Wish) -> Result<Option<String>, PrepareError> {
    if wish.way != Way::CrossAccount {
        return Ok(None);
    }
    let of_keys = clouds.other.map(|other| other.number.to_owned());
    let number = wish.bucket_account.clone().or(of_keys);
    number.map(Some).ok_or(PrepareError::NoBucketAccount)
}

async fn role_policies(
    clouds: &Clouds<'_>,
    wish: &Wish,
    seen: &Seen,
    holds: &Holds,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    // In another account the policy of the bucket lets the role in.
    if wish.way == Way::Manual {
        let document = wanted::role_policy(&wish.bucket);
        let name = wish.role_policy_name();
        look_ram::custom_policy(clouds, &name, &document, plan).await?;
        look_ram::role_attachment(wish, holds, &PolicyName::custom(name), plan);
    }
    let grant = match wish.kms {
        // Who names the key says that there is one, also where that cannot be seen.
        KmsGrant::Auto if seen.is_encrypted_by_kms() || wish.kms_key.is_some() => KmsGrant::Full,
        other => other,
    };
    match grant {
        KmsGrant::Auto | KmsGrant::None => {}
        KmsGrant::Full => {
            let policy = PolicyName::system(wanted::KMS_FULL_ACCESS);
            if look_ram::is_known(clouds, &policy, plan).await? {
                look_ram::role_attachment(wish, holds, &policy, plan);
            }
        }
        KmsGrant::Least => {
            let key = look_bucket::key_arn(wish, seen, plan);
            let document = wanted::kms_policy(key.as_deref());
            let name = wish.kms_policy_name();
            look_ram::custom_policy(clouds, &name, &document, plan).await?;
            look_ram::role_attachment(wish, holds, &PolicyName::custom(name), plan);
        }
    }
    Ok(())
}

/// What follows from all of it, and is not done here.
fn remark(wish: &Wish, seen: &Seen, plan: &mut Plan) {
    let encrypted = seen.is_encrypted_by_kms();
    match wish.way {
        Way::Automatic => {
            plan.notes.push(
                "the console creates the role when the data address is created, if the RAM user of this plan is logged \
                 on there; with `--manual` it is created here"
                    .to_owned(),
            );
            if encrypted {
                plan.notes.push(format!(
                    "KMS encrypts the bucket: attach {} to the role that the console creates",
                    wanted::KMS_FULL_ACCESS
                ));
            }
        }
        Way::Classic if encrypted => plan.notes.push(format!(
            "KMS encrypts the bucket: the RAM user may need {}, too",
            wanted::KMS_FULL_ACCESS
        )),
        Way::Manual | Way::CrossAccount if encrypted && wish.kms == KmsGrant::None => {
            plan.notes.push(
                "KMS encrypts the bucket, and the role gets no permission for KMS".to_owned(),
            );
        }
        Way::CrossAccount
            if matches!(seen, Seen::Hidden)
                && wish.kms == KmsGrant::Auto
                && wish.kms_key.is_none() =>
        {
            plan.notes.push(
                "whether KMS encrypts the bucket cannot be seen with these keys: if it does, name its key with \
                 `--kms-key`, or the role will not read or write there"
                    .to_owned(),
            );
        }
        _ => {}
    }
    if wish.way.needs_role() && wish.service_principal == wanted::SERVICE_PRINCIPAL {
        plan.notes.push(format!(
            "that the service is named {} in trust policies is seen with third parties only: compare with a role that \
             the console creates for Data Transport",
            wanted::SERVICE_PRINCIPAL
        ));
    }
    let by_hand = plan.items.iter().filter(|item| matches!(item.outcome, Outcome::ByHand { .. }));
    if by_hand.count() > 0 {
        plan.notes.push(
            "what is to be done by hand is done here with keys for the bucket's account: `--bucket-profile NAME`".to_owned(),
        );
    }
}
