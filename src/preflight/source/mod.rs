//! Checks of what is to be migrated.
//!
//! Everything is looked at with the key that the user gives, which should be the one that the migration is
//! to use. Nothing is changed: what a key may write is found out by a call that cannot take effect.
//!
//! * `bucket`, `container`: what is asked of which kind of store, in which order.
//! * `access`: the key, and what it may; `place`: where the source is, and its names; `settings`: what a
//!   bucket is set to; `objects`, `archives`: what lies in it.
//! * `statement`, `condition`, `whitelist`: what a bucket's policy says to the service.
//! * `sample`, `attempt`: how a store is asked; `tongue`: how its provider names things.

mod access;
mod archives;
mod attempt;
mod bucket;
mod condition;
mod container;
mod objects;
mod place;
mod sample;
mod settings;
mod statement;
mod tongue;
mod whitelist;

use crate::location::Location;
use crate::preflight::finding::{Check, Finding};
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
    /// The region of the destination, where it is known.
    pub to_region: Option<&'a str>,
}

/// A store by what it speaks, or why it could not be had.
#[derive(Clone, Copy, Debug)]
pub enum Opened<'a> {
    /// A bucket of S3, KS3, OSS or a relative.
    Bucket(Result<&'a S3Store, &'a StoreError>),
    /// A container of Azure, with what it was opened by.
    Container(&'a AzureConfig, Result<&'a AzureStore, &'a StoreError>),
}

/// Every check of a source, for the documentation.
pub const CHECKS: [&Check; 34] = [
    &access::CREDENTIALS,
    &access::KEY_LASTS,
    &access::REACH,
    &access::BUCKET,
    &access::LIST,
    &access::EMPTY,
    &access::READ,
    &access::WRITES,
    &place::NAME,
    &place::PREFIX,
    &place::ENDPOINT,
    &place::REGION,
    &place::BORDER,
    &settings::POLICY,
    &settings::ADDRESSES,
    &settings::NETWORKS,
    &settings::REFERERS,
    &settings::TLS,
    &settings::CLIENTS,
    &settings::PAYER,
    &settings::VERSIONING,
    &settings::ENCRYPTION,
    &settings::WEBSITE,
    &container::KEY_KIND,
    &container::TERMS,
    &container::ENDS,
    &container::ADDRESSES,
    &container::FIREWALL,
    &container::NAMESPACE,
    &container::IMMUTABLE,
    &objects::WEIGHED,
    &archives::ARCHIVED,
    &archives::RESTORED,
    &archives::TIERED,
];

/// Runs all checks of the source.
pub async fn check(source: &Source<'_>) -> Vec<Finding> {
    match source.opened {
        Opened::Bucket(Ok(store)) => bucket::check(source, store).await,
        Opened::Container(config, opened) => container::check(source, config, opened).await,
        Opened::Bucket(Err(error)) => {
            let mut findings = place::forms(source);
            findings.push(access::unopened(error));
            findings
        }
    }
}
