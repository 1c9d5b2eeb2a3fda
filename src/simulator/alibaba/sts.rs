//! STS: whose a key is, and roles.

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;

pub(super) fn operation(action: &str) -> &'static str {
    match action {
        "GetCallerIdentity" => "GetCallerIdentity",
        "AssumeRole" => "AssumeRole",
        _ => "",
    }
}

pub(super) fn carry_out(call: &Call<'_>) -> Result<Answer, Refused> {
    let account = &call.config.account;
    match call.operation {
        "GetCallerIdentity" => Ok(Answer::Json(serde_json::json!({
            "AccountId": account, "Arn": format!("acs:ram::{account}:user/rehearsal"),
            "IdentityType": "RAMUser", "PrincipalId": "1", "UserId": "1",
        }))),
        "AssumeRole" => {
            let arn = call.parameter("RoleArn").unwrap_or_default();
            let name = arn.rsplit('/').next().unwrap_or_default();
            if !call.config.roles.contains(name) {
                return Err(refused(404, "EntityNotExist.Role", "The role not exists."));
            }
            // The first key that needs a token is the one that roles give out.
            let given = call.config.credentials.iter().find(|key| key.session_token.is_some());
            let given = given.ok_or_else(|| refused(403, "NoPermission", "Roles give no keys."))?;
            Ok(Answer::Json(serde_json::json!({
                "Credentials": {
                    "AccessKeyId": given.key_id, "AccessKeySecret": given.secret,
                    "SecurityToken": given.session_token, "Expiration": "2099-01-01T00:00:00Z",
                },
                "AssumedRoleUser": { "Arn": arn, "AssumedRoleId": "1" },
            })))
        }
        _ => Err(refused(400, "InvalidAction", "There is no such operation.")),
    }
}
