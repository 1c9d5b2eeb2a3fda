//! Rows as CSV.

use super::encode::{BASE64_MARK, is_plain, push_size_and_time};
use crate::base64;
use crate::object::Object;

/// Writes CSV rows of one bucket.
#[derive(Clone, Debug)]
pub struct CsvEncoder {
    /// The first field with its comma.
    bucket: Box<[u8]>,
}

impl CsvEncoder {
    pub(super) fn new(bucket: &str) -> Self {
        let mut field = Vec::with_capacity(bucket.len() + 3);
        push_field(bucket.as_bytes(), &mut field);
        field.push(b',');
        Self { bucket: field.into() }
    }

    /// Appends the row of `object`, line end included, to `out`.
    pub fn encode(&self, object: &Object<'_>, out: &mut Vec<u8>) {
        // Enough for a plain row, so that it grows at most once.
        out.reserve(
            self.bucket.len()
                + object.key.len()
                + object.etag.len()
                + object.storage_class.len()
                + 64,
        );
        out.extend_from_slice(&self.bucket);
        push_field(object.key, out);
        push_size_and_time(object, [b",", b",", b","], out);
        push_field(object.etag, out);
        out.push(b',');
        push_field(object.storage_class, out);
        out.push(b'\n');
    }
}

#[inline]
fn push_field(value: &[u8], out: &mut Vec<u8>) {
    if is_plain(value, b'"', b',') && !value.starts_with(BASE64_MARK.as_bytes()) {
        out.extend_from_slice(value);
    } else {
        push_awkward(value, out);
    }
}

#[inline(never)]
fn push_awkward(value: &[u8], out: &mut Vec<u8>) {
    if value.starts_with(BASE64_MARK.as_bytes()) || std::str::from_utf8(value).is_err() {
        out.extend_from_slice(BASE64_MARK.as_bytes());
        base64::encode(value, out);
        return;
    }
    let needs_quotes = memchr::memchr3(b',', b'\r', b'\n', value).is_some()
        || memchr::memchr(b'"', value).is_some();
    if !needs_quotes {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    let mut rest = value;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        out.push(b'"');
        rest = &rest[quote + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
