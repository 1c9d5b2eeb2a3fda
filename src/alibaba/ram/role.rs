//! Roles, and who may take them on.

use serde::Deserialize;

use super::client::{Ram, present};
use crate::alibaba::error::CallError;
use crate::alibaba::session::member;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// Its name: 1 to 64 letters, digits, `.` and `-`.
    pub role_name: String,
    /// `acs:ram::<account>:role/<name>`.
    pub arn: String,
    /// Who may take it on, in JSON.
    #[serde(rename = "AssumeRolePolicyDocument")]
    pub trust: String,
    /// Its id.
    #[serde(default)]
    pub role_id: String,
    /// What its creator wrote.
    #[serde(default)]
    pub description: String,
    /// The longest session, in seconds.
    pub max_session_duration: Option<u64>,
    /// When it was created, in UTC.
    #[serde(default)]
    pub create_date: String,
}

/// A role in a list, which does not tell whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedRole {
    /// Its name.
    pub role_name: String,
    /// `acs:ram::<account>:role/<name>`.
    pub arn: String,
    /// What its creator wrote.
    #[serde(default)]
    pub description: String,
}

/// A role to be created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// Who may take it on, in JSON.
    pub trust: String,
    /// Anything; not sent where it is empty.
    pub description: String,
    /// The longest session, 3600 to 43200 seconds; 3600 without one.
    pub max_session_duration: Option<u32>,
}

impl Ram<'_> {
    /// A role with whom it trusts (`GetRole`); `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn role(&self, name: &str) -> Result<Option<Role>, CallError> {
        let doing = format!("look up the RAM role `{name}`");
        let answer = present(self.ask(&doing, "GetRole", &[("RoleName", name)]).await)?;
        answer.map(|answer| member(answer, "Role", &doing)).transpose()
    }

    /// All roles of the account (`ListRoles`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn roles(&self) -> Result<Vec<ListedRole>, CallError> {
        self.list_in_pages("list the RAM roles", "ListRoles", &[], ("Roles", "Role")).await
    }

    /// Creates a role (`CreateRole`), which can do nothing yet.
    ///
    /// # Errors
    /// [`CallError`]; that there is one of this name is a conflict.
    pub async fn create_role(&self, role: &NewRole) -> Result<Role, CallError> {
        let doing = format!("create the RAM role `{}`", role.name);
        let seconds = role.max_session_duration.map(|seconds| seconds.to_string());
        let mut parameters =
            vec![("RoleName", role.name.as_str()), ("AssumeRolePolicyDocument", &role.trust)];
        if !role.description.is_empty() {
            parameters.push(("Description", &role.description));
        }
        parameters.extend(seconds.as_deref().map(|seconds| ("MaxSessionDuration", seconds)));
        member(self.create(&doing, "CreateRole", &parameters).await?, "Role", &doing)
    }

    /// Sets who may take a role on, in the place of what was there (`UpdateRole`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn update_trust(&self, name: &str, trust: &str) -> Result<(), CallError> {
        let doing = format!("set whom the RAM role `{name}` trusts");
        let parameters = [("RoleName", name), ("NewAssumeRolePolicyDocument", trust)];
        self.ask(&doing, "UpdateRole", &parameters).await.map(drop)
    }

    /// Deletes a role (`DeleteRole`), which may have no policies any more.
    ///
    /// # Errors
    /// [`CallError`]; that it has some is a refusal with `DeleteConflict.Role.Policy`.
    pub async fn delete_role(&self, name: &str) -> Result<(), CallError> {
        let doing = format!("delete the RAM role `{name}`");
        self.remove(&doing, "DeleteRole", &[("RoleName", name)]).await
    }
}
