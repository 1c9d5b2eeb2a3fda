//! What all serialized formats share: a member `schema` that names format and version, such as
//! `weighbridge.summary/1`, indentation, and a line break at the end.

use serde::{Deserialize, Serialize};

/// The schema of a JSON document, empty if it names none. It is read before the rest, as the fields of another version
/// may well not fit.
///
/// # Errors
/// If the document is no JSON object, or its schema no string.
pub(crate) fn schema_of(json: &[u8]) -> Result<String, serde_json::Error> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        schema: String,
    }
    serde_json::from_slice(json).map(|Head { schema }| schema)
}

/// The text of a file.
///
/// # Errors
/// An error of the JSON writer, which a document that was made or read by this program does not cause.
pub(crate) fn to_json(document: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string_pretty(document)?;
    json.push('\n');
    Ok(json)
}
