//! Locations as they are copied from a browser or a console.

use percent_encoding::percent_decode_str;

use super::error::LocationProblem;
use super::parse::{check_name, split};
use super::types::{AZURE_SUFFIX, Bucket, Container, Location};

/// Reads what follows `https://`.
pub(super) fn read(rest: &str) -> Result<Location, LocationProblem> {
    if rest.contains(['?', '#']) {
        return Err(LocationProblem::Query);
    }
    let (host, path) = split(rest);
    let host = host.to_ascii_lowercase();
    let path = percent_decode_str(path).decode_utf8().map_err(|_| LocationProblem::NotUtf8)?;
    if let Some((account, suffix)) = azure_account(&host) {
        return container(account, suffix, &path).map(Location::Azure);
    }
    let Some((name, region)) = s3_host(&host) else {
        return Err(LocationProblem::UnknownHost(host.escape_debug().to_string()));
    };
    let (name, prefix) = if name.is_empty() { split(&path) } else { (name, path.as_ref()) };
    check_name(name, LocationProblem::NoBucket)?;
    let region = region.map(ToOwned::to_owned);
    Ok(Location::S3(Bucket { name: name.to_owned(), prefix: prefix.to_owned(), region }))
}

/// Account and suffix of `ACCOUNT.blob.core.CLOUD`, also with a zone as in `ACCOUNT.z01.blob.storage.azure.net`.
pub(crate) fn azure_account(host: &str) -> Option<(&str, &str)> {
    let (account, suffix) = host.split_once('.')?;
    let is_azure = suffix.starts_with("blob.core.") || suffix.ends_with(".blob.storage.azure.net");
    (is_azure && !account.is_empty()).then_some((account, suffix))
}

fn container(account: &str, suffix: &str, path: &str) -> Result<Container, LocationProblem> {
    let (name, prefix) = split(path);
    check_name(name, LocationProblem::NoContainer)?;
    Ok(Container {
        account: account.to_owned(),
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        suffix: Some(suffix.to_owned()).filter(|suffix| suffix != AZURE_SUFFIX),
    })
}

/// Bucket (empty where it is in the path) and region of a host of S3: `BUCKET.s3.REGION.amazonaws.com`
/// and its older, dual-stack, FIPS and Chinese relatives.
fn s3_host(host: &str) -> Option<(&str, Option<&str>)> {
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    // From the right: an optional region, an optional `dualstack`, then the label of the service.
    let (before, last) = host.rsplit_once('.').unwrap_or(("", host));
    if let Some(region) = region_of_service(last) {
        return Some((before, Some(region).filter(|region| !region.is_empty())));
    }
    let before = before.strip_suffix(".dualstack").unwrap_or(before);
    let (bucket, service) = before.rsplit_once('.').unwrap_or(("", before));
    region_of_service(service).map(|_| (bucket, Some(last)))
}

/// The region within a label of the service, empty where there is none: `s3` or `s3-eu-west-1`.
fn region_of_service(label: &str) -> Option<&str> {
    let rest = label.strip_prefix("s3")?;
    if rest.is_empty() {
        return Some(rest);
    }
    match rest.strip_prefix('-')? {
        "accelerate" | "fips" | "website" | "external-1" => Some(""),
        region => Some(region.strip_prefix("website-").unwrap_or(region)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Location, LocationProblem> {
        super::read(text)
    }

    #[test]
    fn the_hosts_of_s3_name_bucket_and_region() {
        for (text, bucket, region, prefix) in [
            ("b.s3.eu-west-1.amazonaws.com/a/b", "b", Some("eu-west-1"), "a/b"),
            ("my.b.s3.eu-west-1.amazonaws.com/", "my.b", Some("eu-west-1"), ""),
            ("s3.eu-west-1.amazonaws.com/b/a%20b", "b", Some("eu-west-1"), "a b"),
            ("b.s3.amazonaws.com/a+b", "b", None, "a+b"),
            ("s3.amazonaws.com/b", "b", None, ""),
            ("b.s3-eu-west-1.amazonaws.com", "b", Some("eu-west-1"), ""),
            ("s3-eu-west-1.amazonaws.com/b//x", "b", Some("eu-west-1"), "/x"),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "b", Some("eu-west-1"), ""),
            ("b.s3-fips.us-gov-west-1.amazonaws.com", "b", Some("us-gov-west-1"), ""),
            ("b.s3.cn-north-1.amazonaws.com.cn/x", "b", Some("cn-north-1"), "x"),
            ("B.S3-accelerate.amazonaws.com", "b", None, ""),
        ] {
            let region = region.map(str::to_owned);
            let expected = Bucket { name: bucket.into(), prefix: prefix.into(), region };
            assert_eq!(read(text), Ok(Location::S3(expected)), "{text}");
        }
    }

    #[test]
    fn the_hosts_of_azure_name_the_account() {
        for (text, printed) in [
            ("acc.blob.core.windows.net/c/a%20b/", "azure://acc/c/a b/"),
            ("acc.blob.core.usgovcloudapi.net/c", "https://acc.blob.core.usgovcloudapi.net/c"),
            ("acc.z01.blob.storage.azure.net/c", "https://acc.z01.blob.storage.azure.net/c"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), printed);
        }
        assert_eq!(read("acc.blob.core.windows.net/"), Err(LocationProblem::NoContainer));
    }

    #[test]
    fn other_hosts_and_queries_are_refused() {
        for host in [
            "example.com",
            "s3.example.com",
            "ec2.eu-west-1.amazonaws.com",
            "evil-s3.amazonaws.com",
        ] {
            assert_eq!(read(&format!("{host}/b")), Err(LocationProblem::UnknownHost(host.into())));
        }
        assert_eq!(read("b.s3.amazonaws.com/?list-type=2"), Err(LocationProblem::Query));
        assert_eq!(read("b.s3.amazonaws.com/%FF"), Err(LocationProblem::NotUtf8));
        assert_eq!(read("s3.amazonaws.com/"), Err(LocationProblem::NoBucket));
    }
}
