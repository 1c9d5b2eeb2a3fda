//! What a user names: a bucket, a container or the built-in demonstration, with a prefix.
//!
//! | form | means |
//! |---|---|
//! | `s3://BUCKET/PREFIX`, `ks3://…`, `oss://…` | a bucket; the prefix is every character after the `/`, as it is |
//! | `azure://ACCOUNT/CONTAINER/PREFIX` | a container |
//! | `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX` | the same, also in the national clouds |
//! | `https://BUCKET.s3.REGION.amazonaws.com/PREFIX`, `https://s3.REGION.amazonaws.com/BUCKET/PREFIX` | an S3 bucket and its region |
//! | `arn:aws:s3:::BUCKET/PREFIX` | an S3 bucket |
//! | `demo:`, `demo:SHAPE?objects=1M&seed=1` | generated objects on a server within |
//!
//! Only the `https` forms are percent-decoded, because they are copied from where they were encoded.
//! A location prints as the shortest form that reads back to it, but for the region, which is a hint.
//! Endpoints and credentials are never part of a location; one that holds credentials is refused without
//! repeating it.

mod error;
mod https;
mod parse;
mod types;

pub use error::{BucketRule, LocationError, LocationProblem};
pub(crate) use https::azure_account;
pub use types::{AZURE_SUFFIX, Bucket, Container, Demo, Location};
