//! Rows out of objects, whatever the format.

use super::csv::CsvEncoder;
use super::format::Format;
use super::jsonl::JsonLinesEncoder;
use crate::object::Object;
use crate::units::{RFC3339_MAX_LEN, decimal_into, decimal_width, rfc3339_into};

/// In front of a CSV value that is base64: of bytes that are not UTF-8, or that begin with this.
pub const BASE64_MARK: &str = "base64:";

/// Writes the objects of one bucket as rows; cheap to clone, one per range.
#[derive(Clone, Debug)]
pub enum RowEncoder {
    /// As lines of RFC 4180.
    Csv(CsvEncoder),
    /// As lines of JSON.
    JsonLines(JsonLinesEncoder),
}

impl RowEncoder {
    /// An encoder for rows of `bucket`.
    #[must_use]
    pub fn new(format: Format, bucket: &str) -> Self {
        match format {
            Format::Csv => Self::Csv(CsvEncoder::new(bucket)),
            Format::JsonLines => Self::JsonLines(JsonLinesEncoder::new(bucket)),
        }
    }

    /// Appends the row of `object`, line end included, to `out`.
    pub fn encode(&self, object: &Object<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Csv(encoder) => encoder.encode(object, out),
            Self::JsonLines(encoder) => encoder.encode(object, out),
        }
    }
}

/// Whether a value holds nothing but printable ASCII other than the two delimiters given, so that it
/// can be copied as it is. Written without an early exit, so that it compiles to vector compares.
pub(super) fn is_plain(bytes: &[u8], first: u8, second: u8) -> bool {
    // As signed bytes, everything below a space is a control character or not ASCII.
    let special = |byte: u8| byte.cast_signed() < 0x20 || byte == first || byte == second;
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut found = rest.iter().fold(false, |found, &byte| found | special(byte));
    for chunk in chunks {
        found |= chunk.iter().fold(false, |found, &byte| found | special(byte));
    }
    !found
}

/// Longest text of size and time with 32 bytes of separators around them.
const MIDDLE: usize = 20 + RFC3339_MAX_LEN + 32;

/// Appends `before size between time after` in one piece. Times that RFC 3339 cannot say become `@` and
/// their milliseconds. The separators are at most 32 bytes together.
#[inline]
pub(super) fn push_size_and_time(
    object: &Object<'_>,
    [before, between, after]: [&[u8]; 3],
    out: &mut Vec<u8>,
) {
    let mut text = [0; RFC3339_MAX_LEN];
    let Some(time_len) = rfc3339_into(object.modified, &mut text) else {
        out.extend_from_slice(before);
        out.extend_from_slice(object.size.to_string().as_bytes());
        out.extend_from_slice(between);
        out.extend_from_slice(format!("@{}", object.modified.0).as_bytes());
        out.extend_from_slice(after);
        return;
    };
    let mut middle = [0; MIDDLE];
    let mut end = 0;
    let mut put = |piece: &[u8]| {
        middle[end..end + piece.len()].copy_from_slice(piece);
        end += piece.len();
    };
    put(before);
    let mut digits = [0; 20];
    let digits = &mut digits[..decimal_width(object.size)];
    decimal_into(object.size, digits);
    put(digits);
    put(between);
    put(&text[..time_len]);
    put(after);
    out.extend_from_slice(&middle[..end]);
}
