//! Who has which policy.

use std::fmt;

use super::client::{Ram, present, says};
use super::policy::{ListedPolicy, PolicyName};
use crate::alibaba::error::CallError;

/// Somebody who can have policies, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A user.
    User(&'a str),
    /// A group of users, who have what it has.
    Group(&'a str),
    /// A role.
    Role(&'a str),
}

impl<'a> Holder<'a> {
    /// Its name in parameters, and its own.
    fn parameter(self) -> (&'static str, &'a str) {
        match self {
            Self::User(name) => ("UserName", name),
            Self::Group(name) => ("GroupName", name),
            Self::Role(name) => ("RoleName", name),
        }
    }

    /// One of three names, by its kind.
    fn pick(self, user: &'static str, group: &'static str, role: &'static str) -> &'static str {
        match self {
            Self::User(_) => user,
            Self::Group(_) => group,
            Self::Role(_) => role,
        }
    }
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = (self.pick("user", "group", "role"), self.parameter().1);
        write!(f, "RAM {kind} `{name}`")
    }
}

impl Ram<'_> {
    /// The policies that somebody has (`ListPoliciesForUser`, `…Group`, `…Role`), without those of its
    /// groups; `None` if there is no such user, group or role.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn attached(&self, holder: Holder<'_>) -> Result<Option<Vec<PolicyName>>, CallError> {
        let doing = format!("list the policies of the {holder}");
        let action =
            holder.pick("ListPoliciesForUser", "ListPoliciesForGroup", "ListPoliciesForRole");
        let names = ("Policies", "Policy");
        let listed = self.list::<ListedPolicy>(&doing, action, &[holder.parameter()], names).await;
        let brief = |policy: ListedPolicy| PolicyName {
            kind: policy.policy_type,
            name: policy.policy_name,
        };
        Ok(present(listed)?.map(|listed| listed.into_iter().map(brief).collect()))
    }

    /// Gives somebody a policy (`AttachPolicyToUser`, `AttachPolicyToRole`). To have it already is a
    /// success.
    ///
    /// # Errors
    /// [`CallError`]; that the holder or the policy is not there is a refusal.
    pub async fn attach(&self, policy: &PolicyName, holder: Holder<'_>) -> Result<(), CallError> {
        let doing = format!("attach the {policy} to the {holder}");
        let action = holder.pick("AttachPolicyToUser", "AttachPolicyToGroup", "AttachPolicyToRole");
        let [kind, name] = policy.parameters();
        match self.ask(&doing, action, &[kind, name, holder.parameter()]).await {
            Err(error) if says(&error, "EntityAlreadyExist") => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes a policy from somebody (`DetachPolicyFromUser`, `DetachPolicyFromRole`). Not to have it is a
    /// success.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn detach(&self, policy: &PolicyName, holder: Holder<'_>) -> Result<(), CallError> {
        let doing = format!("detach the {policy} from the {holder}");
        let action =
            holder.pick("DetachPolicyFromUser", "DetachPolicyFromGroup", "DetachPolicyFromRole");
        let [kind, name] = policy.parameters();
        self.remove(&doing, action, &[kind, name, holder.parameter()]).await
    }
}
