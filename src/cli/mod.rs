//! The command line: definitions, and one file per subcommand that turns them into calls.
//!
//! Nothing outside this folder knows of clap or of exit codes, and nothing inside it counts anything.
//! What people read goes to stdout, progress and messages to stderr; `-` as a file is stdout, and then
//! what people read moves to stderr.

mod azure;
mod check;
mod check_args;
mod completions;
mod config;
mod console;
mod dry_run;
mod files;
mod jobs;
mod jobs_args;
mod jobs_follow;
mod jobs_submit;
mod message;
mod prepare;
mod prepare_args;
mod prepare_keys;
mod progress;
mod scan;
mod scan_args;
mod service;
mod simulate;
mod source;
mod sources;
mod to_args;
mod typed;
mod undo;
mod verify;
mod words;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use console::{Console, When};
use message::Failure;

use crate::exit::Exit;

/// Weighs cloud buckets before they are moved.
///
/// Lists a bucket in parallel key ranges, counts every object exactly once, and says what a migration
/// needs to know: how many objects and bytes, of which sizes, classes and ages, and what will fail.
#[derive(Debug, Parser)]
#[command(name = "weighbridge", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done and exact, 1 failed, 2 usage, 3 incomplete (totals are lower \
    bounds), 4 blockers or differences found, 130 interrupted (resumable)."
)]
struct Cli {
    #[command(flatten)]
    console: ConsoleArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Display")]
struct ConsoleArgs {
    /// No progress and no messages but errors
    #[arg(short, long, global = true, env = "WEIGHBRIDGE_QUIET", value_parser = clap::builder::BoolishValueParser::new())]
    quiet: bool,
    /// Say what is being done on stderr; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// When to use colours and bars
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, env = "WEIGHBRIDGE_COLOR")]
    color: When,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Weigh a bucket: list it, count it, report
    Scan(Box<scan_args::ScanArgs>),
    /// List a random sample of a scan's ranges again and compare
    Verify(verify::VerifyArgs),
    /// Check both sides before a migration, every finding with its remedy
    Check(Box<check_args::CheckArgs>),
    /// Plan migration jobs to OSS from exact totals
    Jobs(Box<jobs_args::JobsArgs>),
    /// Make the destination ready: bucket, user, role, policies; shown as a plan, done with `--apply`
    Prepare(Box<prepare_args::PrepareArgs>),
    /// Take back what `prepare` did
    Undo(undo::UndoArgs),
    /// Tell what can be listed here, and which credentials were found
    Sources(sources::SourcesArgs),
    /// Serve a bucket on loopback to rehearse with
    Simulate(simulate::SimulateArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Runs the program with these arguments, the program's name first.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let command = match config::with_defaults(Cli::command()) {
        Ok(command) => command,
        Err(failure) => return failure.print(Console::default()),
    };
    let parsed =
        command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(failure) = Failure::value(&error) {
                return failure.print(Console::default());
            }
            // Help and version come this way too, and are no failure.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return if error.print().is_ok() { exit } else { Exit::Failed };
        }
    };
    let console = Console::new(cli.console.quiet, cli.console.verbose, cli.console.color);
    console.start_logging();
    let result = match cli.command {
        Command::Scan(args) => scan::run(&args, console),
        Command::Verify(args) => verify::run(&args, console),
        Command::Check(args) => check::run(&args, console),
        Command::Jobs(args) => jobs::run(&args, console),
        Command::Prepare(args) => prepare::run(&args, console),
        Command::Undo(args) => undo::run(&args, console),
        Command::Sources(args) => sources::run(&args, console),
        Command::Simulate(args) => simulate::run(&args, console),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man => completions::man(Cli::command()),
    };
    match result {
        Ok(exit) => exit,
        Err(failure) => failure.print(console),
    }
}

/// What every subcommand returns.
type CommandResult = Result<Exit, Failure>;
