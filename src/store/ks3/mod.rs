//! Kingsoft KS3: the list calls of S3 with hosts, keys and signatures of its own.
//!
//! * `regions`: codes to sign for and hosts, as data.
//! * `credentials`: the user's keys.
//! * `sign`: the signatures beside AWS's, of which KS3 takes four kinds.
//! * `config`: from all that to a bucket of [`crate::store::s3`].
//!
//! KS3 could not be asked while this was written. What it does is taken from its documentation and the
//! SDKs that it publishes (Python `ks3sdk` 1.18, Go `aws-sdk-go` and `ksyun-ks3-go-sdk`).

mod config;
mod credentials;
mod regions;
mod sign;

pub use config::{Ks3Config, SignVersion, connect, find_keys, quirks};
