//! What a user can say about a bucket of KS3, and what comes of it.

use super::credentials::{self, Found};
use super::regions::{self, Ks3Hosts};
use super::sign::{KSS4, Kss2};
use crate::store::s3::S3Store;
use crate::store::s3::credentials::KeyRing;
use crate::store::s3::endpoint::Endpoint;
use crate::store::s3::environment;
use crate::store::s3::settled::Settled;
use crate::store::s3::sign::{Scheme, Sign, SignerV4};
use crate::store::{KeyInUse, Plus, Quirks, StoreError, http};

/// The keys that the user's environment and files hold for KS3.
///
/// # Errors
/// [`ErrorKind::NoCredentials`](crate::store::ErrorKind::NoCredentials) where there are none, or the place
/// that should have them is broken.
pub async fn find_keys(profile: Option<&str>) -> Result<Option<KeyInUse>, StoreError> {
    Ok(credentials::find(profile)?.keys.keys().await?.map(|keys| keys.in_use()))
}

/// How requests are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignVersion {
    /// AWS Signature Version 4 for KS3's regions, which KS3's documentation recommends.
    #[default]
    V4,
    /// KS3's first own signature.
    Kss2,
    /// Version 4 in KS3's own words.
    Kss4,
}

/// Where a bucket of KS3 is and how to ask for it. What is left open comes from the environment and the
/// profile file.
#[derive(Clone, Debug)]
pub struct Ks3Config {
    /// The bucket's name.
    pub bucket: String,
    /// The region's code, such as `BEIJING`. A wrong one is corrected by what KS3 answers.
    pub region: Option<String>,
    /// The endpoint, where it is not the region's own.
    pub endpoint_url: Option<String>,
    /// Whether to go by Kingsoft's own network.
    pub internal: bool,
    /// The profile that has the keys.
    pub profile: Option<String>,
    /// Whether keys and profiles are those of the AWS tools.
    pub aws_credentials: bool,
    /// Whether to ask without credentials, as public buckets allow.
    pub no_sign_request: bool,
    /// How requests are signed.
    pub sign_version: SignVersion,
    /// Whether the bucket is named in the path, which KS3 itself does not serve.
    pub path_style: Option<bool>,
    /// Limits on time and memory, and whom to trust.
    pub http: http::Settings,
}

impl Ks3Config {
    /// A bucket, everything else left open.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            region: None,
            endpoint_url: None,
            internal: false,
            profile: None,
            aws_credentials: false,
            no_sign_request: false,
            sign_version: SignVersion::default(),
            path_style: None,
            http: http::Settings::default(),
        }
    }
}

/// Finds out what the configuration leaves open and gets the bucket ready to be listed. Nothing is sent
/// to the store yet.
///
/// # Errors
/// [`ErrorKind::Setup`](crate::store::ErrorKind::Setup) for what cannot be right, and
/// [`ErrorKind::NoCredentials`](crate::store::ErrorKind::NoCredentials) where none are found and none were
/// waived.
pub async fn connect(config: Ks3Config) -> Result<S3Store, StoreError> {
    let Found { keys, region, endpoint_url } = if config.no_sign_request {
        without_profile(KeyRing::anonymous())
    } else if config.aws_credentials {
        without_profile(environment::key_ring(config.profile.as_deref()).await)
    } else {
        credentials::find(config.profile.as_deref())?
    };
    keys.keys().await?;
    let hosts = Ks3Hosts { internal: config.internal };
    let endpoint = match config.endpoint_url.or(endpoint_url) {
        Some(url) => Endpoint::named(&url, hosts)?,
        None => Endpoint::regional(hosts),
    };
    let region = config
        .region
        .map(|region| regions::code(&region))
        .or_else(|| endpoint.named_region())
        .or_else(|| region.map(|region| regions::code(&region)))
        .unwrap_or_else(|| regions::FIRST.to_owned());
    let signer: Box<dyn Sign> = match config.sign_version {
        SignVersion::V4 => Box::new(SignerV4::new(Scheme::AWS4)),
        SignVersion::Kss4 => Box::new(SignerV4::new(KSS4)),
        SignVersion::Kss2 => Box::new(Kss2),
    };
    S3Store::new(Settled {
        provider: "ks3".to_owned(),
        bucket: config.bucket,
        endpoint,
        region,
        session: None,
        keys,
        signer,
        path_style: config.path_style,
        request_payer: false,
        quirks: quirks(),
        service: None,
        http: config.http,
    })
}

fn without_profile(keys: KeyRing) -> Found {
    Found { keys, region: None, endpoint_url: None }
}

/// How KS3 lists. Its SDKs take an absent class for `STANDARD`; two of three read `+` as a space, and the
/// third does not.
#[must_use]
pub fn quirks() -> Quirks {
    Quirks { default_class: "STANDARD", plus: Plus::Unsure, ..Quirks::default() }
}
