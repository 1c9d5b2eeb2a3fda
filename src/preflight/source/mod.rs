//! Checks of what is to be migrated.
//!
//! Everything is looked at with the key that the user gives, which should be the one that the migration is
//! to use. Nothing is changed: what a key may write is found out by a call that cannot take effect.

mod access;

use crate::location::Location;
use crate::preflight::Finding;
use crate::store::StoreError;
use crate::store::azure::{AzureConfig, AzureStore};
use crate::store::s3::S3Store;
use crate::summary::Summary;

/// What is to be migrated, with what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// As the user names it.
    pub location: &'a Location,
    /// The store, or why there is none.
    pub opened: Opened<'a>,
    /// What a scan found in it.
    pub summary: Option<&'a Summary>,
    /// Whether requests agree to be paid for.
    pub pays: bool,
    /// The region that the user named.
    pub region: Option<&'a str>,
    /// Whether it is reached by the provider's own network.
    pub internal: bool,
    /// What is put before keys at the destination; `None` where no destination is named.
    pub to_prefix: Option<&'a str>,
}

/// A store by what it speaks, or why it could not be had.
#[derive(Clone, Copy, Debug)]
pub enum Opened<'a> {
    /// A bucket of S3, KS3, OSS or a relative.
    Bucket(Result<&'a S3Store, &'a StoreError>),
    /// A container of Azure, with what it was opened by.
    Container(&'a AzureConfig, Result<&'a AzureStore, &'a StoreError>),
}

/// Runs all checks of the source.
pub async fn check(source: &Source<'_>) -> Vec<Finding> {
    match source.opened {
        Opened::Bucket(Ok(store)) => access::list(source, store).await,
        Opened::Container(_, Ok(store)) => access::list(source, store).await,
        Opened::Bucket(Err(error)) | Opened::Container(_, Err(error)) => {
            vec![access::credentials(error)]
        }
    }
}
