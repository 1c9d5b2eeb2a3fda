//! Reading a summary and writing it.

use super::Summary;
use crate::versioned;

/// The schema that this program writes.
pub const SCHEMA: &str = "weighbridge.summary/1";

/// The name that all versions of the schema share.
const NAME: &str = "weighbridge.summary";

/// Why a text was not taken as a summary.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON, or a field is missing or of another type.
    #[error("not a readable summary: {0}")]
    Malformed(#[from] serde_json::Error),
    /// JSON, but of something else.
    #[error("not a summary: its schema is {found:?}, expected {SCHEMA:?}")]
    OtherSchema {
        /// What the field `schema` said; empty if there is none.
        found: String,
    },
    /// A summary of a version that this program does not know.
    #[error("the summary is of version {found}, and this program reads version 1 only")]
    OtherVersion {
        /// The version it has.
        found: String,
    },
}

impl Summary {
    /// Reads a summary.
    ///
    /// # Errors
    /// [`ReadError`] if the text is not a summary, or one of a version with another number. Unknown
    /// fields are not an error.
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        let schema = versioned::schema_of(json.as_bytes())?;
        if schema == SCHEMA {
            return Ok(serde_json::from_str(json)?);
        }
        match schema.split_once('/') {
            Some((NAME, version)) => Err(ReadError::OtherVersion { found: version.to_owned() }),
            _ => Err(ReadError::OtherSchema { found: schema }),
        }
    }

    /// Writes the summary, indented, with a line break at the end.
    ///
    /// # Errors
    /// An error of the JSON writer, which a summary that was built or read here does not cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        versioned::to_json(self)
    }
}
