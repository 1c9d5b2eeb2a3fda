//! Alibaba Cloud, the side that data is moved to.
//!
//! * [`credentials`]: whose keys, and from where they were taken.
//! * [`sign`]: the two schemes by which the services know their callers.
//! * `endpoint`, `session`: from a call to an answer, by way of the HTTP client of
//!   [`crate::store::http`].
//! * `xml`: small documents, both ways. `error`, `remedy`: what a refusal means, and the way out.
//! * [`mgw`]: Data Online Migration: addresses, jobs, their results.
//! * [`sts`]: whose the keys are, roles taken on. [`ram`]: users, their keys, roles, policies.
//! * [`oss`]: buckets and what is kept with them. [`kms`]: keys that encrypt, and who may use them.
//!
//! Creating is never repeated where it may have happened: such an error says so by
//! [`CallError::may_have_happened`], and its caller looks before it asks again. What is there twice if it
//! is there once (attaching, deleting, setting) is repeated, and finding it done is a success.

pub mod credentials;
mod endpoint;
mod error;
pub mod kms;
pub mod mgw;
pub mod oss;
pub mod ram;
mod remedy;
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
