//! Which service a server passes for.

use std::str::FromStr;

use thiserror::Error;

use super::config::DEFAULT_REGION;

/// The protocol that a simulator speaks: how requests are signed, what listings look like, which errors
/// there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon S3.
    #[default]
    S3,
    /// Kingsoft KS3.
    Ks3,
    /// Alibaba Cloud OSS.
    Oss,
    /// Azure Blob Storage; buckets are containers of the account that is named like the accepted key id.
    Azure,
}

/// A name that is no dialect.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no dialect: there are s3, ks3, oss and azure")]
pub struct UnknownDialect(String);

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 4] = [Self::S3, Self::Ks3, Self::Oss, Self::Azure];

    /// The region where clients that were told of none look for a bucket first.
    #[must_use]
    pub fn first_region(self) -> &'static str {
        match self {
            Self::S3 | Self::Azure => DEFAULT_REGION,
            Self::Ks3 => "BEIJING",
            Self::Oss => "cn-hangzhou",
        }
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Ks3 => "ks3",
            Self::Oss => "oss",
            Self::Azure => "azure",
        }
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == text)
            .ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}
