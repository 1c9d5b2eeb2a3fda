//! Things that are wrong, and what is found.

use super::{
    HOME, NEEDED, Named, OURS, OWNER, SEALED, THEIRS, bucket_policy, key_policy, mover, policy,
    session_of_mover,
};
use weighbridge::alibaba::ram::PolicyName;
use weighbridge::simulator::{AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole};

pub(crate) type Change = Box<dyn FnOnce(&mut AlibabaConfig)>;

/// What is changed, what is named, and words of what is found.
pub(crate) struct Case(
    pub(crate) &'static str,
    pub(crate) Named,
    pub(crate) Change,
    pub(crate) &'static str,
);

fn role(change: impl FnOnce(&mut AlibabaRole) + 'static) -> Change {
    Box::new(|config| change(config.home.roles.get_mut("mover").unwrap()))
}

/// Sets what the role's own policy says.
fn says(
    effect: &'static str,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
) -> Change {
    Box::new(move |config| {
        config.home.policies.insert("mover".to_owned(), policy(effect, actions, resources));
    })
}

/// Adds a policy to the role's own.
fn adds(
    effect: &'static str,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
) -> Change {
    Box::new(move |config| {
        config.home.policies.insert("more".to_owned(), policy(effect, actions, resources));
        let role = config.home.roles.get_mut("mover").unwrap();
        role.policies.push(PolicyName::custom("more"));
    })
}

fn bucket(name: &'static str, change: impl FnOnce(&mut AlibabaBucket) + 'static) -> Change {
    Box::new(move |config| {
        let theirs = config.others[0].buckets.get_mut(name);
        change(config.home.buckets.get_mut(name).or(theirs).unwrap());
    })
}

fn key(name: &'static str, change: impl FnOnce(&mut AlibabaKey) + 'static) -> Change {
    Box::new(move |config| {
        let theirs = config.others[0].keys.get_mut(name);
        change(config.home.keys.get_mut(name).or(theirs).unwrap());
    })
}

/// Sets the policy of the other account's bucket.
fn theirs(
    effect: &'static str,
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    who: impl Into<String>,
) -> Change {
    let document = bucket_policy(effect, actions, resources, &who.into());
    bucket("theirs", move |bucket| drop(bucket.settings.insert("policy".to_owned(), document)))
}

fn nothing() -> Change {
    Box::new(|_| ())
}

/// That role: of that name, which is otherwise in order.
fn called(name: &'static str) -> Change {
    Box::new(move |config| {
        let role = config.home.roles["mover"].clone();
        config.home.roles.insert(name.to_owned(), role);
    })
}

const BOTH: &[&str] = &["acs:oss:*:*:ours", "acs:oss:*:*:ours/*"];
const OF_THEIRS: &[&str] = &["acs:oss:*:*:theirs", "acs:oss:*:*:theirs/*"];
const FULL: &[&str] = &["oss:*"];
const CONDITION: &str = r#""Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.1"}},"Effect""#;
const OWN_KEY: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>\
    <SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";
const NO_KEY: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>\
    <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";

#[allow(clippy::too_many_lines, reason = "a table")]
pub(crate) fn cases() -> Vec<Case> {
    let capital = Named { role: "Mover", ..OURS };
    vec![
        // In order.
        Case("one's own", OURS, nothing(), "available"),
        Case("sealed by a key", SEALED, nothing(), "available"),
        Case("of another account", THEIRS, nothing(), "available"),
        Case(
            "full access by a system policy",
            OURS,
            role(|role| role.policies = AlibabaRole::default().policies),
            "available",
        ),
        Case("just the bucket", OURS, says("Allow", &NEEDED, BOTH), "available"),
        Case(
            "just the prefix",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:*:*:ours", "acs:oss:*:*:ours/copy/*"]),
            "available",
        ),
        Case(
            "kept versions",
            OURS,
            bucket("ours", |b| b.versioning = Some("Enabled".into())),
            "available",
        ),
        Case(
            "retention that is locked",
            OURS,
            bucket("ours", |b| b.worm = Some(("Locked".into(), 30))),
            "available",
        ),
        Case(
            "the service's own key",
            OURS,
            bucket("ours", |b| {
                *b = b.clone().with("encryption", OWN_KEY);
            }),
            "available",
        ),
        Case(
            "AES256 without KMS",
            OURS,
            Box::new(|config| {
                config.home.roles.get_mut("mover").unwrap().policies.pop();
                let bucket = AlibabaBucket::default().with("encryption", NO_KEY);
                config.home.buckets.insert("ours".to_owned(), bucket);
            }),
            "available",
        ),
        // The bucket.
        Case("no bucket", Named { bucket: "nobodys", ..OURS }, nothing(), "DestAddrBucketNotExist"),
        Case(
            "another region is named",
            Named { region: "cn-beijing", ..OURS },
            nothing(),
            "is in cn-hangzhou",
        ),
        Case(
            "it is in another region",
            OURS,
            bucket("ours", |b| b.region = Some("us-east-1".into())),
            "is in us-east-1",
        ),
        Case(
            "a policy that denies all",
            OURS,
            bucket("ours", |b| {
                *b = b.clone().with("policy", bucket_policy("Deny", FULL, BOTH, "*"));
            }),
            "may not oss:ListObjects",
        ),
        Case(
            "a policy that denies writing",
            OURS,
            bucket("ours", |b| {
                let who = session_of_mover();
                *b =
                    b.clone().with("policy", bucket_policy("Deny", &["oss:PutObject"], BOTH, &who));
            }),
            "may not oss:PutObject",
        ),
        // The role.
        Case("no role is named", Named { role: "", ..OURS }, nothing(), "neither a role nor a key"),
        Case("no such role", Named { role: "nobody", ..OURS }, nothing(), "does not exist"),
        Case(
            "the name in capitals, which is not there",
            Named { role: "MOVER", ..OURS },
            nothing(),
            "does not exist",
        ),
        Case("a name with capitals", capital, called("Mover"), "has capitals"),
        Case(
            "another service is trusted",
            OURS,
            role(|role| role.trust = AlibabaRole::of_service("ecs.aliyuncs.com").trust),
            "may not be taken on",
        ),
        Case(
            "the service's host with a typo",
            OURS,
            role(|role| role.trust = AlibabaRole::of_service("mgw.aliyun.com").trust),
            "may not be taken on",
        ),
        Case(
            "an account is trusted",
            OURS,
            role(|role| role.trust = AlibabaRole::of_account(HOME).trust),
            "may not be taken on",
        ),
        Case(
            "trust that denies",
            OURS,
            role(|role| role.trust = role.trust.replace("Allow", "Deny")),
            "may not be taken on",
        ),
        Case(
            "trust for another action",
            OURS,
            role(|role| role.trust = role.trust.replace("sts:AssumeRole", "sts:GetCallerIdentity")),
            "may not be taken on",
        ),
        Case(
            "trust on a condition",
            OURS,
            role(|role| {
                role.trust = role.trust.replace("\"Effect\"", CONDITION);
            }),
            "may not be taken on",
        ),
        // Its policies.
        Case("no policies", OURS, role(|role| role.policies.clear()), "may not oss:ListObjects"),
        Case(
            "a policy that is gone",
            OURS,
            Box::new(|config| drop(config.home.policies.remove("mover"))),
            "may not oss:ListObjects",
        ),
        Case(
            "policies of other products",
            OURS,
            role(|role| role.policies = vec![PolicyName::system("AliyunMGWFullAccess")]),
            "may not oss:ListObjects",
        ),
        Case(
            "reading only",
            OURS,
            role(|role| role.policies = vec![PolicyName::system("AliyunOSSReadOnlyAccess")]),
            "may not oss:PutObject",
        ),
        Case(
            "no listing",
            OURS,
            says("Allow", &["oss:Get*", "oss:Put*", "oss:AbortMultipartUpload"], BOTH),
            "may not oss:ListObjects",
        ),
        Case(
            "no reading",
            OURS,
            says(
                "Allow",
                &["oss:List*", "oss:Put*", "oss:AbortMultipartUpload", "oss:GetBucketAcl"],
                BOTH,
            ),
            "may not oss:GetObject",
        ),
        Case(
            "no writing",
            OURS,
            says("Allow", &["oss:List*", "oss:Get*", "oss:AbortMultipartUpload"], BOTH),
            "may not oss:PutObject",
        ),
        Case(
            "no aborting",
            OURS,
            says("Allow", &["oss:List*", "oss:Get*", "oss:Put*"], BOTH),
            "may not oss:AbortMultipartUpload",
        ),
        Case(
            "another bucket",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:*:*:other", "acs:oss:*:*:other/*"]),
            "may not oss:ListObjects",
        ),
        Case(
            "objects only",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:*:*:ours/*"]),
            "may not oss:ListObjects",
        ),
        Case(
            "the bucket without its objects",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:*:*:ours"]),
            "may not oss:PutObject",
        ),
        Case(
            "another prefix",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:*:*:ours", "acs:oss:*:*:ours/other/*"]),
            "may not oss:PutObject",
        ),
        Case(
            "another account's number",
            OURS,
            says(
                "Allow",
                &NEEDED,
                &["acs:oss:*:6543210987654321:ours", "acs:oss:*:6543210987654321:ours/*"],
            ),
            "may not oss:ListObjects",
        ),
        Case(
            "another region's name",
            OURS,
            says("Allow", &NEEDED, &["acs:oss:oss-cn-beijing:*:ours*"]),
            "may not oss:ListObjects",
        ),
        Case(
            "names in Amazon's form",
            OURS,
            says("Allow", &NEEDED, &["arn:aws:s3:::ours", "arn:aws:s3:::ours/*"]),
            "may not oss:ListObjects",
        ),
        Case(
            "actions in Amazon's form",
            OURS,
            says("Allow", &["s3:*"], BOTH),
            "may not oss:ListObjects",
        ),
        Case("a policy that denies", OURS, says("Deny", FULL, BOTH), "may not oss:ListObjects"),
        Case(
            "one that denies beside one that allows",
            OURS,
            adds("Deny", &["oss:Put*"], &["*"]),
            "may not oss:PutObject",
        ),
        Case("denied elsewhere", OURS, adds("Deny", FULL, &["acs:oss:*:*:other*"]), "available"),
        Case(
            "no JSON",
            OURS,
            Box::new(|config| drop(config.home.policies.insert("mover".into(), "{".into()))),
            "may not oss:ListObjects",
        ),
        // The key that seals one's own bucket.
        Case(
            "no such key",
            SEALED,
            Box::new(|config| drop(config.home.keys.remove("key"))),
            "DestAddrKmsKeyInvalid",
        ),
        Case(
            "a key that is disabled",
            SEALED,
            key("key", |key| key.state = "Disabled".into()),
            "is Disabled",
        ),
        Case(
            "a key that will be deleted",
            SEALED,
            key("key", |key| key.state = "PendingDeletion".into()),
            "is PendingDeletion",
        ),
        Case(
            "a key without material",
            SEALED,
            key("key", |key| key.state = "PendingImport".into()),
            "is PendingImport",
        ),
        Case(
            "a key of another region",
            SEALED,
            key("key", |key| key.region = Some("cn-beijing".into())),
            "another region",
        ),
        Case(
            "a key that signs",
            SEALED,
            key("key", |key| key.usage = "SIGN/VERIFY".into()),
            "not one that encrypts",
        ),
        Case(
            "a role that may not use KMS",
            SEALED,
            role(|role| drop(role.policies.pop())),
            "may not kms:",
        ),
        Case(
            "a role that may only look at keys",
            SEALED,
            Box::new(|config| {
                config
                    .home
                    .policies
                    .insert("look".into(), policy("Allow", &["kms:Describe*"], &["*"]));
                config.home.roles.get_mut("mover").unwrap().policies[1] =
                    PolicyName::custom("look");
            }),
            "may not kms:GenerateDataKey",
        ),
        Case(
            "a key whose policy does not name the role",
            SEALED,
            key("key", |key| {
                *key = AlibabaKey {
                    policy: Some(key_policy("acs:ram::1:root", &["kms:*"])),
                    ..AlibabaKey::in_instance()
                };
            }),
            "does not let",
        ),
        Case(
            "a key whose policy is the default",
            SEALED,
            key("key", |key| *key = AlibabaKey::in_instance()),
            "available",
        ),
        // A bucket of another account.
        Case(
            "no policy",
            THEIRS,
            bucket("theirs", |b| drop(b.settings.remove("policy"))),
            "may not oss:ListObjects",
        ),
        Case(
            "the account instead of the role",
            THEIRS,
            theirs("Allow", &NEEDED, OF_THEIRS, HOME),
            "may not oss:ListObjects",
        ),
        Case(
            "another role",
            THEIRS,
            theirs("Allow", &NEEDED, OF_THEIRS, format!("arn:sts::{HOME}:assumed-role/other/*")),
            "may not oss:ListObjects",
        ),
        Case(
            "the role of another account",
            THEIRS,
            theirs("Allow", &NEEDED, OF_THEIRS, format!("arn:sts::{OWNER}:assumed-role/mover/*")),
            "may not oss:ListObjects",
        ),
        Case(
            "the role in RAM's form",
            THEIRS,
            theirs("Allow", &NEEDED, OF_THEIRS, mover()),
            "may not oss:ListObjects",
        ),
        Case(
            "a role without its sessions",
            THEIRS,
            theirs("Allow", &NEEDED, OF_THEIRS, format!("arn:sts::{HOME}:assumed-role/mover")),
            "may not oss:ListObjects",
        ),
        Case("everybody", THEIRS, theirs("Allow", &NEEDED, OF_THEIRS, "*"), "available"),
        Case(
            "reading only, theirs",
            THEIRS,
            theirs("Allow", &["oss:Get*", "oss:List*"], OF_THEIRS, session_of_mover()),
            "may not oss:PutObject",
        ),
        Case(
            "without their objects",
            THEIRS,
            theirs("Allow", &NEEDED, &["acs:oss:*:*:theirs"], session_of_mover()),
            "may not oss:PutObject",
        ),
        Case(
            "denied, theirs",
            THEIRS,
            theirs("Deny", FULL, OF_THEIRS, session_of_mover()),
            "may not oss:ListObjects",
        ),
        Case("their policy without the role's", THEIRS, says("Allow", &NEEDED, BOTH), "available"),
        Case(
            "their key names nobody",
            THEIRS,
            key("their-key", |key| key.policy = None),
            "does not let",
        ),
        Case(
            "their key cannot have a policy",
            THEIRS,
            key("their-key", |key| *key = AlibabaKey::default()),
            "does not let",
        ),
        Case(
            "their key lets only decrypt",
            THEIRS,
            key("their-key", |key| {
                key.policy = Some(key_policy(&mover(), &["kms:Decrypt", "kms:DescribeKey"]));
            }),
            "does not let",
        ),
        Case(
            "their key is disabled",
            THEIRS,
            key("their-key", |key| key.state = "Disabled".into()),
            "is Disabled",
        ),
        Case(
            "a role that may not use KMS, theirs",
            THEIRS,
            role(|role| drop(role.policies.pop())),
            "may not kms:",
        ),
    ]
}
