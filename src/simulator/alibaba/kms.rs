//! KMS: keys and their policies.

use serde_json::{Value, json};

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use super::host::Named;
use super::judge::{Asked, Verdict, judge};
use super::permission::denied;
use super::state::StoredKey;
use crate::alibaba::kms::LARGEST_POLICY;

pub(super) fn operation(action: &str) -> &'static str {
    let known = ["DescribeKey", "GetKeyPolicy", "SetKeyPolicy"];
    known.into_iter().find(|name| *name == action).unwrap_or_default()
}

/// The policy of a key that was given none: its owner may do everything.
pub(super) fn default_policy(owner: &str) -> String {
    let statement = json!({
        "Sid": "kms default key policy", "Effect": "Allow",
        "Principal": {"RAM": [format!("acs:ram::{owner}:*")]},
        "Action": ["kms:*"], "Resource": ["*"],
    });
    json!({"Version": "1", "Statement": [statement]}).to_string()
}

pub(super) fn carry_out(region: &str, mut call: Call<'_>) -> Result<Answer, Refused> {
    let id = call.required("KeyId")?.to_owned();
    let Some((id, key)) = find(&call, &id, region) else {
        let code = if id.starts_with("alias/") {
            "Forbidden.AliasNotFound"
        } else {
            "Forbidden.KeyNotFound"
        };
        return Err(refused(404, code, "The specified Key is not found."));
    };
    let (id, is_own) = (id.to_owned(), key.owner == call.caller.account);
    match call.operation {
        "DescribeKey" if is_own || lets(key, &call) => Ok(Answer::Json(json!({
            "KeyMetadata": described(&id, key),
        }))),
        "GetKeyPolicy" | "SetKeyPolicy" if is_own => policy(&id, &mut call),
        _ => Err(denied(Named::Kms { region })),
    }
}

/// A key by its id, its alias or its ARN, as far as the caller knows of it.
fn find<'c>(call: &'c Call<'_>, name: &str, region: &str) -> Option<(&'c str, &'c StoredKey)> {
    let account = &call.caller.account;
    let (id, owner) = match name.strip_prefix("acs:kms:") {
        Some(arn) => {
            let mut parts = arn.splitn(3, ':');
            let (named, owner) = (parts.next()?, parts.next()?);
            (parts.next()?.strip_prefix("key/").filter(|_| named == region)?, owner)
        }
        None => (name, account.as_str()),
    };
    let mut keys = call.state.keys.iter();
    let (id, key) = keys.find(|(known, key)| {
        (known.as_str() == id || key.about.alias.as_deref() == Some(id))
            && key.owner == owner
            && key.region == region
    })?;
    Some((id.as_str(), key))
}

/// Whether the policy of somebody else's key lets the caller look at it.
fn lets(key: &StoredKey, call: &Call<'_>) -> bool {
    let names = [call.caller.arn()];
    let asked = Asked { action: "kms:DescribeKey", resource: None, names: Some(&names) };
    key.policy.as_ref().is_some_and(|policy| judge([policy.as_str()], asked) == Verdict::Allowed)
}

fn described(id: &str, key: &StoredKey) -> Value {
    let about = &key.about;
    let mut described = json!({
        "KeyId": id,
        "Arn": format!("acs:kms:{}:{}:key/{id}", key.region, key.owner),
        "Creator": about.creator.as_ref().unwrap_or(&key.owner),
        "CreationDate": super::state::BEFORE,
        "KeyState": about.state, "KeyUsage": about.usage, "KeySpec": "Aliyun_AES_256",
        "Origin": "Aliyun_KMS", "ProtectionLevel": "SOFTWARE", "Description": "",
        "AutomaticRotation": "Disabled", "DeletionProtection": "Disabled",
    });
    if let Some(instance) = &about.instance {
        described["DKMSInstanceId"] = instance.clone().into();
    }
    if about.state == "PendingDeletion" {
        described["DeleteDate"] = "2099-01-01T00:00:00Z".into();
    }
    described
}

fn policy(id: &str, call: &mut Call<'_>) -> Result<Answer, Refused> {
    let wanted = call.parameter("Policy").map(str::to_owned);
    if call.parameter("PolicyName").is_some_and(|name| name != "default") {
        return Err(invalid("PolicyName is not default."));
    }
    let stored = call.state.keys.get_mut(id).and_then(|key| key.policy.as_mut());
    let Some(stored) = stored else {
        let message = "The key is in no KMS instance, and cannot have a policy.";
        return Err(refused(400, "UnsupportedOperation", message));
    };
    if call.operation == "GetKeyPolicy" {
        return Ok(Answer::Json(json!({"Policy": stored})));
    }
    let wanted = wanted.ok_or_else(|| invalid("There is no policy."))?;
    check(&wanted)?;
    *stored = wanted;
    Ok(Answer::Json(json!({})))
}

fn invalid(message: &str) -> Refused {
    refused(400, "InvalidParameter", message)
}

fn check(policy: &str) -> Result<(), Refused> {
    if policy.len() > LARGEST_POLICY {
        return Err(invalid("The policy is too large."));
    }
    let parsed: Value = serde_json::from_str(policy).map_err(|_| invalid("It is not JSON."))?;
    let statements = parsed["Statement"].as_array().filter(|statements| !statements.is_empty());
    let statements = statements.filter(|_| parsed["Version"] == "1");
    for statement in statements.ok_or_else(|| invalid("There is no statement of version 1."))? {
        let is_action =
            |action: &Value| action.as_str().is_some_and(|name| name.starts_with("kms:"));
        let actions = statement["Action"].as_array();
        if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
            || !statement["Principal"]["RAM"].is_array()
            || !actions.is_some_and(|actions| actions.iter().all(is_action))
            || statement["Resource"] != json!(["*"])
            || statement["Sid"].as_str().is_some_and(|sid| sid.len() > 128)
        {
            return Err(invalid("A statement is not as the reference says."));
        }
    }
    Ok(())
}
