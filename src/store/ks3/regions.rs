//! Where KS3 is.

use crate::store::http::base::host_of;
use crate::store::s3::endpoint::Hosts;
use crate::store::{ErrorKind, StoreError};

/// Codes to sign for, with the first label of their host. Sources: KS3's page of endpoints, `JuiceFS`,
/// and Kingsoft's exporter of metrics. The list drifts, so both can be given by the user.
const REGIONS: [(&str, &str); 15] = [
    ("BEIJING", "ks3-cn-beijing"),
    ("SHANGHAI", "ks3-cn-shanghai"),
    ("GUANGZHOU", "ks3-cn-guangzhou"),
    ("HONGKONG", "ks3-cn-hk-1"),
    ("RUSSIA", "ks3-rus"),
    ("SINGAPORE", "ks3-sgp"),
    ("JR_BEIJING", "ks3-jr-beijing"),
    ("JR_SHANGHAI", "ks3-jr-shanghai"),
    ("GOV_BEIJING", "ks3-gov-beijing"),
    ("QINGYANG", "ks3-cn-qingyang"),
    ("NINGBO", "ks3-cn-ningbo"),
    ("QINGHAI", "ks3-cn-qinghai"),
    ("QINGDAO", "ks3-cn-qingdao"),
    ("HANGZHOU", "ks3-cn-hangzhou"),
    ("AMERICA", "ks3-us-west-1"),
];

/// Hosts under these are Kingsoft's; the second is the older one.
const DOMAINS: [&str; 2] = ["ksyuncs.com", "ksyun.com"];

/// Where buckets are looked for as long as no region is named: the answer names the right one.
pub(super) const FIRST: &str = "BEIJING";

/// The hosts of KS3.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ks3Hosts {
    /// Whether to go by Kingsoft's own network, which costs no traffic and is reachable from there only.
    pub(super) internal: bool,
}

impl Hosts for Ks3Hosts {
    fn host(&self, region: &str) -> Result<String, StoreError> {
        let label = REGIONS.iter().find(|(code, _)| *code == region).map(|(_, label)| *label);
        let label = label.ok_or_else(|| {
            let known: Vec<&str> = REGIONS.iter().map(|(code, _)| *code).collect();
            let known = known.join(", ");
            StoreError::new(
                ErrorKind::Setup,
                format!(
                    "KS3 is not known to have the region `{region}`\nhint: name one of {known}, or the \
                     endpoint with `--endpoint-url`"
                ),
            )
        })?;
        let internal = if self.internal { "-internal" } else { "" };
        Ok(format!("{label}{internal}.{}", DOMAINS[0]))
    }

    fn region(&self, host: &str) -> Option<String> {
        let host = host_of(host).to_ascii_lowercase();
        let labels = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain))?;
        // What stands before the endpoint's label is the bucket.
        let label = labels.strip_suffix('.')?.rsplit('.').next()?;
        let label = label.strip_suffix("-internal").unwrap_or(label);
        // The oldest endpoint, `kss.ksyun.com`, is that of Hangzhou.
        if label == "kss" {
            return Some("HANGZHOU".to_owned());
        }
        if let Some((code, _)) = REGIONS.iter().find(|(_, known)| *known == label) {
            return Some((*code).to_owned());
        }
        // New regions have been named after their label so far.
        let name = label.strip_prefix("ks3-")?;
        let name = name.strip_prefix("cn-").unwrap_or(name);
        (!name.is_empty()).then(|| name.to_ascii_uppercase().replace('-', "_"))
    }
}

/// The code that is meant by a region as people write it: `beijing` and `cn-beijing` are `BEIJING`.
pub(super) fn code(region: &str) -> String {
    let label = format!("ks3-{}", region.to_ascii_lowercase().trim_start_matches("ks3-"));
    let found =
        REGIONS.iter().find(|(code, known)| code.eq_ignore_ascii_case(region) || *known == label);
    found.map_or(region, |(code, _)| code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_follow_from_regions_and_regions_from_hosts() {
        for internal in [false, true] {
            let hosts = Ks3Hosts { internal };
            for (code, _) in REGIONS {
                let host = hosts.host(code).unwrap();
                assert_eq!(host.contains("-internal.ksyuncs.com"), internal, "{host}");
                assert_eq!(hosts.region(&host).as_deref(), Some(code));
                assert_eq!(hosts.region(&format!("my-bucket.{host}:443")).as_deref(), Some(code));
            }
        }
        assert_eq!(Ks3Hosts::default().host("BEIJING").unwrap(), "ks3-cn-beijing.ksyuncs.com");
    }

    #[test]
    fn old_and_new_hosts_tell_their_region_too() {
        let region = |host| Ks3Hosts::default().region(host);
        assert_eq!(region("b.ks3-sgp.ksyun.com").as_deref(), Some("SINGAPORE"));
        assert_eq!(region("kss.ksyun.com").as_deref(), Some("HANGZHOU"));
        assert_eq!(region("ks3-cn-wulan.ksyuncs.com").as_deref(), Some("WULAN"));
        assert_eq!(region("ks3-gov-wulan-internal.ksyuncs.com").as_deref(), Some("GOV_WULAN"));
        for host in ["127.0.0.1:9000", "s3.example.com", "ksyuncs.com", "evilksyuncs.com"] {
            assert_eq!(region(host), None, "{host}");
        }
    }

    #[test]
    fn regions_are_understood_as_people_write_them() {
        for text in ["BEIJING", "beijing", "cn-beijing", "ks3-cn-beijing"] {
            assert_eq!(code(text), "BEIJING");
        }
        assert_eq!(code("cn-hk-1"), "HONGKONG");
        assert_eq!(code("Elsewhere"), "Elsewhere");
        let error = Ks3Hosts::default().host("Elsewhere").unwrap_err().to_string();
        assert!(error.contains("`Elsewhere`") && error.contains("JR_SHANGHAI"), "{error}");
    }
}
