//! Preparations taken back: broken off anywhere, and refused where something was changed since.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod preparation;

use std::collections::BTreeMap;
use std::fs;

use bytes::Bytes;
use preparation::{KEY, Site, THEIRS, wish, wishes};
use weighbridge::alibaba::oss::Setting;
use weighbridge::alibaba::ram::{Holder, NewUser, NewVersion, PolicyName, Rotate};
use weighbridge::preflight::policy::Document;
use weighbridge::preflight::prepare::{Back, Fate, Record, Wish};
use weighbridge::preflight::wanted::{Way, trust_policy};

#[tokio::test]
async fn all_that_was_made_is_taken_back_and_nothing_else() {
    for wish in wishes() {
        let site = Site::new();
        let before = site.snapshot(&wish).await;
        site.prepare(&wish).await.unwrap();
        assert_ne!(site.snapshot(&wish).await, before, "{:?}", wish.way);
        site.undo().await.unwrap();
        assert_eq!(site.snapshot(&wish).await, before, "{:?}", wish.way);
        let changes = site.changes();
        site.undo().await.unwrap();
        assert_eq!(site.changes(), changes, "a second time changes nothing: {:?}", wish.way);
        assert_eq!(site.look_back().await, [], "{:?}", wish.way);
    }
}

#[tokio::test]
async fn a_way_back_that_is_broken_off_anywhere_is_gone_on_with() {
    for wish in wishes() {
        let whole = Site::new();
        whole.prepare(&wish).await.unwrap();
        let from = whole.cloud.calls().len();
        whole.undo().await.unwrap();
        let site = Site::new();
        let before = site.snapshot(&wish).await;
        for at in whole.breaks(from) {
            let what = format!("{:?}, {at:?}", wish.way);
            site.prepare(&wish).await.unwrap();
            site.break_off(&at);
            site.undo().await.unwrap_err();
            site.cloud.trouble(Vec::new());
            site.undo().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(site.snapshot(&wish).await, before, "{what}");
        }
    }
}

#[tokio::test]
async fn what_was_there_before_stays() {
    let site = Site::new();
    let wish = wish(Way::Manual);
    let user = wish.user.clone().unwrap();
    site.ram().create_user(&NewUser { name: user.clone(), ..NewUser::default() }).await.unwrap();
    let import = PolicyName::system("AliyunOSSImportFullAccess");
    site.ram().attach(&import, Holder::User(&user)).await.unwrap();
    site.prepare(&wish).await.unwrap();
    site.undo().await.unwrap();
    let held = site.ram().attached(Holder::User(&user)).await.unwrap();
    assert_eq!(held, Some(vec![import]));
}

/// Why something of the record cannot be taken back, in words; a way back then changes nothing.
async fn refusal(site: &Site) -> String {
    let backs = site.look_back().await;
    let changed = |back: &Back| match &back.fate {
        Fate::Changed(why) => Some(format!("{}: {why}", back.title)),
        _ => None,
    };
    backs.iter().find_map(changed).unwrap_or_else(|| panic!("{backs:?}"))
}

async fn prepared(wish: &Wish) -> Site {
    let site = Site::new();
    site.prepare(wish).await.unwrap();
    site
}

#[tokio::test]
async fn policies_that_were_changed_since_stay() {
    let cross = wish(Way::CrossAccount);
    let site = prepared(&cross).await;
    let now = site.policy_of(THEIRS).await.unwrap().replace("3333", "4444");
    let bucket = site.bucket(THEIRS);
    bucket.put_setting(Setting::Policy, Bytes::from(now.clone())).await.unwrap();
    let why = refusal(&site).await;
    assert!(why.contains("put the policy of the bucket theirs back"), "{why}");
    assert!(why.contains("-         \"3333\"") && why.contains("+         \"4444\""), "{why}");
    site.undo().await.unwrap_err();
    assert_eq!(site.policy_of(THEIRS).await.unwrap(), now);

    let site = prepared(&cross).await;
    let now = site.their_kms().key_policy(KEY).await.unwrap();
    let now = now.replace("\"kms:Decrypt\"", "\"kms:Encrypt\"");
    site.their_kms().set_key_policy(KEY, &now).await.unwrap();
    let why = refusal(&site).await;
    assert!(why.contains('+') && why.contains("kms:Encrypt"), "{why}");
}

#[tokio::test]
async fn the_same_policy_spaced_anew_is_the_same() {
    let site = prepared(&wish(Way::CrossAccount)).await;
    let now = Document::parse(&site.policy_of(THEIRS).await.unwrap()).unwrap().pretty();
    site.bucket(THEIRS).put_setting(Setting::Policy, Bytes::from(now)).await.unwrap();
    site.undo().await.unwrap();
    assert_eq!(site.policy_of(THEIRS).await.unwrap(), preparation::BUCKET_POLICY);
}

#[tokio::test]
async fn whoever_has_got_more_since_stays() {
    let manual = wish(Way::Manual);
    let user = manual.user.clone().unwrap();
    let read_only = PolicyName::system("AliyunOSSReadOnlyAccess");

    let site = prepared(&manual).await;
    site.ram().attach(&read_only, Holder::User(&user)).await.unwrap();
    let why = refusal(&site).await;
    assert!(
        why.contains("delete the RAM user") && why.contains("AliyunOSSReadOnlyAccess"),
        "{why}"
    );

    let site = prepared(&manual).await;
    site.ram().create_access_key(&user).await.unwrap();
    assert!(refusal(&site).await.contains("it has got the access key LTAI"));

    let site = prepared(&manual).await;
    site.ram().attach(&read_only, Holder::Role(&manual.role)).await.unwrap();
    assert!(refusal(&site).await.contains("delete the role"));

    let site = prepared(&manual).await;
    let trust = trust_policy("ecs.aliyuncs.com").text();
    site.ram().update_trust(&manual.role, &trust).await.unwrap();
    assert!(refusal(&site).await.contains("+           \"ecs.aliyuncs.com\""));

    let site = prepared(&manual).await;
    site.ram().create_user(&NewUser { name: "x".into(), ..NewUser::default() }).await.unwrap();
    let policy = PolicyName::custom(manual.role_policy_name());
    site.ram().attach(&policy, Holder::User("x")).await.unwrap();
    assert!(refusal(&site).await.contains("it is attached 2 times, 1 of them by the plan"));
}

#[tokio::test]
async fn policies_with_further_versions_stay() {
    let manual = wish(Way::Manual);
    for as_default in [false, true] {
        let site = prepared(&manual).await;
        let new = NewVersion {
            policy: manual.role_policy_name(),
            document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#.into(),
            as_default,
            rotate: Rotate::Never,
        };
        site.ram().create_policy_version(&new).await.unwrap();
        let why = refusal(&site).await;
        let told = if as_default { "+       \"Action\": \"oss:*\"" } else { "further versions" };
        assert!(why.contains(told), "{why}");
    }
}

#[tokio::test]
async fn a_bucket_that_holds_objects_stays() {
    let site = prepared(&wish(Way::Manual)).await;
    site.bucket("copies").put_object("k", "text/plain", Bytes::from("v")).await.unwrap();
    let why = refusal(&site).await;
    assert!(why.contains("delete the bucket copies: it holds objects"), "{why}");
}

#[tokio::test]
async fn a_bucket_that_somebody_set_up_since_stays() {
    let policy = Bytes::from_static(preparation::BUCKET_POLICY.as_bytes());
    let rules = Bytes::from_static(b"<LifecycleConfiguration></LifecycleConfiguration>");
    for (setting, document, what) in
        [(Setting::Policy, policy, "a policy"), (Setting::Lifecycle, rules, "lifecycle")]
    {
        let wish = wish(Way::Automatic);
        let site = prepared(&wish).await;
        site.bucket(&wish.bucket).put_setting(setting, document).await.unwrap();
        let why = refusal(&site).await;
        assert!(why.contains(what), "{why}");
    }
}

#[tokio::test]
async fn another_one_of_the_same_name_stays() {
    let automatic = wish(Way::Automatic);
    let user = automatic.user.clone().unwrap();
    let site = prepared(&automatic).await;
    let ram = site.ram();
    for policy in ram.attached(Holder::User(&user)).await.unwrap().unwrap() {
        ram.detach(&policy, Holder::User(&user)).await.unwrap();
    }
    ram.delete_user(&user).await.unwrap();
    ram.create_user(&NewUser { name: user.clone(), ..NewUser::default() }).await.unwrap();
    assert!(refusal(&site).await.contains("it is another user of the same name"));
}

#[tokio::test]
async fn what_others_took_away_is_left_out() {
    let manual = wish(Way::Manual);
    let site = prepared(&manual).await;
    let before = site.changes();
    let user = manual.user.clone().unwrap();
    for policy in site.ram().attached(Holder::User(&user)).await.unwrap().unwrap() {
        site.ram().detach(&policy, Holder::User(&user)).await.unwrap();
    }
    site.bucket("copies").delete().await.unwrap();
    site.undo().await.unwrap();
    let mut since: BTreeMap<&str, usize> = site.changes();
    since.retain(|operation, _| !before.contains_key(operation));
    assert_eq!(since["DeleteBucket"], 1, "{since:?}");
    assert_eq!(since["DetachPolicyFromUser"], 2, "{since:?}");
    assert_eq!(site.ram().user(&user).await.unwrap(), None);
}

#[tokio::test]
async fn statements_that_several_runs_added_are_taken_back_one_after_another() {
    let site = Site::new();
    let cross = wish(Way::CrossAccount);
    site.prepare(&cross).await.unwrap();
    let second = Wish { role: "second".into(), ..cross.clone() };
    site.prepare(&second).await.unwrap();
    let both = site.policy_of(THEIRS).await.unwrap();
    assert!(
        both.contains("assumed-role/second/*") && both.contains("assumed-role/oss-import-theirs/*")
    );
    site.undo().await.unwrap();
    assert_eq!(site.policy_of(THEIRS).await.unwrap(), preparation::BUCKET_POLICY);
    assert_eq!(site.ram().role("second").await.unwrap(), None);
    assert_eq!(site.ram().role(&cross.role).await.unwrap(), None);
}

#[tokio::test]
async fn a_record_without_a_mark_takes_nothing_for_its_own() {
    let site = prepared(&wish(Way::Manual)).await;
    let mut record = site.record().unwrap();
    record.mark.clear();
    fs::write(site.path(), record.to_json().unwrap()).unwrap();
    let error = Record::read(&site.path()).unwrap_err().to_string();
    assert!(error.contains("its mark is empty"), "{error}");
}
