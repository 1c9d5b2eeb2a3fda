//! Policies and their versions.

use serde_json::{Value, json};

use super::{check, listed, system};
use crate::alibaba::ram::{PolicyName, PolicyType};
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::alibaba::state::{BEFORE, StoredAccount};

/// A custom policy.
pub(in crate::simulator::alibaba) struct StoredPolicy {
    description: String,
    created: String,
    /// By ascending numbers; never empty.
    versions: Vec<Version>,
    /// The number of the one that counts.
    default: u64,
    /// The last number that was given out.
    last: u64,
}

/// A version of a policy.
pub(in crate::simulator::alibaba) struct Version {
    number: u64,
    pub(in crate::simulator::alibaba) document: String,
    created: String,
}

impl StoredPolicy {
    pub(in crate::simulator::alibaba) fn new(document: String, created: &str) -> Self {
        let created = created.to_owned();
        let version = Version { number: 1, document, created: created.clone() };
        Self { description: String::new(), created, versions: vec![version], default: 1, last: 1 }
    }

    /// The version that counts.
    pub(in crate::simulator::alibaba) fn counting(&self) -> &Version {
        let counting = self.versions.iter().find(|version| version.number == self.default);
        counting.unwrap_or(&self.versions[0])
    }
}

impl Version {
    fn shown(&self, default: u64) -> Value {
        json!({
            "VersionId": format!("v{}", self.number), "IsDefaultVersion": self.number == default,
            "PolicyDocument": self.document, "CreateDate": self.created,
        })
    }
}

pub(super) fn missing() -> Refused {
    refused(404, "EntityNotExist.Policy", "The policy does not exist.")
}

fn no_version() -> Refused {
    refused(404, "EntityNotExist.Policy.Version", "The version does not exist.")
}

/// The policy that a call names by type and name.
pub(super) fn named(call: &Call<'_>) -> Result<PolicyName, Refused> {
    let name = call.required("PolicyName")?;
    match call.required("PolicyType")? {
        "System" => Ok(PolicyName::system(name)),
        "Custom" => Ok(PolicyName::custom(name)),
        _ => Err(refused(400, "InvalidParameter.PolicyType", "PolicyType is incorrect.")),
    }
}

/// How many users and roles have a policy.
fn attachments(account: &StoredAccount, policy: &PolicyName) -> (usize, usize) {
    let users = account.users.values().filter(|user| user.policies.contains(policy)).count();
    let roles = account.roles.values().filter(|role| role.policies.contains(policy)).count();
    (users, roles)
}

fn about(account: &StoredAccount, name: &PolicyName) -> Option<(Value, Value)> {
    let (users, roles) = attachments(account, name);
    let describe = |description: &str, created: &str, version: u64| {
        json!({
            "PolicyName": name.name, "PolicyType": name.kind.name(), "Description": description,
            "CreateDate": created, "UpdateDate": created, "AttachmentCount": users + roles,
            "DefaultVersion": format!("v{version}"),
        })
    };
    match name.kind {
        PolicyType::System => {
            let document = system(&name.name)?.to_owned();
            let version = Version { number: 1, document, created: BEFORE.to_owned() };
            Some((describe("", BEFORE, 1), version.shown(1)))
        }
        PolicyType::Custom => {
            let policy = account.policies.get(&name.name)?;
            let described = describe(&policy.description, &policy.created, policy.default);
            Some((described, policy.counting().shown(policy.default)))
        }
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = named(call)?;
    let (policy, version) = about(call.account()?, &name).ok_or_else(missing)?;
    Ok(Answer::Json(json!({"Policy": policy, "DefaultPolicyVersion": version})))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let kind = call.parameter("PolicyType").unwrap_or("Custom").to_owned();
    let is_system = kind == "System";
    let names: Vec<String> = if is_system {
        super::system::names().map(str::to_owned).collect()
    } else {
        call.account()?.policies.keys().cloned().collect()
    };
    let (names, next) = call.page(names);
    let account = call.account()?;
    let entries = names.into_iter().filter_map(|name| {
        let name = if is_system { PolicyName::system(name) } else { PolicyName::custom(name) };
        about(account, &name).map(|(policy, _)| policy)
    });
    Ok(listed("Policies", "Policy", &entries.collect::<Vec<_>>(), next))
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("PolicyName")?.to_owned();
    check::name("PolicyName", &name, 128, "-")?;
    let document = call.required("PolicyDocument")?.to_owned();
    check::policy(&document)?;
    let description = call.parameter("Description").unwrap_or_default().to_owned();
    let (most, created) = (call.config.limits.policies, call.second());
    let account = call.account()?;
    if account.policies.contains_key(&name) {
        return Err(refused(409, "EntityAlreadyExists.Policy", "The policy does already exist."));
    }
    if account.policies.len() >= most {
        return Err(refused(409, "LimitExceeded.Policy", "There are too many policies."));
    }
    let policy = StoredPolicy { description, ..StoredPolicy::new(document, &created) };
    account.policies.insert(name.clone(), policy);
    let shown = about(account, &PolicyName::custom(name)).map(|(policy, _)| policy);
    Ok(Answer::Json(json!({"Policy": shown})))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("PolicyName")?.to_owned();
    let cascades = call.parameter("CascadingDelete") == Some("true");
    let account = call.account()?;
    let policy = account.policies.get(&name).ok_or_else(missing)?;
    let (users, roles) = attachments(account, &PolicyName::custom(&name));
    if users > 0 && !cascades {
        return Err(refused(409, "DeleteConflict.Policy.User", "A user has the policy."));
    }
    if roles > 0 && !cascades {
        return Err(refused(409, "DeleteConflict.Role.Policy", "A role has the policy."));
    }
    if policy.versions.len() > 1 && !cascades {
        let message = "The policy has versions beside the one that counts.";
        return Err(refused(409, "DeleteConflict.Policy.Version", message));
    }
    account.policies.remove(&name);
    Ok(Answer::Json(json!({})))
}

fn found<'c>(call: &'c mut Call<'_>) -> Result<&'c mut StoredPolicy, Refused> {
    let name = call.required("PolicyName")?.to_owned();
    call.account()?.policies.get_mut(&name).ok_or_else(missing)
}

pub(super) fn list_versions(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = named(call)?;
    let account = call.account()?;
    let versions = match name.kind {
        PolicyType::System => vec![about(account, &name).ok_or_else(missing)?.1],
        PolicyType::Custom => {
            let policy = account.policies.get(&name.name).ok_or_else(missing)?;
            policy.versions.iter().map(|version| version.shown(policy.default)).collect()
        }
    };
    Ok(listed("PolicyVersions", "PolicyVersion", &versions, None))
}

pub(super) fn create_version(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let document = call.required("PolicyDocument")?.to_owned();
    check::policy(&document)?;
    let as_default =
        call.parameter("SetAsDefault").is_some_and(|is| is.eq_ignore_ascii_case("true"));
    let rotates = match call.parameter("RotateStrategy").unwrap_or("None") {
        "None" => false,
        "DeleteOldestNonDefaultVersionWhenLimitExceeded" => true,
        _ => return Err(refused(400, "InvalidParameter.RotateStrategy", "It is unknown.")),
    };
    let (most, created) = (call.config.limits.versions, call.second());
    let policy = found(call)?;
    if policy.versions.len() >= most {
        let default = policy.default;
        let oldest = policy.versions.iter().position(|version| version.number != default);
        let Some(oldest) = oldest.filter(|_| rotates) else {
            let message = "The policy has as many versions as it may have.";
            return Err(refused(409, "LimitExceeded.Policy.Version", message));
        };
        policy.versions.remove(oldest);
    }
    policy.last += 1;
    let version = Version { number: policy.last, document, created };
    if as_default {
        policy.default = version.number;
    }
    let shown = version.shown(policy.default);
    policy.versions.push(version);
    Ok(Answer::Json(json!({"PolicyVersion": shown})))
}

/// The number of the version that a call names.
fn version(call: &Call<'_>) -> Result<u64, Refused> {
    let id = call.required("VersionId")?;
    let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
    number.ok_or_else(|| refused(400, "InvalidParameter.VersionId.Format", "It is incorrect."))
}

pub(super) fn set_default(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let number = version(call)?;
    let policy = found(call)?;
    if !policy.versions.iter().any(|version| version.number == number) {
        return Err(no_version());
    }
    policy.default = number;
    Ok(Answer::Json(json!({})))
}

pub(super) fn delete_version(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let number = version(call)?;
    let policy = found(call)?;
    if policy.default == number {
        let message = "The version that counts cannot be deleted.";
        return Err(refused(409, "DeleteConflict.Policy.Version.Default", message));
    }
    let before = policy.versions.len();
    policy.versions.retain(|version| version.number != number);
    if policy.versions.len() == before {
        return Err(no_version());
    }
    Ok(Answer::Json(json!({})))
}
