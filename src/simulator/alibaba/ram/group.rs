//! Groups, which are there from the start: who is in which, and what they have.

use serde_json::json;

use super::{attach, listed, user};
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("UserName")?.to_owned();
    let user = call.account()?.users.get(&name).ok_or_else(user::missing)?;
    let entries = user.groups.iter().map(|group| json!({"GroupName": group, "Comments": ""}));
    Ok(listed("Groups", "Group", &entries.collect::<Vec<_>>(), None))
}

pub(super) fn policies(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("GroupName")?.to_owned();
    let created = call.second();
    let policies = call.account()?.groups.get(&name);
    let policies = policies
        .ok_or_else(|| refused(404, "EntityNotExist.Group", "The group does not exist."))?;
    Ok(attach::entries(policies, &created))
}
