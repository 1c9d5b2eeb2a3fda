//! `weighbridge jobs status|pause|resume|stop|check`: jobs that were submitted.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::files::{reaches_stdout, write_line};
use super::jobs_submit::PlanArgs;
use super::{CommandResult, Console, Failure, service};
use crate::exit::Exit;
use crate::manifest::Reader;
use crate::migration::submit::{
    Checked, Control, Discrepancy, FailedObjects, Service, Standing, check, control,
    failed_objects, standing,
};
use crate::migration::{Job, Plan};
use crate::report::{bytes_iec, count, display_width, fit, sanitize};
use crate::tally::Counts;
use crate::units::parse_duration;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// Ask again and again until all jobs are over
    #[arg(long)]
    watch: bool,
    /// How long to wait between
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    every: Duration,
}

#[derive(Debug, Args)]
pub(super) struct ControlArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// Only this job; may be repeated
    #[arg(long, value_name = "NAME")]
    job: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit code 4 says that something is not as the plan promised.")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// The manifest that the plan was made from: says of each object that failed what it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    manifest: Option<PathBuf>,
    /// How many objects that failed are named; 0 for none
    #[arg(long, value_name = "N", default_value_t = 20)]
    failed: usize,
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::failed(&error))
}

pub(super) fn status(args: &StatusArgs, console: Console) -> CommandResult {
    let plan = args.plan.read()?;
    runtime()?.block_on(async {
        let connected =
            service::connect(&args.plan.service, args.plan.region.as_deref(), &plan).await?;
        let service = connected.service();
        let mut first = true;
        loop {
            let mut standings = Vec::with_capacity(plan.jobs.len());
            for job in &plan.jobs {
                standings.push(standing(&service, job).await?);
            }
            let over = standings.iter().all(Standing::is_over);
            if !console.is_quiet() {
                // On a terminal the lines of the round before are written over; none may wrap then.
                let in_place = args.watch && console.stdout_in_place();
                let style = console.style(true);
                let width = if in_place { style.width } else { usize::MAX };
                let clear = if in_place { "\x1b[2K" } else { "" };
                let lines: Vec<String> = standings
                    .iter()
                    .map(|standing| format!("{clear}{}", line(standing, width, style.unicode)))
                    .collect();
                let up = if in_place && !first {
                    format!("\x1b[{}A", lines.len())
                } else {
                    String::new()
                };
                if !reaches_stdout(format!("{up}{}\n", lines.join("\n")).as_bytes())? {
                    return Ok(Exit::Done);
                }
            }
            first = false;
            if over || !args.watch {
                return Ok(Exit::Done);
            }
            tokio::time::sleep(args.every).await;
        }
    })
}

/// A job in one line of at most `width` columns, with a bar where it is known how far it is. Where room is
/// short, objects are not counted out, and then the name is cut.
fn line(standing: &Standing, width: usize, unicode: bool) -> String {
    const SHORTEST_NAME: usize = 8;
    let room = |progress: &str| width.saturating_sub(display_width(progress) + 2);
    let mut progress = self::progress(standing, true);
    if room(&progress) < display_width(&standing.name) {
        progress = self::progress(standing, false);
    }
    let name = fit(&standing.name, room(&progress).max(SHORTEST_NAME), unicode);
    fit(&format!("{name}  {progress}"), width, unicode)
}

/// How far a job is.
fn progress(standing: &Standing, with_objects: bool) -> String {
    let Some(status) = &standing.status else { return "not submitted".to_owned() };
    let Standing { planned, copied, failed, .. } = standing;
    let total = standing.total.unwrap_or(*planned);
    let done = Counts { objects: copied.objects.saturating_add(*failed), ..*copied };
    let mut line = format!("{status:<11} [{}] ", bar(done, total));
    // Writing to a string does not fail.
    if with_objects {
        let _ = write!(line, "{} of {} objects, ", count(copied.objects), count(total.objects));
    }
    let _ = write!(line, "{} of {}", bytes_iec(copied.bytes), bytes_iec(total.bytes));
    if *failed > 0 {
        let _ = write!(line, ", {} failed", count(*failed));
    }
    if !standing.message.is_empty() {
        let _ = write!(line, ": {}", sanitize(standing.message.as_bytes(), true));
    }
    line
}

/// Filled as far as objects or bytes are done, whichever are further: a few large objects fill it by bytes,
/// and what failed has none.
fn bar(done: Counts, total: Counts) -> String {
    const WIDTH: u128 = 20;
    let filled = |done: u128, total: u128| done.saturating_mul(WIDTH).checked_div(total);
    let objects = filled(done.objects.into(), total.objects.into());
    let filled = objects.max(filled(done.bytes, total.bytes)).unwrap_or(WIDTH);
    (0..WIDTH).map(|cell| if cell < filled { '#' } else { '.' }).collect()
}

pub(super) fn tell(args: &ControlArgs, what: Control, console: Console) -> CommandResult {
    let plan = args.plan.read()?;
    let jobs = chosen(&plan, &args.job)?;
    runtime()?.block_on(async {
        let connected =
            service::connect(&args.plan.service, args.plan.region.as_deref(), &plan).await?;
        let mut missing = false;
        for job in jobs {
            let (told, status) = control(&connected.service(), &job.name, what).await?;
            missing |= status.is_none();
            let text = match (told, status, what) {
                (_, None, _) => format!("{} is not there", job.name),
                (false, Some(status), _) => format!("{} is {status}: nothing to do", job.name),
                (true, Some(_), Control::Pause) => format!("{} pauses", job.name),
                (true, Some(_), Control::Resume) => format!("{} goes on", job.name),
                (true, Some(_), Control::Stop) => format!("{} stops", job.name),
            };
            if !console.is_quiet() {
                write_line(&text)?;
            }
        }
        Ok(if missing { Exit::Findings } else { Exit::Done })
    })
}

/// The jobs of these names; all, without any.
fn chosen<'a>(plan: &'a Plan, names: &[String]) -> Result<Vec<&'a Job>, Failure> {
    if names.is_empty() {
        return Ok(plan.jobs.iter().collect());
    }
    let find = |name: &String| {
        plan.jobs.iter().find(|job| job.name == *name).ok_or_else(|| {
            let known: Vec<&str> = plan.jobs.iter().map(|job| job.name.as_str()).collect();
            Failure::wrong(format!("the plan has no job `{name}`"))
                .hint(format!("it has {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

pub(super) fn run_check(args: &CheckArgs, console: Console) -> CommandResult {
    let plan = args.plan.read()?;
    runtime()?.block_on(async {
        let connected =
            service::connect(&args.plan.service, args.plan.region.as_deref(), &plan).await?;
        let service = connected.service();
        let say = |text: String| if console.is_quiet() { Ok(()) } else { write_line(&text) };
        let mut differ = 0;
        for job in &plan.jobs {
            let checked = check(job, &plan.settings, standing(&service, job).await?);
            if checked.discrepancies.is_empty() {
                let Standing { planned, total, .. } = checked.standing;
                let total = total.unwrap_or(planned);
                let (objects, bytes) = (count(total.objects), bytes_iec(total.bytes));
                let weighed = if total == planned { "as weighed" } else { "no more than weighed" };
                say(format!("{}: {objects} objects, {bytes}, {weighed} and copied", job.name))?;
                continue;
            }
            differ += 1;
            for discrepancy in &checked.discrepancies {
                say(format!("{}: {discrepancy}", job.name))?;
            }
            if args.failed > 0 {
                for text in explain(&service, job, &checked, args).await? {
                    say(format!("  {text}"))?;
                }
            }
        }
        say(format!("{} of {} jobs are as planned", plan.jobs.len() - differ, plan.jobs.len()))?;
        Ok(if differ > 0 { Exit::Findings } else { Exit::Done })
    })
}

/// The objects of a job that failed, with what the manifest knows of them.
async fn explain(
    service: &Service<'_>,
    job: &Job,
    checked: &Checked,
    args: &CheckArgs,
) -> Result<Vec<String>, Failure> {
    let any = |discrepancy: &Discrepancy| matches!(discrepancy, Discrepancy::Failed { .. });
    if !checked.discrepancies.iter().any(any) {
        return Ok(Vec::new());
    }
    let mut keys = match failed_objects(service, &checked.standing, &job.destination).await {
        Ok(FailedObjects::Keys(keys)) => keys,
        Ok(FailedObjects::NotWritten) => {
            return Ok(vec!["the service still writes the list of what failed".to_owned()]);
        }
        Ok(FailedObjects::Broken(why)) => {
            let why = sanitize(why.as_bytes(), true);
            return Ok(vec![format!("the service could not write the list of what failed: {why}")]);
        }
        // What cannot be read of one job says nothing of the others.
        Err(error) => {
            let why = Failure::told(&error, false);
            return Ok(vec![format!("the list of what failed cannot be read: {}", why.message())]);
        }
    };
    keys.sort();
    let more = keys.len().saturating_sub(args.failed);
    keys.truncate(args.failed);
    let mut rows = vec![None; keys.len()];
    if let Some(manifest) = &args.manifest {
        for row in Reader::open(manifest).map_err(|error| Failure::failed(&error))? {
            let row = row.map_err(|error| Failure::failed(&error))?;
            if let Ok(at) = keys.binary_search(&row.key) {
                rows[at] = Some(row);
            }
        }
    }
    let known = args.manifest.is_some();
    let mut lines: Vec<String> = keys
        .iter()
        .zip(rows)
        .map(|(key, row)| {
            let key = sanitize(key, true);
            match row {
                Some(row) => {
                    let class = sanitize(&row.storage_class, true);
                    format!("failed: {key} ({}, {class})", bytes_iec(u128::from(row.size)))
                }
                None if known => {
                    format!("failed: {key} (was not there when the source was weighed)")
                }
                None => format!("failed: {key}"),
            }
        })
        .collect();
    if more > 0 {
        lines.push(format!("and {} more; `--failed` names them", count(more as u64)));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alibaba::mgw::JobStatus;

    fn standing(objects: u64, bytes: u128) -> Standing {
        Standing {
            name: "photos-9030557d-1".into(),
            planned: Counts { objects: 15_404, bytes: 20_000_000_000 },
            status: Some(JobStatus::Doing),
            version: "v".into(),
            runtime: 1,
            listed: true,
            total: None,
            copied: Counts { objects, bytes },
            skipped: Counts::ZERO,
            failed: 0,
            message: String::new(),
        }
    }

    #[test]
    fn a_line_fits_the_terminal_and_keeps_its_bar() {
        let standing = standing(7_702, 1);
        let whole = "photos-9030557d-1  running     [##########..........] 7,702 of 15,404 objects, 1 B of 18.6 GiB";
        assert_eq!(line(&standing, usize::MAX, true), whole);
        for width in [60, 80, 90] {
            let line = line(&standing, width, true);
            assert!(display_width(&line) <= width, "{line}");
            assert!(line.contains("[##########..........] 1 B of 18.6 GiB"), "{line}");
        }
    }

    #[test]
    fn a_bar_is_full_when_all_is_done_or_failed_and_shows_bytes_of_large_objects() {
        let total = Counts { objects: 4, bytes: 100 };
        for (done, filled) in [((0, 0), 0), ((0, 50), 10), ((3, 10), 15), ((4, 10), 20)] {
            let done = Counts { objects: done.0, bytes: done.1 };
            assert_eq!(bar(done, total).matches('#').count(), filled, "{done:?}");
        }
        assert_eq!(bar(Counts::ZERO, Counts::ZERO), "#".repeat(20));
    }
}
