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

pub(super) fn run(args: &CompletionsArgs, mut command: clap::Command) {
    clap_complete::generate(args.shell, &mut command, "weighbridge", &mut io::stdout());
}

pub(super) fn man(command: clap::Command) -> CommandResult {
    clap_mangen::Man::new(command)
        .render(&mut io::stdout())
        .map_err(|error| Failure::output("stdout", &error))?;
    Ok(Exit::Done)
}
