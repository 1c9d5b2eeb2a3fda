//! What can be wrong with a destination, and that the simulated migration service finds it: the oracle that
//! checks before a migration are held against.

#![allow(clippy::unwrap_used, reason = "tests")]

mod cases;

use std::time::Duration;

use cases::{Case, cases};
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress};
use weighbridge::alibaba::ram::{PolicyName, Ram};
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    DEFAULT_KEY_ID, DEFAULT_SECRET,
};

const HOME: &str = "1234567890123456";
const OWNER: &str = "6543210987654321";
const REGION: &str = "cn-hangzhou";

/// What an address names.
struct Named {
    bucket: &'static str,
    region: &'static str,
    role: &'static str,
    prefix: &'static str,
}

const OURS: Named = Named { bucket: "ours", region: REGION, role: "mover", prefix: "copy/" };
const THEIRS: Named = Named { bucket: "theirs", ..OURS };
const SEALED: Named = Named { bucket: "sealed", ..OURS };

/// A policy in JSON that allows `actions` on `resources`, or denies.
fn policy(effect: &str, actions: &[&str], resources: &[&str]) -> String {
    let statement = serde_json::json!({"Effect": effect, "Action": actions, "Resource": resources});
    serde_json::json!({"Version": "1", "Statement": [statement]}).to_string()
}

/// The same for those whom a bucket's policy names.
fn bucket_policy(effect: &str, actions: &[&str], resources: &[&str], who: &str) -> String {
    let statement = serde_json::json!({
        "Effect": effect, "Action": actions, "Resource": resources, "Principal": [who],
    });
    serde_json::json!({"Version": "1", "Statement": [statement]}).to_string()
}

fn key_policy(who: &str, actions: &[&str]) -> String {
    let statement = |who: &str, actions: &[&str]| {
        serde_json::json!({
            "Effect": "Allow", "Action": actions, "Resource": ["*"], "Principal": {"RAM": [who]},
        })
    };
    let owner = statement(&format!("acs:ram::{OWNER}:*"), &["kms:*"]);
    serde_json::json!({"Version": "1", "Statement": [owner, statement(who, actions)]}).to_string()
}

const NEEDED: [&str; 4] = ["oss:List*", "oss:Get*", "oss:Put*", "oss:AbortMultipartUpload"];

fn session_of_mover() -> String {
    format!("arn:sts::{HOME}:assumed-role/mover/*")
}

fn mover() -> String {
    format!("acs:ram::{HOME}:role/mover")
}

/// A cloud in which all is in order: a bucket of one's own, one that is sealed by a key, and one of
/// another account that is sealed, too.
fn in_order() -> AlibabaConfig {
    let mut config = AlibabaConfig::default();
    let home = &mut config.home;
    home.policies.insert("mover".to_owned(), policy("Allow", &NEEDED, &["acs:oss:*:*:*"]));
    let policies = vec![PolicyName::custom("mover"), PolicyName::system("AliyunKMSFullAccess")];
    home.roles.insert("mover".to_owned(), AlibabaRole { policies, ..AlibabaRole::default() });
    home.buckets.insert("ours".to_owned(), AlibabaBucket::default());
    home.buckets.insert("sealed".to_owned(), AlibabaBucket::default().encrypted_by("key"));
    home.keys.insert("key".to_owned(), AlibabaKey::default());
    let mut owner = AlibabaAccount::new(OWNER);
    let all = ["acs:oss:*:*:theirs", "acs:oss:*:*:theirs/*"];
    let theirs = bucket_policy("Allow", &NEEDED, &all, &session_of_mover());
    let theirs = AlibabaBucket::default().with("policy", theirs).encrypted_by("their-key");
    owner.buckets.insert("theirs".to_owned(), theirs);
    let policy =
        Some(key_policy(&mover(), &["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]));
    owner.keys.insert("their-key".to_owned(), AlibabaKey { policy, ..AlibabaKey::in_instance() });
    config.others.push(owner);
    config
}

fn session(cloud: &AlibabaSimulator) -> Session {
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let retries = Retries { attempts: 1, pause: Duration::ZERO, ..Retries::default() };
    let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
    Session::new(keys, endpoints, retries)
}

/// Creates the address `to-oss`, and has its verification started.
async fn begin(mgw: &Mgw<'_>, named: &Named) {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let detail = AddressDetail {
        address_type: some("oss"),
        bucket: some(named.bucket),
        prefix: some(named.prefix),
        region_id: Some(format!("oss-{}", named.region)),
        role: some(named.role),
        ..AddressDetail::default()
    };
    let address =
        NewAddress { name: some("to-oss"), detail: Some(detail), ..NewAddress::default() };
    mgw.create_address(&address).await.unwrap();
    mgw.verify_address("to-oss").await.unwrap();
}

/// What the service finds: `available`, or code and words.
async fn found(mgw: &Mgw<'_>) -> String {
    let told = mgw.verify_address("to-oss").await.unwrap();
    if told.is_available() {
        return "available".to_owned();
    }
    format!("{} {}", told.error_code.unwrap_or_default(), told.error_message.unwrap_or_default())
}

#[tokio::test]
async fn what_is_wrong_with_a_destination_is_found() {
    let cases = cases();
    let wrong = cases.iter().filter(|case| case.3 != "available").count();
    assert!(wrong >= 40, "{wrong}");
    for Case(name, named, change, words) in cases {
        let mut config = in_order();
        change(&mut config);
        let cloud = AlibabaSimulator::start_in_thread(config).unwrap();
        let session = session(&cloud);
        let mgw = Mgw::new(&session, HOME, REGION);
        begin(&mgw, &named).await;
        let found = found(&mgw).await;
        assert!(found.contains(words), "{name}: {found}");
    }
}

#[tokio::test]
async fn what_ram_was_told_is_known_to_the_migration_service_a_little_later() {
    let cloud =
        AlibabaSimulator::start_in_thread(AlibabaConfig { spreading: 2, ..in_order() }).unwrap();
    let session = session(&cloud);
    let mgw = Mgw::new(&session, HOME, REGION);
    begin(&mgw, &OURS).await;
    assert_eq!(found(&mgw).await, "available");
    let trust = AlibabaRole::default().trust;
    Ram::new(&session).update_trust("mover", &trust).await.unwrap();
    for _ in 0..2 {
        assert!(found(&mgw).await.starts_with("NoPermission"));
    }
    assert_eq!(found(&mgw).await, "available");
}
