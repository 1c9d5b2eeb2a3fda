//! A destination that is in order, to be broken: what the tests of its checks share.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::fs;

use crate::common::{Ran, Workshop, run};
use serde_json::Value;
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress};
use weighbridge::alibaba::ram::PolicyName;
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session};
use weighbridge::object::{Object, Timestamp};
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaRole, AlibabaSimulator, AlibabaUser,
    Credential, DEFAULT_KEY_ID, DEFAULT_SECRET,
};
use weighbridge::summary::{RunFacts, Summary};
use weighbridge::tally::{Options, Tally};

pub(crate) const HOME: &str = "1234567890123456";
pub(crate) const OTHER: &str = "6543210987654321";
pub(crate) const SOURCE: &str = "demo:tiny?objects=3";
pub(crate) const TO: &str = "oss://copies/moved/";
pub(crate) const ROLE: &str = "oss-import-copies";
/// Secrets that no output may hold.
pub(crate) const USER_SECRET: &str = "PLANTED+user/secret";
pub(crate) const OTHER_SECRET: &str = "PLANTED+other/secret";
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) const USER_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:CreateRole","ram:CreatePolicy","ram:AttachPolicyToRole","ram:ListRoles"],"Resource":"*"}]}"#;
pub(crate) const ROLE_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Resource":["acs:oss:*:*:copies","acs:oss:*:*:copies/*"]}]}"#;
pub(crate) const BUCKET_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Principal":["arn:sts::1234567890123456:assumed-role/oss-import-copies/*"],"Resource":["acs:oss:*:6543210987654321:copies","acs:oss:*:6543210987654321:copies/*"]}]}"#;
pub(crate) const KEY_POLICY: &str = r#"{"Version":"1","Statement":[{"Sid":"kms default key policy","Effect":"Allow","Principal":{"RAM":["acs:ram::6543210987654321:*"]},"Action":["kms:*"],"Resource":["*"]},{"Effect":"Allow","Principal":{"RAM":["acs:ram::1234567890123456:role/oss-import-copies"]},"Action":["kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"],"Resource":["*"]}]}"#;

pub(crate) fn key(id: &str, secret: &str) -> Credential {
    Credential { key_id: id.into(), secret: secret.into(), session_token: None }
}

/// A destination that is ready: the newer way of the pages, bucket and jobs in one account.
pub(crate) fn prepared() -> AlibabaConfig {
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
pub(crate) fn prepared_elsewhere() -> AlibabaConfig {
    let mut config = prepared();
    let bucket = config.home.buckets.remove("copies").unwrap().with("policy", BUCKET_POLICY);
    config.home.roles.get_mut(ROLE).unwrap().policies.clear();
    let mut other = AlibabaAccount::new(OTHER);
    other.credentials.push(key("LTAIOTHER", OTHER_SECRET));
    other.buckets.insert("copies".into(), bucket);
    config.others.push(other);
    config
}

pub(crate) fn start(config: AlibabaConfig) -> AlibabaSimulator {
    AlibabaSimulator::start_in_thread(config).unwrap()
}

pub(crate) fn bucket(config: &mut AlibabaConfig) -> &mut AlibabaBucket {
    let home = config.home.buckets.get_mut("copies");
    home.or_else(|| config.others.first_mut()?.buckets.get_mut("copies")).unwrap()
}

pub(crate) fn role(config: &mut AlibabaConfig) -> &mut AlibabaRole {
    config.home.roles.get_mut(ROLE).unwrap()
}

pub(crate) fn user(config: &mut AlibabaConfig) -> &mut AlibabaUser {
    config.home.users.get_mut("mover").unwrap()
}

pub(crate) fn set(document: &str) -> impl Fn(&mut AlibabaConfig) + use<> {
    let document = document.to_owned();
    move |config| {
        config.home.policies.insert("copy".into(), document.clone());
    }
}

/// Whose keys look.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Account,
    User,
    Other,
    /// The account's, and for the bucket those of the other one.
    Both,
}

/// Sets the keys, and where the cloud is.
pub(crate) fn with_keys(
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
pub(crate) struct Checked {
    pub(crate) ran: Ran,
    pub(crate) findings: Vec<Value>,
}

impl Checked {
    pub(crate) fn of(
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
        let document: Value = serde_json::from_str(&json).unwrap();
        Self { ran, findings: document["findings"].as_array().unwrap().clone() }
    }

    /// With the account's keys, for the user `mover`.
    pub(crate) fn of_mover(
        config: AlibabaConfig,
        flags: &[&str],
        weighed: Option<&Summary>,
    ) -> Self {
        let flags = [&["--user", "mover"], flags].concat();
        Self::of(&start(config), Whose::Account, &flags, weighed)
    }

    #[track_caller]
    pub(crate) fn one(&self, id: &str) -> &Value {
        let found = self.findings.iter().find(|finding| finding["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {}", self.ran.said()))
    }

    /// Ids by verdict, of the sides that are checked here.
    pub(crate) fn with(&self, verdict: &str) -> Vec<&str> {
        let ours = |finding: &&Value| finding["side"] != "source" && finding["verdict"] == verdict;
        let found = self.findings.iter().filter(ours);
        found.map(|finding| finding["id"].as_str().unwrap()).collect()
    }
}

pub(crate) fn text<'v>(finding: &'v Value, member: &str) -> &'v str {
    finding[member].as_str().unwrap_or_default()
}

/// Objects of these ages in days.
pub(crate) fn weighed(days: &[i64]) -> Summary {
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

pub(crate) fn lifecycle(rule: &str) -> String {
    format!(
        "<LifecycleConfiguration><Rule><ID>tidy</ID><Prefix></Prefix><Status>Enabled</Status>{rule}</Rule></LifecycleConfiguration>"
    )
}

/// Something that is wrong, and what has to be said of it.
pub(crate) struct Case {
    pub(crate) what: &'static str,
    /// Breaks a destination that was in order.
    pub(crate) breaks: Box<dyn Fn(&mut AlibabaConfig)>,
    pub(crate) flags: &'static [&'static str],
    pub(crate) id: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) seen: &'static str,
    pub(crate) why: &'static str,
    pub(crate) remedy: &'static str,
}

pub(crate) fn case(
    what: &'static str,
    breaks: impl Fn(&mut AlibabaConfig) + 'static,
    (id, verdict): (&'static str, &'static str),
    [seen, why, remedy]: [&'static str; 3],
) -> Case {
    Case { what, breaks: Box::new(breaks), flags: &[], id, verdict, seen, why, remedy }
}

impl Case {
    pub(crate) fn with(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self
    }
}

pub(crate) const BLOCKER: &str = "blocker";
pub(crate) const WARNING: &str = "warning";

/// Whether the service itself takes the destination, with the role of the default name.
pub(crate) fn service_takes(cloud: &AlibabaSimulator) -> bool {
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
    crate::common::runtime().block_on(async {
        mgw.create_address(&address).await.unwrap();
        mgw.verify_address("destination").await.unwrap();
        mgw.verify_address("destination").await.unwrap().is_available()
    })
}

pub(crate) fn session(cloud: &AlibabaSimulator) -> Session {
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
    let retries = Retries { attempts: 1, ..Retries::default() };
    Session::new(keys, endpoints, retries)
}

/// Runs each case, and compares what was found and what else is not in order with what is to be.
#[track_caller]
pub(crate) fn assert_found(
    cases: Vec<Case>,
    base: fn() -> AlibabaConfig,
    weighed: Option<&Summary>,
) {
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

/// Runs `weighbridge prepare` without asking.
pub(crate) fn prepare(cloud: &AlibabaSimulator, whose: Whose, command: &str) {
    let workshop = Workshop::new();
    let mut words: Vec<&str> = command.split(' ').collect();
    words.push("--yes");
    run(with_keys(workshop.bare(&words), cloud, whose)).ends_with_code(0);
}
