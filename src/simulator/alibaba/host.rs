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
    /// STS.
    Sts,
    /// None that is known here.
    Unknown,
}

/// Reads a `Host` header.
pub(super) fn named(host: &str) -> Named<'_> {
    let host = host.split(':').next().unwrap_or_default();
    let Some(name) = host.strip_suffix(".aliyuncs.com") else { return Named::Unknown };
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["sts"] | ["sts", _] => Named::Sts,
        [account, region, "mgw" | "mgw-internal"] => Named::Migration { account, region },
        [bucket, oss] => match oss.strip_prefix("oss-") {
            Some(region) => {
                Named::Bucket { bucket, region: region.strip_suffix("-internal").unwrap_or(region) }
            }
            None => Named::Unknown,
        },
        _ => Named::Unknown,
    }
}
