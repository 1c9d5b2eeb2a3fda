//! What a simulator is started with.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::behaviour::Behaviour;
use super::content::Content;
use super::dialect::Dialect;
use super::history::History;
use super::latency::Latency;
use super::settings::BucketSettings;

/// The access key id that a simulator accepts unless told otherwise.
pub const DEFAULT_KEY_ID: &str = "weighbridge";
/// The secret that belongs to [`DEFAULT_KEY_ID`].
pub const DEFAULT_SECRET: &str = "weighbridge-secret";
/// The region of a bucket unless told otherwise.
pub const DEFAULT_REGION: &str = "us-east-1";

/// A key pair that the server accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The access key id.
    pub key_id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token that requests must carry with it; without one they must carry none.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Default for Credential {
    fn default() -> Self {
        Self {
            key_id: DEFAULT_KEY_ID.to_owned(),
            secret: DEFAULT_SECRET.to_owned(),
            session_token: None,
        }
    }
}

/// One simulated bucket.
#[derive(Clone)]
pub struct BucketConfig {
    /// What it holds.
    pub content: Arc<dyn Content>,
    /// What it keeps beside.
    pub history: History,
    /// What it is set to.
    pub settings: BucketSettings,
    /// Where it is said to lie. Requests signed for another region are redirected.
    pub region: String,
    /// Whether every request to it is refused with `AccessDenied`.
    pub denied: bool,
}

impl BucketConfig {
    /// A readable bucket in [`DEFAULT_REGION`].
    #[must_use]
    pub fn new(content: impl Content + 'static) -> Self {
        Self {
            content: Arc::new(content),
            history: History::default(),
            settings: BucketSettings::default(),
            region: DEFAULT_REGION.to_owned(),
            denied: false,
        }
    }

    /// The same bucket with a history.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// The same bucket in another region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }
}

/// Everything a simulator is started with. The default listens on a free port of 127.0.0.1, has no
/// bucket, accepts [`DEFAULT_KEY_ID`], and behaves.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which service it passes for.
    pub dialect: Dialect,
    /// The buckets by name.
    pub buckets: BTreeMap<String, BucketConfig>,
    /// Accepted key pairs.
    pub credentials: Vec<Credential>,
    /// Whether requests without a signature are answered.
    pub anonymous: bool,
    /// How long each answer is held back.
    pub latency: Latency,
    /// Requests per second above which 503 `SlowDown` is answered.
    pub max_rps: Option<f64>,
    /// Faults and quirks.
    pub behaviour: Behaviour,
    /// Decides which requests are delayed how long and which fail.
    pub seed: u64,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dialect: Dialect::default(),
            buckets: BTreeMap::new(),
            credentials: vec![Credential::default()],
            anonymous: false,
            latency: Latency::None,
            max_rps: None,
            behaviour: Behaviour::default(),
            seed: 1,
        }
    }
}

impl SimulatorConfig {
    /// The default with one bucket.
    #[must_use]
    pub fn with_bucket(name: impl Into<String>, bucket: BucketConfig) -> Self {
        Self { buckets: BTreeMap::from([(name.into(), bucket)]), ..Self::default() }
    }
}
