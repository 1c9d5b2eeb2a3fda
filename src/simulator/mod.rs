//! A server on loopback that speaks S3: for the `demo:` location, for rehearsals, for tests and
//! benches.
//!
//! A [`Simulator`] serves buckets whose [`Content`] is [`Generated`] (up to a trillion objects that are
//! computed, not stored), [`Given`] in code, or read from a file of keys ([`read_keys`]). It speaks
//! `ListObjectsV2` and version 1, `ListBuckets`, `HeadBucket`, `GetBucketLocation`, and `HEAD` and ranged `GET` of
//! objects with made-up bytes, and, where a bucket has a [`History`], `ListObjectVersions`,
//! `ListMultipartUploads` and `ListParts`, and what a bucket is set to ([`BucketSettings`]), by path or by virtual host, and verifies signatures by its own
//! reading of the rules. Buckets named like directory buckets are such (`sessions`). What KS3 and OSS do otherwise is data (`flavour`) and another module of `auth`.
//! Answers can be held back ([`Latency`]) and throttled, and [`Behaviour`] makes
//! it fail and differ in the ways that real servers do.
//!
//! A request's way: `server` accepts the connection, `service` counts, delays, throttles and decides
//! which [`Fault`] strikes, `auth` verifies, `s3` plans the page and renders it in one buffer, and
//! `wire` sends it or breaks off. Everything that looks random is a function of a seed and a number
//! (`mix`), so that the same configuration does the same.
//!
//! Beside buckets there is the control side of Alibaba Cloud ([`AlibabaSimulator`]): migration jobs and
//! what they need.
//!
//! The simulator knows nothing of the scanner: it is the scanner's opponent.

mod alibaba;
mod answer;
mod auth;
mod azure;
mod behaviour;
mod civil;
mod config;
mod content;
mod counters;
mod dialect;
mod error;
mod faults;
mod flavour;
mod given;
mod history;
mod keyfile;
mod latency;
mod mix;
mod s3;
mod server;
mod service;
mod sessions;
mod settings;
mod shapes;
mod wire;

pub use alibaba::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaLimits, AlibabaRole,
    AlibabaSimulator, AlibabaUser, Denied, Edit, ReceivedCall, Trouble, TroubleKind,
};
pub use azure::account_key;
#[cfg(test)]
pub(crate) use azure::flatbuffer;
pub use behaviour::{Behaviour, InvalidBehaviour, KeyRange, Quirk};
pub use config::{
    BucketConfig, Credential, DEFAULT_KEY_ID, DEFAULT_REGION, DEFAULT_SECRET, SimulatorConfig,
};
pub use content::{Attributes, Content, ContentTotals, EntityTag};
pub use counters::Counters;
pub use dialect::{Dialect, UnknownDialect};
pub use error::SimulatorError;
pub use faults::{Fault, FaultBasis, Faults};
pub use given::{Given, GivenObject};
pub use history::{History, HistoryTotals};
pub use keyfile::{KeyFileError, read_keys};
pub use latency::{InvalidLatency, Latency};
pub use server::Simulator;
pub use settings::{AccountRefusal, BucketSettings, Locked, ObjectSettings, Payer};
pub use shapes::{Generated, MOST_OBJECTS, ShapeError, ShapeName, UnknownShape};
