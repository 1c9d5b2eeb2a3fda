//! The documents and names that the preparations pages ask for.
//!
//! Sources: "Preparations", Data Online Migration documentation (three ways: automatic and manual authorization,
//! destination in another account), and "Prerequisites" of the classic console, both for the destination. Marked
//! where a fact is seen with third parties only.

use super::policy::{Caller, Document, Part, Statement};

/// A way of the preparations pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The console creates the role; the user may create roles.
    Automatic,
    /// The role is created here.
    Manual,
    /// The role is created here, and the bucket of another account lets it in by its policy.
    CrossAccount,
    /// The classic console: a user with full access and keys.
    Classic,
}

impl Way {
    /// All ways, in the order of the pages.
    pub const ALL: [Self; 4] = [Self::Automatic, Self::Manual, Self::CrossAccount, Self::Classic];

    /// The word for it, as on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
            Self::CrossAccount => "cross-account",
            Self::Classic => "classic",
        }
    }

    /// The way of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    /// The system policies that the RAM user needs.
    #[must_use]
    pub fn user_policies(self) -> &'static [&'static str] {
        match self {
            Self::Classic => &["AliyunOSSFullAccess", "AliyunMGWFullAccess"],
            _ => &["AliyunOSSImportFullAccess"],
        }
    }

    /// Whether the RAM user needs [`user_policy`].
    #[must_use]
    pub fn needs_user_policy(self) -> bool {
        self != Self::Classic
    }

    /// Whether a role is created.
    #[must_use]
    pub fn needs_role(self) -> bool {
        matches!(self, Self::Manual | Self::CrossAccount)
    }
}

/// The name of the service that takes on the role. **Third-party**: the official pages show it in the console
/// only, as Data Transport.
pub const SERVICE_PRINCIPAL: &str = "mgw.aliyuncs.com";

/// What a trust policy allows.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The system policy for buckets that KMS encrypts.
pub const KMS_FULL_ACCESS: &str = "AliyunKMSFullAccess";

/// What the RAM user does with roles.
pub const USER_ACTIONS: [&str; 4] =
    ["ram:CreateRole", "ram:CreatePolicy", "ram:AttachPolicyToRole", "ram:ListRoles"];

/// What the role does with the bucket.
pub const BUCKET_ACTIONS: [&str; 4] =
    ["oss:List*", "oss:Get*", "oss:Put*", "oss:AbortMultipartUpload"];

/// What uploads to a bucket that KMS encrypts need ("Server-side encryption", OSS documentation).
pub const KMS_ACTIONS: [&str; 4] =
    ["kms:List*", "kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"];

/// What a role of another account does with a key. The console's own list is not written down anywhere; these are
/// those of [`KMS_ACTIONS`] that are about one key.
pub const KEY_ACTIONS: [&str; 3] = ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"];

/// The policy with which a RAM user creates and manages roles for migrations.
#[must_use]
pub fn user_policy() -> Document {
    written(&[Part::Actions(&USER_ACTIONS), Part::Resource("*")])
}

/// The policy that lets a service take on a role.
#[must_use]
pub fn trust_policy(service: &str) -> Document {
    written(&[Part::Action(ASSUME_ROLE), Part::PrincipalOf("Service", service)])
}

/// The policy of a role that copies into a bucket of its account.
#[must_use]
pub fn role_policy(bucket: &str) -> Document {
    written(&[Part::Actions(&BUCKET_ACTIONS), Part::Resources(&bucket_resources("*", bucket))])
}

/// The policy of a bucket of account `owner` that lets the role `role` of account `account` copy into it.
#[must_use]
pub fn bucket_policy(owner: &str, bucket: &str, account: &str, role: &str) -> Document {
    let principal = format!("arn:sts::{account}:assumed-role/{role}/*");
    written(&[
        Part::Actions(&BUCKET_ACTIONS),
        Part::Principal(&principal),
        Part::Resources(&bucket_resources(owner, bucket)),
    ])
}

/// The least policy of a role for buckets that KMS encrypts. A key is named where it is known, such as
/// `acs:kms:cn-hangzhou:1234:key/id`; lists of keys cannot be narrowed to one.
#[must_use]
pub fn kms_policy(key: Option<&str>) -> Document {
    let any = ["*".to_owned()];
    let Some(key) = key else {
        return written(&[Part::Actions(&KMS_ACTIONS), Part::Resources(&any)]);
    };
    let own =
        Statement::allowing(&[Part::Actions(&KEY_ACTIONS), Part::Resources(&[key.to_owned()])]);
    let all = Statement::allowing(&[Part::Actions(&["kms:List*"]), Part::Resources(&any)]);
    Document::of(vec![own, all])
}

/// The statement with which the policy of a key lets the role `role` of account `account` use it, alone in a
/// document.
#[must_use]
pub fn key_policy(account: &str, role: &str) -> Document {
    let principal = role_arn(account, role);
    written(&[
        Part::Sid("data-transport-cross-account"),
        Part::PrincipalOf("RAM", &principal),
        Part::Actions(&KEY_ACTIONS),
        Part::Resources(&["*".to_owned()]),
    ])
}

/// How RAM names a role.
#[must_use]
pub fn role_arn(account: &str, role: &str) -> String {
    format!("acs:ram::{account}:role/{role}")
}

/// Whoever has taken on the role `role` of account `account`.
#[must_use]
pub fn role_session(account: &str, role: &str) -> Caller {
    Caller::Role { account: account.to_owned(), name: role.to_owned() }
}

/// A bucket and all objects in it, as policies name them.
#[must_use]
pub fn bucket_resources(owner: &str, bucket: &str) -> [String; 2] {
    [format!("acs:oss:*:{owner}:{bucket}"), format!("acs:oss:*:{owner}:{bucket}/*")]
}

/// The name that role, user and policies for a bucket get: always the same for the same bucket, in small letters, at
/// most 64 characters.
#[must_use]
pub fn default_name(bucket: &str) -> String {
    const LONGEST: usize = 64;
    const FINGERPRINT: usize = 8;
    let name = format!("oss-import-{bucket}").to_ascii_lowercase();
    if name.len() <= LONGEST {
        return name;
    }
    let fingerprint = xxhash_rust::xxh3::xxh3_64(bucket.as_bytes());
    let start: String = name.chars().take(LONGEST - FINGERPRINT - 1).collect();
    format!("{start}-{:08x}", fingerprint >> 32)
}

/// Why a name cannot be that of a bucket of OSS, in words; `None` if it can.
#[must_use]
pub fn wrong_bucket_name(name: &str) -> Option<&'static str> {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match name.as_bytes() {
        bytes if !(3..=63).contains(&bytes.len()) => Some("has not 3 to 63 characters"),
        bytes if !bytes.iter().all(|byte| plain(byte) || *byte == b'-') => {
            Some("has characters other than a-z, 0-9 and `-`")
        }
        [first, .., last] if plain(first) && plain(last) => None,
        _ => Some("does not begin and end with a letter or digit"),
    }
}

/// Why a name cannot be that of a role, in words; `None` if it can.
#[must_use]
pub fn wrong_role_name(name: &str) -> Option<&'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    match name {
        "" => Some("is empty"),
        _ if name.len() > 64 => Some("has more than 64 characters"),
        _ if !name.bytes().all(legal) => {
            Some("has characters other than letters, digits, `.` and `-`")
        }
        _ if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Some("has capital letters, and the service wants it in small ones")
        }
        _ => None,
    }
}

/// Why a name cannot be that of a RAM user, in words; `None` if it can.
#[must_use]
pub fn wrong_user_name(name: &str) -> Option<&'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    match name {
        "" => Some("is empty"),
        _ if name.len() > 64 => Some("has more than 64 characters"),
        _ if !name.bytes().all(legal) => {
            Some("has characters other than letters, digits, `.`, `-` and `_`")
        }
        _ => None,
    }
}

fn written(parts: &[Part<'_>]) -> Document {
    Document::of(vec![Statement::allowing(parts)])
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Grant, Place};
    use super::*;

    fn same(document: &Document, text: &str) {
        assert_eq!(document.text(), Document::parse(text).unwrap().text());
    }

    #[test]
    fn documents_are_those_of_the_pages() {
        same(
            &user_policy(),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:CreateRole","ram:CreatePolicy","ram:AttachPolicyToRole","ram:ListRoles"],"Resource":"*"}]}"#,
        );
        same(
            &trust_policy(SERVICE_PRINCIPAL),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["mgw.aliyuncs.com"]}}]}"#,
        );
        same(
            &role_policy("my-bucket"),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Resource":["acs:oss:*:*:my-bucket","acs:oss:*:*:my-bucket/*"]}]}"#,
        );
        same(
            &bucket_policy("200", "other", "100", "mover"),
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:List*","oss:Get*","oss:Put*","oss:AbortMultipartUpload"],"Principal":["arn:sts::100:assumed-role/mover/*"],"Resource":["acs:oss:*:200:other","acs:oss:*:200:other/*"]}]}"#,
        );
        same(
            &key_policy("100", "mover"),
            r#"{"Version":"1","Statement":[{"Sid":"data-transport-cross-account","Effect":"Allow","Principal":{"RAM":["acs:ram::100:role/mover"]},"Action":["kms:DescribeKey","kms:GenerateDataKey","kms:Decrypt"],"Resource":["*"]}]}"#,
        );
    }

    #[test]
    fn documents_allow_what_they_are_for() {
        let role = role_session("100", "mover");
        let policy = bucket_policy("200", "other", "100", "mover");
        for action in BUCKET_ACTIONS {
            for resource in bucket_resources("200", "other") {
                let grant = policy.grants(action, Some(&resource), Some(&role));
                assert!(matches!(grant, Grant::Allowed), "{action} {resource}: {grant:?}");
            }
            let other = role_session("101", "mover");
            let grant = policy.grants(action, Some("acs:oss:*:200:other/k"), Some(&other));
            assert!(matches!(grant, Grant::NotGranted), "{grant:?}");
        }
        let key = "acs:kms:cn-hangzhou:100:key/k";
        for (policy, resource) in [(kms_policy(None), "*"), (kms_policy(Some(key)), key)] {
            for action in KMS_ACTIONS {
                let grant = policy.grants(action, Some(resource), None);
                assert!(matches!(grant, Grant::Allowed), "{action}: {grant:?}");
            }
        }
        let service = Caller::Service(SERVICE_PRINCIPAL.into());
        let trust = trust_policy(SERVICE_PRINCIPAL);
        assert!(matches!(trust.grants(ASSUME_ROLE, None, Some(&service)), Grant::Allowed));
    }

    #[test]
    fn documents_are_taken_by_their_services() {
        user_policy().check(Place::Ram).unwrap();
        trust_policy(SERVICE_PRINCIPAL).check(Place::Ram).unwrap();
        role_policy("b").check(Place::Ram).unwrap();
        kms_policy(Some("k")).check(Place::Ram).unwrap();
        bucket_policy("2", "b", "1", "r").check(Place::Bucket).unwrap();
        key_policy("1", "r").check(Place::Key).unwrap();
    }

    #[test]
    fn names_are_legal_for_every_bucket() {
        assert_eq!(default_name("photos"), "oss-import-photos");
        let (one, other) = ("b".repeat(62) + "1", "b".repeat(62) + "2");
        for bucket in ["abc", &one, &other] {
            let name = default_name(bucket);
            assert_eq!((wrong_role_name(&name), wrong_user_name(&name)), (None, None), "{name}");
        }
        assert_ne!(default_name(&one), default_name(&other));
        for wrong in ["", "Mover", "a_b", "a b", &"a".repeat(65)] {
            assert!(wrong_role_name(wrong).is_some(), "{wrong}");
        }
        assert!(wrong_user_name("A_b.c-d").is_none() && wrong_user_name("a/b").is_some());
    }

    #[test]
    fn names_of_buckets_are_those_of_oss() {
        for name in ["abc", "a-b", "0a9", &"a".repeat(63)] {
            assert_eq!(wrong_bucket_name(name), None, "{name}");
        }
        for name in ["ab", "Abc", "a.b", "a_b", "-ab", "ab-", "", &"a".repeat(64)] {
            assert!(wrong_bucket_name(name).is_some(), "{name}");
        }
    }
}
