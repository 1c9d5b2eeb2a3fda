//! Calls that go wrong on purpose.

use super::state::State;

/// Calls that fail on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which operation; all, without one.
    pub operation: Option<&'static str>,
    /// How many such calls go well first.
    pub after: u64,
    /// How many fail then.
    pub times: u64,
    /// How they fail.
    pub kind: TroubleKind,
}

/// How a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// It is refused with this status and code.
    Refused(u16, &'static str),
    /// The connection breaks before anything happened.
    Lost,
    /// It takes effect, and the connection breaks before the answer.
    AnswerLost,
    /// It takes effect, and no answer ever comes.
    Unanswered,
    /// It is carried out right after somebody else changed something.
    Overtaken(Edit),
}

/// What somebody else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A document of a bucket, by its name in queries; nothing takes it away.
    Setting {
        /// The bucket.
        bucket: String,
        /// `policy`, `encryption`, `lifecycle`, `referer`.
        name: String,
        /// The document.
        document: Option<String>,
    },
    /// The policy of a key of KMS.
    KeyPolicy {
        /// The key's id.
        key: String,
        /// In JSON.
        policy: String,
    },
    /// Whom a role trusts.
    Trust {
        /// The account's number.
        account: String,
        /// The role.
        role: String,
        /// In JSON.
        trust: String,
    },
}

impl Edit {
    /// Changes it; what is not there stays so.
    pub(super) fn carry_out(&self, state: &mut State) {
        match self {
            Self::Setting { bucket, name, document } => {
                let Some(bucket) = state.buckets.get_mut(bucket) else { return };
                let settings = &mut bucket.about.settings;
                match document {
                    Some(document) => settings.insert(name.clone(), document.clone()),
                    None => settings.remove(name),
                };
            }
            Self::KeyPolicy { key, policy } => {
                if let Some(key) = state.keys.get_mut(key) {
                    key.policy = Some(policy.clone());
                }
            }
            Self::Trust { account, role, trust } => {
                let account = state.accounts.get_mut(account);
                if let Some(role) = account.and_then(|account| account.roles.get_mut(role)) {
                    role.trust.clone_from(trust);
                }
            }
        }
    }
}
