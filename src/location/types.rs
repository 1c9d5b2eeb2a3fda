//! Locations, and how they print.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::BucketRule;

/// The host suffix of Azure accounts outside the national clouds.
pub const AZURE_SUFFIX: &str = "blob.core.windows.net";

/// What an URL path keeps as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// What a user names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// Amazon S3 or a server that speaks its protocol.
    S3(Bucket),
    /// Kingsoft KS3.
    Ks3(Bucket),
    /// Alibaba Cloud OSS.
    Oss(Bucket),
    /// Azure Blob Storage.
    Azure(Container),
    /// Generated objects.
    Demo(Demo),
}

/// A bucket and a prefix in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The name of the bucket.
    pub name: String,
    /// What keys begin with; empty for the whole bucket.
    pub prefix: String,
    /// The region, where the form told it.
    pub region: Option<String>,
}

/// An Azure container and a prefix in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Container {
    /// The storage account.
    pub account: String,
    /// The name of the container.
    pub name: String,
    /// What names of blobs begin with; empty for the whole container.
    pub prefix: String,
    /// The host suffix where it is not [`AZURE_SUFFIX`], such as `blob.core.chinacloudapi.cn`.
    pub suffix: Option<String>,
}

/// A generated bucket. What is `None` was not said, and the generator chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demo {
    /// The name of the key shape.
    pub shape: Option<String>,
    /// How many objects.
    pub objects: Option<u64>,
    /// What the objects are generated from: the same seed gives the same objects.
    pub seed: Option<u64>,
}

impl Location {
    /// The scheme, without punctuation: `s3`, `ks3`, `oss`, `azure` or `demo`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::S3(_) => "s3",
            Self::Ks3(_) => "ks3",
            Self::Oss(_) => "oss",
            Self::Azure(_) => "azure",
            Self::Demo(_) => "demo",
        }
    }

    /// What keys begin with; empty for everything.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self {
            Self::S3(bucket) | Self::Ks3(bucket) | Self::Oss(bucket) => &bucket.prefix,
            Self::Azure(container) => &container.prefix,
            Self::Demo(_) => "",
        }
    }

    /// The bucket or container; `demo` for a generated one.
    #[must_use]
    pub fn bucket(&self) -> &str {
        match self {
            Self::S3(bucket) | Self::Ks3(bucket) | Self::Oss(bucket) => &bucket.name,
            Self::Azure(container) => &container.name,
            Self::Demo(_) => "demo",
        }
    }
}

impl Bucket {
    /// Checks the name against the rules of AWS for new general purpose buckets: 3 to 63 characters out
    /// of `a-z 0-9 . -`, letters or digits at both ends, no `..`, not an IPv4 address.
    ///
    /// Not part of reading a location, because servers with other rules are named by `s3://` too, and
    /// buckets from before the rules are still there: call it to explain a refusal.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_aws_name(&self) -> Result<(), BucketRule> {
        let name = self.name.as_bytes();
        let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !(3..=63).contains(&name.len()) {
            return Err(BucketRule::Length);
        }
        if !name.iter().all(|byte| is_letter(byte) || matches!(byte, b'.' | b'-')) {
            return Err(BucketRule::Characters);
        }
        if !name.first().is_some_and(is_letter) || !name.last().is_some_and(is_letter) {
            return Err(BucketRule::Ends);
        }
        if self.name.contains("..") {
            return Err(BucketRule::Dots);
        }
        if self.name.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(BucketRule::Address);
        }
        Ok(())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3(bucket) | Self::Ks3(bucket) | Self::Oss(bucket) => {
                write!(f, "{}://{}", self.scheme(), bucket.name)?;
                with_prefix(f, &bucket.prefix)
            }
            Self::Azure(container) => container.fmt(f),
            Self::Demo(demo) => demo.fmt(f),
        }
    }
}

fn with_prefix(f: &mut fmt::Formatter<'_>, prefix: &str) -> fmt::Result {
    if prefix.is_empty() { Ok(()) } else { write!(f, "/{prefix}") }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, name, prefix, suffix } = self;
        match suffix {
            None => {
                write!(f, "azure://{account}/{name}")?;
                with_prefix(f, prefix)
            }
            Some(suffix) => {
                write!(f, "https://{account}.{suffix}/{}", utf8_percent_encode(name, PATH))?;
                with_prefix(f, &utf8_percent_encode(prefix, PATH).to_string())
            }
        }
    }
}

impl fmt::Display for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "demo:{}", self.shape.as_deref().unwrap_or_default())?;
        let parameters = [("objects", self.objects), ("seed", self.seed)];
        let said = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (index, (name, value)) in said.enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}
