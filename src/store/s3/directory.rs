//! Directory buckets of Amazon S3: what their names say, where they are, and how they list.
//!
//! Sources: "Directory bucket naming rules", "Endpoints for directory buckets" and "Differences for
//! directory buckets" of the S3 user guide, and `ListObjectsV2` of its API reference.

use super::endpoint::{Aws, Hosts, aws_domain, region_of};
use crate::store::{PageRequest, Quirks, RangeStart, StoreError};

/// What ends the names of directory buckets, and of the access points to them.
const SUFFIXES: [&str; 2] = ["--x-s3", "--xa-s3"];

const DELIMITER: u8 = b'/';

/// How directory buckets list: in no order, by directories only, from the beginning only.
pub(super) const QUIRKS: Quirks = Quirks {
    ordered: false,
    range_start: RangeStart::None,
    directories: true,
    directory_prefixes: true,
    ..Quirks::S3
};

/// The zone in a directory bucket's name, `BASE--ZONE--x-s3`; `None` for names of other buckets.
pub(super) fn zone(bucket: &str) -> Option<&str> {
    let name = SUFFIXES.iter().find_map(|suffix| bucket.strip_suffix(suffix))?;
    let (base, zone) = name.rsplit_once("--")?;
    (!base.is_empty() && !zone.is_empty()).then_some(zone)
}

/// Whether a name is one of an access point and not of a bucket.
pub(super) fn is_access_point(bucket: &str) -> bool {
    bucket.ends_with(SUFFIXES[1])
}

/// The region that a zone's id tells: `use1-az4` is in `us-east-1`. Source: "AWS Availability Zones", AWS
/// Regions and Availability Zones guide: the id begins with the first letters and the number of the region.
pub(super) fn region_of_zone(zone: &str) -> Option<String> {
    const DIRECTIONS: [(&str, &str); 9] = [
        ("ne", "northeast"),
        ("nw", "northwest"),
        ("se", "southeast"),
        ("sw", "southwest"),
        ("n", "north"),
        ("e", "east"),
        ("s", "south"),
        ("w", "west"),
        ("c", "central"),
    ];
    let (code, _) = zone.split_once('-')?;
    let letters = code.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = code.strip_prefix(letters).filter(|number| !number.is_empty())?;
    let (area, rest) = letters.split_at_checked(2)?;
    let (area, rest) = match rest.strip_prefix('g') {
        Some(rest) if area == "us" => ("us-gov", rest),
        _ => (area, rest),
    };
    let (_, direction) = DIRECTIONS.iter().find(|(short, _)| *short == rest)?;
    Some(format!("{area}-{direction}-{number}"))
}

/// The hosts of a zone.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub(super) zone: String,
    pub(super) aws: Aws,
}

impl Hosts for Zone {
    fn host(&self, region: &str) -> Result<String, StoreError> {
        let Self { zone, aws: Aws { fips, dual_stack } } = self;
        let fips = if *fips { "-fips" } else { "" };
        let dual_stack = if *dual_stack { ".dualstack" } else { "" };
        Ok(format!("s3express{fips}-{zone}{dual_stack}.{region}.{}", aws_domain(region)))
    }

    fn region(&self, host: &str) -> Option<String> {
        region_of(host).map(str::to_owned)
    }

    fn named_by_path(&self) -> bool {
        self.aws.named_by_path()
    }
}

/// The request for the directory that holds everything below `request`'s prefix, where the prefix is no
/// directory itself. What it lists beside has to be dropped; the groups are the same, since no delimiter
/// comes after the directory in the prefix.
pub(super) fn enclosing(request: &PageRequest) -> Option<PageRequest> {
    let prefix = &request.prefix;
    if prefix.last().is_none_or(|last| *last == DELIMITER) {
        return None;
    }
    let end = prefix.iter().rposition(|byte| *byte == DELIMITER).map_or(0, |at| at + 1);
    Some(PageRequest { prefix: prefix[..end].to_vec(), ..request.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Endpoint;
    use super::*;

    #[test]
    fn names_tell_directory_buckets_and_their_zone() {
        assert_eq!(zone("b--use1-az4--x-s3"), Some("use1-az4"));
        assert_eq!(zone("my--s3--bucket--abcd-ab1--x-s3"), Some("abcd-ab1"));
        assert_eq!(zone("ap--usw2-az1--xa-s3"), Some("usw2-az1"));
        for other in ["b", "b--x-s3", "--x-s3", "--use1-az4--x-s3", "b--use1-az4--x-s3x"] {
            assert_eq!(zone(other), None, "{other}");
        }
    }

    #[test]
    fn zones_tell_their_region() {
        for (zone, region) in [
            ("use1-az4", "us-east-1"),
            ("usw2-lax1-az1", "us-west-2"),
            ("apne1-az4", "ap-northeast-1"),
            ("aps1-az1", "ap-south-1"),
            ("eun1-az1", "eu-north-1"),
            ("euc1-az2", "eu-central-1"),
            ("usgw1-az1", "us-gov-west-1"),
            ("cnnw1-az1", "cn-northwest-1"),
        ] {
            assert_eq!(region_of_zone(zone).as_deref(), Some(region));
        }
        for unknown in ["", "az1", "use-az1", "usx1-az1", "u-1", "1-1", "é1-az1"] {
            assert_eq!(region_of_zone(unknown), None, "{unknown}");
        }
    }

    /// Hosts as the endpoint rules of the AWS SDKs give them.
    #[test]
    fn a_bucket_is_in_the_host_of_its_zone() {
        let host = |zone: &str, region, fips, dual_stack| {
            let hosts = Zone { zone: zone.into(), aws: Aws { fips, dual_stack } };
            let bucket = format!("mybucket--{zone}--x-s3");
            let route = Endpoint::regional(hosts).route(&bucket, region, None).unwrap();
            assert_eq!(route.path, "/");
            route.host.strip_prefix("mybucket--").unwrap().to_owned()
        };
        let found = host("abcd-ab1", "us-east-1", false, false);
        assert_eq!(found, "abcd-ab1--x-s3.s3express-abcd-ab1.us-east-1.amazonaws.com");
        let found = host("abcd-ab1", "cn-north-1", false, false);
        assert_eq!(found, "abcd-ab1--x-s3.s3express-abcd-ab1.cn-north-1.amazonaws.com.cn");
        let found = host("test-zone-ab1", "us-west-2", true, true);
        assert_eq!(
            found,
            "test-zone-ab1--x-s3.s3express-fips-test-zone-ab1.dualstack.us-west-2.amazonaws.com"
        );
    }

    #[test]
    fn a_prefix_within_a_directory_is_listed_by_way_of_the_directory() {
        let asked = |prefix: &str| {
            let request = PageRequest { prefix: prefix.into(), ..PageRequest::default() };
            enclosing(&request).map(|request| String::from_utf8(request.prefix).unwrap())
        };
        assert_eq!(asked(""), None);
        assert_eq!(asked("a/b/"), None);
        assert_eq!(asked("a/b"), Some("a/".to_owned()));
        assert_eq!(asked("a"), Some(String::new()));
    }
}
