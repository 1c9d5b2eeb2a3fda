//! Whether a reply answers the request that was sent.
//!
//! A proxy or cache that mixes up answers, or a server that ignores a parameter, can give a sound listing
//! of something else. What a reply repeats of its request is therefore compared. Servers differ in how:
//! encoded as `encoding-type=url` says, raw in spite of it (Ceph), or not at all (Swift); an absent
//! echo says nothing.

use super::decode::{Expected, Head};
use crate::store::printable;
use crate::store::text::percent;
use crate::store::{ListVersion, PageError, PageRequest, Plus};

/// Compares the reply's name, prefix and start with what was asked.
///
/// # Errors
/// [`PageError::WrongEcho`] with the first that differs.
pub(super) fn check(
    head: &Head,
    request: &PageRequest,
    expected: &Expected<'_>,
) -> Result<(), PageError> {
    if let Some(name) = &head.name
        && !expected.bucket.is_empty()
        && !is_bucket(name, expected.bucket)
    {
        return Err(wrong("Name", name, expected.bucket.as_bytes()));
    }
    let encoding = head.url.then_some(expected.quirks.plus);
    compare("Prefix", head.prefix.as_deref(), Some(&request.prefix), encoding)?;
    // Where a token continues the listing, the start is in the token, and servers may show either.
    if request.token.is_some() {
        return Ok(());
    }
    match expected.quirks.list_version {
        ListVersion::V2 => {
            compare("StartAfter", head.start_after.as_deref(), request.after.as_deref(), encoding)
        }
        ListVersion::V1 => {
            compare("Marker", head.marker.as_deref(), request.after.as_deref(), encoding)
        }
    }
}

/// Ceph names buckets of a tenant `tenant:bucket` and answers with the bucket alone.
pub(super) fn is_bucket(name: &[u8], bucket: &str) -> bool {
    let bare = bucket.rsplit(':').next().unwrap_or(bucket);
    name == bucket.as_bytes() || name == bare.as_bytes()
}

pub(super) fn compare(
    element: &'static str,
    got: Option<&[u8]>,
    sent: Option<&[u8]>,
    encoding: Option<Plus>,
) -> Result<(), PageError> {
    let Some(got) = got else { return Ok(()) };
    let sent = sent.unwrap_or_default();
    if got == sent || !is_text(sent) {
        return Ok(());
    }
    let mut decoded = Vec::with_capacity(got.len());
    let readings: &[Plus] = match encoding {
        None => &[],
        Some(Plus::Unsure) => &[Plus::Space, Plus::Itself],
        Some(Plus::Space) => &[Plus::Space],
        Some(Plus::Itself) => &[Plus::Itself],
    };
    for plus in readings {
        decoded.clear();
        if percent::decode(*plus, got, &mut decoded) && decoded == sent {
            return Ok(());
        }
    }
    Err(wrong(element, got, sent))
}

/// Whether every server can repeat this. What is not UTF-8 is beyond those that work on text, and
/// characters that XML does not have come back as U+FFFD from those written in Go (rclone serve s3).
fn is_text(sent: &[u8]) -> bool {
    let in_xml = |char| match char {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        char => char >= ' ',
    };
    std::str::from_utf8(sent).is_ok_and(|text| text.chars().all(in_xml))
}

pub(super) fn wrong(element: &'static str, got: &[u8], sent: &[u8]) -> PageError {
    PageError::WrongEcho { element, got: printable(got), sent: printable(sent) }
}
