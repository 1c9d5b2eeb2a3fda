//! `weighbridge simulate`: a bucket server on loopback.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};

use super::{CommandResult, Console, Failure};
use crate::exit::Exit;
use crate::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaRole, AlibabaSimulator,
    Behaviour, BucketConfig, Content, Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect,
    Generated, History, Latency, ShapeName, Simulator, SimulatorConfig, account_key, read_keys,
};
use crate::units;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  weighbridge simulate --listen 127.0.0.1:9000 --bucket photos --shape dates --objects 1M
  weighbridge simulate --bucket b --keys keys.txt --latency lognormal:50ms --max-rps 200 --fault error-500=0.01
  weighbridge simulate --bucket photos --objects 1M --alibaba

The key id `weighbridge` with the secret `weighbridge-secret` is always accepted.")]
pub(super) struct SimulateArgs {
    /// Where to listen: an address of this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Which service to pass for: s3, ks3, oss, azure
    #[arg(long, value_name = "NAME", default_value = "s3")]
    dialect: Dialect,
    /// The bucket's name
    #[arg(long, value_name = "NAME", default_value = "demo")]
    bucket: String,
    /// The bucket's region; by default where the dialect's buckets are looked for first
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// A file of keys, one a line, or CSV with the columns key and size
    #[arg(long, value_name = "FILE", conflicts_with_all = ["shape", "objects"], value_hint = ValueHint::FilePath)]
    keys: Option<PathBuf>,
    /// How generated keys are shaped: hex, sequence, dates, hive, zipf, deep, tiny, giant, cjk, mixed
    #[arg(long, value_name = "NAME", default_value = "mixed")]
    shape: ShapeName,
    /// How many objects are generated, such as 1M
    #[arg(long, value_name = "N", default_value = "100k", value_parser = units::parse_count)]
    objects: u64,
    /// Decides generated keys, latencies and faults
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The most noncurrent versions and delete markers behind each object
    #[arg(long, value_name = "N", default_value = "0", value_parser = units::parse_count)]
    versions: u64,
    /// Share of objects that are followed by a deleted key, such as 0.1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    deleted: f64,
    /// Unfinished multipart uploads
    #[arg(long, value_name = "N", default_value = "0", value_parser = units::parse_count)]
    uploads: u64,
    /// How long answers are held back: 50ms, or lognormal:50ms
    #[arg(long, value_name = "TIME", default_value = "0ms")]
    latency: Latency,
    /// Requests per second above which 503 is answered
    #[arg(long, value_name = "N")]
    max_rps: Option<f64>,
    /// A fault or quirk, such as error-500=0.01 or start-after-inclusive; may be repeated
    #[arg(long, value_name = "ITEM")]
    fault: Vec<String>,
    /// A further key that is accepted; may be repeated
    #[arg(long, value_name = "ID:SECRET")]
    key: Vec<String>,
    /// Answer requests without a signature too
    #[arg(long)]
    anonymous: bool,
    /// Stand in for Alibaba Cloud, too, on a port of its own: rehearse `weighbridge jobs` with the bucket
    #[arg(long)]
    alibaba: bool,
}

/// Where the rehearsed jobs copy to, and as what.
const DESTINATION: &str = "destination";
const ROLE: &str = "oss-import";

/// A key of KMS, and what another account has: its number, the name of its bucket and key.
const KEY: &str = "rehearsal-key";
const OTHER_ACCOUNT: &str = "6543210987654321";
const OTHER: &str = "others";

pub(super) fn run(args: &SimulateArgs, console: Console) -> CommandResult {
    let bucket = match &args.keys {
        Some(path) => BucketConfig::new(read_keys(path).map_err(|error| Failure::failed(&error))?),
        None => BucketConfig::new(
            Generated::new(args.shape, args.objects, args.seed)
                .map_err(|error| Failure::usage(&error))?,
        ),
    };
    let bucket = bucket.with_history(History {
        versions: args.versions,
        deleted: args.deleted,
        uploads: args.uploads,
        seed: args.seed,
    });
    let source = Arc::clone(&bucket.content);
    let mut behaviour = Behaviour::default();
    for item in &args.fault {
        behaviour.set(item).map_err(|error| Failure::usage(&error))?;
    }
    let region = args.region.clone().unwrap_or_else(|| args.dialect.first_region().to_owned());
    let mut config = SimulatorConfig::with_bucket(args.bucket.clone(), bucket.in_region(region));
    for pair in &args.key {
        let Some((id, secret)) = pair.split_once(':') else {
            return Err(Failure::wrong("a key is given as ID:SECRET"));
        };
        config.credentials.push(Credential {
            key_id: id.into(),
            secret: secret.into(),
            session_token: None,
        });
    }
    config.listen = args.listen;
    config.dialect = args.dialect;
    config.latency = args.latency;
    config.max_rps = args.max_rps;
    config.anonymous = args.anonymous;
    config.behaviour = behaviour;
    config.seed = args.seed;
    let alibaba = if args.alibaba {
        let started = AlibabaSimulator::start_in_thread(alibaba(args, source, &config));
        Some(started.map_err(|error| Failure::failed(&error))?)
    } else {
        None
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    runtime.block_on(async {
        let simulator = Simulator::start(config).await.map_err(|error| Failure::failed(&error))?;
        if !console.is_quiet() {
            let alibaba = alibaba.as_ref().map(AlibabaSimulator::endpoint);
            announce(args.dialect, &simulator.endpoint(), &args.bucket, alibaba.as_deref())
                .map_err(|error| Failure::output("stdout", &error))?;
        }
        stopped().await.map_err(|error| Failure::failed(&error))?;
        drop((simulator, alibaba));
        Ok(Exit::Done)
    })
}

/// Alibaba Cloud with a bucket to copy to, whose jobs find `source` where the bucket's name is, and with an
/// account that is somebody else's.
fn alibaba(
    args: &SimulateArgs,
    source: Arc<dyn Content>,
    config: &SimulatorConfig,
) -> AlibabaConfig {
    let default = AlibabaConfig::default();
    AlibabaConfig {
        listen: SocketAddr::new(args.listen.ip(), 0),
        home: AlibabaAccount {
            credentials: config.credentials.clone(),
            buckets: BTreeMap::from([(DESTINATION.to_owned(), AlibabaBucket::default())]),
            roles: BTreeMap::from([(ROLE.to_owned(), AlibabaRole::default())]),
            keys: BTreeMap::from([(KEY.to_owned(), AlibabaKey::in_instance())]),
            ..default.home
        },
        others: vec![AlibabaAccount {
            credentials: vec![Credential {
                key_id: OTHER.to_owned(),
                secret: format!("{OTHER}-secret"),
                session_token: None,
            }],
            buckets: BTreeMap::from([(OTHER.to_owned(), AlibabaBucket::default())]),
            keys: BTreeMap::from([(format!("{OTHER}-key"), AlibabaKey::in_instance())]),
            ..AlibabaAccount::new(OTHER_ACCOUNT)
        }],
        sources: BTreeMap::from([(args.bucket.clone(), source)]),
        // Long enough to be watched.
        steps: 20,
        ..default
    }
}

fn announce(
    dialect: Dialect,
    endpoint: &str,
    bucket: &str,
    alibaba: Option<&str>,
) -> io::Result<()> {
    let pair = |id: &str, secret: &str| format!("{id}={DEFAULT_KEY_ID} {secret}={DEFAULT_SECRET}");
    // Where a dialect's keys are looked for first.
    let keys = match dialect {
        Dialect::S3 => pair("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        Dialect::Ks3 => pair("KS3_ACCESS_KEY_ID", "KS3_SECRET_ACCESS_KEY"),
        Dialect::Oss => pair("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"),
        Dialect::Azure => format!("AZURE_STORAGE_KEY={}", account_key(DEFAULT_SECRET)),
    };
    let account =
        if dialect == Dialect::Azure { format!("{DEFAULT_KEY_ID}/") } else { String::new() };
    let location = format!("{}://{account}{bucket}", dialect.name());
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {endpoint}")?;
    let Some(alibaba) = alibaba else {
        writeln!(stdout, "try: {keys} weighbridge scan {location} --endpoint-url {endpoint}")?;
        return stdout.flush();
    };
    let region = AlibabaConfig::default().region;
    let service = pair("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let source = pair("WEIGHBRIDGE_SOURCE_ACCESS_ID", "WEIGHBRIDGE_SOURCE_ACCESS_SECRET");
    writeln!(stdout, "Alibaba Cloud is played on {alibaba}")?;
    writeln!(
        stdout,
        "try: {keys} weighbridge scan {location} --endpoint-url {endpoint} --output summary.json --manifest objects.csv.zst"
    )?;
    writeln!(
        stdout,
        "then: export {service} {source} WEIGHBRIDGE_ALIBABA_ENDPOINT={alibaba} WEIGHBRIDGE_ALIBABA_ROLE={ROLE}"
    )?;
    writeln!(
        stdout,
        "then: weighbridge jobs summary.json --to oss://{DESTINATION}/copy/ --region {region} --manifest objects.csv.zst --inventory-dir lists --exclude-hazards --output jobs.json --submit"
    )?;
    writeln!(stdout, "then: weighbridge jobs status jobs.json --watch --every 1s")?;
    writeln!(stdout, "then: weighbridge jobs check jobs.json")?;
    stdout.flush()
}

/// Waits for Ctrl-C or a polite request to end.
async fn stopped() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
