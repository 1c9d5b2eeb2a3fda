//! From a location and flags to a store that can be listed.

use std::sync::Arc;

use super::Failure;
use super::scan_args::{Addressing, SourceArgs};
use crate::location::{Demo, Location};
use crate::simulator::{
    BucketConfig, DEFAULT_REGION, Generated, ShapeName, Simulator, SimulatorConfig,
};
use crate::store::Store;
use crate::store::s3::{S3Config, S3Store};

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

/// Connects to what the location names.
pub(super) async fn open(location: &Location, args: &SourceArgs) -> Result<Source, Failure> {
    match location {
        Location::S3(s3) => {
            let config = S3Config {
                region: args.region.clone().or_else(|| s3.region.clone()),
                endpoint_url: args.endpoint_url.clone(),
                profile: args.profile.clone(),
                no_sign_request: args.no_sign_request,
                request_payer: args.request_payer,
                path_style: match args.addressing {
                    Addressing::Auto => None,
                    Addressing::Path => Some(true),
                    Addressing::Virtual => Some(false),
                },
                ..S3Config::new(&s3.name)
            };
            let store = S3Store::connect(config)
                .await
                .map_err(|error| Failure::store(&error, &location.to_string()))?;
            Ok(Source {
                store: Arc::new(store),
                prefix: s3.prefix.clone().into_bytes(),
                bucket: s3.name.clone(),
                _simulator: None,
            })
        }
        Location::Demo(demo) => open_demo(location, demo).await,
        other => Err(Failure::wrong(format!("{other} cannot be scanned by this version"))
            .hint("s3:// and demo: locations can")),
    }
}

async fn open_demo(location: &Location, demo: &Demo) -> Result<Source, Failure> {
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
    Ok(Source {
        store: Arc::new(store),
        prefix: Vec::new(),
        bucket: BUCKET.into(),
        _simulator: Some(simulator),
    })
}
