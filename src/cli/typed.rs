//! Flags that know which of them were typed.

use std::collections::HashSet;
use std::ops::Deref;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// Flags, and which of them stand on the command line.
///
/// What stands there is meant for this call. What comes from the environment or the configuration file is
/// meant for all calls, also for those that it says nothing about.
#[derive(Debug)]
pub(super) struct Typed<A> {
    flags: A,
    typed: HashSet<String>,
}

impl<A> Typed<A> {
    /// Whether a flag, such as `--page-size`, stands on the command line.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.typed.contains(&flag.trim_start_matches("--").replace('-', "_"))
    }
}

impl<A> Deref for Typed<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.flags
    }
}

impl<A: Args> Args for Typed<A> {
    fn group_id() -> Option<clap::Id> {
        A::group_id()
    }

    fn augment_args(command: Command) -> Command {
        A::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        A::augment_args_for_update(command)
    }
}

impl<A: Args> FromArgMatches for Typed<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { flags: A::from_arg_matches(matches)?, typed: typed(matches) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.typed = typed(matches);
        self.flags.update_from_arg_matches(matches)
    }
}

fn typed(matches: &ArgMatches) -> HashSet<String> {
    let stands = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    matches.ids().map(clap::Id::as_str).filter(stands).map(str::to_owned).collect()
}
