//! The control side of Alibaba Cloud on loopback: migration jobs, STS, buckets and what is kept with them.
//!
//! One server stands in for all services; a request's `Host` header says which it is for. Signatures are
//! verified by this module's own reading of the rules. What was created stays until it is deleted, jobs go
//! on by a step whenever somebody asks about them, and count what they would copy: from [`Content`] for
//! other providers' buckets, and from the list of objects where they are given one. [`Trouble`] makes calls
//! fail before or after they took effect.
//!
//! * `auth`: signatures. * `cloud`: the way of a request. * `answer`: answers and refusals.
//! * `address`, `job`, `totals`: the migration service. * `sts`. * `bucket`.

mod address;
mod answer;
mod auth;
mod bucket;
mod cloud;
mod host;
mod job;
mod sts;
mod totals;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cloud::Cloud;

use super::config::Credential;
use super::content::Content;
use super::error::SimulatorError;
use super::server::Server;

/// What the server is started with.
#[derive(Clone)]
pub struct AlibabaConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The number of the account.
    pub account: String,
    /// The region that everything is in.
    pub region: String,
    /// Accepted keys.
    pub credentials: Vec<Credential>,
    /// Buckets of other providers, which jobs read from.
    pub sources: BTreeMap<String, Arc<dyn Content>>,
    /// The account's own buckets.
    pub buckets: BTreeSet<String>,
    /// Names of the roles that the migration service may take on.
    pub roles: BTreeSet<String>,
    /// The most jobs.
    pub max_jobs: usize,
    /// How many questions a job takes from its launch to its end, beside those for getting started.
    pub steps: u64,
    /// How far the server's clock is ahead, in seconds.
    pub clock_ahead: i64,
}

impl Default for AlibabaConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account: "1234567890123456".to_owned(),
            region: "cn-hangzhou".to_owned(),
            credentials: vec![Credential::default()],
            sources: BTreeMap::new(),
            buckets: BTreeSet::new(),
            roles: BTreeSet::new(),
            max_jobs: 500,
            steps: 4,
            clock_ahead: 0,
        }
    }
}

/// A call as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedCall {
    /// The operation's name in the service's reference; empty for what is none.
    pub operation: &'static str,
    /// Which service was called.
    pub host: String,
    /// The method, the path and the query, as sent.
    pub request: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it was carried out and answered with a success.
    pub done: bool,
}

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
}

/// A running server. Dropping it stops it.
pub struct AlibabaSimulator {
    server: Server<Cloud>,
}

impl AlibabaSimulator {
    /// Starts a server on a thread of its own.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the thread not be started.
    pub fn start_in_thread(config: AlibabaConfig) -> Result<Self, SimulatorError> {
        let listen = config.listen;
        Ok(Self { server: Server::start_in_thread(listen, || Ok(Cloud::new(config)))? })
    }

    /// The address that stands in for all services, such as `http://127.0.0.1:9000`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// All calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<ReceivedCall> {
        self.server.service.calls()
    }

    /// Makes calls fail from now on, in place of earlier troubles.
    pub fn trouble(&self, troubles: Vec<Trouble>) {
        self.server.service.trouble(troubles);
    }

    /// The content of an object in one of the account's buckets.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.server.service.object(bucket, key)
    }
}
