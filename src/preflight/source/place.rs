//! Where the source is, and what a data address would call it.

use std::net::IpAddr;

use super::Source;
use super::attempt::{attempt, told, unanswered};
use super::tongue::{Provider, Tongue};
use crate::location::Location;
use crate::migration::address::{host_of, short_ks3_name};
use crate::preflight::finding::{Check, Finding};
use crate::store::Origin;
use crate::store::s3::S3Store;

pub(super) const ENDPOINT: Check = Check::source(
    "SOURCE_ENDPOINT",
    "endpoint",
    "the service reaches the source by the internet, at the endpoint of its region, and by no domain of one's own",
);
pub(super) const REGION: Check = Check::source(
    "SOURCE_REGION",
    "region",
    "a data address names the endpoint of the bucket's own region; at another one every request is refused",
);
pub(super) const NAME: Check = Check::source(
    "NAME_INVALID",
    "name of the bucket",
    "a name that the console does not take cannot be made a data address",
);
pub(super) const PREFIX: Check = Check::source(
    "PREFIX_BAD_FORM",
    "form of the prefix",
    "a data address takes a prefix that does not begin with a slash and ends in one",
);

pub(super) const BORDER: Check = Check::source(
    "CROSS_BORDER",
    "border of the Chinese mainland",
    "the service copies across borders only for who has asked for it, and what crosses this one falls under the rules \
     on exports of data",
);

/// Where a host is, as far as its name or address tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    /// On this machine.
    Loopback,
    /// In a private network.
    Private,
    /// Anywhere.
    Public,
}

/// The form of what is to be migrated, of which nobody has to be asked.
pub(super) fn forms(source: &Source<'_>) -> Vec<Finding> {
    vec![name(source.location), prefix(source.location)]
}

fn name(location: &Location) -> Finding {
    let shown = location.bucket().escape_debug().to_string();
    match location {
        Location::S3(bucket) if bucket.name.ends_with("-s3alias") => NAME
            .warning(format!("`{shown}` is the alias of an access point"))
            .because("a data address takes a bucket, and the service is not known to take access points")
            .by_hand("S3 console > Access Points: check by the name of the bucket behind it"),
        Location::S3(bucket) if bucket.name.ends_with("--x-s3") => NAME
            .warning(format!("`{shown}` is a directory bucket"))
            .because("directory buckets are asked within sessions at hosts of their own, which the service is not known to do")
            .by_hand("copy what is needed to a general purpose bucket first"),
        Location::S3(bucket) => match bucket.check_aws_name() {
            Ok(()) => NAME.ok(format!("enter `{shown}`")),
            Err(rule) => NAME
                .warning(format!("`{shown}` is no name of a bucket of Amazon S3: {rule}"))
                .by_hand("check the name, and that nothing stands before or behind it"),
        },
        Location::Ks3(bucket) => {
            let short = short_ks3_name(&bucket.name);
            if short == bucket.name {
                NAME.ok(format!("enter `{shown}`"))
            } else {
                NAME.warning(format!("the classic console wants `{short}` for `{shown}`"))
                    .because("it is to be given the name without the account's number behind it")
                    .by_hand(format!("enter `{short}` in the field Bucket of the data address"))
            }
        }
        Location::Azure(container) => {
            let name = &container.name;
            let allowed =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if ["$root", "$logs", "$web"].contains(&name.as_str()) {
                NAME.warning(format!("`{shown}` is a container of the service's own"))
                    .because("the console is not known to take names that begin with `$`")
                    .by_hand("copy what is needed to a container with a plain name first")
            } else if (3..=63).contains(&name.len()) && name.bytes().all(allowed) {
                NAME.ok(format!("enter `{shown}`"))
            } else {
                let lower = name.to_ascii_lowercase();
                NAME.blocker(format!(
                    "`{shown}` is no name of a container: those have 3 to 63 of a-z, 0-9 and `-`"
                ))
                .because("names of containers are compared letter by letter, and have no capitals")
                .run(format!(
                    "weighbridge check azure://{}/{}",
                    container.account.escape_debug(),
                    lower.escape_debug()
                ))
            }
        }
        _ => NAME.ok(format!("enter `{shown}`")),
    }
}

fn prefix(location: &Location) -> Finding {
    let prefix = location.prefix();
    let shown = prefix.escape_debug().to_string();
    if prefix.is_empty() {
        return PREFIX.ok("none: choose \"Migrate all data\"");
    }
    if prefix.starts_with('/') {
        return PREFIX.blocker(format!("`{shown}` begins with a slash")).by_hand(
            "migrate the whole bucket, or list the objects of the prefix for a job: `weighbridge jobs SUMMARY \
             --manifest FILE --inventory-dir DIR`",
        );
    }
    if !prefix.ends_with('/') {
        let location = location.to_string();
        return PREFIX
            .blocker(format!("`{shown}` does not end in a slash"))
            .run(format!("weighbridge check {}", crate::preflight::word::shell(&format!("{location}/"))))
            .by_hand(
                "or, if keys are meant that go on behind it, list them for a job: `weighbridge jobs SUMMARY \
                 --manifest FILE --inventory-dir DIR`",
            );
    }
    PREFIX.ok(format!("enter `{shown}`"))
}

/// The endpoint that was asked.
pub(super) fn endpoint(source: &Source<'_>, origin: &Origin) -> Finding {
    let host = host_of(&origin.endpoint).to_ascii_lowercase();
    let shown = host.escape_debug().to_string();
    match place(&host) {
        Host::Loopback => {
            return ENDPOINT
                .warning(format!("`{shown}` is this machine"))
                .because("a rehearsal can be checked; a job cannot reach it")
                .by_hand("check the real source, without `--endpoint-url`");
        }
        Host::Private => {
            return ENDPOINT
                .blocker(format!("`{shown}` is an address of a private network"))
                .because("the service comes by the internet and does not get there")
                .by_hand(
                    "give the store an address on the internet, or link the networks (Data Online Migration \
                     console > Tunnels)",
                );
        }
        Host::Public => {}
    }
    match source.location {
        Location::Ks3(_) => ks3(source, &host, &shown),
        Location::Oss(_) => oss(&host, &shown),
        Location::Azure(_) => azure(&host, &shown),
        _ => s3(&host, &shown, &origin.region),
    }
}

fn s3(host: &str, shown: &str, region: &str) -> Finding {
    if is_aws(host) {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        return ENDPOINT.ok(format!("enter `s3.{}.{domain}`", region.escape_debug()));
    }
    ENDPOINT
        .warning(format!("`{shown}` is no endpoint of Amazon S3"))
        .because(
            "the source type AWS S3 is for Amazon S3; a store that only speaks its protocol may be another source type \
             of the service, and has to be reachable by the internet",
        )
        .by_hand(
            "choose the store's own source type in the console, or S3-compatible with a list of objects where it \
             has none",
        )
}

fn is_aws(host: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|domain| host.ends_with(domain))
}

fn ks3(source: &Source<'_>, host: &str, shown: &str) -> Finding {
    let kingsoft = [".ksyuncs.com", ".ksyun.com"].iter().any(|domain| host.ends_with(domain));
    if !kingsoft {
        return ENDPOINT
            .blocker(format!("`{shown}` is a domain of your own or of a CDN, and no endpoint of KS3"))
            .because("for KS3 the console takes the region's own endpoint, and neither custom domains nor CDNs")
            .run(format!("weighbridge check {} --region BEIJING", crate::preflight::word::shell(&source.location.to_string())))
            .by_hand("enter the endpoint of the bucket's region, such as `ks3-cn-beijing.ksyuncs.com`");
    }
    if source.internal || host.contains("-internal.") {
        return ENDPOINT
            .warning(format!("`{shown}` is reachable within Kingsoft Cloud only"))
            .because("the service comes by the public endpoint; whether the bucket lets it in was not seen")
            .by_hand("check without `--internal` from outside of Kingsoft Cloud");
    }
    let bucket = format!("{}.", source.location.bucket());
    let host = host.strip_prefix(&bucket).unwrap_or(host).escape_debug();
    ENDPOINT.ok(format!("enter `{host}`"))
}

fn oss(host: &str, shown: &str) -> Finding {
    if !host.ends_with(".aliyuncs.com") {
        return ENDPOINT
            .warning(format!("`{shown}` is no endpoint of OSS"))
            .because("a data address of OSS names the region, and no domain of one's own")
            .by_hand("check without `--endpoint-url`");
    }
    ENDPOINT.ok(format!("`{shown}`; a data address of OSS names the region alone"))
}

fn azure(host: &str, shown: &str) -> Finding {
    match host.split_once(".blob.") {
        Some((_, suffix)) if suffix.starts_with("core.") => {
            ENDPOINT.ok(format!("enter `{}` as the endpoint suffix", suffix.escape_debug()))
        }
        _ => ENDPOINT
            .warning(format!("`{shown}` is no endpoint of Azure's own"))
            .because("the console asks for an endpoint suffix such as `core.windows.net`, not for a domain of one's own")
            .by_hand("Azure portal > Storage accounts > the account > Settings > Endpoints: check by that host"),
    }
}

/// Whether the copies cross the border of the Chinese mainland; nothing where one end is not known, or where
/// both are abroad, between countries that names of regions do not tell.
pub(super) fn border(source: &Source<'_>, origin: &Origin) -> Option<Finding> {
    const ABROAD: [&str; 5] = ["RUSSIA", "SINGAPORE", "AMERICA", "HONGKONG", "cn-hongkong"];
    let in_china = |region: &str| region.starts_with("cn-") && !ABROAD.contains(&region);
    let to = source.to_region?;
    let to_china = in_china(to.strip_prefix("oss-").unwrap_or(to));
    let host = host_of(&origin.endpoint).to_ascii_lowercase();
    let region = origin.region.as_str();
    let from_china = match source.location {
        Location::S3(_) if is_aws(&host) => in_china(region),
        Location::Oss(_) => in_china(region),
        Location::Ks3(_) => !ABROAD.contains(&region),
        Location::Azure(_) if host.contains(".core.") => host.ends_with(".chinacloudapi.cn"),
        _ => return None,
    };
    match (from_china, to_china) {
        (true, true) => Some(BORDER.ok("both sides are in it")),
        (false, false) => None,
        _ => Some(
            BORDER
                .warning(format!(
                    "from {} to {}",
                    if region.is_empty() { &host } else { region }.escape_debug(),
                    to.escape_debug()
                ))
                .by_hand("open a ticket to have jobs across the border allowed: workorder.console.aliyun.com"),
        ),
    }
}

fn place(host: &str) -> Host {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    // A bucket may stand before an address' name.
    if name == "localhost" || name.ends_with(".localhost") {
        return Host::Loopback;
    }
    match name.parse() {
        Ok(IpAddr::V4(address)) if address.is_loopback() => Host::Loopback,
        Ok(IpAddr::V4(address)) if address.is_private() || address.is_link_local() => Host::Private,
        Ok(IpAddr::V6(address)) if address.is_loopback() => Host::Loopback,
        Ok(IpAddr::V6(address)) if address.is_unique_local() || address.is_unicast_link_local() => {
            Host::Private
        }
        _ => Host::Public,
    }
}

/// The region that the bucket turned out to be in.
pub(super) async fn region(
    source: &Source<'_>,
    tongue: &Tongue<'_>,
    store: &S3Store,
    origin: &Origin,
) -> Finding {
    let region = &origin.region;
    let shown = region.escape_debug().to_string();
    let same = |named: &str| plain(named) == plain(region);
    if let Some(named) = source.region.filter(|named| !same(named)) {
        return REGION
            .warning(format!("the bucket is in {shown}, and not in {}", named.escape_debug()))
            .by_hand(format!(
                "enter the endpoint of {shown} in the data address; here, use `--region {shown}`"
            ));
    }
    if tongue.provider() != Provider::S3 || !is_aws(&host_of(&origin.endpoint).to_ascii_lowercase())
    {
        // The listing was signed for it, which the store accepted; what others than AWS call the place of a
        // bucket is no region.
        return REGION.ok(shown);
    }
    match attempt(|| store.location()).await {
        Ok(found) if found == *region => REGION.ok(shown),
        Ok(found) => {
            let found = found.escape_debug();
            REGION
                .warning(format!(
                    "the bucket says that it is in {found}, and was listed as in {shown}"
                ))
                .by_hand(format!("enter the endpoint of {found} in the data address"))
        }
        Err(error) => {
            let action = tongue.action("GetBucketLocation");
            let finding = unanswered(&REGION, &error, &action, tongue.read_only());
            let seen = format!("the bucket was listed as in {shown}; {}", told(&error));
            Finding { seen, ..finding }.run(tongue.tool("get-bucket-location"))
        }
    }
}

/// `cn-beijing`, `BEIJING` and `oss-cn-beijing` are one.
fn plain(region: &str) -> String {
    let region = region.to_ascii_lowercase();
    let region =
        ["oss-", "ks3-"].iter().find_map(|start| region.strip_prefix(start)).unwrap_or(&region);
    region.strip_prefix("cn-").unwrap_or(region).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::finding::Verdict;
    use crate::preflight::source::Opened;
    use crate::store::{ErrorKind, StoreError};

    fn endpoint_of(location: &str, endpoint: &str, internal: bool) -> Finding {
        let location = location.parse().unwrap();
        let error = StoreError::new(ErrorKind::Setup, "unused");
        let opened = Opened::Bucket(Err(&error));
        let source = Source {
            location: &location,
            opened,
            summary: None,
            pays: false,
            region: None,
            internal,
            to_prefix: None,
            to_region: None,
        };
        let origin = Origin {
            provider: String::new(),
            endpoint: endpoint.into(),
            region: "eu-west-1".into(),
        };
        super::endpoint(&source, &origin)
    }

    #[test]
    fn endpoints_are_judged_by_what_the_console_takes() {
        use Verdict::{Blocker, Ok, Warning};
        for (location, endpoint, expected, words) in [
            ("s3://b", "https://b.s3.eu-west-1.amazonaws.com", Ok, "s3.eu-west-1.amazonaws.com"),
            ("s3://b", "https://minio.example.com", Warning, "no endpoint of Amazon"),
            ("s3://b", "http://10.0.0.7:9000", Blocker, "private network"),
            ("s3://b", "http://[fd00::1]:9000", Blocker, "private network"),
            ("s3://b", "http://127.0.0.1:9000", Warning, "this machine"),
            ("ks3://b", "https://b.ks3-cn-beijing.ksyuncs.com", Ok, "enter `ks3-cn-beijing"),
            ("ks3://b", "https://kss.ksyun.com", Ok, "kss.ksyun.com"),
            ("ks3://b", "https://files.example.com", Blocker, "CDN"),
            (
                "ks3://b",
                "https://b.ks3-cn-beijing-internal.ksyuncs.com",
                Warning,
                "within Kingsoft",
            ),
            ("oss://b", "https://b.oss-cn-hangzhou.aliyuncs.com", Ok, "region"),
            ("oss://b", "https://files.example.com", Warning, "no endpoint of OSS"),
            ("azure://a/c", "https://a.blob.core.windows.net", Ok, "`core.windows.net`"),
            ("azure://a/c", "https://a.blob.core.chinacloudapi.cn", Ok, "core.chinacloudapi.cn"),
            ("azure://a/c", "https://files.example.com", Warning, "no endpoint of Azure"),
        ] {
            let found = endpoint_of(location, endpoint, false);
            assert_eq!(found.verdict, expected, "{endpoint}: {found:?}");
            assert!(found.seen.contains(words), "{endpoint}: {found:?}");
            assert_eq!(found.remedy.is_some(), expected != Ok, "{endpoint}");
        }
        let found = endpoint_of("ks3://b", "https://b.ks3-cn-beijing.ksyuncs.com", true);
        assert_eq!(found.verdict, Warning);
    }

    #[test]
    fn the_border_is_told_where_both_sides_are_known() {
        let crossing = |location: &str, endpoint: &str, region: &str, to: Option<&str>| {
            let location = location.parse().unwrap();
            let error = StoreError::new(ErrorKind::Setup, "unused");
            let opened = Opened::Bucket(Err(&error));
            let (summary, region_of) = (None, region.to_owned());
            let source = Source {
                location: &location,
                opened,
                summary,
                pays: false,
                region: None,
                internal: false,
                to_prefix: None,
                to_region: to,
            };
            let origin =
                Origin { provider: String::new(), endpoint: endpoint.into(), region: region_of };
            border(&source, &origin).map(|finding| finding.verdict)
        };
        let aws = "https://b.s3.eu-west-1.amazonaws.com";
        let warning = Some(Verdict::Warning);
        assert_eq!(crossing("s3://b", aws, "eu-west-1", Some("cn-hangzhou")), warning);
        assert_eq!(crossing("s3://b", aws, "eu-west-1", Some("oss-cn-beijing")), warning);
        assert_eq!(crossing("s3://b", aws, "eu-west-1", Some("cn-hongkong")), None);
        assert_eq!(crossing("s3://b", aws, "cn-north-1", Some("cn-beijing")), Some(Verdict::Ok));
        assert_eq!(crossing("s3://b", aws, "eu-west-1", None), None);
        assert_eq!(crossing("s3://b", "https://store.example", "", Some("cn-beijing")), None);
        let ks3 = "https://ks3-rus.ksyuncs.com";
        assert_eq!(crossing("ks3://b", ks3, "RUSSIA", Some("cn-beijing")), warning);
        assert_eq!(crossing("ks3://b", ks3, "BEIJING", Some("cn-beijing")), Some(Verdict::Ok));
        let azure = "https://a.blob.core.windows.net";
        assert_eq!(crossing("azure://a/c", azure, "", Some("cn-beijing")), warning);
        let azure = "https://a.blob.core.chinacloudapi.cn";
        assert_eq!(crossing("azure://a/c", azure, "", Some("us-east-1")), warning);
    }

    #[test]
    fn prefixes_and_names_have_the_form_that_the_console_takes() {
        use Verdict::{Blocker, Ok, Warning};
        let forms = |location: &str| {
            let location = location.parse().unwrap();
            (name(&location).verdict, prefix(&location).verdict)
        };
        assert_eq!(forms("s3://bucket/docs/"), (Ok, Ok));
        assert_eq!(forms("s3://bucket"), (Ok, Ok));
        assert_eq!(forms("s3://bucket/docs"), (Ok, Blocker));
        assert_eq!(forms("s3://bucket//docs/"), (Ok, Blocker));
        assert_eq!(forms("s3://My_Bucket"), (Warning, Ok));
        assert_eq!(forms("s3://point-abc-s3alias"), (Warning, Ok));
        assert_eq!(forms("s3://quick--use1-az4--x-s3"), (Warning, Ok));
        assert_eq!(forms("ks3://tony-1234567890"), (Warning, Ok));
        assert_eq!(forms("ks3://tony-2024"), (Ok, Ok));
        assert_eq!(forms("azure://account/Data"), (Blocker, Ok));
        assert_eq!(forms("azure://account/$web"), (Warning, Ok));
        assert_eq!(forms("azure://account/data/x"), (Ok, Blocker));
    }
}
