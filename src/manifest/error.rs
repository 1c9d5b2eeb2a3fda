//! What can go wrong with a manifest on disk.

use std::io;
use std::path::{Path, PathBuf};

/// An error of reading, writing or assembling a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file name says no known format.
    #[error("cannot tell the manifest format from the name `{}`", path.display())]
    UnknownName {
        /// The path as given.
        path: PathBuf,
    },
    /// The operating system refused something.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was being done, as in "cannot {action} …".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of a manifest is not a row.
    #[error("line {line} of `{}` {problem}", path.display())]
    Row {
        /// The manifest.
        path: PathBuf,
        /// Line on which the row begins, the first line being 1.
        line: u64,
        /// What is wrong with it.
        problem: RowProblem,
    },
    /// The output names a directory.
    #[error("cannot write the manifest to `{}`: it is a directory", path.display())]
    IsDirectory {
        /// The path as given.
        path: PathBuf,
    },
    /// Another process holds the partial file beside the output.
    #[error("another run is writing `{}`", path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// A file is shorter than the checkpoint says.
    #[error("`{}` holds {found} bytes where the checkpoint says {expected}", path.display())]
    Short {
        /// The segment or partial output.
        path: PathBuf,
        /// Bytes that must be there.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Assembly cannot go on from a checkpoint because its output cannot be reopened.
    #[error("cannot resume writing to `{}`: what it was given is gone", path.display())]
    NotResumable {
        /// The stream.
        path: PathBuf,
    },
}

/// Why a line is not a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblem {
    /// A CSV file does not begin with a header.
    #[error("is not a header with the column `{0}`")]
    Header(&'static str),
    /// A CSV row has another number of fields than the header.
    #[error("has {found} fields where the header has {expected}")]
    Fields {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A line is not the JSON object that was expected.
    #[error("is not a row: {0}")]
    Json(#[source] serde_json::Error),
    /// A line is longer than any row.
    #[error("is longer than any row")]
    TooLong,
    /// The row has no key, or two.
    #[error("needs either `key` or `key_base64`")]
    Key,
    /// A base64 value is malformed.
    #[error("has a malformed base64 value in `{0}`")]
    Base64(&'static str),
    /// The size is not a whole number of bytes.
    #[error("has no whole number in `size`: `{0}`")]
    Size(String),
    /// The time is not RFC 3339.
    #[error("has no RFC 3339 time in `last_modified`: `{0}`")]
    Time(String),
}

impl ManifestError {
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownName { .. } => Some(
                "end the name in `.csv`, `.jsonl` or `.ndjson`, compressed `.csv.gz`, `.csv.zst`, \
                 `.jsonl.gz` or `.jsonl.zst`",
            ),
            Self::IsDirectory { .. } => Some("name a file in it, such as `objects.csv.zst`"),
            Self::Busy { .. } => Some("wait for that run, or choose another output"),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => Some("check that the folder exists"),
                io::ErrorKind::StorageFull => Some("make room, then resume"),
                _ => None,
            },
            Self::Short { .. } | Self::NotResumable { .. } => Some("start the scan afresh"),
            Self::Row { .. } => None,
        }
    }

    /// Whether the reader of a pipe went away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
