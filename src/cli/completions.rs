//! `weighbridge completions` and `weighbridge man`.

use clap_complete::Shell;

use super::{CommandResult, Failure, files};
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, mut command: clap::Command) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "weighbridge", &mut script);
    files::to_stdout(&script).map(|()| Exit::Done)
}

pub(super) fn man(command: clap::Command) -> CommandResult {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|error| Failure::output("stdout", &error))?;
    files::to_stdout(&page).map(|()| Exit::Done)
}
