//! STS: who is asking, and taking on roles.
//!
//! Source: STS API reference, version 2015-04-01.

use std::fmt;

use serde_json::Value;

use super::credentials::{AssumedRole, Credentials, Found};
use super::endpoint::Endpoints;
use super::error::CallError;
use super::session::{Acs3Call, Retries, Session};

const VERSION: &str = "2015-04-01";

/// Whose the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The number of the account, as hosts and roles name it.
    pub account: String,
    /// `acs:ram::<uid>:user/<name>`, of a role or of the account itself.
    pub arn: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// Asks whose the session's keys are (`GetCallerIdentity`). Needs no permission.
///
/// # Errors
/// [`CallError`].
pub async fn caller_identity(session: &Session) -> Result<Identity, CallError> {
    let doing = "ask STS whose the key is";
    let host = session.endpoints().sts();
    let call = Acs3Call {
        host: &host,
        action: "GetCallerIdentity",
        version: VERSION,
        parameters: &[],
        idempotent: true,
    };
    let answer = session.acs3(doing, &call).await?;
    let text = |name| text(&answer, name, doing);
    Ok(Identity { account: text("AccountId")?, arn: text("Arn")? })
}

/// Takes on `role` (`AssumeRole`); the temporary keys.
///
/// # Errors
/// [`CallError`].
pub async fn assume_role(session: &Session, role: &AssumedRole) -> Result<Credentials, CallError> {
    let doing = format!("take on the role `{}`", role.arn);
    let seconds = role.seconds.map(|seconds| seconds.to_string());
    let mut parameters = vec![("RoleArn", &*role.arn), ("RoleSessionName", &*role.session_name)];
    parameters.extend(seconds.as_deref().map(|seconds| ("DurationSeconds", seconds)));
    parameters.extend(role.external_id.as_deref().map(|id| ("ExternalId", id)));
    let host = session.endpoints().sts();
    let call = Acs3Call {
        host: &host,
        action: "AssumeRole",
        version: VERSION,
        parameters: &parameters,
        idempotent: true,
    };
    let answer = session.acs3(&doing, &call).await?;
    let keys = answer.get("Credentials").unwrap_or(&Value::Null);
    let text = |name| text(keys, name, &doing);
    let mut credentials = Credentials::new(
        text("AccessKeyId")?,
        text("AccessKeySecret")?,
        Some(text("SecurityToken")?),
    );
    credentials.source = format!("the role `{}`, by {}", role.arn, session.credentials().source);
    Ok(credentials)
}

/// A session with keys as they were found, the role taken on that they are meant for.
///
/// # Errors
/// If the role cannot be taken on.
pub async fn open(
    found: Found,
    endpoints: Endpoints,
    retries: Retries,
) -> Result<Session, CallError> {
    let session = Session::new(found.credentials, endpoints.clone(), retries);
    match found.role {
        None => Ok(session),
        Some(role) => Ok(Session::new(assume_role(&session, &role).await?, endpoints, retries)),
    }
}

fn text(answer: &Value, name: &'static str, doing: &str) -> Result<String, CallError> {
    let text = answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let unreadable = || CallError::Unreadable { doing: doing.to_owned(), what: name };
    text.map(str::to_owned).ok_or_else(unreadable)
}
