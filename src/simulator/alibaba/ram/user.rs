//! Users and their access keys.

use serde_json::{Value, json};

use super::{check, listed};
use crate::alibaba::ram::PolicyName;
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::alibaba::seed::AlibabaUser;
use crate::simulator::alibaba::state::BEFORE;
use crate::simulator::config::Credential;

/// A user.
pub(in crate::simulator::alibaba) struct StoredUser {
    pub(in crate::simulator::alibaba) id: u64,
    display_name: String,
    comments: String,
    created: String,
    pub(in crate::simulator::alibaba) keys: Vec<StoredAccessKey>,
    pub(in crate::simulator::alibaba) policies: Vec<PolicyName>,
    pub(in crate::simulator::alibaba) groups: Vec<String>,
}

/// An access key.
pub(in crate::simulator::alibaba) struct StoredAccessKey {
    pub(in crate::simulator::alibaba) credential: Credential,
    created: String,
}

impl StoredUser {
    pub(in crate::simulator::alibaba) fn seeded(id: u64, seed: &AlibabaUser) -> Self {
        let keys = seed.credentials.iter().cloned();
        Self {
            id,
            display_name: String::new(),
            comments: String::new(),
            created: BEFORE.to_owned(),
            keys: keys
                .map(|credential| StoredAccessKey { credential, created: BEFORE.to_owned() })
                .collect(),
            policies: seed.policies.clone(),
            groups: seed.groups.clone(),
        }
    }

    fn shown(&self, name: &str) -> Value {
        json!({
            "UserName": name, "UserId": self.id.to_string(), "DisplayName": self.display_name,
            "Comments": self.comments, "CreateDate": self.created, "UpdateDate": self.created,
        })
    }
}

pub(super) fn missing() -> Refused {
    refused(404, "EntityNotExist.User", "The user does not exist.")
}

fn found<'c>(call: &'c mut Call<'_>) -> Result<(String, &'c mut StoredUser), Refused> {
    let name = call.required("UserName")?.to_owned();
    let user = call.account()?.users.get_mut(&name).ok_or_else(missing)?;
    Ok((name, user))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let (name, user) = found(call)?;
    Ok(Answer::Json(json!({"User": user.shown(&name)})))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let names = call.account()?.users.keys().cloned().collect();
    let (names, next) = call.page(names);
    let users = &call.account()?.users;
    let entries: Vec<_> =
        names.iter().filter_map(|name| Some(users.get(name)?.shown(name))).collect();
    Ok(listed("Users", "User", &entries, next))
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let name = call.required("UserName")?.to_owned();
    check::name("UserName", &name, 64, ".-_")?;
    let text = |parameter| call.parameter(parameter).unwrap_or_default().to_owned();
    let (display_name, comments) = (text("DisplayName"), text("Comments"));
    if comments.chars().count() > 128 {
        let message = "The length of Comments is beyond the limit.";
        return Err(refused(400, "InvalidParameter.Comments.Length", message));
    }
    let (most, created, id) = (call.config.limits.users, call.second(), call.state.number());
    let account = call.account()?;
    if account.users.contains_key(&name) {
        return Err(refused(409, "EntityAlreadyExists.User", "The user does already exist."));
    }
    if account.users.len() >= most {
        return Err(refused(409, "LimitExceeded.User", "There are too many users."));
    }
    let (keys, policies, groups) = (vec![], vec![], vec![]);
    let user = StoredUser { id, display_name, comments, created, keys, policies, groups };
    let answer = Answer::Json(json!({"User": user.shown(&name)}));
    account.users.insert(name, user);
    Ok(answer)
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let (name, user) = found(call)?;
    if !user.keys.is_empty() {
        return Err(refused(409, "DeleteConflict.User.AccessKey", "The user has access keys."));
    }
    if !user.policies.is_empty() {
        return Err(refused(409, "DeleteConflict.User.Policy", "The user has policies."));
    }
    call.account()?.users.remove(&name);
    Ok(Answer::Json(json!({})))
}

pub(super) fn list_keys(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let (_, user) = found(call)?;
    let shown = |key: &StoredAccessKey| {
        json!({
            "AccessKeyId": key.credential.key_id, "Status": "Active", "CreateDate": key.created,
        })
    };
    let keys: Vec<_> = user.keys.iter().map(shown).collect();
    Ok(listed("AccessKeys", "AccessKey", &keys, None))
}

pub(super) fn create_key(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let (most, created, number) =
        (call.config.limits.access_keys, call.second(), call.state.number());
    let (_, user) = found(call)?;
    if user.keys.len() >= most {
        let message = "The user has as many access keys as it may have.";
        return Err(refused(409, "LimitExceeded.User.AccessKey", message));
    }
    let credential = Credential {
        key_id: format!("LTAIsimulated{number}"),
        secret: format!("SECRETsimulated{number}"),
        session_token: None,
    };
    let answer = json!({"AccessKey": {
        "AccessKeyId": credential.key_id, "AccessKeySecret": credential.secret,
        "Status": "Active", "CreateDate": created,
    }});
    user.keys.push(StoredAccessKey { credential, created });
    Ok(Answer::Json(answer))
}

pub(super) fn delete_key(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let id = call.required("UserAccessKeyId")?.to_owned();
    let (_, user) = found(call)?;
    let before = user.keys.len();
    user.keys.retain(|key| key.credential.key_id != id);
    if user.keys.len() == before {
        let message = "The access key does not exist.";
        return Err(refused(404, "EntityNotExist.User.AccessKey", message));
    }
    Ok(Answer::Json(json!({})))
}
