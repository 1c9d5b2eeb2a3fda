//! Users and their access keys.

use serde::Deserialize;
use serde_json::Value;

use super::client::{Ram, present};
use crate::alibaba::credentials::Credentials;
use crate::alibaba::error::CallError;
use crate::alibaba::session::member;

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct User {
    /// Its name: 1 to 64 letters, digits, `.`, `-` and `_`.
    pub user_name: String,
    /// Its id.
    pub user_id: String,
    /// How it is shown.
    pub display_name: String,
    /// What its creator wrote.
    pub comments: String,
    /// When it was created, in UTC.
    pub create_date: String,
}

/// A user to be created. Members that are empty are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUser {
    /// Its name.
    pub name: String,
    /// How it is shown.
    pub display_name: String,
    /// Anything.
    pub comments: String,
}

/// An access key without its secret, which is told once only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AccessKey {
    /// The public part.
    pub access_key_id: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was created, in UTC.
    pub create_date: String,
}

impl AccessKey {
    /// Whether it can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == "Active"
    }
}

impl Ram<'_> {
    /// A user (`GetUser`); `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, CallError> {
        let doing = format!("look up the RAM user `{name}`");
        let answer = present(self.ask(&doing, "GetUser", &[("UserName", name)]).await)?;
        answer.map(|answer| member(answer, "User", &doing)).transpose()
    }

    /// Creates a user (`CreateUser`), who can do nothing yet.
    ///
    /// # Errors
    /// [`CallError`]; that there is one of this name is a conflict.
    pub async fn create_user(&self, user: &NewUser) -> Result<User, CallError> {
        let doing = format!("create the RAM user `{}`", user.name);
        let mut parameters = vec![("UserName", user.name.as_str())];
        for (name, value) in [("DisplayName", &user.display_name), ("Comments", &user.comments)] {
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        member(self.create(&doing, "CreateUser", &parameters).await?, "User", &doing)
    }

    /// Deletes a user (`DeleteUser`), who may have no keys and no policies any more.
    ///
    /// # Errors
    /// [`CallError`]; that it has some is a refusal with `DeleteConflict.User…`.
    pub async fn delete_user(&self, name: &str) -> Result<(), CallError> {
        let doing = format!("delete the RAM user `{name}`");
        self.remove(&doing, "DeleteUser", &[("UserName", name)]).await
    }

    /// The access keys of a user (`ListAccessKeys`); `None` if there is no such user.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn access_keys(&self, user: &str) -> Result<Option<Vec<AccessKey>>, CallError> {
        let doing = format!("list the access keys of the RAM user `{user}`");
        let names = ("AccessKeys", "AccessKey");
        present(self.list(&doing, "ListAccessKeys", &[("UserName", user)], names).await)
    }

    /// Creates an access key for a user (`CreateAccessKey`). Its secret is told now and never again.
    ///
    /// # Errors
    /// [`CallError`]; a user has two keys at most. After an error by which it may have happened there may
    /// be a key whose secret nobody knows: it shows in [`Self::access_keys`] and has to be deleted.
    pub async fn create_access_key(&self, user: &str) -> Result<Credentials, CallError> {
        let doing = format!("create an access key for the RAM user `{user}`");
        let mut answer = self.create(&doing, "CreateAccessKey", &[("UserName", user)]).await?;
        let key = answer.get_mut("AccessKey").map(Value::take).unwrap_or_default();
        // Taken out rather than copied, so that the only copy is one that is overwritten.
        let Value::Object(mut key) = key else {
            return Err(CallError::Unreadable { doing, what: "AccessKey" });
        };
        let mut text = |name: &'static str| match key.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(CallError::Unreadable { doing: doing.clone(), what: name }),
        };
        let (secret, id) = (text("AccessKeySecret"), text("AccessKeyId"));
        let mut credentials = Credentials::new(id?, secret?, None);
        credentials.source = format!("a new access key of the RAM user `{user}`");
        Ok(credentials)
    }

    /// Deletes an access key of a user (`DeleteAccessKey`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_access_key(&self, user: &str, id: &str) -> Result<(), CallError> {
        let doing = format!("delete the access key `{id}` of the RAM user `{user}`");
        let parameters = [("UserName", user), ("UserAccessKeyId", id)];
        self.remove(&doing, "DeleteAccessKey", &parameters).await
    }
}
