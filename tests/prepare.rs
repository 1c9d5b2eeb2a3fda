//! Destinations made ready in a simulated cloud: each way, twice, broken off anywhere, against the clock of others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod preparation;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use common::{Ran, Running, Workshop, run, until};
use preparation::{
    BUCKET_POLICY, KEY, OTHER, OTHER_ID, OTHER_SECRET, OWN, PATIENCE, REGION, Site, THEIRS, config,
    key_arn, wish, wishes,
};
use weighbridge::alibaba::Credentials;
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress};
use weighbridge::alibaba::oss::{NewBucket, Presence};
use weighbridge::alibaba::ram::{Holder, NewUser, PolicyName};
use weighbridge::preflight::policy::{Document, Grant};
use weighbridge::preflight::prepare::{
    Action, Clouds, Keeper, KmsGrant, Outcome, PrepareError, Record, State, Wish, carry_out, look,
};
use weighbridge::preflight::wanted::{BUCKET_ACTIONS, KEY_ACTIONS, Way, role_session};
use weighbridge::simulator::{
    AlibabaBucket, AlibabaKey, AlibabaRole, AlibabaUser, DEFAULT_KEY_ID, DEFAULT_SECRET, Edit,
    Trouble, TroubleKind,
};

// --- each way ---------------------------------------------------------------------------------------

#[tokio::test]
async fn each_way_is_done_once_and_then_finds_nothing_to_do() {
    for wish in wishes() {
        let site = Site::new();
        let keys = site.prepare(&wish).await.unwrap();
        assert_eq!(keys.len(), usize::from(wish.access_key), "{:?}", wish.way);
        let (before, changes) = (site.snapshot(&wish).await, site.changes());
        assert_eq!(site.left(&wish).await, [], "{:?}", wish.way);
        site.prepare(&wish).await.unwrap();
        assert_eq!(site.snapshot(&wish).await, before, "{:?}", wish.way);
        assert_eq!(site.changes(), changes, "a second run changes nothing: {:?}", wish.way);
        let record = site.record().unwrap();
        assert!(record.steps.iter().all(|entry| entry.state == State::Done), "{record:?}");
        for key in keys {
            site.holds_nowhere(&key.secret);
        }
    }
}

#[tokio::test]
async fn each_way_makes_what_its_page_asks_for() {
    let custom = |end: &str| PolicyName::custom(format!("oss-import-copies-{end}"));
    let import = PolicyName::system("AliyunOSSImportFullAccess");
    for (way, of_user, of_role) in [
        (Way::Automatic, vec![import.clone(), custom("user")], None),
        (Way::Manual, vec![import, custom("user")], Some(vec![custom("bucket")])),
        (
            Way::Classic,
            vec![
                PolicyName::system("AliyunOSSFullAccess"),
                PolicyName::system("AliyunMGWFullAccess"),
            ],
            None,
        ),
    ] {
        let site = Site::new();
        let wish = wish(way);
        site.prepare(&wish).await.unwrap();
        let name = "oss-import-copies";
        let held = site.ram().attached(Holder::User(name)).await.unwrap();
        assert_eq!(held, Some(of_user), "{way:?}");
        assert_eq!(site.ram().attached(Holder::Role(name)).await.unwrap(), of_role, "{way:?}");
        let info = site.bucket("copies").info().await.unwrap();
        assert_eq!((info.acl.as_str(), info.owner.as_str()), ("private", OWN));
    }
}

#[tokio::test]
async fn another_accounts_bucket_and_key_let_the_role_in_and_keep_what_they_had() {
    let site = Site::new();
    let wish = wish(Way::CrossAccount);
    let key_before = site.their_kms().key_policy(KEY).await.unwrap();
    site.prepare(&wish).await.unwrap();
    let role = role_session(OWN, "oss-import-theirs");
    let after = site.policy_of(THEIRS).await.unwrap();
    let statement = Document::parse(BUCKET_POLICY).unwrap();
    let statement = statement.statements()[0].text();
    assert!(after.contains(statement), "kept to the letter: {after}");
    let after = Document::parse(&after).unwrap();
    for action in BUCKET_ACTIONS {
        let grant = after.grants(action, Some("acs:oss:*:2222222222222222:theirs/k"), Some(&role));
        assert!(matches!(grant, Grant::Allowed), "{action}: {grant:?}");
    }
    let key_after = site.their_kms().key_policy(KEY).await.unwrap();
    let kept = Document::parse(&key_before).unwrap();
    assert!(key_after.contains(kept.statements()[0].text()), "{key_after}");
    for action in KEY_ACTIONS {
        let document = Document::parse(&key_after).unwrap();
        assert!(matches!(document.grants(action, Some("*"), Some(&role)), Grant::Allowed));
    }
    let held = site.ram().attached(Holder::Role(&wish.role)).await.unwrap().unwrap();
    assert_eq!(held, [PolicyName::system("AliyunKMSFullAccess")]);
    // What was there lies beside the record, to the letter.
    let saved = site.folder.path().join("prepare.bucket-policy-before.json");
    assert_eq!(fs::read_to_string(saved).unwrap(), BUCKET_POLICY);
    let saved = site.folder.path().join("prepare.key-policy-before.json");
    assert_eq!(fs::read_to_string(saved).unwrap(), key_before);
}

#[tokio::test]
async fn the_service_can_use_what_was_made() {
    let address = |wish: &Wish| {
        let some = |text: &str| Some(text.to_owned());
        let detail = AddressDetail {
            address_type: some("oss"),
            bucket: some(&wish.bucket),
            region_id: Some(format!("oss-{REGION}")),
            role: some(&wish.role),
            ..AddressDetail::default()
        };
        NewAddress { name: some("to-oss"), detail: Some(detail), ..NewAddress::default() }
    };
    for (wish, usable) in [
        (wish(Way::Manual), true),
        (wish(Way::CrossAccount), true),
        (Wish { kms: KmsGrant::Least, ..wish(Way::CrossAccount) }, true),
        (Wish { kms: KmsGrant::None, ..wish(Way::CrossAccount) }, false),
        (Wish { service_principal: "other.aliyuncs.com".into(), ..wish(Way::Manual) }, false),
    ] {
        let site = Site::new();
        site.prepare(&wish).await.unwrap();
        let mgw = Mgw::new(site.clouds().own.session, OWN, REGION);
        mgw.create_address(&address(&wish)).await.unwrap();
        mgw.verify_address("to-oss").await.unwrap();
        let found = mgw.verify_address("to-oss").await.unwrap();
        assert_eq!(found.is_available(), usable, "{wish:?}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_there_already_is_used() {
    let mut config = config();
    let home = &mut config.home;
    home.buckets.insert("copies".into(), AlibabaBucket::default());
    home.users.insert("mover".into(), AlibabaUser::default());
    let role = AlibabaRole { policies: Vec::new(), ..AlibabaRole::default() };
    home.roles.insert("mover".into(), role);
    let site = Site::of(config);
    let wish = Wish {
        user: Some("mover".into()),
        role: "mover".into(),
        ..Wish::new("copies", REGION, Way::Manual)
    };
    let actions = site.left(&wish).await;
    let creates = |action: &&Action| {
        matches!(
            action,
            Action::CreateBucket { .. } | Action::CreateUser { .. } | Action::CreateRole { .. }
        )
    };
    assert_eq!(actions.iter().find(creates), None, "{actions:?}");
    site.prepare(&wish).await.unwrap();
    assert_eq!(site.left(&wish).await, []);
}

#[tokio::test]
async fn kms_is_granted_as_asked_for() {
    let full = vec![PolicyName::system("AliyunKMSFullAccess")];
    let least = vec![PolicyName::custom("oss-import-theirs-kms")];
    for (kms, expected) in [
        (KmsGrant::Auto, full.clone()),
        (KmsGrant::Full, full),
        (KmsGrant::Least, least),
        (KmsGrant::None, vec![]),
    ] {
        let site = Site::new();
        let wish = Wish { kms, ..wish(Way::CrossAccount) };
        site.prepare(&wish).await.unwrap();
        assert_eq!(site.left(&wish).await, []);
        let held = site.ram().attached(Holder::Role(&wish.role)).await.unwrap().unwrap();
        assert_eq!(held, expected, "{kms:?}");
    }
}

// --- what stands in the way -------------------------------------------------------------------------

/// Why nothing can be done, in words.
async fn obstacle(site: &Site, wish: &Wish) -> String {
    let plan = site.look(wish).await.unwrap();
    let obstacle = plan.items.iter().find_map(|item| match &item.outcome {
        Outcome::InTheWay { why, hint } => Some(format!("{}: {why}; {hint}", item.title)),
        _ => None,
    });
    obstacle.unwrap_or_else(|| panic!("{plan:?}"))
}

#[tokio::test]
async fn what_is_there_and_is_another_stands_in_the_way() {
    let mut config = config();
    let home = &mut config.home;
    home.roles.insert("oss-import-copies".into(), AlibabaRole::of_service("ecs.aliyuncs.com"));
    home.policies.insert(
        "other-user".into(),
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#
            .into(),
    );
    let ia = AlibabaBucket { storage_class: "IA".into(), ..AlibabaBucket::default() };
    home.buckets.insert("cold".into(), ia);
    let away = AlibabaBucket { region: Some("cn-beijing".into()), ..AlibabaBucket::default() };
    home.buckets.insert("away".into(), away);
    let site = Site::of(config);
    let role = obstacle(&site, &wish(Way::Manual)).await;
    assert!(role.contains("does not trust mgw.aliyuncs.com") && role.contains("--role"), "{role}");
    let named = Wish { name: "other".into(), ..wish(Way::Automatic) };
    let policy = obstacle(&site, &named).await;
    assert!(
        policy.contains("-       \"Action\": \"oss:*\"") && policy.contains("--name"),
        "{policy}"
    );
    let class = Wish {
        storage_class: Some("Standard".into()),
        ..Wish::new("cold", REGION, Way::Automatic)
    };
    let class = obstacle(&site, &class).await;
    assert!(class.contains("its class is IA"), "{class}");
    let region = obstacle(&site, &Wish::new("away", REGION, Way::Automatic)).await;
    assert!(region.contains("--region cn-beijing"), "{region}");
    let theirs = obstacle(&site, &Wish::new(THEIRS, REGION, Way::Manual)).await;
    assert!(theirs.contains("--cross-account"), "{theirs}");
    assert_eq!(site.changes(), BTreeMap::new());
}

#[tokio::test]
async fn a_key_that_cannot_have_a_policy_stands_in_the_way() {
    let mut config = config();
    config.others[0].keys.insert(KEY.into(), AlibabaKey::default());
    let site = Site::of(config);
    let why = obstacle(&site, &wish(Way::CrossAccount)).await;
    assert!(why.contains("only keys in KMS instances"), "{why}");
}

#[tokio::test]
async fn without_the_other_accounts_keys_its_part_is_told_to_be_done_by_hand() {
    let site = Site::new();
    let clouds = Clouds { other: None, ..site.clouds() };
    let wish = Wish {
        bucket_account: Some(OTHER.into()),
        kms_key: Some(KEY.into()),
        ..wish(Way::CrossAccount)
    };
    let plan = look(&clouds, &wish, None).await.unwrap();
    let by_hand: Vec<&String> = plan
        .items
        .iter()
        .filter_map(|item| match &item.outcome {
            Outcome::ByHand { document, .. } => Some(document),
            _ => None,
        })
        .collect();
    assert_eq!(by_hand.len(), 2, "{plan:?}");
    let lets = |action: &Action| matches!(action, Action::AttachToRole { policy, .. } if policy == "AliyunKMSFullAccess");
    assert!(plan.actions().any(lets), "who names the key is believed: {plan:?}");
    assert!(by_hand[0].contains("arn:sts::1234567890123456:assumed-role/oss-import-theirs/*"));
    assert!(by_hand[1].contains("acs:ram::1234567890123456:role/oss-import-theirs"));
    let nobody = look(&clouds, &Wish { bucket_account: None, ..wish }, None).await.unwrap_err();
    assert!(matches!(nobody, PrepareError::NoBucketAccount), "{nobody}");
}

/// The cloud with this policy on the other account's bucket.
fn with_policy(policy: &str) -> Site {
    let mut config = config();
    let bucket = AlibabaBucket::default().with("policy", policy);
    config.others[0].buckets.insert(THEIRS.into(), bucket);
    Site::of(config)
}

#[tokio::test]
async fn statements_that_forbid_the_role_are_told() {
    for (statement, told) in [
        (
            r#"{"Effect":"Deny","Action":"oss:PutObject","Principal":"*","Resource":"acs:oss:*:*:theirs/secret/*"}"#,
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":"oss:*","Principal":["arn:sts::1234567890123456:*"],"Resource":"*","Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}}"#,
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":"oss:*","Principal":["1234567890123456"],"Resource":"*"}"#,
            true,
        ),
        (
            r#"{"Effect":"Deny","Action":"oss:*","NotPrincipal":["arn:sts::1234567890123456:assumed-role/oss-import-theirs/*"],"Resource":"*"}"#,
            false,
        ),
        (r#"{"Effect":"Deny","Action":"oss:DeleteObject","Principal":"*","Resource":"*"}"#, false),
    ] {
        let site = with_policy(&format!(r#"{{"Version":"1","Statement":[{statement}]}}"#));
        let plan = site.look(&wish(Way::CrossAccount)).await.unwrap();
        let note = plan.notes.iter().filter(|note| note.contains("forbids")).count();
        assert_eq!(note, usize::from(told), "{statement}: {:?}", plan.notes);
        assert_eq!(plan.notes.iter().any(|note| note.contains(statement)), told);
    }
}

#[tokio::test]
async fn policies_that_would_be_refused_are_not_sent() {
    let statement = |number: usize| {
        let resource = format!("acs:oss:*:2222222222222222:theirs/{number:04}{}", "x".repeat(900));
        format!(
            r#"{{"Effect":"Allow","Action":"oss:GetObject","Principal":["3333"],"Resource":"{resource}"}}"#
        )
    };
    let list: Vec<String> = (0..16).map(statement).collect();
    for (policy, why) in [
        (
            format!(r#"{{"Version":"1","Statement":[{}]}}"#, list.join(",")),
            "at most 16384 are taken",
        ),
        (format!(r#"{{"Version":"2","Statement":[{}]}}"#, list[0]), "of version `2`"),
        (
            r#"{"Version":"1","Statement":[{"Effect":"Perhaps","Action":"a"}]}"#.to_owned(),
            "the effect `Perhaps`",
        ),
        ("no JSON".to_owned(), "no JSON"),
    ] {
        let site = with_policy(&policy);
        let error = site.prepare(&wish(Way::CrossAccount)).await.unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("\nhint: "), "{error}");
        assert_eq!(site.changes(), BTreeMap::new());
    }
}

// --- others who change things -----------------------------------------------------------------------

const THEIR_EDIT: &str = r#"{"Version":"1","Statement":[{"Action":"oss:GetObject","Effect":"Allow","Principal":["4444"],"Resource":"acs:oss:*:2222222222222222:theirs/new"}]}"#;

fn overtaken(operation: &'static str, after: u64, edit: Edit) -> Vec<Trouble> {
    vec![Trouble {
        operation: Some(operation),
        after,
        times: 1,
        kind: TroubleKind::Overtaken(edit),
    }]
}

fn bucket_edit() -> Edit {
    Edit::Setting {
        bucket: THEIRS.into(),
        name: "policy".into(),
        document: Some(THEIR_EDIT.into()),
    }
}

#[tokio::test]
async fn a_change_between_looking_and_setting_is_told_and_kept() {
    let key_policy = |account: &str| {
        format!(
            r#"{{"Version":"1","Statement":[{{"Sid":"kms default key policy","Effect":"Allow","Principal":{{"RAM":["acs:ram::{account}:*"]}},"Action":["kms:*"],"Resource":["*"]}}]}}"#
        )
    };
    let key_edit = Edit::KeyPolicy { key: KEY.into(), policy: key_policy("4444") };
    for (operation, edit, line) in [
        ("GetBucketPolicy", bucket_edit(), "+         \"4444\""),
        ("GetKeyPolicy", key_edit, "+           \"acs:ram::4444:*\""),
    ] {
        let site = Site::new();
        let wish = wish(Way::CrossAccount);
        site.cloud.trouble(overtaken(operation, 1, edit));
        let error = site.prepare(&wish).await.unwrap_err().to_string();
        assert!(error.contains("was changed by somebody else") && error.contains(line), "{error}");
        // Looked at again, it is kept.
        site.prepare(&wish).await.unwrap();
        assert_eq!(site.left(&wish).await, []);
        let now = [
            site.policy_of(THEIRS).await.unwrap(),
            site.their_kms().key_policy(KEY).await.unwrap(),
        ];
        assert!(now.iter().any(|policy| policy.contains("4444")), "{now:?}");
    }
}

#[tokio::test]
async fn a_change_at_the_moment_of_setting_is_told() {
    let site = Site::new();
    let wish = wish(Way::CrossAccount);
    // Looked at, read again, set; and then somebody else sets theirs.
    site.cloud.trouble(overtaken("GetBucketPolicy", 2, bucket_edit()));
    let error = site.prepare(&wish).await.unwrap_err().to_string();
    assert!(error.contains("another comes back") && error.contains("\nhint: "), "{error}");
    assert_eq!(site.policy_of(THEIRS).await.unwrap(), THEIR_EDIT, "theirs is not set again");
    site.prepare(&wish).await.unwrap();
    assert!(site.policy_of(THEIRS).await.unwrap().contains("4444"));
}

#[tokio::test]
async fn what_somebody_else_creates_in_the_meantime_is_not_taken_for_ours() {
    let site = Site::new();
    let wish = wish(Way::Automatic);
    let plan = site.look(&wish).await.unwrap();
    let new = NewUser { name: wish.user.clone().unwrap(), ..NewUser::default() };
    site.ram().create_user(&new).await.unwrap();
    let error = site.apply(&plan).await.unwrap_err().to_string();
    assert!(error.contains("created by somebody else"), "{error}");

    let site = Site::new();
    let plan = site.look(&wish).await.unwrap();
    site.bucket("copies").create(&NewBucket::default()).await.unwrap();
    let error = site.apply(&plan).await.unwrap_err().to_string();
    assert!(error.contains("the bucket copies was created by somebody else"), "{error}");
    site.undo().await.unwrap();
    assert!(matches!(site.bucket("copies").presence().await.unwrap(), Presence::Ours(_)));
}

// --- a service that is slow to know ------------------------------------------------------------------

fn refused(operation: &'static str, after: u64, times: u64, code: &'static str) -> Vec<Trouble> {
    let status = if code.starts_with("Delete") { 409 } else { 404 };
    vec![Trouble {
        operation: Some(operation),
        after,
        times,
        kind: TroubleKind::Refused(status, code),
    }]
}

#[tokio::test]
async fn what_was_just_made_is_waited_for() {
    for (operation, after, code) in [
        ("GetUser", 1, "EntityNotExist.User"),
        ("GetRole", 1, "EntityNotExist.Role"),
        ("GetBucketInfo", 1, "NoSuchBucket"),
        ("AttachPolicyToUser", 0, "EntityNotExist.User"),
        ("AttachPolicyToRole", 0, "EntityNotExist.Role"),
        ("ListPoliciesForRole", 0, "EntityNotExist.Role"),
        ("CreateAccessKey", 0, "EntityNotExist.User"),
        ("GetBucketPolicy", 2, "NoSuchBucketPolicy"),
    ] {
        let bucket = if operation == "GetBucketPolicy" { THEIRS } else { "copies" };
        let way = if bucket == THEIRS { Way::CrossAccount } else { Way::Manual };
        let wish = Wish { access_key: true, ..Wish::new(bucket, REGION, way) };
        let site = Site::new();
        site.cloud.trouble(refused(operation, after, 2, code));
        site.prepare(&wish).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        site.cloud.trouble(Vec::new());
        assert_eq!(site.left(&wish).await, [], "{operation}");
    }
}

#[tokio::test]
async fn patience_ends_and_another_run_goes_on() {
    let site = Site::new();
    let wish = wish(Way::Automatic);
    site.cloud.trouble(refused("GetUser", 1, u64::MAX, "EntityNotExist.User"));
    let error = site.prepare(&wish).await.unwrap_err().to_string();
    assert!(error.contains("does not show it yet\nhint: call again"), "{error}");
    site.cloud.trouble(Vec::new());
    site.prepare(&wish).await.unwrap();
    assert_eq!(site.left(&wish).await, []);
    site.cloud.trouble(refused("DeletePolicy", 0, 2, "DeleteConflict.Policy.User"));
    site.undo().await.unwrap();
}

// --- broken off -------------------------------------------------------------------------------------

#[tokio::test]
async fn a_run_that_is_broken_off_anywhere_is_gone_on_with_and_can_be_undone() {
    for wish in wishes() {
        let (breaks, once) = whole(&wish).await;
        let site = Site::new();
        let before = site.snapshot(&wish).await;
        for at in breaks {
            let what = format!("{:?}, {at:?}", wish.way);
            let earlier = site.changes();
            site.forget();
            site.break_off(&at);
            let error = site.prepare(&wish).await.unwrap_err().to_string();
            assert!(error.contains("\nhint: "), "{what}: {error}");
            site.cloud.trouble(Vec::new());
            site.prepare(&wish).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(site.left(&wish).await, [], "{what}");
            let changes = site.changes();
            for (operation, count) in &once {
                let of =
                    |changes: &BTreeMap<&str, usize>| changes.get(operation).copied().unwrap_or(0);
                // What took effect without an answer is not among those that were done; the key that was made
                // by it is made again, as its secret is lost.
                let seen = at.1 == TroubleKind::Lost || *operation == "CreateAccessKey";
                let expected = count - usize::from(!seen)..=*count;
                let found = of(&changes) - of(&earlier);
                assert!(expected.contains(&found), "{what}: {operation} {found} times");
            }
            site.undo().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(site.snapshot(&wish).await, before, "{what}");
        }
    }
}

#[tokio::test]
async fn a_run_that_is_broken_off_anywhere_can_be_undone_at_once() {
    for wish in wishes() {
        let (breaks, _) = whole(&wish).await;
        let site = Site::new();
        let before = site.snapshot(&wish).await;
        for at in breaks {
            let what = format!("{:?}, {at:?}", wish.way);
            site.forget();
            site.break_off(&at);
            site.prepare(&wish).await.unwrap_err();
            site.cloud.trouble(Vec::new());
            site.undo().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(site.snapshot(&wish).await, before, "{what}");
        }
    }
}

/// Where a run can be broken off, and how often one that is not does what changes something.
async fn whole(wish: &Wish) -> (Vec<(usize, TroubleKind)>, BTreeMap<&'static str, usize>) {
    let whole = Site::new();
    whole.prepare(wish).await.unwrap();
    (whole.breaks(0), whole.changes())
}

#[tokio::test]
async fn what_is_seen_late_only_is_taken_back_all_the_same() {
    let trouble = |operation, after, kind| Trouble {
        operation: Some(operation),
        after,
        times: u64::MAX,
        kind,
    };
    let wish = wish(Way::Automatic);
    let site = Site::new();
    let before = site.snapshot(&wish).await;
    // Made, and its answer is lost.
    let no_answer = trouble("CreateUser", 0, TroubleKind::AnswerLost);
    site.cloud.trouble(vec![no_answer, trouble("GetUser", 1, TroubleKind::Lost)]);
    site.prepare(&wish).await.unwrap_err();
    // Not seen yet by the next run, which breaks off, too.
    let unseen = trouble("GetUser", 0, TroubleKind::Refused(404, "EntityNotExist.User"));
    site.cloud.trouble(vec![unseen, trouble("CreateUser", 0, TroubleKind::Lost)]);
    site.prepare(&wish).await.unwrap_err();
    site.cloud.trouble(Vec::new());
    site.prepare(&wish).await.unwrap();
    site.undo().await.unwrap();
    assert_eq!(site.snapshot(&wish).await, before);
}

#[tokio::test]
async fn what_was_refused_and_is_then_made_by_hand_is_never_taken_for_ours() {
    let wish = Wish { access_key: true, ..wish(Way::Classic) };
    let name = "oss-import-copies";
    let policy = PolicyName::system("AliyunOSSFullAccess");
    for operation in ["PutBucket", "CreateUser", "AttachPolicyToUser", "CreateAccessKey"] {
        for again in [true, false] {
            let site = Site::new();
            site.cloud.trouble(refused(operation, 0, u64::MAX, "AccessDenied"));
            site.prepare(&wish).await.unwrap_err();
            site.cloud.trouble(Vec::new());
            let mut by_hand = None;
            match operation {
                "PutBucket" => site.bucket("copies").create(&NewBucket::default()).await.unwrap(),
                "CreateUser" => {
                    let new = NewUser { name: name.into(), ..NewUser::default() };
                    site.ram().create_user(&new).await.map(drop).unwrap();
                }
                "AttachPolicyToUser" => {
                    site.ram().attach(&policy, Holder::User(name)).await.unwrap();
                }
                _ => by_hand = Some(site.ram().create_access_key(name).await.unwrap().id),
            }
            if again {
                let keys = site.prepare(&wish).await.unwrap();
                assert_eq!(keys.len(), usize::from(by_hand.is_none()), "{operation}");
            }
            // Where the user cannot be deleted, as somebody else gave it something, that is told.
            let _ = site.undo().await;
            let there = match operation {
                "PutBucket" => {
                    matches!(site.bucket("copies").presence().await.unwrap(), Presence::Ours(_))
                }
                "CreateUser" => site.ram().user(name).await.unwrap().is_some(),
                "AttachPolicyToUser" => {
                    let held = site.ram().attached(Holder::User(name)).await.unwrap();
                    held.is_some_and(|held| held.contains(&policy))
                }
                _ => {
                    let keys = site.ram().access_keys(name).await.unwrap().unwrap();
                    keys.iter().any(|key| Some(&key.access_key_id) == by_hand.as_ref())
                }
            };
            assert!(there, "{operation} is taken back, prepared again: {again}");
        }
    }
}

#[tokio::test]
async fn only_the_key_whose_secret_was_lost_is_replaced() {
    let wish = Wish { access_key: true, ..wish(Way::Classic) };
    let name = "oss-import-copies";
    for lost_is_there in [true, false] {
        let site = Site::new();
        let plan = site.look(&wish).await.unwrap();
        let mut keeper = Keeper::new(Record::of_plan(&plan), site.path()).unwrap();
        let mut deliver = |_: &Credentials| Err(std::io::ErrorKind::StorageFull.into());
        let (clouds, mut tell) = (site.clouds(), |_: &Action| ());
        carry_out(&clouds, &mut keeper, PATIENCE, &mut deliver, &mut tell).await.unwrap_err();
        let lost = keeper.record.steps.last().unwrap().made.clone().unwrap();
        if !lost_is_there {
            site.ram().delete_access_key(name, &lost).await.unwrap();
        }
        let theirs = site.ram().create_access_key(name).await.unwrap().id;
        let given = site.prepare(&wish).await.unwrap();
        assert_eq!(given.len(), usize::from(lost_is_there));
        let keys = site.ram().access_keys(name).await.unwrap().unwrap();
        let has = |id: &str| keys.iter().any(|key| key.access_key_id == id);
        assert!(has(&theirs) && !has(&lost), "{keys:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_once_is_looked_for_and_not_asked_for_again() {
    for wish in wishes() {
        let whole = Site::new();
        whole.prepare(&wish).await.unwrap();
        for operation in whole.changes().into_keys() {
            for kind in [TroubleKind::Lost, TroubleKind::AnswerLost] {
                let site = Site::new();
                let before = site.snapshot(&wish).await;
                let trouble = Trouble { operation: Some(operation), after: 0, times: 1, kind };
                site.cloud.trouble(vec![trouble.clone()]);
                // What is safe to repeat is repeated by the session, which has no attempts left here.
                if let Err(error) = site.prepare(&wish).await {
                    let creates = operation.starts_with("Create") || operation == "PutBucket";
                    assert!(!creates, "{trouble:?}: {error}");
                    site.prepare(&wish).await.unwrap();
                }
                assert_eq!(site.left(&wish).await, [], "{trouble:?}");
                site.undo().await.unwrap();
                assert_eq!(site.snapshot(&wish).await, before, "{trouble:?}");
            }
        }
    }
}

// --- the program ------------------------------------------------------------------------------------

/// The program with keys for both accounts, against a simulated cloud.
fn command(workshop: &Workshop, site: &Site, arguments: &[&str]) -> Command {
    let mut command = workshop.bare(arguments);
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_SECRET)
        .env("WEIGHBRIDGE_BUCKET_ACCESS_KEY_ID", OTHER_ID)
        .env("WEIGHBRIDGE_BUCKET_ACCESS_KEY_SECRET", OTHER_SECRET)
        .env("WEIGHBRIDGE_ALIBABA_ENDPOINT", site.cloud.endpoint());
    command
}

fn tell(workshop: &Workshop, site: &Site, arguments: &[&str]) -> Ran {
    let ran = run(command(workshop, site, arguments));
    assert!(!ran.said().contains(OTHER_SECRET), "{}", ran.said());
    ran
}

const COPIES: [&str; 4] = ["prepare", "oss://copies", "--region", REGION];

#[test]
fn nothing_is_changed_without_being_asked() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let shown = tell(&workshop, &site, &[&COPIES[..], &["--manual"]].concat());
    let text = shown.ends_with_code(0).text();
    for words in [
        "+  bucket copies: there is none of this name",
        "create the role oss-import-copies",
        "\"Service\": [",
        "\"mgw.aliyuncs.com\"",
        "\"acs:oss:*:*:copies/*\"",
        "steps are left to do; `--apply` does them",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let nobody = tell(&workshop, &site, &[&COPIES[..], &["--manual", "--apply"]].concat());
    nobody.ends_with_code(2);
    assert!(nobody.stderr.contains("--yes"), "{}", nobody.said());
    assert_eq!(site.changes(), BTreeMap::new());
}

#[test]
fn a_plan_is_applied_once_and_taken_back() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let all = [&COPIES[..], &["--manual", "--apply", "--yes"]].concat();
    let done = tell(&workshop, &site, &all);
    assert!(
        done.ends_with_code(0).text().contains("done; `weighbridge undo prepare-copies.json`"),
        "{}",
        done.said()
    );
    let changes = site.changes();
    let again = tell(&workshop, &site, &all);
    assert!(again.ends_with_code(0).text().contains("nothing is left to do"), "{}", again.said());
    assert_eq!(site.changes(), changes);
    let back = ["undo", "prepare-copies.json"];
    let shown = tell(&workshop, &site, &[&back[..], &["--dry-run"]].concat());
    assert!(
        shown.ends_with_code(0).text().contains("-  delete the bucket copies"),
        "{}",
        shown.said()
    );
    tell(&workshop, &site, &back).ends_with_code(2);
    assert_eq!(site.changes(), changes);
    let undone = tell(&workshop, &site, &[&back[..], &["--yes"]].concat());
    assert!(undone.ends_with_code(0).text().contains("taken back"), "{}", undone.said());
    let twice = tell(&workshop, &site, &[&back[..], &["--yes"]].concat());
    assert!(twice.ends_with_code(0).text().contains("nothing is left"), "{}", twice.said());
    let anew = tell(&workshop, &site, &all);
    assert!(anew.ends_with_code(0).text().contains("done;"), "{}", anew.said());
}

#[test]
fn a_program_that_is_killed_at_any_change_is_gone_on_with_and_taken_back() {
    let all = [&COPIES[..], &["--manual", "--access-key", "--apply", "--yes"]].concat();
    let whole = Site::new();
    tell(&Workshop::new(), &whole, &all).ends_with_code(0);
    let changes = whole.changes();
    for (operation, times) in &changes {
        for after in 0..*times as u64 {
            let (workshop, site) = (Workshop::new(), Site::new());
            let kind = TroubleKind::Unanswered;
            let trouble = Trouble { operation: Some(operation), after, times: 1, kind };
            site.cloud.trouble(vec![trouble]);
            let running = Running::start(command(&workshop, &site, &all));
            let asked =
                || site.cloud.calls().iter().filter(|call| call.operation == *operation).count();
            until("the call is made", || (asked() as u64 > after).then_some(()));
            drop(running);
            site.cloud.trouble(Vec::new());
            let what = format!("{operation} after {after}");
            let again = tell(&workshop, &site, &all);
            assert_eq!(again.code, Some(0), "{what}: {}", again.said());
            assert!(again.text().contains("access key secret: "), "{what}: {}", again.said());
            let third = tell(&workshop, &site, &all);
            assert!(third.text().contains("nothing is left to do"), "{what}: {}", third.said());
            tell(&workshop, &site, &["undo", "prepare-copies.json", "--yes"]).ends_with_code(0);
            let left =
                tell(&workshop, &site, &[&COPIES[..], &["--manual", "--access-key"]].concat());
            let steps = format!("{} steps are left to do", changes.values().sum::<usize>());
            assert!(left.text().contains(&steps), "{what}: all is taken back: {}", left.said());
        }
    }
}

#[test]
fn what_is_shown_is_what_would_be_applied() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let shown = [&COPIES[..], &["--manual", "--access-key"]].concat();
    let operation = "CreateAccessKey";
    let kind = TroubleKind::Unanswered;
    site.cloud.trouble(vec![Trouble { operation: Some(operation), after: 0, times: 1, kind }]);
    let all = [&shown[..], &["--apply", "--yes"]].concat();
    let running = Running::start(command(&workshop, &site, &all));
    let asked = || site.cloud.calls().iter().any(|call| call.operation == operation);
    until("the key is made", || asked().then_some(()));
    drop(running);
    // Nobody knows the secret of the key that is there: only the record tells.
    let again = tell(&workshop, &site, &shown);
    let text = again.ends_with_code(0).text();
    assert!(text.contains("1 step is left to do"), "{}", again.said());
    let done = tell(&workshop, &site, &all);
    assert!(done.ends_with_code(0).text().contains("[1/1] "), "{}", done.said());
}

#[test]
fn a_record_that_cannot_be_read_is_not_taken_for_none() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let record = workshop.path("prepare-copies.json");
    let look = [&COPIES[..], &["--manual"]].concat();
    let apply = [&look[..], &["--apply", "--yes"]].concat();
    tell(&workshop, &site, &apply).ends_with_code(0);
    let (whole, changes) = (fs::read(&record).unwrap(), site.changes());
    for damaged in [&whole[..whole.len() / 2], b"", b"\xff"] {
        fs::write(&record, damaged).unwrap();
        for words in [&look, &apply, &[&look[..], &["--output", "-"]].concat()] {
            let ran = tell(&workshop, &site, words);
            ran.ends_with_code(1);
            for said in ["`prepare-copies.json`", "hint: bring the file back", "`--output`"] {
                assert!(ran.stderr.contains(said), "{said}: {}", ran.said());
            }
        }
        assert_eq!(fs::read(&record).unwrap(), damaged);
        let other = [&look[..], &["--output", "other.json"]].concat();
        tell(&workshop, &site, &other).ends_with_code(0);
    }
    assert_eq!(site.changes(), changes);
    fs::write(&record, whole).unwrap();
    tell(&workshop, &site, &look).ends_with_code(0);
}

#[test]
fn a_record_that_another_run_is_at_work_with_is_left_alone() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let all = [&COPIES[..], &["--manual", "--apply", "--yes"]].concat();
    let hangs = |operation| Trouble {
        operation: Some(operation),
        after: 0,
        times: 1,
        kind: TroubleKind::Unanswered,
    };
    site.cloud.trouble(vec![hangs("CreateUser")]);
    let running = Running::start(command(&workshop, &site, &all));
    let asked = || site.cloud.calls().iter().any(|call| call.operation == "CreateUser");
    until("the first run is at work", || asked().then_some(()));
    let (record, changes) = (fs::read(workshop.path("prepare-copies.json")), site.changes());
    let look = [&COPIES[..], &["--manual", "--output", "prepare-copies.json"]].concat();
    for other in [&all[..], &look, &["undo", "prepare-copies.json", "--yes"]] {
        let ran = tell(&workshop, &site, other);
        assert!(ran.ends_with_code(1).stderr.contains("another run is at work"), "{}", ran.said());
    }
    assert_eq!(fs::read(workshop.path("prepare-copies.json")).unwrap(), record.unwrap());
    assert_eq!(site.changes(), changes);
    let shown = tell(&workshop, &site, &["undo", "prepare-copies.json", "--dry-run"]);
    assert!(shown.ends_with_code(0).text().contains("delete the bucket copies"));
    drop(running);
    site.cloud.trouble(Vec::new());
    tell(&workshop, &site, &all).ends_with_code(0);
}

#[test]
fn a_secret_is_shown_once_or_written_where_only_its_owner_reads_it() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let all = [&COPIES[..], &["--classic", "--apply", "--yes", "-vv"]].concat();
    let shown = tell(&workshop, &site, &[&all[..], &["--access-key"]].concat());
    let text = shown.ends_with_code(0).text();
    let secret = text.lines().find_map(|line| line.strip_prefix("access key secret: ")).unwrap();
    assert_eq!(text.matches(secret).count(), 1, "{text}");
    assert!(!shown.stderr.contains(secret), "{}", shown.stderr);
    let again = tell(&workshop, &site, &[&all[..], &["--access-key"]].concat());
    assert!(!again.ends_with_code(0).said().contains("SECRET"), "{}", again.said());
    let record = fs::read_to_string(workshop.path("prepare-copies.json")).unwrap();
    assert!(!record.contains(secret) && record.contains("LTAIsimulated"), "{record}");

    let (workshop, site) = (Workshop::new(), Site::new());
    let to_file = [&all[..], &["--access-key-file", "key.env"]].concat();
    fs::write(workshop.path("key.env"), "mine").unwrap();
    let taken = tell(&workshop, &site, &to_file);
    taken.ends_with_code(1);
    assert_eq!(fs::read_to_string(workshop.path("key.env")).unwrap(), "mine");
    assert_eq!(site.changes(), BTreeMap::new(), "before anything is done");
    fs::remove_file(workshop.path("key.env")).unwrap();
    let written = tell(&workshop, &site, &to_file);
    assert!(!written.ends_with_code(0).said().contains("SECRET"), "{}", written.said());
    let file = fs::read_to_string(workshop.path("key.env")).unwrap();
    assert!(file.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET=SECRETsimulated"), "{file}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(workshop.path("key.env")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::remove_file(workshop.path("key.env")).unwrap();
    let again = tell(&workshop, &site, &to_file);
    again.ends_with_code(0);
    assert!(!workshop.path("key.env").exists(), "no empty file where no key was made");
}

#[test]
fn secrets_are_in_no_output_and_no_file() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let theirs = ["prepare", "oss://theirs", "--region", REGION, "--cross-account", "-vv"];
    for more in [&["--output", "plan.json"][..], &["--apply", "--yes"], &["--apply", "--yes"]] {
        tell(&workshop, &site, &[&theirs[..], more].concat()).ends_with_code(0);
    }
    site.break_off(&(0, TroubleKind::Refused(403, "NoPermission")));
    tell(&workshop, &site, &theirs).ends_with_code(1);
    site.cloud.trouble(Vec::new());
    tell(&workshop, &site, &["undo", "prepare-theirs.json", "--yes", "-vv"]).ends_with_code(0);
    for entry in fs::read_dir(workshop.path("")).unwrap() {
        let path = entry.unwrap().path();
        let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for secret in [DEFAULT_SECRET, OTHER_SECRET] {
            assert!(!content.contains(secret), "{}", path.display());
        }
    }
}

#[test]
fn a_plan_as_json_says_what_is_there_and_what_would_be_sent() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let theirs =
        ["prepare", "oss://theirs", "--region", REGION, "--cross-account", "--output", "-"];
    let ran = tell(&workshop, &site, &theirs);
    let plan: serde_json::Value = serde_json::from_slice(&ran.ends_with_code(0).stdout).unwrap();
    assert_eq!(plan["schema"], "weighbridge.prepare/1");
    assert_eq!((&plan["account"], &plan["bucket_account"]), (&OWN.into(), &OTHER.into()));
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "planned"), "{steps:?}");
    let replaced: Vec<&serde_json::Value> = steps
        .iter()
        .map(|step| &step["action"])
        .filter(|action| action["do"] == "replace")
        .collect();
    assert_eq!(replaced.len(), 2);
    assert_eq!(replaced[0]["before"], BUCKET_POLICY);
    assert_eq!((&replaced[1]["of"], &replaced[1]["name"]), (&"key".into(), &key_arn().into()));
}

#[test]
fn the_record_of_another_destination_is_not_written_over() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let apply = ["--apply", "--yes", "--output", "plan.json"];
    tell(&workshop, &site, &[&COPIES[..], &apply].concat()).ends_with_code(0);
    let other = ["prepare", "oss://others", "--region", REGION];
    for more in [&apply[..], &["--output", "plan.json"]] {
        let ran = tell(&workshop, &site, &[&other[..], more].concat());
        ran.ends_with_code(1);
        assert!(ran.stderr.contains("is the record of preparing oss://copies"), "{}", ran.said());
    }
    fs::write(workshop.path("other.json"), "{}").unwrap();
    let ran = tell(
        &workshop,
        &site,
        &[&COPIES[..], &["--apply", "--yes", "--output", "other.json"]].concat(),
    );
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("no record of a preparation"), "{}", ran.said());
    assert_eq!(fs::read_to_string(workshop.path("other.json")).unwrap(), "{}");
}

#[test]
fn files_are_written_without_calling_anybody() {
    let (workshop, site) = (Workshop::new(), Site::new());
    let bare = |arguments: &[&str]| {
        let mut command = workshop.bare(arguments);
        command.env("WEIGHBRIDGE_ALIBABA_ENDPOINT", site.cloud.endpoint());
        run(command)
    };
    let both = ["--terraform", "it.tf", "--print-policies", "policies"];
    bare(&[&COPIES[..], &["--manual", "--kms", "least"], &both].concat()).ends_with_code(0);
    let read = |name: &str| fs::read_to_string(workshop.path(name)).unwrap();
    for name in ["user-policy", "trust-policy", "role-policy", "kms-policy"] {
        Document::parse(&read(&format!("policies/{name}.json"))).unwrap();
    }
    assert!(read("policies/steps.txt").contains("5. "), "{}", read("policies/steps.txt"));
    let terraform = read("it.tf");
    for resource in [
        "alicloud_oss_bucket\"",
        "alicloud_ram_user\"",
        "alicloud_ram_role\"",
        "alicloud_ram_policy\" \"kms\"",
    ] {
        assert!(terraform.contains(&format!("resource \"{resource}")), "{terraform}");
    }
    fs::write(workshop.path("now.json"), BUCKET_POLICY).unwrap();
    let theirs = ["prepare", "oss://theirs", "--region", REGION, "--cross-account"];
    let numbers = ["--account", OWN, "--bucket-account", OTHER, "--bucket-policy", "now.json"];
    bare(&[&theirs[..], &numbers, &both].concat()).ends_with_code(0);
    let merged = read("policies/bucket-policy.json");
    assert!(
        merged.contains("\"3333\"") && merged.contains("assumed-role/oss-import-theirs/*"),
        "{merged}"
    );
    let terraform = read("it.tf");
    assert!(
        terraform.contains("terraform import alicloud_oss_bucket_policy.destination theirs"),
        "{terraform}"
    );
    assert!(terraform.contains("\"3333\""), "{terraform}");
    let unknown = bare(&[&theirs[..], &["--terraform", "it.tf"]].concat());
    unknown.ends_with_code(2);
    assert!(unknown.stderr.contains("--bucket-account"), "{}", unknown.said());
    assert_eq!(site.cloud.calls(), []);
}

#[test]
fn wrong_calls_are_told_before_anything_is_asked() {
    let (workshop, site) = (Workshop::new(), Site::new());
    for (more, told) in [
        (&["--manual", "--role", "Mover"][..], "capital letters"),
        (&["--user", "a/b"], "characters other than"),
        (&["--manual", "--classic"], "cannot be used with"),
        (&["--yes"], "--apply"),
        (&["--kms", "full"], "`--manual` or `--cross-account`"),
        (&["--terraform", "x.tf", "--bucket-policy", "x"], "another account's bucket"),
        (&["--apply", "--terraform", "x.tf"], "cannot be used with"),
    ] {
        let ran = tell(&workshop, &site, &[&COPIES[..], more].concat());
        ran.ends_with_code(2);
        assert!(ran.stderr.contains(told), "{told}: {}", ran.said());
    }
    for more in [&["--apply", "--yes"][..], &["--terraform", "x.tf"]] {
        let short = ["prepare", "oss://ab", "--region", REGION];
        let ran = tell(&workshop, &site, &[&short[..], more].concat());
        ran.ends_with_code(2);
        assert!(ran.stderr.contains("has not 3 to 63 characters"), "{}", ran.said());
        assert!(!workshop.path("x.tf").exists());
    }
    let s3 = tell(&workshop, &site, &["prepare", "s3://copies", "--region", REGION]);
    s3.ends_with_code(2);
    assert!(s3.stderr.contains("oss://bucket"), "{}", s3.said());
    assert_eq!(site.cloud.calls(), []);
}
