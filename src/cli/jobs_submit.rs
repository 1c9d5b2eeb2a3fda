//! `weighbridge jobs submit`: a plan made real.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::files::write_line;
use super::service::{self, ServiceArgs};
use super::{CommandResult, Console, Failure};
use crate::exit::Exit;
use crate::migration::Plan;
use crate::migration::submit::{Patience, Step, carry_out, prepare};

/// A plan that was written before.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The plan that `weighbridge jobs --output` wrote
    #[arg(value_name = "JOBS.JSON", value_hint = ValueHint::FilePath)]
    pub(super) plan: PathBuf,
    /// Region in which the jobs run; by default that of the plan's destination
    #[arg(long, env = "WEIGHBRIDGE_TO_REGION")]
    pub(super) region: Option<String>,
    #[command(flatten)]
    pub(super) service: ServiceArgs,
}

impl PlanArgs {
    pub(super) fn read(&self) -> Result<Plan, Failure> {
        let name = self.plan.display();
        let hint = "give the file that `weighbridge jobs --output` wrote";
        let text = fs::read_to_string(&self.plan)
            .map_err(|error| Failure::wrong(format!("cannot read `{name}`: {error}")).hint(hint))?;
        Plan::from_json(&text)
            .map_err(|error| Failure::wrong(format!("cannot use `{name}`: {error}")).hint(hint))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "The key for the source is taken from WEIGHBRIDGE_SOURCE_ACCESS_ID and \
    WEIGHBRIDGE_SOURCE_ACCESS_SECRET, and is given to the service. A second call changes nothing; after one that \
    was broken off it goes on.")]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &SubmitArgs, console: Console) -> CommandResult {
    let plan = args.plan.read()?;
    let base = args.plan.plan.parent().unwrap_or(Path::new(""));
    let region = args.plan.region.as_deref();
    submit(&plan, base, &args.plan.service, region, args.yes, console)
}

/// Shows what is missing, asks, and does it. Lists lie relative to `base`.
pub(super) fn submit(
    plan: &Plan,
    base: &Path,
    args: &ServiceArgs,
    region: Option<&str>,
    yes: bool,
    console: Console,
) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    runtime.block_on(async {
        let connected = service::connect(args, region, plan).await?;
        let service = connected.service();
        let keys = service::source_keys(args);
        let prepared = prepare(&service, plan, base, &keys).await?;
        let say = |text: &str| {
            if console.is_quiet() { Ok(()) } else { write_line(text) }
        };
        for kept in &prepared.kept {
            say(&format!("  as it is: {kept}"))?;
        }
        if prepared.steps.is_empty() {
            say("nothing is left to do")?;
            return Ok(Exit::Done);
        }
        for step in &prepared.steps {
            say(&format!("  to do: {step}"))?;
        }
        warn_of(plan, console);
        if !yes && !agreed(&question(&prepared.steps, service.account, service.region))? {
            say("nothing was changed")?;
            return Ok(Exit::Done);
        }
        let count = prepared.steps.len();
        let mut done = 0;
        let mut failed = Ok(());
        let mut tell = |step: &Step| {
            done += 1;
            if failed.is_ok() {
                failed = say(&format!("[{done}/{count}] {step}"));
            }
        };
        carry_out(&service, &prepared.steps, Patience::default(), &mut tell).await?;
        failed?;
        say("submitted; `weighbridge jobs status` follows the jobs")?;
        Ok(Exit::Done)
    })
}

/// Asks whether to go on.
pub(super) fn agreed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::wrong("there is nobody to ask whether to go on")
            .hint("look at what is to be done above, and give `--yes`"));
    }
    let written = io::stderr().write_all(question.as_bytes());
    written.map_err(|error| Failure::output("stderr", &error))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::failed(&error))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Says what the plan itself says against being submitted.
fn warn_of(plan: &Plan, console: Console) {
    if !plan.complete {
        console.warn(
            "the plan was made of a scan that is not complete: its totals are lower bounds, and objects that were not \
             listed are in no list",
            "go on with the scan (`--resume`), and plan anew",
        );
    }
    if plan.has_blockers() {
        console.warn(
            "objects of the plan will fail, as `weighbridge jobs` has told",
            "`weighbridge jobs` with `--exclude-hazards` leaves them out",
        );
    }
}

/// What is asked before a plan is submitted.
fn question(steps: &[Step], account: &str, region: &str) -> String {
    let launches = steps.iter().filter(|step| matches!(step, Step::Launch(_))).count();
    format!(
        "{} steps in account {account}, region {region}; {launches} jobs begin to copy. Go on? [y/N] ",
        steps.len()
    )
}
