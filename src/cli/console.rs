//! The terminal: what may be written where, and how.

use std::env;
use std::io::{self, IsTerminal, Write};

use crate::report::{Style, sanitize};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What the user wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console {
    quiet: bool,
    verbose: u8,
    color: When,
}

impl Console {
    pub(super) fn new(quiet: bool, verbose: u8, color: When) -> Self {
        Self { quiet, verbose, color }
    }

    /// Whether messages and progress are wanted.
    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Whether progress is drawn over and over in one line.
    pub(super) fn progress_in_place(self) -> bool {
        io::stderr().is_terminal()
            && self.verbose == 0
            && env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether lines on stdout can be written over.
    pub(super) fn stdout_in_place(self) -> bool {
        io::stdout().is_terminal()
            && self.verbose == 0
            && env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    pub(super) fn color_on_stderr(self) -> bool {
        self.color(io::stderr().is_terminal())
    }

    /// Tells what went wrong though there is a result, and the way out.
    pub(super) fn warn(self, message: &str, hint: &str) {
        let (bold, off) = if self.color_on_stderr() { ("\x1b[1;33m", "\x1b[0m") } else { ("", "") };
        let (message, hint) = (harmless(message), harmless(hint));
        let text = format!("{bold}warning{off}: {message}\n\nhint: {hint}\n");
        // Nothing is left to tell it to.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Says something beside the result, unless that is not wanted.
    pub(super) fn note(self, message: &str) {
        if !self.quiet {
            // Nothing is left to tell it to.
            let _ = io::stderr().write_all(format!("{}\n", harmless(message)).as_bytes());
        }
    }

    fn color(self, terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }

    /// How to write on stdout, or on stderr where stdout carries data.
    pub(super) fn style(self, on_stdout: bool) -> Style {
        let terminal =
            if on_stdout { io::stdout().is_terminal() } else { io::stderr().is_terminal() };
        Style { width: width(terminal), color: self.color(terminal), unicode: unicode() }
    }

    /// Messages of the library go to stderr, as far as asked for.
    pub(super) fn start_logging(self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            // What the AWS chain looked at in vain is told in our words where it matters.
            (false, 0) => "warn,aws_config=error",
            (false, 1) => "weighbridge=debug",
            (false, _) => "weighbridge=trace,hyper_util=debug,aws_config=debug",
        };
        let filter = tracing_subscriber::EnvFilter::try_from_env("WEIGHBRIDGE_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
        // A second call in one process (tests) keeps the first subscriber.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(false)
            .try_init();
    }
}

/// A message without what could steer the terminal: parts of it may be a server's words.
pub(super) fn harmless(message: &str) -> String {
    let lines = message.split('\n').map(|line| sanitize(line.as_bytes(), unicode()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Columns to fill: those of the terminal, or 80 in a pipe.
fn width(terminal: bool) -> usize {
    const USUAL: usize = 80;
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = || terminal.then(|| console_size().map(usize::from)).flatten();
    columns.or_else(measured).unwrap_or(USUAL).clamp(60, 120)
}

fn console_size() -> Option<u16> {
    terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns)
}

/// Whether the locale can show more than ASCII.
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    // Without any locale, as in containers, terminals nearly always speak UTF-8.
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8") || locale == "c" || locale == "posix"
    })
}
