//! `weighbridge undo`: what `prepare` did, taken back.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::files::{self, write_line};
use super::jobs_submit::agreed;
use super::prepare_args::BucketKeyArgs;
use super::prepare_keys::Keys;
use super::service::ServiceArgs;
use super::{CommandResult, Console, Failure};
use crate::exit::Exit;
use crate::preflight::prepare::{
    Back, Clouds, Fate, Keeper, Lock, Patience, PrepareError, Record, look_back, take_back,
};
use crate::report::terminal::render_way_back;

#[derive(Debug, Args)]
#[command(
    after_help = "What was changed since it was made stays, and with it all the rest: exit code 4. Only what the \
    plan created is taken back. A second call changes nothing; after one that was broken off it goes on."
)]
pub(super) struct UndoArgs {
    /// The file that `weighbridge prepare --apply` kept
    #[arg(value_name = "PLAN.JSON", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
    /// Only show what would be taken back
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    bucket: BucketKeyArgs,
}

pub(super) fn run(args: &UndoArgs, console: Console) -> CommandResult {
    // A look changes nothing, and what is not there is told by reading it.
    let alone = (!args.dry_run && args.plan.exists()).then(|| Lock::take(&args.plan));
    let _alone = alone.transpose().map_err(PrepareError::from)?;
    let record = Record::read(&args.plan).map_err(|error| Failure::told(&error, true))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    runtime.block_on(async {
        let keys = Keys::find(&args.service, &args.bucket).await?;
        let clouds = keys.clouds();
        if clouds.own.number != record.account {
            let message = format!(
                "the plan was applied for account {}, and the keys belong to {}",
                record.account, clouds.own.number
            );
            return Err(Failure::wrong(message).hint("choose others with `--profile`"));
        }
        undo(args, record, &clouds, console).await
    })
}

async fn undo(
    args: &UndoArgs,
    record: Record,
    clouds: &Clouds<'_>,
    console: Console,
) -> CommandResult {
    let backs = look_back(clouds, &record).await?;
    let say = |text: &str| if console.is_quiet() { Ok(()) } else { write_line(text) };
    let changed = backs.iter().any(|back| matches!(back.fate, Fate::Changed(_)));
    if changed || !console.is_quiet() {
        let text = render_way_back(&backs, console.style(true));
        files::to_stdout(text.as_bytes())?;
    }
    if changed {
        return Err(Failure::blocked(
            "nothing was taken back, as something was changed since it was made",
        )
        .hint("undo that change, or take back the rest in the console"));
    }
    let count = backs.iter().filter(|back| back.fate != Fate::Gone).count();
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if count > 0 && !args.yes {
        let question = format!("\n{count} steps back in account {}. Go on? [y/N] ", record.account);
        if !agreed(&question)? {
            say("nothing was changed")?;
            return Ok(Exit::Done);
        }
    }
    let mut keeper = Keeper::new(record, args.plan.clone()).map_err(PrepareError::from)?;
    let mut done = 0;
    let mut failed = Ok(());
    let mut tell = |back: &Back| {
        done += 1;
        if failed.is_ok() {
            failed = say(&format!("[{done}/{count}] {}", back.title));
        }
    };
    take_back(clouds, &mut keeper, &backs, Patience::default(), &mut tell).await?;
    failed?;
    say(if count == 0 { "nothing is left to take back" } else { "taken back" })?;
    Ok(Exit::Done)
}
