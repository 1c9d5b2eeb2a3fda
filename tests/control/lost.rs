//! Answers that are lost, calls that are throttled, clocks that are wrong.

use super::{
    BUCKET_POLICY, DOCUMENT, REGION, calls, cloud, cloud_with, new_policy, new_role, new_user,
    new_version, ours, session, session_with, strike,
};
use weighbridge::alibaba::kms::Kms;
use weighbridge::alibaba::oss::{Bucket, NewBucket, Presence, Setting};
use weighbridge::alibaba::ram::{Holder, PolicyName, Ram, Rotate};
use weighbridge::alibaba::{CallError, Credentials};
use weighbridge::simulator::{AlibabaRole, DEFAULT_KEY_ID, DEFAULT_SECRET, Edit, TroubleKind};

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
