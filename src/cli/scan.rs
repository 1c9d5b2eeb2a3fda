//! `weighbridge scan`: weigh a bucket.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::dry_run::Plan;
use super::files::{ReportForm, report_form};
use super::scan_args::{BilledArgs, FilterArgs, OutputArgs, ScanArgs, Versions};
use super::{CommandResult, Console, Failure, files, progress, source};
use crate::exit::Exit;
use crate::filter::{FilterSpec, Filters};
use crate::location::{Location, LocationError};
use crate::manifest::{Encoding, OutputTarget};
use crate::object::Timestamp;
use crate::report;
use crate::scan::billed::{BilledOptions, BilledScan, VersionsListed};
use crate::scan::ledger::Ledger;
use crate::scan::pace::PaceOptions;
use crate::scan::{
    End, Explained, ManifestOptions, Outcome, Progress, ScanOptions, StateOptions, scan,
};
use crate::store::ListPrice;
use crate::summary::{BilledSection, Summary};
use crate::tally;
use crate::whole;

pub(super) fn run(args: &ScanArgs, console: Console) -> CommandResult {
    let location: Location = args
        .location
        .parse()
        .map_err(|error: LocationError| Failure::usage(&error).hint(error.hint()))?;
    let outputs = Outputs::prepare(&args.output)?;
    let now = Timestamp(unix_millis(SystemTime::now()));
    let filters = spec(&args.filter);
    Filters::new(&filters, now).map_err(|error| Failure::usage(&error).hint(error.hint()))?;
    if let Some(folder) = args.output.explain.as_ref().filter(|_| !args.dry_run) {
        let name = format!("folder `{}`", folder.display());
        fs::create_dir_all(folder).map_err(|error| Failure::output(&name, &error))?;
    }
    let state = state(args, &outputs)?;
    let cuts = hints(args, &location)?;
    let threads = match args.pace.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from).min(8),
        threads => threads,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    runtime.block_on(async {
        let source = source::open(&location, &args.source).await?;
        if args.dry_run {
            let plan = Plan {
                location: &location,
                source: &source,
                outputs: outputs.named(),
                state: state.as_ref().map(|state| state.directory.as_path()),
                list_price: args.pace.list_price,
            };
            let text = plan.check(console.style(true)).await?;
            return files::to_stdout(text.as_bytes()).map(|()| Exit::Done);
        }
        let billed = open_billed(args, &source, &location).await?;
        let asked = billed.as_ref().map_or(0, BilledScan::requests_sent);
        let options = ScanOptions {
            filters,
            cuts,
            state: state.clone(),
            ..scan_options(args, &location, &source, &outputs, now, asked)
        };
        let shown = Arc::new(Progress::default());
        let display = progress::show(Arc::clone(&shown), console);
        let (stop, stopped) = watch::channel(false);
        let listed = Arc::new(AtomicBool::new(false));
        tokio::spawn(stop_on_signal(stop, Arc::clone(&listed)));
        let origin = source.store.origin();
        let result = scan(Arc::clone(&source.store), options, shown, stopped.clone()).await;
        display.finish().await;
        let outcome = result?;
        let billed = match billed {
            Some(billed) => Some(billed.run(&outcome, stopped.clone()).await?),
            None => None,
        };
        listed.store(true, Ordering::Relaxed);
        let ended = Timestamp(unix_millis(SystemTime::now()));
        let origin = crate::store::Origin { region: source.store.origin().region, ..origin };
        let mut service = source.store.service();
        if let Some(usd_per_thousand) = args.pace.list_price {
            service.list_price = Some(ListPrice { usd_per_thousand, source: "given by the user" });
        }
        let manifest = outputs.manifest_name();
        let mut summary = Summary::of_scan(&outcome, &origin, &service, ended, manifest);
        summary.billed = billed.as_ref().map(|billed| BilledSection::of(billed, &outcome.ledger));
        outputs.write(&summary, console).map_err(|failure| match &state {
            Some(_) => failure.hint("repeat the call with `--resume`: nothing is listed again"),
            None => failure,
        })?;
        if let (Some(folder), Some(explained)) = (&args.output.explain, &outcome.explained) {
            explain(folder, explained)?;
        }
        let exit = conclude(&outcome, state.as_ref(), console);
        if exit != Exit::Done {
            return Ok(exit);
        }
        if billed.is_none_or(|billed| billed.is_complete()) {
            outcome.leftovers.remove()?;
            return Ok(Exit::Done);
        }
        warn_of_billed(state.is_some(), console);
        Ok(if *stopped.borrow() { Exit::Interrupted } else { Exit::Incomplete })
    })
}

/// How fast to ask.
fn pace(args: &ScanArgs) -> PaceOptions {
    let ScanArgs { pace, .. } = args;
    PaceOptions {
        concurrency: pace.concurrency,
        max_requests: pace.max_requests,
        max_rps: pace.max_rps,
    }
}

/// What flags and location say about the scan; `asked` requests have been sent before it.
fn scan_options(
    args: &ScanArgs,
    location: &Location,
    source: &source::Source,
    outputs: &Outputs,
    now: Timestamp,
    asked: u64,
) -> ScanOptions {
    ScanOptions {
        location: location.to_string(),
        prefix: source.prefix.clone(),
        filters: FilterSpec::default(),
        tally: tally::Options {
            prefix: source.prefix.as_slice().into(),
            depth: args.output.depth,
            prefix_bound: usize::try_from(args.output.prefixes).unwrap_or(usize::MAX),
            largest: args.output.largest,
            unnamed_class: "STANDARD".into(),
            ..tally::Options::new(now)
        },
        pace: PaceOptions {
            concurrency: args.pace.concurrency,
            max_requests: without(args.pace.max_requests, asked),
            max_rps: args.pace.max_rps,
        },
        hedging: !args.pace.no_hedging,
        probes: !args.pace.no_probes,
        cuts: Vec::new(),
        state: None,
        checkpoint_every: args.state.checkpoint_every.max(Duration::from_millis(10)),
        manifest: outputs.manifest.as_ref().map(|(target, encoding)| ManifestOptions {
            target: target.clone(),
            encoding: *encoding,
            bucket: source.bucket.clone(),
        }),
        explain: args.output.explain.is_some(),
    }
}

/// Makes sure that what is billed beside the current objects may be listed, if that is asked for.
async fn open_billed(
    args: &ScanArgs,
    source: &source::Source,
    location: &Location,
) -> Result<Option<BilledScan>, Failure> {
    /// Enough for a narrow interval, and few requests beside those of a large scan.
    const SAMPLED_RANGES: usize = 100;
    let versions = args.billed.versions.map(|versions| match versions {
        Versions::All => VersionsListed::All,
        Versions::Sample => VersionsListed::Sample(SAMPLED_RANGES),
    });
    let BilledArgs { include_snapshots: snapshots, include_deleted: deleted, uploads, .. } =
        args.billed;
    if versions.is_none() && uploads.is_none() && !snapshots && !deleted {
        return Ok(None);
    }
    if (snapshots || deleted) && matches!(versions, Some(VersionsListed::Sample(_))) {
        let text = "snapshots and what was deleted are not estimated from a sample";
        return Err(Failure::wrong(text).hint("give --versions without `=sample`"));
    }
    let options = BilledOptions { versions, snapshots, deleted, uploads, seed: rand::random() };
    let (store, prefix) = (Arc::clone(&source.store), source.prefix.clone());
    let opened = BilledScan::open(store, options, pace(args), location.to_string(), prefix).await;
    Ok(Some(opened?))
}

/// Says that a whole scan has a part beside it that is not.
fn warn_of_billed(resumable: bool, console: Console) {
    console.warn(
        "incomplete: not all that is billed could be listed, its figures are lower bounds",
        if resumable {
            "the totals of the current objects are exact; repeat the call with `--resume` to list only what \
             is billed beside them anew"
        } else {
            "the totals of the current objects are exact; repeat the call to list the rest anew"
        },
    );
}

/// A limit on requests of which some are sent already; 0 is none.
fn without(limit: u64, sent: u64) -> u64 {
    if limit == 0 { 0 } else { limit.saturating_sub(sent).max(1) }
}

/// Where everything goes; opened or tried before the scan, so that a typo does not cost hours.
struct Outputs {
    summary: Option<PathBuf>,
    manifest: Option<(OutputTarget, Encoding)>,
    reports: Vec<(PathBuf, ReportForm)>,
}

impl Outputs {
    fn prepare(args: &OutputArgs) -> Result<Self, Failure> {
        let stdout = Path::new("-");
        if args.output.as_deref() == Some(stdout) && args.manifest.as_deref() == Some(stdout) {
            return Err(Failure::wrong("summary and manifest cannot both go to stdout")
                .hint("give one of `--output` and `--manifest` a file"));
        }
        let manifest = match &args.manifest {
            None => None,
            Some(path) => {
                let target = OutputTarget::from_argument(path);
                let encoding = match &target {
                    OutputTarget::Stdout => on_stdout(&args.manifest_format)?,
                    OutputTarget::File(_) => target.encoding(None).map_err(|error| {
                        let hint = error.hint().map(str::to_owned);
                        Failure::usage(&error).maybe_hint(hint)
                    })?,
                };
                target.check_writable().map_err(|error| {
                    let hint = error.hint().map(str::to_owned);
                    Failure::failed(&error).maybe_hint(hint)
                })?;
                Some((target, encoding))
            }
        };
        if let Some(path) = args.output.as_deref().filter(|path| *path != stdout) {
            files::check_writable(path)?;
        }
        let mut reports = Vec::new();
        for path in &args.report {
            let form = report_form(path)?;
            files::check_writable(path)?;
            reports.push((path.clone(), form));
        }
        let file = match &manifest {
            Some((OutputTarget::File(path), _)) => Some(path.as_path()),
            _ => None,
        };
        let summary = args.output.as_deref().filter(|path| *path != stdout);
        let reports_to = reports.iter().map(|(path, _)| path.as_path());
        files::check_distinct(file.into_iter().chain(summary).chain(reports_to))?;
        Ok(Self { summary: args.output.clone(), manifest, reports })
    }

    /// Whether stdout carries data, so that what people read goes to stderr.
    fn data_on_stdout(&self) -> bool {
        self.summary.as_deref() == Some(Path::new("-"))
            || matches!(self.manifest, Some((OutputTarget::Stdout, _)))
    }

    /// The file that a scan can be resumed beside, if there is one: not beside a pipe or device.
    fn main_file(&self) -> Option<&Path> {
        let file = match (&self.manifest, &self.summary) {
            (Some((OutputTarget::File(file), _)), _) | (None, Some(file)) => file,
            (Some((OutputTarget::Stdout, _)), _) | (None, None) => return None,
        };
        (file != Path::new("-") && !whole::is_stream(file)).then_some(file)
    }

    /// What would be written, with where it would go.
    fn named(&self) -> Vec<(&'static str, String)> {
        let mut named = Vec::new();
        let place = |path: &Path| match path.to_str() {
            Some("-") => "stdout".to_owned(),
            _ => format!("`{}`", path.display()),
        };
        if let Some((path, format)) = self.manifest_name() {
            named.push(("every object", format!("{} ({format})", place(Path::new(&path)))));
        }
        named.extend(self.summary.iter().map(|path| ("the summary", place(path))));
        named.extend(self.reports.iter().map(|(path, _)| ("a report", place(path))));
        named
    }

    fn manifest_name(&self) -> Option<(String, String)> {
        let (target, encoding) = self.manifest.as_ref()?;
        let path = match target {
            OutputTarget::File(path) => path.display().to_string(),
            OutputTarget::Stdout => "-".into(),
        };
        Some((path, encoding.to_string()))
    }

    /// Shows the summary, and then writes it: whatever cannot be written, the figures are seen. The first failure.
    fn write(&self, summary: &Summary, console: Console) -> Result<(), Failure> {
        let on_stdout = !self.data_on_stdout();
        let shown = if console.is_quiet() {
            Ok(())
        } else {
            let text = report::terminal::render(summary, console.style(on_stdout));
            files::show(&text, on_stdout)
        };
        let mut written = vec![shown];
        if let Some(path) = &self.summary {
            let mut json = summary.to_json().map_err(|error| Failure::failed(&error))?;
            json.push('\n');
            written.push(files::write_whole(path, json.as_bytes()));
        }
        for (path, form) in &self.reports {
            let text = match form {
                ReportForm::Html => report::html::render(summary),
                ReportForm::Markdown => report::markdown::render(summary),
            };
            written.push(files::write_whole(path, text.as_bytes()));
        }
        written.into_iter().collect()
    }
}

/// The form of a manifest on stdout.
fn on_stdout(format: &str) -> Result<Encoding, Failure> {
    Encoding::from_path(Path::new(&format!("stdout.{format}"))).map_err(|_| {
        Failure::wrong(format!("`{format}` is no form of a manifest"))
            .hint("`--manifest-format` takes csv or jsonl, compressed csv.gz, csv.zst, jsonl.gz or jsonl.zst")
    })
}

/// Writes what the planner did and how busy it kept the bucket.
fn explain(folder: &Path, explained: &Explained) -> Result<(), Failure> {
    let mut decisions = explained.decisions.join("\n");
    decisions.push('\n');
    files::write_whole(&folder.join("planner.txt"), decisions.as_bytes())?;
    let picture = report::timeline_svg(&explained.timeline);
    files::write_whole(&folder.join("timeline.svg"), picture.as_bytes())
}

fn spec(args: &FilterArgs) -> FilterSpec {
    FilterSpec {
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        min_size: args.min_size.clone(),
        max_size: args.max_size.clone(),
        modified_since: args.modified_since.clone(),
        modified_before: args.modified_before.clone(),
        storage_classes: args.storage_class.clone(),
    }
}

/// Where the checkpoint is kept: where the user says, or beside the main output for as long as the scan
/// is not done.
fn state(args: &ScanArgs, outputs: &Outputs) -> Result<Option<StateOptions>, Failure> {
    let resume = args.state.resume;
    if let Some(directory) = &args.state.state {
        if resume && matches!(outputs.manifest, Some((OutputTarget::Stdout, _))) {
            return Err(Failure::wrong("a manifest on stdout cannot be resumed")
                .hint("write it to a file with `--manifest FILE`"));
        }
        return Ok(Some(StateOptions { directory: directory.clone(), resume, keep: true }));
    }
    let Some(file) = outputs.main_file() else {
        if resume {
            return Err(Failure::wrong("nothing says where the scan to resume is kept")
                .hint("name it with `--state DIR`, or repeat the `--manifest` or `--output` of the first call"));
        }
        return Ok(None);
    };
    let mut name = file.as_os_str().to_owned();
    name.push(".weighbridge");
    Ok(Some(StateOptions { directory: PathBuf::from(name), resume, keep: false }))
}

/// Cut points of an earlier scan.
fn hints(args: &ScanArgs, location: &Location) -> Result<Vec<Vec<u8>>, Failure> {
    /// Pieces per request in flight: enough to balance, few enough to waste nothing.
    const PIECES: usize = 64;
    let Some(path) = &args.state.hints else { return Ok(Vec::new()) };
    let (order, prefix) = (source::key_order(location), location.prefix().as_bytes());
    let ledger = Ledger::read(path, |_| order).map_err(|error| {
        Failure::usage(&error).hint("`--hints` takes the ledger.json of an earlier scan")
    })?;
    let mut cuts = ledger.cuts(args.pace.concurrency.max(PIECES));
    cuts.retain(|cut| cut.starts_with(prefix) && cut.len() > prefix.len());
    Ok(cuts)
}

pub(super) fn unix_millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The first Ctrl-C ends the scan in order; the second, or one after it has listed, ends the program at once:
/// an output may wait for ever for its reader.
async fn stop_on_signal(stop: watch::Sender<bool>, listed: Arc<AtomicBool>) {
    let mut first: Option<Instant> = None;
    loop {
        if signalled().await.is_err() {
            // Without signals there is nothing to wait for, and `stop` has to outlive the scan.
            std::future::pending::<()>().await;
        }
        // One signal may come twice, to the program and to the group that it is in.
        let again = first.is_some_and(|first| first.elapsed() > Duration::from_millis(50));
        if again || (first.is_none() && listed.load(Ordering::Relaxed)) {
            #[expect(clippy::exit, reason = "asked for; the checkpoint on disk is whole")]
            std::process::exit(Exit::Interrupted as i32);
        }
        first.get_or_insert_with(Instant::now);
        let _ = stop.send(true);
    }
}

#[cfg(unix)]
async fn signalled() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Says how to go on where the scan is not complete, and how to exit.
fn conclude(outcome: &Outcome, state: Option<&StateOptions>, console: Console) -> Exit {
    let (exit, why) = match outcome.end {
        End::Complete => {
            if outcome.sent == 0 {
                console.note("the scan was done before: nothing was listed; without `--resume` it begins anew");
            }
            return Exit::Done;
        }
        End::Failed => (Exit::Incomplete, "some ranges could not be listed"),
        End::RequestLimit => (Exit::Incomplete, "the number of requests allowed was sent"),
        End::Interrupted => (Exit::Interrupted, "the scan was stopped"),
    };
    let hint = match state {
        Some(state) => format!(
            "repeat the call with `--resume` to go on; checkpoint and rows so far are in `{}`",
            state.directory.display()
        ),
        None => "with `--state DIR` a scan can be stopped and gone on with".into(),
    };
    console.warn(&format!("incomplete: {why}, totals are lower bounds"), &hint);
    exit
}
