//! Reading a location.

use std::str::FromStr;

use super::error::{LocationError, LocationProblem};
use super::https;
use super::types::{Bucket, Container, Demo, Location};
use crate::units::parse_count;

/// Names of query parameters, in lower case, that carry a signature or key.
const SECRET_PARAMETERS: [&str; 10] = [
    "sig",
    "signature",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "awsaccesskeyid",
    "x-oss-signature",
    "x-oss-credential",
    "ossaccesskeyid",
    "kssaccesskeyid",
];

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(input: &str) -> Result<Self, LocationError> {
        if holds_credentials(input) {
            return Err(LocationError::Credentials);
        }
        read(input).map_err(|problem| LocationError::new(input, problem))
    }
}

fn read(input: &str) -> Result<Location, LocationProblem> {
    if input.trim().is_empty() {
        return Err(LocationProblem::Empty);
    }
    if let Some(rest) = strip_scheme(input, "demo:") {
        return demo(rest.strip_prefix("//").unwrap_or(rest)).map(Location::Demo);
    }
    if strip_scheme(input, "arn:").is_some() {
        return arn(input).map(Location::S3);
    }
    let Some((scheme, rest)) = input.split_once("://") else {
        return Err(if is_local_path(input) {
            LocationProblem::LocalPath
        } else {
            LocationProblem::BareName
        });
    };
    match scheme.to_ascii_lowercase().as_str() {
        "s3" => bucket(rest).map(Location::S3),
        "ks3" => bucket(rest).map(Location::Ks3),
        "oss" => bucket(rest).map(Location::Oss),
        "azure" => container(rest).map(Location::Azure),
        "https" => https::read(rest),
        "file" => Err(LocationProblem::LocalPath),
        // What stands before `://` may be deep inside a path or name.
        other if other.contains(['/', ' ']) && is_local_path(input) => {
            Err(LocationProblem::LocalPath)
        }
        other if other.contains(['/', ' ']) => Err(LocationProblem::BareName),
        _ => Err(LocationProblem::UnknownScheme(scheme.to_owned())),
    }
}

fn strip_scheme<'a>(input: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = input.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn is_local_path(input: &str) -> bool {
    let bytes = input.as_bytes();
    let drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    drive || input.starts_with(['/', '.', '~', '\\'])
}

/// Splits at the first `/`: what follows is the prefix, as it is.
pub(super) fn split(rest: &str) -> (&str, &str) {
    rest.split_once('/').unwrap_or((rest, ""))
}

fn bucket(rest: &str) -> Result<Bucket, LocationProblem> {
    let (name, prefix) = split(rest);
    check_name(name, LocationProblem::NoBucket)?;
    Ok(Bucket { name: name.to_owned(), prefix: prefix.to_owned(), region: None })
}

/// Refuses only what can be a bucket nowhere; see [`Bucket::check_aws_name`] for the rules of AWS.
pub(super) fn check_name(name: &str, missing: LocationProblem) -> Result<(), LocationProblem> {
    if name.is_empty() {
        return Err(missing);
    }
    if name
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '/' | '\\' | '?' | '#'))
    {
        return Err(LocationProblem::BadName(name.escape_debug().to_string()));
    }
    Ok(())
}

fn container(rest: &str) -> Result<Container, LocationProblem> {
    let (account, rest) = split(rest);
    let (name, prefix) = split(rest);
    check_name(account, LocationProblem::NoAccount)?;
    check_name(name, LocationProblem::NoContainer)?;
    Ok(Container {
        account: account.to_owned(),
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        suffix: None,
    })
}

/// `arn:PARTITION:s3:::BUCKET/PREFIX`, in any partition of AWS.
fn arn(input: &str) -> Result<Bucket, LocationProblem> {
    let mut parts = input.splitn(6, ':').skip(1);
    let partition = parts.next().unwrap_or_default();
    let (service, region, account) = (parts.next(), parts.next(), parts.next());
    let is_bucket = partition.starts_with("aws")
        && (service, region, account) == (Some("s3"), Some(""), Some(""));
    if !is_bucket {
        return Err(LocationProblem::BadArn);
    }
    bucket(parts.next().unwrap_or_default())
}

fn demo(rest: &str) -> Result<Demo, LocationProblem> {
    let (shape, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !shape.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(LocationProblem::BadShape(shape.escape_debug().to_string()));
    }
    let mut demo =
        Demo { shape: Some(shape.to_owned()).filter(|shape| !shape.is_empty()), ..Demo::default() };
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, slot) = match name {
            "objects" => ("objects", &mut demo.objects),
            "seed" => ("seed", &mut demo.seed),
            other => {
                return Err(LocationProblem::UnknownParameter(other.escape_debug().to_string()));
            }
        };
        let value =
            parse_count(value).map_err(|source| LocationProblem::BadParameter { name, source })?;
        *slot = Some(value);
    }
    Ok(demo)
}

/// Whether there is a user before an `@`, a colon where none can be, or a signed query. Rather too often
/// than too seldom: what is refused here would not be found either, and a secret may hold any character.
fn holds_credentials(input: &str) -> bool {
    let is_signed = input.split(['?', '&', '#']).skip(1).any(|parameter| {
        let name = parameter.split_once('=').map(|(name, _)| name.to_ascii_lowercase());
        name.is_some_and(|name| SECRET_PARAMETERS.contains(&name.as_str()))
    });
    let (scheme, rest) = input.split_once("://").unwrap_or(("", input));
    let authority = split(rest).0;
    let has_user = if scheme.is_empty() {
        // `user:secret@host`; a colon alone may belong to `demo:`, an ARN or a drive.
        let is_arn = strip_scheme(input, "arn:aws").is_some();
        authority.contains('@') || authority.contains(':') && input.contains('@') && !is_arn
    } else {
        let port = authority.rsplit_once(':').map(|(_, port)| port);
        let is_port = port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        let is_url = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        authority.contains('@') || port.is_some() && !(is_url && is_port)
    };
    is_signed || has_user
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Location, LocationError> {
        text.parse()
    }

    #[test]
    fn the_prefix_is_taken_as_it_is() {
        for prefix in ["", "a", "a/", "/", "//a", " a b ", "ü/%20+?x#y", "a@b:c", "*"] {
            let expected = Bucket { name: "bucket".into(), prefix: prefix.into(), region: None };
            assert_eq!(
                read(&format!("s3://bucket/{prefix}")),
                Ok(Location::S3(expected)),
                "{prefix}"
            );
        }
        assert_eq!(read("s3://bucket").unwrap().prefix(), "");
        assert_eq!(read("S3://Old_Bucket/x").unwrap().bucket(), "Old_Bucket");
    }

    #[test]
    fn every_form_prints_as_it_reads() {
        for text in [
            "s3://bucket",
            "s3://bucket/pre fix/ü",
            "ks3://bucket/a",
            "oss://bucket//a",
            "azure://account/container",
            "azure://account/$root/a b",
            "https://account.blob.core.chinacloudapi.cn/container/a%20b",
            "demo:",
            "demo:flat",
            "demo:dates?objects=1000000&seed=1",
            "demo:?seed=7",
        ] {
            let location = read(text).unwrap();
            assert_eq!(location.to_string(), text);
            assert_eq!(read(&location.to_string()), Ok(location));
        }
    }

    #[test]
    fn arns_and_counts_with_letters_are_understood() {
        assert_eq!(read("arn:aws:s3:::bucket/a:b/c").unwrap().to_string(), "s3://bucket/a:b/c");
        assert_eq!(read("arn:aws:s3:::bucket/a@b").unwrap().to_string(), "s3://bucket/a@b");
        assert_eq!(read("arn:aws-cn:s3:::bucket").unwrap().to_string(), "s3://bucket");
        assert_eq!(
            read("demo:flat?objects=10_000&seed=2").unwrap().to_string(),
            "demo:flat?objects=10000&seed=2"
        );
        assert_eq!(read("demo:?objects=1M").unwrap().to_string(), "demo:?objects=1000000");
    }

    #[test]
    fn what_is_no_location_is_refused_with_the_way_out() {
        for (text, message, hint) in [
            (
                "my-bucket/x",
                "location `my-bucket/x` has no scheme",
                "did you mean s3://my-bucket/x",
            ),
            ("./data", "location `./data` is a local path", "`weighbridge tally`"),
            ("C:\\data", "location `C:\\\\data` is a local path", "`weighbridge tally`"),
            ("file:///data", "location `file:///data` is a local path", "`weighbridge tally`"),
            ("s3://", "location `s3://` names no bucket", "s3://BUCKET/PREFIX"),
            ("s3:///a", "location `s3:///a` names no bucket", "s3://BUCKET/PREFIX"),
            (
                "s3://my bucket/a",
                "location `s3://my bucket/a` has `my bucket` where a bucket should be",
                "s3://",
            ),
            (
                "gs://bucket",
                "location `gs://bucket` has the unknown scheme `gs`",
                "s3://BUCKET/PREFIX",
            ),
            (
                "s3a://bucket/x",
                "location `s3a://bucket/x` has the unknown scheme `s3a`",
                "did you mean s3://bucket/x",
            ),
            (
                "http://127.0.0.1:9000/b",
                "location `http://127.0.0.1:9000/b` has the unknown scheme `http`",
                "AWS_ENDPOINT_URL",
            ),
            (
                "azure://account",
                "location `azure://account` names no container",
                "azure://ACCOUNT/CONTAINER",
            ),
            (
                "azure:///c",
                "location `azure:///c` names no storage account",
                "azure://ACCOUNT/CONTAINER",
            ),
            (
                "arn:aws:sns:::topic",
                "location `arn:aws:sns:::topic` is an ARN of something other than an S3 bucket",
                "arn:aws:s3:::",
            ),
            (
                "demo:x?size=1",
                "location `demo:x?size=1` has the unknown parameter `size`",
                "objects=1M",
            ),
            (
                "demo:?objects=x",
                "location `demo:?objects=x` has a bad `objects`: count `x` is not a number",
                "10k",
            ),
            ("demo:a/b", "location `demo:a/b` has the bad shape `a/b`", "demo:SHAPE"),
            ("", "location `` is empty", "s3://"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.hint().contains(hint), "{text}: {}", error.hint());
        }
    }

    #[test]
    fn credentials_are_refused_and_never_repeated() {
        for text in [
            "s3://AKIA:SECRET@bucket/a",
            "s3://AKIA:SEC/RET@bucket/a",
            "s3://AKIA:SECRET",
            "AKIA:SEC/RET@host",
            "https://user:SECRET@account.blob.core.windows.net/c",
            "https://user:SEC/RET@host/c",
            "https://account.blob.core.windows.net/c?sv=2024&sig=SECRET",
            "azure://account/c/p?sv=2024&Sig=SECRET",
            "https://b.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=SECRET",
            "ftp://user:SECRET@host/a",
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error, LocationError::Credentials, "{text}");
            assert!(!format!("{error} {error:?} {}", error.hint()).contains("RET"));
        }
    }

    #[test]
    fn the_rules_of_aws_are_asked_separately() {
        use crate::location::BucketRule;
        let rule = |name: &str| {
            Bucket { name: name.into(), prefix: String::new(), region: None }.check_aws_name()
        };
        for (name, expected) in [
            ("my.bucket-1", Ok(())),
            ("ab", Err(BucketRule::Length)),
            ("Upper", Err(BucketRule::Characters)),
            ("-ab", Err(BucketRule::Ends)),
            ("a..b", Err(BucketRule::Dots)),
            ("10.0.0.1", Err(BucketRule::Address)),
        ] {
            assert_eq!(rule(name), expected, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bucket_and_prefix_read_back(name in "[a-z0-9._-]{1,20}", prefix in "[^?&#]{0,20}") {
            let location = Location::S3(Bucket { name, prefix, region: None });
            proptest::prop_assert_eq!(read(&location.to_string()), Ok(location));
        }

        #[test]
        fn no_text_makes_it_fail_otherwise_than_with_an_error(text: String) {
            let _ = read(&text).map_err(|error| error.hint());
        }
    }
}
