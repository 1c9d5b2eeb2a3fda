//! STS: whose a key is, and roles.

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use super::judge::{Asked, Verdict, judge};

pub(super) fn operation(action: &str) -> &'static str {
    match action {
        "GetCallerIdentity" => "GetCallerIdentity",
        "AssumeRole" => "AssumeRole",
        _ => "",
    }
}

pub(super) fn carry_out(call: &Call<'_>) -> Result<Answer, Refused> {
    let caller = call.caller;
    match call.operation {
        "GetCallerIdentity" => {
            let kind = if caller.user.is_some() { "RAMUser" } else { "Account" };
            Ok(Answer::Json(serde_json::json!({
                "AccountId": caller.account, "Arn": caller.arn(),
                "IdentityType": kind, "PrincipalId": "1", "UserId": "1",
            })))
        }
        "AssumeRole" => assume_role(call),
        _ => Err(refused(404, "InvalidAction.NotFound", "There is no such operation.")),
    }
}

fn assume_role(call: &Call<'_>) -> Result<Answer, Refused> {
    let arn = call.required("RoleArn")?;
    let missing = || refused(404, "EntityNotExist.Role", "The role not exists.");
    let (account, name) = arn
        .strip_prefix("acs:ram::")
        .and_then(|rest| rest.split_once(":role/"))
        .ok_or_else(missing)?;
    let roles = call.state.accounts.get(account).map(|account| &account.roles);
    let role = roles.and_then(|roles| roles.get(name)).ok_or_else(missing)?;
    let names = [format!("acs:ram::{}:root", call.caller.account), call.caller.arn()];
    let asked = Asked { action: "sts:AssumeRole", resource: None, names: Some(&names) };
    if judge([role.trust.as_str()], asked) != Verdict::Allowed {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(refused(403, "NoPermission", message));
    }
    let given = call.state.role_keys(account);
    let given = given.ok_or_else(|| refused(403, "NoPermission", "Roles give no keys."))?;
    Ok(Answer::Json(serde_json::json!({
        "Credentials": {
            "AccessKeyId": given.key_id, "AccessKeySecret": given.secret,
            "SecurityToken": given.session_token, "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": { "Arn": arn, "AssumedRoleId": "1" },
    })))
}
