//! What there is: seeded, then created, changed and deleted by calls.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::address::StoredAddress;
use super::config::AlibabaConfig;
use super::job::StoredJob;
use super::ram::{StoredPolicy, StoredRole, StoredUser, system};
use super::seed::{AlibabaAccount, AlibabaBucket, AlibabaKey, Denied};
use super::{ReceivedCall, Trouble};
use crate::alibaba::ram::{PolicyName, PolicyType};
use crate::simulator::config::Credential;

/// When everything was created that was there from the start.
pub(super) const BEFORE: &str = "2024-05-01T12:00:00Z";

/// All that there is.
pub(super) struct State {
    pub(super) accounts: BTreeMap<String, StoredAccount>,
    /// Buckets by name, which is unique over all accounts.
    pub(super) buckets: BTreeMap<String, StoredBucket>,
    /// Keys of KMS by id.
    pub(super) keys: BTreeMap<String, StoredKey>,
    pub(super) addresses: BTreeMap<String, StoredAddress>,
    pub(super) jobs: BTreeMap<String, StoredJob>,
    /// Objects by bucket and key.
    pub(super) objects: BTreeMap<(String, String), Bytes>,
    /// Reports that were asked for, by the job's version and the run.
    pub(super) reports: BTreeMap<(String, u64), String>,
    /// Numbers that may be used once, and were.
    pub(super) nonces: BTreeSet<String>,
    pub(super) calls: Vec<ReceivedCall>,
    pub(super) troubles: Vec<Trouble>,
    /// How many verifications will not see what RAM was last told.
    pub(super) unaware: u32,
    /// The last number that was given out in an id.
    serial: u64,
}

/// An account.
#[derive(Default)]
pub(super) struct StoredAccount {
    credentials: Vec<Credential>,
    denied: Vec<Denied>,
    pub(super) users: BTreeMap<String, StoredUser>,
    /// Policies of groups by name.
    pub(super) groups: BTreeMap<String, Vec<PolicyName>>,
    pub(super) roles: BTreeMap<String, StoredRole>,
    pub(super) policies: BTreeMap<String, StoredPolicy>,
}

/// A bucket.
pub(super) struct StoredBucket {
    pub(super) owner: String,
    pub(super) region: String,
    pub(super) created: String,
    pub(super) about: AlibabaBucket,
}

/// A key of KMS.
pub(super) struct StoredKey {
    pub(super) owner: String,
    pub(super) region: String,
    pub(super) about: AlibabaKey,
    /// In JSON, of keys that have one.
    pub(super) policy: Option<String>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) key_id: String,
    pub(super) account: String,
    /// The user, or nobody for the account itself and for roles.
    pub(super) user: Option<String>,
}

impl State {
    pub(super) fn new(config: &AlibabaConfig) -> Self {
        let mut state = Self {
            accounts: BTreeMap::new(),
            buckets: BTreeMap::new(),
            keys: BTreeMap::new(),
            addresses: BTreeMap::new(),
            jobs: BTreeMap::new(),
            objects: BTreeMap::new(),
            reports: BTreeMap::new(),
            nonces: BTreeSet::new(),
            calls: Vec::new(),
            troubles: Vec::new(),
            unaware: 0,
            serial: 0,
        };
        for account in [&config.home].into_iter().chain(&config.others) {
            state.seed(account, &config.region);
        }
        state
    }

    fn seed(&mut self, seed: &AlibabaAccount, region: &str) {
        let number = &seed.number;
        let mut account = StoredAccount {
            credentials: seed.credentials.clone(),
            denied: seed.denied.clone(),
            groups: seed.groups.clone(),
            ..StoredAccount::default()
        };
        for (name, user) in &seed.users {
            let user = StoredUser::seeded(self.number(), user);
            account.users.insert(name.clone(), user);
        }
        for (name, role) in &seed.roles {
            account.roles.insert(name.clone(), StoredRole::seeded(self.number(), role));
        }
        for (name, document) in &seed.policies {
            account.policies.insert(name.clone(), StoredPolicy::new(document.clone(), BEFORE));
        }
        self.accounts.insert(number.clone(), account);
        let region = |named: &Option<String>| named.clone().unwrap_or_else(|| region.to_owned());
        for (name, about) in &seed.buckets {
            for (key, bytes) in &about.objects {
                self.objects.insert((name.clone(), key.clone()), bytes.clone().into());
            }
            let bucket = StoredBucket {
                owner: number.clone(),
                region: region(&about.region),
                created: BEFORE.to_owned(),
                about: about.clone(),
            };
            self.buckets.insert(name.clone(), bucket);
        }
        for (id, about) in &seed.keys {
            let policy = about.instance.as_ref().map(|_| {
                about.policy.clone().unwrap_or_else(|| super::kms::default_policy(number))
            });
            let (owner, about) = (number.clone(), about.clone());
            let key = StoredKey { owner, region: region(&about.region), about, policy };
            self.keys.insert(id.clone(), key);
        }
    }

    /// A number that no other thing has.
    pub(super) fn number(&mut self) -> u64 {
        self.serial += 1;
        200_000_000_000_000_000 + self.serial
    }

    /// All keys that are accepted.
    pub(super) fn credentials(&self) -> Vec<Credential> {
        let mut all = Vec::new();
        for account in self.accounts.values() {
            all.extend(account.credentials.iter().cloned());
            let users = account.users.values().flat_map(|user| &user.keys);
            all.extend(users.map(|key| key.credential.clone()));
        }
        all
    }

    /// Whose the key of this id is.
    pub(super) fn caller(&self, key_id: &str) -> Option<Caller> {
        self.accounts.iter().find_map(|(number, account)| {
            let user = account
                .users
                .iter()
                .find(|(_, user)| user.keys.iter().any(|key| key.credential.key_id == key_id));
            let own = account.credentials.iter().any(|key| key.key_id == key_id);
            (own || user.is_some()).then(|| Caller {
                key_id: key_id.to_owned(),
                account: number.clone(),
                user: user.map(|(name, _)| name.clone()),
            })
        })
    }

    /// The keys that the roles of an account give out.
    pub(super) fn role_keys(&self, account: &str) -> Option<&Credential> {
        let account = self.accounts.get(account)?;
        account.credentials.iter().find(|key| key.session_token.is_some())
    }

    /// Whether an account's seed says that a key may not do something.
    pub(super) fn is_denied(&self, caller: &Caller, operation: &str) -> bool {
        let denied = self.accounts.get(&caller.account).map(|account| &account.denied);
        denied.into_iter().flatten().any(|denied| {
            denied.key_id == caller.key_id
                && denied.operations.iter().any(|name| match name.strip_suffix('*') {
                    Some(start) => operation.starts_with(start),
                    None => operation == name,
                })
        })
    }

    /// The documents of policies of an account; policies that are not there say nothing.
    pub(super) fn documents(&self, account: &str, policies: &[PolicyName]) -> Vec<String> {
        let custom = self.accounts.get(account).map(|account| &account.policies);
        let document = |policy: &PolicyName| match policy.kind {
            PolicyType::System => system(&policy.name).map(str::to_owned),
            PolicyType::Custom => {
                custom?.get(&policy.name).map(|policy| policy.counting().document.clone())
            }
        };
        policies.iter().filter_map(document).collect()
    }
}
