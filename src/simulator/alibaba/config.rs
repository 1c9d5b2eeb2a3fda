//! What the server is started with.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::seed::AlibabaAccount;
use crate::simulator::config::Credential;
use crate::simulator::content::Content;

/// What the server is started with.
#[derive(Clone)]
pub struct AlibabaConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The region of the migration service, and of buckets and keys that name none.
    pub region: String,
    /// The account whose jobs are simulated.
    pub home: AlibabaAccount,
    /// Further accounts.
    pub others: Vec<AlibabaAccount>,
    /// Buckets of other providers, which jobs read from.
    pub sources: BTreeMap<String, Arc<dyn Content>>,
    /// How many there may be of everything.
    pub limits: AlibabaLimits,
    /// How many questions a job takes from its launch to its end, beside those for getting started.
    pub steps: u64,
    /// How many verifications of addresses find roles as if they were not there after something in RAM was
    /// changed: it takes its time until other services know.
    pub spreading: u32,
    /// How far the server's clock is ahead, in seconds.
    pub clock_ahead: i64,
}

impl Default for AlibabaConfig {
    fn default() -> Self {
        let home = AlibabaAccount::new("1234567890123456");
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            region: "cn-hangzhou".to_owned(),
            home: AlibabaAccount { credentials: vec![Credential::default()], ..home },
            others: Vec::new(),
            sources: BTreeMap::new(),
            limits: AlibabaLimits::default(),
            steps: 4,
            spreading: 0,
            clock_ahead: 0,
        }
    }
}

/// How many there may be of everything. The defaults are what the services document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlibabaLimits {
    /// Migration jobs in a region.
    pub jobs: usize,
    /// Buckets of an account in a region.
    pub buckets: usize,
    /// Users of an account.
    pub users: usize,
    /// Access keys of a user.
    pub access_keys: usize,
    /// Roles of an account.
    pub roles: usize,
    /// Custom policies of an account.
    pub policies: usize,
    /// Versions of a policy.
    pub versions: usize,
    /// Custom policies of a user or role.
    pub custom_attached: usize,
    /// System policies of a user or role.
    pub system_attached: usize,
    /// Entries on a page of a list of RAM or of buckets, whatever is asked for.
    pub page: usize,
}

impl Default for AlibabaLimits {
    fn default() -> Self {
        Self {
            jobs: 500,
            buckets: 100,
            users: 1000,
            access_keys: 2,
            roles: 1000,
            policies: 1500,
            versions: 5,
            custom_attached: 10,
            system_attached: 20,
            page: 1000,
        }
    }
}
