//! Roles.

use serde_json::{Value, json};

use super::{check, listed};
use crate::alibaba::ram::PolicyName;
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::alibaba::seed::AlibabaRole;
use crate::simulator::alibaba::state::BEFORE;

/// A role.
pub(in crate::simulator::alibaba) struct StoredRole {
    id: u64,
    pub(in crate::simulator::alibaba) trust: String,
    description: String,
    seconds: u64,
    created: String,
    updated: String,
    pub(in crate::simulator::alibaba) policies: Vec<PolicyName>,
}

impl StoredRole {
    pub(in crate::simulator::alibaba) fn seeded(id: u64, seed: &AlibabaRole) -> Self {
        Self {
            id,
            trust: seed.trust.clone(),
            description: seed.description.clone(),
            seconds: 3600,
            created: BEFORE.to_owned(),
            updated: BEFORE.to_owned(),
            policies: seed.policies.clone(),
        }
    }

    /// Without whom it trusts, as in lists.
    fn listed(&self, account: &str, name: &str) -> Value {
        json!({
            "RoleName": name, "RoleId": self.id.to_string(), "Description": self.description,
            "Arn": format!("acs:ram::{account}:role/{name}"), "MaxSessionDuration": self.seconds,
            "CreateDate": self.created, "UpdateDate": self.updated,
        })
    }

    fn shown(&self, account: &str, name: &str) -> Answer {
        let mut role = self.listed(account, name);
        role["AssumeRolePolicyDocument"] = self.trust.clone().into();
        Answer::Json(json!({"Role": role}))
    }
}

pub(super) fn missing() -> Refused {
    refused(404, "EntityNotExist.Role", "The role does not exist.")
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("RoleName")?.to_owned();
    let number = call.caller.account.clone();
    let role = call.account()?.roles.get(&name).ok_or_else(missing)?;
    Ok(role.shown(&number, &name))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let number = call.caller.account.clone();
    let names = call.account()?.roles.keys().cloned().collect();
    let (names, next) = call.page(names);
    let roles = &call.account()?.roles;
    let entries = names.iter().filter_map(|name| Some(roles.get(name)?.listed(&number, name)));
    Ok(listed("Roles", "Role", &entries.collect::<Vec<_>>(), next))
}

fn seconds(call: &Call<'_>, parameter: &str) -> Result<Option<u64>, Refused> {
    let Some(text) = call.parameter(parameter) else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| (3600..=43200).contains(seconds));
    let code = "InvalidParameter.MaxSessionDuration";
    seconds.map(Some).ok_or_else(|| refused(400, code, "It is not from 3600 to 43200."))
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("RoleName")?.to_owned();
    check::name("RoleName", &name, 64, ".-")?;
    let trust = call.required("AssumeRolePolicyDocument")?.to_owned();
    check::trust(&trust)?;
    let description = call.parameter("Description").unwrap_or_default().to_owned();
    let seconds = seconds(call, "MaxSessionDuration")?.unwrap_or(3600);
    let (most, created, id) = (call.config.limits.roles, call.second(), call.state.number());
    let number = call.caller.account.clone();
    let account = call.account()?;
    if account.roles.contains_key(&name) {
        return Err(refused(409, "EntityAlreadyExists.Role", "The role does already exist."));
    }
    if account.roles.len() >= most {
        return Err(refused(409, "LimitExceeded.Role", "There are too many roles."));
    }
    let updated = created.clone();
    let policies = Vec::new();
    let role = StoredRole { id, trust, description, seconds, created, updated, policies };
    let answer = role.shown(&number, &name);
    account.roles.insert(name, role);
    Ok(answer)
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("RoleName")?.to_owned();
    let trust = call.parameter("NewAssumeRolePolicyDocument").map(str::to_owned);
    if let Some(trust) = &trust {
        check::trust(trust)?;
    }
    let description = call.parameter("NewDescription").map(str::to_owned);
    let seconds = seconds(call, "NewMaxSessionDuration")?;
    let (number, now) = (call.caller.account.clone(), call.second());
    let role = call.account()?.roles.get_mut(&name).ok_or_else(missing)?;
    role.trust = trust.unwrap_or_else(|| role.trust.clone());
    role.description = description.unwrap_or_else(|| role.description.clone());
    role.seconds = seconds.unwrap_or(role.seconds);
    role.updated = now;
    Ok(role.shown(&number, &name))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("RoleName")?.to_owned();
    let account = call.account()?;
    let role = account.roles.get(&name).ok_or_else(missing)?;
    if !role.policies.is_empty() {
        return Err(refused(409, "DeleteConflict.Role.Policy", "The role has policies."));
    }
    account.roles.remove(&name);
    Ok(Answer::Json(json!({})))
}
