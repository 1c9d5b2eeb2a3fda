//! Alibaba Cloud, the side that data is moved to.
//!
//! * [`credentials`]: whose keys, and from where they were taken.
//! * [`sign`]: the two schemes by which the services know their callers.
//! * `endpoint`, `session`: from a call to an answer, by way of the HTTP client of
//!   [`crate::store::http`].
//! * `xml`: small documents, both ways. `error`: what a refusal means, and the way out.
//! * [`mgw`]: Data Online Migration: addresses, jobs, their results.
//! * [`sts`]: whose the keys are, roles. [`oss`]: buckets.

pub mod credentials;
mod endpoint;
mod error;
pub mod mgw;
pub mod oss;
mod session;
pub mod sign;
pub mod sts;
mod xml;

use md5::{Digest as _, Md5};

pub use credentials::{Credentials, CredentialsError};
pub use endpoint::{Endpoints, plain_region};
pub use error::{CallError, Refusal};
pub use session::{Retries, Session};
pub use xml::Element;

/// `Content-MD5` of a body.
fn content_md5(body: &[u8]) -> String {
    let mut text = Vec::with_capacity(24);
    crate::base64::encode(&Md5::digest(body), &mut text);
    text.into_iter().map(char::from).collect()
}
