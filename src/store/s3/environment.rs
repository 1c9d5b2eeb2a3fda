//! What the user's environment and configuration files say, read as the AWS tools read them.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig, imds};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::ServiceConfigKey;

use super::config::S3Config;
use super::credentials::KeyRing;
use super::directory::{self, Zone};
use super::endpoint::{Aws, Endpoint};
use crate::store::StoreError;

/// Instances answer within milliseconds; elsewhere nobody answers, and nobody should wait for that.
const INSTANCE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where AWS buckets are looked for first. Any region answers with the right one.
const FIRST_REGION: &str = "us-east-1";

/// Everything that was left open in the configuration.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) endpoint: Endpoint,
    pub(super) region: String,
    pub(super) keys: KeyRing,
    pub(super) ca_bundle: Option<PathBuf>,
}

/// Reads what `config` leaves open.
pub(super) async fn read(config: &S3Config) -> Result<Environment, StoreError> {
    let mut profile_region = ProfileFileRegionProvider::builder();
    if let Some(profile) = &config.profile {
        profile_region = profile_region.profile_name(profile);
    }
    // The instance is not asked for its region: off an instance that is a wait, and the bucket may be
    // elsewhere anyhow.
    let region = RegionProviderChain::first_try(config.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile_region.build())
        .or_else(Region::from_static(FIRST_REGION))
        .region()
        .await
        .unwrap_or(Region::from_static(FIRST_REGION));

    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region.clone());
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    let loader = if config.no_sign_request {
        loader.no_credentials()
    } else {
        loader.credentials_provider(credentials(config.profile.as_deref(), region.clone()).await)
    };
    let found = loader.load().await;
    let keys = match found.credentials_provider() {
        Some(provider) if !config.no_sign_request => KeyRing::from_provider(provider),
        _ => KeyRing::anonymous(),
    };
    let hosts = Aws {
        fips: found.use_fips().unwrap_or(false),
        dual_stack: found.use_dual_stack().unwrap_or(false),
    };
    let url = config.endpoint_url.clone().or_else(|| endpoint_url(&found));
    let endpoint = match (directory::zone(&config.bucket), url) {
        (_, Some(url)) => Endpoint::named(&url, hosts)?,
        (Some(zone), None) => Endpoint::regional(Zone { zone: zone.to_owned(), aws: hosts }),
        (None, None) => Endpoint::regional(hosts),
    };
    let ca_bundle =
        std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from);
    Ok(Environment { endpoint, region: region.to_string(), keys, ca_bundle })
}

/// The keys that the AWS tools would use, for another provider.
pub(crate) async fn key_ring(profile: Option<&str>) -> KeyRing {
    let chain = credentials(profile, Region::from_static(FIRST_REGION)).await;
    KeyRing::from_provider(SharedCredentialsProvider::new(chain))
}

async fn credentials(profile: Option<&str>, region: Region) -> DefaultCredentialsChain {
    let instance = imds::Client::builder()
        .connect_timeout(INSTANCE_TIMEOUT)
        .read_timeout(INSTANCE_TIMEOUT)
        .max_attempts(1)
        .build();
    let mut builder = DefaultCredentialsChain::builder().region(region).imds_client(instance);
    if let Some(profile) = profile {
        builder = builder.profile_name(profile);
    }
    builder.build().await
}

/// The endpoint for S3: `AWS_ENDPOINT_URL_S3`, then the profile's `services` section, then the general one.
fn endpoint_url(found: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = key.ok().and_then(|key| found.service_config()?.load_config(key));
    own.or_else(|| found.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty())
}
