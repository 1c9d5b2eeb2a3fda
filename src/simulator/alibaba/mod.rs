//! The control side of Alibaba Cloud on loopback: migration jobs, RAM, STS, KMS, buckets and what is kept
//! with them.
//!
//! One server stands in for all services; a request's `Host` header says which it is for. Signatures are
//! verified, and policies judged, by this module's own reading of the rules. There are several accounts,
//! each with its keys, users, roles, policies, buckets and keys of KMS: seeded, then created, changed and
//! deleted by calls. Jobs go on by a step whenever somebody asks about them, and count what they would
//! copy: from [`Content`](super::Content) for other providers' buckets, and from the list of objects where
//! they are given one. A data address is found available only if the migration service could really write
//! there. [`Trouble`] makes calls fail before or after they took effect.
//!
//! * `config`, `seed`: what there is at the start. * `state`: what there is now.
//! * `host`, `auth`, `cloud`: the way of a request. * `answer`: answers and refusals.
//! * `judge`, `permission`: what policies say, who may do what.
//! * `address`, `destination`, `job`, `totals`: the migration service. * `ram`, `sts`, `kms`, `bucket`.

mod address;
mod answer;
mod auth;
mod bucket;
mod cloud;
mod config;
mod destination;
mod host;
mod job;
mod judge;
mod kms;
mod permission;
mod ram;
mod seed;
mod state;
mod sts;
mod totals;
mod trouble;

use std::net::SocketAddr;

use cloud::Cloud;

pub use config::{AlibabaConfig, AlibabaLimits};
pub use seed::{AlibabaAccount, AlibabaBucket, AlibabaKey, AlibabaRole, AlibabaUser, Denied};
pub use trouble::{Edit, Trouble, TroubleKind};

use super::error::SimulatorError;
use super::server::Server;

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
