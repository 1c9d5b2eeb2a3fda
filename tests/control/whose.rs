//! Whose things are, where, and whether they are there; who may do what.

use super::{
    BUCKET_POLICY, HOME, REGION, STRANGER, cloud, cloud_with, credential, ours, refusal, session,
    session_of, session_with, strike,
};
use weighbridge::alibaba::kms::Kms;
use weighbridge::alibaba::oss::{Bucket, NewBucket, Oss, Presence, Setting};
use weighbridge::alibaba::ram::{Holder, PolicyName, Ram};
use weighbridge::alibaba::{Credentials, sts};
use weighbridge::simulator::{AlibabaBucket, AlibabaRole, Denied, TroubleKind};

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
