//! `weighbridge check … --to`: what is wrong with a destination, and with who migrates, is found, explained and
//! comes with its remedy; what may not be looked at is never said to be in order.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Ran, Workshop, run};
use serde_json::Value;
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress};
use weighbridge::alibaba::ram::PolicyName;
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session};
use weighbridge::object::{Object, Timestamp};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    AlibabaUser, Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, Denied,
};
use weighbridge::summary::{RunFacts, Summary};
use weighbridge::tally::{Options, Tally};

const HOME: &str = "1234567890123456";
const OTHER: &str = "6543210987654321";
const SOURCE: &str = "demo:tiny?objects=3";
const TO: &str = "oss://copies/moved/";
const ROLE: &str = "oss-import-copies";
/// Secrets that no output may hold.
const USER_SECRET: &str = "PLANTED+user/secret";
const OTHER_SECRET: &str = "PLANTED+other/secret";
const DAY: i64 = 86_400_000;

const USER_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:CreateRole","ram:CreatePolicy","ram:AttachPolicyToRole","ram:ListRoles"],"Resource":"*"}]}"#;
const ROLE_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Resource":["acs:oss:*:*:copies","acs:oss:*:*:copies/*"]}]}"#;
const BUCKET_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Principal":["arn:sts::1234567890123456:assumed-role/oss-import-copies/*"],"Resource":["acs:oss:*:6543210987654321:copies","acs:oss:*:6543210987654321:copies/*"]}]}"#;
const KEY_POLICY: &str = r#"{"Version":"1","Statement":[{"Sid":"kms default key policy","Effect":"Allow","Principal":{"RAM":["acs:ram::6543210987654321:*"]},"Action":["kms:*"],"Resource":["*"]},{"Effect":"Allow","Principal":{"RAM":["acs:ram::1234567890123456:role/oss-import-copies"]},"Action":["kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"],"Resource":["*"]}]}"#;

fn key(id: &str, secret: &str) -> Credential {
    Credential { key_id: id.into(), secret: secret.into(), session_token: None }
}

/// A destination that is ready: the newer way of the pages, bucket and jobs in one account.
fn prepared() -> AlibabaConfig {
    let mut config = AlibabaConfig::default();
    let home = &mut config.home;
    let policies =
        vec![PolicyName::system("AliyunOSSImportFullAccess"), PolicyName::custom("make-roles")];
    let credentials = vec![key("LTAIUSER", USER_SECRET)];
    home.users
        .insert("mover".into(), AlibabaUser { credentials, policies, ..AlibabaUser::default() });
    home.policies.insert("make-roles".into(), USER_POLICY.into());
    home.policies.insert("copy".into(), ROLE_POLICY.into());
    let policies = vec![PolicyName::custom("copy")];
    home.roles.insert(ROLE.into(), AlibabaRole { policies, ..AlibabaRole::default() });
    home.buckets.insert("copies".into(), AlibabaBucket::default());
    config
}

/// The same, with the bucket in another account, which lets the role in.
fn prepared_elsewhere() -> AlibabaConfig {
    let mut config = prepared();
    let bucket = config.home.buckets.remove("copies").unwrap().with("policy", BUCKET_POLICY);
    config.home.roles.get_mut(ROLE).unwrap().policies.clear();
    let mut other = AlibabaAccount::new(OTHER);
    other.credentials.push(key("LTAIOTHER", OTHER_SECRET));
    other.buckets.insert("copies".into(), bucket);
    config.others.push(other);
    config
}

fn start(config: AlibabaConfig) -> AlibabaSimulator {
    AlibabaSimulator::start_in_thread(config).unwrap()
}

fn bucket(config: &mut AlibabaConfig) -> &mut AlibabaBucket {
    let home = config.home.buckets.get_mut("copies");
    home.or_else(|| config.others.first_mut()?.buckets.get_mut("copies")).unwrap()
}

fn role(config: &mut AlibabaConfig) -> &mut AlibabaRole {
    config.home.roles.get_mut(ROLE).unwrap()
}

fn user(config: &mut AlibabaConfig) -> &mut AlibabaUser {
    config.home.users.get_mut("mover").unwrap()
}

fn set(document: &str) -> impl Fn(&mut AlibabaConfig) + use<> {
    let document = document.to_owned();
    move |config| {
        config.home.policies.insert("copy".into(), document.clone());
    }
}

/// Whose keys look.
#[derive(Clone, Copy)]
enum Whose {
    Account,
    User,
    Other,
    /// The account's, and for the bucket those of the other one.
    Both,
}

/// Sets the keys, and where the cloud is.
fn with_keys(
    mut command: std::process::Command,
    cloud: &AlibabaSimulator,
    whose: Whose,
) -> std::process::Command {
    let (id, secret) = match whose {
        Whose::Account | Whose::Both => (DEFAULT_KEY_ID, DEFAULT_SECRET),
        Whose::User => ("LTAIUSER", USER_SECRET),
        Whose::Other => ("LTAIOTHER", OTHER_SECRET),
    };
    command
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", id)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
        .env("WEIGHBRIDGE_ALIBABA_ENDPOINT", cloud.endpoint());
    if matches!(whose, Whose::Both) {
        command
            .env("WEIGHBRIDGE_BUCKET_ACCESS_KEY_ID", "LTAIOTHER")
            .env("WEIGHBRIDGE_BUCKET_ACCESS_KEY_SECRET", OTHER_SECRET);
    }
    command
}

/// What one run said, in JSON and for people.
struct Checked {
    ran: Ran,
    findings: Vec<Value>,
}

impl Checked {
    fn of(
        cloud: &AlibabaSimulator,
        whose: Whose,
        flags: &[&str],
        weighed: Option<&Summary>,
    ) -> Self {
        let workshop = Workshop::new();
        let mut arguments = vec!["check", SOURCE, "--output", "checks.json"];
        if !flags.contains(&"--to") {
            arguments.extend(["--to", TO]);
        }
        if let Some(summary) = weighed {
            fs::write(workshop.path("summary.json"), summary.to_json().unwrap()).unwrap();
            arguments.extend(["--summary", "summary.json"]);
        }
        arguments.extend(flags);
        let ran = run(with_keys(workshop.bare(&arguments), cloud, whose));
        let json = fs::read_to_string(workshop.path("checks.json"))
            .unwrap_or_else(|_| panic!("no findings: {}", ran.said()));
        for secret in [USER_SECRET, OTHER_SECRET, DEFAULT_SECRET] {
            assert!(
                !json.contains(secret) && !ran.said().contains(secret),
                "{json}\n{}",
                ran.said()
            );
        }
        let whole: Value = serde_json::from_str(&json).unwrap();
        Self { ran, findings: whole["findings"].as_array().unwrap().clone() }
    }

    /// With the account's keys, for the user `mover`.
    fn of_mover(config: AlibabaConfig, flags: &[&str], weighed: Option<&Summary>) -> Self {
        let flags = [&["--user", "mover"], flags].concat();
        Self::of(&start(config), Whose::Account, &flags, weighed)
    }

    #[track_caller]
    fn one(&self, id: &str) -> &Value {
        let found = self.findings.iter().find(|finding| finding["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {}", self.ran.said()))
    }

    /// Ids by verdict, of the sides that are checked here.
    fn with(&self, verdict: &str) -> Vec<&str> {
        let ours = |finding: &&Value| finding["side"] != "source" && finding["verdict"] == verdict;
        let found = self.findings.iter().filter(ours);
        found.map(|finding| finding["id"].as_str().unwrap()).collect()
    }
}

fn text<'v>(finding: &'v Value, member: &str) -> &'v str {
    finding[member].as_str().unwrap_or_default()
}

/// Objects of these ages in days.
fn weighed(days: &[i64]) -> Summary {
    let now = Timestamp(jiff::Timestamp::now().as_millisecond());
    let mut tally = Tally::new(Options::new(now));
    for (number, days) in days.iter().enumerate() {
        let key = format!("k{number}");
        let modified = Timestamp(now.0 - days * DAY);
        let object =
            Object { key: key.as_bytes(), size: 1_000, modified, etag: b"", storage_class: b"" };
        tally.add(&object);
    }
    let facts = RunFacts {
        location: SOURCE.into(),
        provider: "demo".into(),
        finished: now,
        ..RunFacts::default()
    };
    Summary::from_parts(&tally, facts)
}

fn lifecycle(rule: &str) -> String {
    format!(
        "<LifecycleConfiguration><Rule><ID>tidy</ID><Prefix></Prefix><Status>Enabled</Status>{rule}</Rule></LifecycleConfiguration>"
    )
}

/// Something that is wrong, and what has to be said of it.
struct Case {
    what: &'static str,
    /// Breaks a destination that was in order.
    breaks: Box<dyn Fn(&mut AlibabaConfig)>,
    flags: &'static [&'static str],
    id: &'static str,
    verdict: &'static str,
    seen: &'static str,
    why: &'static str,
    remedy: &'static str,
}

fn case(
    what: &'static str,
    breaks: impl Fn(&mut AlibabaConfig) + 'static,
    (id, verdict): (&'static str, &'static str),
    [seen, why, remedy]: [&'static str; 3],
) -> Case {
    Case { what, breaks: Box::new(breaks), flags: &[], id, verdict, seen, why, remedy }
}

impl Case {
    fn with(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self
    }
}

const BLOCKER: &str = "blocker";
const WARNING: &str = "warning";

/// Whether the service itself takes the destination, with the role of the default name.
fn service_takes(cloud: &AlibabaSimulator) -> bool {
    let session = session(cloud);
    let mgw = Mgw::new(&session, HOME, "cn-hangzhou");
    let address = NewAddress {
        name: Some("destination".into()),
        detail: Some(AddressDetail {
            address_type: Some("oss".into()),
            bucket: Some("copies".into()),
            prefix: Some("moved/".into()),
            region_id: Some("oss-cn-hangzhou".into()),
            role: Some(ROLE.into()),
            ..AddressDetail::default()
        }),
        ..NewAddress::default()
    };
    common::runtime().block_on(async {
        mgw.create_address(&address).await.unwrap();
        mgw.verify_address("destination").await.unwrap();
        mgw.verify_address("destination").await.unwrap().is_available()
    })
}

fn session(cloud: &AlibabaSimulator) -> Session {
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
    Session::new(keys, endpoints, Retries::default())
}

/// Runs each case, and compares what was found and what else is not in order with what is to be.
#[track_caller]
fn assert_found(cases: Vec<Case>, base: fn() -> AlibabaConfig, weighed: Option<&Summary>) {
    for case in cases {
        let mut config = base();
        (case.breaks)(&mut config);
        let cloud = start(config);
        let flags = [&["--user", "mover"], case.flags].concat();
        let checked = Checked::of(&cloud, Whose::Account, &flags, weighed);
        if case.flags.is_empty() && !service_takes(&cloud) {
            let told: Vec<&str> =
                [BLOCKER, WARNING, "unknown"].iter().flat_map(|one| checked.with(one)).collect();
            assert!(!told.is_empty(), "{}: only the service finds it", case.what);
        }
        let finding = checked.one(case.id);
        let told = format!("{}: {finding:#}", case.what);
        assert_eq!(text(finding, "verdict"), case.verdict, "{told}");
        assert!(text(finding, "seen").contains(case.seen), "seen: {told}");
        assert!(text(finding, "why").contains(case.why), "why: {told}");
        assert!(finding["remedy"].to_string().contains(case.remedy), "remedy: {told}");
        let code = if checked.with(BLOCKER).is_empty() { 0 } else { 4 };
        checked.ran.ends_with_code(code);
        assert!(checked.ran.text().contains(case.id), "{}", checked.ran.said());
    }
}

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
fn the_older_way_suffices_as_well_and_is_named() {
    let mut config = prepared();
    user(&mut config).policies =
        vec![PolicyName::system("AliyunOSSFullAccess"), PolicyName::system("AliyunMGWFullAccess")];
    config.home.roles.clear();
    let checked = Checked::of_mover(config, &["--classic"], None);
    assert_eq!(checked.with(BLOCKER), [""; 0]);
    assert_eq!(checked.with(WARNING), [""; 0]);
    assert!(text(checked.one("IDENTITY_USER_POLICIES"), "seen").contains("older way"));
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
fn what_is_wrong_with_the_user_is_found() {
    let cases = vec![
        case(
            "no user",
            |c| c.home.users.clear(),
            ("IDENTITY_USER", BLOCKER),
            [
                "no RAM user `mover`",
                "RAM user",
                "weighbridge prepare oss://copies --region cn-hangzhou --user mover --manual --apply",
            ],
        ),
        case(
            "no policies",
            |c| user(c).policies.clear(),
            ("IDENTITY_USER_POLICIES", BLOCKER),
            [
                "no policy; missing is, for the newer way: `AliyunOSSImportFullAccess` and a custom policy that allows ram:CreateRole, ram:CreatePolicy, ram:AttachPolicyToRole, ram:ListRoles; or, for the older way (classic console): `AliyunOSSFullAccess` and `AliyunMGWFullAccess`",
                "data addresses",
                "weighbridge prepare",
            ],
        ),
        case(
            "no system policy",
            |c| drop(user(c).policies.remove(0)),
            ("IDENTITY_USER_POLICIES", BLOCKER),
            [
                "`AliyunOSSImportFullAccess`",
                "data addresses",
                "AttachPolicyToUser --PolicyType System --PolicyName AliyunOSSImportFullAccess --UserName mover",
            ],
        ),
        case(
            "custom policy too narrow",
            |c| {
                let narrow = USER_POLICY.replace("\"ram:ListRoles\"", "\"ram:GetUser\"");
                c.home.policies.insert("make-roles".into(), narrow);
            },
            ("IDENTITY_USER_POLICIES", BLOCKER),
            ["allows ram:ListRoles;", "make a role", "weighbridge prepare"],
        ),
        case(
            "half of the older way",
            |c| {
                user(c).policies = vec![PolicyName::system("AliyunOSSFullAccess")];
            },
            ("IDENTITY_USER_POLICIES", BLOCKER),
            [
                "for the older way (classic console): `AliyunMGWFullAccess`",
                "",
                "--PolicyName AliyunMGWFullAccess",
            ],
        )
        .with(&["--classic"]),
        case(
            "on conditions",
            |c| {
                let condition = USER_POLICY.replace(
                    "\"Resource\"",
                    r#""Condition":{"Bool":{"acs:MFAPresent":"true"}},"Resource""#,
                );
                c.home.policies.insert("make-roles".into(), condition);
            },
            ("IDENTITY_USER_POLICIES", WARNING),
            ["on conditions", "", "whether the conditions hold"],
        ),
        case(
            "denied",
            |c| {
                let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"mgw:CreateImportJob","Resource":"*"}]}"#;
                c.home.policies.insert("guard".into(), deny.into());
                user(c).policies.push(PolicyName::custom("guard"));
            },
            ("IDENTITY_USER_DENIED", BLOCKER),
            [
                "`mgw:CreateImportJob` is denied to `mover` by `guard`",
                "counts more",
                "take the statement out",
            ],
        ),
        case(
            "denied through a group",
            |c| {
                let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"ram:Create*","Resource":"*"}]}"#;
                c.home.policies.insert("guard".into(), deny.into());
                c.home.groups.insert("all".into(), vec![PolicyName::custom("guard")]);
                user(c).groups.push("all".into());
            },
            ("IDENTITY_USER_DENIED", BLOCKER),
            ["(of the group `all`)", "counts more", "take the statement out"],
        ),
    ];
    assert_found(cases, prepared, None);
}

#[test]
fn policies_of_a_group_are_the_users_too() {
    let mut config = prepared();
    let policies = std::mem::take(&mut user(&mut config).policies);
    config.home.groups.insert("movers".into(), policies);
    user(&mut config).groups.push("movers".into());
    let checked = Checked::of_mover(config, &[], None);
    assert_eq!(text(checked.one("IDENTITY_USER_POLICIES"), "verdict"), "ok");
}

#[test]
fn what_is_wrong_with_the_role_is_found() {
    let narrow = ROLE_POLICY.replace(r#""oss:Put*","#, "");
    let other = ROLE_POLICY.replace("copies", "elsewhere");
    let part = ROLE_POLICY.replace("copies/*", "copies/moved/*");
    let wide = ROLE_POLICY.replace(r#""oss:Put*","#, r#""oss:*","#);
    let everywhere = ROLE_POLICY.replace(":copies/*", ":*");
    let deny = ROLE_POLICY.replace(
        r#""Statement":["#,
        r#""Statement":[{"Effect":"Deny","Action":"oss:PutObject","Resource":"acs:oss:*:*:copies/moved/*"},"#,
    );
    let harmless = ROLE_POLICY.replace(
        r#""Statement":["#,
        r#""Statement":[{"Effect":"Deny","Action":"oss:PutBucketAcl","Resource":"*"},"#,
    );
    let cases = vec![
        case(
            "no role",
            |c| c.home.roles.clear(),
            ("IDENTITY_ROLE", BLOCKER),
            ["no role `oss-import-copies`", "takes on", "weighbridge prepare"],
        )
        .with(&["--role", "oss-import-copies"]),
        case(
            "no role of the default name",
            |c| c.home.roles.clear(),
            ("IDENTITY_ROLE", "unknown"),
            ["no role was named", "takes on", "--automatic"],
        ),
        case(
            "capitals",
            |c| {
                let role = c.home.roles.remove(ROLE).unwrap();
                c.home.roles.insert("Mover".into(), role);
            },
            ("IDENTITY_ROLE_NAME", BLOCKER),
            ["capital letters", "small letters", "--role mover"],
        )
        .with(&["--role", "Mover"]),
        case(
            "another service",
            |c| role(c).trust = AlibabaRole::of_service("ecs.aliyuncs.com").trust,
            ("IDENTITY_ROLE_TRUST", BLOCKER),
            [
                "trusts `ecs.aliyuncs.com`, and not `mgw.aliyuncs.com`",
                "third parties",
                "UpdateRole --RoleName oss-import-copies",
            ],
        ),
        case(
            "others, too",
            |c| {
                role(c).trust = role(c).trust.replace(
                    r#"["mgw.aliyuncs.com"]"#,
                    r#"["mgw.aliyuncs.com","ecs.aliyuncs.com"]"#,
                );
            },
            ("IDENTITY_ROLE_TRUST", WARNING),
            ["also `ecs.aliyuncs.com`", "write to the bucket", "UpdateRole"],
        ),
        case(
            "a service of one's own",
            |_| (),
            ("IDENTITY_ROLE_TRUST", BLOCKER),
            ["not `other.aliyuncs.com`", "third parties", "other.aliyuncs.com"],
        )
        .with(&["--service-principal", "other.aliyuncs.com"]),
        case(
            "no policies",
            |c| role(c).policies.clear(),
            ("IDENTITY_ROLE_PERMISSIONS", BLOCKER),
            [
                "has no policy; missing is `oss:List* on copies`",
                "cannot write",
                "oss:AbortMultipartUpload",
            ],
        ),
        case(
            "too narrow",
            set(&narrow),
            ("IDENTITY_ROLE_PERMISSIONS", BLOCKER),
            ["missing is `oss:Put* on copies/*`", "cannot write", "weighbridge prepare"],
        ),
        case(
            "another bucket",
            set(&other),
            ("IDENTITY_ROLE_PERMISSIONS", BLOCKER),
            ["`oss:Put* on copies/*`", "cannot write", "acs:oss:*:*:copies/*"],
        ),
        case(
            "a part of the bucket",
            set(&part),
            ("IDENTITY_ROLE_PERMISSIONS", BLOCKER),
            ["missing is `oss:List* on copies/*`", "cannot write", "weighbridge prepare"],
        ),
        case(
            "more actions",
            set(&wide),
            ("IDENTITY_ROLE_PERMISSIONS", WARNING),
            ["copy: oss:*", "reaches further", "aliyun ram CreatePolicyVersion --PolicyName copy"],
        ),
        case(
            "all buckets",
            set(&everywhere),
            ("IDENTITY_ROLE_PERMISSIONS", WARNING),
            ["copy: on acs:oss:*:*:*", "reaches further", "--SetAsDefault true --PolicyDocument"],
        ),
        case(
            "full access",
            |c| role(c).policies = vec![PolicyName::system("AliyunOSSFullAccess")],
            ("IDENTITY_ROLE_PERMISSIONS", WARNING),
            [
                "AliyunOSSFullAccess: oss:*",
                "reaches further",
                "DetachPolicyFromRole --PolicyType System --PolicyName AliyunOSSFullAccess",
            ],
        ),
        case(
            "denied",
            set(&deny),
            ("IDENTITY_ROLE_PERMISSIONS", BLOCKER),
            ["`oss:PutObject` is denied", "counts more", "take the statement out"],
        ),
        case(
            "a denial that does not matter",
            set(&harmless),
            ("IDENTITY_ROLE_PERMISSIONS", "ok"),
            ["four permissions", "", ""],
        ),
    ];
    assert_found(cases, prepared, None);
}

#[test]
fn what_is_wrong_with_the_key_that_encrypts_is_found() {
    fn encrypted() -> AlibabaConfig {
        let mut config = prepared();
        let plain = std::mem::take(bucket(&mut config));
        *bucket(&mut config) = plain.encrypted_by("key-1");
        config.home.keys.insert("key-1".into(), AlibabaKey::default());
        role(&mut config).policies.push(PolicyName::system("AliyunKMSFullAccess"));
        config
    }
    let state = |state: &str| {
        let state = state.to_owned();
        move |c: &mut AlibabaConfig| c.home.keys.get_mut("key-1").unwrap().state.clone_from(&state)
    };
    let least = |document: &str| {
        let document = document.to_owned();
        move |c: &mut AlibabaConfig| {
            c.home.policies.insert("use-keys".into(), document.clone());
            role(c).policies = vec![PolicyName::custom("copy"), PolicyName::custom("use-keys")];
        }
    };
    let enough = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"],"Resource":["acs:kms:cn-hangzhou:1234567890123456:key/key-1"]},{"Effect":"Allow","Action":["kms:List*"],"Resource":["*"]}]}"#;
    let cases = vec![
        case("in order", |_| (), ("IDENTITY_KMS_KEY", "ok"), ["`key-1` is enabled", "", ""]),
        case("allowed", |_| (), ("IDENTITY_KMS_ACCESS", "ok"), ["AliyunKMSFullAccess", "", ""]),
        case(
            "allowed the least",
            least(enough),
            ("IDENTITY_KMS_ACCESS", "ok"),
            ["kms:GenerateDataKey", "", ""],
        ),
        case(
            "not allowed",
            |c| drop(role(c).policies.pop()),
            ("IDENTITY_KMS_ACCESS", BLOCKER),
            [
                "the role `oss-import-copies` lacks `kms:List*`, `kms:DescribeKey`",
                "every object fails",
                "AttachPolicyToRole --PolicyType System --PolicyName AliyunKMSFullAccess --RoleName oss-import-copies",
            ],
        ),
        case(
            "another key allowed",
            least(&enough.replace("key-1", "key-2")),
            ("IDENTITY_KMS_ACCESS", BLOCKER),
            [
                "`kms:GenerateDataKey`",
                "every object fails",
                "acs:kms:cn-hangzhou:1234567890123456:key/key-1",
            ],
        ),
        case(
            "no lists",
            least(&enough.replace("kms:List*", "kms:TagResource")),
            ("IDENTITY_KMS_ACCESS", WARNING),
            ["lacks `kms:List*`", "every object fails", "AliyunKMSFullAccess"],
        ),
        case(
            "disabled",
            state("Disabled"),
            ("IDENTITY_KMS_KEY", BLOCKER),
            ["disabled", "nothing can be written", "aliyun kms EnableKey --KeyId key-1"],
        ),
        case(
            "to be deleted",
            state("PendingDeletion"),
            ("IDENTITY_KMS_KEY", BLOCKER),
            [
                "will be deleted",
                "nothing can be written",
                "aliyun kms CancelKeyDeletion --KeyId key-1",
            ],
        ),
        case(
            "no key",
            |c| c.home.keys.clear(),
            ("IDENTITY_KMS_KEY", BLOCKER),
            ["no key `key-1`", "nothing can be written", "put-bucket-encryption --bucket copies"],
        ),
    ];
    assert_found(cases, encrypted, None);
}

#[test]
fn a_bucket_of_another_account_is_judged_by_its_own_keys_and_the_role_by_its_own() {
    let cloud = start(prepared_elsewhere());
    let owners = Checked::of(&cloud, Whose::Other, &["--account", HOME, "--role", ROLE], None);
    assert_eq!(owners.with(BLOCKER), [""; 0], "{}", owners.ran.said());
    assert_eq!(owners.with(WARNING), [""; 0], "{}", owners.ran.said());
    assert_eq!(text(owners.one("IDENTITY_BUCKET_POLICY"), "verdict"), "ok");
    assert!(text(owners.one("DESTINATION_ACCOUNT"), "seen").contains(OTHER));
    for id in ["IDENTITY_USER", "IDENTITY_ROLE"] {
        assert_eq!(text(owners.one(id), "verdict"), "unknown");
        assert!(owners.one(id)["remedy"].to_string().contains(HOME));
    }

    let flags =
        ["--cross-account", "--role", ROLE, "--user", "mover", "--to-region", "cn-hangzhou"];
    let movers = Checked::of(&cloud, Whose::Account, &flags, None);
    assert_eq!(movers.with(BLOCKER), [""; 0], "{}", movers.ran.said());
    assert_eq!(movers.with(WARNING), [""; 0], "{}", movers.ran.said());
    for id in ["DESTINATION_BUCKET", "DESTINATION_ACCOUNT", "IDENTITY_BUCKET_POLICY"] {
        assert_eq!(text(movers.one(id), "verdict"), "unknown", "{id}");
    }
    assert_eq!(text(movers.one("IDENTITY_ROLE_TRUST"), "verdict"), "ok");
}

#[test]
fn with_keys_of_both_accounts_everything_is_looked_at_in_one_run() {
    let cloud = start(prepared_elsewhere());
    let flags = ["--user", "mover", "--role", ROLE];
    let checked = Checked::of(&cloud, Whose::Both, &flags, None);
    for verdict in [BLOCKER, WARNING, "unknown"] {
        assert_eq!(checked.with(verdict), [""; 0], "{}", checked.ran.said());
    }
    assert!(text(checked.one("IDENTITY_KEYS"), "seen").contains(OTHER));
}

#[test]
fn what_is_wrong_between_two_accounts_is_found() {
    fn assert_wrong(
        breaks: impl Fn(&mut AlibabaConfig),
        id: &str,
        verdict: &str,
        words: [&str; 2],
        flags: &[&str],
    ) {
        let mut config = prepared_elsewhere();
        breaks(&mut config);
        let flags = [&["--account", HOME, "--role", ROLE], flags].concat();
        let checked = Checked::of(&start(config), Whose::Other, &flags, None);
        let finding = checked.one(id);
        assert_eq!(text(finding, "verdict"), verdict, "{finding:#}");
        assert!(text(finding, "seen").contains(words[0]), "{finding:#}");
        assert!(finding["remedy"].to_string().contains(words[1]), "{finding:#}");
    }
    let policy = |policy: String| {
        move |c: &mut AlibabaConfig| {
            drop(bucket(c).settings.insert("policy".into(), policy.clone()))
        }
    };
    let id = "IDENTITY_BUCKET_POLICY";
    let session = "arn:sts::1234567890123456:assumed-role/oss-import-copies/*";
    assert_wrong(
        |c| drop(bucket(c).settings.remove("policy")),
        id,
        BLOCKER,
        ["has no policy", session],
        &[],
    );
    let other = BUCKET_POLICY.replace("oss-import-copies", "somebody");
    assert_wrong(policy(other), id, BLOCKER, ["lacks `oss:List* on the bucket`", session], &[]);
    let narrow = BUCKET_POLICY.replace(r#""oss:Put*","#, "");
    assert_wrong(policy(narrow), id, BLOCKER, ["lacks `oss:Put* on objects`", session], &[]);
    let deny = BUCKET_POLICY.replace(
        r#""Statement":["#,
        r#""Statement":[{"Effect":"Deny","Action":"oss:Put*","Principal":["arn:sts::1234567890123456:*"],"Resource":"*"},"#,
    );
    assert_wrong(
        policy(deny),
        id,
        BLOCKER,
        ["is denied to the role oss-import-copies", "take the statement out"],
        &[],
    );
    assert_wrong(
        |_| (),
        "DESTINATION_ACCOUNT",
        BLOCKER,
        ["the way `manual` is for one account", "--cross-account"],
        &["--manual"],
    );

    let encrypt = |key: AlibabaKey| {
        move |c: &mut AlibabaConfig| {
            let plain = std::mem::take(bucket(c));
            *bucket(c) = plain.encrypted_by("key-1");
            c.others[0].keys.insert("key-1".into(), key.clone());
        }
    };
    let id = "IDENTITY_KEY_POLICY";
    let with =
        |policy: &str| AlibabaKey { policy: Some(policy.to_owned()), ..AlibabaKey::in_instance() };
    assert_wrong(encrypt(with(KEY_POLICY)), id, "ok", ["may use the key", ""], &[]);
    assert_wrong(
        encrypt(AlibabaKey::in_instance()),
        id,
        BLOCKER,
        ["lacks `kms:DescribeKey`", "acs:ram::1234567890123456:role/oss-import-copies"],
        &[],
    );
    assert_wrong(
        encrypt(with(&KEY_POLICY.replace("oss-import-copies", "other"))),
        id,
        BLOCKER,
        ["lacks", "Cross-account User"],
        &[],
    );
    assert_wrong(
        encrypt(AlibabaKey::default()),
        id,
        BLOCKER,
        ["in no KMS instance", "KMS instance"],
        &[],
    );
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
fn with_the_users_own_keys_what_it_may_not_see_is_unknown_and_nothing_is_a_blocker() {
    let checked = Checked::of(&start(prepared()), Whose::User, &[], None);
    assert_eq!(checked.with(BLOCKER), [""; 0], "{}", checked.ran.said());
    assert_eq!(checked.with(WARNING), [""; 0], "{}", checked.ran.said());
    assert_eq!(text(checked.one("IDENTITY_USER"), "verdict"), "ok");
    assert_eq!(text(checked.one("DESTINATION_JOBS"), "verdict"), "ok");
    for id in ["IDENTITY_USER_POLICIES", "IDENTITY_ROLE", "DESTINATION_LIFECYCLE"] {
        assert_eq!(text(checked.one(id), "verdict"), "unknown", "{id}");
    }
}

#[test]
fn the_accounts_own_keys_are_warned_of_and_keys_that_are_none_block() {
    let cloud = start(prepared());
    let checked = Checked::of(&cloud, Whose::Account, &[], None);
    let finding = checked.one("IDENTITY_USER");
    assert_eq!(text(finding, "verdict"), WARNING);
    assert!(finding["remedy"].to_string().contains("Create User"));

    let checked = Checked::of(&cloud, Whose::Other, &[], None);
    let finding = checked.one("IDENTITY_KEYS");
    assert_eq!(text(finding, "verdict"), BLOCKER, "{finding:#}");
    assert!(text(finding, "seen").contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{finding:#}");
    assert!(finding["remedy"].to_string().contains("the key id is unknown"), "{finding:#}");
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

/// Runs `weighbridge prepare` without asking.
fn prepare(cloud: &AlibabaSimulator, whose: Whose, command: &str) {
    let workshop = Workshop::new();
    let mut words: Vec<&str> = command.split(' ').collect();
    words.push("--yes");
    run(with_keys(workshop.bare(&words), cloud, whose)).ends_with_code(0);
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
