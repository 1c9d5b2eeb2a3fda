//! `weighbridge jobs`: from exact totals to migration jobs.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::files::{self, check_writable, read_text, write_whole};
use super::jobs_args::{
    self, ExcludeFrom, JobOutputArgs, JobsArgs, Later, OverwriteMode, SourcePrefix, SourceType,
    SplitBy, TransferMode,
};
use super::scan::unix_millis;
use super::source::order_of;
use super::{CommandResult, Console, Failure, jobs_follow, jobs_submit};
use crate::exit::Exit;
use crate::location::{Location, LocationError};
use crate::migration::inventory::{
    Column, InventoryError, ListOptions, UnknownColumn, write_lists,
};
use crate::migration::submit::{Control, submittable};
use crate::migration::survey::SurveyError;
use crate::migration::{
    Draft, Limits, Overwrite, Plan, PlanError, Selection, Split, StoreKind, Transfer, Weighed,
    Window, Wish, requests, terraform,
};
use crate::object::Timestamp;
use crate::report::{self, sanitize};
use crate::scan::ledger::{self, FILE_NAME, Ledger};
use crate::summary::{self, Summary};
use crate::tally::Severity;
use crate::units::{UnitError, parse_time};
use crate::versioned;

pub(super) fn run(args: &JobsArgs, console: Console) -> CommandResult {
    match &args.later {
        None => plan(args, console),
        Some(Later::Submit(args)) => jobs_submit::run(args, console),
        Some(Later::Status(args)) => jobs_follow::status(args, console),
        Some(Later::Pause(args)) => jobs_follow::tell(args, Control::Pause, console),
        Some(Later::Resume(args)) => jobs_follow::tell(args, Control::Resume, console),
        Some(Later::Stop(args)) => jobs_follow::tell(args, Control::Stop, console),
        Some(Later::Check(args)) => jobs_follow::run_check(args, console),
    }
}

fn plan(args: &JobsArgs, console: Console) -> CommandResult {
    let path = args.weighed.as_deref().unwrap_or(Path::new("-"));
    let (summary, weighed) = read_weighed(path)?;
    let wish = wish(args, console)?;
    if args.submit {
        submittable(wish.window)?;
    }
    let columns = columns(&args.lists.inventory_columns)?;
    check_outputs(&args.output)?;
    let draft = Draft::new(&weighed, &wish).map_err(|error| failure(&error))?;
    let survey = match &args.division.manifest {
        Some(manifest) => Some(draft.survey(manifest).map_err(|error| survey_failure(&error))?),
        None => None,
    };
    let mut plan = draft.plan(survey.as_ref()).map_err(|error| failure(&error))?;
    if let (Some(folder), Some(manifest)) = (&args.lists.inventory_dir, &args.division.manifest) {
        let options = ListOptions {
            columns,
            part_bytes: wish.limits.inventory_part_bytes.value,
            created: wish.begin,
        };
        let base = args.output.output.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        write_lists(&mut plan, manifest, &draft.lens(), folder, base, &options)
            .map_err(|error| list_failure(&error))?;
    } else if let Some(folder) = &args.lists.inventory_dir {
        let reason = format!("lists are to be written into `{}`", folder.display());
        return Err(failure(&PlanError::NeedsManifest(reason)));
    }
    write(&plan, &summary, args, console)?;
    let exit = conclude(&plan, args.lists.inventory_dir.is_some(), console);
    match (&args.output.output, args.submit) {
        (Some(output), true) if exit == Exit::Done => {
            let base = output.parent().unwrap_or(Path::new(""));
            let region = args.region.as_deref();
            jobs_submit::submit(&plan, base, &args.service, region, args.yes, console)
        }
        (_, true) => {
            console.warn(
                "the plan was not submitted, as something stands in its way",
                "settle it or leave such objects out with `--exclude-hazards`; `weighbridge jobs submit` takes the \
                 plan as it is",
            );
            Ok(exit)
        }
        (_, false) => Ok(exit),
    }
}

/// Reads what was weighed: a summary, a ledger, or the folder that holds one.
fn read_weighed(path: &Path) -> Result<(Summary, Weighed), Failure> {
    const HINT: &str =
        "give the file that `weighbridge scan --output` wrote, or the ledger.json of `--state`";
    let inside = path.join(FILE_NAME);
    let path = if path.is_dir() { inside.as_path() } else { path };
    let name = format!("`{}`", path.display());
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::wrong(format!("cannot read {name}: {error}")).hint(HINT)
    };
    let text = read_text(path).map_err(|error| unreadable(&error))?;
    let location = |error: LocationError| Failure::usage(&error).hint(error.hint());
    let schema = versioned::schema_of(text.as_bytes());
    // What has none is told as no summary.
    if schema.is_ok_and(|schema| schema.starts_with(ledger_family())) {
        let ledger = Ledger::read(path, order_of).map_err(|error| Failure::failed(&error))?;
        let weighed = Weighed::from_ledger(&ledger).map_err(location)?;
        return Ok((Summary::of_ledger(&ledger), weighed));
    }
    let summary =
        Summary::from_json(&text).map_err(|error: summary::ReadError| unreadable(&error))?;
    let weighed = Weighed::from_summary(&summary).map_err(location)?;
    Ok((summary, weighed))
}

/// What the schema of every ledger begins with.
fn ledger_family() -> &'static str {
    ledger::SCHEMA.split_once('/').map_or(ledger::SCHEMA, |(family, _)| family)
}

fn wish(args: &JobsArgs, console: Console) -> Result<Wish, Failure> {
    let now = Timestamp(unix_millis(SystemTime::now()));
    let unit = |error: UnitError| Failure::usage(&error).hint(error.hint());
    let place = |text: &str| {
        let read = text.parse::<Location>().map_err(|error: LocationError| {
            // A location's own hint thinks of sources.
            let hint = match &error {
                LocationError::Credentials => error.hint(),
                _ => "write it like `oss://bucket` or `oss://bucket/prefix/`".into(),
            };
            Failure::usage(&error).hint(hint)
        });
        read.map(|location| with_slash(location, console))
    };
    let begin = match &args.time.begin {
        Some(text) => parse_time(text, now).map_err(unit)?,
        None => now,
    };
    let deadline = args.time.deadline.as_deref().map(|text| jobs_args::deadline(text, begin));
    let window = args.time.window.as_deref().map(|text| {
        text.parse::<Window>().map_err(|error| Failure::usage(&error).hint(error.hint()))
    });
    let to = place(args.to.as_deref().unwrap_or_default())?;
    let of_location = match &to {
        Location::Oss(bucket) => bucket.region.clone(),
        _ => None,
    };
    let region = args.region.clone().or(of_location);
    let plain = region.as_deref().map(|region| region.strip_prefix("oss-").unwrap_or(region));
    let mut limits = Limits::of_region(plain);
    for (limit, given, flag) in [
        (&mut limits.concurrent_jobs, Some(args.division.max_jobs), "--max-jobs"),
        (&mut limits.bandwidth, args.time.bandwidth, "--bandwidth"),
        (&mut limits.files_per_second, args.time.qps, "--qps"),
        (&mut limits.object_bytes, args.copies.max_object, "--max-object"),
        (&mut limits.inventory_part_bytes, args.lists.inventory_part, "--inventory-part"),
    ] {
        // 0 leaves the choice to us, as everywhere.
        limit.give(given.filter(|given| *given > 0), flag);
    }
    Ok(Wish {
        to,
        region,
        source_kind: args.source.source_type.map(|kind| match kind {
            SourceType::S3 => StoreKind::S3,
            SourceType::Ks3 => StoreKind::Ks3,
            SourceType::Azure => StoreKind::Azure,
            SourceType::Oss => StoreKind::Oss,
        }),
        source_domain: args.source.source_domain.clone(),
        name: args.copies.name.clone(),
        split: args.division.split.map(|split| match split {
            SplitBy::Whole => Split::Whole,
            SplitBy::Prefix => Split::Prefix,
            SplitBy::Range => Split::Range,
        }),
        exclude: args.division.exclude_hazards.map(|from| match from {
            ExcludeFrom::Blocker => Severity::Blocker,
            ExcludeFrom::Warning => Severity::Warning,
        }),
        inventory_to: args.lists.inventory_to.as_deref().map(place).transpose()?,
        prefix_is_kept: args.source.source_prefix == SourcePrefix::Kept,
        allow_incomplete: args.division.allow_incomplete,
        limits,
        bandwidth: args.time.bandwidth,
        files_per_second: args.time.qps,
        window: window.transpose()?,
        begin,
        deadline: deadline.transpose().map_err(unit)?,
        modified_after: match &args.copies.start_time {
            Some(text) => Some(parse_time(text, now).map_err(unit)?),
            None => None,
        },
        overwrite: match args.copies.overwrite {
            OverwriteMode::Always => Overwrite::Always,
            OverwriteMode::Never => Overwrite::Never,
        },
        transfer: match args.copies.transfer_mode {
            TransferMode::All => Transfer::All,
            TransferMode::Lastmodified => Transfer::LastModified,
        },
        storage_class: args.copies.target_storage_class.clone(),
    })
}

/// A place in OSS whose prefix ends in a slash, as the service wants it.
fn with_slash(mut location: Location, console: Console) -> Location {
    if let Location::Oss(bucket) = &mut location
        && !bucket.prefix.is_empty()
        && !bucket.prefix.ends_with('/')
    {
        bucket.prefix.push('/');
        if !console.is_quiet() {
            let prefix = sanitize(bucket.prefix.as_bytes(), true);
            console.warn(
                &format!("the prefix is taken for `{prefix}`, as the service wants prefixes to end in a slash"),
                "write the slash to be spared this",
            );
        }
    }
    location
}

fn columns(names: &[String]) -> Result<Vec<Column>, Failure> {
    let columns = names.iter().map(|name| name.parse()).collect::<Result<Vec<Column>, _>>();
    let columns =
        columns.map_err(|error: UnknownColumn| Failure::usage(&error).hint(error.hint()))?;
    if columns.contains(&Column::Key) {
        return Ok(columns);
    }
    Err(Failure::wrong("the columns of a list have to hold Key")
        .hint(UnknownColumn(String::new()).hint()))
}

/// Tries the outputs before a long manifest is read.
fn check_outputs(args: &JobOutputArgs) -> Result<(), Failure> {
    let stdout = Path::new("-");
    let to_stdout = [&args.output, &args.form].into_iter().flatten().filter(|path| *path == stdout);
    if to_stdout.count() > 1 {
        return Err(Failure::wrong("plan and form cannot both go to stdout")
            .hint("give one of `--output` and `--form` a file"));
    }
    if let Some(path) = &args.report
        && !path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html"))
    {
        return Err(Failure::wrong(format!(
            "the name of the report `{}` does not say its form",
            path.display()
        ))
        .hint("end it in `.html`"));
    }
    let files = [&args.output, &args.form, &args.terraform, &args.report];
    for path in files.into_iter().flatten().filter(|path| *path != stdout) {
        check_writable(path)?;
    }
    if let Some(folder) = &args.requests {
        let name = format!("folder `{}`", folder.display());
        fs::create_dir_all(folder).map_err(|error| Failure::output(&name, &error))?;
    }
    Ok(())
}

fn write(plan: &Plan, summary: &Summary, args: &JobsArgs, console: Console) -> Result<(), Failure> {
    let output = &args.output;
    if let Some(path) = &output.output {
        let json = plan.to_json().map_err(|error| Failure::failed(&error))?;
        write_whole(path, json.as_bytes())?;
    }
    if let Some(path) = &output.form {
        write_whole(path, report::form::render(plan).as_bytes())?;
    }
    if let Some(path) = &output.terraform {
        write_whole(path, terraform::render(plan).as_bytes())?;
    }
    if let Some(path) = &output.report {
        write_whole(path, report::html::render_with_jobs(summary, plan).as_bytes())?;
    }
    if let Some(folder) = &output.requests {
        for request in requests::all(plan) {
            write_whole(&folder.join(&request.file), request.body.as_bytes())?;
        }
    }
    if console.is_quiet() {
        return Ok(());
    }
    let data = [&output.output, &output.form];
    let on_stdout = !data.into_iter().flatten().any(|path| path == Path::new("-"));
    let text = report::terminal::render_jobs(plan, console.style(on_stdout));
    files::show(&text, on_stdout)
}

/// Says what is left to do, and how to exit.
fn conclude(plan: &Plan, listed: bool, console: Console) -> Exit {
    let takes_list = |job: &crate::migration::Job| matches!(job.selection, Selection::Inventory(_));
    if !listed && !console.is_quiet() && plan.jobs.iter().any(takes_list) {
        console.warn(
            "the jobs take lists of objects, and none were written",
            "give `--manifest FILE` and `--inventory-dir DIR`",
        );
    }
    if plan.has_blockers() {
        return Exit::Findings;
    }
    if plan.complete { Exit::Done } else { Exit::Incomplete }
}

fn failure(error: &PlanError) -> Failure {
    Failure::usage(error).hint(error.hint())
}

fn survey_failure(error: &SurveyError) -> Failure {
    Failure::failed(error).maybe_hint(error.hint().map(str::to_owned))
}

fn list_failure(error: &InventoryError) -> Failure {
    Failure::failed(error).maybe_hint(error.hint().map(str::to_owned))
}
