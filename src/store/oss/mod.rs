//! Alibaba Cloud OSS as a source: the list calls of S3 with hosts and a signature of its own.
//!
//! * `hosts`: from regions to hosts and back.
//! * `sign`: [`crate::alibaba::sign::oss4`] for list requests.
//! * `credentials`: the user's keys, as [`crate::alibaba::credentials`] finds them, and sessions with roles.
//! * `config`: from what the user says to a bucket of [`crate::store::s3`].
//!
//! OSS could not be asked while this was written. What it does is taken from its API reference and its
//! official Python SDK (`alibabacloud_oss_v2` 1.4).

mod config;
mod credentials;
mod hosts;
mod sign;

pub use config::{Network, OssConfig, connect, find_keys, quirks};
