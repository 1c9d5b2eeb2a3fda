//! What a bucket is set to, beside what it holds; and what a key may not do with it.

use std::collections::{BTreeMap, BTreeSet};

/// The settings of a bucket or container. By default nothing is set, and everything is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketSettings {
    /// What is refused with `AccessDenied`, by S3's names of actions: `s3:GetBucketPolicy`. KS3 and OSS are
    /// asked by the same.
    pub refused: BTreeSet<String>,
    /// Subresources that are answered with `NotImplemented`: `policy`.
    pub unknown: BTreeSet<String>,
    /// The policy, in JSON.
    pub policy: Option<String>,
    /// Whether requesters pay, and have to agree to it.
    pub requester_pays: Option<Payer>,
    /// `Enabled` or `Suspended`.
    pub versioning: Option<String>,
    /// The algorithm of encryption by default, and the key of KMS where one is named.
    pub encryption: Option<(String, Option<String>)>,
    /// Whether it is served as a website.
    pub website: bool,
    /// Objects of which something is to be said.
    pub objects: BTreeMap<Vec<u8>, ObjectSettings>,
    /// Azure: whether a policy keeps blobs from being changed.
    pub immutable: bool,
    /// Azure: whether a legal hold does.
    pub held: bool,
    /// Azure: what every request is refused with.
    pub refusal: Option<AccountRefusal>,
}

/// Who asks a bucket whose requesters pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Its owner, who does not have to agree.
    Owner,
    /// Somebody else, who has to.
    Other,
}

/// What is to be said of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSettings {
    /// `x-amz-restore`: `ongoing-request="true"`. One that is done can be read.
    pub restore: Option<String>,
    /// `x-amz-archive-status`, or Azure's `x-ms-archive-status`.
    pub archive_status: Option<String>,
    /// Why it cannot be read.
    pub locked: Option<Locked>,
}

/// Why an object cannot be read by whoever may read the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// Its key of KMS may not be used.
    ByKms,
    /// It is encrypted by a key that its reader has to bring.
    ByCustomerKey,
}

/// Why an account of Azure refuses everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRefusal {
    /// Its firewall.
    Firewall,
    /// It takes no account keys.
    NoAccountKeys,
    /// It is disabled.
    Disabled,
    /// It has no public containers.
    NoPublicAccess,
}
