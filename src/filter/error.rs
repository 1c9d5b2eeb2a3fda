//! What is wrong with a filter as typed.

use std::fmt;

use crate::units::UnitError;

/// Which filter a text was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterName {
    /// Globs of keys to keep.
    Include,
    /// Globs of keys to drop.
    Exclude,
    /// The smallest size to keep.
    MinSize,
    /// The largest size to keep.
    MaxSize,
    /// The earliest modification to keep.
    ModifiedSince,
    /// The first modification to drop again.
    ModifiedBefore,
    /// Storage classes to keep.
    StorageClass,
}

impl fmt::Display for FilterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
            Self::MinSize => "min-size",
            Self::MaxSize => "max-size",
            Self::ModifiedSince => "modified-since",
            Self::ModifiedBefore => "modified-before",
            Self::StorageClass => "storage-class",
        })
    }
}

/// Why a text is not a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobProblem {
    /// It is empty and would match nothing.
    #[error("is empty")]
    Empty,
    /// A `[` has no `]`.
    #[error("has a `[` without its `]`")]
    OpenClass,
    /// A range of a class runs backwards.
    #[error("has a range that runs backwards")]
    BackwardRange,
    /// A `{` has no `}`, or the other way round.
    #[error("has a brace without its other half")]
    OpenBrace,
    /// A `\` has nothing behind it.
    #[error("ends in a `\\`")]
    OpenEscape,
    /// Its choices multiply to more than 1024 patterns.
    #[error("has too many choices")]
    TooManyChoices,
}

/// A filter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Not a glob.
    #[error("{name} `{}` {problem}", text.escape_debug())]
    Glob {
        /// The filter.
        name: FilterName,
        /// The text as typed.
        text: String,
        /// What is wrong with it.
        problem: GlobProblem,
    },
    /// Not a size or time.
    #[error("{name}: {source}")]
    Value {
        /// The filter.
        name: FilterName,
        /// What is wrong with it.
        #[source]
        source: UnitError,
    },
    /// A storage class without a name.
    #[error("storage-class is empty")]
    EmptyClass,
    /// Two limits that no object can meet.
    #[error("{low} `{low_text}` leaves nothing below {high} `{high_text}`")]
    Contradiction {
        /// The lower limit.
        low: FilterName,
        /// The lower limit as typed.
        low_text: String,
        /// The upper limit.
        high: FilterName,
        /// The upper limit as typed.
        high_text: String,
    },
}

impl FilterError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Glob { .. } => {
                "write a literal `*`, `?`, `[`, `{` or `\\` with a `\\` in front".to_owned()
            }
            Self::Value { source, .. } => source.hint(),
            Self::EmptyClass => {
                "name one as the store does, such as `STANDARD` or `GLACIER`".to_owned()
            }
            Self::Contradiction { low, high, .. } => {
                format!("swap {low} and {high}, or drop one of them")
            }
        }
    }
}
