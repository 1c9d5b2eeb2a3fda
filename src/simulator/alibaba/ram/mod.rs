//! RAM: users, access keys, roles, policies, and who has which.
//!
//! Codes and statuses are those of the service's reference ("Error messages", RAM API reference).
//!
//! * `check`: what names and documents have to be like. * `user`, `role`, `policy`: what there is.
//! * `group`: who is in which. * `attach`: who has which policy. * `system`: policies of Alibaba Cloud.

mod attach;
mod check;
mod group;
mod policy;
mod role;
mod system;
mod user;

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use super::state::StoredAccount;

pub(super) use policy::StoredPolicy;
pub(super) use role::StoredRole;
pub(super) use system::system;
pub(super) use user::StoredUser;

/// What carries an operation out.
type CarryOut = fn(&mut Call<'_>) -> Result<Answer, Refused>;

/// The operations that are known.
const OPERATIONS: [(&str, CarryOut); 28] = [
    ("GetUser", user::get),
    ("ListUsers", user::list),
    ("CreateUser", user::create),
    ("DeleteUser", user::delete),
    ("ListAccessKeys", user::list_keys),
    ("CreateAccessKey", user::create_key),
    ("DeleteAccessKey", user::delete_key),
    ("ListGroupsForUser", group::list),
    ("ListPoliciesForGroup", group::policies),
    ("GetRole", role::get),
    ("ListRoles", role::list),
    ("CreateRole", role::create),
    ("UpdateRole", role::update),
    ("DeleteRole", role::delete),
    ("GetPolicy", policy::get),
    ("ListPolicies", policy::list),
    ("CreatePolicy", policy::create),
    ("DeletePolicy", policy::delete),
    ("ListPolicyVersions", policy::list_versions),
    ("CreatePolicyVersion", policy::create_version),
    ("SetDefaultPolicyVersion", policy::set_default),
    ("DeletePolicyVersion", policy::delete_version),
    ("AttachPolicyToUser", attach::attach),
    ("AttachPolicyToRole", attach::attach),
    ("DetachPolicyFromUser", attach::detach),
    ("DetachPolicyFromRole", attach::detach),
    ("ListPoliciesForUser", attach::list),
    ("ListPoliciesForRole", attach::list),
];

pub(super) fn operation(action: &str) -> &'static str {
    OPERATIONS.iter().find(|(name, _)| *name == action).map_or("", |(name, _)| name)
}

pub(super) fn carry_out(mut call: Call<'_>) -> Result<Answer, Refused> {
    let operation = OPERATIONS.iter().find(|(name, _)| *name == call.operation);
    let Some((name, carry_out)) = operation else {
        return Err(refused(404, "InvalidAction.NotFound", "There is no such operation."));
    };
    let answer = carry_out(&mut call)?;
    if !name.starts_with("Get") && !name.starts_with("List") {
        call.state.unaware = call.config.spreading;
    }
    Ok(answer)
}

impl Call<'_> {
    /// The account of the caller.
    fn account(&mut self) -> Result<&mut StoredAccount, Refused> {
        let account = self.state.accounts.get_mut(&self.caller.account);
        account.ok_or_else(|| refused(500, "InternalError", "The caller has no account."))
    }

    /// The names on the page that is asked for, and where the next one begins.
    fn page(&self, names: Vec<String>) -> (Vec<String>, Option<String>) {
        let marker = self.parameter("Marker").unwrap_or_default();
        let most =
            self.parameter("MaxItems").and_then(|most| most.parse().ok()).unwrap_or(100_usize);
        let most = most.clamp(1, self.config.limits.page);
        let mut left: Vec<String> =
            names.into_iter().filter(|name| name.as_str() > marker).take(most + 1).collect();
        let more = left.len() > most;
        left.truncate(most);
        let next = left.last().filter(|_| more).cloned();
        (left, next)
    }
}

/// A page of a list.
fn listed(outer: &str, inner: &str, entries: &[serde_json::Value], next: Option<String>) -> Answer {
    let mut page = serde_json::json!({
        "IsTruncated": next.is_some(), outer: {inner: entries},
    });
    if let Some(next) = next {
        page["Marker"] = next.into();
    }
    Answer::Json(page)
}
