//! The key that encrypts the bucket, and who may use it.
//!
//! Sources: "Preparations" (encryption considerations), Data Online Migration documentation; "Server-side
//! encryption", OSS documentation; `DescribeKey`, `GetKeyPolicy`, "Key policies", KMS documentation.

use super::held::{Granted, Held};
use super::role::Seen;
use super::user::Who;
use crate::alibaba::kms::{Key, Kms};
use crate::alibaba::oss::{Encryption, Presence};
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Caller, Document, Effect, Grant};
use crate::preflight::wanted::{
    KEY_ACTIONS, KMS_ACTIONS, KMS_FULL_ACCESS, Way, key_policy, kms_policy,
};
use crate::preflight::word::{listed, quoted, shell};

pub(in crate::preflight) const ACCESS: Check = Check::identity(
    "IDENTITY_KMS_ACCESS",
    "permissions for KMS",
    "the bucket is encrypted by KMS, and whoever writes to it has to be allowed to use the key, or every object \
     fails",
);

pub(in crate::preflight) const KEY: Check = Check::identity(
    "IDENTITY_KMS_KEY",
    "the key that encrypts the bucket",
    "with a key that is not there or not enabled nothing can be written",
);

pub(in crate::preflight) const KEY_POLICY: Check = Check::identity(
    "IDENTITY_KEY_POLICY",
    "whom the key's policy lets in",
    "a key of another account can be used only by those whom its policy names",
);

/// What encrypts the bucket.
enum Cipher {
    /// Not KMS.
    Other,
    /// KMS, with this key; with the default key without one.
    Kms(Option<String>),
    /// It could not be found out.
    Hidden(Finding),
}

pub(super) async fn check(ground: &Ground<'_>, role: &Seen, user: &Who) -> Vec<Finding> {
    if ground.bucket().is_none() {
        return Vec::new();
    }
    let key = match cipher(ground).await {
        Cipher::Other => return Vec::new(),
        Cipher::Hidden(finding) => return vec![finding],
        Cipher::Kms(key) => key,
    };
    let region = ground.region.as_deref().unwrap_or_default();
    let named = Named::of(key.as_deref(), region, ground.owner().unwrap_or(&ground.account));
    let mut findings = Vec::new();
    findings.extend(access(ground, role, user, &named.arn, key.is_some()));
    if key.is_some() {
        findings.extend(of_key(ground, user, &named).await);
    }
    findings
}

/// A key by its names.
struct Named<'a> {
    /// The account that it belongs to.
    owner: &'a str,
    /// Within its account.
    id: &'a str,
    /// For everybody.
    arn: String,
}

impl<'a> Named<'a> {
    /// A key as a bucket names it, by its id or its whole name; any key of the account without one.
    fn of(key: Option<&'a str>, region: &str, owner: &'a str) -> Self {
        let whole = key.and_then(|key| key.strip_prefix("acs:kms:")?.split_once(":key/"));
        if let Some((place, id)) = whole
            && let Some((_, owner)) = place.split_once(':')
        {
            return Self { owner, id, arn: format!("acs:kms:{place}:key/{id}") };
        }
        let id = key.unwrap_or("*");
        Self { owner, id, arn: format!("acs:kms:{region}:{owner}:key/{id}") }
    }
}

async fn cipher(ground: &Ground<'_>) -> Cipher {
    let of = |algorithm: Option<&str>, key: Option<String>| match algorithm {
        Some("KMS") => Cipher::Kms(key),
        _ => Cipher::Other,
    };
    match (&ground.presence, ground.bucket()) {
        (Ok(Presence::Ours(info)), _) => of(info.encryption.as_deref(), info.kms_key.clone()),
        (_, Some(bucket)) => match bucket.encryption().await {
            Ok(None) => Cipher::Other,
            Ok(Some(Encryption { algorithm, kms_key, .. })) => of(Some(&algorithm), kms_key),
            Err(error) => Cipher::Hidden(ground.unreadable(
                &ACCESS,
                &error,
                "oss:GetBucketEncryption",
                &ground.bucket_arn(),
            )),
        },
        (_, None) => Cipher::Other,
    }
}

/// Whether the writer's policies allow it to use the key.
fn access(
    ground: &Ground<'_>,
    role: &Seen,
    user: &Who,
    arn: &str,
    custom: bool,
) -> Option<Finding> {
    let (held, kind, name) = match role {
        Seen::NotNeeded(Way::Classic) => match user.unread() {
            Some(unread) => return Some(unread.finding(ground, &ACCESS)),
            None => (user.held(), "user", user.name()?.to_owned()),
        },
        Seen::Looked(looked) => match &looked.held {
            Err(unread) => return Some(unread.finding(ground, &ACCESS)),
            Ok(held) => (held.as_ref(), "role", looked.name.clone()),
        },
        Seen::NotNeeded(_) => {
            return Some(
                ACCESS
                    .unknown("the role is not there yet, and the console does not give it permissions for KMS")
                    .by_hand(format!(
                        "once the console has made the role: RAM console > Identities > Roles > Grant Permission: \
                         {KMS_FULL_ACCESS}"
                    )),
            );
        }
        Seen::Elsewhere => {
            return Some(
                ACCESS
                    .unknown(format!(
                        "the role is in account {}, and the keys are not",
                        ground.account
                    ))
                    .by_hand(format!("check once more with keys of account {}", ground.account)),
            );
        }
    };
    Some(judge(ground, held?, kind, &name, arn, custom))
}

fn judge(
    ground: &Ground<'_>,
    held: &Held,
    kind: &str,
    name: &str,
    arn: &str,
    custom: bool,
) -> Finding {
    let (to, flag) = if kind == "user" { ("User", "UserName") } else { ("Role", "RoleName") };
    let mend = |finding: Finding| {
        finding
            .run(format!(
                "aliyun ram AttachPolicyTo{to} --PolicyType System --PolicyName {KMS_FULL_ACCESS} --{flag} {}",
                shell(name)
            ))
            .by_hand(format!(
                "RAM console > Permissions > Policies > Create Policy, where {KMS_FULL_ACCESS} is too much; the least is {}",
                kms_policy(custom.then_some(arn)).text()
            ))
    };
    if let Some(denied) = held.denied(&KEY_ACTIONS, arn) {
        let by = denied.policy.statement(denied.statement);
        let seen = format!("`{}` is denied to the {kind} `{name}` by {by}", denied.action);
        let console = format!(
            "RAM console > Permissions > Policies > {}: take the statement out",
            denied.policy.name.name
        );
        let finding = if denied.is_certain { ACCESS.blocker(seen) } else { ACCESS.warning(seen) };
        return finding.by_hand(console);
    }
    let (mut missing, mut perhaps) = (Vec::new(), None);
    for action in KMS_ACTIONS {
        // Lists cannot be narrowed to a key.
        let resource = if action == "kms:List*" { "acs:kms:*:*:*" } else { arn };
        match held.granted(action, resource) {
            Granted::By(_) => {}
            Granted::Perhaps(policy, by) => {
                perhaps.get_or_insert_with(|| policy.statement(by));
            }
            Granted::No => missing.push(action.to_owned()),
        }
    }
    if !missing.is_empty() {
        if let Some(hidden) = held.hidden(ground, &ACCESS) {
            return hidden;
        }
        let seen = format!("the {kind} `{name}` lacks {}", listed(&missing, 4));
        let is_needed = missing.iter().any(|action| KEY_ACTIONS.contains(&action.as_str()));
        return mend(if is_needed { ACCESS.blocker(seen) } else { ACCESS.warning(seen) });
    }
    match perhaps {
        Some(statement) => mend(ACCESS.warning(format!("allowed on conditions only: {statement}"))),
        None if held.system(KMS_FULL_ACCESS).is_some() => {
            ACCESS.ok(format!("the {kind} `{name}` has {KMS_FULL_ACCESS}"))
        }
        None => ACCESS.ok(format!("the {kind} `{name}` may do {}", KMS_ACTIONS.join(", "))),
    }
}

/// The key itself, and its policy.
async fn of_key(ground: &Ground<'_>, user: &Who, named: &Named<'_>) -> Vec<Finding> {
    let Named { owner, arn, .. } = named;
    // Another account's key is asked for by its whole name.
    let id = if *owner == ground.keeping.account { named.id } else { arn };
    let kms = Kms::new(ground.keeper, ground.region.as_deref().unwrap_or_default());
    let key = match kms.key(id).await {
        Ok(Some(key)) => key,
        Ok(None) => {
            return vec![
                KEY.blocker(format!("there is no key `{id}`, and the bucket names it"))
                    .run(format!("ossutil api put-bucket-encryption --bucket {} --server-side-encryption-rule \
                         '{{\"ApplyServerSideEncryptionByDefault\":{{\"SSEAlgorithm\":\"AES256\"}}}}'", shell(ground.wish.bucket)))
                    .by_hand("OSS console > the bucket > Data Security > Server-side Encryption: another key, or OSS-managed"),
            ];
        }
        Err(error) => {
            let mut findings = vec![ground.unreadable(&KEY, &error, "kms:DescribeKey", arn)];
            if *owner != ground.account {
                findings.push(ground.unreadable(&KEY_POLICY, &error, "kms:GetKeyPolicy", arn));
            }
            return findings;
        }
    };
    let mut findings = vec![state(&key)];
    if *owner != ground.account {
        findings.push(of_policy(ground, user, &kms, &key, id, owner).await);
    }
    findings
}

fn state(key: &Key) -> Finding {
    let id = &key.key_id;
    let shown = shell(id);
    match key.key_state.as_str() {
        "Enabled" => KEY.ok(format!("`{id}` is enabled")),
        "Disabled" => KEY
            .blocker(format!("`{id}` is disabled"))
            .run(format!("aliyun kms EnableKey --KeyId {shown}"))
            .by_hand("KMS console > Keys > the key > Enable"),
        "PendingDeletion" => KEY
            .blocker(format!(
                "`{id}` will be deleted {}",
                key.delete_date
                    .as_deref()
                    .map_or_else(|| "soon".to_owned(), |date| format!("at {date}"))
            ))
            .run(format!("aliyun kms CancelKeyDeletion --KeyId {shown}"))
            .by_hand("KMS console > Keys > the key > Cancel Scheduled Deletion"),
        "PendingImport" => KEY
            .blocker(format!("`{id}` waits for its material"))
            .by_hand("KMS console > Keys > the key > Import Key Material"),
        other => KEY
            .blocker(format!("`{id}` is in the state `{}`", other.escape_debug()))
            .by_hand("look at KMS console > Keys > the key"),
    }
}

async fn of_policy(
    ground: &Ground<'_>,
    user: &Who,
    kms: &Kms<'_>,
    key: &Key,
    id: &str,
    owner: &str,
) -> Finding {
    let role = ground.role();
    let wanted = key_policy(&ground.account, &role);
    let mend = |finding: Finding| {
        finding
            .run(ground.prepare())
            .by_hand(format!(
                "KMS console of account {owner} > Keys > the key > Key Policy > Configure Key Policy > Cross-account User: \
                 acs:ram::{}:role/{role}; as a statement: {}",
                ground.account,
                wanted.text()
            ))
    };
    if !key.takes_policy() {
        return KEY_POLICY
            .blocker(format!("`{}` is in no KMS instance, and cannot have a policy", key.key_id))
            .by_hand("encrypt the bucket with a key in a KMS instance, or with the default key: OSS console > the bucket > Data Security > Server-side Encryption");
    }
    let text = match kms.key_policy(id).await {
        Ok(text) => text,
        Err(error) => return ground.unreadable(&KEY_POLICY, &error, "kms:GetKeyPolicy", &key.arn),
    };
    let policy = match Document::parse(&text) {
        Ok(policy) => policy,
        Err(error) => {
            return KEY_POLICY
                .unknown(format!("the key's policy cannot be read: {error}"))
                .by_hand("look at KMS console > Keys > the key > Key Policy");
        }
    };
    let Some(writer @ Caller::Role { .. }) = user.writer(ground) else {
        return KEY_POLICY
            .unknown("the pages describe keys of another account for roles only")
            .run(ground.again("--cross-account"));
    };
    let (mut missing, mut perhaps) = (Vec::new(), None);
    for action in KEY_ACTIONS {
        match policy.grants(action, Some("*"), Some(&writer)) {
            Grant::Allowed => {}
            Grant::Denied(by) => {
                return mend(
                    KEY_POLICY.blocker(format!(
                        "`{action}` is denied to {writer}: {}",
                        quoted(by.text())
                    )),
                );
            }
            Grant::Conditional(by) => {
                let how = if by.meaning().effect == Effect::Deny { "denied" } else { "allowed" };
                perhaps = Some(format!(
                    "`{action}` is {how} to {writer} on conditions: {}",
                    quoted(by.text())
                ));
            }
            Grant::NotGranted => missing.push(action.to_owned()),
        }
    }
    match (missing.is_empty(), perhaps) {
        (false, _) => mend(KEY_POLICY.blocker(format!("{writer} lacks {}", listed(&missing, 4)))),
        (true, Some(perhaps)) => mend(KEY_POLICY.warning(perhaps)),
        (true, None) => KEY_POLICY.ok(format!("{writer} may use the key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_names_its_key_in_either_way() {
        for (key, arn, owner, id) in [
            (Some("k-1"), "acs:kms:cn-beijing:100:key/k-1", "100", "k-1"),
            (
                Some("acs:kms:cn-beijing:200:key/k-1"),
                "acs:kms:cn-beijing:200:key/k-1",
                "200",
                "k-1",
            ),
            (None, "acs:kms:cn-beijing:100:key/*", "100", "*"),
        ] {
            let named = Named::of(key, "cn-beijing", "100");
            assert_eq!((named.arn.as_str(), named.owner, named.id), (arn, owner, id));
        }
    }
}
