//! From a stream to its messages.
//!
//! Source: "Arrow Columnar Format", encapsulated message format and streaming format.

use std::ops::Range;

use super::ArrowError;
use super::flatbuffer::Table;

/// Stands before each message, and with a length of zero after the last.
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// The versions of the metadata that are read: V4 and V5, which differ in unions only.
const VERSIONS: [i16; 2] = [3, 4];

/// What a message is about, with what it says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Header<'a> {
    Schema(Table<'a>),
    Dictionary(Table<'a>),
    Batch(Table<'a>),
}

/// The messages of a stream.
#[derive(Debug)]
pub(super) struct Messages<'a> {
    stream: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Messages<'a> {
    pub(super) fn new(stream: &'a [u8]) -> Self {
        Self { stream, at: 0, ended: false }
    }

    /// Whether the stream says that it ends. It may also just stop, which a stream that was cut does, too.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The next message, and where in the stream its body is; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Header<'a>, Range<usize>)>, ArrowError> {
        let rest = &self.stream[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let prefix: &[u8; 8] = rest.first_chunk().ok_or(ArrowError::Cut)?;
        let [a, b, c, d, length @ ..] = *prefix;
        if [a, b, c, d] != CONTINUATION {
            return Err(ArrowError::unreadable(
                "holds something else where a message should start",
            ));
        }
        if length == [0; 4] {
            if rest.len() > prefix.len() {
                return Err(ArrowError::unreadable("goes on after its end"));
            }
            (self.ended, self.at) = (true, self.stream.len());
            return Ok(None);
        }
        let length = usize::try_from(i32::from_le_bytes(length))
            .map_err(|_| ArrowError::unreadable("has a message of a negative length"))?;
        let metadata = rest[prefix.len()..].get(..length).ok_or(ArrowError::Cut)?;
        let message = Table::root(metadata)?;
        if !VERSIONS.contains(&message.i16(0)?) {
            return Err(ArrowError::unreadable("is of another version of the format"));
        }
        let body = usize::try_from(message.i64(3)?)
            .map_err(|_| ArrowError::unreadable("has a body of a negative length"))?;
        let start = self.at + prefix.len() + length;
        let end = start.checked_add(body).filter(|end| *end <= self.stream.len());
        let body = start..end.ok_or(ArrowError::Cut)?;
        let header = message.table(2)?;
        let header = header.ok_or_else(|| ArrowError::unreadable("has a message about nothing"))?;
        let header = match message.u8(1)? {
            1 => Header::Schema(header),
            2 => Header::Dictionary(header),
            3 => Header::Batch(header),
            _ => return Err(ArrowError::unreadable("has a message of an unknown kind")),
        };
        self.at = body.end;
        Ok(Some((header, body)))
    }
}
