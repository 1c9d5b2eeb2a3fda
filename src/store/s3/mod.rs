//! Amazon S3 and what speaks its list calls.
//!
//! The list request is written, signed, sent and decoded here, on the shared HTTP client of
//! [`crate::store::http`]: the SDK's deserialiser takes fifty times as long as ours and takes a body that
//! was cut for the end of the listing. Everything before that request comes from the official chain: keys,
//! profiles, regions and endpoints behave as users of the AWS tools know them.
//!
//! * `config`, `environment`, `credentials`, `keys`: what the user says, and what is found.
//! * `settled`: what comes of it, which is all that the client knows. Other providers that speak these
//!   calls (`store::ks3`, `store::oss`) are other ways to such a value, and nothing more.
//! * `endpoint`, `query`, `sign`: from a page request to an HTTP request.
//! * `client`: the attempt; `correct`: what an answer may correct about it.
//! * `directory`, `session`: directory buckets, which list by directories within sessions.
//! * `billed`: the calls that list what is billed beside the current objects, and their documents:
//!   `versions`, `uploads`, by way of `heading`.
//! * `control`: what a bucket is asked before it is moved.
//! * `decode`, with `entry` (the fast path) and `echo`: from a body to a page, by way of `store::text`.
//! * `ending`: where an answer ends, seen before it is decoded.
//! * `plus`: what `+` in encoded keys means to a store of which that is not known.
//! * `providers`: the services and servers that speak S3, as data; `version`: which list call one knows.
//! * `error`: from an error document to a kind.

mod billed;
mod client;
mod config;
mod control;
mod correct;
pub(crate) mod credentials;
mod decode;
mod directory;
mod echo;
mod ending;
pub(crate) mod endpoint;
mod entry;
pub(crate) mod environment;
mod error;
mod heading;
pub(crate) mod keys;
mod plus;
pub mod providers;
mod query;
mod session;
pub(crate) mod settled;
pub(crate) mod sign;
mod uploads;
mod version;
mod versions;

use crate::store::{KeyInUse, StoreError};
pub use client::S3Store;
pub use config::S3Config;
pub use control::{Encryption, ObjectState, Restore, Writing};
pub use decode::{Expected, Rejected, decode};
pub use error::ServiceError;

/// The keys that the user's environment and files hold for AWS.
///
/// # Errors
/// [`ErrorKind::NoCredentials`](crate::store::ErrorKind::NoCredentials) where there are none, or the place
/// that should have them is broken.
pub async fn find_keys(profile: Option<&str>) -> Result<Option<KeyInUse>, StoreError> {
    Ok(environment::key_ring(profile).await.keys().await?.map(|keys| keys.in_use()))
}
