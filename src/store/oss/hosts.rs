//! Where OSS is. Source: "Regions and endpoints", OSS user guide.

use super::config::Network;
use crate::store::StoreError;
use crate::store::http::base::host_of;
use crate::store::s3::endpoint::Hosts;

const DOMAIN: &str = "aliyuncs.com";

/// Where buckets are looked for as long as no region is named: the answer names the right one.
pub(super) const FIRST: &str = "cn-hangzhou";

/// The hosts of OSS.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OssHosts {
    pub(super) network: Network,
}

impl Hosts for OssHosts {
    /// Regions are many and new ones come, so any is taken for one: the host of none does not resolve.
    fn host(&self, region: &str) -> Result<String, StoreError> {
        Ok(match self.network {
            Network::Public => format!("oss-{region}.{DOMAIN}"),
            Network::Internal => format!("oss-{region}-internal.{DOMAIN}"),
            Network::Accelerate => format!("oss-accelerate.{DOMAIN}"),
        })
    }

    fn region(&self, host: &str) -> Option<String> {
        let host = host_of(host).to_ascii_lowercase();
        let labels = host.strip_suffix(DOMAIN)?.strip_suffix('.')?;
        // What stands before the endpoint's label is the bucket. Hosts of both protocols are written
        // `cn-hangzhou.oss.aliyuncs.com`.
        let (before, last) = labels.rsplit_once('.').unwrap_or(("", labels));
        let region = match last {
            "oss" => before.rsplit('.').next()?,
            label => label.strip_prefix("oss-")?,
        };
        let region = region.strip_suffix("-internal").unwrap_or(region);
        let everywhere = region.starts_with("accelerate");
        (region.contains('-') && !everywhere).then(|| region.to_owned())
    }
}

/// The region that is meant: `oss-cn-hangzhou`, as the console writes it, is `cn-hangzhou`.
pub(super) fn region(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    text.strip_prefix("oss-").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_follow_from_regions_and_regions_from_hosts() {
        for (network, expected) in [
            (Network::Public, "oss-cn-hangzhou.aliyuncs.com"),
            (Network::Internal, "oss-cn-hangzhou-internal.aliyuncs.com"),
        ] {
            let hosts = OssHosts { network };
            assert_eq!(hosts.host("cn-hangzhou").unwrap(), expected);
            assert_eq!(hosts.region(expected).as_deref(), Some("cn-hangzhou"));
            let bucket = format!("b.{expected}:443");
            assert_eq!(hosts.region(&bucket).as_deref(), Some("cn-hangzhou"));
        }
        let region = |host| OssHosts::default().region(host);
        assert_eq!(region("b.ap-southeast-1.oss.aliyuncs.com").as_deref(), Some("ap-southeast-1"));
        for host in [
            "oss-accelerate.aliyuncs.com",
            "b.oss-accelerate-overseas.aliyuncs.com",
            "oss.aliyuncs.com",
            "oss-cn-hangzhou.evilaliyuncs.com",
            "127.0.0.1:9000",
        ] {
            assert_eq!(region(host), None, "{host}");
        }
    }

    #[test]
    fn accelerated_requests_go_to_one_host_from_everywhere() {
        let hosts = OssHosts { network: Network::Accelerate };
        assert_eq!(hosts.host("us-east-1").unwrap(), "oss-accelerate.aliyuncs.com");
    }

    #[test]
    fn regions_are_understood_as_the_console_writes_them() {
        for text in ["cn-hangzhou", "oss-cn-hangzhou", "CN-Hangzhou "] {
            assert_eq!(region(text), "cn-hangzhou");
        }
    }
}
