//! Services and servers that speak S3, as data: how each is recognised, how it lists, what it asks for it.
//!
//! An endpoint's host tells most services, the `Server` header of an answer most servers that people run
//! themselves; `--provider` says it outright and wins over both. What is not recognised is treated as
//! [`find`]`("other")`: as Amazon S3, with nothing believed that is not checked. Adding a provider is one
//! entry of `table`.

mod table;

use crate::store::http::base::host_of;
use crate::store::{ListPrice, Quirks};

pub use table::{ALL, SIMULATOR};

/// A service or a server that speaks S3.
#[derive(Debug)]
pub struct Provider {
    /// Its name for `--provider` and in summaries.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Domains of its endpoints. A label that ends in `*` stands for all that start so.
    pub hosts: &'static [&'static str],
    /// What the `Server` header of its answers begins with, in lower case.
    pub servers: &'static [&'static str],
    /// How it lists.
    pub quirks: Quirks,
    /// Whether starts, order and ends of its listings are known to be right, so that nobody has to make
    /// sure of them.
    pub sound: bool,
    /// What it asks for list requests.
    pub prices: &'static [RegionalPrice],
}

/// A price of list requests.
#[derive(Debug)]
pub struct RegionalPrice {
    /// The regions that it holds in; none for everywhere.
    pub regions: &'static [&'static str],
    /// The price.
    pub price: ListPrice,
}

impl Provider {
    /// The price of list requests in a region, where it is known.
    #[must_use]
    pub fn list_price(&self, region: &str) -> Option<ListPrice> {
        let holds =
            |price: &&RegionalPrice| price.regions.is_empty() || price.regions.contains(&region);
        self.prices.iter().find(holds).map(|found| found.price)
    }
}

/// The provider of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    ALL.iter().find(|provider| provider.name == name)
}

/// The provider whose endpoint has this host, with or without a port.
pub(super) fn of_host(authority: &str) -> Option<&'static Provider> {
    let host = host_of(authority);
    ALL.iter().find(|provider| provider.hosts.iter().any(|domain| is_within(host, domain)))
}

/// The provider that calls itself so in the `Server` header of an answer.
pub(super) fn of_server(server: &str) -> Option<&'static Provider> {
    let server = server.to_ascii_lowercase();
    let mut all = ALL.iter().chain([&SIMULATOR]);
    all.find(|provider| provider.servers.iter().any(|known| server.starts_with(known)))
}

fn is_within(host: &str, domain: &str) -> bool {
    let mut labels = host.rsplit('.');
    domain.rsplit('.').all(|wanted| {
        let Some(label) = labels.next() else { return false };
        match wanted.strip_suffix('*') {
            Some(start) => label.starts_with(start),
            None => label.eq_ignore_ascii_case(wanted),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ListVersion;

    #[test]
    fn endpoints_are_recognised_by_their_domain_and_by_nothing_that_looks_like_it() {
        let name = |host| of_host(host).map(|provider| provider.name);
        assert_eq!(name("b.s3.eu-west-1.amazonaws.com"), Some("aws"));
        assert_eq!(name("s3.cn-north-1.amazonaws.com.cn:443"), Some("aws"));
        assert_eq!(name("x.R2.cloudflarestorage.com"), Some("cloudflare"));
        assert_eq!(name("c1k7.va.idrivee2-46.com"), Some("idrive"));
        assert_eq!(name("obs.cn-east-2.myhuaweicloud.com"), Some("huawei"));
        for unknown in
            ["amazonaws.com.example", "notamazonaws.com", "com", "127.0.0.1:9000", "[::1]:9000", ""]
        {
            assert_eq!(name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn servers_are_recognised_by_the_beginning_of_their_header() {
        let name = |server| of_server(server).map(|provider| provider.name);
        assert_eq!(name("MinIO"), Some("minio"));
        assert_eq!(name("WeighbridgeSimulator"), Some("simulator"));
        // rclone serve s3 says so as well.
        assert_eq!(name("AmazonS3"), None);
        assert_eq!(name("SeaweedFS 30GB 4.48"), Some("seaweedfs"));
        assert_eq!(name("nginx"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn only_amazon_is_believed_and_what_keeps_no_order_is_never() {
        for provider in ALL {
            assert_eq!(provider.sound, provider.name == "aws", "{}", provider.name);
            assert!(provider.quirks.ordered || !provider.sound, "{}", provider.name);
        }
        assert!(!of_server("SeaweedFS").unwrap().quirks.ordered);
    }

    #[test]
    fn names_and_domains_belong_to_one_provider_each() {
        for (at, provider) in ALL.iter().enumerate() {
            assert!(std::ptr::eq(find(provider.name).unwrap(), provider), "{}", provider.name);
            for domain in provider.hosts {
                let host = format!("b.{}", domain.replace('*', "1"));
                assert!(std::ptr::eq(of_host(&host).unwrap(), provider), "{at}: {domain}");
            }
        }
        let other = find("other").unwrap();
        assert_eq!((&other.quirks, other.sound), (&Quirks::S3, false));
    }

    #[test]
    fn a_price_holds_in_the_regions_it_is_known_for() {
        let aws = find("aws").unwrap();
        assert!(aws.list_price("us-east-1").is_some_and(|price| price.usd_per_thousand > 0.0));
        assert!(aws.list_price("sa-east-1").is_none());
        assert!(find("other").unwrap().list_price("us-east-1").is_none());
        assert!(find("cloudflare").unwrap().list_price("auto").is_some());
        for provider in ALL {
            for RegionalPrice { price, .. } in provider.prices {
                assert!(price.usd_per_thousand >= 0.0 && !price.source.is_empty());
            }
        }
    }

    #[test]
    fn what_cannot_list_by_the_second_version_is_asked_by_the_first() {
        assert_eq!(find("huawei").unwrap().quirks.list_version, ListVersion::V1);
        // Its own documentation warns of the first version, which cannot page.
        assert_eq!(find("backblaze").unwrap().quirks.list_version, ListVersion::V2);
    }
}
