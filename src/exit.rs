//! The exit codes of the program: a public promise to scripts.

use std::process::ExitCode;

/// How a run of the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and every total is exact.
    Done = 0,
    /// Failed: there is no result.
    Failed = 1,
    /// The command line, an environment variable or the configuration file is wrong.
    Usage = 2,
    /// Incomplete: totals are lower bounds, and the summary names what is missing.
    Incomplete = 3,
    /// Checks found blockers, or a comparison found differences.
    Findings = 4,
    /// Stopped by the user; what was counted is exact, and the run can be resumed.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
