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
        let by_bucket = of_bucket(bucket, &session, action, &place);
        let lets = match (by_role, by_bucket) {
            (_, Verdict::Denied) => false,
            (Verdict::Allowed, by_bucket) => is_own || by_bucket == Verdict::Allowed,
            _ => false,
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
    let Some(stored) = stored else {
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
    let rule = Element::parse(bucket.about.settings.get("encryption")?.as_bytes())?;
    let rule = rule.child("ApplyServerSideEncryptionByDefault")?;
    if rule.text_of("SSEAlgorithm") != Some("KMS") {
        return None;
    }
    let names = [format!("acs:ram::{home}:role/{role}")];
    for action in ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"] {
        let id = rule.text_of("KMSMasterKeyID");
        let key = id.and_then(|id| state.keys.get(id.rsplit('/').next().unwrap_or(id)));
        let key = match (id, key) {
            // The service's own key, which all may use who may use KMS.
            (None, _) => None,
            (Some(id), None) => return Some(kms(&format!("The key {id} does not exist."))),
            (Some(_), Some(key)) if key.region != bucket.region => {
                return Some(kms("The key is in another region than the bucket."));
            }
            (Some(_), Some(key)) if key.about.state != "Enabled" => {
                return Some(kms(&format!("The key is {}.", key.about.state)));
            }
            (Some(_), Some(key)) => Some(key),
        };
        let place = format!("acs:kms:{}:{}:key/{}", bucket.region, bucket.owner, id.unwrap_or("*"));
        let asked = Asked { action, resource: Some(&place), names: None };
        if judge(documents.iter().map(String::as_str), asked) != Verdict::Allowed {
            return Some(no_permission(&format!("The role {role} may not {action} on {place}.")));
        }
        let asked = Asked { action, resource: None, names: Some(&names) };
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

fn no_permission(message: &str) -> Fault {
    ("NoPermission", message.to_owned())
}

fn kms(message: &str) -> Fault {
    ("DestAddrKmsKeyInvalid", message.to_owned())
}
