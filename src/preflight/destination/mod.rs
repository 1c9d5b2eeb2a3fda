//! Checks of the bucket of OSS that a migration goes to, and of the service that carries it there.
//!
//! [`check`] looks at the bucket with the user's keys, changes nothing, and lets
//! [`identity`](super::identity) look at users, roles, policies and keys from the same ground. What may not
//! be read is `unknown`, with the permission that is missing.
//!
//! | file | its checks |
//! |---|---|
//! | `ground` | (what all others stand on: whose keys, which bucket, where, whose) |
//! | `names` | the bucket's name, and the form of the prefix |
//! | `bucket` | whether it is there, whose, where; what it does to what is written |
//! | `contents` | what is there already |
//! | `lifecycle`, `ages` | rules that would delete or move what arrives |
//! | `access` | who else gets at the copies |
//! | `service` | the region, and what is left of its limits |

mod access;
mod ages;
mod bucket;
mod contents;
mod ground;
mod lifecycle;
mod names;
mod rules;
mod service;

use futures::future::join;

pub(super) use ground::{Ground, KEYS};

use super::finding::{Check, Finding};
use super::wanted::Way;
use crate::alibaba::Session;
use crate::object::Timestamp;
use crate::summary::Summary;

/// Where a migration goes, and how.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// What keys of copies begin with.
    pub prefix: &'a str,
    /// The bucket's region as the user named it, such as `cn-hangzhou`.
    pub region: Option<&'a str>,
    /// The keys of the account that migrates, or why there are none.
    pub session: Result<&'a Session, &'a str>,
    /// Keys of the account that owns the bucket, where it is another.
    pub owner: Option<&'a Session>,
    /// The number of that account, where the bucket does not tell.
    pub bucket_account: Option<&'a str>,
    /// The number of the account whose jobs migrate; by default that of the keys.
    pub account: Option<&'a str>,
    /// The RAM user who migrates; by default that of the keys.
    pub user: Option<&'a str>,
    /// The role that the service takes on; by default that which `weighbridge prepare` creates.
    pub role: Option<&'a str>,
    /// In which way of the preparations page; found out where left open.
    pub way: Option<Way>,
    /// The service that takes on the role.
    pub service: &'a str,
    /// What a scan found in the source.
    pub summary: Option<&'a Summary>,
    /// The time, by which ages are judged.
    pub now: Timestamp,
}

/// Every check of a destination, for the documentation.
pub const CHECKS: [&Check; 18] = [
    &names::PREFIX,
    &bucket::BUCKET,
    &bucket::REGION,
    &bucket::ACCOUNT,
    &bucket::STORAGE_CLASS,
    &bucket::VERSIONING,
    &bucket::NAMESPACE,
    &bucket::ENCRYPTION,
    &access::PUBLIC,
    &access::REFERER,
    &contents::RETENTION,
    &contents::CONTENTS,
    &rules::DELETION,
    &rules::TRANSITION,
    &service::SERVICE,
    &service::JOBS,
    &service::RUNNING,
    &service::ADDRESSES,
];

/// Runs all checks of the destination and of identities.
pub async fn check(destination: &Destination<'_>) -> Vec<Finding> {
    let mut findings = vec![names::prefix(destination.prefix)];
    if let Some(wrong) = names::wrong_bucket(destination) {
        findings.push(wrong);
        return findings;
    }
    let (said, ground) = Ground::look(destination).await;
    findings.extend(said);
    if let Some(ground) = ground {
        let (here, identity) =
            join(Box::pin(of_bucket(&ground)), Box::pin(super::identity::check(&ground))).await;
        findings.extend(here);
        findings.extend(identity);
    }
    findings
}

async fn of_bucket(ground: &Ground<'_>) -> Vec<Finding> {
    let mut findings = bucket::check(ground);
    let (service, contents, rules, access) = futures::join!(
        service::check(ground),
        contents::check(ground),
        rules::check(ground),
        access::check(ground),
    );
    findings.extend(service);
    findings.extend(contents);
    findings.extend(rules);
    findings.extend(access);
    findings
}
