//! Groups: users have the policies of the groups that they are in.

use serde::Deserialize;

use super::client::{Ram, present};
use crate::alibaba::error::CallError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedGroup {
    group_name: String,
}

impl Ram<'_> {
    /// The names of the groups that a user is in (`ListGroupsForUser`); `None` if there is no such user.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn groups_of(&self, user: &str) -> Result<Option<Vec<String>>, CallError> {
        let doing = format!("list the groups of the RAM user `{user}`");
        let names = ("Groups", "Group");
        let listed = self.list(&doing, "ListGroupsForUser", &[("UserName", user)], names).await;
        let groups: Option<Vec<ListedGroup>> = present(listed)?;
        Ok(groups.map(|groups| groups.into_iter().map(|group| group.group_name).collect()))
    }
}
