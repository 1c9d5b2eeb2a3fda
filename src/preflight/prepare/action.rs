//! One call that changes something.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::alibaba::ram::{Holder, PolicyName, PolicyType};
use crate::preflight::policy::{Diff, Place, pretty};

/// Something that is missing and will be done. Documents are the exact texts that are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// A bucket is created, closed to the public.
    CreateBucket {
        /// Its name.
        bucket: String,
        /// Its region.
        region: String,
        /// Its storage class, if it is not left to the service.
        storage_class: Option<String>,
        /// `LRS` or `ZRS`, if it is not left to the service.
        redundancy: Option<String>,
    },
    /// A RAM user is created.
    CreateUser {
        /// Its name.
        user: String,
    },
    /// A policy of the account is created.
    CreatePolicy {
        /// Its name.
        policy: String,
        /// The document.
        document: String,
    },
    /// A role is created.
    CreateRole {
        /// Its name.
        role: String,
        /// Who may take it on.
        trust: String,
    },
    /// A user is given a policy.
    AttachToUser {
        /// `System` or `Custom`.
        kind: PolicyType,
        /// The policy.
        policy: String,
        /// Who gets it.
        user: String,
    },
    /// A role is given a policy.
    AttachToRole {
        /// `System` or `Custom`.
        kind: PolicyType,
        /// The policy.
        policy: String,
        /// Who gets it.
        role: String,
    },
    /// The policy of a bucket, or of a key, gets statements more.
    Replace(KeptPolicy),
    /// A user gets an access key.
    CreateAccessKey {
        /// Who gets it.
        user: String,
        /// A key whose secret was lost when a run broke off, and which is deleted before.
        replaces: Option<String>,
    },
}

/// A policy that is replaced as a whole, with all that was in it and something more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPolicy {
    /// Whose policy.
    #[serde(flatten)]
    pub target: Target,
    /// The region that it is in.
    pub region: String,
    /// What was there, to the letter; nothing where there was no policy.
    pub before: Option<String>,
    /// What will be there.
    pub after: String,
    /// The file into which `before` was saved.
    pub backup: Option<String>,
}

/// What has a policy that is replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "name", rename_all = "kebab-case")]
pub enum Target {
    /// A bucket, by name.
    Bucket(String),
    /// A key of KMS, by its ARN.
    Key(String),
}

impl Target {
    /// What its service takes.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Bucket(_) => Place::Bucket,
            Self::Key(_) => Place::Key,
        }
    }

    /// A word for files.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Bucket(_) => "bucket-policy",
            Self::Key(_) => "key-policy",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "the policy of the bucket {name}"),
            Self::Key(name) => write!(f, "the policy of the key {name}"),
        }
    }
}

impl KeptPolicy {
    /// What changes, line by line.
    #[must_use]
    pub fn diff(&self) -> Diff {
        Diff::new(&self.before.as_deref().map(pretty).unwrap_or_default(), &pretty(&self.after))
    }
}

impl Action {
    /// The document that is sent, over lines; of a policy that is replaced the difference.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::CreatePolicy { document, .. } => Some(pretty(document)),
            Self::CreateRole { trust, .. } => Some(pretty(trust)),
            Self::Replace(policy) => Some(policy.diff().to_string()),
            _ => None,
        }
    }

    /// The policy that is given, and to whom.
    pub(super) fn attachment(&self) -> Option<(PolicyName, Holder<'_>)> {
        match self {
            Self::AttachToUser { kind, policy, user } => {
                Some((PolicyName { kind: *kind, name: policy.clone() }, Holder::User(user)))
            }
            Self::AttachToRole { kind, policy, role } => {
                Some((PolicyName { kind: *kind, name: policy.clone() }, Holder::Role(role)))
            }
            _ => None,
        }
    }

    /// Whether it is the business of the account that owns the bucket.
    pub(super) fn is_of_bucket_owner(&self) -> bool {
        matches!(self, Self::CreateBucket { .. } | Self::Replace(_))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateBucket { bucket, region, storage_class, redundancy } => {
                write!(f, "create the bucket {bucket} in {region}, private")?;
                let more = [storage_class, redundancy].into_iter().flatten();
                more.map(String::as_str).try_for_each(|word| write!(f, ", {word}"))
            }
            Self::CreateUser { user } => write!(f, "create the RAM user {user}"),
            Self::CreatePolicy { policy, .. } => write!(f, "create the policy {policy}"),
            Self::CreateRole { role, .. } => write!(f, "create the role {role}"),
            Self::AttachToUser { policy, user, .. } => {
                write!(f, "attach {policy} to the RAM user {user}")
            }
            Self::AttachToRole { policy, role, .. } => {
                write!(f, "attach {policy} to the role {role}")
            }
            Self::Replace(KeptPolicy { target, before: None, .. }) => write!(f, "set {target}"),
            Self::Replace(KeptPolicy { target, .. }) => write!(f, "add to {target}"),
            Self::CreateAccessKey { user, replaces: None } => {
                write!(f, "create an access key for the RAM user {user}")
            }
            Self::CreateAccessKey { user, replaces: Some(lost) } => write!(
                f,
                "delete the access key {lost} of the RAM user {user}, whose secret was lost when a run broke off, and \
                 create another"
            ),
        }
    }
}
