//! Pages, limits, sizes, names; what a bucket says of itself.

use super::{
    BUCKET_POLICY, DOCUMENT, REGION, STRANGER, calls, cloud, cloud_with, new_policy, new_role,
    new_user, new_version, ours, refusal, session,
};
use weighbridge::alibaba::kms::{Kms, LARGEST_POLICY as LARGEST_KEY_POLICY};
use weighbridge::alibaba::oss::{Bucket, NewBucket, Oss, Setting, When};
use weighbridge::alibaba::ram::{
    Holder, LARGEST_POLICY, MOST_VERSIONS, NewRole, PolicyName, PolicyType, Ram, Rotate,
};
use weighbridge::simulator::{AlibabaBucket, AlibabaRole};

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

#[tokio::test]
async fn keys_that_begin_or_end_in_white_space_are_listed_as_they_are() {
    let cloud = cloud();
    let session = session(&cloud);
    let bucket = ours(&session);
    let keys = [" a", "a\u{3000}", "b ", "b & <c>"];
    for key in keys {
        bucket.put_object(key, "text/plain", "x".into()).await.unwrap();
    }
    assert_eq!(bucket.keys("").await.unwrap(), keys);
    assert_eq!(bucket.keys("b ").await.unwrap(), keys[2..]);
}
