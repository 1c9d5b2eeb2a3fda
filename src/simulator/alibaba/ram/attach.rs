//! Who has which policy.

use serde_json::json;

use super::{listed, policy, role, system, user};
use crate::alibaba::ram::{PolicyName, PolicyType};
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;

/// The codes of a kind of holder.
struct Codes {
    exists: &'static str,
    missing: &'static str,
    limit: &'static str,
}

const USER: Codes = Codes {
    exists: "EntityAlreadyExists.User.Policy",
    missing: "EntityNotExist.User.Policy",
    limit: "LimitExceeded.User.Policy",
};
const ROLE: Codes = Codes {
    exists: "EntityAlreadyExists.Role.Policy",
    missing: "EntityNotExist.Role.Policy",
    limit: "LimitExceeded.Role.Policy",
};

/// The policies of the user or role that a call names.
fn held<'c>(call: &'c mut Call<'_>) -> Result<(&'c mut Vec<PolicyName>, Codes), Refused> {
    if call.operation.ends_with("User") {
        let name = call.required("UserName")?.to_owned();
        let user = call.account()?.users.get_mut(&name).ok_or_else(user::missing)?;
        Ok((&mut user.policies, USER))
    } else {
        let name = call.required("RoleName")?.to_owned();
        let role = call.account()?.roles.get_mut(&name).ok_or_else(role::missing)?;
        Ok((&mut role.policies, ROLE))
    }
}

pub(super) fn attach(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = policy::named(call)?;
    let (most, is_there) = match name.kind {
        PolicyType::System => (call.config.limits.system_attached, system(&name.name).is_some()),
        PolicyType::Custom => {
            let is_there = call.account()?.policies.contains_key(&name.name);
            (call.config.limits.custom_attached, is_there)
        }
    };
    let (policies, codes) = held(call)?;
    if !is_there {
        return Err(policy::missing());
    }
    if policies.contains(&name) {
        return Err(refused(409, codes.exists, "The policy is attached already."));
    }
    if policies.iter().filter(|policy| policy.kind == name.kind).count() >= most {
        return Err(refused(409, codes.limit, "There are too many policies attached."));
    }
    policies.push(name);
    Ok(Answer::Json(json!({})))
}

pub(super) fn detach(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = policy::named(call)?;
    let (policies, codes) = held(call)?;
    let before = policies.len();
    policies.retain(|policy| *policy != name);
    if policies.len() == before {
        return Err(refused(404, codes.missing, "The policy is not attached."));
    }
    Ok(Answer::Json(json!({})))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let created = call.second();
    let (policies, _) = held(call)?;
    Ok(entries(policies, &created))
}

/// Policies that somebody has, as they are listed.
pub(super) fn entries(policies: &[PolicyName], created: &str) -> Answer {
    let entries = policies.iter().map(|policy| {
        json!({
            "PolicyName": policy.name, "PolicyType": policy.kind.name(), "DefaultVersion": "v1",
            "Description": "", "AttachDate": created,
        })
    });
    listed("Policies", "Policy", &entries.collect::<Vec<_>>(), None)
}
