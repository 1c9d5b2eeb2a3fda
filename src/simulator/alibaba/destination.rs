//! Whether the migration service could write where an address says: it takes a role on, whose policies,
//! the bucket's and the key's have to let it.

use super::address::StoredAddress;
use super::config::AlibabaConfig;
use super::judge::{Asked, Verdict, judge};
use super::permission::{of_bucket, resource};
use super::state::{State, StoredBucket, StoredKey};
use crate::alibaba::{Element, plain_region};

/// What the service calls itself where roles say whom they trust.
const SERVICE: &str = "mgw.aliyuncs.com";

/// What is done to the bucket and to its objects.
const NEEDED: [(&str, bool); 6] = [
    ("oss:ListObjects", false),
    ("oss:GetBucketAcl", false),
    ("oss:PutObject", true),
    ("oss:GetObject", true),
    ("oss:AbortMultipartUpload", true),
    ("oss:ListParts", true),
];

/// A code and words.
pub(super) type Fault = (&'static str, String);

/// What is wrong with a destination, if anything is.
pub(super) fn fault(
    address: &StoredAddress,
    state: &State,
    config: &AlibabaConfig,
) -> Option<Fault> {
    let detail = |name| address.detail(name);
    let name = detail("Bucket");
    let Some(bucket) = state.buckets.get(name) else {
        return Some(("DestAddrBucketNotExist", "The bucket does not exist.".to_owned()));
    };
    if plain_region(detail("RegionId")) != bucket.region && !detail("RegionId").is_empty() {
        let message = format!("The bucket is in {} and not there.", bucket.region);
        return Some(("DestAddrRegionBucketNotMatch", message));
    }
    let role = detail("Role");
    if role.is_empty() {
        let missing = detail("AccessId").is_empty();
        return missing.then(|| no_permission("There is neither a role nor a key."));
    }
    let home = &config.home.number;
    let documents = match role_documents(role, state, home) {
        Ok(documents) => documents,
        Err(fault) => return Some(fault),
    };
    let session = [format!("arn:sts::{home}:assumed-role/{role}/{SERVICE}")];
    let is_own = bucket.owner == *home;
    for (action, of_object) in NEEDED {
        let key = if of_object { format!("{}probe", detail("Prefix")) } else { String::new() };
        let place = resource(name, bucket, &key);
        let asked = Asked { action, resource: Some(&place), names: None };
        let by_role = judge(documents.iter().map(String::as_str), asked);
        // What denies comes first, then one policy that allows is enough ("RAM policy", OSS documentation); of
        // another account's bucket it is the bucket's.
        let lets = match (by_role, of_bucket(bucket, &session, action, &place)) {
            (Verdict::Denied, _) | (_, Verdict::Denied) => false,
            (_, Verdict::Allowed) => true,
            (by_role, Verdict::Silent) => is_own && by_role == Verdict::Allowed,
        };
        if !lets {
            return Some(no_permission(&format!("The role {role} may not {action} on {place}.")));
        }
    }
    encryption_fault(bucket, &documents, role, state, home)
}

/// The documents of a role that can be taken on.
pub(super) fn role_documents(role: &str, state: &State, home: &str) -> Result<Vec<String>, Fault> {
    let stored = state.accounts.get(home).and_then(|account| account.roles.get(role));
    let Some(stored) = stored.filter(|_| state.unaware == 0) else {
        return Err(no_permission(&format!("The role {role} does not exist.")));
    };
    if role.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(no_permission(&format!("The name of the role {role} has capitals.")));
    }
    let names = [SERVICE.to_owned()];
    let asked = Asked { action: "sts:AssumeRole", resource: None, names: Some(&names) };
    if judge([stored.trust.as_str()], asked) != Verdict::Allowed {
        return Err(no_permission(&format!("The role {role} may not be taken on by {SERVICE}.")));
    }
    Ok(state.documents(home, &stored.policies))
}

/// What is wrong with the key that a bucket is encrypted by.
fn encryption_fault(
    bucket: &StoredBucket,
    documents: &[String],
    role: &str,
    state: &State,
    home: &str,
) -> Option<Fault> {
    let applied = Element::parse(bucket.about.settings.get("encryption")?.as_bytes())?;
    let applied = applied.child("ApplyServerSideEncryptionByDefault")?;
    if applied.text_of("SSEAlgorithm") != Some("KMS") {
        return None;
    }
    let id = applied.text_of("KMSMasterKeyID").map(|id| id.rsplit('/').next().unwrap_or(id));
    // Without one it is the service's own key, which all may use who may use KMS.
    let key = match id.map(|id| usable_key(id, bucket, state)).transpose() {
        Ok(key) => key,
        Err(fault) => return Some(fault),
    };
    let owner = key.map_or(&bucket.owner, |key| &key.owner);
    let place = format!("acs:kms:{}:{owner}:key/{}", bucket.region, id.unwrap_or("default"));
    let names = [format!("acs:ram::{home}:role/{role}")];
    for action in ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"] {
        let asked = Asked { action, resource: Some(&place), names: None };
        if judge(documents.iter().map(String::as_str), asked) != Verdict::Allowed {
            return Some(no_permission(&format!("The role {role} may not {action} on {place}.")));
        }
        let asked = Asked { resource: None, names: Some(&names), ..asked };
        let lets = |key: &StoredKey| match &key.policy {
            Some(policy) => judge([policy.as_str()], asked) == Verdict::Allowed,
            None => key.owner == home,
        };
        if !key.is_none_or(lets) {
            return Some(no_permission(&format!("The key does not let {} {action}.", names[0])));
        }
    }
    None
}

/// A key that can encrypt for a bucket.
fn usable_key<'s>(
    id: &str,
    bucket: &StoredBucket,
    state: &'s State,
) -> Result<&'s StoredKey, Fault> {
    match state.keys.get(id) {
        None => Err(kms(&format!("The key {id} does not exist."))),
        Some(key) if key.region != bucket.region => {
            Err(kms("The key is in another region than the bucket."))
        }
        Some(key) if key.about.state != "Enabled" => {
            Err(kms(&format!("The key is {}.", key.about.state)))
        }
        Some(key) if key.about.usage != "ENCRYPT/DECRYPT" => {
            Err(kms("The key is not one that encrypts."))
        }
        Some(key) => Ok(key),
    }
}

fn no_permission(message: &str) -> Fault {
    ("NoPermission", message.to_owned())
}

fn kms(message: &str) -> Fault {
    ("DestAddrKmsKeyInvalid", message.to_owned())
}
