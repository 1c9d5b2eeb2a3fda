//! From a location and flags to a store that can be listed.

use std::sync::Arc;

use super::scan_args::{SignVersion, SourceArgs};
use super::typed::Typed;
use super::{Failure, azure};
use crate::location::{Bucket, Demo, Location};
use crate::object::KeyOrder;
use crate::scan::ledger::Settings;
use crate::simulator::{
    BucketConfig, DEFAULT_REGION, Generated, ShapeName, Simulator, SimulatorConfig,
};
use crate::store::azure::{AzureConfig, AzureStore};
use crate::store::ks3::{self, Ks3Config};
use crate::store::oss::{self, Network, OssConfig};
use crate::store::s3::{S3Config, S3Store, providers};
use crate::store::{Store, StoreError};

/// A store, with the server behind it where the location is a demonstration.
pub(super) struct Source {
    pub(super) store: Arc<dyn Store>,
    /// The prefix below which is listed.
    pub(super) prefix: Vec<u8>,
    /// The bucket's name as manifests give it.
    pub(super) bucket: String,
    /// Serves a demonstration for as long as it lives.
    _simulator: Option<Simulator>,
}

/// The order in which keys of a location are listed.
pub(super) fn key_order(location: &Location) -> KeyOrder {
    match location {
        Location::Azure(_) => KeyOrder::Utf16,
        _ => KeyOrder::Bytes,
    }
}

/// The order in which the keys of a ledger's location are listed. A location that cannot be read has none;
/// whoever needs the location tells of that.
pub(super) fn order_of(settings: &Settings) -> KeyOrder {
    settings.location.parse().map_or(KeyOrder::Bytes, |location| key_order(&location))
}

/// Connects to what the location names.
pub(super) async fn open(location: &Location, args: &Typed<SourceArgs>) -> Result<Source, Failure> {
    let failed = |error| Failure::store(&error, &location.to_string());
    let (store, simulator): (Arc<dyn Store>, _) = match connect(location, args).await? {
        Connected::Bucket(store) => (Arc::new(*store.map_err(failed)?), None),
        Connected::Container { store, .. } => (Arc::new(*store.map_err(failed)?), None),
        Connected::Demo(store, simulator) => (Arc::new(*store), Some(*simulator)),
    };
    Ok(Source {
        store,
        prefix: location.prefix().as_bytes().to_vec(),
        bucket: location.bucket().to_owned(),
        _simulator: simulator,
    })
}

/// What a location names, by what it speaks.
pub(super) enum Connected {
    Bucket(Result<Box<S3Store>, StoreError>),
    Container {
        config: Box<AzureConfig>,
        store: Result<Box<AzureStore>, StoreError>,
    },
    /// With the server, which ends when it is dropped.
    Demo(Box<S3Store>, Box<Simulator>),
}

/// Connects to what the location names. What keeps the store from being reached is for the caller to
/// judge; a call that is wrong in itself fails.
pub(super) async fn connect(
    location: &Location,
    args: &Typed<SourceArgs>,
) -> Result<Connected, Failure> {
    refuse_unfitting(location, args)?;
    Ok(match location {
        Location::S3(bucket) => Connected::Bucket(s3(bucket, args).await.map(Box::new)),
        Location::Ks3(bucket) => Connected::Bucket(ks3(bucket, args).await.map(Box::new)),
        Location::Oss(bucket) => Connected::Bucket(oss(bucket, args).await.map(Box::new)),
        Location::Azure(container) => {
            let config = Box::new(azure::config(container, args)?);
            let store = AzureStore::connect(AzureConfig::clone(&config)).await.map(Box::new);
            Connected::Container { config, store }
        }
        Location::Demo(demo) => {
            let (store, simulator) = open_demo(location, demo).await?;
            Connected::Demo(Box::new(store), Box::new(simulator))
        }
    })
}

/// A flag that says nothing about this source was meant for another one.
fn refuse_unfitting(location: &Location, args: &Typed<SourceArgs>) -> Result<(), Failure> {
    let buckets: &[&str] = &["s3", "ks3", "oss"];
    let flags: [(&str, &[&str]); 14] = [
        ("--profile", buckets),
        ("--region", buckets),
        ("--addressing", buckets),
        ("--internal", &["ks3", "oss"]),
        ("--accelerate", &["oss"]),
        ("--sign-version", &["ks3"]),
        ("--aws-credentials", &["ks3"]),
        ("--request-payer", &["s3", "oss"]),
        ("--connection-string-file", &["azure"]),
        ("--account-key-file", &["azure"]),
        ("--sas-token-file", &["azure"]),
        ("--entra-id", &["azure"]),
        ("--provider", &["s3"]),
        ("--page-size", &["s3", "azure"]),
    ];
    let scheme = location.scheme();
    for (flag, schemes) in flags {
        if args.has(flag) && !schemes.contains(&scheme) {
            let names: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
            return Err(Failure::wrong(format!("`{flag}` says nothing about {location}"))
                .hint(format!("leave it out; it is for {}", names.join(" and "))));
        }
    }
    Ok(())
}

async fn s3(bucket: &Bucket, args: &SourceArgs) -> Result<S3Store, StoreError> {
    S3Store::connect(S3Config {
        region: args.region.clone().or_else(|| bucket.region.clone()),
        endpoint_url: args.endpoint_url.clone(),
        profile: args.profile.clone(),
        no_sign_request: args.no_sign_request,
        request_payer: args.request_payer,
        path_style: args.addressing.path_style(),
        service: args.provider.as_deref().and_then(providers::find),
        page_limit: args.page_size,
        ..S3Config::new(&bucket.name)
    })
    .await
}

async fn ks3(bucket: &Bucket, args: &SourceArgs) -> Result<S3Store, StoreError> {
    ks3::connect(Ks3Config {
        region: args.region.clone(),
        endpoint_url: args.endpoint_url.clone(),
        internal: args.internal,
        profile: args.profile.clone(),
        aws_credentials: args.aws_credentials,
        no_sign_request: args.no_sign_request,
        sign_version: match args.sign_version {
            SignVersion::V4 => ks3::SignVersion::V4,
            SignVersion::Kss2 => ks3::SignVersion::Kss2,
            SignVersion::Kss4 => ks3::SignVersion::Kss4,
        },
        path_style: args.addressing.path_style(),
        ..Ks3Config::new(&bucket.name)
    })
    .await
}

async fn oss(bucket: &Bucket, args: &SourceArgs) -> Result<S3Store, StoreError> {
    oss::connect(OssConfig {
        region: args.region.clone(),
        endpoint_url: args.endpoint_url.clone(),
        network: match (args.internal, args.accelerate) {
            (true, _) => Network::Internal,
            (false, true) => Network::Accelerate,
            (false, false) => Network::Public,
        },
        profile: args.profile.clone(),
        no_sign_request: args.no_sign_request,
        request_payer: args.request_payer,
        path_style: args.addressing.path_style(),
        ..OssConfig::new(&bucket.name)
    })
    .await
}

async fn open_demo(location: &Location, demo: &Demo) -> Result<(S3Store, Simulator), Failure> {
    const BUCKET: &str = "demo";
    const OBJECTS: u64 = 1_000_000;
    let shape = match demo.shape.as_deref() {
        None => ShapeName::default(),
        Some(name) => name.parse().map_err(|error| {
            Failure::usage(&error).hint("name it as demo:SHAPE?objects=1M&seed=1")
        })?,
    };
    let content = Generated::new(shape, demo.objects.unwrap_or(OBJECTS), demo.seed.unwrap_or(1))
        .map_err(|error| Failure::usage(&error))?;
    let mut config = SimulatorConfig::with_bucket(BUCKET, BucketConfig::new(content));
    // Nothing is secret in it, and keys in the environment belong to somebody else's bucket.
    config.anonymous = true;
    let simulator = Simulator::start_in_thread(config).map_err(|error| Failure::failed(&error))?;
    let store = S3Store::connect(S3Config {
        region: Some(DEFAULT_REGION.into()),
        endpoint_url: Some(simulator.endpoint()),
        no_sign_request: true,
        provider: "demo".into(),
        ..S3Config::new(BUCKET)
    })
    .await
    .map_err(|error| Failure::store(&error, &location.to_string()))?;
    Ok((store, simulator))
}
