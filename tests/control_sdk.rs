//! The official SDKs of RAM, KMS, STS and OSS against the simulator, and our requests against theirs.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use serde_json::{Value, json};
use weighbridge::alibaba::credentials::AssumedRole;
use weighbridge::alibaba::kms::Kms;
use weighbridge::alibaba::oss::{Bucket, Encryption, NewBucket, Oss, Presence, Setting};
use weighbridge::alibaba::ram::{
    Holder, NewPolicy, NewRole, NewUser, NewVersion, PolicyName, Ram, Rotate,
};
use weighbridge::alibaba::{CallError, Credentials, Element, Endpoints, Retries, Session, sts};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, ReceivedCall,
};

const REGION: &str = "cn-hangzhou";
const HOME: &str = "1234567890123456";
const STRANGER: &str = "6543210987654321";
const USER: &str = "mover.of_boxes";
const POLICY: &str = "boxes-rw";
const ROLE: &str = "oss-import-boxes";
const BUCKET: &str = "boxes-to-be";
const SEEDED: &str = "boxes";
const FOREIGN: &str = "strangers-boxes";
const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>old</ID><Prefix>logs/</Prefix><Status>Enabled</Status>\
    <Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>";
const DOCUMENT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Resource":["acs:oss:*:*:boxes/a b+c"]}]}"#;
const WIDER: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:*"],"Resource":["*"]}]}"#;
const TRUST: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["mgw.aliyuncs.com"]}}],"Version":"1"}"#;
const OTHER_TRUST: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}"#;
const BUCKET_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Principal":["6543210987654321"],"Resource":["acs:oss:*:1234567890123456:boxes-to-be"]}]}"#;
const KEY_POLICY: &str = r#"{"Version":"1","Statement":[{"Sid":"kms default key policy","Effect":"Allow","Principal":{"RAM":["acs:ram::1234567890123456:*"]},"Action":["kms:*"],"Resource":["*"]},{"Sid":"é","Effect":"Allow","Principal":{"RAM":["acs:ram::6543210987654321:role/r"]},"Action":["kms:Decrypt"],"Resource":["*"]}]}"#;

/// The ARN of a key of the other account.
fn foreign_key() -> String {
    format!("acs:kms:{REGION}:{STRANGER}:key/key-strangers")
}

/// The ARN of a role that can be taken on.
fn assumed() -> String {
    format!("acs:ram::{STRANGER}:role/assumed")
}

fn cloud() -> AlibabaSimulator {
    let mut config = AlibabaConfig::default();
    let mut bucket = AlibabaBucket::default().with("lifecycle", LIFECYCLE);
    bucket.objects.insert("a".to_owned(), vec![0; 1234]);
    bucket.versioning = Some("Suspended".to_owned());
    bucket.worm = Some(("Locked".to_owned(), 7));
    config.home.buckets.insert(SEEDED.to_owned(), bucket);
    let alias = Some("alias/boxes".to_owned());
    let key = AlibabaKey { alias, ..AlibabaKey::in_instance() };
    config.home.keys.insert("key-boxes".to_owned(), key);
    config.home.keys.insert("key-plain".to_owned(), AlibabaKey::default());
    let mut stranger = AlibabaAccount::new(STRANGER);
    stranger.buckets.insert(FOREIGN.to_owned(), AlibabaBucket::default());
    let policy = KEY_POLICY.replace("6543210987654321:role/r", &format!("{HOME}:*"));
    let policy = policy.replace("kms:Decrypt", "kms:DescribeKey");
    let key = AlibabaKey { policy: Some(policy), ..AlibabaKey::in_instance() };
    stranger.keys.insert("key-strangers".to_owned(), key);
    stranger.roles.insert("assumed".to_owned(), AlibabaRole::of_account(HOME));
    stranger.credentials.push(Credential {
        key_id: "STS.given".to_owned(),
        secret: "given".to_owned(),
        session_token: Some("token".to_owned()),
    });
    config.others.push(stranger);
    AlibabaSimulator::start_in_thread(config).unwrap()
}

/// The code of a refusal.
fn code<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    result.unwrap_err().refusal().unwrap().code.clone()
}

/// What `tests/sdks/control.py` does, by our clients.
async fn live(session: &Session) {
    assert_eq!(sts::caller_identity(session).await.unwrap().account, HOME);
    let (arn, session_name) = (assumed(), "weigh".to_owned());
    let role = AssumedRole { arn, session_name, seconds: Some(900), external_id: None };
    assert_eq!(sts::assume_role(session, &role).await.unwrap().id, "STS.given");
    users(&Ram::new(session)).await;
    keys(&Kms::new(session, REGION)).await;
    buckets(session).await;
}

async fn users(ram: &Ram<'_>) {
    let policy = PolicyName::custom(POLICY);
    let both = [PolicyName::system("AliyunOSSImportFullAccess"), policy.clone()];
    assert_eq!(ram.user(USER).await.unwrap(), None);
    let new = NewUser {
        name: USER.to_owned(),
        display_name: "mover".to_owned(),
        comments: "made by a test".to_owned(),
    };
    assert_eq!(ram.create_user(&new).await.unwrap().display_name, "mover");
    assert!(ram.create_user(&new).await.unwrap_err().is_conflict());
    assert_eq!(ram.user(USER).await.unwrap().unwrap().comments, "made by a test");
    assert_eq!(ram.access_keys(USER).await.unwrap(), Some(Vec::new()));
    let key = ram.create_access_key(USER).await.unwrap();
    let listed = ram.access_keys(USER).await.unwrap().unwrap();
    assert!(listed.len() == 1 && listed[0].access_key_id == key.id && listed[0].is_active());

    assert_eq!(ram.policy(&policy).await.unwrap(), None);
    let new = NewPolicy {
        name: POLICY.to_owned(),
        document: DOCUMENT.to_owned(),
        description: "a policy".to_owned(),
    };
    ram.create_policy(&new).await.unwrap();
    assert!(ram.create_policy(&new).await.unwrap_err().is_conflict());
    let found = ram.policy(&policy).await.unwrap().unwrap();
    assert_eq!((&*found.document, &*found.version, found.attachments), (DOCUMENT, "v1", Some(0)));
    let system = PolicyName::system("AliyunOSSFullAccess");
    assert!(ram.policy(&system).await.unwrap().unwrap().document.contains("oss:*"));
    let version = NewVersion {
        policy: POLICY.to_owned(),
        document: WIDER.to_owned(),
        as_default: true,
        rotate: Rotate::Oldest,
    };
    assert_eq!(ram.create_policy_version(&version).await.unwrap().version_id, "v2");
    let versions = ram.policy_versions(&policy).await.unwrap().unwrap();
    let versions: Vec<_> =
        versions.iter().map(|one| (&*one.version_id, one.is_default_version)).collect();
    assert_eq!(versions, [("v1", false), ("v2", true)]);
    let refused = ram.delete_policy_version(POLICY, "v2").await;
    assert_eq!(code(refused), "DeleteConflict.Policy.Version.Default");
    ram.set_default_policy_version(POLICY, "v1").await.unwrap();
    ram.delete_policy_version(POLICY, "v2").await.unwrap();
    for policy in [&both[0], &both[1], &both[1]] {
        ram.attach(policy, Holder::User(USER)).await.unwrap();
    }
    assert_eq!(ram.attached(Holder::User(USER)).await.unwrap().unwrap(), both);

    roles(ram).await;
    assert_eq!(code(ram.delete_user(USER).await), "DeleteConflict.User.AccessKey");
    for _ in 0..2 {
        ram.delete_access_key(USER, &key.id).await.unwrap();
    }
    assert_eq!(code(ram.delete_user(USER).await), "DeleteConflict.User.Policy");
    assert_eq!(code(ram.delete_policy(POLICY).await), "DeleteConflict.Policy.User");
    for policy in [&both[0], &both[1], &both[1]] {
        ram.detach(policy, Holder::User(USER)).await.unwrap();
    }
    for _ in 0..2 {
        ram.delete_user(USER).await.unwrap();
        ram.delete_policy(POLICY).await.unwrap();
    }
}

async fn roles(ram: &Ram<'_>) {
    let policy = PolicyName::custom(POLICY);
    assert_eq!(ram.role(ROLE).await.unwrap(), None);
    let new = NewRole {
        name: ROLE.to_owned(),
        trust: TRUST.to_owned(),
        description: "data transport".to_owned(),
        max_session_duration: Some(7200),
    };
    let role = ram.create_role(&new).await.unwrap();
    assert_eq!(role.arn, format!("acs:ram::{HOME}:role/{ROLE}"));
    assert!(ram.create_role(&new).await.unwrap_err().is_conflict());
    assert_eq!(ram.role(ROLE).await.unwrap(), Some(role));
    assert_eq!(ram.roles().await.unwrap()[0].role_name, ROLE);
    ram.update_trust(ROLE, OTHER_TRUST).await.unwrap();
    assert_eq!(ram.role(ROLE).await.unwrap().unwrap().trust, OTHER_TRUST);
    ram.attach(&policy, Holder::Role(ROLE)).await.unwrap();
    let attached = ram.attached(Holder::Role(ROLE)).await.unwrap().unwrap();
    assert_eq!(attached, std::slice::from_ref(&policy));
    assert_eq!(code(ram.delete_role(ROLE).await), "DeleteConflict.Role.Policy");
    ram.detach(&policy, Holder::Role(ROLE)).await.unwrap();
    for _ in 0..2 {
        ram.delete_role(ROLE).await.unwrap();
    }
}

async fn keys(kms: &Kms<'_>) {
    assert_eq!(kms.key("nothing").await.unwrap(), None);
    let key = kms.key("alias/boxes").await.unwrap().unwrap();
    assert!(key.is_enabled() && key.takes_policy() && key.owner() == Some(HOME), "{key:?}");
    let foreign = kms.key(&foreign_key()).await.unwrap().unwrap();
    assert_eq!((foreign.owner(), &*foreign.arn), (Some(STRANGER), &*foreign_key()));
    assert_eq!(code(kms.key_policy("key-plain").await), "UnsupportedOperation");
    assert!(kms.key_policy(&key.key_id).await.unwrap().contains("kms default key policy"));
    kms.set_key_policy("key-boxes", KEY_POLICY).await.unwrap();
    assert_eq!(kms.key_policy("key-boxes").await.unwrap(), KEY_POLICY);
}

async fn buckets(session: &Session) {
    let bucket = Bucket { session, name: BUCKET, region: REGION };
    let seeded = Bucket { name: SEEDED, ..bucket };
    assert_eq!(bucket.presence().await.unwrap(), Presence::Absent);
    let new =
        NewBucket { storage_class: Some("IA".to_owned()), redundancy: Some("ZRS".to_owned()) };
    for _ in 0..2 {
        bucket.create(&new).await.unwrap();
    }
    let other = NewBucket { storage_class: Some("Archive".to_owned()), ..new };
    assert_eq!(code(bucket.create(&other).await), "BucketAlreadyExists");
    let info = bucket.info().await.unwrap();
    assert_eq!((&*info.location, &*info.owner), ("oss-cn-hangzhou", HOME));
    assert_eq!((&*info.storage_class, &*info.redundancy, &*info.acl), ("IA", "ZRS", "private"));
    assert_eq!(bucket.acl().await.unwrap(), "private");
    let stat = seeded.stat().await.unwrap();
    assert_eq!((stat.bytes, stat.objects, stat.uploads), (1234, 1, 0));
    assert_eq!(bucket.versioning().await.unwrap(), None);
    assert_eq!(seeded.versioning().await.unwrap().as_deref(), Some("Suspended"));
    assert_eq!(bucket.worm().await.unwrap(), None);
    let worm = seeded.worm().await.unwrap().unwrap();
    assert!(worm.is_locked() && worm.days == 7);
    let kms_key = Some("key-boxes".to_owned());
    let encryption = Encryption { algorithm: "KMS".to_owned(), kms_key, data_encryption: None };
    bucket.put_encryption(&encryption).await.unwrap();
    assert_eq!(bucket.encryption().await.unwrap(), Some(encryption));
    bucket.delete_setting(Setting::Encryption).await.unwrap();
    assert_eq!(bucket.encryption().await.unwrap(), None);
    assert_eq!(bucket.lifecycle().await.unwrap(), []);
    assert_eq!(seeded.lifecycle().await.unwrap()[0].id, "old");
    assert!(!seeded.referer().await.unwrap().keeps_programs_out());
    bucket.put_setting(Setting::Policy, BUCKET_POLICY.into()).await.unwrap();
    let policy = bucket.setting(Setting::Policy).await.unwrap();
    assert_eq!(policy, Some(BUCKET_POLICY.into()));
    bucket.delete_setting(Setting::Policy).await.unwrap();
    let foreign = Bucket { name: FOREIGN, ..bucket };
    assert!(matches!(foreign.presence().await.unwrap(), Presence::Denied(_)));
    let oss = Oss::new(session, REGION);
    let names: Vec<String> =
        oss.buckets("b").await.unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, [SEEDED, BUCKET]);
    assert!(oss.regions().await.unwrap().iter().any(|region| region.name == "oss-cn-beijing"));
    assert_eq!(code(seeded.delete().await), "BucketNotEmpty");
    for _ in 0..2 {
        bucket.delete().await.unwrap();
    }
}

/// The same in one answer of the SDKs.
fn given() -> Value {
    json!({
        "user": USER, "policy": POLICY, "role": ROLE, "bucket": BUCKET, "seeded": SEEDED,
        "assumed": assumed(), "foreign": FOREIGN, "document": DOCUMENT, "wider": WIDER, "trust": TRUST,
        "other_trust": OTHER_TRUST, "bucket_policy": BUCKET_POLICY, "key_policy": KEY_POLICY,
        "key": "key-boxes", "plain_key": "key-plain", "foreign_key": foreign_key(),
    })
}

/// A call as both clients have to send it: booleans are written by the SDKs as Python does, queries in
/// whatever order and with `+` for a space, XML without a prolog and in whatever order.
fn sent(call: &ReceivedCall) -> (String, &'static str, String, Vec<String>, String) {
    let (request, query) = call.request.split_once('?').unwrap_or((&call.request, ""));
    let mut query: Vec<String> = query
        .split('&')
        .map(|pair| pair.replace("=True", "=true").replace('+', "%20"))
        .map(|pair| pair.trim_end_matches('=').to_owned())
        .collect();
    query.sort();
    let body = match Element::parse(&call.body) {
        Some(document) => document.document(),
        None => String::from_utf8(call.body.clone()).unwrap(),
    };
    (call.host.clone(), call.operation, request.to_owned(), query, body)
}

#[tokio::test]
async fn our_requests_are_those_of_the_official_sdks() {
    let theirs = cloud();
    let (host, port) = (theirs.address().ip().to_string(), theirs.address().port().to_string());
    let arguments = [&*host, &port, REGION, DEFAULT_KEY_ID, DEFAULT_SECRET];
    let told = common::sdk("control.py", &arguments, &given());

    let ours = cloud();
    let endpoints = Endpoints { stand_in: Some(ours.endpoint()), internal: false };
    let retries = Retries { attempts: 1, pause: Duration::ZERO, ..Retries::default() };
    let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
    live(&Session::new(keys, endpoints, retries)).await;
    let Some(told) = told else { return };
    let (ours, theirs) = (ours.calls(), theirs.calls());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(sent(ours), sent(theirs));
        assert_eq!(ours.done, theirs.done, "{}", ours.operation);
    }
    assert_eq!(ours.len(), theirs.len());
    the_sdks_understand(&told);
}

/// That the SDKs read out of the simulator's answers what was put there.
fn the_sdks_understand(told: &Value) {
    let told = told.as_array().unwrap();
    let answers = |name: &str| -> Vec<&Value> {
        told.iter().filter(|pair| pair[0] == name).map(|pair| &pair[1]).collect()
    };
    assert_eq!(answers("get_caller_identity")[0]["AccountId"], HOME);
    assert_eq!(answers("assume_role")[0]["Credentials"]["SecurityToken"], "token");
    assert_eq!(answers("get_user")[0], "EntityNotExist.User");
    assert_eq!(answers("get_user")[1]["User"]["DisplayName"], "mover");
    let secret = &answers("create_access_key")[0]["AccessKey"]["AccessKeySecret"];
    assert!(secret.as_str().unwrap().starts_with("SECRET"));
    assert_eq!(answers("create_policy")[1], "EntityAlreadyExists.Policy");
    let policy = answers("get_policy")[1];
    assert_eq!(policy["DefaultPolicyVersion"]["PolicyDocument"], DOCUMENT);
    let versions = &answers("list_policy_versions")[0]["PolicyVersions"]["PolicyVersion"];
    assert_eq!(versions[1]["IsDefaultVersion"], true);
    assert_eq!(answers("attach_policy_to_user")[2], "EntityAlreadyExists.User.Policy");
    let attached = &answers("list_policies_for_user")[0]["Policies"]["Policy"];
    assert_eq!(attached[1]["PolicyName"], POLICY);
    assert_eq!(answers("get_role")[2]["Role"]["AssumeRolePolicyDocument"], OTHER_TRUST);
    assert_eq!(answers("get_role")[1]["Role"]["MaxSessionDuration"], 7200);
    assert_eq!(answers("delete_role")[0], "DeleteConflict.Role.Policy");
    assert_eq!(answers("delete_role")[2], "EntityNotExist.Role");
    let keys = answers("describe_key");
    assert_eq!(keys[0], "Forbidden.KeyNotFound");
    assert_eq!(keys[1]["KeyMetadata"]["DKMSInstanceId"], "kst-simulated");
    assert_eq!(keys[2]["KeyMetadata"]["Creator"], STRANGER);
    assert_eq!(answers("get_key_policy")[0], "UnsupportedOperation");
    assert_eq!(answers("get_key_policy")[2]["Policy"], KEY_POLICY);
    let infos = answers("get_bucket_info");
    assert_eq!(infos[0], "NoSuchBucket");
    assert_eq!(*infos[1], json!(["oss-cn-hangzhou", "IA", "ZRS", "private", HOME, false]));
    assert_eq!(infos[2], "AccessDenied");
    assert_eq!(*answers("get_bucket_stat")[0], json!([1234, 1, 0]));
    let worms = answers("get_bucket_worm");
    assert_eq!(worms[0], "NoSuchWORMConfiguration");
    assert_eq!(*worms[1], json!(["SIMULATED", "Locked", 7]));
    let versionings = answers("get_bucket_versioning");
    assert_eq!((versionings[0], versionings[1]), (&Value::Null, &json!("Suspended")));
    assert_eq!(*answers("get_bucket_encryption")[0], json!(["KMS", "key-boxes"]));
    let lifecycles = answers("get_bucket_lifecycle");
    assert_eq!(lifecycles[0], "NoSuchLifecycle");
    assert_eq!(*lifecycles[1], json!([["old", "Enabled", "logs/", 30]]));
    assert_eq!(*answers("get_bucket_referer")[0], json!(true));
    assert_eq!(answers("get_bucket_policy")[0], BUCKET_POLICY);
    let listed = answers("list_buckets")[0];
    assert_eq!(listed[0], json!([SEEDED, "oss-cn-hangzhou", "Standard"]));
    assert!(answers("describe_regions")[0].as_array().unwrap().contains(&json!("oss-us-east-1")));
    assert_eq!(answers("delete_bucket")[0], "BucketNotEmpty");
}
