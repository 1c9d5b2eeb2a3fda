//! `weighbridge verify`: list a random sample of a ledger's ranges again.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::scan_args::SourceArgs;
use super::typed::Typed;
use super::{CommandResult, Console, Failure, files, source};
use crate::exit::Exit;
use crate::filter::Filters;
use crate::location::Location;
use crate::object::Timestamp;
use crate::report::{bytes_iec, count, sanitize};
use crate::scan::ledger::{FILE_NAME, Ledger};
use crate::scan::pace::PaceOptions;
use crate::scan::{RangeCheck, verify};

/// Ranges that are listed again unless another number is given.
const SAMPLE: usize = 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 4 says that a range holds something else now: it changed since, or was miscounted."
)]
pub(super) struct VerifyArgs {
    /// The ledger.json of a scan, or the state folder that holds it
    #[arg(value_name = "LEDGER", value_hint = ValueHint::FilePath)]
    ledger: PathBuf,
    #[command(flatten)]
    source: Typed<SourceArgs>,
    /// How many ranges to list again
    #[arg(long, value_name = "N", default_value_t = SAMPLE)]
    sample: usize,
    /// Decides which ranges are drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Requests in flight
    #[arg(short, long, value_name = "N", default_value_t = 16)]
    concurrency: usize,
}

pub(super) fn run(args: &VerifyArgs, console: Console) -> CommandResult {
    let path = if args.ledger.is_dir() { args.ledger.join(FILE_NAME) } else { args.ledger.clone() };
    let ledger = Ledger::read(&path, source::order_of).map_err(|error| Failure::failed(&error))?;
    if ledger.sequential {
        return Err(Failure::wrong(format!(
            "the scan in `{}` walked a store that keeps no order: it has no ranges to list again",
            path.display()
        )));
    }
    let location: Location = ledger
        .settings
        .location
        .parse()
        .map_err(|error: crate::location::LocationError| Failure::failed(&error))?;
    let filters = Filters::new(&ledger.settings.filters, Timestamp(ledger.started_ms))
        .map_err(|error| Failure::failed(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    let checks = runtime.block_on(async {
        let source = source::open(&location, &args.source).await?;
        let filters = filters.relative_to(&source.prefix);
        let pace = PaceOptions { concurrency: args.concurrency.max(1), ..PaceOptions::default() };
        // 0 leaves the choice to us, as everywhere.
        let sample = if args.sample == 0 { SAMPLE } else { args.sample };
        verify(source.store, &ledger, &filters, &source.prefix, pace, sample, args.seed)
            .await
            .map_err(Failure::from)
    })?;
    let different = checks.iter().filter(|check| !check.agrees()).count();
    if !console.is_quiet() {
        files::to_stdout(report(&checks, different).as_bytes())?;
    }
    if different > 0 {
        return Ok(Exit::Findings);
    }
    if !ledger.complete {
        console.warn(
            "incomplete: the ledger is of a scan that did not come to its end, what it lacks was not looked at",
            "go on with the scan (`--resume`), and verify it then",
        );
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Done)
}

fn report(checks: &[RangeCheck], different: usize) -> String {
    let mut out = String::new();
    for check in checks.iter().filter(|check| !check.agrees()) {
        let bound = |key: &Option<crate::tally::ByteString>, none: &str| {
            key.as_ref().map_or_else(|| none.to_owned(), |key| format!("`{}`", sanitize(key, true)))
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "keys after {} up to {}: {} objects, {} in the ledger; {} objects, {} now",
            bound(&check.range.after, "the lowest"),
            bound(&check.range.through, "the highest"),
            count(check.range.objects),
            bytes_iec(check.range.bytes),
            count(check.found.objects),
            bytes_iec(check.found.bytes),
        );
    }
    let objects = checks.iter().map(|check| check.range.objects).sum::<u64>();
    let _ = writeln!(
        out,
        "{} of {} ranges listed again agree with the ledger ({} objects)",
        checks.len() - different,
        checks.len(),
        count(objects)
    );
    out
}
