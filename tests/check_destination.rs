//! `weighbridge check … --to`: what is wrong with a destination is found, explained and comes with its remedy;
//! what may not be looked at is never said to be in order.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
mod prepared;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{Workshop, run};
use prepared::{
    BLOCKER, Checked, HOME, OTHER, OTHER_SECRET, ROLE, SOURCE, WARNING, Whose, assert_found,
    bucket, case, key, lifecycle, prepare, prepared, prepared_elsewhere, role, service_takes,
    session, start, text, user, weighed,
};
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress};
use weighbridge::alibaba::ram::PolicyName;
use weighbridge::object::{Object, Timestamp};
use weighbridge::preflight::destination::{self, Destination};
use weighbridge::preflight::{Finding, Verdict, identity};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaSimulator, DEFAULT_KEY_ID,
    Denied, Trouble, TroubleKind,
};
use weighbridge::summary::{RunFacts, Summary};
use weighbridge::tally::{Options, Tally};

#[test]
fn a_destination_that_is_ready_has_nothing_to_mend() {
    assert!(service_takes(&start(prepared())));
    let summary = weighed(&[1, 40, 4_000]);
    let checked = Checked::of_mover(prepared(), &["--to-region", "cn-hangzhou"], Some(&summary));
    for verdict in [BLOCKER, WARNING, "unknown"] {
        assert_eq!(checked.with(verdict), [""; 0], "{}", checked.ran.said());
    }
    assert!(checked.with("ok").len() >= 25, "{:?}", checked.with("ok"));
    assert!(text(checked.one("IDENTITY_USER_POLICIES"), "seen").contains("newer way"));
    assert!(text(checked.one("IDENTITY_ROLE_TRUST"), "seen").contains("third parties"));
}

#[test]
fn what_is_wrong_with_the_bucket_is_found() {
    let cases = vec![
        case(
            "no bucket",
            |c| c.home.buckets.clear(),
            ("DESTINATION_BUCKET", BLOCKER),
            ["no bucket `copies`", "has to be there", "weighbridge prepare oss://copies"],
        ),
        case(
            "no such name",
            |_| (),
            ("DESTINATION_BUCKET", BLOCKER),
            ["characters other than", "", "3 to 63 characters"],
        )
        .with(&["--to", "oss://Copies/moved/"]),
        case(
            "a region that was not named",
            |c| bucket(c).region = Some("cn-beijing".into()),
            ("DESTINATION_REGION", "ok"),
            ["it is in cn-beijing", "refused", ""],
        )
        .with(&["--role", "oss-import-copies"]),
        case(
            "a region without the service",
            |c| bucket(c).region = Some("cn-qingdao".into()),
            ("DESTINATION_SERVICE", WARNING),
            [
                "cn-qingdao, which its documentation does not list",
                "not every region",
                "cn-wulanchabu",
            ],
        )
        .with(&["--role", "oss-import-copies"]),
        case(
            "another region",
            |c| bucket(c).region = Some("cn-beijing".into()),
            ("DESTINATION_REGION", BLOCKER),
            ["in cn-beijing, and cn-hangzhou was named", "refused", "--to-region cn-beijing"],
        )
        .with(&["--to-region", "cn-hangzhou"]),
        case(
            "prefix without a slash",
            |_| (),
            ("DESTINATION_PREFIX", BLOCKER),
            ["does not end in a slash", "end in one", "oss://BUCKET/moved/"],
        )
        .with(&["--to", "oss://copies/moved"]),
        case(
            "prefix behind a slash",
            |_| (),
            ("DESTINATION_PREFIX", BLOCKER),
            ["starts with a slash", "do not start with a slash", "oss://BUCKET/moved/"],
        )
        .with(&["--to", "oss://copies//moved/"]),
        case(
            "class IA",
            |c| bucket(c).storage_class = "IA".into(),
            ("DESTINATION_STORAGE_CLASS", WARNING),
            ["IA", "64 KiB", "--target-storage-class Standard"],
        ),
        case(
            "class Archive",
            |c| bucket(c).storage_class = "Archive".into(),
            ("DESTINATION_STORAGE_CLASS", WARNING),
            ["Archive", "restored before", "--target-storage-class Standard"],
        ),
        case(
            "versions",
            |c| bucket(c).versioning = Some("Enabled".into()),
            ("DESTINATION_VERSIONING", WARNING),
            ["versions are kept", "billed", "put-bucket-versioning --bucket copies"],
        ),
        case(
            "retention",
            |c| bucket(c).worm = Some(("Locked".into(), 30)),
            ("DESTINATION_RETENTION", WARNING),
            ["30 days, and this is locked", "overwritten", "without retention"],
        ),
        case(
            "retention that is not locked",
            |c| bucket(c).worm = Some(("InProgress".into(), 7)),
            ("DESTINATION_RETENTION", WARNING),
            ["for 7 days (InProgress)", "overwritten", "abort-bucket-worm --bucket copies"],
        ),
        case(
            "hierarchical namespace",
            |c| bucket(c).is_hierarchical = true,
            ("DESTINATION_NAMESPACE", WARNING),
            ["hierarchical", "lifecycle", "Create Bucket"],
        ),
    ];
    assert_found(cases, prepared, None);
}

#[test]
fn who_else_gets_at_the_bucket_and_what_is_there_is_found() {
    let cases = vec![
        case(
            "public",
            |c| bucket(c).acl = "public-read".into(),
            ("DESTINATION_PUBLIC", WARNING),
            ["public-read", "everybody", "put-bucket-acl --bucket copies --acl private"],
        ),
        case(
            "public for writing",
            |c| bucket(c).acl = "public-read-write".into(),
            ("DESTINATION_PUBLIC", WARNING),
            ["write to it", "replaced and deleted", "--acl private"],
        ),
        case(
            "public by policy",
            |c| {
                let open = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Principal":["*"],"Resource":"acs:oss:*:*:copies/*"}]}"#;
                bucket(c).settings.insert("policy".into(), open.into());
            },
            ("DESTINATION_PUBLIC", WARNING),
            ["lets everybody read", "everybody", "Bucket Policy"],
        ),
        case(
            "not empty",
            |c| drop(bucket(c).objects.insert("moved/old".into(), b"x".to_vec())),
            ("DESTINATION_CONTENTS", WARNING),
            ["`moved/old`", "overwritten", "--overwrite never"],
        ),
        case(
            "hotlinks",
            |c| {
                let referer = "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>http://a.example</Referer></RefererList></RefererConfiguration>";
                bucket(c).settings.insert("referer".into(), referer.into());
            },
            ("DESTINATION_REFERER", WARNING),
            ["name no page are refused", "name no page", "Allow Empty Referer"],
        ),
        case(
            "deny in the bucket's policy",
            |c| {
                let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:PutObject","Principal":["*"],"Resource":"acs:oss:*:*:copies/*"}]}"#;
                bucket(c).settings.insert("policy".into(), deny.into());
            },
            ("IDENTITY_BUCKET_POLICY", BLOCKER),
            ["`oss:PutObject` is denied", "denies", "take the statement out"],
        ),
        case(
            "deny on conditions",
            |c| {
                let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Principal":["*"],"Resource":"acs:oss:*:*:copies/*","Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}}]}"#;
                bucket(c).settings.insert("policy".into(), deny.into());
            },
            ("IDENTITY_BUCKET_POLICY", WARNING),
            ["on conditions", "denies", "take the statement out"],
        ),
        case(
            "a way for two accounts",
            |_| (),
            ("DESTINATION_ACCOUNT", WARNING),
            ["both of account", "another account", "--manual"],
        )
        .with(&["--cross-account"]),
    ];
    assert_found(cases, prepared, None);
}

#[test]
fn lifecycle_rules_are_held_against_the_ages_of_the_objects() {
    let with = |rule: &str| {
        let rules = lifecycle(rule);
        move |config: &mut AlibabaConfig| {
            bucket(config).settings.insert("lifecycle".into(), rules.clone());
        }
    };
    let cases = vec![
        case(
            "deletes what is old",
            with("<Expiration><Days>90</Days></Expiration>"),
            ("DESTINATION_LIFECYCLE", BLOCKER),
            [
                "`tidy` deletes objects 90 days after their last modification: 3 of the 4 weighed objects are that old",
                "deleted soon after it arrives",
                "disable `tidy`",
            ],
        ),
        case(
            "deletes by date",
            with(
                "<Expiration><CreatedBeforeDate>2020-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>",
            ),
            ("DESTINATION_LIFECYCLE", BLOCKER),
            [
                "last modified before 2020-01-01",
                "deleted",
                "delete-bucket-lifecycle --bucket copies",
            ],
        ),
        case(
            "deletes soon",
            with("<Expiration><Days>4010</Days></Expiration>"),
            ("DESTINATION_LIFECYCLE", WARNING),
            [
                "1 of the 4 weighed objects will be that old within 30 days",
                "deleted",
                "disable `tidy`",
            ],
        ),
        case(
            "moves what is old",
            with("<Transition><Days>30</Days><StorageClass>Archive</StorageClass></Transition>"),
            ("DESTINATION_TRANSITION", WARNING),
            [
                "moves objects to Archive 30 days after their last modification: 3 of the 4",
                "billed",
                "disable `tidy`",
            ],
        ),
        case(
            "deletes what has tags",
            with("<Tag><Key>a</Key><Value>b</Value></Tag><Expiration><Days>90</Days></Expiration>"),
            ("DESTINATION_LIFECYCLE", WARNING),
            ["that have its tags", "deleted", "disable `tidy`"],
        ),
        case(
            "deletes late",
            with("<Expiration><Days>9000</Days></Expiration>"),
            ("DESTINATION_LIFECYCLE", "ok"),
            ["1 rule is enabled", "", ""],
        ),
        case(
            "moves by access",
            with(
                "<Transition><Days>1</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime><ReturnToStdWhenVisit>true</ReturnToStdWhenVisit></Transition>",
            ),
            ("DESTINATION_TRANSITION", "ok"),
            ["1 rule is enabled", "", ""],
        ),
        case(
            "unreadable",
            with("<Expiration><Days>soon</Days></Expiration>"),
            ("DESTINATION_LIFECYCLE", "unknown"),
            ["no readable Days", "", ""],
        ),
    ];
    let summary = weighed(&[1, 100, 400, 3_990]);
    assert_found(cases, prepared, Some(&summary));

    let mut config = prepared();
    with("<Expiration><Days>90</Days></Expiration>")(&mut config);
    let checked = Checked::of_mover(config, &[], None);
    let finding = checked.one("DESTINATION_LIFECYCLE");
    assert_eq!(text(finding, "verdict"), WARNING, "{finding:#}");
    assert!(text(finding, "seen").contains("how old the objects are is not known"), "{finding:#}");
}

#[test]
fn what_may_not_be_looked_at_is_unknown_and_says_which_permission_is_missing() {
    let mut config = prepared();
    let plain = std::mem::take(bucket(&mut config));
    *bucket(&mut config) = plain.encrypted_by("key-1");
    config.home.keys.insert("key-1".into(), AlibabaKey::default());
    let operations = [
        ("GetBucketLifecycle", "DESTINATION_LIFECYCLE", "oss:GetBucketLifecycle"),
        ("GetBucketWorm", "DESTINATION_RETENTION", "oss:GetBucketWorm"),
        ("GetBucketReferer", "DESTINATION_REFERER", "oss:GetBucketReferer"),
        ("GetBucketPolicy", "IDENTITY_BUCKET_POLICY", "oss:GetBucketPolicy"),
        ("GetBucketPolicy", "DESTINATION_PUBLIC", "oss:GetBucketPolicy"),
        ("ListObjectsV2", "DESTINATION_CONTENTS", "oss:ListObjects"),
        ("GetBucketInfo", "DESTINATION_BUCKET", "oss:GetBucketInfo"),
        ("GetUser", "IDENTITY_USER", "ram:GetUser"),
        ("ListPoliciesForUser", "IDENTITY_USER_POLICIES", "ram:ListPoliciesForUser"),
        ("ListGroupsForUser", "IDENTITY_USER_DENIED", "ram:ListGroupsForUser"),
        ("GetPolicy", "IDENTITY_USER_POLICIES", "ram:GetPolicy"),
        ("GetPolicy", "IDENTITY_ROLE_PERMISSIONS", "ram:GetPolicy"),
        ("GetRole", "IDENTITY_ROLE", "ram:GetRole"),
        ("ListPoliciesForRole", "IDENTITY_ROLE_PERMISSIONS", "ram:ListPoliciesForRole"),
        ("ListPoliciesForRole", "IDENTITY_KMS_ACCESS", "ram:ListPoliciesForRole"),
        ("DescribeKey", "IDENTITY_KMS_KEY", "kms:DescribeKey"),
        ("ListJob", "DESTINATION_JOBS", "mgw:"),
        ("ListAddress", "DESTINATION_ADDRESSES", "mgw:"),
    ];
    let mut by_operation: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (operation, id, permission) in operations {
        by_operation.entry(operation).or_default().push((id, permission));
    }
    for (operation, expected) in by_operation {
        let mut config = config.clone();
        config
            .home
            .denied
            .push(Denied { key_id: DEFAULT_KEY_ID.into(), operations: vec![operation.into()] });
        let checked = Checked::of_mover(config, &["--to-region", "cn-hangzhou"], None);
        for (id, permission) in expected {
            let finding = checked.one(id);
            assert_eq!(text(finding, "verdict"), "unknown", "{operation}: {finding:#}");
            assert!(text(finding, "seen").contains(permission), "{operation}: {finding:#}");
            assert!(finding["remedy"].to_string().contains(permission), "{operation}: {finding:#}");
        }
    }
}

#[test]
fn without_keys_the_destination_is_unknown_and_the_rest_is_checked() {
    let workshop = Workshop::new();
    let ran = run(workshop.bare(&[
        "check",
        SOURCE,
        "--to",
        "oss://copies/moved",
        "-o",
        "checks.json",
        "-q",
    ]));
    ran.ends_with_code(4);
    let found = workshop.summary("checks.json");
    let findings = found["findings"].as_array().unwrap();
    let verdict =
        |id: &str| findings.iter().find(|finding| finding["id"] == id).unwrap()["verdict"].clone();
    assert_eq!(verdict("IDENTITY_KEYS"), "unknown");
    assert_eq!(verdict("DESTINATION_PREFIX"), BLOCKER);
    assert!(found.to_string().contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
}

#[test]
fn whichever_call_fails_nothing_that_rests_on_it_is_said_to_be_in_order() {
    let sealed = || {
        let mut config = prepared();
        let plain = std::mem::take(bucket(&mut config));
        *bucket(&mut config) = plain.encrypted_by("key-1");
        config.home.keys.insert("key-1".into(), AlibabaKey::default());
        config.home.groups.insert("all".into(), Vec::new());
        user(&mut config).groups.push("all".into());
        role(&mut config).policies.push(PolicyName::system("AliyunKMSFullAccess"));
        config
    };
    let check = |cloud: &AlibabaSimulator| {
        let session = session(cloud);
        let destination = Destination {
            bucket: "copies",
            prefix: "moved/",
            region: Some("cn-hangzhou"),
            session: Ok(&session),
            owner: None,
            bucket_account: None,
            account: None,
            user: Some("mover"),
            role: None,
            way: None,
            service: "mgw.aliyuncs.com",
            summary: None,
            now: Timestamp(0),
        };
        common::runtime().block_on(Box::pin(destination::check(&destination)))
    };
    let not_ok = |findings: &[Finding]| {
        findings.iter().filter(|finding| finding.verdict != Verdict::Ok).count()
    };
    let cloud = start(sealed());
    assert_eq!(not_ok(&check(&cloud)), 0);
    let operations: BTreeSet<&str> = cloud.calls().iter().map(|call| call.operation).collect();
    assert!(operations.len() >= 15, "{operations:?}");
    for operation in operations {
        for kind in [
            TroubleKind::Refused(403, "AccessDenied"),
            TroubleKind::Refused(500, "InternalError"),
            TroubleKind::Lost,
        ] {
            let cloud = start(sealed());
            let (operation, kind_told) = (Some(operation), format!("{kind:?}"));
            cloud.trouble(vec![Trouble {
                operation,
                after: 0,
                times: u64::MAX,
                kind: kind.clone(),
            }]);
            let findings = check(&cloud);
            assert!(not_ok(&findings) > 0, "{operation:?} {kind_told}");
            let bucket_unseen =
                operation == Some("GetBucketInfo") && !matches!(kind, TroubleKind::Refused(403, _));
            for finding in findings.iter().filter(|finding| finding.id == "DESTINATION_REGION") {
                let expected = if bucket_unseen { Verdict::Unknown } else { Verdict::Ok };
                assert_eq!(finding.verdict, expected, "{operation:?} {kind_told}");
            }
            for finding in findings.iter().filter(|finding| finding.verdict != Verdict::Ok) {
                assert!(finding.remedy.is_some(), "{operation:?} {kind_told}: {finding:?}");
            }
        }
    }
}

#[test]
fn policies_that_cannot_be_read_are_unknown() {
    for policy in ["no JSON", r#"{"Version":"1"}"#, r#"{"Statement":[{"Effect":"Maybe"}]}"#] {
        let mut config = prepared();
        bucket(&mut config).settings.insert("policy".into(), policy.into());
        role(&mut config).trust = policy.into();
        config.home.policies.insert("copy".into(), policy.into());
        config.home.policies.insert("make-roles".into(), policy.into());
        let checked = Checked::of_mover(config, &[], None);
        for id in [
            "DESTINATION_PUBLIC",
            "IDENTITY_BUCKET_POLICY",
            "IDENTITY_ROLE_TRUST",
            "IDENTITY_ROLE_PERMISSIONS",
            "IDENTITY_USER_POLICIES",
            "IDENTITY_USER_DENIED",
        ] {
            assert_eq!(text(checked.one(id), "verdict"), "unknown", "{policy}: {id}");
        }
    }
}

#[test]
fn nothing_is_changed_and_every_line_fits_a_terminal() {
    let cloud = start(prepared_elsewhere());
    let checked = Checked::of(&cloud, Whose::Account, &["--role", "Wrong_Role"], None);
    for line in checked.ran.text().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for call in cloud.calls() {
        let looks =
            ["Get", "List", "Describe"].iter().any(|start| call.operation.starts_with(start));
        assert!(looks, "{call:?}");
    }
}

#[test]
fn what_was_prepared_is_in_order_in_every_way() {
    let way = |config: AlibabaConfig, flag: &str, whose: Whose, needs_role: bool| {
        let cloud = start(config);
        let command =
            format!("prepare oss://copies --region cn-hangzhou --user mover {flag} --apply");
        prepare(&cloud, whose, &command);
        let checked = Checked::of(&cloud, whose, &["--user", "mover", flag], None);
        for verdict in [BLOCKER, WARNING, "unknown"] {
            assert_eq!(checked.with(verdict), [""; 0], "{flag}: {}", checked.ran.said());
        }
        assert_eq!(checked.with("ok").contains(&"IDENTITY_ROLE_TRUST"), needs_role, "{flag}");
    };
    way(AlibabaConfig::default(), "--automatic", Whose::Account, false);
    way(AlibabaConfig::default(), "--manual", Whose::Account, true);
    way(AlibabaConfig::default(), "--classic", Whose::Account, false);
    let mut config = AlibabaConfig::default();
    let mut other = AlibabaAccount::new(OTHER);
    other.credentials.push(key("LTAIOTHER", OTHER_SECRET));
    other.buckets.insert("copies".into(), AlibabaBucket::default().encrypted_by("key-1"));
    other.keys.insert("key-1".into(), AlibabaKey::in_instance());
    config.others.push(other);
    way(config, "--cross-account", Whose::Both, true);
}

#[test]
fn the_remedy_that_is_given_mends_it() {
    let flags = ["--user", "mover", "--role", ROLE, "--to-region", "cn-hangzhou"];
    for id in ["DESTINATION_BUCKET", "IDENTITY_USER", "IDENTITY_ROLE"] {
        let cloud = start(AlibabaConfig::default());
        let checked = Checked::of(&cloud, Whose::Account, &flags, None);
        assert!(checked.with(BLOCKER).contains(&id), "{}", checked.ran.said());
        let command = text(&checked.one(id)["remedy"], "command");
        prepare(&cloud, Whose::Account, command.strip_prefix("weighbridge ").unwrap());
        let again = Checked::of(&cloud, Whose::Account, &flags, None);
        assert_eq!(again.with(BLOCKER), [""; 0], "{command}: {}", again.ran.said());
    }
}

#[test]
fn what_a_region_has_room_for_is_counted() {
    let cloud = start(prepared());
    let session = session(&cloud);
    let mgw = Mgw::new(&session, HOME, "cn-hangzhou");
    let address = |number: u32| NewAddress {
        name: Some(format!("address-{number}")),
        detail: Some(AddressDetail {
            address_type: Some("oss".into()),
            bucket: Some("copies".into()),
            role: Some(ROLE.into()),
            ..AddressDetail::default()
        }),
        ..NewAddress::default()
    };
    let create = |numbers: std::ops::Range<u32>| {
        common::runtime().block_on(async {
            for number in numbers {
                mgw.create_address(&address(number)).await.unwrap();
            }
        });
    };
    let verdict = || {
        let checked = Checked::of(&cloud, Whose::Account, &["--user", "mover"], None);
        let finding = checked.one("DESTINATION_ADDRESSES").clone();
        (text(&finding, "verdict").to_owned(), text(&finding, "seen").to_owned(), finding)
    };
    create(0..899);
    assert_eq!(verdict().0, "ok");
    create(899..900);
    assert_eq!(verdict().0, WARNING);
    create(900..1_000);
    let (told, seen, finding) = verdict();
    assert_eq!((told.as_str(), seen.as_str()), (BLOCKER, "1000 of 1000 data addresses are there"));
    assert!(finding["remedy"].to_string().contains("delete data addresses"), "{finding:#}");
}

#[test]
fn keys_are_judged_behind_the_prefix() {
    let now = Timestamp(jiff::Timestamp::now().as_millisecond());
    let mut tally = Tally::new(Options::new(now));
    for key in ["/top".to_owned(), "k".repeat(1_020)] {
        let key = key.as_bytes();
        tally.add(&Object { key, size: 1, modified: now, etag: b"", storage_class: b"" });
    }
    let facts = RunFacts {
        location: SOURCE.into(),
        provider: "demo".into(),
        finished: now,
        ..RunFacts::default()
    };
    let summary = Summary::from_parts(&tally, facts);
    let codes = |to: &str| {
        let flags = ["--user", "mover", "--to", to];
        let checked = Checked::of(&start(prepared()), Whose::Account, &flags, Some(&summary));
        let blocks = |id: &str| text(checked.one(id), "verdict") == BLOCKER;
        (blocks("KEY_LEADING_SLASH"), blocks("KEY_TOO_LONG"))
    };
    assert_eq!(codes("oss://copies"), (true, false));
    assert_eq!(codes("oss://copies/a/"), (false, false));
    assert_eq!(codes("oss://copies/moved/"), (false, true));
}

#[test]
fn every_check_is_documented() {
    let page = fs::read_to_string("docs/check-destination.md").unwrap();
    for check in destination::CHECKS.iter().chain(&identity::CHECKS) {
        assert!(page.contains(&format!("`{}`", check.id)), "{} is not documented", check.id);
    }
}
