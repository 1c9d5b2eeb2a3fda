//! Which service a `Host` header names.

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// Data Online Migration, of this account and region.
    Migration {
        /// The account's number.
        account: &'a str,
        /// The region.
        region: &'a str,
    },
    /// A bucket in this region.
    Bucket {
        /// Its name.
        bucket: &'a str,
        /// The region.
        region: &'a str,
    },
    /// OSS in this region.
    Oss {
        /// The region.
        region: &'a str,
    },
    /// KMS in this region.
    Kms {
        /// The region.
        region: &'a str,
    },
    /// RAM.
    Ram,
    /// STS.
    Sts,
    /// None that is known here.
    Unknown,
}

impl Named<'_> {
    /// Whether it answers in JSON rather than in XML.
    pub(super) fn speaks_json(self) -> bool {
        matches!(self, Self::Kms { .. } | Self::Ram | Self::Sts)
    }
}

/// Reads a `Host` header.
pub(super) fn named(host: &str) -> Named<'_> {
    let host = host.split(':').next().unwrap_or_default();
    let Some(name) = host.strip_suffix(".aliyuncs.com") else { return Named::Unknown };
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["ram"] => Named::Ram,
        ["sts"] | ["sts", _] => Named::Sts,
        ["kms" | "kms-vpc", region] => Named::Kms { region },
        [account, region, "mgw" | "mgw-internal"] => Named::Migration { account, region },
        [oss] => region(oss).map_or(Named::Unknown, |region| Named::Oss { region }),
        [bucket, oss] => {
            region(oss).map_or(Named::Unknown, |region| Named::Bucket { bucket, region })
        }
        _ => Named::Unknown,
    }
}

/// The region of a host of OSS.
fn region(oss: &str) -> Option<&str> {
    let region = oss.strip_prefix("oss-")?;
    Some(region.strip_suffix("-internal").unwrap_or(region))
}
