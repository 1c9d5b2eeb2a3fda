//! Amazon S3 and what speaks its list calls.
//!
//! The list request is written, signed, sent and decoded here, on the shared HTTP client of
//! [`crate::store::http`]: the SDK's deserialiser takes fifty times as long as ours and takes a body that
//! was cut for the end of the listing. Everything before that request comes from the official chain: keys,
//! profiles, regions and endpoints behave as users of the AWS tools know them.
//!
//! * `config`, `environment`, `credentials`, `keys`: what the user says, and what is found.
//! * `endpoint`, `query`, `sign`: from a page request to an HTTP request.
//! * `client`: the attempt, and what an answer may correct about it.
//! * `decode`, with `entry` (the fast path) and `echo`: from a body to a page, by way of `store::text`.
//! * `server`: how far the listings of a server that names itself can be believed.
//! * `error`: from an error document to a kind.

mod client;
mod config;
mod credentials;
mod decode;
mod echo;
mod endpoint;
mod entry;
mod environment;
mod error;
mod keys;
mod query;
mod server;
mod sign;

pub use client::S3Store;
pub use config::S3Config;
pub use decode::{Expected, Rejected, decode};
pub use error::ServiceError;
pub use sign::Scheme;
