//! What a tally is told before it counts.

use serde::{Deserialize, Serialize};

use super::bytestring::ByteString;
use super::millis;
use crate::object::Timestamp;

/// Settings of a [`Tally`](super::Tally). Only tallies with equal options can be merged.
///
/// ```
/// use weighbridge::object::Timestamp;
/// use weighbridge::tally::{Options, Tally};
///
/// let options = Options { depth: 3, ..Options::new(Timestamp(1_700_000_000_000)) };
/// let tally = Tally::new(options);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Start of the scan; ages are relative to it, so that they do not depend on when a page arrived.
    #[serde(with = "millis")]
    pub as_of: Timestamp,
    /// The byte that ends a prefix. Default `/`.
    pub delimiter: u8,
    /// The prefix that the user named; depths are counted below it. Default empty.
    pub prefix: ByteString,
    /// How many levels of prefixes are counted. Default 2.
    pub depth: u8,
    /// Distinct prefixes kept per depth; a depth with more is dropped whole. Default 16,384.
    pub prefix_bound: usize,
    /// How many of the largest objects are kept. Default 20.
    pub largest: usize,
    /// How many examples are kept per hazard. Default 5.
    pub examples: usize,
    /// Distinct storage classes kept; further ones are counted together. Default 64.
    pub class_bound: usize,
    /// The name under which objects without a storage class are counted. Default `(none)`; for S3 and
    /// KS3, which mean `STANDARD` when they give none, set it to that.
    pub unnamed_class: String,
    /// Whether objects of archive classes have to be restored before they can be read. Default true; a scan
    /// sets what its store is known for.
    #[serde(default = "restored_first")]
    pub archives: bool,
    /// What the destination of a migration takes.
    pub destination: DestinationLimits,
}

impl Options {
    /// The default options for a scan that started at `as_of`.
    #[must_use]
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            as_of,
            delimiter: b'/',
            prefix: ByteString::default(),
            depth: 2,
            prefix_bound: 16_384,
            largest: 20,
            examples: 5,
            class_bound: 64,
            unnamed_class: "(none)".into(),
            archives: restored_first(),
            destination: DestinationLimits::default(),
        }
    }
}

/// What holds nearly everywhere.
fn restored_first() -> bool {
    true
}

/// Limits of the destination that hazards are judged by. The defaults are those of Alibaba Cloud OSS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationLimits {
    /// Longest key in bytes: 1,023 on OSS. Where the destination prefix is known already, subtract its
    /// length here; otherwise compare [`Totals::longest_key`](super::Totals::longest_key) later.
    pub max_key_bytes: u64,
    /// Size in bytes above which an object cannot be stored: 53,687,091,200,000, which is OSS's 10,000
    /// parts of 5 GiB (written "48.8 TB" in its documentation).
    pub max_object_bytes: u64,
    /// Size in bytes above which storing depends on what "48.8 TB" means: 48,800,000,000,000, its
    /// decimal reading. Objects between the two limits are a warning, not a blocker.
    pub sure_object_bytes: u64,
}

impl Default for DestinationLimits {
    fn default() -> Self {
        Self {
            max_key_bytes: 1_023,
            max_object_bytes: 10_000 * 5 * 1_024 * 1_024 * 1_024,
            sure_object_bytes: 48_800_000_000_000,
        }
    }
}
