//! Whole scans against the simulator: totals alone, and with a manifest.
//!
//! Wall time of client and server together on one machine, so only ratios within a run mean anything;
//! `scripts/bench` measures the scanning process apart.

#![expect(clippy::expect_used, reason = "a bench that cannot run must say so")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::sync::watch;
use weighbridge::filter::FilterSpec;
use weighbridge::manifest::{Encoding, OutputTarget};
use weighbridge::object::Timestamp;
use weighbridge::scan::pace::PaceOptions;
use weighbridge::scan::{ManifestOptions, Progress, ScanOptions, StateOptions, scan};
use weighbridge::simulator::{BucketConfig, Generated, ShapeName, Simulator, SimulatorConfig};
use weighbridge::store::s3::{S3Config, S3Store};
use weighbridge::tally;

const OBJECTS: u64 = 50_000;

fn options(manifest: Option<&Path>) -> ScanOptions {
    ScanOptions {
        location: "s3://bench".into(),
        prefix: Vec::new(),
        filters: FilterSpec::default(),
        tally: tally::Options::new(Timestamp(1_790_000_000_000)),
        pace: PaceOptions { concurrency: 16, ..PaceOptions::default() },
        hedging: true,
        probes: true,
        cuts: Vec::new(),
        state: manifest.map(|path| StateOptions {
            directory: path.with_extension("state"),
            resume: false,
            keep: false,
        }),
        checkpoint_every: Duration::from_secs(5),
        manifest: manifest.map(|path| ManifestOptions {
            target: OutputTarget::File(path.to_owned()),
            encoding: Encoding::default(),
            bucket: "bench".into(),
        }),
        explain: false,
    }
}

fn scans(criterion: &mut Criterion) {
    let content = Generated::new(ShapeName::Hive, OBJECTS, 1).expect("a shape of this size");
    let mut config = SimulatorConfig::with_bucket("bench", BucketConfig::new(content));
    config.anonymous = true;
    let simulator = Simulator::start_in_thread(config).expect("a server on loopback");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let store = runtime
        .block_on(S3Store::connect(S3Config {
            endpoint_url: Some(simulator.endpoint()),
            region: Some("us-east-1".into()),
            no_sign_request: true,
            ..S3Config::new("bench")
        }))
        .expect("nothing is sent yet");
    let store: Arc<dyn weighbridge::store::Store> = Arc::new(store);
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("objects.csv");
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(OBJECTS)).sample_size(10);
    for (name, manifest) in [("totals", None), ("csv manifest", Some(manifest.as_path()))] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (_stop, stopped) = watch::channel(false);
                let run = scan(
                    Arc::clone(&store),
                    options(manifest),
                    Arc::new(Progress::default()),
                    stopped,
                );
                let outcome = runtime.block_on(run).expect("a scan of loopback");
                assert_eq!(outcome.ledger.tally.totals().counts.objects, OBJECTS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, scans);
criterion_main!(benches);
