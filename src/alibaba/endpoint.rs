//! Where the services are.

/// The hosts of the services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// An address such as `http://127.0.0.1:9000` that stands in for every service: a rehearsal, a
    /// gateway. Requests go there and name the service's own host in their `Host` header.
    pub stand_in: Option<String>,
    /// Whether to use the hosts that are reachable from inside Alibaba Cloud only.
    pub internal: bool,
}

impl Endpoints {
    /// The migration service's host for an account, `<uid>.<region>.mgw.aliyuncs.com`.
    #[must_use]
    pub fn mgw(&self, uid: &str, region: &str) -> String {
        let service = if self.internal { "mgw-internal" } else { "mgw" };
        format!("{uid}.{region}.{service}.aliyuncs.com")
    }

    /// The host of a bucket, `<bucket>.oss-<region>.aliyuncs.com`.
    #[must_use]
    pub fn bucket(&self, bucket: &str, region: &str) -> String {
        format!("{bucket}.{}", self.oss(region))
    }

    /// The host of OSS in a region, `oss-<region>.aliyuncs.com`.
    #[must_use]
    pub fn oss(&self, region: &str) -> String {
        let network = if self.internal { "-internal" } else { "" };
        format!("oss-{region}{network}.aliyuncs.com")
    }

    /// The host of KMS in a region, `kms.<region>.aliyuncs.com`; inside Alibaba Cloud `kms-vpc.…`.
    #[must_use]
    pub fn kms(&self, region: &str) -> String {
        let network = if self.internal { "-vpc" } else { "" };
        format!("kms{network}.{region}.aliyuncs.com")
    }

    /// The host of RAM: one for all regions.
    #[must_use]
    pub fn ram(&self) -> String {
        "ram.aliyuncs.com".to_owned()
    }

    /// The host of STS: one for all regions.
    #[must_use]
    pub fn sts(&self) -> String {
        "sts.aliyuncs.com".to_owned()
    }

    /// Where requests to `host` go: scheme and authority.
    #[must_use]
    pub fn origin(&self, host: &str) -> String {
        match &self.stand_in {
            Some(address) => address.trim_end_matches('/').to_owned(),
            None => format!("https://{host}"),
        }
    }
}

/// A region as the services name it (`cn-hangzhou`), from the form of OSS (`oss-cn-hangzhou`) or its own.
#[must_use]
pub fn plain_region(region: &str) -> &str {
    region.strip_prefix("oss-").unwrap_or(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_after_account_region_and_network() {
        let (public, internal) =
            (Endpoints::default(), Endpoints { internal: true, ..Endpoints::default() });
        assert_eq!(public.mgw("1234", "cn-beijing"), "1234.cn-beijing.mgw.aliyuncs.com");
        assert_eq!(internal.mgw("1234", "cn-beijing"), "1234.cn-beijing.mgw-internal.aliyuncs.com");
        assert_eq!(internal.bucket("b", "cn-beijing"), "b.oss-cn-beijing-internal.aliyuncs.com");
        assert_eq!(public.oss("cn-beijing"), "oss-cn-beijing.aliyuncs.com");
        assert_eq!(public.kms("cn-beijing"), "kms.cn-beijing.aliyuncs.com");
        assert_eq!(internal.kms("cn-beijing"), "kms-vpc.cn-beijing.aliyuncs.com");
        assert_eq!(public.ram(), internal.ram());
        assert_eq!(public.origin("h"), "https://h");
        let elsewhere = Endpoints { stand_in: Some("http://127.0.0.1:1/".into()), internal: false };
        assert_eq!(elsewhere.origin("h"), "http://127.0.0.1:1");
        assert_eq!(plain_region("oss-cn-beijing"), plain_region("cn-beijing"));
    }
}
