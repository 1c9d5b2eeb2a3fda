//! `weighbridge completions` and `weighbridge man`.

use std::io;

use clap_complete::Shell;

use super::{CommandResult, Failure};
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

// By value as every subcommand takes its arguments.
#[expect(clippy::needless_pass_by_value)]
pub(super) fn run(args: CompletionsArgs, mut command: clap::Command) -> CommandResult {
    clap_complete::generate(args.shell, &mut command, "weighbridge", &mut io::stdout());
    Ok(Exit::Done)
}

pub(super) fn man(command: clap::Command) -> CommandResult {
    clap_mangen::Man::new(command)
        .render(&mut io::stdout())
        .map_err(|error| Failure::output("stdout", &error))?;
    Ok(Exit::Done)
}
