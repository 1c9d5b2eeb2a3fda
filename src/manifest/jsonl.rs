//! Rows as JSON lines.

use super::encode::{is_plain, push_size_and_time};
use crate::base64;
use crate::object::Object;

/// Writes JSON lines of one bucket.
#[derive(Clone, Debug)]
pub struct JsonLinesEncoder {
    /// The line up to the value of the key.
    start: Box<[u8]>,
}

impl JsonLinesEncoder {
    pub(super) fn new(bucket: &str) -> Self {
        let mut start = b"{".to_vec();
        push_member("bucket", bucket.as_bytes(), &mut start);
        start.push(b',');
        Self { start: start.into() }
    }

    /// Appends the row of `object`, line end included, to `out`.
    pub fn encode(&self, object: &Object<'_>, out: &mut Vec<u8>) {
        out.reserve(
            self.start.len()
                + object.key.len()
                + object.etag.len()
                + object.storage_class.len()
                + 128,
        );
        out.extend_from_slice(&self.start);
        push_member("key", object.key, out);
        // A time beyond the calendar is a string like any other.
        push_size_and_time(object, [b",\"size\":", b",\"last_modified\":\"", b"\","], out);
        push_member("etag", object.etag, out);
        out.push(b',');
        push_member("storage_class", object.storage_class, out);
        out.extend_from_slice(b"}\n");
    }
}

/// Appends `"name":"value"`, or `"name_base64":"…"` where the value is not UTF-8.
#[inline]
fn push_member(name: &'static str, value: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    if is_plain(value, b'"', b'\\') {
        out.extend_from_slice(b"\":\"");
        out.extend_from_slice(value);
    } else {
        push_awkward(value, out);
    }
    out.push(b'"');
}

#[inline(never)]
fn push_awkward(value: &[u8], out: &mut Vec<u8>) {
    if std::str::from_utf8(value).is_err() {
        out.extend_from_slice(b"_base64\":\"");
        base64::encode(value, out);
        return;
    }
    out.extend_from_slice(b"\":\"");
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Most often the value is only not ASCII; as in `is_plain`, no early exit.
    if !value.iter().fold(false, |found, &byte| found | needs_escape(byte)) {
        out.extend_from_slice(value);
        return;
    }
    let mut copied = 0;
    for (index, &byte) in value.iter().enumerate() {
        if !needs_escape(byte) {
            continue;
        }
        out.extend_from_slice(&value[copied..index]);
        copied = index + 1;
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                let hex = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&value[copied..]);
}
