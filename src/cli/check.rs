//! `weighbridge check`: what has to be right before a migration.

use std::path::Path;
use std::time::{Instant, SystemTime};

use futures::future::{BoxFuture, FutureExt as _};

use super::check_args::{CheckArgs, CheckOutputArgs};
use super::files::{self, ReportForm, check_writable, read_text, report_form, write_whole};
use super::source::{Connected, connect};
use super::{CommandResult, Console, Failure};
use crate::exit::Exit;
use crate::location::{Bucket, Location, LocationError};
use crate::object::Timestamp;
use crate::preflight::source::{Opened, Source};
use crate::preflight::{self, Checks, Finding};
use crate::report;
use crate::summary::{ReadError, Summary};

pub(super) fn run(args: &CheckArgs, console: Console) -> CommandResult {
    let location: Location = args
        .location
        .parse()
        .map_err(|error: LocationError| Failure::usage(&error).hint(error.hint()))?;
    let destination = args.to.as_deref().map(destination).transpose()?;
    let summary = args.summary.as_deref().map(|path| read(path, &location)).transpose()?;
    let reports = check_outputs(&args.output)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    let (started, begun) = (SystemTime::now(), Instant::now());
    let found = runtime.block_on(check(args, &location, destination.as_ref(), summary.as_ref()))?;
    let to = args.to.clone();
    let checks = Checks::new(location.to_string(), to, started, begun.elapsed(), found);
    write(&checks, summary.as_ref(), &args.output, &reports, console)?;
    Ok(if checks.has_blockers() { Exit::Findings } else { Exit::Done })
}

/// Runs the checks of all sides together.
async fn check(
    args: &CheckArgs,
    location: &Location,
    destination: Option<&Bucket>,
    summary: Option<&Summary>,
) -> Result<Vec<Finding>, Failure> {
    let connected = connect(location, &args.source).await?;
    let opened = match &connected {
        Connected::Bucket(store) => Opened::Bucket(store.as_deref()),
        Connected::Container { config, store } => Opened::Container(config, store.as_deref()),
        Connected::Demo(store, _) => Opened::Bucket(Ok(store)),
    };
    let source = Source {
        location,
        opened,
        summary,
        pays: args.source.request_payer,
        region: args.source.region.as_deref(),
        internal: args.source.internal,
        to_prefix: destination.map(|bucket| bucket.prefix.as_str()),
        to_region: destination.and_then(|bucket| args.destination.region(bucket)),
    };
    let mut sides: Vec<BoxFuture<'_, Vec<Finding>>> =
        vec![preflight::source::check(&source).boxed()];
    if let Some(bucket) = destination {
        let to = &args.destination;
        let sessions = to.connect().await?;
        sides.push(
            async move {
                let now = Timestamp(jiff::Timestamp::now().as_millisecond());
                let destination = to.destination(bucket, &sessions, summary, now);
                Box::pin(preflight::destination::check(&destination)).await
            }
            .boxed(),
        );
    }
    Ok(preflight::run(sides).await)
}

/// The bucket and prefix of `--to`.
fn destination(text: &str) -> Result<Bucket, Failure> {
    const HINT: &str = "write it like `oss://bucket` or `oss://bucket/prefix/`";
    match text.parse() {
        Ok(Location::Oss(bucket)) => Ok(bucket),
        Ok(_) => {
            Err(Failure::wrong(format!("`{}` is no bucket of OSS", text.escape_debug())).hint(HINT))
        }
        // A location's own hint thinks of sources.
        Err(error @ LocationError::Invalid { .. }) => Err(Failure::usage(&error).hint(HINT)),
        Err(error) => Err(Failure::usage(&error).hint(error.hint())),
    }
}

/// Reads the summary of a scan, which has to be one of `location`.
fn read(path: &Path, location: &Location) -> Result<Summary, Failure> {
    const HINT: &str = "give the file that `weighbridge scan --output` wrote";
    let name = format!("`{}`", path.display());
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::wrong(format!("cannot read {name}: {error}")).hint(HINT)
    };
    let text = read_text(path).map_err(|error| unreadable(&error))?;
    let summary = Summary::from_json(&text).map_err(|error: ReadError| unreadable(&error))?;
    if summary.location == location.to_string() {
        return Ok(summary);
    }
    let text = format!(
        "the summary {name} is of {}, and not of {location}",
        report::sanitize(summary.location.as_bytes(), true)
    );
    Err(Failure::wrong(text).hint("weigh the same location, or name the one that was weighed"))
}

/// Tries the outputs before anything is asked.
fn check_outputs(args: &CheckOutputArgs) -> Result<Vec<ReportForm>, Failure> {
    if let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) {
        check_writable(path)?;
    }
    let form = |path: &std::path::PathBuf| {
        let form = report_form(path)?;
        check_writable(path)?;
        Ok(form)
    };
    args.report.iter().map(form).collect()
}

fn write(
    checks: &Checks,
    summary: Option<&Summary>,
    args: &CheckOutputArgs,
    forms: &[ReportForm],
    console: Console,
) -> Result<(), Failure> {
    if let Some(path) = &args.output {
        let json = checks.to_json().map_err(|error| Failure::failed(&error))?;
        write_whole(path, json.as_bytes())?;
    }
    for (path, form) in args.report.iter().zip(forms) {
        let text = match form {
            ReportForm::Html => report::html::render_checks(checks, summary),
            ReportForm::Markdown => report::markdown::render_checks(checks, summary),
        };
        write_whole(path, text.as_bytes())?;
    }
    if console.is_quiet() {
        return Ok(());
    }
    let on_stdout = args.output.as_deref() != Some(Path::new("-"));
    let text = report::terminal::render_checks(checks, console.style(on_stdout));
    files::show(&text, on_stdout)
}
