//! RAM, KMS and buckets by our clients: what is lost, throttled, refused, denied, paged, too large or secret.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use weighbridge::alibaba::kms::{Kms, LARGEST_POLICY as LARGEST_KEY_POLICY};
use weighbridge::alibaba::oss::{Bucket, NewBucket, Oss, Presence, Setting, When};
use weighbridge::alibaba::ram::{
    Holder, LARGEST_POLICY, MOST_VERSIONS, NewPolicy, NewRole, NewUser, NewVersion, PolicyName,
    PolicyType, Ram, Rotate,
};
use weighbridge::alibaba::{CallError, Credentials, Endpoints, Retries, Session, sts};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    AlibabaUser, Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, Denied, Edit, Trouble, TroubleKind,
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

// --- lost and throttled -----------------------------------------------------------------------------

#[tokio::test]
async fn creating_is_not_repeated_when_it_may_have_happened() {
    let cloud = cloud();
    let session = session(&cloud);
    let ram = Ram::new(&session);
    for kind in [TroubleKind::AnswerLost, TroubleKind::Refused(500, "InternalError")] {
        let happened = kind == TroubleKind::AnswerLost;
        let name = if happened { "lost" } else { "failed" };
        let lost = |result: Result<(), CallError>, operation| {
            let error = result.unwrap_err();
            assert!(error.may_have_happened(), "{operation}: {error}");
            let times = if happened { 1 } else { 2 };
            assert_eq!(calls(&cloud, operation), times, "{operation}");
        };
        strike(&cloud, "CreateUser", kind.clone());
        lost(ram.create_user(&new_user(name)).await.map(drop), "CreateUser");
        assert_eq!(ram.user(name).await.unwrap().is_some(), happened);
        strike(&cloud, "CreateRole", kind.clone());
        lost(ram.create_role(&new_role(name)).await.map(drop), "CreateRole");
        assert_eq!(ram.role(name).await.unwrap().is_some(), happened);
        strike(&cloud, "CreatePolicy", kind.clone());
        lost(ram.create_policy(&new_policy(name, DOCUMENT)).await, "CreatePolicy");
        let policy = PolicyName::custom(name);
        assert_eq!(ram.policy(&policy).await.unwrap().is_some(), happened);
        strike(&cloud, "CreatePolicyVersion", kind.clone());
        let version = new_version(DOCUMENT, Rotate::Never);
        lost(ram.create_policy_version(&version).await.map(drop), "CreatePolicyVersion");
        strike(&cloud, "CreateAccessKey", kind.clone());
        lost(ram.create_access_key("ann").await.map(drop), "CreateAccessKey");
        // A key whose secret nobody knows: it is seen, and can be taken away.
        assert_eq!(ram.access_keys("ann").await.unwrap().unwrap().len(), 1);
        strike(&cloud, "PutBucket", kind);
        let bucket = Bucket { name: if happened { "lost" } else { "failed" }, ..ours(&session) };
        lost(bucket.create(&NewBucket::default()).await, "PutBucket");
        let there = matches!(bucket.presence().await.unwrap(), Presence::Ours(_));
        assert_eq!(there, happened);
    }
}

#[tokio::test]
async fn what_is_the_same_when_it_is_had_twice_is_repeated() {
    let cloud = cloud();
    let session = session(&cloud);
    let (ram, kms, bucket) = (Ram::new(&session), Kms::new(&session, REGION), ours(&session));
    let (policy, holder) = (PolicyName::custom("reader"), Holder::Role("mover"));
    let key = ram.create_access_key("ann").await.unwrap();
    ram.create_policy_version(&new_version(DOCUMENT, Rotate::Never)).await.unwrap();
    let key_policy = kms.key_policy("key").await.unwrap();
    for kind in [TroubleKind::AnswerLost, TroubleKind::Lost, TroubleKind::Refused(503, "Busy")] {
        let lose = |operation| strike(&cloud, operation, kind.clone());
        lose("AttachPolicyToRole");
        ram.attach(&policy, holder).await.unwrap();
        lose("UpdateRole");
        ram.update_trust("mover", &AlibabaRole::of_service("x").trust).await.unwrap();
        lose("SetKeyPolicy");
        kms.set_key_policy("key", &key_policy).await.unwrap();
        lose("PutBucketPolicy");
        bucket.put_setting(Setting::Policy, BUCKET_POLICY.into()).await.unwrap();
        lose("DetachPolicyFromRole");
        ram.detach(&policy, holder).await.unwrap();
        lose("DeletePolicyVersion");
        ram.delete_policy_version("reader", "v1").await.unwrap();
        lose("DeleteBucketPolicy");
        bucket.delete_setting(Setting::Policy).await.unwrap();
    }
    let lose = |operation| strike(&cloud, operation, TroubleKind::AnswerLost);
    lose("DeleteAccessKey");
    ram.delete_access_key("ann", &key.id).await.unwrap();
    lose("DeleteUser");
    ram.delete_user("ann").await.unwrap();
    lose("DeletePolicy");
    ram.delete_policy("reader").await.unwrap();
    lose("DeleteBucket");
    bucket.delete().await.unwrap();
    assert_eq!(calls(&cloud, "DeleteBucket"), 2);
    assert_eq!(bucket.presence().await.unwrap(), Presence::Absent);
    assert_eq!(ram.attached(holder).await.unwrap().unwrap(), AlibabaRole::default().policies);
}

#[tokio::test]
async fn what_was_throttled_is_repeated_and_happens_once() {
    let cloud = cloud();
    let session = session(&cloud);
    let ram = Ram::new(&session);
    for (status, code) in [(400, "Throttling.User"), (429, "Throttling"), (503, "SlowDown")] {
        let kind = TroubleKind::Refused(status, code);
        strike(&cloud, "CreateAccessKey", kind.clone());
        let key = ram.create_access_key("ann").await.unwrap();
        assert_eq!(ram.access_keys("ann").await.unwrap().unwrap().len(), 1, "{code}");
        ram.delete_access_key("ann", &key.id).await.unwrap();
        strike(&cloud, "PutBucket", kind);
        let bucket = Bucket { name: "another", ..ours(&session) };
        bucket.create(&NewBucket::default()).await.unwrap();
        bucket.delete().await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_for_every_service() {
    for ahead in [-7200, 7200] {
        let cloud = cloud_with(|config| config.clock_ahead = ahead);
        let session = session(&cloud);
        Ram::new(&session).create_user(&new_user("bob")).await.unwrap();
        assert_eq!((cloud.calls().len(), calls(&cloud, "CreateUser")), (2, 2));
        Kms::new(&session, REGION).key("key").await.unwrap().unwrap();
        ours(&session).info().await.unwrap();
        assert_eq!(cloud.calls().len(), 4, "once for all that follows");
        let again = session_with(&cloud, Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None));
        ours(&again).info().await.unwrap();
        assert_eq!(cloud.calls().len(), 6);
    }
}

#[tokio::test]
async fn somebody_elses_change_in_between_is_seen_afterwards() {
    let cloud = cloud();
    let session = session(&cloud);
    let other = BUCKET_POLICY.replace("ListObjects", "GetObject");
    let edit = Edit::Setting {
        bucket: "ours".to_owned(),
        name: "policy".to_owned(),
        document: Some(other.clone()),
    };
    strike(&cloud, "GetBucketPolicy", TroubleKind::Overtaken(edit));
    let read = ours(&session).setting(Setting::Policy).await.unwrap();
    assert_eq!(read, Some(other.into_bytes()));
}

// --- whose, where, and whether at all ---------------------------------------------------------------

#[tokio::test]
async fn a_bucket_is_ours_elsewhere_somebody_elses_or_not_there() {
    let cloud = cloud_with(|config| {
        let bucket =
            AlibabaBucket { region: Some("eu-central-1".to_owned()), ..AlibabaBucket::default() };
        config.home.buckets.insert("far".to_owned(), bucket);
    });
    let session = session(&cloud);
    let presence = async |name| Bucket { name, ..ours(&session) }.presence().await.unwrap();
    let Presence::Ours(info) = presence("ours").await else { panic!("not ours") };
    assert_eq!((&*info.owner, &*info.location), (HOME, "oss-cn-hangzhou"));
    assert_eq!(presence("nobodys").await, Presence::Absent);
    let elsewhere = Presence::Elsewhere("oss-eu-central-1.aliyuncs.com".to_owned());
    assert_eq!(presence("far").await, elsewhere);
    let Presence::Denied(refusal) = presence("theirs").await else { panic!("not denied") };
    assert_eq!((refusal.status, &*refusal.code), (403, "AccessDenied"));
    let far = Bucket { name: "far", region: "oss-eu-central-1", ..ours(&session) };
    assert!(matches!(far.presence().await.unwrap(), Presence::Ours(_)));
    let taken = Bucket { name: "theirs", ..ours(&session) };
    assert!(taken.create(&NewBucket::default()).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_key_that_is_not_known_is_not_taken_for_a_thing_that_is_not_there() {
    let cloud = cloud();
    let session = session_with(&cloud, Credentials::new("nobody", "PLANTED", None));
    let (ram, kms) = (Ram::new(&session), Kms::new(&session, REGION));
    assert_eq!(refusal(ram.user("ann").await), "InvalidAccessKeyId.NotFound");
    assert_eq!(refusal(kms.key("key").await), "InvalidAccessKeyId.NotFound");
    assert_eq!(refusal(ram.delete_user("ann").await), "InvalidAccessKeyId.NotFound");
    let kind = TroubleKind::Refused(404, "InvalidAccessKeyId.NotFound");
    let session = session_of(&cloud, "stranger");
    strike(&cloud, "GetRole", kind);
    let error = Ram::new(&session).role("mover").await.unwrap_err();
    assert!(!error.is_not_found(), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_where_it_is_asked_for_and_an_error_where_it_is_needed() {
    let cloud = cloud();
    let session = session(&cloud);
    let (ram, kms) = (Ram::new(&session), Kms::new(&session, REGION));
    let nothing = PolicyName::custom("nothing");
    assert_eq!(ram.access_keys("nobody").await.unwrap(), None);
    assert_eq!(ram.attached(Holder::User("nobody")).await.unwrap(), None);
    assert_eq!(ram.attached(Holder::Role("nobody")).await.unwrap(), None);
    assert_eq!(ram.policy_versions(&nothing).await.unwrap(), None);
    assert_eq!(ram.policy(&PolicyName::system("AliyunNothing")).await.unwrap(), None);
    assert_eq!(kms.key("alias/nothing").await.unwrap(), None);
    assert_eq!(kms.key("their-key").await.unwrap(), None, "an id is one of the account's own");
    for (policy, holder) in [
        (&nothing, Holder::User("ann")),
        (&PolicyName::custom("reader"), Holder::User("nobody")),
        (&PolicyName::custom("reader"), Holder::Role("nobody")),
    ] {
        let code = refusal(ram.attach(policy, holder).await);
        assert!(code.starts_with("EntityNotExist."), "{code}");
        ram.detach(policy, holder).await.unwrap();
    }
    assert_eq!(refusal(ram.create_access_key("nobody").await), "EntityNotExist.User");
    assert_eq!(refusal(ram.update_trust("nobody", "{}").await), "MalformedPolicyDocument");
    let trust = AlibabaRole::default().trust;
    assert_eq!(refusal(ram.update_trust("nobody", &trust).await), "EntityNotExist.Role");
    assert_eq!(refusal(kms.set_key_policy("nothing", "{}").await), "Forbidden.KeyNotFound");
    let bucket = Bucket { name: "nobodys", ..ours(&session) };
    assert_eq!(refusal(bucket.worm().await), "NoSuchBucket");
    assert_eq!(refusal(bucket.encryption().await), "NoSuchBucket");
    bucket.delete().await.unwrap();
}

// --- who may what -----------------------------------------------------------------------------------

#[tokio::test]
async fn a_new_key_can_do_what_its_users_policies_allow() {
    let cloud = cloud();
    let root = session(&cloud);
    let ram = Ram::new(&root);
    let key = ram.create_access_key("ann").await.unwrap();
    assert!(key.source.contains("`ann`") && !format!("{key:?}").contains("SECRET"), "{key:?}");
    let anns = session_with(&cloud, key.clone());
    let arn = sts::caller_identity(&anns).await.unwrap().arn;
    assert_eq!(arn, format!("acs:ram::{HOME}:user/ann"));
    assert_eq!(refusal(ours(&anns).acl().await), "AccessDenied");
    assert_eq!(refusal(Ram::new(&anns).user("ann").await), "NoPermission");
    assert_eq!(refusal(Kms::new(&anns, REGION).key("key").await), "Forbidden.NoPermission");
    for name in ["AliyunOSSReadOnlyAccess", "AliyunRAMFullAccess", "AliyunKMSFullAccess"] {
        ram.attach(&PolicyName::system(name), Holder::User("ann")).await.unwrap();
    }
    ours(&anns).acl().await.unwrap();
    let refused = ours(&anns).put_setting(Setting::Policy, BUCKET_POLICY.into()).await;
    assert_eq!(refusal(refused), "AccessDenied");
    Ram::new(&anns).user("ann").await.unwrap();
    Kms::new(&anns, REGION).key("key").await.unwrap();
    ram.delete_access_key("ann", &key.id).await.unwrap();
    assert_eq!(refusal(ours(&anns).acl().await), "InvalidAccessKeyId");
}

#[tokio::test]
async fn a_bucket_of_another_account_can_be_used_as_far_as_its_policy_says() {
    let cloud = cloud();
    let (root, stranger) = (session(&cloud), session_of(&cloud, "stranger"));
    let seen = ours(&stranger);
    assert_eq!(refusal(seen.keys("").await), "AccessDenied");
    ours(&root).put_setting(Setting::Policy, BUCKET_POLICY.into()).await.unwrap();
    assert_eq!(seen.keys("").await.unwrap(), [""; 0]);
    assert_eq!(refusal(seen.get_object("k").await), "AccessDenied");
    assert!(matches!(seen.presence().await.unwrap(), Presence::Denied(_)));
    let deny = BUCKET_POLICY.replace("Allow", "Deny").replace(STRANGER, HOME);
    ours(&root).put_setting(Setting::Policy, deny.into()).await.unwrap();
    assert_eq!(refusal(ours(&root).keys("").await), "AccessDenied", "denying wins over owning");
}

#[tokio::test]
async fn a_key_of_another_account_is_known_by_its_arn_and_to_those_whom_it_names() {
    let cloud = cloud();
    let (root, stranger) = (session(&cloud), session_of(&cloud, "stranger"));
    let arn = format!("acs:kms:{REGION}:{STRANGER}:key/their-key");
    let kms = Kms::new(&root, REGION);
    assert_eq!(refusal(kms.key(&arn).await), "Forbidden.NoPermission");
    let theirs = Kms::new(&stranger, REGION);
    let policy = theirs.key_policy("their-key").await.unwrap();
    let policy = policy.replace(
        &format!("acs:ram::{STRANGER}:*"),
        &format!("acs:ram::{STRANGER}:*\",\"acs:ram::{HOME}:root"),
    );
    theirs.set_key_policy("their-key", &policy).await.unwrap();
    assert_eq!(kms.key(&arn).await.unwrap().unwrap().owner(), Some(STRANGER));
    assert_eq!(refusal(kms.key_policy(&arn).await), "Forbidden.NoPermission");
    let elsewhere = Kms::new(&root, "cn-beijing");
    assert_eq!(elsewhere.key(&arn).await.unwrap(), None);
    assert_eq!(elsewhere.key("key").await.unwrap(), None);
}

#[tokio::test]
async fn what_a_key_may_not_do_is_refused_and_what_it_may_is_not() {
    let cloud = cloud_with(|config| {
        config.home.credentials.push(credential("limited"));
        let operations = ["GetBucket*", "GetRole", "SetKeyPolicy", "DescribeRegions"];
        let operations = operations.map(str::to_owned).to_vec();
        config.home.denied.push(Denied { key_id: "limited".to_owned(), operations });
    });
    let session = session_of(&cloud, "limited");
    let (ram, kms, bucket) = (Ram::new(&session), Kms::new(&session, REGION), ours(&session));
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Denied(_)));
    assert_eq!(refusal(bucket.lifecycle().await), "AccessDenied");
    assert_eq!(refusal(ram.role("mover").await), "NoPermission");
    assert_eq!(refusal(kms.set_key_policy("key", "{}").await), "Forbidden.NoPermission");
    assert_eq!(refusal(Oss::new(&session, REGION).regions().await), "AccessDenied");
    bucket.put_setting(Setting::Policy, BUCKET_POLICY.into()).await.unwrap();
    assert_eq!(ram.roles().await.unwrap().len(), 1);
    kms.key_policy("key").await.unwrap();
}

// --- pages, limits, sizes ---------------------------------------------------------------------------

#[tokio::test]
async fn pages_are_followed_to_their_end() {
    let cloud = cloud_with(|config| {
        config.limits.page = 2;
        for number in 0..7 {
            let name = format!("many-{number}");
            config.home.roles.insert(name.clone(), AlibabaRole::default());
            config.home.policies.insert(name.clone(), DOCUMENT.to_owned());
            config.home.buckets.insert(name, AlibabaBucket::default());
        }
    });
    let session = session(&cloud);
    let ram = Ram::new(&session);
    let roles = ram.roles().await.unwrap();
    assert_eq!((roles.len(), calls(&cloud, "ListRoles")), (8, 4));
    assert_eq!(roles[7].role_name, "mover");
    let policies = ram.policies(PolicyType::Custom).await.unwrap();
    assert_eq!((policies.len(), calls(&cloud, "ListPolicies")), (8, 4));
    assert!(ram.policies(PolicyType::System).await.unwrap().len() > 4);
    let buckets = Oss::new(&session, REGION).buckets("many").await.unwrap();
    assert_eq!((buckets.len(), calls(&cloud, "ListBuckets")), (7, 4));
    assert_eq!(buckets[6].name, "many-6");
}

#[tokio::test]
async fn a_limit_is_told_and_is_no_conflict() {
    let cloud = cloud_with(|config| {
        let limits = &mut config.limits;
        (limits.users, limits.roles, limits.policies, limits.buckets) = (1, 1, 1, 1);
        limits.custom_attached = 0;
    });
    let session = session(&cloud);
    let ram = Ram::new(&session);
    for _ in 0..2 {
        ram.create_access_key("ann").await.unwrap();
    }
    for _ in 1..MOST_VERSIONS {
        ram.create_policy_version(&new_version(DOCUMENT, Rotate::Never)).await.unwrap();
    }
    let another = Bucket { name: "another", ..ours(&session) };
    let reader = PolicyName::custom("reader");
    let version = new_version(DOCUMENT, Rotate::Never);
    for (result, code) in [
        (ram.create_user(&new_user("bob")).await.map(drop), "LimitExceeded.User"),
        (ram.create_role(&new_role("r")).await.map(drop), "LimitExceeded.Role"),
        (ram.create_policy(&new_policy("p", DOCUMENT)).await, "LimitExceeded.Policy"),
        (ram.create_access_key("ann").await.map(drop), "LimitExceeded.User.AccessKey"),
        (ram.create_policy_version(&version).await.map(drop), "LimitExceeded.Policy.Version"),
        (ram.attach(&reader, Holder::User("ann")).await, "LimitExceeded.User.Policy"),
        (ram.attach(&reader, Holder::Role("mover")).await, "LimitExceeded.Role.Policy"),
        (another.create(&NewBucket::default()).await, "TooManyBuckets"),
    ] {
        let error = result.unwrap_err();
        assert!(!error.is_conflict() && !error.is_not_found(), "{error}");
        assert_eq!(refusal(Err::<(), _>(error)), code);
    }
    let version = new_version(DOCUMENT, Rotate::Oldest);
    assert_eq!(ram.create_policy_version(&version).await.unwrap().version_id, "v6");
    let versions = ram.policy_versions(&reader).await.unwrap().unwrap();
    assert_eq!((versions.len(), &*versions[0].version_id), (MOST_VERSIONS, "v2"));
}

/// A policy of exactly so many bytes, in characters of two bytes.
fn padded(document: &str, at: &str, bytes: usize) -> String {
    let room = bytes - document.len();
    document.replacen(at, &format!("{at}{}{}", "é".repeat(room / 2), "x".repeat(room % 2)), 1)
}

#[tokio::test]
async fn the_largest_documents_arrive_whole() {
    let cloud = cloud();
    let session = session(&cloud);
    let (ram, kms) = (Ram::new(&session), Kms::new(&session, REGION));
    let document = DOCUMENT.replace("\"*\"", &format!("\"{}\"", "é+ &".repeat(1514)));
    let document = document.replace(
        "é+ &\"",
        &format!("é+ &{}\"", "x".repeat(LARGEST_POLICY - document.chars().count())),
    );
    assert_eq!(document.chars().count(), LARGEST_POLICY);
    ram.create_policy(&new_policy("large", &document)).await.unwrap();
    let read = ram.policy(&PolicyName::custom("large")).await.unwrap().unwrap();
    assert_eq!(read.document, document);
    let larger = document.replacen('é', "éé", 1);
    let refused = ram.create_policy(&new_policy("larger", &larger)).await;
    assert_eq!(refusal(refused), "InvalidParameter.PolicyDocument.Length");

    let policy = kms.key_policy("key").await.unwrap();
    let statement = r#"{"Action":["kms:Decrypt"],"Effect":"Allow","Principal":{"RAM":["acs:ram::1:role/"]},"Resource":["*"]}"#;
    let policy = policy.replace("\"Statement\":[", &format!("\"Statement\":[{statement},"));
    let policy = padded(&policy, "acs:ram::1:role/", LARGEST_KEY_POLICY);
    assert_eq!(policy.len(), LARGEST_KEY_POLICY);
    kms.set_key_policy("key", &policy).await.unwrap();
    assert_eq!(kms.key_policy("key").await.unwrap(), policy);
    let refused = kms.set_key_policy("key", &policy.replacen("role/", "role/x", 1)).await;
    assert_eq!(refusal(refused), "InvalidParameter");
}

#[tokio::test]
async fn a_policy_that_the_bucket_does_not_take_is_told_with_its_fine_code() {
    let cloud = cloud_with(|config| {
        let closed = AlibabaBucket { blocks_public_access: true, ..AlibabaBucket::default() };
        config.home.buckets.insert("closed".to_owned(), closed);
    });
    let session = session(&cloud);
    let bucket = ours(&session);
    let statement = BUCKET_POLICY.split_once('[').unwrap().1.strip_suffix("]}").unwrap();
    let many = BUCKET_POLICY.replace(statement, &vec![statement; 200].join(","));
    for (policy, ec) in [
        (many, "0030-00000001"),
        (BUCKET_POLICY.replace("\"1\"", "1"), "0030-00000002"),
        (BUCKET_POLICY.replace("ours", &"x".repeat(4096)), "0030-00000003"),
        ("no JSON".to_owned(), "0030-00000005"),
        (r#"{"Version":"1","Statement":[]}"#.to_owned(), "0030-00000005"),
    ] {
        let error = bucket.put_setting(Setting::Policy, policy.into()).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(ec) && text.contains("16 KB"), "{text}");
    }
    let not_text = bucket.put_setting(Setting::Policy, vec![b'"', 0xFF, b'"'].into()).await;
    assert_eq!(not_text.unwrap_err().refusal().unwrap().ec, "0030-00000004");
    assert_eq!(bucket.setting(Setting::Policy).await.unwrap(), None);
    let closed = Bucket { name: "closed", ..bucket };
    assert_eq!(closed.info().await.unwrap().blocks_public_access, Some(true));
    let public = BUCKET_POLICY.replace(STRANGER, "*");
    let refused = closed.put_setting(Setting::Policy, public.into()).await;
    assert_eq!(refusal(refused), "AccessDenied");
}

#[tokio::test]
async fn names_and_documents_that_ram_does_not_take_are_told() {
    let cloud = cloud();
    let session = session(&cloud);
    let ram = Ram::new(&session);
    let bad_trust = NewRole { trust: DOCUMENT.to_owned(), ..new_role("r") };
    let long = "x".repeat(65);
    for (result, code) in [
        (
            ram.create_user(&new_user("a b")).await.map(drop),
            "InvalidParameter.UserName.InvalidChars",
        ),
        (ram.create_user(&new_user(&long)).await.map(drop), "InvalidParameter.UserName.Length"),
        (
            ram.create_role(&new_role("a_b")).await.map(drop),
            "InvalidParameter.RoleName.InvalidChars",
        ),
        (ram.create_role(&new_role(&long)).await.map(drop), "InvalidParameter.RoleName.Length"),
        (ram.create_role(&bad_trust).await.map(drop), "MalformedPolicyDocument"),
        (
            ram.create_policy(&new_policy("a.b", DOCUMENT)).await,
            "InvalidParameter.PolicyName.InvalidChars",
        ),
        (ram.create_policy(&new_policy("p", "{")).await, "MalformedPolicyDocument"),
        (ram.create_policy(&new_policy("p", "{}")).await, "MalformedPolicyDocument"),
    ] {
        assert_eq!(refusal(result), code);
    }
    let short = Bucket { name: "-x", ..ours(&session) };
    assert_eq!(refusal(short.create(&NewBucket::default()).await), "InvalidBucketName");
}

// --- what a bucket says of itself -------------------------------------------------------------------

#[tokio::test]
async fn everything_that_stands_in_the_way_of_a_copy_is_read() {
    let cloud = cloud_with(|config| {
        let bucket = AlibabaBucket {
            versioning: Some("Enabled".to_owned()),
            worm: Some(("InProgress".to_owned(), 30)),
            is_hierarchical: true,
            is_replicated: true,
            log_bucket: Some("logs".to_owned()),
            acl: "public-read".to_owned(),
            storage_class: "Archive".to_owned(),
            redundancy: "ZRS".to_owned(),
            ..AlibabaBucket::default()
        };
        let bucket = bucket
            .encrypted_by("key")
            .with("lifecycle", "<LifecycleConfiguration><Rule><ID>r</ID><Prefix>p/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>")
            .with("referer", "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>https://a.example</Referer></RefererList></RefererConfiguration>");
        config.home.buckets.insert("ours".to_owned(), bucket);
    });
    let session = session(&cloud);
    let bucket = ours(&session);
    let info = bucket.info().await.unwrap();
    assert!(info.is_hierarchical && info.is_replicated);
    assert_eq!(
        (&*info.storage_class, &*info.redundancy, &*info.acl),
        ("Archive", "ZRS", "public-read")
    );
    assert_eq!(
        (info.log_bucket.as_deref(), info.versioning.as_deref()),
        (Some("logs"), Some("Enabled"))
    );
    assert_eq!((info.encryption.as_deref(), info.kms_key.as_deref()), (Some("KMS"), Some("key")));
    assert!(!bucket.worm().await.unwrap().unwrap().is_locked());
    let rules = bucket.lifecycle().await.unwrap();
    assert_eq!(rules[0].expiration, Some(When::Days(1)));
    let referer = bucket.referer().await.unwrap();
    assert!(referer.keeps_programs_out() && referer.allowed == ["https://a.example"]);
}

// --- as the program plays it ------------------------------------------------------------------------

/// A program that is stopped however the test ends.
struct Played(Child);

impl Drop for Played {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_plays_all_services_and_two_accounts() {
    let program = env!("CARGO_BIN_EXE_weighbridge");
    let played = std::process::Command::new(program)
        .args(["simulate", "--objects", "10", "--alibaba"])
        .stdout(Stdio::piped())
        .spawn();
    let mut played = Played(played.unwrap());
    let mut lines = BufReader::new(played.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let endpoint = lines.find_map(|line| Some(line.split_once(" is played on ")?.1.to_owned()));
    let endpoints = Endpoints { stand_in: endpoint, internal: false };
    assert!(endpoints.stand_in.is_some());
    let open = |id: &str, secret: &str| {
        Session::new(Credentials::new(id, secret, None), endpoints.clone(), Retries::default())
    };
    let (home, other) = (open(DEFAULT_KEY_ID, DEFAULT_SECRET), open("others", "others-secret"));
    assert!(Ram::new(&home).role("oss-import").await.unwrap().is_some());
    let key = Kms::new(&home, REGION).key("rehearsal-key").await.unwrap().unwrap();
    assert!(key.is_enabled() && key.takes_policy());
    let bucket = Bucket { session: &home, name: "destination", region: REGION };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Ours(_)));
    let bucket = Bucket { name: "others", ..bucket };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Denied(_)));
    assert_eq!(sts::caller_identity(&other).await.unwrap().account, STRANGER);
    let bucket = Bucket { session: &other, ..bucket };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Ours(_)));
    assert!(Kms::new(&other, REGION).key("others-key").await.unwrap().is_some());
}
