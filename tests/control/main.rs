//! RAM, KMS and buckets by our clients: what is lost, throttled, refused, denied, paged, too large or secret.

#![allow(clippy::unwrap_used, reason = "tests")]

mod limits;
mod lost;
mod played;
mod whose;

use std::time::Duration;

use weighbridge::alibaba::oss::Bucket;
use weighbridge::alibaba::ram::{NewPolicy, NewRole, NewUser, NewVersion, Rotate};
use weighbridge::alibaba::{CallError, Credentials, Endpoints, Retries, Session};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    AlibabaUser, Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, Trouble, TroubleKind,
};

const REGION: &str = "cn-hangzhou";
const HOME: &str = "1234567890123456";
const STRANGER: &str = "6543210987654321";
const DOCUMENT: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Resource":["*"]}]}"#;
const BUCKET_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:ListObjects"],"Principal":["6543210987654321"],"Resource":["acs:oss:*:*:ours"]}]}"#;

/// A cloud with a bucket, a user, a role and keys of KMS, and with a stranger who has a bucket.
fn cloud_with(change: impl FnOnce(&mut AlibabaConfig)) -> AlibabaSimulator {
    let mut config = AlibabaConfig::default();
    let home = &mut config.home;
    home.buckets.insert("ours".to_owned(), AlibabaBucket::default());
    home.users.insert("ann".to_owned(), AlibabaUser::default());
    home.roles.insert("mover".to_owned(), AlibabaRole::default());
    home.policies.insert("reader".to_owned(), DOCUMENT.to_owned());
    home.keys.insert("key".to_owned(), AlibabaKey::in_instance());
    let mut stranger = AlibabaAccount::new(STRANGER);
    stranger.buckets.insert("theirs".to_owned(), AlibabaBucket::default());
    stranger.keys.insert("their-key".to_owned(), AlibabaKey::in_instance());
    stranger.credentials.push(credential("stranger"));
    config.others.push(stranger);
    change(&mut config);
    AlibabaSimulator::start_in_thread(config).unwrap()
}

fn cloud() -> AlibabaSimulator {
    cloud_with(|_| ())
}

fn credential(id: &str) -> Credential {
    Credential { key_id: id.to_owned(), secret: format!("PLANTED-{id}"), session_token: None }
}

fn session(cloud: &AlibabaSimulator) -> Session {
    session_with(cloud, Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None))
}

fn session_of(cloud: &AlibabaSimulator, id: &str) -> Session {
    session_with(cloud, Credentials::new(id, format!("PLANTED-{id}"), None))
}

fn session_with(cloud: &AlibabaSimulator, keys: Credentials) -> Session {
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let retries = Retries { attempts: 3, pause: Duration::ZERO, ..Retries::default() };
    Session::new(keys, endpoints, retries)
}

fn ours(session: &Session) -> Bucket<'_> {
    Bucket { session, name: "ours", region: REGION }
}

fn new_user(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), ..NewUser::default() }
}

fn new_role(name: &str) -> NewRole {
    let trust = AlibabaRole::default().trust;
    NewRole { name: name.to_owned(), trust, ..NewRole::default() }
}

fn new_policy(name: &str, document: &str) -> NewPolicy {
    let (name, document) = (name.to_owned(), document.to_owned());
    NewPolicy { name, document, description: String::new() }
}

fn new_version(document: &str, rotate: Rotate) -> NewVersion {
    let (policy, document) = ("reader".to_owned(), document.to_owned());
    NewVersion { policy, document, as_default: true, rotate }
}

fn strike(cloud: &AlibabaSimulator, operation: &'static str, kind: TroubleKind) {
    cloud.trouble(vec![Trouble { operation: Some(operation), after: 0, times: 1, kind }]);
}

/// How often an operation was called.
fn calls(cloud: &AlibabaSimulator, operation: &str) -> usize {
    cloud.calls().iter().filter(|call| call.operation == operation).count()
}

/// The code of a refusal, whose words name what was tried and a way out.
#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot ") && text.contains("\nhint: "), "{text}");
    assert!(!format!("{text} {error:?}").contains("PLANTED"), "{text}");
    assert!(error.refusal().is_some(), "{text}");
    error.refusal().unwrap().code.clone()
}
