//! Who is meant.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::pattern::{covers, touches};
use super::statement::strings;

/// Somebody as a policy names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// `RAM`, `Service`, `Federated`; empty in the policy of a bucket, which names plainly.
    pub kind: String,
    /// The name, which may be a pattern.
    pub name: String,
}

impl Principal {
    /// All that a `Principal` names.
    pub(super) fn list(value: &Value) -> Option<BTreeSet<Self>> {
        let of = |kind: &str, names: &Value| {
            let names = strings(names)?.into_iter();
            Some(names.map(|name| Self { kind: kind.to_owned(), name }).collect::<Vec<_>>())
        };
        let Value::Object(kinds) = value else { return Some(of("", value)?.into_iter().collect()) };
        let lists: Option<Vec<_>> = kinds.iter().map(|(kind, names)| of(kind, names)).collect();
        Some(lists?.into_iter().flatten().collect())
    }
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever has taken on a role.
    Role {
        /// The number of the account that it belongs to.
        account: String,
        /// Its name.
        name: String,
    },
    /// A RAM user.
    User {
        /// The number of the account that it belongs to.
        account: String,
        /// Its name.
        name: String,
        /// Its own number, by which policies of buckets name it, where it is known.
        id: Option<String>,
    },
    /// A service, such as `mgw.aliyuncs.com`.
    Service(String),
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { account, name } => write!(f, "the role {name} of account {account}"),
            Self::User { account, name, .. } => write!(f, "the user {name} of account {account}"),
            Self::Service(name) => write!(f, "the service {name}"),
        }
    }
}

/// How surely somebody is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meant {
    /// Not at all.
    No,
    /// Some of their sessions, or by what is not documented.
    Maybe,
    /// Surely.
    Yes,
}

impl Caller {
    /// Whether `principal` means this caller.
    pub(super) fn is_meant_by(&self, principal: &Principal) -> Meant {
        let Principal { kind, name } = principal;
        if name == "*" && matches!(kind.as_str(), "" | "RAM") {
            return Meant::Yes;
        }
        let by_pattern = |own: &str| match (covers(name, own), touches(name, own)) {
            (true, _) => Meant::Yes,
            (false, true) => Meant::Maybe,
            (false, false) => Meant::No,
        };
        match (kind.as_str(), self) {
            ("Service", Self::Service(own)) if name == own => Meant::Yes,
            // That the number of an account stands for all in it is not written down anywhere.
            ("" | "RAM", Self::Role { account, .. } | Self::User { account, .. })
                if name == account || *name == format!("acs:ram::{account}:root") =>
            {
                Meant::Maybe
            }
            ("", Self::Role { account, name: own }) => {
                by_pattern(&format!("arn:sts::{account}:assumed-role/{own}/*"))
            }
            ("", Self::User { id: Some(id), .. }) if name == id => Meant::Yes,
            // A number whose owner is not known here.
            ("", Self::User { id: None, .. }) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                Meant::Maybe
            }
            ("RAM", Self::Role { account, name: own }) => {
                by_pattern(&format!("acs:ram::{account}:role/{own}"))
            }
            ("RAM", Self::User { account, name: own, .. }) => {
                by_pattern(&format!("acs:ram::{account}:user/{own}"))
            }
            _ => Meant::No,
        }
    }
}
