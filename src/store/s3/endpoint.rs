//! Which host a request goes to, and where in it the bucket is named.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::store::StoreError;
use crate::store::http::base::{BaseUrl, host_of, is_address};
use crate::store::text::percent;

/// The part of a host name that AWS has per partition: regions whose name starts so are under it.
/// Source: `partitions.json` of the AWS SDKs.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
    ("", "amazonaws.com"),
];

/// How a provider's hosts follow from its regions, and regions from hosts.
pub(crate) trait Hosts: fmt::Debug + Send + Sync {
    /// The host of a region, which names no bucket.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::store::ErrorKind::Setup) for a region that has none, with those that have.
    fn host(&self, region: &str) -> Result<String, StoreError>;

    /// The region that the name of a host tells.
    fn region(&self, host: &str) -> Option<String>;

    /// Whether a host that the user names has the bucket in the path. Providers that serve buckets on
    /// hosts of their own refuse that.
    fn named_by_path(&self) -> bool {
        false
    }
}

/// An endpoint, before a bucket is put into it.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    hosts: Arc<dyn Hosts>,
    /// A host that the user named.
    named: Option<BaseUrl>,
}

/// Where requests for a bucket go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The region to sign for.
    pub(super) region: String,
    pub(super) secure: bool,
    /// The `Host` header.
    pub(super) host: String,
    /// Encoded, as sent and signed.
    pub(super) path: String,
}

impl Route {
    /// The host as a URL.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }

    /// This route by way of another host, if going there is safe: a signed request is never taken to
    /// another registrable domain, nor from TLS to no TLS. The bucket is named where the route names it: put
    /// before a host that does not name it, or taken away before one that does where the path names it.
    pub(super) fn to_host(&self, host: &str, bucket: &str) -> Option<Self> {
        let names_bucket =
            |host: &str| host.strip_prefix(bucket).is_some_and(|rest| rest.starts_with('.'));
        let host = match (names_bucket(&self.host), names_bucket(host)) {
            (true, false) => format!("{bucket}.{host}"),
            (false, true) => host[bucket.len() + 1..].to_owned(),
            _ => host.to_owned(),
        };
        let sound = same_domain(&self.host, &host) && host != self.host;
        sound.then(|| Self { host, ..self.clone() })
    }
}

impl Endpoint {
    /// The provider's own hosts.
    pub(crate) fn regional(hosts: impl Hosts + 'static) -> Self {
        Self { hosts: Arc::new(hosts), named: None }
    }

    /// A host that the user named in place of those.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::store::ErrorKind::Setup) for what is no URL of a host.
    pub(crate) fn named(url: &str, hosts: impl Hosts + 'static) -> Result<Self, StoreError> {
        Ok(Self { hosts: Arc::new(hosts), named: Some(BaseUrl::parse(url)?) })
    }

    /// Whether the user named the host.
    pub(super) fn is_named(&self) -> bool {
        self.named.is_some()
    }

    /// The region that a host's name tells.
    pub(super) fn region_of(&self, host: &str) -> Option<String> {
        self.hosts.region(host)
    }

    /// The region of the host that the user named.
    pub(crate) fn named_region(&self) -> Option<String> {
        self.named.as_ref().and_then(|named| self.hosts.region(&named.authority))
    }

    /// The route to a bucket in a region.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::store::ErrorKind::Setup) for a region without a host.
    pub(super) fn route(
        &self,
        bucket: &str,
        region: &str,
        path_style: Option<bool>,
    ) -> Result<Route, StoreError> {
        let (secure, base, path, usual) = match &self.named {
            None => (true, self.hosts.host(region)?, "", false),
            Some(BaseUrl { secure, authority, path }) => {
                (*secure, authority.clone(), path.as_str(), self.hosts.named_by_path())
            }
        };
        let dotted = secure && bucket.contains('.');
        let by_path =
            path_style.unwrap_or(usual || dotted) || !is_host_label(bucket) || is_address(&base);
        let (host, path) = if by_path {
            let mut path = format!("{path}/");
            percent::encode_path(bucket.as_bytes(), &mut path);
            (base, path)
        } else {
            (format!("{bucket}.{base}"), format!("{path}/"))
        };
        Ok(Route { region: region.to_owned(), secure, host, path })
    }
}

/// The hosts of Amazon S3.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aws {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Hosts for Aws {
    fn host(&self, region: &str) -> Result<String, StoreError> {
        Ok(aws_host(region, self.fips, self.dual_stack))
    }

    fn region(&self, host: &str) -> Option<String> {
        region_of(host).map(str::to_owned)
    }

    fn named_by_path(&self) -> bool {
        true
    }
}

fn aws_host(region: &str, fips: bool, dual_stack: bool) -> String {
    let fips = if fips { "-fips" } else { "" };
    let dual_stack = if dual_stack { ".dualstack" } else { "" };
    format!("s3{fips}{dual_stack}.{region}.{}", aws_domain(region))
}

/// The domain of a region's hosts.
pub(super) fn aws_domain(region: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(start, _)| region.starts_with(start))
        .map_or("amazonaws.com", |(_, domain)| domain)
}

/// Whether a bucket can be part of a host name.
fn is_host_label(bucket: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
    };
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(allowed)
        && bucket
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Whether two hosts belong to one owner as far as names can tell: they share the label above the public
/// suffix. Without a list of those, a two-letter country under a generic second level (`co.uk`,
/// `com.cn`) counts as one.
fn same_domain(one: &str, other: &str) -> bool {
    let (one, other) = (host_of(one).to_ascii_lowercase(), host_of(other).to_ascii_lowercase());
    let named = |host: &str| host.parse::<IpAddr>().is_err() && host.contains('.');
    one == other || named(&one) && named(&other) && registrable(&one) == registrable(&other)
}

fn registrable(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return host };
    let generic =
        ["co", "com", "net", "org", "gov", "edu", "ac"].contains(&&host[second + 1..last]);
    if generic && host.len() - last == 3 {
        return dots.next().map_or(host, |third| &host[third + 1..]);
    }
    &host[second + 1..]
}

/// The region that an AWS host name holds: `bucket.s3.eu-west-1.amazonaws.com`, or the old `s3-eu-west-1`.
pub(super) fn region_of(host: &str) -> Option<&str> {
    let (_, suffix) = PARTITIONS.iter().find(|(_, suffix)| host_of(host).ends_with(suffix))?;
    let labels = host_of(host).strip_suffix(suffix)?.strip_suffix('.')?;
    let last = labels.rsplit('.').next()?;
    let region = last.strip_prefix("s3-").unwrap_or(last);
    let sound = region.bytes().filter(|byte| *byte == b'-').count() >= 2
        && region.ends_with(|end: char| end.is_ascii_digit());
    sound.then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ErrorKind;

    fn aws() -> Endpoint {
        Endpoint::regional(Aws::default())
    }

    fn custom(url: &str) -> Endpoint {
        Endpoint::named(url, Aws::default()).unwrap()
    }

    fn url(endpoint: &Endpoint, bucket: &str, region: &str, path_style: Option<bool>) -> String {
        let route = endpoint.route(bucket, region, path_style).unwrap();
        route.origin() + &route.path
    }

    #[test]
    fn buckets_of_aws_are_in_the_host_where_they_can_be() {
        assert_eq!(
            url(&aws(), "inv", "eu-west-1", None),
            "https://inv.s3.eu-west-1.amazonaws.com/"
        );
        assert_eq!(
            url(&aws(), "inv", "cn-north-1", None),
            "https://inv.s3.cn-north-1.amazonaws.com.cn/"
        );
        assert_eq!(url(&aws(), "a.b", "eu-west-1", None), "https://s3.eu-west-1.amazonaws.com/a.b");
        assert_eq!(
            url(&aws(), "Old_Bucket", "us-east-1", None),
            "https://s3.us-east-1.amazonaws.com/Old_Bucket"
        );
        assert_eq!(
            url(&aws(), "inv", "eu-west-1", Some(true)),
            "https://s3.eu-west-1.amazonaws.com/inv"
        );
        let both = Endpoint::regional(Aws { fips: true, dual_stack: true });
        assert_eq!(
            url(&both, "inv", "us-west-2", None),
            "https://inv.s3-fips.dualstack.us-west-2.amazonaws.com/"
        );
    }

    #[test]
    fn buckets_of_other_stores_are_in_the_path_unless_told_otherwise() {
        assert_eq!(
            url(&custom("http://127.0.0.1:9000/"), "inv", "r", None),
            "http://127.0.0.1:9000/inv"
        );
        assert_eq!(
            url(&custom("http://127.0.0.1:9000"), "inv", "r", Some(false)),
            "http://127.0.0.1:9000/inv"
        );
        assert_eq!(
            url(&custom("https://Store.example:443/base/"), "t:b c", "r", None),
            "https://store.example/base/t%3Ab%20c"
        );
        let ks3 = custom("https://ks3-cn-beijing.ksyuncs.com");
        assert_eq!(
            url(&ks3, "inv", "BEIJING", Some(false)),
            "https://inv.ks3-cn-beijing.ksyuncs.com/"
        );
        assert_eq!(
            url(&custom("http://[::1]:9000"), "inv", "r", Some(false)),
            "http://[::1]:9000/inv"
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_showing_a_login() {
        for url in [
            "store.example",
            "ftp://a",
            "https://",
            "https://u:SECRET@a",
            "https://a?SECRET@=1",
            "",
        ] {
            let error = Endpoint::named(url, Aws::default()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Setup);
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn a_signed_request_stays_within_its_domain() {
        let route = |host: &str| Route {
            region: "r".into(),
            secure: true,
            host: host.into(),
            path: "/".into(),
        };
        let goes = |from: &str, to: &str| route(from).to_host(to, "b").is_some();
        assert!(goes("b.s3.amazonaws.com", "b.s3.eu-west-1.amazonaws.com"));
        let bare = route("b.ks3-cn-beijing.ksyuncs.com").to_host("ks3-sgp.ksyuncs.com", "b");
        assert_eq!(bare.unwrap().host, "b.ks3-sgp.ksyuncs.com");
        let named = Route { path: "/b".into(), ..route("s3.amazonaws.com") };
        let named = named.to_host("b.s3.eu-west-1.amazonaws.com", "b").unwrap();
        assert_eq!((&*named.host, &*named.path), ("s3.eu-west-1.amazonaws.com", "/b"));
        assert!(goes("b.ks3-cn-beijing.ksyuncs.com", "b.ks3-cn-shanghai.ksyuncs.com"));
        assert!(goes("s3.cn-north-1.amazonaws.com.cn", "s3.cn-northwest-1.amazonaws.com.cn"));
        assert!(!goes("b.s3.amazonaws.com", "b.s3.amazonaws.com.evil.example"));
        assert!(!goes("b.s3.amazonaws.com", "evilamazonaws.com"));
        assert!(!goes("shop.co.uk", "evil.co.uk"));
        assert!(!goes("127.0.0.1:9000", "127.0.0.2:9000"));
        assert!(!goes("localhost:1", "evil:1"));
        assert!(goes("127.0.0.1:9000", "127.0.0.1:9001"));
    }

    #[test]
    fn regions_are_read_from_hosts() {
        assert_eq!(region_of("b.s3.eu-west-1.amazonaws.com"), Some("eu-west-1"));
        assert_eq!(region_of("b.s3-us-west-2.amazonaws.com:443"), Some("us-west-2"));
        assert_eq!(region_of("s3.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
        assert_eq!(region_of("b.s3.amazonaws.com"), None);
        assert_eq!(region_of("b.s3.eu-west-1.example.com"), None);
    }
}
