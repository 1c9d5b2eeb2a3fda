//! How providers that speak the calls of S3 name permissions, tools and places in their consoles.

use crate::location::Location;
use crate::preflight::word::shell;

/// The words of a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tongue<'a> {
    provider: Provider,
    bucket: &'a str,
    endpoint: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    S3,
    Ks3,
    Oss,
}

impl<'a> Tongue<'a> {
    /// The words for a bucket; `endpoint` is where its provider is asked.
    pub(super) fn new(location: &'a Location, endpoint: &'a str) -> Self {
        let provider = match location {
            Location::Ks3(_) => Provider::Ks3,
            Location::Oss(_) => Provider::Oss,
            _ => Provider::S3,
        };
        Self { provider, bucket: location.bucket(), endpoint }
    }

    pub(super) fn provider(&self) -> Provider {
        self.provider
    }

    /// An object as a word of a command of the AWS tools.
    pub(super) fn object(&self, key: &str) -> String {
        shell(&format!("s3://{}/{key}", self.bucket))
    }

    /// A permission, by its name in S3 without the prefix.
    pub(super) fn action(&self, name: &str) -> String {
        match self.provider {
            Provider::S3 => format!("s3:{name}"),
            Provider::Ks3 => format!("ks3:{name}"),
            Provider::Oss => match name {
                "ListBucket" => "oss:ListObjects".into(),
                "GetEncryptionConfiguration" => "oss:GetBucketEncryption".into(),
                name => format!("oss:{name}"),
            },
        }
    }

    /// What a user is given to read, and no more.
    pub(super) fn read_only(&self) -> &'static str {
        match self.provider {
            Provider::S3 => "the managed policy `AmazonS3ReadOnlyAccess`",
            Provider::Ks3 => "a policy that allows `ks3:ListBucket` and `ks3:GetObject`",
            Provider::Oss => "the system policy `AliyunOSSReadOnlyAccess`",
        }
    }

    /// A call of the provider's tool on the bucket: `get-bucket-policy`.
    pub(super) fn tool(&self, call: &str) -> String {
        let bucket = shell(self.bucket);
        match self.provider {
            Provider::S3 => format!("aws s3api {call} --bucket {bucket}"),
            Provider::Ks3 => {
                let endpoint = shell(self.endpoint);
                format!("aws s3api {call} --bucket {bucket} --endpoint-url {endpoint}")
            }
            Provider::Oss => format!("ossutil api {call} --bucket {bucket}"),
        }
    }

    /// A command that gives a user the right to read, where the provider has a tool for it.
    pub(super) fn grant(&self) -> Option<&'static str> {
        match self.provider {
            Provider::S3 => Some(
                "aws iam attach-user-policy --user-name USER --policy-arn \
                 arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            ),
            Provider::Ks3 => None,
            Provider::Oss => Some(
                "aliyun ram AttachPolicyToUser --PolicyType System --PolicyName AliyunOSSReadOnlyAccess \
                 --UserName USER",
            ),
        }
    }

    /// Commands that make a user who can read and nothing else, with a key.
    pub(super) fn reader(&self) -> Option<&'static str> {
        match self.provider {
            Provider::S3 => Some(
                "aws iam create-user --user-name migration && aws iam attach-user-policy --user-name migration \
                 --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess && aws iam create-access-key \
                 --user-name migration",
            ),
            Provider::Ks3 => None,
            Provider::Oss => Some(
                "aliyun ram CreateUser --UserName migration && aliyun ram AttachPolicyToUser --PolicyType System \
                 --PolicyName AliyunOSSReadOnlyAccess --UserName migration && aliyun ram CreateAccessKey \
                 --UserName migration",
            ),
        }
    }

    /// The way to the bucket in the provider's console, and on: `Permissions > Bucket policy`.
    pub(super) fn console(&self, then: &str) -> String {
        let bucket = self.bucket.escape_debug();
        match self.provider {
            Provider::S3 => format!("S3 console > Buckets > {bucket} > {then}"),
            Provider::Ks3 => format!("KS3 console > My Buckets > {bucket} > {then}"),
            Provider::Oss => format!("OSS console > Buckets > {bucket} > {then}"),
        }
    }

    /// Where users and their keys are.
    pub(super) fn users(&self) -> &'static str {
        match self.provider {
            Provider::S3 => "IAM console > Users > the user",
            Provider::Ks3 => "Kingsoft Cloud console > Identities and Management > the user",
            Provider::Oss => "RAM console > Identities > Users > the user",
        }
    }

    /// Where keys are made.
    pub(super) fn keys(&self) -> &'static str {
        match self.provider {
            Provider::S3 => {
                "IAM console > Users > the user > Security credentials > Create access key"
            }
            Provider::Ks3 => {
                "Kingsoft Cloud console > Identities and Management > Setting > AccessKey management"
            }
            Provider::Oss => {
                "RAM console > Identities > Users > the user > AccessKey > Create AccessKey"
            }
        }
    }

    /// How a user comes to a key of KMS.
    pub(super) fn kms(&self) -> &'static str {
        match self.provider {
            Provider::S3 => {
                "KMS console > Customer managed keys > the key > Key users: add the user of the key, and allow \
                 it `kms:Decrypt`"
            }
            Provider::Ks3 => {
                "KMS of Kingsoft Cloud > the key: allow the user of the key to decrypt by it"
            }
            Provider::Oss => {
                "RAM console > Identities > Users > the user > Add Permissions: allow it `kms:Decrypt` on the key"
            }
        }
    }

    /// Where the policy of a bucket is.
    pub(super) fn policy(&self) -> String {
        self.console(match self.provider {
            Provider::S3 => "Permissions > Bucket policy",
            Provider::Ks3 => "Space settings > Bucket policy",
            Provider::Oss => "Permission Control > Bucket Policy",
        })
    }
}
