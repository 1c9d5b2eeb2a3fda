//! What a user can say about a bucket of OSS, and what comes of it.

use super::credentials;
use super::hosts::{self, OssHosts};
use super::sign::Oss4;
use crate::store::s3::S3Store;
use crate::store::s3::credentials::KeyRing;
use crate::store::s3::endpoint::Endpoint;
use crate::store::s3::settled::Settled;
use crate::store::{ErrorKind, KeyInUse, Plus, Quirks, StoreError, http};

/// By which network OSS is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// The internet.
    #[default]
    Public,
    /// Alibaba Cloud's own, from within the region: traffic is free.
    Internal,
    /// The nearest of Alibaba Cloud's points of presence, for buckets with transfer acceleration.
    Accelerate,
}

/// Where a bucket of OSS is and how to ask for it. What is left open comes from the environment and the
/// files of Alibaba Cloud's tools.
#[derive(Clone, Debug)]
pub struct OssConfig {
    /// The bucket's name.
    pub bucket: String,
    /// The region, such as `cn-hangzhou`. A wrong one is corrected by what OSS answers.
    pub region: Option<String>,
    /// The endpoint, where it is not the region's own.
    pub endpoint_url: Option<String>,
    /// By which network the region's own endpoint is reached.
    pub network: Network,
    /// The profile that has the keys.
    pub profile: Option<String>,
    /// Whether to ask without credentials, as public buckets allow.
    pub no_sign_request: bool,
    /// Whether to agree to pay for requests to a bucket whose owner wants that.
    pub request_payer: bool,
    /// Whether the bucket is named in the path, which OSS itself does not serve.
    pub path_style: Option<bool>,
    /// Limits on time and memory, and whom to trust.
    pub http: http::Settings,
}

impl OssConfig {
    /// A bucket, everything else left open.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            region: None,
            endpoint_url: None,
            network: Network::default(),
            profile: None,
            no_sign_request: false,
            request_payer: false,
            path_style: None,
            http: http::Settings::default(),
        }
    }
}

/// Finds out what the configuration leaves open and gets the bucket ready to be listed. Nothing is sent
/// to the store yet.
///
/// # Errors
/// [`ErrorKind::Setup`] for what cannot be right, and [`ErrorKind::NoCredentials`] where none are found and
/// none were waived.
pub async fn connect(config: OssConfig) -> Result<S3Store, StoreError> {
    let keys = if config.no_sign_request {
        KeyRing::anonymous()
    } else {
        credentials::find(config.profile.as_deref())?
    };
    keys.keys().await?;
    let hosts = OssHosts { network: config.network };
    let endpoint = match &config.endpoint_url {
        Some(url) => Endpoint::named(url, hosts)?,
        None => Endpoint::regional(hosts),
    };
    let told =
        config.region.map(|region| hosts::region(&region)).or_else(|| endpoint.named_region());
    let region = match told {
        Some(region) => region,
        // One host for all regions does not name the right one.
        None if config.network == Network::Accelerate && config.endpoint_url.is_none() => {
            return Err(StoreError::new(
                ErrorKind::Setup,
                "accelerated requests are signed for the bucket's region, which is not named\nhint: name \
                 it with `--region`, such as `--region cn-hangzhou`",
            ));
        }
        None => hosts::FIRST.to_owned(),
    };
    S3Store::new(Settled {
        provider: "oss".to_owned(),
        bucket: config.bucket,
        endpoint,
        region,
        session: None,
        keys,
        signer: Box::new(Oss4::new()),
        path_style: config.path_style,
        request_payer: config.request_payer,
        service: None,
        quirks: quirks(),
        http: config.http,
    })
}

/// The keys that the user's environment and files hold for Alibaba Cloud. A role is taken on.
///
/// # Errors
/// [`ErrorKind::NoCredentials`] where there are none, or the place
/// that should have them is broken.
pub async fn find_keys(profile: Option<&str>) -> Result<Option<KeyInUse>, StoreError> {
    Ok(credentials::find(profile)?.keys().await?.map(|keys| keys.in_use()))
}

/// How OSS lists. Its SDKs decode names, and tokens with them, by percent signs only.
#[must_use]
pub fn quirks() -> Quirks {
    Quirks { plus: Plus::Itself, encoded_token: true, ..Quirks::default() }
}
