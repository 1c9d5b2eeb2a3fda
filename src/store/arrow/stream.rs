//! The batches of a stream, one after the other.

use super::ArrowError;
use super::batch::{Batch, Dictionaries};
use super::message::{Header, Messages};
use super::schema::Schema;

/// A stream that is being read.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    bytes: &'a [u8],
    messages: Messages<'a>,
    schema: Schema<'a>,
    dictionaries: Dictionaries,
}

impl<'a> Stream<'a> {
    /// Reads what a stream says of itself before its rows.
    ///
    /// # Errors
    /// Those of its format.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, ArrowError> {
        let mut messages = Messages::new(bytes);
        let schema = match messages.next()?.ok_or(ArrowError::Cut)? {
            (Header::Schema(table), _) => Schema::read(table)?,
            _ => return Err(ArrowError::unreadable("does not start with a schema")),
        };
        Ok(Self { bytes, messages, schema, dictionaries: Dictionaries::default() })
    }

    /// What the stream says about itself under this name.
    ///
    /// # Errors
    /// If it says so twice.
    pub(crate) fn metadata(&self, name: &str) -> Result<Option<&'a [u8]>, ArrowError> {
        self.schema.metadata(name)
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// Those of its format.
    pub(crate) fn next(&mut self) -> Result<Option<Batch<'_>>, ArrowError> {
        let (table, body) = loop {
            match self.messages.next()? {
                None => return Ok(None),
                Some((Header::Schema(_), _)) => {
                    return Err(ArrowError::unreadable("has a second schema"));
                }
                Some((Header::Dictionary(table), body)) => {
                    self.dictionaries.read(self.bytes, body, table, &self.schema)?;
                }
                Some((Header::Batch(table), body)) => break (table, body),
            }
        };
        Batch::read(self.bytes, body, table, &self.schema, &self.dictionaries).map(Some)
    }

    /// Whether the stream said that it ends. It may also just stop, as one that was cut does.
    pub(crate) fn ended(&self) -> bool {
        self.messages.ended()
    }
}
