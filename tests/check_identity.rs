//! `weighbridge check … --to`: what is wrong with who migrates (users, roles, policies, keys) is found, explained
//! and comes with its remedy.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
mod prepared;

use prepared::{
    BLOCKER, BUCKET_POLICY, Checked, HOME, KEY_POLICY, OTHER, ROLE, ROLE_POLICY, USER_POLICY,
    WARNING, Whose, assert_found, bucket, case, prepared, prepared_elsewhere, role, set, start,
    text, user,
};
use weighbridge::alibaba::ram::PolicyName;
use weighbridge::simulator::{AlibabaConfig, AlibabaKey, AlibabaRole};

const DEFAULT_KEY: &str = "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>";

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
            "the default key",
            |c| {
                drop(bucket(c).settings.insert("encryption".into(), DEFAULT_KEY.into()));
                role(c).policies.pop();
            },
            ("IDENTITY_KMS_ACCESS", BLOCKER),
            ["lacks `kms:List*`", "every object fails", "AliyunKMSFullAccess"],
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
            "the user in the older way",
            |c| {
                user(c).policies = vec![
                    PolicyName::system("AliyunOSSFullAccess"),
                    PolicyName::system("AliyunMGWFullAccess"),
                ];
            },
            ("IDENTITY_KMS_ACCESS", BLOCKER),
            ["the user `mover` lacks", "every object fails", "AttachPolicyToUser"],
        )
        .with(&["--classic"]),
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
            drop(bucket(c).settings.insert("policy".into(), policy.clone()));
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
fn permissions_for_kms_that_may_not_be_looked_at_are_unknown_in_the_older_way_too() {
    let mut config = prepared();
    let plain = std::mem::take(bucket(&mut config));
    *bucket(&mut config) = plain.encrypted_by("key-1");
    config.home.keys.insert("key-1".into(), AlibabaKey::default());
    user(&mut config).policies =
        ["AliyunOSSFullAccess", "AliyunMGWFullAccess"].map(PolicyName::system).into();
    let checked = Checked::of(&start(config), Whose::User, &["--classic"], None);
    let finding = checked.one("IDENTITY_KMS_ACCESS");
    assert_eq!(finding["verdict"], "unknown", "{finding}");
    assert!(text(finding, "seen").contains("ram:ListPoliciesForUser"), "{finding}");
}
