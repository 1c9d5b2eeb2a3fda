//! What can be wrong with a typed value, and what would have been right.

use std::fmt;

/// Which value was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A number of bytes.
    Size,
    /// A number of things.
    Count,
    /// A length of time.
    Duration,
    /// A point in time.
    Time,
}

impl Value {
    /// Texts that are accepted for this value, for a hint.
    #[must_use]
    pub fn examples(self) -> &'static str {
        match self {
            Self::Size => "`1_000`, `10MB`, `10MiB` or `1.5GiB`",
            Self::Count => "`10_000`, `10k` or `2M`",
            Self::Duration => "`30d`, `12h`, `1h30m` or `50ms`",
            Self::Time => "`2026-01-31T12:00:00Z`, `2026-01-31` or `30d` (that long ago)",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "size",
            Self::Count => "count",
            Self::Duration => "duration",
            Self::Time => "time",
        })
    }
}

/// Why a text is not such a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing.
    Empty,
    /// It has a minus sign.
    Negative,
    /// It does not start with a number, or the number is malformed.
    NotANumber,
    /// It does not fit into 64 bits (or, for a time, the calendar).
    TooLarge,
    /// The number is followed by letters that name no unit.
    UnknownUnit(String),
    /// The number needs a unit and has none.
    MissingUnit,
    /// Units of a duration are not written from large to small, each once.
    UnitOrder,
    /// It has a fraction where only whole numbers make sense.
    NotWhole,
    /// It has digits and dashes but names no day or instant of the calendar.
    NotATime,
    /// It names a time of day without an offset from UTC.
    NoOffset,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Negative => f.write_str("is negative"),
            Self::NotANumber => f.write_str("is not a number"),
            Self::TooLarge => f.write_str("is too large"),
            Self::UnknownUnit(unit) => write!(f, "has the unknown unit `{}`", unit.escape_debug()),
            Self::MissingUnit => f.write_str("has no unit"),
            Self::UnitOrder => f.write_str("has its units out of order"),
            Self::NotWhole => f.write_str("is not a whole number"),
            Self::NotATime => f.write_str("names no date or time"),
            Self::NoOffset => f.write_str("has no offset from UTC"),
        }
    }
}

/// A value that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} `{}` {problem}", input.escape_debug())]
pub struct UnitError {
    /// Which value was expected.
    pub value: Value,
    /// The text as it was typed.
    pub input: String,
    /// What is wrong with it.
    pub problem: Problem,
}

impl UnitError {
    pub(super) fn new(value: Value, input: &str, problem: Problem) -> Self {
        Self { value, input: input.to_owned(), problem }
    }

    /// The way out: what would have been accepted.
    #[must_use]
    pub fn hint(&self) -> String {
        match self.problem {
            Problem::NoOffset => format!("write `{}Z` for UTC", self.input.escape_debug()),
            _ => format!("write it like {}", self.value.examples()),
        }
    }
}
