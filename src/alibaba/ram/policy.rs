//! Policies and their versions.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::client::{Ram, present};
use crate::alibaba::error::CallError;
use crate::alibaba::session::member;

/// The largest document of a policy, in characters.
pub const LARGEST_POLICY: usize = 6144;

/// How many versions a policy has at most.
pub const MOST_VERSIONS: usize = 5;

/// Who keeps a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PolicyType {
    /// Alibaba Cloud; nobody can change it.
    System,
    /// The account.
    Custom,
}

impl PolicyType {
    /// As RAM writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Custom => "Custom",
        }
    }
}

/// A policy by type and name; there may be two of one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyName {
    /// Who keeps it.
    pub kind: PolicyType,
    /// Its name: 1 to 128 letters, digits and `-`.
    pub name: String,
}

impl PolicyName {
    /// A policy of Alibaba Cloud.
    #[must_use]
    pub fn system(name: impl Into<String>) -> Self {
        Self { kind: PolicyType::System, name: name.into() }
    }

    /// A policy of the account.
    #[must_use]
    pub fn custom(name: impl Into<String>) -> Self {
        Self { kind: PolicyType::Custom, name: name.into() }
    }

    pub(super) fn parameters(&self) -> [(&str, &str); 2] {
        [("PolicyType", self.kind.name()), ("PolicyName", &self.name)]
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.kind {
            PolicyType::System => "system",
            PolicyType::Custom => "custom",
        };
        write!(f, "{whose} policy `{}`", self.name)
    }
}

/// A policy with the version that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Type and name.
    pub name: PolicyName,
    /// What its creator wrote.
    pub description: String,
    /// The document that counts, in JSON.
    pub document: String,
    /// The version that counts, such as `v1`.
    pub version: String,
    /// How many users, groups and roles have it, where that is told.
    pub attachments: Option<u64>,
}

/// A policy in a list, which does not tell what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedPolicy {
    /// Who keeps it.
    pub policy_type: PolicyType,
    /// Its name.
    pub policy_name: String,
    /// What its creator wrote.
    #[serde(default)]
    pub description: String,
    /// The version that counts.
    #[serde(default)]
    pub default_version: String,
}

/// The answer of `GetPolicy`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    policy: About,
    default_policy_version: Counting,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    #[serde(default)]
    description: String,
    attachment_count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Counting {
    version_id: String,
    policy_document: String,
}

/// A version of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// Such as `v3`.
    pub version_id: String,
    /// Whether it is the one that counts.
    pub is_default_version: bool,
    /// In JSON.
    #[serde(default)]
    pub policy_document: String,
    /// When it was created, in UTC.
    #[serde(default)]
    pub create_date: String,
}

/// A policy to be created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPolicy {
    /// Its name.
    pub name: String,
    /// In JSON; at most [`LARGEST_POLICY`] characters.
    pub document: String,
    /// Anything; not sent where it is empty.
    pub description: String,
}

/// A version to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// The policy, which is one of the account.
    pub policy: String,
    /// In JSON; at most [`LARGEST_POLICY`] characters.
    pub document: String,
    /// Whether it will be the one that counts.
    pub as_default: bool,
    /// What happens if there are [`MOST_VERSIONS`] already.
    pub rotate: Rotate,
}

/// What happens to old versions of a policy that has as many as it may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotate {
    /// The new one is refused.
    #[default]
    Never,
    /// The oldest one that does not count is deleted.
    Oldest,
}

impl Rotate {
    fn name(self) -> &'static str {
        match self {
            Self::Never => "None",
            Self::Oldest => "DeleteOldestNonDefaultVersionWhenLimitExceeded",
        }
    }
}

impl Ram<'_> {
    /// A policy with the document that counts (`GetPolicy`); `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn policy(&self, name: &PolicyName) -> Result<Option<Policy>, CallError> {
        let doing = format!("look up the {name}");
        let answer = present(self.ask(&doing, "GetPolicy", &name.parameters()).await)?;
        let Some(answer) = answer else { return Ok(None) };
        let unreadable = |_| CallError::Unreadable { doing, what: "DefaultPolicyVersion" };
        let told: Told = serde_json::from_value(answer).map_err(unreadable)?;
        Ok(Some(Policy {
            name: name.clone(),
            description: told.policy.description,
            document: told.default_policy_version.policy_document,
            version: told.default_policy_version.version_id,
            attachments: told.policy.attachment_count,
        }))
    }

    /// All policies of a type (`ListPolicies`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn policies(&self, kind: PolicyType) -> Result<Vec<ListedPolicy>, CallError> {
        let doing = "list the RAM policies";
        let parameters = [("PolicyType", kind.name())];
        self.list_in_pages(doing, "ListPolicies", &parameters, ("Policies", "Policy")).await
    }

    /// Creates a policy (`CreatePolicy`), which nobody has yet.
    ///
    /// # Errors
    /// [`CallError`]; that there is one of this name is a conflict.
    pub async fn create_policy(&self, policy: &NewPolicy) -> Result<(), CallError> {
        let doing = format!("create the custom policy `{}`", policy.name);
        let mut parameters =
            vec![("PolicyName", policy.name.as_str()), ("PolicyDocument", &policy.document)];
        if !policy.description.is_empty() {
            parameters.push(("Description", &policy.description));
        }
        self.create(&doing, "CreatePolicy", &parameters).await.map(drop)
    }

    /// Deletes a policy of the account (`DeletePolicy`), which nobody may have any more and which may have
    /// one version only.
    ///
    /// # Errors
    /// [`CallError`]; what stands in the way is a refusal with `DeleteConflict.Policy…`.
    pub async fn delete_policy(&self, name: &str) -> Result<(), CallError> {
        let doing = format!("delete the custom policy `{name}`");
        self.remove(&doing, "DeletePolicy", &[("PolicyName", name)]).await
    }

    /// The versions of a policy (`ListPolicyVersions`); `None` if there is no such policy.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn policy_versions(
        &self,
        name: &PolicyName,
    ) -> Result<Option<Vec<PolicyVersion>>, CallError> {
        let doing = format!("list the versions of the {name}");
        let names = ("PolicyVersions", "PolicyVersion");
        present(self.list(&doing, "ListPolicyVersions", &name.parameters(), names).await)
    }

    /// Creates a version of a policy of the account (`CreatePolicyVersion`).
    ///
    /// # Errors
    /// [`CallError`]; that there are as many as there may be is a refusal with
    /// `LimitExceeded.Policy.Version`.
    pub async fn create_policy_version(
        &self,
        version: &NewVersion,
    ) -> Result<PolicyVersion, CallError> {
        let doing = format!("create a version of the custom policy `{}`", version.policy);
        let as_default = if version.as_default { "true" } else { "false" };
        let parameters = [
            ("PolicyName", version.policy.as_str()),
            ("PolicyDocument", &version.document),
            ("SetAsDefault", as_default),
            ("RotateStrategy", version.rotate.name()),
        ];
        let answer = self.create(&doing, "CreatePolicyVersion", &parameters).await?;
        member(answer, "PolicyVersion", &doing)
    }

    /// Makes a version the one that counts (`SetDefaultPolicyVersion`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn set_default_policy_version(
        &self,
        policy: &str,
        version: &str,
    ) -> Result<(), CallError> {
        let doing = format!("make {version} the version of the custom policy `{policy}`");
        let parameters = [("PolicyName", policy), ("VersionId", version)];
        self.ask(&doing, "SetDefaultPolicyVersion", &parameters).await.map(drop)
    }

    /// Deletes a version that is not the one that counts (`DeletePolicyVersion`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_policy_version(
        &self,
        policy: &str,
        version: &str,
    ) -> Result<(), CallError> {
        let doing = format!("delete {version} of the custom policy `{policy}`");
        let parameters = [("PolicyName", policy), ("VersionId", version)];
        self.remove(&doing, "DeletePolicyVersion", &parameters).await
    }
}
